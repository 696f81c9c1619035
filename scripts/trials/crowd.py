"""Many clients at once that are slow in some way, and one that asks meanwhile how the server is."""

import contextlib
import errno
import resource
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Self

ADDRESSES = tuple(f"127.0.0.{number}" for number in range(2, 12))
DRIP = 2.0

_PROBE = b"GET /healthz HTTP/1.1\r\nHost: desk.example\r\nConnection: close\r\n\r\n"
_PATIENCE = 5.0
_PAUSE = 0.02
_SLICES = 20


def allow_sockets(number: int) -> None:
    """Let this process open so many, as far as the system lets it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = number if hard == resource.RLIM_INFINITY else min(number, hard)
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


@dataclass
class Probe:
    """Asks `/healthz` again and again on new connections: how long each answer took, and how
    many there were none to."""

    port: int
    taken: list[float] = field(default_factory=list)
    unanswered: list[str] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._run)
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._stop.set()
        self._thread.join()

    def percentile(self, share: float) -> float:
        """The seconds within which that share of the answers came."""
        ordered = sorted(self.taken)
        return ordered[int(share * (len(ordered) - 1))] if ordered else float("inf")

    def told(self) -> str:
        """How it was answered."""
        if not self.taken:
            return f"/healthz: 0 of {len(self.unanswered)} answered"
        p50, p99 = (1000 * self.percentile(share) for share in (0.5, 0.99))
        asked = len(self.taken) + len(self.unanswered)
        return (
            f"/healthz: {len(self.taken):,} of {asked:,} answered, "
            f"{p50:.1f} ms (p50), {p99:.1f} ms (p99), {1000 * max(self.taken):.0f} ms (longest)"
        )

    def _run(self) -> None:
        while not self._stop.wait(_PAUSE):
            began = time.perf_counter()
            try:
                answer = ask(self.port, _PROBE, _PATIENCE)
            except OSError as error:
                self.unanswered.append(f"/healthz: {error}")
                continue
            if answer.startswith(b"HTTP/1.1 200 "):
                self.taken.append(time.perf_counter() - began)
            else:
                self.unanswered.append(f"/healthz: {answer[:40]!r}")


def ask(port: int, request: bytes, timeout: float = _PATIENCE) -> bytes:
    """All that the server answers until it closes."""
    with socket.create_connection(("127.0.0.1", port), timeout) as client:
        client.sendall(request)
        return read_all(client)


def read_all(client: socket.socket) -> bytes:
    """Everything until the server closes."""
    received = bytearray()
    while data := client.recv(65536):
        received += data
    return bytes(received)


@dataclass
class Crowd:
    """So many connections, from several addresses; what is cut comes again.

    ``begin`` is sent first, then ``drip`` every two seconds; with ``sip`` a byte of the answer is
    read every two seconds instead.
    """

    port: int
    size: int
    begin: bytes
    drip: bytes = b""
    sip: bool = False
    addresses: tuple[str, ...] = ADDRESSES
    cut: int = 0
    refused: int = 0
    longest: float = 0.0
    _open: list[tuple[socket.socket, float] | None] = field(default_factory=list)

    def press(self, seconds: float, say: Callable[[str], None]) -> None:
        """Keep it up for so long; each slice of the crowd has its turn in a round of 2 s."""
        self._open = [None] * self.size
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for first in range(_SLICES):
                began = time.monotonic()
                for number in range(first, self.size, _SLICES):
                    self._turn(number)
                say(f"{self.size} connections, {self.cut} cut, {end - began:.0f} s to go")
                time.sleep(max(0.0, DRIP / _SLICES - (time.monotonic() - began)))

    def leave(self) -> None:
        """Close what is still open."""
        for held in self._open:
            if held:
                held[0].close()
        self._open = []

    def _turn(self, number: int) -> None:
        held = self._open[number]
        if held is None:
            self._open[number] = self._connect(self.addresses[number % len(self.addresses)])
            return
        client, since = held
        try:
            if self.sip:
                alive = bool(client.recv(1))
            else:
                client.send(self.drip)
                alive = not _is_closed(client)
        except BlockingIOError:
            alive = True
        except OSError:
            alive = False
        if not alive:
            self.cut += 1
            self.longest = max(self.longest, time.monotonic() - since)
            client.close()
            self._open[number] = None

    def _connect(self, address: str) -> tuple[socket.socket, float] | None:
        client = socket.socket()
        try:
            if self.sip:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            client.bind((address, 0))
            client.settimeout(1)
            client.connect(("127.0.0.1", self.port))
            client.sendall(self.begin)
            client.setblocking(False)
        except OSError as error:
            client.close()
            self.refused += 1
            if error.errno == errno.EMFILE:
                raise
            return None
        return client, time.monotonic()


@contextlib.contextmanager
def pressed(crowd: Crowd) -> Iterator[Crowd]:
    """The crowd, which leaves at the end."""
    try:
        yield crowd
    finally:
        crowd.leave()


def _is_closed(client: socket.socket) -> bool:
    try:
        return client.recv(1, socket.MSG_PEEK) == b""
    except BlockingIOError:
        return False
