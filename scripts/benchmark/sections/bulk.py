"""Loading many tickets: through the library, beside what SQLite alone takes for the same rows.

All ways go on in turns, a step of each after the other, so that noise hits all of them.
"""

import time
from collections.abc import Iterator
from pathlib import Path

from scripts.benchmark.data import Entry
from scripts.benchmark.desks import Desk
from scripts.benchmark.filling import WAY, fill
from scripts.benchmark.rawfile import write_documents, write_rows
from scripts.benchmark.section import Bench, Results, Row, Section, rounded

_MOST = 100_000
_STEP = 1_000
_ROWS = "executemany, rows alone"
_INDEX = "executemany, search index alone"
_RAW = "executemany, rows and index"

# How much of a load is done, and the seconds that the last step took.
Steps = Iterator[tuple[float, float]]


def run(bench: Bench) -> Results:
    """Load the largest desk that is not too large, in every way."""
    sizes = [desk.tickets for desk in bench.desks if desk.tickets <= _MOST]
    desk = bench.kept.copy(max(sizes, default=bench.desks[0].tickets))
    bench.progress.step(f"loading {desk.tickets:,} tickets, in turns with executemany")
    folder = bench.scratch / "bulk"
    folder.mkdir()
    steps = -(-desk.tickets // _STEP)
    documents = write_documents(desk.path, folder / "index.db", desk.data, steps)
    ways = {
        WAY: _load(desk, folder / "desk.db"),
        _ROWS: _counted(write_rows(desk.path, folder / "rows.db", steps), steps),
        _INDEX: _counted(documents, steps),
    }
    seconds = _take_turns(bench, ways)
    seconds[_RAW] = seconds[_ROWS] + seconds[_INDEX]
    return {"bulk": [_row(desk, way, seconds) for way in seconds]}


class _Meter:
    """How long it took to make up what is loaded, which is not part of loading it."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def watch(self, entries: Iterator[Entry]) -> Iterator[Entry]:
        """The entries as they are."""
        while True:
            started = time.perf_counter()
            entry = next(entries, None)
            self.seconds += time.perf_counter() - started
            if entry is None:
                return
            yield entry


def _load(desk: Desk, path: Path) -> Steps:
    """Fill a new desk; the last step closes it."""
    meter = _Meter()
    filling = fill(path, desk.data, meter.watch)
    done: int | None = 0
    while done is not None:
        started, made = time.perf_counter(), meter.seconds
        done = next(filling, None)
        seconds = time.perf_counter() - started - (meter.seconds - made)
        yield 1.0 if done is None else done / desk.tickets, seconds


def _counted(seconds: Iterator[float], steps: int) -> Steps:
    """One more step than these closes the file."""
    for number, taken in enumerate(seconds, 1):
        yield number / (steps + 1), taken


def _take_turns(bench: Bench, ways: dict[str, Steps]) -> dict[str, float]:
    """The seconds of every way; the one that is least far goes on."""
    seconds = dict.fromkeys(ways, 0.0)
    reached = dict.fromkeys(ways, 0.0)
    while min(reached.values()) < 1:
        way = min(reached, key=lambda each: reached[each])
        reached[way], taken = next(ways[way])
        seconds[way] += taken
        bench.progress.now(f"loading: {reached[way]:.0%}")
    return seconds


def _row(desk: Desk, way: str, seconds: dict[str, float]) -> Row:
    return {
        "tickets": desk.tickets,
        "way": way,
        "seconds": rounded(seconds[way], 2),
        "per_second": rounded(desk.tickets / seconds[way]),
        "of_rows": rounded(seconds[_ROWS] / seconds[way], 2),
        "of_raw": rounded(seconds[_RAW] / seconds[way], 2),
    }


SECTION = Section("bulk", "loading many tickets, beside SQLite's executemany", run)
