"""Answer shapes that every resource shares, and the fields they are made of."""

from typing import Any

from marshmallow import fields

from cstar_core import (
    FIELD_KEY_PATTERN,
    FIELD_TEXT_MAX,
    METADATA_KEY_MAX,
    METADATA_KEYS_MAX,
)
from cstar_web.shapes import Shape
from cstar_web.v1.patterns import INSTANT, TEXT

TEAM = "/api/v1/teams/{team}"
# What the bodies of several resources take.
CUSTOM_FIELDS = {
    "propertyNames": {"pattern": FIELD_KEY_PATTERN},
    "additionalProperties": {
        "type": ["string", "number", "boolean", "array", "null"],
        "maxLength": FIELD_TEXT_MAX,
        "pattern": TEXT,
        "items": {"type": "string"},
        "uniqueItems": True,
    },
    "description": "Values of custom fields by key; null removes one, the others stay.",
}
METADATA = {
    "maxProperties": METADATA_KEYS_MAX,
    "propertyNames": {"minLength": 1, "maxLength": METADATA_KEY_MAX, "pattern": TEXT},
    "additionalProperties": {"$ref": "#/components/schemas/Json"},
    "description": "Any JSON by key; null removes a key, the others stay.",
}
_HIDDEN = "Left out for publishable keys."


def text(description: str = "", **metadata: Any) -> fields.String:
    """A string that is always there."""
    return fields.String(required=True, metadata=_described(description, metadata))


def text_or_null(description: str = "", **metadata: Any) -> fields.String:
    """A string, or null where there is none."""
    return fields.String(required=True, allow_none=True, metadata=_described(description, metadata))


def instant(description: str) -> fields.String:
    """An instant."""
    return text(description, format="date-time", pattern=INSTANT)


def instant_or_null(description: str) -> fields.String:
    """An instant, or null where it has not come."""
    return text_or_null(description, format="date-time", pattern=INSTANT)


def count(description: str) -> fields.Integer:
    """A number of things."""
    return fields.Integer(required=True, metadata={"minimum": 0, "description": description})


def strings(description: str) -> fields.List[str]:
    """An array of strings."""
    return fields.List(fields.String(), required=True, metadata={"description": description})


def anything(description: str) -> fields.Dict:
    """An object with any members."""
    return fields.Dict(required=True, metadata={"description": description})


def kind(name: str) -> fields.String:
    """The member `object`, which says what an object is."""
    return text(enum=[name])


def notes_or_absent() -> fields.String:
    """Notes, which publishable keys do not get."""
    return fields.String(allow_none=True, metadata={"description": f"Notes. {_HIDDEN}"})


def metadata_or_absent() -> fields.Dict:
    """Metadata, which publishable keys do not get."""
    return fields.Dict(metadata={"description": f"The integrator's own JSON. {_HIDDEN}"})


class Deleted(Shape):
    """What remains of a deleted object."""

    deleted = fields.Boolean(required=True, metadata={"enum": [True]})


def _described(description: str, metadata: dict[str, Any]) -> dict[str, Any]:
    return {"description": description, **metadata} if description else metadata
