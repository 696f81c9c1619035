"""Custom fields: typed extras that a team defines for its tickets and customers."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypedDict, Unpack

from peewee import SQL, fn

from cstar_core import events, facets
from cstar_core.checks import (
    Rule,
    check_all,
    check_choice,
    check_flag,
    check_integer,
    check_name,
    invalid,
    or_none,
    raise_any,
)
from cstar_core.clock import from_seconds, from_seconds_or_none
from cstar_core.errors import Conflict, NotFound, Problem, StaleVersion
from cstar_core.fields import (
    ENTITY_TYPES,
    FIELD_TYPES,
    POSITION_MAX,
    Definition,
    check_key,
    check_option,
    check_options,
)
from cstar_core.ids import new_uid, public_id
from cstar_core.metadata import to_json
from cstar_core.scope import Scope, required_uid
from cstar_core.store import Prepared, Snapshot, SqlRow, Store, Transaction, prepare, slot
from cstar_core.tables import CustomerRow, CustomFieldRow, FieldValueRow, TicketRow

_OPTION_TYPES = ("select", "multiselect")
_OWNERS: dict[str, Any] = {"tickets": TicketRow, "customers": CustomerRow}


@dataclass(frozen=True, slots=True)
class CustomField:
    """The definition of a field; ``options`` is None unless the type takes options."""

    id: str
    name: str
    key: str
    type: str
    entity_type: str
    required: bool
    options: tuple[str, ...] | None
    position: int
    created_at: datetime
    updated_at: datetime
    archived_at: datetime | None
    version: int


class CustomFieldChanges(TypedDict, total=False):
    """What may change after a field is defined; an absent key means "leave it"."""

    name: str
    required: bool
    position: int
    archived: bool
    options: Collection[str]
    rename_options: Mapping[str, str]


def _position(param: str, value: object) -> list[Problem]:
    return check_integer(param, value, 0, POSITION_MAX)


def _type(param: str, value: object) -> list[Problem]:
    return check_choice(param, value, FIELD_TYPES)


def _entity_type(param: str, value: object) -> list[Problem]:
    return check_choice(param, value, ENTITY_TYPES)


def _renames(param: str, value: object) -> list[Problem]:
    if not isinstance(value, Mapping):
        return invalid(param, "must be an object of old and new options")
    return [p for old, new in value.items() for p in check_option(f"{param}.{old}", new)]


CREATE_RULES: dict[str, Rule] = {
    "name": check_name,
    "key": check_key,
    "type": _type,
    "entity_type": _entity_type,
    "options": or_none(check_options),
    "required": check_flag,
    "position": or_none(_position),
}
UPDATE_RULES: dict[str, Rule] = {
    "name": check_name,
    "required": check_flag,
    "position": _position,
    "archived": check_flag,
    "options": check_options,
    "rename_options": _renames,
}
REQUIRED = ("name", "key", "type", "entity_type")

_FIELD = (
    CustomFieldRow.id,
    CustomFieldRow.uid,
    CustomFieldRow.name,
    CustomFieldRow.key,
    CustomFieldRow.type,
    CustomFieldRow.entity_type,
    CustomFieldRow.required,
    CustomFieldRow.options,
    CustomFieldRow.position,
    CustomFieldRow.created_at,
    CustomFieldRow.updated_at,
    CustomFieldRow.archived_at,
    CustomFieldRow.version,
)
_MINE = CustomFieldRow.workspace_id == slot("workspace")
_ORDER = (CustomFieldRow.entity_type.desc(), CustomFieldRow.position, CustomFieldRow.id)
_ALL = prepare(CustomFieldRow.select(*_FIELD).where(_MINE).order_by(*_ORDER))
_OF_ENTITY = prepare(
    CustomFieldRow.select(*_FIELD)
    .where(_MINE & (CustomFieldRow.entity_type == slot("entity")))
    .order_by(*_ORDER)
)
_BY_UID = prepare(CustomFieldRow.select(*_FIELD).where((CustomFieldRow.uid == slot("uid")) & _MINE))
_BY_KEY = prepare(
    CustomFieldRow.select(CustomFieldRow.id).where(
        _MINE & (CustomFieldRow.entity_type == slot("entity")) & (CustomFieldRow.key == slot("key"))
    )
)
_LAST_POSITION = prepare(
    CustomFieldRow.select(fn.COALESCE(fn.MAX(CustomFieldRow.position), 0)).where(
        _MINE & (CustomFieldRow.entity_type == slot("entity"))
    )
)


class CustomFields:
    """The field definitions of one workspace."""

    def __init__(self, store: Store, scope: Scope) -> None:
        self._store = store
        self._scope = scope

    def create(
        self,
        *,
        name: str,
        key: str,
        type: str,
        entity_type: str,
        options: Collection[str] | None = None,
        required: bool = False,
        position: int | None = None,
    ) -> CustomField:
        """Define a field.

        ``key`` (``^[a-z][a-z0-9_]{0,63}$``, unique per entity type), ``type`` and ``entity_type``
        are fixed for life. ``options`` (1 to 500) belong to select and multiselect and to them
        alone. ``position`` is last if not given. Raises Invalid, and Conflict for a taken key.
        """
        values: dict[str, Any] = {
            "name": name,
            "key": key,
            "type": type,
            "entity_type": entity_type,
            "options": options,
            "required": required,
            "position": position,
        }
        raise_any(self.check(values))
        with self._store.transaction() as tx:
            found = tx.value(_BY_KEY, workspace=self._workspace, entity=entity_type, key=key)
            if found is not None:
                raise Conflict(f"A custom field with the key {key} exists already", "key")
            if position is None:
                last = tx.value(_LAST_POSITION, workspace=self._workspace, entity=entity_type)
                values["position"] = min(last + 1, POSITION_MAX)
            return self._insert(tx, values)

    def check(self, values: Mapping[str, object], *, updating: bool = False) -> list[Problem]:
        """Every rule that the values break; nothing is written."""
        if updating:
            return check_all(values, UPDATE_RULES)
        problems = check_all(values, CREATE_RULES, REQUIRED)
        takes_options, given = values.get("type") in _OPTION_TYPES, values.get("options")
        if takes_options and given is None:
            problems += [Problem("options", "PARAMETER_MISSING", "is required")]
        if values.get("type") in FIELD_TYPES and not takes_options and given is not None:
            problems += invalid("options", "are only for select and multiselect fields")
        return problems

    def get(self, id: str) -> CustomField:
        """The field with this id; raises NotFound."""
        with self._store.snapshot() as snap:
            return _field(self._row(snap, id))

    def find(self, id: str) -> CustomField | None:
        """The field with this id, or None."""
        try:
            return self.get(id)
        except NotFound:
            return None

    def list(self, *, entity_type: str | None = None) -> tuple[CustomField, ...]:
        """The fields in position order, archived ones too; of one entity type or of both."""
        if entity_type is not None:
            raise_any(_entity_type("entity_type", entity_type))
        with self._store.snapshot() as snap:
            query = _ALL if entity_type is None else _OF_ENTITY
            rows = snap.all(query, workspace=self._workspace, entity=entity_type)
            return tuple(_field(row) for row in rows)

    def update(
        self,
        id: str,
        *,
        expected_version: int | None = None,
        **changes: Unpack[CustomFieldChanges],
    ) -> CustomField:
        """Change a definition.

        ``rename_options`` maps old options to new ones and rewrites every stored value with them;
        an option left out of ``options`` stays on what has it and cannot be set anew;
        ``archived`` keeps the values and refuses new ones. Raises Invalid, NotFound, StaleVersion.
        """
        raise_any(self.check(changes, updating=True))
        with self._store.transaction() as tx:
            row = self._row(tx, id)
            before = _field(row)
            if expected_version not in (None, before.version):
                raise StaleVersion(f"The custom field is at version {before.version}")
            return self._change(tx, row[0], before, changes)

    def delete(self, id: str, *, expected_version: int | None = None) -> int:
        """Remove a field with every value it has; returns how many objects lost one."""
        with self._store.transaction() as tx:
            row = self._row(tx, id)
            before = _field(row)
            if expected_version not in (None, before.version):
                raise StaleVersion(f"The custom field is at version {before.version}")
            removed = facets.count_uses(tx, row[0])
            _remove_values(tx, row[0], before)
            tx.run(FieldValueRow.delete().where(FieldValueRow.field_id == row[0]))
            tx.run(CustomFieldRow.delete().where(CustomFieldRow.id == row[0]))
            data = {**_shown(before), "valuesRemoved": removed}
            events.record(tx, self._scope, "custom_field.deleted", row[1], data=data)
            return removed

    @property
    def _workspace(self) -> int:
        return self._scope.workspace_id

    def _row(self, snap: Snapshot, id: str) -> SqlRow:
        uid = required_uid("custom field", id)
        row = snap.first(_BY_UID, uid=uid, workspace=self._workspace)
        if row is None:
            raise NotFound("custom field", id)
        return row

    def _insert(self, tx: Transaction, values: dict[str, Any]) -> CustomField:
        uid = new_uid(tx.now)
        stored = {**values, "options": _options_json(values["options"])}
        tx.insert(
            CustomFieldRow.insert(
                uid=uid,
                workspace_id=self._workspace,
                created_at=tx.now,
                updated_at=tx.now,
                version=1,
                **{**stored, "required": int(values["required"])},
            )
        )
        field = _field(tx.all(_BY_UID, uid=uid, workspace=self._workspace)[0])
        events.record(tx, self._scope, "custom_field.created", uid, data=_shown(field))
        return field

    def _change(
        self, tx: Transaction, field_id: int, before: CustomField, changes: CustomFieldChanges
    ) -> CustomField:
        options, renames = _new_options(before, changes)
        columns = _columns(tx.now, before, changes, options)
        if not columns and not renames:
            return before
        if renames:
            _rename_values(tx, field_id, before, renames)
        tx.run(
            CustomFieldRow.update(
                {**columns, "updated_at": tx.now, "version": before.version + 1}
            ).where(CustomFieldRow.id == field_id)
        )
        after = _field(self._row(tx, before.id))
        made = events.difference(_shown(before), _shown(after))
        data: dict[str, object] = {"key": after.key, "entityType": after.entity_type}
        if renames:
            data["renamedOptions"] = renames
        uid = required_uid("custom field", before.id)
        events.record(tx, self._scope, "custom_field.updated", uid, data=data, changes=made)
        return after


def _new_options(
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
    if len(set(renamed)) < len(renamed):
        problems += invalid("rename_options", "must leave the options distinct")
    if given is not None:
        gone = [new for old, new in asked.items() if new not in given]
        problems += invalid("options", "must name the renamed options") if gone else []
    raise_any(problems)
    after = renamed if given is None else tuple(given)
    return after, {old: new for old, new in asked.items() if old != new}


def _columns(
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
    if "position" in changes and changes["position"] != before.position:
        columns["position"] = changes["position"]
    if "archived" in changes and changes["archived"] != (before.archived_at is not None):
        columns["archived_at"] = now if changes["archived"] else None
    if options != before.options:
        columns["options"] = _options_json(options)
    return columns


def _rename_values(
    tx: Transaction, field_id: int, field: CustomField, renames: Mapping[str, str]
) -> None:
    """Rewrite stored values, all renames at once so that two options can change places."""
    owner = _OWNERS[field.entity_type]
    rows = FieldValueRow.select(FieldValueRow.owner_id).where(
        (FieldValueRow.field_id == field_id) & FieldValueRow.value.in_(list(renames))
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


def _remove_values(tx: Transaction, field_id: int, field: CustomField) -> None:
    owner = _OWNERS[field.entity_type]
    having = FieldValueRow.select(FieldValueRow.owner_id).where(FieldValueRow.field_id == field_id)
    tx.run(
        owner.update(
            {
                owner.custom_fields: fn.json_remove(owner.custom_fields, f"$.{field.key}"),
                owner.version: owner.version + 1,
                owner.updated_at: tx.now,
            }
        ).where(owner.id.in_(having))
    )


def _rewrite(owner: Any) -> Prepared:
    return prepare(
        owner.update(
            {
                owner.custom_fields: slot("values"),
                owner.version: SQL("version + 1"),
                owner.updated_at: slot("now"),
            }
        ).where(owner.id == slot("id"))
    )


_REWRITE = {entity: _rewrite(owner) for entity, owner in _OWNERS.items()}


def _definition_for_index(field_id: int, field: CustomField) -> Definition:
    return Definition(field_id, field.key, field.type, False, field.options or (), False)


def _options_json(options: Collection[str] | None) -> str | None:
    return None if options is None else to_json(list(options))


def _field(row: SqlRow) -> CustomField:
    _, uid, name, key, type, entity_type, required, options, position, *rest = row
    created_at, updated_at, archived_at, version = rest
    return CustomField(
        public_id("custom field", uid),
        name,
        key,
        type,
        entity_type,
        bool(required),
        None if options is None else tuple(json.loads(options)),
        position,
        from_seconds(created_at),
        from_seconds(updated_at),
        from_seconds_or_none(archived_at),
        version,
    )


def _shown(field: CustomField) -> dict[str, object]:
    return {
        "name": field.name,
        "key": field.key,
        "type": field.type,
        "entityType": field.entity_type,
        "required": field.required,
        "options": None if field.options is None else list(field.options),
        "position": field.position,
        "archived": field.archived_at is not None,
    }
