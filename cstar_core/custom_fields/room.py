"""The room of custom fields: define, list, change, remove."""

from collections.abc import Collection, Mapping
from typing import Any, Unpack

from peewee import fn

from cstar_core import events, facets
from cstar_core.checks import (
    check_all,
    check_choice,
    invalid,
    raise_any,
)
from cstar_core.custom_fields.changing import (
    changed_columns,
    new_options,
    remove_values,
    rename_values,
)
from cstar_core.custom_fields.definition import (
    COLUMNS,
    CREATE_RULES,
    OPTION_TYPES,
    REQUIRED,
    UPDATE_RULES,
    CustomField,
    CustomFieldChanges,
    field_of,
    options_json,
    shown,
)
from cstar_core.errors import Conflict, NotFound, Problem, StaleVersion
from cstar_core.fields import (
    ENTITY_TYPES,
    FIELD_TYPES,
    POSITION_MAX,
    PUBLIC_ENTITY_TYPE,
    check_public,
)
from cstar_core.ids import new_uid
from cstar_core.scope import Scope, required_uid
from cstar_core.store import Snapshot, SqlRow, Store, Transaction, prepare, slot
from cstar_core.tables import CustomFieldRow, FieldValueRow

_MINE = CustomFieldRow.workspace_id == slot("workspace")
_ORDER = (CustomFieldRow.position, CustomFieldRow.entity_type.desc(), CustomFieldRow.id)
_ALL = prepare(CustomFieldRow.select(*COLUMNS).where(_MINE).order_by(*_ORDER))
_OF_ENTITY = prepare(
    CustomFieldRow.select(*COLUMNS)
    .where(_MINE & (CustomFieldRow.entity_type == slot("entity")))
    .order_by(*_ORDER)
)
_BY_UID = prepare(
    CustomFieldRow.select(*COLUMNS).where((CustomFieldRow.uid == slot("uid")) & _MINE)
)
_BY_KEY = prepare(
    CustomFieldRow.select(CustomFieldRow.id).where(
        _MINE & (CustomFieldRow.entity_type == slot("entity")) & (CustomFieldRow.key == slot("key"))
    )
)
_PUBLIC = prepare(
    CustomFieldRow.select(*COLUMNS)
    .where(
        _MINE & (CustomFieldRow.entity_type == PUBLIC_ENTITY_TYPE) & (CustomFieldRow.public == 1)
    )
    .order_by(*_ORDER)
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
        public: bool = False,
        position: int | None = None,
    ) -> CustomField:
        """Define a field.

        ``key`` (``^[a-z][a-z0-9_]{0,63}$``, unique per entity type), ``type`` and ``entity_type``
        are fixed for life. ``options`` (1 to 500) belong to select and multiselect and to them
        alone. ``public`` is whether customers see it and fill it in, and only for tickets.
        ``position`` is last if not given. Raises Invalid, and Conflict for a taken key.
        """
        values: dict[str, Any] = {
            "name": name,
            "key": key,
            "type": type,
            "entity_type": entity_type,
            "options": options,
            "required": required,
            "public": public,
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
        takes_options, given = values.get("type") in OPTION_TYPES, values.get("options")
        if takes_options and given is None:
            problems += [Problem("options", "PARAMETER_MISSING", "is required")]
        if values.get("type") in FIELD_TYPES and not takes_options and given is not None:
            problems += invalid("options", "are only for select and multiselect fields")
        return problems + check_public("public", values.get("public"), values.get("entity_type"))

    def get(self, id: str) -> CustomField:
        """The field with this id; raises NotFound."""
        with self._store.snapshot() as snap:
            return field_of(self._row(snap, id))

    def find(self, id: str) -> CustomField | None:
        """The field with this id, or None."""
        try:
            return self.get(id)
        except NotFound:
            return None

    def list(self, *, entity_type: str | None = None) -> tuple[CustomField, ...]:
        """The fields in position order, archived ones too; of one entity type or of both."""
        if entity_type is not None:
            raise_any(check_choice("entity_type", entity_type, ENTITY_TYPES))
        with self._store.snapshot() as snap:
            query = _ALL if entity_type is None else _OF_ENTITY
            rows = snap.all(query, workspace=self._workspace, entity=entity_type)
            return tuple(field_of(row) for row in rows)

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
            before = field_of(row)
            if expected_version not in (None, before.version):
                raise StaleVersion(f"The custom field is at version {before.version}")
            return self._change(tx, row[0], before, changes)

    def count_values(self, id: str) -> int:
        """How many objects have a value in a field, which deleting it would take; NotFound."""
        with self._store.snapshot() as snap:
            return facets.count_uses(snap, self._row(snap, id)[0])

    def delete(self, id: str, *, expected_version: int | None = None) -> int:
        """Remove a field with every value it has; returns how many objects lost one."""
        with self._store.transaction(reserved=True) as tx:
            row = self._row(tx, id)
            before = field_of(row)
            if expected_version not in (None, before.version):
                raise StaleVersion(f"The custom field is at version {before.version}")
            removed = facets.count_uses(tx, row[0])
            remove_values(tx, row[0], before)
            tx.run(FieldValueRow.delete().where(FieldValueRow.field_id == row[0]))
            tx.run(CustomFieldRow.delete().where(CustomFieldRow.id == row[0]))
            data = {**shown(before), "valuesRemoved": removed}
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
        stored = {**values, "options": options_json(values["options"])}
        tx.insert(
            CustomFieldRow.insert(
                uid=uid,
                workspace_id=self._workspace,
                created_at=tx.now,
                updated_at=tx.now,
                version=1,
                **{**stored, "required": int(values["required"]), "public": int(values["public"])},
            )
        )
        field = field_of(tx.all(_BY_UID, uid=uid, workspace=self._workspace)[0])
        events.record(tx, self._scope, "custom_field.created", uid, data=shown(field))
        return field

    def _change(
        self, tx: Transaction, field_id: int, before: CustomField, changes: CustomFieldChanges
    ) -> CustomField:
        raise_any(check_public("public", changes.get("public"), before.entity_type))
        options, renames = new_options(before, changes)
        columns = changed_columns(tx.now, before, changes, options)
        if not columns and not renames:
            return before
        if renames:
            rename_values(tx, field_id, before, renames)
        tx.run(
            CustomFieldRow.update(
                {
                    **columns,
                    "updated_at": fn.MAX(CustomFieldRow.updated_at, tx.now),
                    "version": before.version + 1,
                }
            ).where(CustomFieldRow.id == field_id)
        )
        after = field_of(self._row(tx, before.id))
        made = events.difference(shown(before), shown(after))
        data: dict[str, object] = {"key": after.key, "entityType": after.entity_type}
        if renames:
            data["renamedOptions"] = renames
        uid = required_uid("custom field", before.id)
        events.record(tx, self._scope, "custom_field.updated", uid, data=data, changes=made)
        return after


def public_fields(snap: Snapshot, scope: Scope) -> tuple[CustomField, ...]:
    """The fields that customers see, in position order, archived ones too."""
    rows = snap.all(_PUBLIC, workspace=scope.workspace_id)
    return tuple(field_of(row) for row in rows)
