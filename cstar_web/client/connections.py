"""Requests over kept connections: each ends by a deadline, and no answer is read without end.

The standard library's `http.client` waits for each step for as long as is allowed for all of them,
so a server that drips could hold a thread for ever. Here every step has what is left.
"""

import io
import os
import re
import ssl
from collections.abc import Iterator
from contextlib import closing, contextmanager
from email.message import Message
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from threading import Lock
from time import monotonic
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from cstar_web.client.errors import AnswerError, NetworkError, TimedOut

_KEY = re.compile(r"[\x21-\x7e]{1,255}\Z")
_PATH = re.compile(r"(/[A-Za-z0-9._~-]+)*\Z")
_API = "/api/v1"
EVENT_STREAM = "text/event-stream"
_PIECE = 65_536
# A server closes connections that nobody uses; one this old is not tried.
_IDLE_SECONDS = 60.0


class Request(NamedTuple):
    """What is sent: ``target`` is path and query; ``headers`` has all but the key."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes | None


class Answer(NamedTuple):
    """What came back; `ends` is whether it says where it ends, so that it is known to be whole."""

    status: int
    headers: Message
    body: bytes
    ends: bool


class Key:
    """An API key, which is shown to the server and to nobody else."""

    __slots__ = ("_text",)

    def __init__(self, text: object) -> None:
        if not isinstance(text, str) or not _KEY.match(text):
            raise ValueError("key must be an API key: 1 to 255 visible ASCII characters")
        self._text = text

    def __repr__(self) -> str:
        return "Key(…)"

    def put(self, connection: HTTPConnection) -> None:
        """Write the header, so that no variable of ours ever holds it in the open."""
        connection.putheader("Authorization", f"Bearer {self._text}")


class Address(NamedTuple):
    """Where the API is: ``base`` is the path to it."""

    https: bool
    host: str
    port: int
    base: str

    @classmethod
    def parse(cls, url: str) -> "Address":
        """The address that a URL such as `https://desk.example.com` names; raises ValueError.

        >>> Address.parse("https://example.com/support/")
        Address(https=True, host='example.com', port=443, base='/support/api/v1')
        """
        parts = urlsplit(url)
        path = parts.path.rstrip("/").removesuffix(_API)
        extra = parts.query or parts.fragment or parts.username is not None
        if parts.scheme not in ("http", "https") or not parts.hostname or extra:
            raise ValueError("url must be like https://desk.example.com, without a query or name")
        if not _PATH.match(path):
            raise ValueError("url must have a plain path, or none")
        https = parts.scheme == "https"
        port = parts.port or (443 if https else 80)
        return cls(https, parts.hostname, port, path + _API)

    @property
    def url(self) -> str:
        """The address as one writes it.

        >>> Address.parse("http://[::1]").url
        'http://[::1]/api/v1'
        """
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == (443 if self.https else 80) else f":{self.port}"
        return f"http{'s' * self.https}://{host}{port}{self.base}"


class _Reader(io.RawIOBase):
    """What a peer sends, by the deadline of its socket."""

    def __init__(self, timed: "_Timed", raw: Any) -> None:
        self._timed = timed
        self._raw = raw

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> Any:
        self._timed.step()
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Timed:
    """As much of a socket as `http.client` uses, with one deadline for all steps together."""

    def __init__(self, sock: Any) -> None:
        self._sock = sock
        self.deadline = 0.0

    def step(self) -> Any:
        left = self.deadline - monotonic()
        if left <= 0:
            raise TimeoutError
        self._sock.settimeout(left)
        return self._sock

    def sendall(self, data: Any) -> None:
        rest = memoryview(data)
        while rest:
            rest = rest[self.step().send(rest) :]

    def makefile(self, mode: str) -> io.BufferedReader:
        return io.BufferedReader(_Reader(self, self._sock.makefile(mode, buffering=0)))

    def close(self) -> None:
        self._sock.close()


class _Line(NamedTuple):
    """A connection, and its socket."""

    http: HTTPConnection
    timed: _Timed


class Connections:
    """Kept connections to one server. Safe in threads: a connection has one request at a time."""

    def __init__(
        self,
        address: Address,
        key: Key,
        *,
        timeout: float,
        answer_max: int,
        tls: ssl.SSLContext | None,
    ) -> None:
        self.address = address
        self._key = key
        self._timeout = timeout
        self._answer_max = answer_max
        self._tls = (tls or ssl.create_default_context()) if address.https else None
        self._lock = Lock()
        self._idle: list[tuple[float, _Line]] = []
        self._process = os.getpid()
        self._closed = False

    def close(self) -> None:
        """Close what is idle now, and what is in use once it has its answer, or its next line."""
        with self._lock:
            self._closed = True
        self._drop_idle()

    def exchange(self, request: Request) -> Answer:
        """Send a request once and read the answer; raises NetworkError and AnswerError."""
        with self._explaining(self._timeout):
            return self._exchange(request)

    @contextmanager
    def stream(self, request: Request, silence: float) -> Iterator[Answer | Iterator[bytes]]:
        """Send a request on a connection of its own. The lines of an event stream as they come,
        with so many seconds between two pieces at most; any other answer as a whole."""
        self._refuse_closed()
        deadline = monotonic() + self._timeout
        with self._explaining(self._timeout):
            line = self._open(deadline)
        with closing(line.http):
            with self._explaining(self._timeout):
                response = self._begin(line, request, deadline)
                is_stream = response.headers.get_content_type() == EVENT_STREAM
                whole = None if response.status == 200 and is_stream else self._whole(response)
            with closing(response):
                yield whole or self._lines(response, line.timed, silence)

    @contextmanager
    def _explaining(self, seconds: float) -> Iterator[None]:
        """Raise what goes wrong on a connection as an error of the client."""
        try:
            yield
        except TimeoutError as error:
            raise TimedOut(f"no answer within {seconds:g} seconds") from error
        except ssl.SSLCertVerificationError as error:
            raise AnswerError(f"the server is not who it says it is: {error}") from error
        except (OSError, HTTPException) as error:
            reason = str(error) or type(error).__name__
            raise NetworkError(f"no whole answer came: {reason}") from error

    def _exchange(self, request: Request) -> Answer:
        deadline = monotonic() + self._timeout
        kept = self._take()
        if kept is not None:
            try:
                return self._ask(kept, request, deadline)
            except ConnectionError:
                # Closed by the server while nobody used it, and the others likely too.
                self._drop_idle()
            except TimeoutError:
                # What lies between may have forgotten it, and the others too.
                self._drop_idle()
                raise
        return self._ask(self._open(deadline), request, deadline)

    def _lines(self, response: HTTPResponse, timed: _Timed, silence: float) -> Iterator[bytes]:
        while True:
            self._refuse_closed()
            timed.deadline = monotonic() + silence
            with self._explaining(silence):
                found = response.readline(self._answer_max + 1)
            if not found:
                return
            if len(found) > self._answer_max:
                raise self._too_large(response)
            yield found

    def _begin(self, line: _Line, request: Request, deadline: float) -> HTTPResponse:
        line.timed.deadline = deadline
        self._send(line.http, request)
        return line.http.getresponse()

    def _whole(self, response: HTTPResponse) -> Answer:
        ends = response.chunked or response.length is not None
        return Answer(response.status, response.headers, self._read(response), ends)

    def _ask(self, line: _Line, request: Request, deadline: float) -> Answer:
        try:
            response = self._begin(line, request, deadline)
            answer = self._whole(response)
        except BaseException:
            line.http.close()
            raise
        if response.will_close:
            line.http.close()
        else:
            self._keep(line)
        return answer

    def _send(self, connection: HTTPConnection, request: Request) -> None:
        connection.putrequest(request.method, request.target)
        for name, value in request.headers.items():
            connection.putheader(name, value)
        self._key.put(connection)
        try:
            connection.endheaders(request.body)
        except (BrokenPipeError, ConnectionResetError):
            # A server may refuse a body before it has read it; its answer may still be there.
            return

    def _read(self, response: HTTPResponse) -> bytes:
        received = bytearray()
        while piece := response.read(_PIECE):
            received += piece
            if len(received) > self._answer_max:
                raise self._too_large(response)
        if response.length:
            raise NetworkError("no whole answer came: it was cut off", status=response.status)
        return bytes(received)

    def _too_large(self, response: HTTPResponse) -> AnswerError:
        message = f"the answer is larger than {self._answer_max:,} bytes"
        return AnswerError(message, status=response.status)

    def _refuse_closed(self) -> None:
        if self._closed:
            raise RuntimeError("this client is closed")

    def _open(self, deadline: float) -> _Line:
        https, host, port, _ = self.address
        left = max(deadline - monotonic(), 0.001)
        http: HTTPConnection
        if https:
            http = HTTPSConnection(host, port, timeout=left, context=self._tls)
        else:
            http = HTTPConnection(host, port, timeout=left)
        http.connect()
        timed = _Timed(http.sock)
        http.sock = timed
        return _Line(http, timed)

    def _take(self) -> _Line | None:
        with self._lock:
            self._refuse_closed()
            if self._process != os.getpid():
                # A fork shares its parent's sockets, and must not read its parent's answers.
                self._process, self._idle = os.getpid(), []
            if not self._idle:
                return None
            since, line = self._idle.pop()
        if monotonic() - since < _IDLE_SECONDS:
            return line
        line.http.close()
        self._drop_idle()  # They are older still.
        return None

    def _keep(self, line: _Line) -> None:
        with self._lock:
            if not self._closed:
                self._idle.append((monotonic(), line))
                return
        line.http.close()

    def _drop_idle(self) -> None:
        with self._lock:
            dropped, self._idle = self._idle, []
        for _, line in dropped:
            line.http.close()
