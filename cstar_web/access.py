"""The access log: one line for each request, whoever answered it.

It holds nothing that a client can choose freely: not the query, which may quote a customer, nor the
path, but its template; the id of a request only in the form that the API gives back.
"""

import os
import re
import sys
from collections.abc import Callable
from functools import lru_cache, partial

from cstar_core import utc_now
from cstar_web.logs import second
from cstar_web.settings import OFF, Settings

Write = Callable[[bytes], object]

METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE")
OTHER = "OTHER"

_ADDRESS = re.compile(r"[0-9A-Za-z:.%_-]{1,64}\Z")


def known_method(method: str) -> str:
    """The method, if it is one that exists: any word can be sent."""
    return method if method in METHODS else OTHER


class AccessLog:
    """Writes a line at once, as text or JSON, by a single call for each line.

    The lines are put together by hand. A logger would take several times as long, and nothing in
    them needs to be escaped.
    """

    def __init__(self, write: Write, log_format: str) -> None:
        self._write = write
        self._line = _json if log_format == "json" else _text
        self._second = (0, "")

    def note(
        self,
        request_id: str,
        method: str,
        status: int,
        seconds: float,
        size: int,
        client: str,
        route: str | None,
        key: str | None,
        code: str | None,
    ) -> None:
        """Write the line of a request. A log that cannot be written must not fail a request."""
        now = utc_now().timestamp()
        whole = int(now)
        known, text = self._second
        if known != whole:
            text = second(now)
            self._second = (whole, text)
        stamp = f"{text}.{int((now - whole) * 1000):03}Z"
        client = _shown(client)
        ms = seconds * 1000
        line = self._line(stamp, request_id, method, status, ms, size, client, route, key, code)
        try:
            self._write(line.encode())
        except OSError:
            return


def access_log(settings: Settings) -> AccessLog | None:
    """The access log on stderr, if there shall be one and there is a stderr."""
    if settings.access_log == OFF:
        return None
    try:
        descriptor = sys.__stderr__.fileno() if sys.__stderr__ else None
    except (OSError, ValueError):
        descriptor = None
    if descriptor is None:
        return None
    # Each line is one call of the system, so lines of several threads and processes do not mix.
    return AccessLog(partial(os.write, descriptor), settings.log_format)


@lru_cache(1024)
def _shown(client: str) -> str:
    """A proxy may send any text as an address."""
    return client if _ADDRESS.match(client) else "-"


def _text(
    stamp: str,
    request_id: str,
    method: str,
    status: int,
    ms: float,
    size: int,
    client: str,
    route: str | None,
    key: str | None,
    code: str | None,
) -> str:
    more = f" code={code}" if code else ""
    return (
        f"{stamp} INFO cstar.access: request={request_id} key={key or '-'} method={method} "
        f"route={route or '-'} status={status} ms={ms:.2f} bytes={size} client={client}{more}\n"
    )


def _json(
    stamp: str,
    request_id: str,
    method: str,
    status: int,
    ms: float,
    size: int,
    client: str,
    route: str | None,
    key: str | None,
    code: str | None,
) -> str:
    return (
        f'{{"time": "{stamp}", "level": "info", "logger": "cstar.access", '
        f'"message": "{method} {route or "-"} {status}", '
        f'"requestId": "{request_id}", "keyId": {_quoted(key)}, "method": "{method}", '
        f'"route": {_quoted(route)}, "status": {status}, "ms": {ms:.2f}, "bytes": {size}, '
        f'"client": "{client}", "code": {_quoted(code)}}}\n'
    )


def _quoted(text: str | None) -> str:
    return f'"{text}"' if text else "null"
