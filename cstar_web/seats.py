"""How many listeners there may be, in one process or in several together, and of each key."""

import mmap

from cstar_web.locks import SharedLock

PER_KEY = 10

_WORD = 8
_LARGEST = (1 << 64) - 1


class Full(Exception):
    """There is no seat left; the message says for whom."""


class Seats:
    """The seats of all processes, in memory that they share once they are forked.

    Each process notes its listeners in a part of its own, so that those of one that was killed are
    free again when another takes its place.
    """

    def __init__(self, seats: int, processes: int = 1) -> None:
        self._seats = seats
        # One key never has all of them, unless there is only one.
        self._per_key = min(PER_KEY, -(-seats // 2))
        memory = memoryview(mmap.mmap(-1, _WORD * max(1, seats) * processes)).cast("Q")
        self._all = memory
        self._size = max(1, seats)
        self._first = 0
        self._lock = SharedLock()

    def attach(self, number: int) -> None:
        """Take seats as the process of this number; what it held before is free."""
        self._first = number * self._size
        with self._lock:
            for place in range(self._first, self._first + self._size):
                self._all[place] = 0

    def take(self, key: str) -> int:
        """A seat for a listener of a key: its place, for `leave`. Raises `Full`."""
        # Forked processes share the secret that Python hashes with, so they agree.
        mark = hash(key) & _LARGEST or 1
        with self._lock:
            taken = [each for each in self._all.tolist() if each]
            if len(taken) >= self._seats:
                raise Full(f"There are {self._seats} listeners already, as many as are served")
            if taken.count(mark) >= self._per_key:
                raise Full(f"This key has {self._per_key} listeners already, as many as it may")
            own = self._all[self._first : self._first + self._size].tolist()
            place = self._first + own.index(0)
            self._all[place] = mark
        return place

    def leave(self, place: int) -> None:
        """Free a seat."""
        self._all[place] = 0
