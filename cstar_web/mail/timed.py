"""A connection to a server that takes mail, all of which has one deadline and a bound."""

import io
import socket
from typing import Any

from cstar_web.connecting import Unreachable, left

_HEARD_MAX = 1_000_000


class Timed:
    """A connection with one deadline for all of it, as `smtplib` uses one."""

    def __init__(self, connection: socket.socket, deadline: float) -> None:
        self.connection = connection
        self.deadline = deadline

    def sendall(self, data: bytes) -> None:
        """Send everything, or raise TimeoutError."""
        rest = memoryview(data)
        while rest:
            self.connection.settimeout(left(self.deadline))
            rest = rest[self.connection.send(rest) :]

    def makefile(self, *_mode: Any) -> io.BufferedReader:
        """What comes, to be read."""
        return io.BufferedReader(_Incoming(self))

    def close(self) -> None:
        """Close the connection."""
        self.connection.close()


class _Incoming(io.RawIOBase):
    def __init__(self, timed: Timed) -> None:
        self._timed = timed
        self._heard = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._timed.connection.settimeout(left(self._timed.deadline))
        number = self._timed.connection.recv_into(buffer)
        self._heard += number
        if self._heard > _HEARD_MAX:
            raise Unreachable("the server says more than any server has to say")
        return number
