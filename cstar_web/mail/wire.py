"""A connection to a mail server: lines and bytes of it, each within a deadline and a length."""

import select
import socket
import ssl
from types import TracebackType
from typing import Self

from cstar_web.connecting import connect, left, secure

LINE_MAX = 65_536
_PIECE = 65_536


class Broken(Exception):
    """The other side ended the connection, or says what cannot be; the message is one line."""


class Wire:
    """A connection. Whatever is waited for is waited for until ``deadline``, a monotonic instant.

    What it does raises Broken, TimeoutError and OSError; then it is of no more use.
    """

    def __init__(self, connection: socket.socket, deadline: float) -> None:
        self._connection = connection
        self._pending = bytearray()
        self.deadline = deadline

    @classmethod
    def to(
        cls, place: tuple[str, int], deadline: float, tls: bool, context: ssl.SSLContext | None
    ) -> Self:
        """A connection to a host and port, with TLS from the first byte if that is asked for."""
        wire = cls(connect(*place, deadline), deadline)
        if tls:
            wire.secure(place[0], context)
        return wire

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def secure(self, host: str, context: ssl.SSLContext | None) -> None:
        """Go on with TLS; refuses what was sent before in the hope that it is believed."""
        if self._pending:
            self.close()
            raise Broken("the server sent something before TLS was agreed on")
        try:
            self._connection = secure(self._connection, host, self.deadline, context)
        except BaseException:
            self.close()
            raise

    def send(self, data: bytes) -> None:
        """Send everything."""
        rest = memoryview(data)
        while rest:
            self._connection.settimeout(left(self.deadline))
            rest = rest[self._connection.send(rest[:_PIECE]) :]

    def line(self, most: int = LINE_MAX) -> bytes:
        """The next line, without its end."""
        looked = 0
        while (end := self._pending.find(b"\n", looked)) < 0:
            looked = len(self._pending)
            if looked > most:
                raise Broken(f"the server sent a line of more than {most:,} bytes")
            self._more()
        if end > most:
            raise Broken(f"the server sent a line of more than {most:,} bytes")
        found = bytes(self._pending[:end])
        del self._pending[: end + 1]
        return found.removesuffix(b"\r")

    def exactly(self, size: int) -> bytes:
        """The next so many bytes."""
        while len(self._pending) < size:
            self._more()
        found = bytes(memoryview(self._pending)[:size])
        del self._pending[:size]
        return found

    def wait(self, seconds: float, wakeup: int) -> bool:
        """Whether something comes within so many seconds; a byte at ``wakeup`` ends the wait."""
        if self._pending:
            return True
        if isinstance(self._connection, ssl.SSLSocket) and self._connection.pending():
            return True
        poll = select.poll()
        poll.register(self._connection, select.POLLIN)
        poll.register(wakeup, select.POLLIN)
        return any(each == self._connection.fileno() for each, _ in poll.poll(seconds * 1000))

    def close(self) -> None:
        """End the connection."""
        self._connection.close()

    def _more(self) -> None:
        self._connection.settimeout(left(self.deadline))
        some = self._connection.recv(_PIECE)
        if not some:
            raise Broken("the server ended the connection")
        self._pending += some
