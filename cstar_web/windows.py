"""Counters that start anew when their time is over, for one process or for several together.

They go by the monotonic clock, which nobody sets and which is the same for every process of a
machine.
"""

import mmap
import threading
import time
from collections.abc import Callable
from typing import Protocol

from cstar_web.locks import SharedLock

Clock = Callable[[], float]

_SWEEP_AT = 1_000
_SHARED = 65_536
_WAYS = 8
_WORD = 8
_LARGEST = (1 << 64) - 1


class Windows(Protocol):
    """Counters by name, each for a window of time that opens with the first thing counted."""

    def add(self, name: str, seconds: float, amount: int) -> int:
        """Count; what the window holds now. `seconds` is how long a window lasts."""
        ...

    def count(self, name: str) -> int:
        """What was counted in the present window."""
        ...

    def left(self, name: str) -> float:
        """The seconds until the window ends."""
        ...

    def forget(self, name: str) -> None:
        """End one window."""
        ...

    def forget_all(self) -> int:
        """End every window; how many there were."""
        ...


class OwnWindows:
    """The windows of one process; those that are over are forgotten as new ones come."""

    def __init__(self, clock: Clock = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._windows: dict[str, tuple[int, float]] = {}
        self._sweep_at = _SWEEP_AT

    def add(self, name: str, seconds: float, amount: int) -> int:
        now = self._clock()
        with self._lock:
            count, end = self._windows.get(name, (0, now))
            if end <= now:
                self._sweep(now)
                count, end = 0, now + seconds
            self._windows[name] = (count + amount, end)
        return count + amount

    def count(self, name: str) -> int:
        count, end = self._windows.get(name, (0, 0.0))
        return count if end > self._clock() else 0

    def left(self, name: str) -> float:
        _, end = self._windows.get(name, (0, 0.0))
        return max(0.0, end - self._clock())

    def forget(self, name: str) -> None:
        with self._lock:
            self._windows.pop(name, None)

    def forget_all(self) -> int:
        with self._lock:
            forgotten = len(self._windows)
            self._windows.clear()
        return forgotten

    def _sweep(self, now: float) -> None:
        if len(self._windows) < self._sweep_at:
            return
        self._windows = {name: kept for name, kept in self._windows.items() if kept[1] > now}
        self._sweep_at = max(_SWEEP_AT, 2 * len(self._windows))


class SharedWindows:
    """The windows of a process and of all that are forked from it, in memory of a fixed size.

    A name may stand in one of eight places. Where all are taken, the window that ends first makes
    room, so windows that are over go before others. Only counting waits for the other processes:
    a reader may see a window that is just being replaced, and then tells a number too old.
    """

    def __init__(self, clock: Clock = time.monotonic, size: int = _SHARED) -> None:
        self._clock = clock
        self._lock = SharedLock()
        self._groups = max(1, size // _WAYS)
        memory = memoryview(mmap.mmap(-1, 3 * _WORD * _WAYS * self._groups))
        third = len(memory) // 3
        self._tags = memory[:third].cast("Q")
        self._ends = memory[third : 2 * third].cast("d")
        self._counts = memory[2 * third :].cast("Q")

    def add(self, name: str, seconds: float, amount: int) -> int:
        tag, first = self._places(name)
        now = self._clock()
        with self._lock:
            place = self._find(tag, first)
            if place is None:
                place = self._make_room(first)
            elif self._ends[place] > now:
                self._counts[place] += amount
                return self._counts[place]
            # Whoever is killed between these lines leaves no window that never ends.
            self._counts[place] = amount
            self._ends[place] = now + seconds
            self._tags[place] = tag
        return amount

    def count(self, name: str) -> int:
        place = self._find(*self._places(name))
        return 0 if place is None or self._ends[place] <= self._clock() else self._counts[place]

    def left(self, name: str) -> float:
        place = self._find(*self._places(name))
        return 0.0 if place is None else max(0.0, self._ends[place] - self._clock())

    def forget(self, name: str) -> None:
        with self._lock:
            place = self._find(*self._places(name))
            if place is not None:
                self._empty(place)

    def forget_all(self) -> int:
        with self._lock:
            taken = [place for place, tag in enumerate(self._tags) if tag]
            for place in taken:
                self._empty(place)
        return len(taken)

    def _places(self, name: str) -> tuple[int, int]:
        """How the name is marked, and the first of the places where it may stand."""
        # Forked processes share the secret that Python hashes with, so they agree.
        tag = hash(name) & _LARGEST or 1
        return tag, tag % self._groups * _WAYS

    def _find(self, tag: int, first: int) -> int | None:
        tags = self._tags[first : first + _WAYS].tolist()
        return first + tags.index(tag) if tag in tags else None

    def _make_room(self, first: int) -> int:
        ends = self._ends[first : first + _WAYS].tolist()
        place: int = first + ends.index(min(ends))
        self._empty(place)
        return place

    def _empty(self, place: int) -> None:
        self._tags[place] = 0
        self._ends[place] = 0.0
