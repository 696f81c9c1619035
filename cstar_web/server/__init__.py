"""waitress, hardened: no client can hold the server by being slow, many, large or ambiguous.

What waitress refuses by itself is answered in the API's own envelope. Durations are measured
on the monotonic clock, so that a wall clock set back cannot keep dead connections alive.
"""

import contextlib
import logging
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from errno import EACCES, EADDRINUSE
from types import FrameType
from typing import Any
from wsgiref.types import WSGIApplication

from waitress import wasyncore
from waitress.adjustments import Adjustments

from cstar_web.body_limits import BodyLimit
from cstar_web.ending import heard_stops
from cstar_web.server.balance import MOMENT, Turns
from cstar_web.server.channel import Bounds, Channel
from cstar_web.server.dispatcher import Dispatcher
from cstar_web.server.listener import Listener
from cstar_web.settings import Settings
from cstar_web.watch import Watch

__all__ = ["ECHO_SECONDS", "Asked", "Beside", "Bounds", "ListenError", "Server", "listen", "serve"]

ECHO_SECONDS = 0.5

log = logging.getLogger("cstar.server")

Beside = tuple[WSGIApplication, socket.socket]


class ListenError(Exception):
    """The address cannot be listened on; the message says what to do."""


class Asked:
    """When a stop was last asked for.

    A service manager may tell each process of a program in one file, whose first process passes
    on what it is told, and so may a terminal. What comes at once is one wish.
    """

    def __init__(self) -> None:
        self._last: float | None = None

    def is_echo(self) -> bool:
        """Whether it was asked for just before."""
        last, self._last = self._last, time.monotonic()
        return last is not None and self._last - last < ECHO_SECONDS


def _nothing() -> None:
    """What is called where nobody listens."""


class Server:
    """The listening sockets, their connections and the threads that answer."""

    _turns: Turns | None = None

    def __init__(
        self,
        app: WSGIApplication,
        settings: Settings,
        sockets: Sequence[socket.socket],
        bounds: Bounds,
        watch: Watch | None = None,
        beside: Sequence[Beside] = (),
        limit: BodyLimit | None = None,
    ) -> None:
        self._map: dict[int, Any] = {}
        self._bounds = bounds
        self._threads = Dispatcher()
        self._stopping = False
        self._patience = bounds.drain_seconds
        self._next_sweep = 0.0
        # Called on each turn of the loop, and once when nothing new is taken any more.
        self.alive: Callable[[], None] = _nothing
        self.stopping: Callable[[], None] = _nothing
        options = {"map": self._map, "dispatcher": self._threads, "adj": _adjust(settings, bounds)}
        self._listeners = [
            Listener(app, settings, bounds, _sock=sock, sockinfo=_sockinfo(sock), **options)
            for sock in sockets
        ]
        for listener in self._listeners:
            listener.watch = watch
            listener.body_limit = limit or listener.body_limit
        self._beside = [
            Listener(other, settings, bounds, _sock=sock, sockinfo=_sockinfo(sock), **options)
            for other, sock in beside
        ]
        self._threads.set_thread_count(settings.threads)

    @property
    def number(self) -> int:
        """Which of several processes this one is, from 0."""
        return 0 if self._turns is None else self._turns.number

    @property
    def url(self) -> str:
        """Where the server answers, such as `http://127.0.0.1:8000`."""
        return self._listeners[0].url

    def stop(self) -> None:
        """Finish what is being answered, then let `run` return; asked twice, at once."""
        if self._stopping:
            self._patience = 0
            return
        # In this order: once it knows, the loop may end and close the trigger under another thread.
        self._listeners[0].pull_trigger()
        self._stopping = True

    def run(self) -> None:
        """Serve until `stop` is called."""
        while not self._stopping:
            self._turn(self._bounds.sweep_seconds)
        self.stopping()
        self._drain()

    def close(self) -> None:
        """End the threads and close every connection."""
        self._threads.shutdown(timeout=0.5)
        if self._threads.threads:
            # A thread that comes back later would write to the trigger's reused descriptor.
            log.warning("stopped with requests still running")
        else:
            # Before the trigger, which streams pull as long as their channel is open.
            for channel in self._channels():
                channel.handle_close()
            wasyncore.close_all(self._map)

    @property
    def wakeup(self) -> int:
        """A descriptor that wakes the loop when something is written to it."""
        return int(self._listeners[0].trigger.trigger)

    def take_turns(self, turns: Turns) -> None:
        """Share the listening sockets with other processes."""
        self._turns = turns
        for listener in self._listeners:
            listener.turns = turns

    def _turn(self, seconds: float) -> None:
        if self._turns is not None and self._turns.is_waiting:
            seconds = min(seconds, MOMENT)
        if self._threads.reads_wait:
            seconds = min(seconds, self._threads.patience)
        wasyncore.loop(timeout=seconds, use_poll=True, map=self._map, count=1)
        self._threads.relieve()
        self.alive()
        now = time.monotonic()
        if now >= self._next_sweep:
            self._next_sweep = now + self._bounds.sweep_seconds
            for listener in (*self._listeners, *self._beside):
                listener.sweep(now)

    def _drain(self) -> None:
        started = time.monotonic()
        for listener in (*self._listeners, *self._beside):
            listener.drain()
        while self._answering() and time.monotonic() - started < self._patience:
            self._turn(0.05)

    def _answering(self) -> bool:
        channels = self._channels()
        for channel in channels:
            channel.release()
        return bool(channels)

    def _channels(self) -> list[Channel]:
        return [item for item in self._map.values() if isinstance(item, Channel)]


def serve(
    app: WSGIApplication,
    settings: Settings,
    *,
    sockets: Sequence[socket.socket] | None = None,
    ready: Callable[[Server], None] | None = None,
    bounds: Bounds | None = None,
    watch: Watch | None = None,
    beside: Sequence[Beside] = (),
    limit: BodyLimit | None = None,
) -> None:
    """Serve until SIGTERM, SIGHUP or SIGINT, then finish the requests in flight and return.

    `ready` is called once the server listens. `watch` learns of what is refused before the app
    sees it. `beside` are other apps with sockets of their own. `limit` says which requests
    may bring more than 1 MiB. Raises `ListenError` if the server cannot listen.
    """
    logging.getLogger("waitress.queue").disabled = True
    listening = [listen(settings.host, settings.port)] if sockets is None else sockets
    server = Server(app, settings, listening, bounds or Bounds(), watch, beside, limit)
    try:
        with _stopped_by_signals(server):
            if ready:
                ready(server)
            if watch:
                watch.attach(server.number)
            server.run()
    finally:
        server.close()


def listen(
    host: str, port: int, *, host_option: str = "--host", port_option: str = "--port"
) -> socket.socket:
    """A socket bound to the first address of `host`, IPv4 before IPv6; `::` takes both.

    Raises `ListenError`, whose message names the option that would help.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, *_, address = min(found, key=lambda info: info[0] != socket.AF_INET)
        both = host == "::" and socket.has_dualstack_ipv6()
        return socket.create_server((address[0], port), family=family, dualstack_ipv6=both)
    except OSError as error:
        raise ListenError(_why_not(error, host, port, host_option, port_option)) from error


def _why_not(error: OSError, host: str, port: int, host_option: str, port_option: str) -> str:
    if error.errno == EADDRINUSE:
        return f"port {port} on {host} is already taken; choose another with {port_option}"
    if error.errno == EACCES:
        return f"port {port} may only be used by root; choose one above 1023 with {port_option}"
    return f"cannot listen on {host} port {port}: {error.strerror or error}; see {host_option}"


def _adjust(settings: Settings, bounds: Bounds) -> Adjustments:
    return Adjustments(
        host=settings.host,
        port=settings.port,
        threads=settings.threads,
        ident="",
        server_name=settings.host,
        # The listener makes room before waitress would stop to accept.
        connection_limit=bounds.connections + 100,
        max_request_header_size=bounds.header_bytes,
        max_request_body_size=bounds.body_bytes,
        log_socket_errors=False,
        # The app reads them itself, and only from the proxies that it was told to trust.
        clear_untrusted_proxy_headers=not settings.trusted_proxies,
    )


def _sockinfo(sock: socket.socket) -> tuple[object, ...]:
    return (sock.family, sock.type, sock.proto, sock.getsockname())


@contextlib.contextmanager
def _stopped_by_signals(server: Server) -> Iterator[None]:
    asked = Asked()

    def stop(_number: int, _frame: FrameType | None) -> None:
        if not asked.is_echo():
            server.stop()

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, stop) for number in heard_stops()}
    # The system may deliver a signal to another thread, which leaves this one asleep in poll().
    os.set_blocking(server.wakeup, False)
    wakeup = signal.set_wakeup_fd(server.wakeup, warn_on_full_buffer=False)
    try:
        yield
    finally:
        signal.set_wakeup_fd(wakeup)
        for number, handler in before.items():
            signal.signal(number, handler)
