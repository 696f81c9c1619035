"""Sending a webhook: to a public address alone, within a budget of time, and never twice.

`http.client` does the protocol over a connection to an address that was looked at: it follows no
redirect, knows no proxy and lets each step have its own deadline.
"""

import http.client
import io
import socket
import ssl
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

from cstar_core import check_destination, check_url
from cstar_web.connecting import Resolve, Unreachable, connect, left, resolve, secure, why
from cstar_web.readers import Network

BUDGET_SECONDS = 10.0
ANSWER_MAX = 4096
_PORTS = {"http": 80, "https": 443}
_LATE = "no answer within {:g} s"


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a request: a status and the beginning of the body, or why there is none."""

    status: int | None
    body: bytes
    error: str | None
    seconds: float


def send(
    url: str,
    headers: Mapping[str, str],
    body: bytes,
    *,
    method: str = "POST",
    allowed: Sequence[Network] = (),
    budget: float = BUDGET_SECONDS,
    context: ssl.SSLContext | None = None,
    resolve: Resolve = resolve,
    most: int = ANSWER_MAX,
) -> Answer:
    """Send a request; what was answered, or what went wrong. It raises nothing.

    Only public addresses and those of ``allowed`` networks are connected to. ``budget`` is how many
    seconds all of it may take, from resolving the name to the last byte that is kept. ``context``
    says which certificates are believed: those that the system believes, if it is not given. Of the
    answer the first ``most`` bytes are kept.
    """
    began = monotonic()
    deadline = began + budget
    try:
        status, content = _request(
            (method, url), headers, body, allowed, deadline, context, resolve, most
        )
    except Unreachable as error:
        return Answer(None, b"", str(error), monotonic() - began)
    except TimeoutError:
        return Answer(None, b"", _LATE.format(budget), monotonic() - began)
    except ssl.SSLError as error:
        return Answer(None, b"", f"TLS failed: {why(error)}", monotonic() - began)
    except http.client.HTTPException as error:
        return Answer(None, b"", f"not an HTTP answer: {why(error)}", monotonic() - began)
    except (OSError, ValueError) as error:
        return Answer(None, b"", why(error), monotonic() - began)
    return Answer(status, content, None, monotonic() - began)


def _request(
    line: tuple[str, str],
    headers: Mapping[str, str],
    body: bytes,
    allowed: Sequence[Network],
    deadline: float,
    context: ssl.SSLContext | None,
    resolve: Resolve,
    most: int,
) -> tuple[int, bytes]:
    method, url = line
    if problems := check_url("url", url) or check_destination("url", url, allowed):
        raise Unreachable(problems[0].message)
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or _PORTS[parts.scheme]
    secured = parts.scheme == "https"
    with (
        connect(host, port, deadline, allowed=allowed, resolve=resolve) as plain,
        secure(plain, host, deadline, context) if secured else plain as connection,
    ):
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        return _exchange(connection, parts.netloc, (method, target), headers, body, deadline, most)


def _exchange(
    connection: socket.socket,
    netloc: str,
    line: tuple[str, str],
    headers: Mapping[str, str],
    body: bytes,
    deadline: float,
    most: int,
) -> tuple[int, bytes]:
    client = http.client.HTTPConnection("unused")
    client.sock = _Timed(connection, deadline)
    client.putrequest(*line, skip_host=True, skip_accept_encoding=True)
    given = {"Host": netloc, "Content-Length": str(len(body)), "Connection": "close"}
    for name, value in {**headers, **given}.items():
        client.putheader(name, value)
    client.endheaders(body)
    with client.getresponse() as response:
        return response.status, _beginning(response, most)


def _beginning(response: http.client.HTTPResponse, most: int) -> bytes:
    """The first of the body; if the rest does not come, what came. The status is what counts."""
    content = b""
    with suppress(OSError, http.client.HTTPException):
        while some := response.read1(most - len(content)):
            content += some
    return content


class _Timed:
    """A connection with one deadline for all of it, as `http.client` uses one."""

    def __init__(self, connection: socket.socket, deadline: float) -> None:
        self._connection = connection
        self._deadline = deadline

    def sendall(self, data: bytes) -> None:
        """Send everything, or raise TimeoutError."""
        rest = memoryview(data)
        while rest:
            self._connection.settimeout(left(self._deadline))
            rest = rest[self._connection.send(rest) :]

    def makefile(self, *_mode: Any) -> io.BufferedReader:
        """What comes, to be read."""
        return io.BufferedReader(_Incoming(self._connection, self._deadline))

    def close(self) -> None:
        """The connection is closed by whoever opened it."""


class _Incoming(io.RawIOBase):
    def __init__(self, connection: socket.socket, deadline: float) -> None:
        self._connection = connection
        self._deadline = deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._connection.settimeout(left(self._deadline))
        return self._connection.recv_into(buffer)
