"""Requests of a key to a world, made without a trace, and how they are answered."""

import json
import re
import sys
from contextlib import closing
from dataclasses import dataclass, field
from io import BytesIO
from itertools import count
from typing import Any

from tests.core.tracing import statements
from tests.web.policy import Json
from tests.web.world import World

_INSTANT = re.compile(rb'"timestamp":"[^"]*"')
_SERVER: Json = {
    **{"SERVER_NAME": "localhost", "SERVER_PORT": "80", "SERVER_PROTOCOL": "HTTP/1.1"},
    **{"SCRIPT_NAME": "", "HTTP_HOST": "localhost", "HTTP_X_REQUEST_ID": "same"},
    **{"wsgi.url_scheme": "http", "wsgi.version": (1, 0), "wsgi.errors": sys.stderr},
    **{"wsgi.multithread": False, "wsgi.multiprocess": False, "wsgi.run_once": False},
}
_addresses = count(1)


@dataclass(frozen=True)
class Ask:
    """A request with a kind of key; `given` are the names that tell it from its twin."""

    key: str
    method: str
    url: str
    body: Json | None = None
    headers: tuple[tuple[str, str], ...] = ()
    given: tuple[str, ...] = ()


@dataclass(frozen=True)
class Answered:
    """What came back: the status and the code, the bytes that must be alike, and what was run."""

    status: int
    code: str | None
    alike: bytes
    raw: str
    statements: int = field(compare=False)


def ask(world: World, request: Ask) -> Answered:
    """Make a request and take back what it did."""
    begun: list[str] = []
    with world.undone(), statements(world.desk) as run:
        answer: Any = world.app(_environ(world, request), lambda status, *_: begun.append(status))
        with closing(answer):
            raw = b"".join(answer)
    status, code = int(begun[0][:3]), None
    if status >= 400 and raw:
        code = json.loads(raw)["error"]["code"]
    # What the full-text index asks for itself depends on where in it a word would stand.
    number = sum(not text.startswith("--") for text in run)
    return Answered(status, code, _masked(raw, request), raw.decode(), number)


def _environ(world: World, request: Ask) -> Json:
    """What a server would tell the app; no two requests come from the same address.

    Flask's own client takes as long to make this as the app to answer it.
    """
    number = next(_addresses)
    path, _, query = request.url.partition("?")
    body = b"" if request.body is None else json.dumps(request.body).encode()
    headers = dict(request.headers)
    if (authorization := world.keys[request.key]) is not None:
        headers["Authorization"] = authorization
    if body:
        headers["Content-Type"] = "application/json"
    named = {name.upper().replace("-", "_"): text for name, text in headers.items()}
    return {
        **_SERVER,
        "REQUEST_METHOD": request.method,
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "REMOTE_ADDR": f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}",
        "CONTENT_LENGTH": str(len(body)),
        "CONTENT_TYPE": named.pop("CONTENT_TYPE", ""),
        "wsgi.input": BytesIO(body),
        **{f"HTTP_{name}": text for name, text in named.items()},
    }


def _masked(raw: bytes, request: Ask) -> bytes:
    raw = _INSTANT.sub(b"", raw)
    for name in request.given:
        raw = raw.replace(name.encode(), b"?")
    return raw
