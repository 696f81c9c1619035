"""What searches and writes do to each other: creating tickets alone, and while others search."""

from scripts.benchmark.desks import Desk
from scripts.benchmark.load import Run, Target, median
from scripts.benchmark.section import Bench, Results, Row, Section, rounded
from scripts.benchmark.sections.http import make_target
from scripts.benchmark.servers import bench_server

_OPERATIONS = ["create", "search"]
_SITUATIONS = ("create alone", "create beside search", "search alone", "search beside create")


def run(bench: Bench) -> Results:
    """Measure each side alone and both at once, each with half of the connections."""
    rows: list[Row] = []
    for desk in bench.desks:
        with bench_server(desk.path) as server:
            target = make_target(bench, desk, server.url, _OPERATIONS)
            rows += _rows(desk, _measure(bench, target, desk))
    return {"contention": rows}


def _measure(bench: Bench, target: Target, desk: Desk) -> dict[str, list[Run]]:
    found: dict[str, list[Run]] = {name: [] for name in _SITUATIONS}
    for turn in range(bench.effort.rounds):
        bench.progress.step(f"create beside search, {desk.tickets:,} tickets: round {turn + 1}")
        for situation, one in zip(_SITUATIONS, _turn(bench, target), strict=True):
            found[situation].append(one)
    return found


def _turn(bench: Bench, target: Target) -> tuple[Run, Run, Run, Run]:
    half, seconds = max(1, bench.effort.connections // 2), bench.effort.seconds
    creating = target.run("create", half, seconds)
    searching = target.run("search", half, seconds)
    creates = target.start("create", half, seconds)
    searches = target.start("search", half, seconds)
    create_beside = target.finish("create", creates)
    return creating, create_beside, searching, target.finish("search", searches)


def _rows(desk: Desk, found: dict[str, list[Run]]) -> list[Row]:
    return [
        {
            "tickets": desk.tickets,
            "situation": situation,
            "per_second": rounded(median(runs, "per_second")),
            "p50_ms": rounded(median(runs, "p50"), 2),
            "p99_ms": rounded(median(runs, "p99"), 2),
        }
        for situation, runs in found.items()
    ]


SECTION = Section("contention", "creating tickets while others search", run)
