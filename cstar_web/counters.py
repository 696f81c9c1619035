"""What the server counts about requests, for one process or for several together.

Each process counts in a part of its own of memory that all of them read. So counting waits for no
other process, the sums are whole whichever process is asked, and a process that takes the place
of another goes on with its numbers.
"""

import mmap
import os
import threading
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from cstar_core import utc_now
from cstar_web.errors import ERRORS

Series = tuple[str, str]

# Upper bounds in seconds; what takes longer is in a last bucket without one.
BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
STATUSES = (
    *(200, 201, 204, 206, 304, 308),
    *(400, 401, 403, 404, 405, 406, 408, 409, 412, 413, 415, 416, 422, 429, 431),
    *(500, 501, 503),
)
OTHER_STATUS = "other"
UNKNOWN: Series = ("unknown", "OTHER")

_WORD = 8
_PID, _STARTED, _BEGUN, _FINISHED, _CONNECTIONS, _CUT, _LISTENERS = range(7)
_CODES = {code: 7 + place for place, code in enumerate(ERRORS)}
_FIRST = 7 + len(_CODES)
_STATUS = {status: place for place, status in enumerate(STATUSES)}
_OTHER = len(STATUSES)
_BUCKET = _OTHER + 1
_TIME = _BUCKET + len(BUCKETS) + 1
_WORDS = _TIME + 1
_SERIES_MAX = 1024
_PART = _FIRST + _WORDS * _SERIES_MAX
_SECOND = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Timing:
    """How long the requests of a series took: how many in each bucket, and seconds in all."""

    buckets: tuple[int, ...]
    seconds: float


@dataclass(frozen=True, slots=True)
class Process:
    """One of the processes that count; `started` is an instant in Unix seconds.

    `connections` are those that it holds open, as of the last second; `listeners` are those on
    which it tells of events.
    """

    number: int
    pid: int
    started: int
    connections: int
    listeners: int


class Counters:
    """Counts of requests by route, method and status. A series is a route and a method."""

    def __init__(self, processes: int = 1) -> None:
        memory = memoryview(mmap.mmap(-1, _WORD * _PART * processes)).cast("q")
        self._parts = [memory[n * _PART : (n + 1) * _PART] for n in range(processes)]
        self._own = self._parts[0]
        self._lock = threading.Lock()
        self._places: dict[Series, int] = {}

    def know(self, series: Iterable[Series]) -> None:
        """Name what is counted, in the same order in every process; the rest is UNKNOWN."""
        for each in (UNKNOWN, *series):
            self._places.setdefault(each, _FIRST + _WORDS * len(self._places))
        if len(self._places) > _SERIES_MAX:
            raise RuntimeError(f"there are more than {_SERIES_MAX} routes and methods to count")

    def attach(self, number: int) -> None:
        """Count as the process of this number from now on; what it was doing before is over."""
        own = self._own = self._parts[number]
        own[_BEGUN] = own[_FINISHED]
        own[_CONNECTIONS] = own[_LISTENERS] = 0
        own[_STARTED] = int(utc_now().timestamp())
        own[_PID] = os.getpid()

    def begin(self) -> None:
        """A request is being answered."""
        with self._lock:
            self._own[_BEGUN] += 1

    def finish(self, series: Series, status: int, seconds: float, code: str | None) -> None:
        """It has been answered, with an error of this code if there is one."""
        with self._lock:
            self._own[_FINISHED] += 1
            self._count(series, status, seconds, code)

    def count(self, series: Series, status: int, seconds: float, code: str | None) -> None:
        """A request was answered that had not been announced."""
        with self._lock:
            self._count(series, status, seconds, code)

    def hold(self, connections: int, cut: int) -> None:
        """So many connections are open; so many more were cut because there were too many."""
        with self._lock:
            self._own[_CONNECTIONS] = connections
            self._own[_CUT] += cut

    def listen(self, listeners: int) -> None:
        """So many listeners follow the events."""
        self._own[_LISTENERS] = listeners

    def _count(self, series: Series, status: int, seconds: float, code: str | None) -> None:
        own = self._own
        place = self._places.get(series) or self._places[UNKNOWN]
        own[place + _STATUS.get(status, _OTHER)] += 1
        own[place + _BUCKET + bisect_left(BUCKETS, seconds)] += 1
        own[place + _TIME] += int(seconds * _SECOND)
        if code is not None:
            own[_CODES[code]] += 1

    @property
    def in_flight(self) -> int:
        """How many requests are being answered."""
        return max(0, self._sum(_BEGUN) - self._sum(_FINISHED))

    @property
    def cut(self) -> int:
        """How many connections were cut or refused because there were too many."""
        return self._sum(_CUT)

    def processes(self) -> Iterator[Process]:
        """Those that have begun to count."""
        for number, part in enumerate(self._parts):
            if part[_PID]:
                yield Process(
                    number, part[_PID], part[_STARTED], part[_CONNECTIONS], part[_LISTENERS]
                )

    def refusals(self) -> Iterator[tuple[str, int]]:
        """How many answers had each error code."""
        for code, place in _CODES.items():
            yield code, self._sum(place)

    def requests(self) -> Iterator[tuple[Series, str, int]]:
        """How many requests were answered with each status; what never was is left out."""
        for series, place in self._places.items():
            for status, offset in (*_STATUS.items(), (OTHER_STATUS, _OTHER)):
                if found := self._sum(place + offset):
                    yield series, str(status), found

    def timings(self) -> Iterator[tuple[Series, Timing]]:
        """How long requests took; series without any are left out."""
        for series, place in self._places.items():
            places = range(place + _BUCKET, place + _TIME)
            buckets = tuple(map(self._sum, places))
            if any(buckets):
                yield series, Timing(buckets, self._sum(place + _TIME) / _SECOND)

    def _sum(self, place: int) -> int:
        return sum(part[place] for part in self._parts)
