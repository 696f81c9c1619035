"""Custom fields: typed values of one's own on tickets and customers."""

from typing import ClassVar

from flask import Blueprint, Response
from marshmallow import fields

from cstar_core import (
    ENTITY_TYPES,
    FIELD_KEY_PATTERN,
    FIELD_TYPES,
    NAME_MAX,
    OPTION_MAX,
    OPTIONS_MAX,
    POSITION_MAX,
)
from cstar_web.calls import Call
from cstar_web.etags import version_tag
from cstar_web.operations import Operation, operation
from cstar_web.shapes import Shape
from cstar_web.v1 import render
from cstar_web.v1.answers import (
    TEAM,
    Deleted,
    count,
    instant,
    instant_or_null,
    kind,
    text,
)
from cstar_web.v1.fields import Flag, Object, Strings, Text, Whole
from cstar_web.v1.patterns import FILLED

blueprint = Blueprint("custom_fields", __name__)
PATH = f"{TEAM}/custom-fields"
ONE = f"{PATH}/{{customFieldId}}"

_NAME = {"minLength": 1, "maxLength": NAME_MAX, "description": "The name that people read."}
_OPTION = {"type": "string", "maxLength": OPTION_MAX, "pattern": FILLED}
_OPTIONS = {
    "minItems": 1,
    "maxItems": OPTIONS_MAX,
    "uniqueItems": True,
    "description": "What can be chosen; for select and multiselect, and only for them.",
}
_PUBLIC = "Whether customers see it and fill it in; only for tickets."
_POSITION = {"minimum": 0, "maximum": POSITION_MAX}


class CustomField(Shape):
    """The definition of a custom field."""

    id = text("Field id (`cf_` prefix).")
    object = kind("custom_field")
    name = text("The name that people read.")
    key = text("The name in `customFields`, fixed for life.", pattern=FIELD_KEY_PATTERN)
    type = text("What values it takes, fixed for life.", enum=FIELD_TYPES)
    entity_type = text("What it belongs to, fixed for life.", enum=ENTITY_TYPES)
    required = fields.Boolean(
        required=True, metadata={"description": "Whether it must have a value."}
    )
    public = fields.Boolean(required=True, metadata={"description": _PUBLIC})
    options = fields.List(
        fields.String(),
        required=True,
        allow_none=True,
        metadata={"description": "What can be chosen; null unless select or multiselect."},
    )
    position = count("Its place in the list.")
    created_at = instant("When it was defined.")
    updated_at = instant("When the definition last changed.")
    archived_at = instant_or_null("Since when it takes no new values.")


class NewCustomField(Shape):
    """A custom field to define."""

    constraints: ClassVar = {
        "if": {"required": ["type"], "properties": {"type": {"enum": ["select", "multiselect"]}}},
        "then": {"required": ["options"], "properties": {"options": {"type": "array"}}},
        "else": {"properties": {"options": {"type": "null"}}},
        "not": {
            "required": ["public"],
            "properties": {"entityType": {"const": "customers"}, "public": {"const": True}},
        },
    }

    name = Text(required=True, metadata=_NAME)
    key = Text(required=True, metadata={"pattern": FIELD_KEY_PATTERN})
    type = Text(required=True, metadata={"enum": FIELD_TYPES})
    entity_type = Text(required=True, metadata={"enum": ENTITY_TYPES})
    options = Strings(items=_OPTION, allow_none=True, metadata=_OPTIONS)
    required = Flag(metadata={"default": False})
    public = Flag(metadata={"default": False, "description": _PUBLIC})
    position = Whole(metadata={**_POSITION, "description": "By default the last."})


class CustomFieldChanges(Shape):
    """What to change about a custom field."""

    name = Text(filled=True, metadata=_NAME)
    required = Flag()
    public = Flag(metadata={"description": _PUBLIC})
    position = Whole(metadata=_POSITION)
    archived = Flag(metadata={"description": "Whether it keeps its values and takes no new ones."})
    options = Strings(items=_OPTION, metadata=_OPTIONS)
    rename_options = Object(
        metadata={
            "additionalProperties": _OPTION,
            "description": '`{"old": "new"}`: the stored values are rewritten too.',
        }
    )


class CustomFieldsQuery(Shape):
    """Which custom fields."""

    entity_type = Text(metadata={"enum": ENTITY_TYPES, "description": "What they belong to."})


class DeletedCustomField(Deleted):
    """What remains of a custom field."""

    values_removed = count("How many tickets or customers had a value.")


@operation(
    blueprint,
    Operation(
        method="GET",
        path=PATH,
        name="listCustomFields",
        tag="Custom fields",
        summary="List custom fields",
        description="All definitions, by position.",
        key="any",
        query=CustomFieldsQuery(),
        answer=CustomField(),
        many=True,
    ),
)
def list_custom_fields(call: Call) -> Response:
    found = call.workspace.custom_fields.list(**call.query)
    return call.answer([render.custom_field(each) for each in found])


@operation(
    blueprint,
    Operation(
        method="POST",
        path=PATH,
        name="createCustomField",
        tag="Custom fields",
        summary="Define a custom field",
        key="secret",
        body=NewCustomField(),
        answer=CustomField(),
        status=201,
        etag=True,
        idempotent=True,
        errors=("RESOURCE_EXISTS",),
    ),
    rules=lambda workspace, values: workspace.custom_fields.check(values),
)
def create_custom_field(call: Call) -> Response:
    made = call.workspace.custom_fields.create(**call.body)
    return call.created(render.custom_field(made), tag=version_tag(made))


@operation(
    blueprint,
    Operation(
        method="GET",
        path=ONE,
        name="getCustomField",
        tag="Custom fields",
        summary="Get a custom field",
        key="any",
        answer=CustomField(),
        etag=True,
    ),
)
def get_custom_field(call: Call, custom_field_id: str) -> Response:
    found = call.workspace.custom_fields.get(custom_field_id)
    return call.answer(render.custom_field(found), tag=version_tag(found))


@operation(
    blueprint,
    Operation(
        method="PATCH",
        path=ONE,
        name="updateCustomField",
        tag="Custom fields",
        summary="Update a custom field",
        description="An option that is taken away stays on what has it and cannot be set anew.",
        key="secret",
        body=CustomFieldChanges(),
        answer=CustomField(),
        etag=True,
        conditional=True,
        idempotent=True,
    ),
    rules=lambda workspace, values: workspace.custom_fields.check(values, updating=True),
)
def update_custom_field(call: Call, custom_field_id: str) -> Response:
    custom_fields = call.workspace.custom_fields
    with call.unless_stale(lambda: version_tag(custom_fields.get(custom_field_id))):
        changed = custom_fields.update(custom_field_id, **call.body)
    return call.answer(render.custom_field(changed), tag=version_tag(changed))


@operation(
    blueprint,
    Operation(
        method="DELETE",
        path=ONE,
        name="deleteCustomField",
        tag="Custom fields",
        summary="Delete a custom field",
        description="Permanently deletes the definition and every value of it.",
        key="secret",
        answer=DeletedCustomField(),
        conditional=True,
        idempotent=True,
    ),
)
def delete_custom_field(call: Call, custom_field_id: str) -> Response:
    custom_fields = call.workspace.custom_fields
    with call.unless_stale(lambda: version_tag(custom_fields.get(custom_field_id))):
        removed = custom_fields.delete(custom_field_id)
    return call.answer({"deleted": True, "valuesRemoved": removed})
