"""The envelope around every answer, written as compact JSON in UTF-8."""

import random
import re
from collections.abc import Mapping
from typing import Any

import orjson
from flask import request

from cstar_core import Page, utc_now
from cstar_web.answer import Answer
from cstar_web.errors import Failure
from cstar_web.watch import CODE

JSON = "application/json"

# Instants as the API writes them: UTC, in whole seconds, with a Z.
_OPTIONS = orjson.OPT_UTC_Z | orjson.OPT_OMIT_MICROSECONDS
_KNOWN = "cstar.request_id"
# The version and the variant of a UUIDv4, and where they stand (RFC 9562).
_UUID_4 = 0x4 << 76 | 0x2 << 62
_UUID_MASK = 0xF << 76 | 0x3 << 62
# What looks like an API key is not kept as an id: it would stand in answers and in the log.
REQUEST_ID = re.compile(r"(?![sp]k_(?:live|test)_)[A-Za-z0-9_-]{1,64}\Z")


def request_id() -> str:
    """The id of this request: the client's own if it sent a usable one, else a new one."""
    environ = request.environ
    known: str | None = environ.get(_KNOWN)
    if known is None:
        sent = environ.get("HTTP_X_REQUEST_ID", "")
        known = environ[_KNOWN] = sent if REQUEST_ID.match(sent) else _new_request_id()
    return known


def _new_request_id() -> str:
    """A prefix and a UUIDv4; it tells requests apart and opens nothing, so it need not be secret.

    Asking the operating system for random bytes lets another thread go first.
    """
    number = random.getrandbits(128) & ~_UUID_MASK | _UUID_4
    return f"req_{number:032x}"


def success(
    data: object,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    more: Mapping[str, object] | None = None,
) -> Answer:
    """An answer that worked; `more` goes into `meta`."""
    meta = _meta()
    if more:
        meta.update(more)
    return _json({"success": True, "data": data, "meta": meta}, status, headers)


def paging(page: Page[Any]) -> dict[str, object]:
    """What `meta` says of a paged list."""
    return {
        "pagination": {
            "page": page.page,
            "pageSize": page.page_size,
            "total": page.total,
            "totalPages": page.total_pages,
        },
        "hasMore": page.has_more,
        "nextCursor": page.next_cursor,
    }


def failure(refused: Failure, base_url: str) -> Answer:
    """An answer that says what was refused and where to read about it."""
    kind = refused.kind
    request.environ[CODE] = kind.code
    error: dict[str, object] = {"type": kind.type, "code": kind.code, "message": refused.message}
    if refused.param is not None:
        error["param"] = refused.param
    error["doc_url"] = f"{base_url}/docs/errors#{kind.code}"
    error["request_id"] = request_id()
    if refused.retry_after is not None:
        error["retryAfter"] = refused.retry_after
    body = {"success": False, "error": error | several(refused), "meta": _meta()}
    return _json(body, refused.status, refused.headers)


def several(refused: Failure) -> dict[str, object]:
    """The member that lists all that is wrong, if it is more than one thing."""
    if len(refused.problems) < 2:
        return {}
    return {
        "errors": [
            {"code": problem.code, "message": problem.message, "param": problem.param}
            for problem in refused.problems
        ]
    }


def _meta() -> dict[str, object]:
    return {"requestId": request_id(), "timestamp": utc_now()}


def encoded(body: object) -> bytes:
    """A value as it is written everywhere: compact JSON in UTF-8, on one line."""
    return orjson.dumps(body, None, _OPTIONS)


def _json(body: object, status: int, headers: Mapping[str, str] | None) -> Answer:
    return Answer(encoded(body), status, headers, content_type=JSON)
