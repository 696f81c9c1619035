"""Several processes that answer on one listening socket, and the one that keeps them running.

They are forked: a worker has the socket and the shared counters without being sent them, starts
in milliseconds, and can be replaced at any time. Forking is safe here because the first process
only supervises. It runs no thread and holds no database open while there are workers; each of
them opens its own. A pipe that only the first process could write to tells them of its end.
"""

import contextlib
import logging
import os
import select
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from types import FrameType
from typing import NoReturn, Self

from cstar_web.ending import STOPS, heard_stops
from cstar_web.notifying import Notifier
from cstar_web.server import Asked, Bounds, Server
from cstar_web.server.balance import Beats, Loads, Turns

__all__ = ["ProcessesError", "supervise"]

Work = Callable[[Callable[[Server], None]], None]

SETTLED_SECONDS = 10.0
TRIES = 6

_FIRST_PAUSE = 0.05
_TIME_TO_CLOSE = 4.0
_ANSWERS = 0
_AT_ONCE = signal.SIGUSR1
_HEARD = (*STOPS, signal.SIGCHLD)
_LOOK_SECONDS = 0.1

log = logging.getLogger("cstar.server")


class ProcessesError(Exception):
    """The processes cannot be kept running; the message is one line."""


@dataclass
class _Place:
    """One of the processes that there shall be."""

    number: int
    pid: int = 0
    started: float = 0.0
    failures: int = 0
    due: float = 0.0


def supervise(
    sock: socket.socket,
    processes: int,
    work: Work,
    ready: Callable[[], None],
    notifier: Notifier | None = None,
) -> None:
    """Run `work` in so many processes until a signal to stop, and start anew what ends before.

    `work` serves on the socket, and gives what it is called with to its server as `ready`.
    `ready` is called here, once the first of them answers; `notifier` tells that the server is
    ready once all do, and gives signs of life as long as each of them does. A worker leaves by
    SystemExit, so that what a program does at its end is done there too. Raises `ProcessesError`
    if workers end again and again as soon as they have begun.
    """
    with _Bell() as bell:
        _Supervisor(sock, processes, work, ready, bell, notifier or Notifier()).run()


class _Bell:
    """Where signals are heard, and workers that say that they answer; each is one byte."""

    def __enter__(self) -> Self:
        self._owner = os.getpid()
        self._read, self._write = os.pipe()
        os.set_blocking(self._write, False)
        heard = (*heard_stops(), signal.SIGCHLD)
        self._before = {number: signal.signal(number, _do_nothing) for number in heard}
        self._wakeup = signal.set_wakeup_fd(self._write, warn_on_full_buffer=False)
        return self

    def __exit__(self, *_error: object) -> None:
        # Workers leave here too; they have done it before.
        if os.getpid() == self._owner:
            self.silence()
            os.close(self._read)
            os.close(self._write)

    def silence(self) -> None:
        """Leave signals to those who heard them before."""
        signal.set_wakeup_fd(self._wakeup)
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def ring(self) -> None:
        """Say that a worker answers."""
        os.write(self._write, bytes([_ANSWERS]))

    def wait(self, seconds: float | None) -> bytes:
        """What was heard, after at most so many seconds."""
        heard = select.select([self._read], [], [], seconds)[0]
        return os.read(self._read, 4096) if heard else b""


class _Supervisor:
    """Keeps the workers running, and stops them."""

    def __init__(
        self,
        sock: socket.socket,
        processes: int,
        work: Work,
        ready: Callable[[], None],
        bell: _Bell,
        notifier: Notifier,
    ) -> None:
        self._notifier = notifier
        self._beats = Beats(processes)
        self._asked = Asked()
        self._is_told = False
        self._sock = sock
        self._work = work
        self._ready: Callable[[], None] | None = ready
        self._bell = bell
        self._loads = Loads(processes)
        self._places = [_Place(number) for number in range(processes)]
        # Nothing is written to it: it ends when it is closed here, or with this process.
        self._life, self._hold = os.pipe()
        self._failure: ProcessesError | None = None
        self._stopping = False
        self._kill_at = 0.0

    def run(self) -> None:
        """Supervise until nothing is left to do."""
        while not self._stopping or self._running():
            self._start_due()
            for heard in self._bell.wait(self._pause()):
                self._hear(heard)
            self._reap()
            self._kill_late()
            self._tell()
        os.close(self._life)
        if self._failure:
            raise self._failure

    def _running(self) -> list[_Place]:
        return [place for place in self._places if place.pid]

    def _pause(self) -> float | None:
        """For how long nothing has to be done, unless something is heard."""
        if self._stopping:
            times = [self._kill_at]
        else:
            times = [place.due for place in self._places if not place.pid]
        pauses = [max(0.0, each - time.monotonic()) for each in times]
        if self._is_told and (sign := self._notifier.pause) is not None:
            # While one of the others gives no sign, it is looked at again and again.
            pauses.append(max(sign, _LOOK_SECONDS))
        return min(pauses, default=None)

    def _tell(self) -> None:
        """Tell the service manager that all answer, and that all are alive."""
        if not self._is_told and not self._stopping and self._beats.all_have_begun:
            self._is_told = True
            self._notifier.ready()
        seconds = self._notifier.watchdog_seconds
        if (
            self._is_told
            and seconds
            and not any(self._beats.is_late(each.number, seconds) for each in self._places)
        ):
            self._notifier.alive()

    def _start_due(self) -> None:
        for place in self._places:
            if not (place.pid or self._stopping) and place.due <= time.monotonic():
                self._start(place)

    def _start(self, place: _Place) -> None:
        place.started = time.monotonic()
        try:
            with _signals_held_back():
                pid = os.fork()
                if pid == 0:
                    self._become_worker()
        except OSError as error:
            self._note_end(place, f"could not start: {error.strerror}")
            return
        if pid == 0:
            self._be_worker(place.number)
        place.pid = pid

    def _become_worker(self) -> None:
        """Forget what only the first process does, before any signal comes."""
        self._bell.silence()
        _leave_to_the_first()
        os.close(self._hold)

    def _be_worker(self, number: int) -> NoReturn:
        def follow(server: Server) -> None:
            server.take_turns(Turns(self._loads, number))
            server.alive = partial(self._beats.beat, number)
            server.alive()
            _obey(server, self._life)
            self._bell.ring()

        try:
            self._work(follow)
        except Exception:
            log.exception("process %d could not go on", os.getpid())
            sys.exit(1)
        sys.exit(0)

    def _hear(self, heard: int) -> None:
        if heard == _ANSWERS and self._ready:
            show, self._ready = self._ready, None
            show()
        elif heard in STOPS:
            self._stop()

    def _stop(self) -> None:
        """Let the workers finish what they are answering; asked twice, stop them at once."""
        is_echo = self._asked.is_echo()
        if self._stopping:
            if is_echo:
                return
            self._signal(_AT_ONCE)
            self._kill_at = time.monotonic() + _TIME_TO_CLOSE
            return
        self._stopping = True
        self._notifier.stopping()
        self._kill_at = time.monotonic() + Bounds().drain_seconds + _TIME_TO_CLOSE
        # While it is open here, connections would be made that nobody answers.
        self._sock.close()
        os.close(self._hold)

    def _kill_late(self) -> None:
        if self._stopping and time.monotonic() >= self._kill_at:
            self._signal(signal.SIGKILL)
            self._kill_at += 1

    def _signal(self, number: int) -> None:
        for place in self._running():
            os.kill(place.pid, number)

    def _reap(self) -> None:
        for place in self._running():
            ended, status = os.waitpid(place.pid, os.WNOHANG)
            if ended:
                self._loads.clear(place.number)
                self._beats.clear(place.number)
                self._note_end(place, f"{place.pid} ended with {_how(status)}")
                place.pid = 0

    def _note_end(self, place: _Place, what: str) -> None:
        if self._stopping:
            return
        now = time.monotonic()
        place.failures = place.failures + 1 if now - place.started < SETTLED_SECONDS else 0
        if place.failures == TRIES:
            self._failure = ProcessesError(f"gave up after {TRIES} tries: process {what}")
            self._stop()
            return
        pause = _FIRST_PAUSE * 2**place.failures if place.failures else 0.0
        place.due = now + pause
        log.warning("process %s; another takes its place in %.1f seconds", what, pause)


def _obey(server: Server, life: int) -> None:
    """Stop the server on SIGTERM or with the first process, and at once when that says so.

    The first process and others may ask for the same stop, so asking twice has no meaning here.
    """
    once = threading.Lock()

    def stop(*_signal: object) -> None:
        if once.acquire(blocking=False):
            server.stop()

    def stop_at_once(*_signal: object) -> None:
        stop()
        server.stop()

    def follow() -> None:
        os.read(life, 1)
        stop()

    signal.signal(signal.SIGTERM, stop)
    _leave_to_the_first()
    signal.signal(_AT_ONCE, stop_at_once)
    threading.Thread(target=follow, daemon=True).start()


def _leave_to_the_first() -> None:
    """Ctrl-C, and its closing, go to all processes of a terminal; the first one passes them on."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)


@contextlib.contextmanager
def _signals_held_back() -> Iterator[None]:
    signal.pthread_sigmask(signal.SIG_BLOCK, _HEARD)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _HEARD)


def _do_nothing(_number: int, _frame: FrameType | None) -> None:
    """A signal that is only heard through the bell."""


def _how(status: int) -> str:
    code = os.waitstatus_to_exitcode(status)
    return signal.Signals(-code).name if code < 0 else f"exit code {code}"
