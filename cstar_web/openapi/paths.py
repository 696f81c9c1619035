"""One operation as OpenAPI describes it: parameters, body, answer, errors and links."""

from typing import Any, cast

from apispec.ext.marshmallow import MarshmallowPlugin
from marshmallow import Schema
from marshmallow.fields import Field

from cstar_core import ATTACHMENTS_MAX
from cstar_web.bringing import FILES
from cstar_web.openapi.components import RATE_LIMIT_HEADERS, reference
from cstar_web.openapi.examples import BODY_EXAMPLES
from cstar_web.openapi.failures import failures_of
from cstar_web.operations import Operation

Json = dict[str, Any]

_BINARY = "application/octet-stream"
_FORM = "multipart/form-data"
_BYTES: Json = {"type": "string", "format": "binary"}
_KEYS = {
    "secret": "Requires a secret key.",
    "any": "Takes a secret or a publishable key.",
    "none": "Needs no key.",
}


class Describer:
    """Describes the operations of one app; schemas that it meets become components."""

    def __init__(self, plugin: MarshmallowPlugin, operations: tuple[Operation, ...]) -> None:
        # Typed loosely because apispec leaves the methods used here without annotations.
        self._converter = cast(Any, plugin.converter)
        self._converter.add_attribute_function(_more_keywords)
        self._operations = operations

    def describe(self, operation: Operation) -> Json:
        """The OpenAPI operation object."""
        described: Json = {
            "operationId": operation.name,
            "tags": [operation.tag],
            "summary": operation.summary,
            "description": f"{operation.description}\n\n{_KEYS[operation.key]}".strip(),
            "parameters": self._parameters(operation),
            "responses": self._answers(operation) | failures_of(operation),
        }
        if operation.key == "none":
            described["security"] = []
        if operation.body is not None:
            described["requestBody"] = self._body(operation, operation.body)
        if operation.upload:
            described["requestBody"] = _upload(operation)
        return described

    def complete(self, schemas: Json) -> None:
        """Add to each schema what its class says beyond its fields."""
        for key, name in self._converter.refs.items():
            shape = key[0]
            schemas[name] |= {"description": shape.__doc__, **shape.constraints}

    def _parameters(self, operation: Operation) -> list[Json | str]:
        """Shared parameters by their names, which apispec makes references."""
        query = self._query(operation.query) if operation.query else []
        return [*operation.parameters, *_header_parameters(operation), *query]

    def _query(self, schema: Schema) -> list[Json]:
        parameters = self._converter.schema2parameters(schema, location="query")
        return [_with_style(parameter) for parameter in parameters]

    def _body(self, operation: Operation, schema: Schema) -> Json:
        content: Json = {"schema": self._schema(schema)}
        if operation.name in BODY_EXAMPLES:
            content["example"] = BODY_EXAMPLES[operation.name]
        kinds = {"application/json": content}
        if operation.form:
            kinds[_FORM] = _form(operation.form[0], content["schema"])
        return {"required": True, "content": kinds}

    def _answers(self, operation: Operation) -> Json:
        headers = _answer_headers(operation)
        answer: Json = {
            "description": operation.summary,
            "headers": headers,
            "content": self._content(operation),
        }
        links = self._links(operation)
        if links:
            answer["links"] = links
        answers = {str(operation.status): answer}
        if operation.download:
            answers["206"] = answer | {"description": "The part that `Range` asks for"}
        if operation.etag and operation.method == "GET":
            answers["304"] = {"description": "Not changed", "headers": headers}
        return answers

    def _content(self, operation: Operation) -> Json:
        if operation.download:
            return {_BINARY: {"schema": _BYTES}}
        if not operation.stream:
            return {"application/json": {"schema": self._envelope(operation)}}
        data = {
            "type": "string",
            "contentMediaType": "application/json",
            "contentSchema": self._schema(operation.answer),
        }
        properties = {"id": {"type": "string"}, "event": {"type": "string"}, "data": data}
        each = {
            "type": "object",
            "description": "One of the server-sent events.",
            "required": list(properties),
            "properties": properties,
        }
        return {"text/event-stream": {"schema": each}}

    def _envelope(self, operation: Operation) -> Json:
        data = self._schema(operation.answer)
        if operation.many:
            data = {"type": "array", "items": data}
        return {
            "type": "object",
            "required": ["success", "data", "meta"],
            "properties": {
                "success": {"type": "boolean", "const": True},
                "data": data,
                "meta": reference("schemas", "PageMeta" if operation.paged else "Meta"),
            },
            "additionalProperties": False,
        }

    def _schema(self, schema: Schema) -> Json:
        resolved: Json = self._converter.resolve_nested_schema(schema)
        return resolved

    def _links(self, operation: Operation) -> Json:
        if operation.status != 201:
            return {}
        below = [other for other in self._operations if _is_below(operation, other)]
        return {other.name: _link(operation, other) for other in below}


def _more_keywords(_: object, field: Field[Any], **__: object) -> Json:
    """Keywords of JSON Schema that apispec does not take over from a field's metadata."""
    return {name: field.metadata[name] for name in ("propertyNames",) if name in field.metadata}


def _upload(operation: Operation) -> Json:
    is_file = operation.upload == "*/*"
    kind = _BINARY if is_file else operation.upload
    # An empty file is one too, and a body of no bytes is none to some programs.
    return {"required": not is_file, "content": {kind: {"schema": _BYTES}}}


def _form(part: str, schema: Json) -> Json:
    """The same JSON in a part of a form, with files beside it."""
    files = {"type": "array", "items": _BYTES, "maxItems": ATTACHMENTS_MAX}
    return {
        "schema": {
            "type": "object",
            "required": [part],
            "properties": {part: schema, FILES: files},
            "additionalProperties": False,
        },
        "encoding": {part: {"contentType": "application/json"}},
    }


def _header_parameters(operation: Operation) -> list[str]:
    takes = (
        ("X-Request-Id", True),
        ("Idempotency-Key", operation.idempotent),
        ("If-Match", operation.conditional),
        ("If-None-Match", operation.etag and operation.method == "GET"),
        ("Last-Event-ID", operation.stream),
        ("Range", operation.download),
    )
    return [name for name, applies in takes if applies]


def _answer_headers(operation: Operation) -> Json:
    sends = (
        (("X-Request-Id",), True),
        (RATE_LIMIT_HEADERS, operation.key != "none"),
        (("ETag",), operation.etag),
        (("Idempotent-Replayed",), operation.idempotent),
    )
    names = [name for group, applies in sends if applies for name in group]
    return {name: reference("headers", name) for name in names}


def _is_below(parent: Operation, other: Operation) -> bool:
    """Whether the other operation works on what the parent makes: /tickets and /tickets/{id}."""
    head, _, tail = other.path.removeprefix(parent.path).partition("{")
    return other.path.startswith(parent.path) and head == "/" and "}" in tail


def _link(parent: Operation, other: Operation) -> Json:
    made = next(name for name in other.parameters if name not in parent.parameters)
    passed = {name: f"$request.path.{name}" for name in parent.parameters}
    return {
        "operationId": other.name,
        "parameters": passed | {made: "$response.body#/data/id"},
        "description": other.summary,
    }


def _with_style(parameter: Json) -> Json:
    if parameter["schema"].get("type") == "object":
        # The empty example keeps Swagger UI from filling in filters by made-up fields.
        return parameter | {"style": "deepObject", "explode": True, "example": {}}
    return parameter
