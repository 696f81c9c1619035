"""One custom field: its shape, its rules, and how its row is read."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypedDict

from cstar_core.checks import (
    Rule,
    check_choice,
    check_flag,
    check_integer,
    check_name,
    invalid,
    or_none,
)
from cstar_core.clock import from_seconds, from_seconds_or_none
from cstar_core.errors import Problem
from cstar_core.fields import (
    ENTITY_TYPES,
    FIELD_TYPES,
    POSITION_MAX,
    check_key,
    check_option,
    check_options,
)
from cstar_core.ids import public_id
from cstar_core.metadata import to_json
from cstar_core.store import SqlRow
from cstar_core.tables import CustomFieldRow

OPTION_TYPES = ("select", "multiselect")


@dataclass(frozen=True, slots=True)
class CustomField:
    """The definition of a field; ``options`` is None unless the type takes options.

    ``public`` is whether customers see it and fill it in.
    """

    id: str
    name: str
    key: str
    type: str
    entity_type: str
    required: bool
    public: bool
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
    public: bool
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
    "public": check_flag,
    "position": or_none(_position),
}
UPDATE_RULES: dict[str, Rule] = {
    "name": check_name,
    "required": check_flag,
    "public": check_flag,
    "position": _position,
    "archived": check_flag,
    "options": check_options,
    "rename_options": _renames,
}
REQUIRED = ("name", "key", "type", "entity_type")

COLUMNS = (
    CustomFieldRow.id,
    CustomFieldRow.uid,
    CustomFieldRow.name,
    CustomFieldRow.key,
    CustomFieldRow.type,
    CustomFieldRow.entity_type,
    CustomFieldRow.required,
    CustomFieldRow.public,
    CustomFieldRow.options,
    CustomFieldRow.position,
    CustomFieldRow.created_at,
    CustomFieldRow.updated_at,
    CustomFieldRow.archived_at,
    CustomFieldRow.version,
)


def options_json(options: Collection[str] | None) -> str | None:
    """Options as they are stored."""
    return None if options is None else to_json(list(options))


def field_of(row: SqlRow) -> CustomField:
    """The value that a row of ``COLUMNS`` holds."""
    _, uid, name, key, type, entity_type, required, public, *rest = row
    options, position, created_at, updated_at, archived_at, version = rest
    return CustomField(
        public_id("custom field", uid),
        name,
        key,
        type,
        entity_type,
        bool(required),
        bool(public),
        None if options is None else tuple(json.loads(options)),
        position,
        from_seconds(created_at),
        from_seconds(updated_at),
        from_seconds_or_none(archived_at),
        version,
    )


def shown(field: CustomField) -> dict[str, object]:
    """The members of a field that events quote, as the API names them."""
    return {
        "name": field.name,
        "key": field.key,
        "type": field.type,
        "entityType": field.entity_type,
        "required": field.required,
        "public": field.public,
        "options": None if field.options is None else list(field.options),
        "position": field.position,
        "archived": field.archived_at is not None,
    }
