"""What a changed definition does: its columns, its options, and the stored values."""

import json
from collections.abc import Mapping
from typing import Any

from peewee import SQL, fn

from cstar_core import facets
from cstar_core.checks import invalid, raise_any
from cstar_core.custom_fields.definition import CustomField, CustomFieldChanges, options_json
from cstar_core.fields import Definition, are_distinct, index_text
from cstar_core.metadata import to_json
from cstar_core.store import Prepared, Transaction, prepare, slot
from cstar_core.tables import CustomerRow, FieldValueRow, TicketRow

_OWNERS: dict[str, Any] = {"tickets": TicketRow, "customers": CustomerRow}


def new_options(
    before: CustomField, changes: CustomFieldChanges
) -> tuple[tuple[str, ...] | None, dict[str, str]]:
    """The options after the change and the renames that really rename; raises Invalid."""
    asked = dict(changes.get("rename_options", {}))
    given = changes.get("options")
    if before.options is None:
        problems = [
            p
            for name in ("options", "rename_options")
            if name in changes
            for p in invalid(name, "are only for select and multiselect fields")
        ]
        raise_any(problems)
        return None, {}
    current = before.options
    problems = [
        p
        for old in asked
        if old not in current
        for p in invalid(f"rename_options.{old}", "must be an option of the field")
    ]
    renamed = tuple(asked.get(option, option) for option in current)
    if not are_distinct(renamed):
        problems += invalid("rename_options", "must leave the options distinct")
    if given is not None:
        gone = [new for old, new in asked.items() if new not in given]
        problems += invalid("options", "must name the renamed options") if gone else []
    raise_any(problems)
    after = renamed if given is None else tuple(given)
    return after, {old: new for old, new in asked.items() if old != new}


def changed_columns(
    now: int,
    before: CustomField,
    changes: CustomFieldChanges,
    options: tuple[str, ...] | None,
) -> dict[str, object]:
    """The columns that really change."""
    columns: dict[str, object] = {}
    if "name" in changes and changes["name"] != before.name:
        columns["name"] = changes["name"]
    if "required" in changes and changes["required"] != before.required:
        columns["required"] = int(changes["required"])
    if "public" in changes and changes["public"] != before.public:
        columns["public"] = int(changes["public"])
    if "position" in changes and changes["position"] != before.position:
        columns["position"] = changes["position"]
    if "archived" in changes and changes["archived"] != (before.archived_at is not None):
        columns["archived_at"] = now if changes["archived"] else None
    if options != before.options:
        columns["options"] = options_json(options)
    return columns


def rename_values(
    tx: Transaction, field_id: int, field: CustomField, renames: Mapping[str, str]
) -> None:
    """Rewrite stored values, all renames at once so that two options can change places."""
    owner = _OWNERS[field.entity_type]
    rows = FieldValueRow.select(FieldValueRow.owner_id).where(
        (FieldValueRow.field_id == field_id)
        & FieldValueRow.value.in_([index_text(option) for option in renames])
    )
    objects = tx.all(
        owner.select(owner.id, owner.custom_fields, owner.created_at).where(owner.id.in_(rows))
    )
    known = {field.key: _definition_for_index(field_id, field)}
    for id, stored, created_at in objects:
        values = json.loads(stored)
        old = values[field.key]
        new = _renamed(old, renames)
        facets.replace_values(tx, known, (id, created_at), {field.key: old}, {field.key: new})
        values[field.key] = new
        tx.run(_REWRITE[field.entity_type], id=id, values=to_json(values), now=tx.now)


def _renamed(value: Any, renames: Mapping[str, str]) -> object:
    if isinstance(value, list):
        return list(dict.fromkeys(renames.get(option, option) for option in value))
    return renames.get(value, value)


def remove_values(tx: Transaction, field_id: int, field: CustomField) -> None:
    """Take a field's value out of every object that has one."""
    owner = _OWNERS[field.entity_type]
    having = FieldValueRow.select(FieldValueRow.owner_id).where(FieldValueRow.field_id == field_id)
    tx.run(
        owner.update(
            {
                owner.custom_fields: fn.json_remove(owner.custom_fields, f"$.{field.key}"),
                owner.version: owner.version + 1,
                owner.updated_at: fn.MAX(owner.updated_at, tx.now),
            }
        ).where(owner.id.in_(having))
    )


def _rewrite(owner: Any) -> Prepared:
    return prepare(
        owner.update(
            {
                owner.custom_fields: slot("values"),
                owner.version: SQL("version + 1"),
                owner.updated_at: fn.MAX(owner.updated_at, slot("now")),
            }
        ).where(owner.id == slot("id"))
    )


_REWRITE = {entity: _rewrite(owner) for entity, owner in _OWNERS.items()}


def _definition_for_index(field_id: int, field: CustomField) -> Definition:
    return Definition(field_id, field.key, field.type, False, field.options or (), False)
