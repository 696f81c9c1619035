"""What many operations share: headers, parameters, the envelope, the security scheme."""

from typing import Any

from cstar_core import OUTGOING_KINDS
from cstar_web.v1.patterns import INSTANT, LANGUAGE, TEXT, id_given

Json = dict[str, Any]

_INSTANT = {
    "type": "string",
    "format": "date-time",
    "pattern": INSTANT,
    "examples": ["2025-12-10T14:30:00Z"],
}
_REQUEST_ID = {
    "type": "string",
    "pattern": "^[A-Za-z0-9_-]{1,64}$",
    "examples": ["req_550e8400e29b41d4a716446655440000"],
}
_COUNT = {"type": "integer", "minimum": 0}
# What each parameter of a path names, and the prefix of its ids.
_PATH_IDS = {
    "ticketId": ("ticket", "tkt_"),
    "messageId": ("message", "msg_"),
    "customerId": ("customer", "cus_"),
    "memberId": ("member", "mem_"),
    "customFieldId": ("custom field", "cf_"),
    "webhookId": ("webhook", "whk_"),
    "deliveryId": ("delivery", "dlv_"),
    "attachmentId": ("attachment", "att_"),
    "mailId": ("mail", "eml_"),
    "outgoingMailId": ("outgoing mail", "oml_"),
    "mailBlockId": ("block", "mbk_"),
    "mailboxId": ("mailbox", "mbx_"),
}


def reference(kind: str, name: str) -> Json:
    """A JSON reference to one of the document's components."""
    return {"$ref": f"#/components/{kind}/{name}"}


def _object(properties: Json, *optional: str, **more: object) -> Json:
    return {
        "type": "object",
        "required": [name for name in properties if name not in optional],
        "properties": properties,
        "additionalProperties": False,
        **more,
    }


def _header(description: str, schema: Json, *, required: bool = False) -> Json:
    return {"description": description, "required": required, "schema": schema}


def _path_id(kind: str, prefix: str) -> Json:
    return {
        "name": "",
        "in": "path",
        "required": True,
        "description": f"The {kind}'s id, or the same UUID with dashes.",
        "schema": {"type": "string", "pattern": id_given(prefix)},
    }


SECURITY_SCHEMES: Json = {
    "apiKey": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "API key",
        "description": "A secret key (`sk_live_…`, `sk_test_…`) reads and writes; a publishable "
        "key (`pk_live_…`, `pk_test_…`) reads what customers may see. "
        "`cstar key create` makes either.",
    }
}

HEADERS: Json = {
    "X-Request-Id": _header(
        "Names this request in the log; the one the client sent, if it sent a valid one.",
        _REQUEST_ID,
        required=True,
    ),
    "X-RateLimit-Limit": _header("Requests this key may make in a window.", _COUNT),
    "X-RateLimit-Remaining": _header("Requests left in this window.", _COUNT),
    "X-RateLimit-Reset": _header("When the window ends, in Unix seconds.", _COUNT),
    "X-RateLimit-Window": _header("The window's length in seconds.", _COUNT),
    "ETag": _header(
        "The object's version, for `If-Match` and `If-None-Match`.",
        {"type": "string", "pattern": '^(W/)?"[^"]*"$'},
        required=True,
    ),
    "Location": _header("Where the new object is.", {"type": "string"}, required=True),
    "Idempotent-Replayed": _header(
        "`true` when this is the stored answer to an earlier request with the same key.",
        {"type": "string", "const": "true"},
    ),
    "Retry-After": _header(
        "Seconds to wait before another try.", {"type": "integer", "minimum": 1}, required=True
    ),
    "WWW-Authenticate": _header(
        "The scheme to authenticate with.",
        {"type": "string", "pattern": "^Bearer"},
        required=True,
    ),
}
RATE_LIMIT_HEADERS = tuple(name for name in HEADERS if name.startswith("X-RateLimit-"))

PARAMETERS: Json = {
    "team": {
        "name": "team",
        "in": "path",
        "required": True,
        "description": "The team's id, the same UUID with dashes, or its slug.",
        "schema": {"type": "string", "pattern": "^[A-Za-z0-9_-]+$"},
    },
    "templateKind": {
        "name": "templateKind",
        "in": "path",
        "required": True,
        "description": "What a mail template is for.",
        "schema": {"type": "string", "enum": list(OUTGOING_KINDS)},
    },
    "language": {
        "name": "language",
        "in": "path",
        "required": True,
        "description": "The code of a language, such as `en` or `pt-BR`.",
        "schema": {"type": "string", "pattern": LANGUAGE},
    },
    **{name: _path_id(*kind) | {"name": name} for name, kind in _PATH_IDS.items()},
    "X-Request-Id": {
        "name": "X-Request-Id",
        "in": "header",
        "description": "A name for this request, to find it in the log. It is kept if it is 1 to "
        "64 letters, digits, `_` or `-`, and replaced otherwise.",
        "schema": {"type": "string"},
    },
    "Idempotency-Key": {
        "name": "Idempotency-Key",
        "in": "header",
        "description": "Makes a repeat safe: for 24 hours the same key, with the same method, path "
        "and body, gets the first answer again and changes nothing.",
        "schema": {"type": "string", "pattern": "^[!-~]{1,255}$", "maxLength": 255},
    },
    "If-Match": {
        "name": "If-Match",
        "in": "header",
        "description": "Write only if the object's `ETag` is still this one, else answer 412.",
        "schema": {"type": "string"},
    },
    "If-None-Match": {
        "name": "If-None-Match",
        "in": "header",
        "description": "Answer 304 without a body if the object's `ETag` is still this one.",
        "schema": {"type": "string"},
    },
    "Range": {
        "name": "Range",
        "in": "header",
        "description": "A part of the file, as `bytes=0-1023`; anything else gets all of it.",
        "schema": {"type": "string"},
    },
    "Last-Event-ID": {
        "name": "Last-Event-ID",
        "in": "header",
        "description": "Only events after this one, by its id; goes before `after`. Clients of "
        "server-sent events send it by themselves when they connect again.",
        "schema": {"type": "string", "pattern": f"^$|{id_given('evt_')}"},
    },
}

_PROBLEM = {
    "code": {"type": "string"},
    "message": {"type": "string"},
    "param": {"type": "string", "examples": ["title", "tags.2", "customFields.region"]},
}
_META = {"requestId": _REQUEST_ID, "timestamp": _INSTANT}

SCHEMAS: Json = {
    "Json": {
        "description": "Any JSON value: text without U+0000, and no number written as an integer "
        "of more than 64 bits.",
        "anyOf": [
            {"type": ["null", "boolean"]},
            {"type": "string", "pattern": TEXT},
            {"type": "number"},
            {"type": "array", "items": reference("schemas", "Json")},
            {
                "type": "object",
                "propertyNames": {"pattern": TEXT},
                "additionalProperties": reference("schemas", "Json"),
            },
        ],
    },
    "Meta": _object(_META, description="About this answer."),
    "PageMeta": _object(
        {
            **_META,
            "pagination": reference("schemas", "Pagination"),
            "hasMore": {"type": "boolean", "description": "Whether another page follows."},
            "nextCursor": {
                "type": ["string", "null"],
                "description": "Give it as `cursor` for the next page; null at the end.",
            },
        },
        description="About this page of a list.",
    ),
    "Pagination": _object(
        {
            "page": {"type": "integer", "minimum": 1},
            "pageSize": {"type": "integer", "minimum": 1, "maximum": 100},
            "total": _COUNT,
            "totalPages": _COUNT,
        }
    ),
    "Problem": _object(_PROBLEM, description="One thing that is wrong with a request."),
    "Error": _object(
        {
            "type": {"type": "string"},
            **_PROBLEM,
            "doc_url": {
                "type": "string",
                "format": "uri",
                "description": "This server's explanation of the code.",
            },
            "request_id": _REQUEST_ID,
            "retryAfter": {
                "type": "integer",
                "minimum": 1,
                "description": "Seconds to wait, when the rate limit is exceeded.",
            },
            "errors": {
                "type": "array",
                "items": reference("schemas", "Problem"),
                "minItems": 2,
                "description": "Everything that is wrong, when it is more than one thing.",
            },
        },
        "param",
        "retryAfter",
        "errors",
    ),
    "Failure": _object(
        {
            "success": {"type": "boolean", "const": False},
            "error": reference("schemas", "Error"),
            "meta": reference("schemas", "Meta"),
        },
        description="The answer to a request that failed.",
    ),
}
