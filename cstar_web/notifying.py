"""Tell a service manager such as systemd how the server does: sd_notify(3), sd_watchdog_enabled(3).

A few datagrams, so no library is needed for them.
"""

import logging
import os
import socket
import time
from collections.abc import Mapping
from typing import Self

_MICROSECONDS = 1_000_000
_SEND_SECONDS = 1.0
_OPENING_SECONDS = 30 * 60

log = logging.getLogger("cstar.server")


class Notifier:
    """Where the service manager listens, and how often it wants a sign of life; or nobody."""

    def __init__(self, address: str = "", watchdog_seconds: float = 0.0) -> None:
        # A socket without a file is written with an @ for the zero byte before its name.
        self._address = f"\0{address[1:]}" if address.startswith("@") else address
        self.watchdog_seconds = watchdog_seconds if address else 0.0
        self.status = ""
        self._next_sign = 0.0
        self._failed = False

    @classmethod
    def of(cls, environ: Mapping[str, str]) -> Self:
        """The one that an environment names. A socket of another kind is no socket of ours."""
        address = environ.get("NOTIFY_SOCKET", "")
        if address[:1] not in ("/", "@"):
            return cls()
        given = environ.get("WATCHDOG_USEC", "")
        wanted = int(given) if given.isascii() and given.isdigit() else 0
        is_ours = environ.get("WATCHDOG_PID", "") in ("", str(os.getpid()))
        return cls(address, wanted / _MICROSECONDS if is_ours else 0.0)

    @property
    def pause(self) -> float | None:
        """The seconds until the next sign of life is due; None if nobody wants one."""
        if not self.watchdog_seconds:
            return None
        return max(0.0, self._next_sign - time.monotonic())

    def opening(self) -> None:
        """The database is opened next, and perhaps upgraded, which may take longer than a start."""
        extended = f"EXTEND_TIMEOUT_USEC={_OPENING_SECONDS * _MICROSECONDS}"
        self._tell("STATUS=Opening the database", extended)

    def ready(self) -> None:
        """The server answers; the status says where."""
        self._tell("READY=1", f"STATUS={self.status}")

    def stopping(self) -> None:
        """The server takes no more requests, and ends."""
        self._tell("STOPPING=1", "STATUS=Finishing the requests in flight")

    def alive(self) -> None:
        """A sign of life, if one is due: twice as often as is wanted."""
        if self.pause == 0.0:
            self._next_sign = time.monotonic() + self.watchdog_seconds / 2
            self._tell("WATCHDOG=1")

    def _tell(self, *lines: str) -> None:
        if not self._address:
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sock:
                sock.settimeout(_SEND_SECONDS)
                sock.connect(self._address)
                sock.send("\n".join(lines).encode())
        except OSError as error:
            if not self._failed:
                log.warning("the service manager could not be told %s: %s", lines[0], error)
            self._failed = True
