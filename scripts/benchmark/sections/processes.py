"""One process and two, which share a listening socket and a file."""

from contextlib import ExitStack

from scripts.benchmark.load import Run, Target, median_ratio
from scripts.benchmark.operations import FLOOR
from scripts.benchmark.section import Bench, Results, Row, Section, rounded
from scripts.benchmark.sections.http import figures, make_target
from scripts.benchmark.servers import Server, bench_server, resident_mb

_PROCESSES = (1, 2)
_OPERATIONS = ["get", "list", "search", "create"]

Runs = dict[str, list[Run]]


def run(bench: Bench) -> Results:
    """Measure both in turns, each on a copy of the smallest desk."""
    found: dict[int, Runs] = {}
    with ExitStack() as stack:
        servers = {number: _start(bench, stack, number) for number in _PROCESSES}
        for turn in range(bench.effort.rounds):
            bench.progress.step(f"several processes: round {turn + 1} of {bench.effort.rounds}")
            for operation in (FLOOR, *_OPERATIONS):
                for number, (_, target) in servers.items():
                    one = target.run(operation, bench.effort.connections, bench.effort.seconds)
                    found.setdefault(number, {}).setdefault(operation, []).append(one)
        memory = [_memory(number, server) for number, (server, _) in servers.items()]
    rows = [_row(number, name, found) for number in found for name in found[number]]
    return {"processes": rows, "processes_memory": memory}


def _start(bench: Bench, stack: ExitStack, number: int) -> tuple[Server, Target]:
    desk = bench.kept.copy(bench.desks[0].tickets)
    more = ("--processes", str(number)) if number > 1 else ()
    server = stack.enter_context(bench_server(desk.path, *more))
    return server, make_target(bench, desk, server.url, _OPERATIONS)


def _row(number: int, operation: str, found: dict[int, Runs]) -> Row:
    runs = found[number][operation]
    return {
        "processes": number,
        "served_by": _named(number),
        "operation": operation,
        **figures(runs, found[number][FLOOR]),
        "of_one": rounded(median_ratio(runs, found[1][operation]), 2),
    }


def _memory(number: int, server: Server) -> Row:
    taken = resident_mb(server.pid)
    megabytes = None if taken is None else rounded(taken)
    return {"processes": number, "served_by": _named(number), "after_run_mb": megabytes}


def _named(number: int) -> str:
    return "1 process" if number == 1 else f"{number} processes"


SECTION = Section("processes", "throughput and p99 of one process and of two", run)
