"""Sending a webhook: to a public address alone, within a budget of time, and never twice.

A name is resolved once, and the connection goes to the address that was looked at, so that a name
which stands for another address a moment later gains nothing. `http.client` does the protocol over
that connection: it follows no redirect, knows no proxy and lets each step have its own deadline.
"""

import http.client
import io
import socket
import ssl
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import ip_address, ip_network
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

from cstar_core import check_destination, check_url, may_reach
from cstar_web.readers import Network

BUDGET_SECONDS = 10.0
ANSWER_MAX = 4096
# The system may look for a name for much longer than a request lasts. Those of a few webhooks must
# leave room for the others.
_RESOLVERS_MAX = 128
# For what an operator has typed: whoever types a URL may reach it by other means too.
ANYWHERE: tuple[Network, ...] = (ip_network("0.0.0.0/0"), ip_network("::/0"))
_PORTS = {"http": 80, "https": 443}
_LATE = "no answer within {:g} s"
_REFUSED = "{} is an address of this machine or a private network; it is not among those allowed"

# Where a name leads: (socket family, address) each; raises OSError.
Resolve = Callable[[str, int], Sequence[tuple[int, str]]]


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a request: a status and the first 4 KB of the body, or why there is none."""

    status: int | None
    body: bytes
    error: str | None
    seconds: float


class _Failed(Exception):
    """Nothing came back; the message is one line that says why."""


def resolve(host: str, port: int) -> list[tuple[int, str]]:
    """Where a name leads, as the system says."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [(family, str(address[0])) for family, _, _, _, address in found]


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
) -> Answer:
    """Send a request; what was answered, or what went wrong. It raises nothing.

    Only public addresses and those of ``allowed`` networks are connected to. ``budget`` is how many
    seconds all of it may take, from resolving the name to the last byte that is kept. ``context``
    says which certificates are believed: those that the system believes, if it is not given.
    """
    began = monotonic()
    deadline = began + budget
    try:
        status, content = _request(
            (method, url), headers, body, allowed, deadline, context, resolve
        )
    except _Failed as error:
        return Answer(None, b"", str(error), monotonic() - began)
    except TimeoutError:
        return Answer(None, b"", _LATE.format(budget), monotonic() - began)
    except ssl.SSLError as error:
        return Answer(None, b"", f"TLS failed: {_why(error)}", monotonic() - began)
    except http.client.HTTPException as error:
        return Answer(None, b"", f"not an HTTP answer: {_why(error)}", monotonic() - began)
    except (OSError, ValueError) as error:
        return Answer(None, b"", _why(error), monotonic() - began)
    return Answer(status, content, None, monotonic() - began)


def _request(
    line: tuple[str, str],
    headers: Mapping[str, str],
    body: bytes,
    allowed: Sequence[Network],
    deadline: float,
    context: ssl.SSLContext | None,
    resolve: Resolve,
) -> tuple[int, bytes]:
    method, url = line
    if problems := check_url("url", url) or check_destination("url", url, allowed):
        raise _Failed(problems[0].message)
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or _PORTS[parts.scheme]
    addresses = _addresses(host, port, allowed, deadline, resolve)
    with _connected(addresses, port, deadline) as plain:
        plain.settimeout(_left(deadline))
        secured = plain
        if parts.scheme == "https":
            secured = (context or _believing()).wrap_socket(plain, server_hostname=host.rstrip("."))
        with secured:
            target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            return _exchange(secured, parts.netloc, (method, target), headers, body, deadline)


@lru_cache(1)
def _believing() -> ssl.SSLContext:
    """Making one reads every certificate that the system believes: 20 to 70 ms."""
    return ssl.create_default_context()


def _addresses(
    host: str, port: int, allowed: Sequence[Network], deadline: float, resolve: Resolve
) -> list[tuple[int, str]]:
    """Where the name leads, if all of it may be reached."""
    found = list(dict.fromkeys(_resolved(host, port, deadline, resolve)))
    if not found:
        raise _Failed(f"{host} has no address")
    for _, address in found:
        if not may_reach(ip_address(address.partition("%")[0]), allowed):
            raise _Failed(_REFUSED.format(host if host == address else f"{host} ({address})"))
    return found


_resolving = threading.BoundedSemaphore(_RESOLVERS_MAX)


def _resolved(host: str, port: int, deadline: float, resolve: Resolve) -> list[tuple[int, str]]:
    """Ask in a thread of its own, which is left behind if the system takes too long."""
    if not _resolving.acquire(timeout=_left(deadline)):
        raise _Failed("names are resolved too slowly here")
    told: list[tuple[int, str]] = []
    failed: list[Exception] = []
    done = threading.Event()

    def ask() -> None:
        try:
            told.extend(resolve(host, port))
        except (OSError, UnicodeError) as error:
            failed.append(error)
        finally:
            _resolving.release()
            done.set()

    try:
        threading.Thread(target=ask, name="resolve", daemon=True).start()
    except RuntimeError as error:
        _resolving.release()
        raise _Failed("there are too many threads to resolve a name") from error
    if not done.wait(_left(deadline)):
        raise _Failed(f"{host} could not be resolved in time")
    if failed:
        raise _Failed(f"{host} could not be resolved: {_why(failed[0])}")
    return told


def _connected(addresses: Sequence[tuple[int, str]], port: int, deadline: float) -> socket.socket:
    """The first that answers; each has its share of the time that is left."""
    failure: OSError | None = None
    for place, (family, address) in enumerate(addresses):
        plain = socket.socket(family, socket.SOCK_STREAM)
        try:
            plain.settimeout(_left(deadline) / (len(addresses) - place))
            plain.connect((address, port))
        except OSError as error:
            plain.close()
            failure = error
            continue
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return plain
    raise failure or _Failed("there is no address")


def _exchange(
    connection: socket.socket,
    netloc: str,
    line: tuple[str, str],
    headers: Mapping[str, str],
    body: bytes,
    deadline: float,
) -> tuple[int, bytes]:
    client = http.client.HTTPConnection("unused")
    client.sock = _Timed(connection, deadline)
    client.putrequest(*line, skip_host=True, skip_accept_encoding=True)
    given = {"Host": netloc, "Content-Length": str(len(body)), "Connection": "close"}
    for name, value in {**headers, **given}.items():
        client.putheader(name, value)
    client.endheaders(body)
    with client.getresponse() as response:
        return response.status, _beginning(response)


def _beginning(response: http.client.HTTPResponse) -> bytes:
    """The first of the body; if the rest does not come, what came. The status is what counts."""
    content = b""
    with suppress(OSError, http.client.HTTPException):
        while some := response.read1(ANSWER_MAX - len(content)):
            content += some
    return content


class _Timed:
    """A connection with one deadline for all of it, as `http.client` uses one."""

    def __init__(self, connection: socket.socket, deadline: float) -> None:
        self._connection = connection
        self._deadline = deadline

    def sendall(self, data: bytes) -> None:
        """Send everything, or raise TimeoutError."""
        left = memoryview(data)
        while left:
            self._connection.settimeout(_left(self._deadline))
            left = left[self._connection.send(left) :]

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
        self._connection.settimeout(_left(self._deadline))
        return self._connection.recv_into(buffer)


def _left(deadline: float) -> float:
    left = deadline - monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _why(error: Exception) -> str:
    """One line that can be shown anywhere: it may quote what a receiver has answered."""
    reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
    line = " ".join(reason.split())[:200]
    return "".join(each if each.isprintable() else "?" for each in line)
