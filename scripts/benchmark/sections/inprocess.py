"""Whole requests without a socket: what the product itself takes, beside a route that does nothing.

There is no load generator and no other thread here, so these times are steadier than over HTTP.
"""

import itertools
import statistics
from collections.abc import Callable
from contextlib import ExitStack
from io import BytesIO
from typing import Any
from wsgiref.types import WSGIApplication

from cstar_core import Helpdesk
from cstar_web.settings import Settings
from scripts.benchmark.desks import Desk
from scripts.benchmark.operations import FLOOR, OPERATIONS, UNIQUE, Call, calls_of
from scripts.benchmark.section import Bench, Results, Row, Section, rounded
from scripts.benchmark.serving import UNREACHED_LIMIT, make_app
from scripts.benchmark.timing import Job, median_ratio, time_in_turns

BATCHES_A_ROUND = 8

_UNIQUE = UNIQUE.encode()
_Key = tuple[str, int]


class WrongAnswer(Exception):
    """A request that is measured was not answered as it should be."""


def run(bench: Bench) -> Results:
    """Time each operation on every desk in turns."""
    bench.progress.step("requests in-process")
    names = dict.fromkeys((FLOOR, *bench.wanted(SECTION.operations)))
    with ExitStack() as stack:
        apps = [(_open_app(stack, desk), desk) for desk in bench.desks]
        jobs = {
            (name, desk.tickets): _requests(app, desk, name) for name in names for app, desk in apps
        }
        times = time_in_turns(jobs, BATCHES_A_ROUND * bench.effort.rounds)
    smallest = bench.desks[0].tickets
    return {"inprocess": [_row(key, times, smallest) for key in jobs]}


def _open_app(stack: ExitStack, desk: Desk) -> WSGIApplication:
    opened = stack.enter_context(Helpdesk.open(desk.path))
    return make_app(opened, Settings(secret_key_limit=UNREACHED_LIMIT))


def _requests(app: WSGIApplication, desk: Desk, operation: str) -> Job:
    """A job that makes the operation's next request."""
    calls = calls_of(operation, desk.material)
    prepared = itertools.cycle([_environ(call, desk.keys.secret) for call in calls])

    def next_request() -> None:
        environ, body = next(prepared)
        number = desk.sent[operation] = desk.sent.get(operation, 0) + 1
        unique = body.replace(_UNIQUE, b"%08d" % number)
        _answer(app, {**environ, "wsgi.input": BytesIO(unique)})

    return next_request


def _answer(app: WSGIApplication, environ: dict[str, Any]) -> bytes:
    statuses: list[str] = []

    def start(status: str, headers: object, error: object = None) -> Callable[[bytes], object]:
        statuses.append(status)
        return _refuse_write

    parts = app(environ, start)
    body = b"".join(parts)
    getattr(parts, "close", _nothing)()
    if not statuses[0].startswith("2"):
        raise WrongAnswer(f"{environ['PATH_INFO']}: {statuses[0]} {body.decode()}")
    return body


def _nothing() -> None:
    """What closes an answer that needs no closing."""


def _refuse_write(_data: bytes) -> None:
    raise WrongAnswer("the app writes to the server instead of returning its answer")


def _environ(call: Call, key: str) -> tuple[dict[str, Any], bytes]:
    """The environ of a request as waitress would make it, without the input."""
    path, _, query = call.path.partition("?")
    body = call.body.encode()
    environ = {
        "REQUEST_METHOD": call.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "REQUEST_URI": call.path,
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "8000",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": "127.0.0.1:8000",
        "HTTP_AUTHORIZATION": f"Bearer {key}",
        "CONTENT_TYPE": "application/json",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.errors": None,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        "wsgi.input_terminated": True,
    }
    # Eight digits take the place of the mark.
    length = len(body.replace(_UNIQUE, b"0" * 8))
    return (environ | {"CONTENT_LENGTH": str(length)} if body else environ), body


def _row(key: _Key, times: dict[_Key, list[float]], smallest: int) -> Row:
    name, tickets = key
    return {
        "tickets": tickets,
        "operation": name,
        "microseconds": rounded(statistics.median(times[key])),
        "over_hello": rounded(median_ratio(times[key], times[FLOOR, tickets]), 2),
        "growth": rounded(median_ratio(times[key], times[name, smallest]), 2),
    }


SECTION = Section("inprocess", "whole requests without a socket", run, (FLOOR, *OPERATIONS))
