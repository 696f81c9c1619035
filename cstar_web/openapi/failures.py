"""Which errors an operation can answer with, and how each status is described."""

from collections.abc import Iterable
from typing import Any

from marshmallow import Schema

from cstar_web.errors import ERRORS, ErrorKind
from cstar_web.openapi.components import RATE_LIMIT_HEADERS, reference
from cstar_web.openapi.examples import ERROR_EXAMPLES
from cstar_web.operations import Operation

Json = dict[str, Any]

_EVERY = ("REQUEST_INVALID", "INTERNAL_ERROR")
_IN_A_PATH = ("ROUTE_MISSING",)
_KEY = ("PARAMETER_UNKNOWN", "authentication_required", "rate_limit_exceeded", "BUSY")
_BODY = (
    "BODY_INVALID",
    "PARAMETER_MISSING",
    "PARAMETER_INVALID",
    "PAYLOAD_TOO_LARGE",
    "UNSUPPORTED_MEDIA_TYPE",
)
_WRITE = ("STORAGE_FULL",)
_IDEMPOTENT = ("PARAMETER_INVALID", "IDEMPOTENCY_IN_PROGRESS", "IDEMPOTENCY_KEY_REUSED")
# Whatever keeps the server from its work, it says 503 so that a load balancer turns elsewhere.
_READINESS = "getReadiness"
_OWN_HEADERS = {401: ("WWW-Authenticate",), 429: ("Retry-After",), 503: ("Retry-After",)}


def codes_of(operation: Operation) -> tuple[str, ...]:
    """Every code the operation can answer with, in the order of the errors table."""
    found = {*_EVERY, *operation.errors, *_codes_by_trait(operation)}
    return tuple(code for code in ERRORS if code in found)


def failures_of(operation: Operation) -> Json:
    """The operation's error responses by status, as references."""
    groups = _by_status(operation)
    return {str(status): reference("responses", _name(kinds)) for status, kinds in groups.items()}


def responses_of(operations: Iterable[Operation]) -> Json:
    """Every error response that some operation refers to."""
    groups = [kinds for each in operations for kinds in _by_status(each).values()]
    return {_name(kinds): _response(kinds) for kinds in groups}


def example_of(kind: ErrorKind, base_url: str = "http://localhost:8000") -> Json:
    """What an answer with this error looks like on the server at `base_url`."""
    request_id, timestamp = "req_550e8400e29b41d4a716446655440000", "2025-12-10T14:30:00Z"
    return {
        "success": False,
        "error": {
            "type": kind.type,
            "code": kind.code,
            **ERROR_EXAMPLES[kind.code],
            "doc_url": f"{base_url}/docs/errors#{kind.code}",
            "request_id": request_id,
        },
        "meta": {"requestId": request_id, "timestamp": timestamp},
    }


def _codes_by_trait(operation: Operation) -> Iterable[str]:
    traits = (
        (operation.parameters, _IN_A_PATH),
        (operation.parameters[1:], ("RESOURCE_MISSING",)),
        (operation.key != "none", _KEY),
        (operation.key == "secret" or operation.parameters, ("insufficient_permissions",)),
        (operation.query, ("PARAMETER_INVALID",)),
        (_has_required(operation.query), ("PARAMETER_MISSING",)),
        (operation.body, _BODY),
        (operation.upload, ("PAYLOAD_TOO_LARGE",)),
        (operation.upload not in ("", "*/*"), ("UNSUPPORTED_MEDIA_TYPE",)),
        (operation.method != "GET", _WRITE),
        (operation.idempotent, _IDEMPOTENT),
        (operation.conditional, ("STALE_VERSION",)),
    )
    return (code for applies, codes in traits if applies for code in codes)


def _has_required(query: Schema | None) -> bool:
    return query is not None and any(field.required for field in query.fields.values())


def _by_status(operation: Operation) -> dict[int, tuple[ErrorKind, ...]]:
    groups: dict[int, tuple[ErrorKind, ...]] = {}
    for kind in map(ERRORS.__getitem__, codes_of(operation)):
        groups[kind.status] = (*groups.get(kind.status, ()), kind)
    if operation.name == _READINESS:
        groups[503] = (*groups[503], ERRORS["INTERNAL_ERROR"])
    return groups


def _name(kinds: tuple[ErrorKind, ...]) -> str:
    return ".".join([str(kinds[0].status), *(kind.code for kind in kinds)])


def _response(kinds: tuple[ErrorKind, ...]) -> Json:
    status = kinds[0].status
    limits = () if status in (401, 500) else RATE_LIMIT_HEADERS
    headers = ("X-Request-Id", *limits, *_OWN_HEADERS.get(status, ()))
    return {
        "description": "\n".join(f"- `{kind.code}`: {kind.meaning}" for kind in kinds),
        "headers": {name: reference("headers", name) for name in headers},
        "content": {"application/json": _content(kinds)},
    }


def _content(kinds: tuple[ErrorKind, ...]) -> Json:
    codes = {"type": "string", "enum": [kind.code for kind in kinds]}
    types = {"type": "string", "enum": sorted({kind.type for kind in kinds})}
    error = {"properties": {"type": types, "code": codes}}
    return {
        "schema": {
            "allOf": [reference("schemas", "Failure"), {"properties": {"error": error}}],
        },
        "examples": {kind.code: {"value": example_of(kind)} for kind in kinds},
    }
