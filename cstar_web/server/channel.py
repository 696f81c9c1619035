"""One connection of a client, with a deadline for each thing that it may take its time over."""

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

from waitress.adjustments import Adjustments
from waitress.channel import HTTPChannel
from waitress.task import WSGITask

from cstar_web.server.parser import Parser
from cstar_web.server.refusal import Refusal, RequestTimeout
from cstar_web.streams import HOLD, Stream

_PIECE = 256 * 1024
# A request that is refused before its first line was read has no method, or an empty one.
_READING = ("GET", "HEAD", "OPTIONS", "")


@dataclass(frozen=True)
class Bounds:
    """How much of the server one client may take; bytes and seconds."""

    # Above the API's own 1 MiB, so that the app answers bodies that are a little too large.
    body_bytes: int = 1024 * 1024 + 64 * 1024
    # Larger ones, which some routes take, wait in files. So many at once, of all and of a client.
    large_bodies: int = 20
    large_bodies_each: int = 10
    # A client that sends so many bytes a second has the time that a large body takes.
    slowest_bytes: int = 32 * 1024
    header_bytes: int = 32 * 1024
    # With the files of the database this stays below the usual limit of 1,024 descriptors.
    connections: int = 800
    request_seconds: float = 20
    idle_seconds: float = 60
    linger_seconds: float = 5
    # For how long a stream may have something to send of which its client takes nothing.
    stall_seconds: float = 20
    drain_seconds: float = 8
    sweep_seconds: float = 1


class _Task(WSGITask):
    """Sends the headers together with the body, tells keep-alive clients of a server that is
    stopping to go away, and leaves the connection to a stream if the app asks for it."""

    def get_environment(self) -> dict[str, Any]:
        environ: dict[str, Any] = super().get_environment()
        # Not a method of the task, which has the environ: it would take the collector to free both.
        environ[HOLD] = self.channel.hold
        return environ

    def service(self) -> None:
        try:
            super().service()
        finally:
            if (stream := self.channel.take_held()) is not None:
                stream.end()

    def finish(self) -> None:
        stream = self.channel.take_held() if self.status.startswith("200 ") else None
        if stream is None:
            super().finish()
            return
        self.close_on_finish = False
        self.channel.keep(stream, chunked=self.chunked_response)

    def write(self, data: bytes) -> None:
        if self.wrote_header or not data:
            super().write(data)
            return
        with self.channel.in_one_piece():
            super().write(data)

    def build_response_header(self) -> bytes:
        if self.channel.server.draining:
            self.set_close_on_finish()
        header: bytes = super().build_response_header()
        return header


class Channel(HTTPChannel):
    """One connection, with a deadline for every request on it."""

    task_class = _Task
    error_task_class = Refusal

    server: Any
    request: Parser | None
    will_close: bool
    refused = False
    # The next request waits until the client has read the answer to the one before.
    held = False
    linger_until: float | None = None
    # What goes on to write here after the answer has begun.
    stream: Stream | None = None
    _held_stream: Stream | None = None
    _chunked = False
    _pieces: list[bytes] | None = None

    @property
    def parser_class(self) -> Callable[[Adjustments], Parser]:
        """What reads the next request; it is not to know the channel, which would keep both."""
        return partial(Parser, limits=self.server, client=self.addr[0])

    @property
    def brings_much(self) -> bool:
        """Whether a large body arrives here, or is being answered."""
        known = (self.request, *self.requests[:1])
        return any(each is not None and each.is_large and not each.error for each in known)

    @contextmanager
    def in_one_piece(self) -> Iterator[None]:
        """Send what is written inside at once: each piece alone would be a call of the system."""
        self._pieces = []
        try:
            yield
        finally:
            pieces, self._pieces = self._pieces, None
        self.write_soon(b"".join(pieces))

    def write_soon(self, data: Any) -> int:
        if self._pieces is None:
            written: int = super().write_soon(data)
            return written
        self._pieces.append(data)
        return len(data)

    @property
    def last_activity(self) -> float:
        return self._active_at

    @last_activity.setter
    def last_activity(self, _wall_clock: float) -> None:
        self._active_at = time.monotonic()

    @property
    def sendbuf_len(self) -> int:
        """How much of an answer is taken into memory at once to be sent."""
        return self._piece

    @sendbuf_len.setter
    def sendbuf_len(self, buffer: int) -> None:
        # The system's buffer may be megabytes, and each piece of a file is read anew for it.
        self._piece = min(buffer, _PIECE)

    def readable(self) -> bool:
        return not self.server.draining and bool(super().readable())

    def writable(self) -> bool:
        """Whether the loop has something to send here.

        Not while a thread answers: it sends by itself, and a loop that asks again and again
        whether it may help takes the interpreter from all threads.
        """
        if self.held or self.will_close or self.close_when_flushed:
            return True
        return bool(self.total_outbufs_len) and not self.requests

    def handle_write(self) -> None:
        super().handle_write()
        if self.held and self.connected:
            self.server.add_task(self)

    def _flush_outbufs_below_high_watermark(self) -> None:
        """Do not wait: a client that does not read would hold a thread for as long as it likes."""

    def received(self, data: bytes) -> bool:
        if self.stream is not None:
            # The answer does not end, so there is nothing more to ask.
            self.will_close = True
            return False
        return self.linger_until is None and bool(super().received(data))

    def hold(self, stream: Stream) -> None:
        """Keep the connection for a stream once the answer that is being made has begun."""
        self._held_stream = stream

    def take_held(self) -> Stream | None:
        """The stream that the connection was to be kept for."""
        stream, self._held_stream = self._held_stream, None
        return stream

    def keep(self, stream: Stream, *, chunked: bool) -> None:
        """Leave the connection to a stream; what else the client asks here is not answered."""
        with self.requests_lock:
            for later in self.requests[1:]:
                later.close()
            del self.requests[1:]
            self.request = None
        with self.outbuf_lock:
            self._chunked = chunked
            self.stream = stream if self.connected else None
        if self.stream is None:
            stream.end()
        else:
            stream.begin(self)

    @property
    def unsent(self) -> int:
        """How many bytes wait for the client to take them."""
        return int(self.total_outbufs_len)

    def push(self, data: bytes) -> None:
        """Send more of a stream, without waiting; nothing if it has ended."""
        with self.outbuf_lock:
            if self.stream is not None and self.connected:
                self.write_soon(b"%X\r\n%b\r\n" % (len(data), data) if self._chunked else data)

    def finish(self) -> None:
        """End a stream as an answer ends, once the client has taken the rest."""
        with self.outbuf_lock:
            stream, self.stream = self.stream, None
            if stream is None or not self.connected:
                return
            if self._chunked:
                self.write_soon(b"0\r\n\r\n")
            self.close_when_flushed = True
            self.server.pull_trigger()
        stream.end()

    def del_channel(self, map: Any = None) -> None:
        super().del_channel(map)
        with self.outbuf_lock:
            stream, self.stream = self.stream, None
        if stream is not None:
            stream.end()

    def _flush_some(self, do_close: bool = True) -> bool:
        # A stream writes while the loop sends.
        with self.outbuf_lock:
            return bool(super()._flush_some(do_close=do_close))

    def service(self) -> None:
        self.refused = self.requests[0].error is not None
        super().service()

    def handle_close(self) -> None:
        """After a refusal, stop sending but read on for a while.

        A client that is still sending its body would otherwise get a reset, and never learn
        why it was refused.
        """
        if not self.refused or self.linger_until is not None or self.server.draining:
            super().handle_close()
            return
        self.will_close = False
        self.linger_until = time.monotonic() + self.server.bounds.linger_seconds
        try:
            self.socket.shutdown(socket.SHUT_WR)
        except OSError:
            super().handle_close()

    @property
    def writes(self) -> bool:
        """Whether the next request may write; what was refused writes nothing."""
        request = next(iter(self.requests), None)
        return getattr(request, "command", "") not in _READING

    @property
    def is_waiting(self) -> bool:
        """Whether nothing is being answered here: the client has to send or read something."""
        return self.held or not self.requests

    @property
    def waiting_since(self) -> float:
        """When the request that is arriving began, or else when anything last happened."""
        if self.request is None or self.total_outbufs_len:
            return self._active_at
        return self.request.started

    def sweep(self, now: float) -> None:
        """Cut the connection if its time is over."""
        bounds = self.server.bounds
        if self.linger_until is not None:
            self._cut(now >= self.linger_until)
        elif not self.is_waiting:
            return
        elif self.stream is not None:
            late = now - self._active_at > bounds.stall_seconds
            self._cut(late and bool(self.total_outbufs_len))
        elif self.request is None or self.total_outbufs_len:
            self._cut(now - self._active_at > bounds.idle_seconds)
        elif now - self.request.started > self._seconds_for(self.request):
            self._time_out(self.request)

    def _seconds_for(self, arriving: Parser) -> float:
        """How long a request may take to arrive."""
        bounds = self.server.bounds
        come = arriving.body_bytes_received if arriving.is_large else 0
        return float(bounds.request_seconds + come / bounds.slowest_bytes)

    def _cut(self, late: bool) -> None:
        self.will_close |= late
        if late and self.total_outbufs_len:
            # The loop is not told of a client that reads nothing.
            self.handle_close()

    def _time_out(self, late: Parser) -> None:
        late.error = RequestTimeout("")
        late.completed = True
        with self.requests_lock:
            self.requests.append(late)
            self.request = None
        self.server.add_task(self)

    def release(self) -> None:
        """While draining: close as soon as nothing is being answered, a stream at once."""
        if self.stream is not None:
            self.finish()
            self._cut(True)
        elif self.is_waiting and not self.total_outbufs_len:
            self.will_close = True
