"""The operations over HTTP, in turns with a route that does nothing."""

from scripts.benchmark.desks import Desk
from scripts.benchmark.load import Run, Target, median, median_ratio, write_requests
from scripts.benchmark.operations import FLOOR, OPERATIONS, calls_of
from scripts.benchmark.section import Bench, Results, Row, Section, rounded
from scripts.benchmark.servers import bench_server, resident_mb


def run(bench: Bench) -> Results:
    """Measure on each desk; with it the memory of the server afterwards."""
    found: Results = {"http": [], "memory": []}
    for desk in bench.desks:
        with bench_server(desk.path) as server:
            target = make_target(bench, desk, server.url, bench.wanted(SECTION.operations))
            runs = measure(bench, target, f"{desk.tickets:,} tickets")
            memory = resident_mb(server.pid)
        requests = sum(run.requests for those in runs.values() for run in those)
        found["http"] += [_row(desk, name, runs) for name in runs]
        found["memory"].append(_memory(desk, requests, memory))
    return found


def make_target(bench: Bench, desk: Desk, url: str, operations: list[str]) -> Target:
    """A server of this desk, and the requests of the floor and the operations."""
    names = dict.fromkeys((FLOOR, *operations))
    calls = {name: calls_of(name, desk.material) for name in names}
    folder = bench.scratch / f"requests-{desk.tickets}"
    return Target(url, write_requests(folder, desk.keys.secret, calls), desk.sent)


def measure(bench: Bench, target: Target, where: str) -> dict[str, list[Run]]:
    """Rounds of all operations of a target, one after another."""
    effort = bench.effort
    runs: dict[str, list[Run]] = {name: [] for name in target.files}
    for turn in range(effort.rounds):
        bench.progress.step(f"over HTTP, {where}: round {turn + 1} of {effort.rounds}")
        for name, found in runs.items():
            bench.progress.now(f"over HTTP, {where}: round {turn + 1}, {name}")
            found.append(target.run(name, effort.connections, effort.seconds))
    return runs


def figures(runs: list[Run], floor: list[Run]) -> Row:
    """The medians of several runs."""
    return {
        "per_second": rounded(median(runs, "per_second")),
        "p50_ms": rounded(median(runs, "p50"), 2),
        "p99_ms": rounded(median(runs, "p99"), 2),
        "of_floor": rounded(median_ratio(runs, floor), 3),
    }


def _row(desk: Desk, name: str, runs: dict[str, list[Run]]) -> Row:
    return {"tickets": desk.tickets, "operation": name, **figures(runs[name], runs[FLOOR])}


def _memory(desk: Desk, requests: int, memory: float | None) -> Row:
    megabytes = None if memory is None else rounded(memory)
    return {"tickets": desk.tickets, "requests": requests, "after_run_mb": megabytes}


SECTION = Section(
    "http", "operations over HTTP, in turns with the floor", run, (FLOOR, *OPERATIONS)
)
