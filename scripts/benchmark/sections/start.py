"""How soon the server answers after its start, and how much memory it takes at rest."""

import statistics
import time

from scripts.benchmark.desks import Desk
from scripts.benchmark.section import Bench, Results, Row, Section, rounded
from scripts.benchmark.servers import product_server, read, resident_mb


def run(bench: Bench) -> Results:
    """Start the product several times on each desk."""
    rows = []
    for desk in bench.desks:
        bench.progress.step(f"starting the server on {desk.tickets:,} tickets")
        starts = [_start(desk) for _ in range(bench.effort.rounds)]
        rows.append(_row(desk, starts))
    return {"start": rows}


def _start(desk: Desk) -> tuple[float, float | None, float | None]:
    """Seconds to the first answer, and MB then and after the first list of tickets."""
    with product_server(desk.path) as server:
        time.sleep(0.2)
        idle = resident_mb(server.pid)
        read(f"{server.url}{desk.material.base}/tickets", desk.keys.secret)
        return server.started_in, idle, resident_mb(server.pid)


def _row(desk: Desk, starts: list[tuple[float, float | None, float | None]]) -> Row:
    seconds, idle, listed = zip(*starts, strict=True)
    return {
        "tickets": desk.tickets,
        "first_answer_seconds": rounded(statistics.median(seconds), 2),
        "idle_mb": _median(idle),
        "after_list_mb": _median(listed),
    }


def _median(values: tuple[float | None, ...]) -> float | None:
    known = [value for value in values if value is not None]
    return rounded(statistics.median(known)) if known else None


SECTION = Section("start", "seconds to the first answer, memory at rest", run)
