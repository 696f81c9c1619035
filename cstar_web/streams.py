"""Listeners: connections on which events are told as they happen.

One thread serves all of them. It asks the log what is new, a few times a second, writes without
waiting, and holds no more for a listener than a little. So listeners take no thread of those that
answer requests, and one that does not read costs nobody anything.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from cstar_core import Event, HelpdeskError, NotFound, Workspace
from cstar_web.seats import Seats

# Where a server leaves a way to keep a connection: call it with a Stream.
HOLD = "cstar.hold"

_AT_ONCE = 100
_UNSENT_MAX = 256 * 1024
_HEARTBEAT = b": nothing new\n\n"

log = logging.getLogger("cstar.streams")


@dataclass(frozen=True)
class Pace:
    """How often things are done, in seconds."""

    # Look for new events.
    look: float = 0.2
    # Say something where nothing happens, so that proxies keep the connection.
    beat: float = 15
    # See whether those who follow still may: their keys work, they are signed in.
    keys: float = 2
    # Rest so many times as long as was worked: whoever reads a long log from its beginning must
    # not take the interpreter from those that answer requests.
    idle: float = 3

    def rest(self, spent: float, more: bool) -> float:
        """How long to wait after so many seconds of work, with more to do at once or not.

        >>> pace = Pace()
        >>> pace.rest(0.001, more=False), pace.rest(0.5, more=False), pace.rest(0.5, more=True)
        (0.2, 1.5, 1.5)
        """
        return max(spent * self.idle, 0.0 if more else self.look)


class Holder(Protocol):
    """Who follows: equal for those that share their seats, and follow for as long as it works."""

    @property
    def name(self) -> str:
        """What the seats are counted by."""
        ...

    def works(self) -> bool:
        """Whether it may still follow; raises NotFound where it is gone."""
        ...


class Line(Protocol):
    """A connection that a stream writes to; nothing here waits."""

    @property
    def unsent(self) -> int:
        """How many bytes wait for the client to take them."""
        ...

    def push(self, data: bytes) -> None:
        """Send."""
        ...

    def finish(self) -> None:
        """End it."""
        ...


@dataclass(frozen=True, slots=True)
class Wish:
    """What a listener wants to be told: the events of some types in a workspace."""

    workspace: Workspace
    types: tuple[str, ...]

    @property
    def name(self) -> tuple[object, ...]:
        """Equal for those that are told the same."""
        return self.workspace.team.id, self.workspace.environment, self.types


class Stream:
    """One listener, from the request on; `after` is the last event that it need not be told."""

    def __init__(
        self, streams: "Streams", holder: Holder, wish: Wish, after: str, seat: int
    ) -> None:
        self.holder = holder
        self.wish = wish
        self.after = after
        self.seat = seat
        self.line: Line | None = None
        self.told_at = 0.0
        self._streams = streams

    def begin(self, line: Line) -> None:
        """Tell it of events on this connection from now on."""
        self._streams.begin(self, line)

    def end(self) -> None:
        """The connection is closed, or never came to be; more than once does no harm."""
        self._streams.end(self)

    def tell(self, texts: Sequence[tuple[str, bytes]], reached: str, now: float) -> None:
        """Send as many of the events as there is room for."""
        if self.line is None:
            return
        room = _UNSENT_MAX - self.line.unsent
        part = []
        for id, text in texts:
            if room <= 0:
                break
            part.append(text)
            room -= len(text)
            self.after = id
        else:
            self.after = reached
        if part:
            self.line.push(b"".join(part))
            self.told_at = now

    def beat(self, now: float, pace: Pace) -> None:
        """Say that the connection is still there, if it was silent for long."""
        if self.line is not None and now - self.told_at >= pace.beat and not self.line.unsent:
            self.line.push(_HEARTBEAT)
            self.told_at = now


class Streams:
    """The listeners of one app; `write` makes of an event what is sent of it, `counted` is told
    how many listeners there are. The `seats` may be shared with other processes."""

    def __init__(
        self,
        seats: Seats,
        write: Callable[[Event], bytes],
        counted: Callable[[int], None],
    ) -> None:
        self.seats = seats
        self.pace = Pace()
        self.write = write
        self._counted = counted
        self._changed = threading.Condition()
        self._waiting: set[Stream] = set()
        self._open: set[Stream] = set()
        self._thread: threading.Thread | None = None
        self._stopped = False
        self._keys_at = 0.0

    def open(self, holder: Holder, wish: Wish, after: str) -> Stream:
        """A seat for a listener; give the stream to the server, or end it. Raises `Full`."""
        stream = Stream(self, holder, wish, after, self.seats.take(holder.name))
        with self._changed:
            self._waiting.add(stream)
        return stream

    def begin(self, stream: Stream, line: Line) -> None:
        """Serve a stream from now on, unless it has ended already."""
        with self._changed:
            if stream not in self._waiting:
                return
            self._waiting.discard(stream)
            stream.line, stream.told_at = line, time.monotonic()
            self._open.add(stream)
            self._counted(len(self._open))
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="streams", daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def end(self, stream: Stream) -> None:
        """Forget a stream and free its seat."""
        with self._changed:
            if stream not in self._open and stream not in self._waiting:
                return
            self._open.discard(stream)
            self._waiting.discard(stream)
            self.seats.leave(stream.seat)
            self._counted(len(self._open))
            self._changed.notify_all()

    def stop(self) -> None:
        """End every stream, and return once nothing reads the log any more."""
        with self._changed:
            thread, self._stopped = self._thread, True
            left = tuple(self._open)
            self._changed.notify_all()
        _finish(left)
        if thread is not None:
            thread.join()

    def _run(self) -> None:
        try:
            while self._goes_on():
                began = time.monotonic()
                more = self._turn(began)
                spent = time.monotonic() - began
                with self._changed:
                    self._changed.wait(self.pace.rest(spent, more))
        except Exception:
            log.exception("all streams are ended by an unforeseen error")
            with self._changed:
                self._thread, left = None, tuple(self._open)
            _finish(left)

    def _goes_on(self) -> bool:
        """Whether there is anybody to serve; if not, the next listener starts another thread."""
        with self._changed:
            if self._open and not self._stopped:
                return True
            self._thread = None
            return False

    def _turn(self, now: float) -> bool:
        """Tell everybody what is new; whether there is more to tell at once."""
        with self._changed:
            streams = tuple(self._open)
        if now >= self._keys_at:
            self._keys_at = now + self.pace.keys
            self._end_those_shut_out(streams)
        more = False
        for group in _groups(streams):
            more = self._tell(group, now) or more
        for stream in streams:
            stream.beat(now, self.pace)
        return more

    def _tell(self, group: Sequence[Stream], now: float) -> bool:
        """Tell streams that want the same and are equally far; whether more is there for them."""
        wish, after = group[0].wish, group[0].after
        try:
            found = wish.workspace.events.following(after, types=wish.types, limit=_AT_ONCE)
            texts = [(event.id, self.write(event)) for event in found.events]
        except HelpdeskError as error:
            log.warning("ended %d streams: %s", len(group), error)
            _finish(group)
            return False
        except Exception:
            log.exception("ended %d streams by an unforeseen error", len(group))
            _finish(group)
            return False
        if found.reached == after:
            return False
        for stream in group:
            stream.tell(texts, found.reached, now)
        return len(found.events) == _AT_ONCE

    def _end_those_shut_out(self, streams: Sequence[Stream]) -> None:
        works = {holder: _works(holder) for holder in {stream.holder for stream in streams}}
        _finish([stream for stream in streams if not works[stream.holder]])


def _works(holder: Holder) -> bool:
    try:
        return holder.works()
    except NotFound:
        return False
    except HelpdeskError:
        return True  # It could not be read; it is asked again soon.


def _groups(streams: Iterable[Stream]) -> list[list[Stream]]:
    """Streams with room, by what they want and how far they are."""
    groups: dict[tuple[object, ...], list[Stream]] = {}
    for stream in streams:
        if stream.line is not None and stream.line.unsent < _UNSENT_MAX:
            groups.setdefault((*stream.wish.name, stream.after), []).append(stream)
    return list(groups.values())


def _finish(streams: Iterable[Stream]) -> None:
    for stream in streams:
        if stream.line is not None:
            stream.line.finish()
