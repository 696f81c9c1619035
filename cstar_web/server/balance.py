"""How many connections each of several processes holds, so that they take new ones in turns.

All of them wait on one listening socket, and whichever happens to be first takes the connection.
Connections stay for many requests, so without this one process could have nearly all the work.
"""

import mmap
import time
from collections.abc import Callable

MOMENT = 0.02

_GONE = -1
_WORD = 8


class Loads:
    """The connections of every process, in memory that they share once they are forked."""

    def __init__(self, processes: int) -> None:
        self._held = memoryview(mmap.mmap(-1, _WORD * processes)).cast("q")
        for number in range(processes):
            self.clear(number)

    def publish(self, number: int, connections: int) -> None:
        """Say how many connections a process holds."""
        self._held[number] = connections

    def clear(self, number: int) -> None:
        """A process that has ended is not waited for."""
        self._held[number] = _GONE

    def is_lower_elsewhere(self, number: int, connections: int) -> bool:
        """Whether another process holds fewer connections."""
        return any(
            _GONE < held < connections
            for other, held in enumerate(self._held.tolist())
            if other != number
        )


class Beats:
    """When each of several processes gave its last sign of life, by the monotonic clock."""

    def __init__(self, processes: int) -> None:
        self._last = memoryview(mmap.mmap(-1, _WORD * processes)).cast("d")

    def beat(self, number: int) -> None:
        """Give a sign of life."""
        self._last[number] = time.monotonic()

    def clear(self, number: int) -> None:
        """A process that has ended has not begun again."""
        self._last[number] = 0.0

    @property
    def all_have_begun(self) -> bool:
        """Whether each has given one."""
        return all(self._last)

    def is_late(self, number: int, seconds: float) -> bool:
        """Whether a process that has begun gave none for so long."""
        last = self._last[number]
        return bool(last) and time.monotonic() - last > seconds


class Turns:
    """Lets processes with fewer connections go first, but never waits longer than a moment."""

    def __init__(
        self, loads: Loads, number: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._loads = loads
        self.number = number
        self._clock = clock
        self._until: float | None = None
        self._has_waited = False

    @property
    def is_waiting(self) -> bool:
        """Whether a connection is left to the others for now."""
        return self._until is not None

    def may_look(self, connections: int) -> bool:
        """Whether to look for new connections, with so many held already."""
        self._loads.publish(self.number, connections)
        self._has_waited = False
        if self._until is None:
            return True
        self._has_waited = self._clock() >= self._until
        if self._has_waited or not self._loads.is_lower_elsewhere(self.number, connections):
            self._until = None
        return self._until is None

    def may_take(self, connections: int) -> bool:
        """Whether to take the connection that is there; if not, the others have a moment for it."""
        if self._has_waited or not self._loads.is_lower_elsewhere(self.number, connections):
            return True
        self._until = self._clock() + MOMENT
        return False

    def leave(self) -> None:
        """Take no more; the others need not wait for this process."""
        self._loads.clear(self.number)
