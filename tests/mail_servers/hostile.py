"""What both hostile servers share: threads that answer line by line, well or as their mood is."""

from __future__ import annotations

import contextlib
import socketserver
import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Any, ClassVar, Self

WELL = "well"
# Nothing here goes on for ever, whatever the other side does.
_LONGEST_LINE = 100_000
_PATIENCE = 60.0
_ENDLESS = 64 * 1024 * 1024


class Gone(Exception):
    """The other side is not there any more, or has to be left."""


class HostileServer(socketserver.ThreadingTCPServer):
    """Listens on a free port of this machine until the end of the block."""

    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64
    handler: ClassVar[type[Session]]

    def __init__(self, mood: str = WELL) -> None:
        super().__init__(("127.0.0.1", 0), self.handler)
        self.mood = mood
        self.connections = 0
        self.lock = threading.Lock()
        # Sessions that hang or wait end when this is set.
        self.let_go = threading.Event()

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.server_address[1])

    def behave(self) -> None:
        """Be in a good mood from now on; sessions that hang or wait end."""
        self.mood = WELL
        before, self.let_go = self.let_go, threading.Event()
        before.set()

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: Any) -> None:
        self.let_go.set()
        self.shutdown()
        self._thread.join(_PATIENCE)
        self.server_close()

    def handle_error(self, *_about: object) -> None:
        """A client that goes away in the middle is nothing to tell of."""


class Session(socketserver.StreamRequestHandler, ABC):
    """One connection. Its mood stays the same for as long as it lasts."""

    server: Any
    timeout = _PATIENCE

    def handle(self) -> None:
        with self.server.lock:
            self.server.connections += 1
        self.let_go: threading.Event = self.server.let_go
        self.mood: str = self.server.mood
        with contextlib.suppress(Gone, OSError):
            self.talk()
        # Which is another one than at the beginning where there is TLS now.
        self.connection.close()

    @abstractmethod
    def talk(self) -> None:
        """The conversation."""

    def say(self, *lines: str) -> None:
        """Send lines."""
        self.send("".join(f"{line}\r\n" for line in lines).encode())

    def send(self, data: bytes) -> None:
        """Send bytes."""
        self.wfile.write(data)

    def heard(self) -> bytes:
        """The next line; raises Gone where there is none."""
        line = self.rfile.readline(_LONGEST_LINE)
        if not line.endswith(b"\n"):
            raise Gone
        return line.rstrip(b"\r\n")

    def lines(self) -> Iterator[str]:
        """Each line that comes."""
        while True:
            yield self.heard().decode("utf-8", "replace")

    def hang(self) -> None:
        """Say nothing until the server is told to behave, and leave then."""
        self.let_go.wait(_PATIENCE)
        raise Gone

    def pour(self, data: bytes) -> None:
        """Send this again and again, as long as it is taken, and leave then."""
        data = data * (65536 // len(data) + 1)
        for _ in range(_ENDLESS // len(data)):
            if self.let_go.is_set():
                break
            self.send(data)
        raise Gone

    def drip(self, data: bytes) -> None:
        """Send this a byte at a time, as long as it is taken, and leave then."""
        for byte in data * (1000 // len(data) + 1):
            self.send(bytes([byte]))
            if self.let_go.wait(0.2):
                break
        raise Gone
