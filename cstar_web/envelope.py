"""The envelope around every answer, written as compact JSON in UTF-8."""

import re
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import orjson
from flask import g, request

from cstar_core import Page, utc_now
from cstar_web.answer import Answer
from cstar_web.errors import Failure

JSON = "application/json"

# Instants as the API writes them: UTC, in whole seconds, with a Z.
_OPTIONS = orjson.OPT_UTC_Z | orjson.OPT_OMIT_MICROSECONDS
_REQUEST_ID = re.compile(r"[A-Za-z0-9_-]{1,64}\Z")


def request_id() -> str:
    """The id of this request: the client's own if it sent a usable one, else a new one."""
    known = g.get("request_id")
    if known is None:
        sent = request.environ.get("HTTP_X_REQUEST_ID", "")
        known = g.request_id = sent if _REQUEST_ID.match(sent) else f"req_{uuid4().hex}"
    return str(known)


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
    error: dict[str, object] = {"type": kind.type, "code": kind.code, "message": refused.message}
    if refused.param is not None:
        error["param"] = refused.param
    error["doc_url"] = f"{base_url}/docs/errors#{kind.code}"
    error["request_id"] = request_id()
    if refused.retry_after is not None:
        error["retryAfter"] = refused.retry_after
    if len(refused.problems) > 1:
        error["errors"] = [
            {"code": problem.code, "message": problem.message, "param": problem.param}
            for problem in refused.problems
        ]
    body = {"success": False, "error": error, "meta": _meta()}
    return _json(body, refused.status, refused.headers)


def _meta() -> dict[str, object]:
    return {"requestId": request_id(), "timestamp": utc_now()}


def _json(body: object, status: int, headers: Mapping[str, str] | None) -> Answer:
    return Answer(orjson.dumps(body, None, _OPTIONS), status, headers, content_type=JSON)
