"""Other programs that do the same work on the same tickets, in turns with the product."""

import json
from dataclasses import replace
from pathlib import Path

from cstar_core import Helpdesk
from scripts.benchmark.desks import Desk
from scripts.benchmark.load import LoadError, Run, Target, median, median_ratio
from scripts.benchmark.operations import calls_of
from scripts.benchmark.peers import Export, Peer, export, like_product, prepare
from scripts.benchmark.section import Bench, Effort, Results, Row, Section, rounded
from scripts.benchmark.servers import bench_server, resident_mb

Runs = dict[str, list[Run]]

_FAST = "fastapi_sqlalchemy"
_SLOW = "django_helpdesk"
_FEW = 100
_SLOW_MS = 1_000


def run(bench: Bench) -> Results:
    """One peer on the smallest desk, and the one that is slow by nature on a tiny one."""
    rows, about = _compare(bench, _FAST, bench.desks[0].tickets, bench.effort)
    more, more_about = _compare(bench, _SLOW, _FEW, bench.effort)
    return {"peers": rows + more, "peers_about": [about, more_about]}


def run_slow(bench: Bench) -> Results:
    """The slow peer on the smallest desk, over one connection and only once: a request of it
    takes half a minute with 10,000 tickets. Its answers are checked with fewer tickets."""
    effort = replace(bench.effort, rounds=1, connections=1)
    rows, about = _compare(bench, _SLOW, bench.desks[0].tickets, effort, check=False)
    return {"peers_slow": rows, "peers_slow_about": [about]}


def _compare(
    bench: Bench, name: str, tickets: int, effort: Effort, *, check: bool = True
) -> tuple[list[Row], Row]:
    """The figures of a peer; one that cannot be set up, say without a network, says why."""
    bench.progress.step(f"setting up {name} with {tickets:,} tickets")
    try:
        return _measured(bench, name, tickets, effort, check=check)
    except (SystemExit, LoadError) as error:  # the first is how peers say what is wrong
        return [], _left_out(name, tickets, str(error))


def _measured(
    bench: Bench, name: str, tickets: int, effort: Effort, *, check: bool
) -> tuple[list[Row], Row]:
    desk = bench.kept.copy(tickets)
    folder = bench.scratch / f"{name}-{tickets}"
    rows = _export(desk, folder / "rows")
    peer = prepare(name, bench.cache, folder / "peer", rows)
    with bench_server(desk.path) as server, peer.serving() as url:
        if check:
            peer.check(url)
        product = _product_target(desk, server.url, folder / "product", rows)
        runs = _measure(bench, peer, url, product, effort)
        memory = resident_mb(peer.pid) if peer.pid else None
    return _rows(peer, runs), _about(peer, memory)


def _export(desk: Desk, folder: Path) -> Export:
    words = desk.data.ordinary_words
    bodies = [json.loads(call.body) for call in calls_of("create", desk.material)]
    with Helpdesk.open(desk.path) as opened:
        return export(opened.workspace(desk.keys.team), folder, words, bodies)


def _product_target(desk: Desk, url: str, folder: Path, rows: Export) -> Target:
    """The product, asked for the very same tickets and words."""
    folder.mkdir()
    plan = like_product(rows, base=desk.material.base)
    bearer = f"Bearer {desk.keys.secret}"
    plan.write(folder, {"Authorization": bearer, "Content-Type": "application/json"})
    return Target(url, {name: _files(folder, name) for name in plan.requests})


def _files(folder: Path, operation: str) -> dict[str, str]:
    return {"HEADERS": str(folder / "headers"), "REQUESTS": str(folder / operation)}


def _measure(
    bench: Bench, peer: Peer, url: str, product: Target, effort: Effort
) -> tuple[Runs, Runs]:
    """The runs of the peer, and those of the product for what both can do."""
    other = Target(url, {name: peer.environment(name) for name in peer.operations})
    theirs: Runs = {name: [] for name in peer.operations}
    ours: Runs = {name: [] for name in peer.operations if name in product.files}
    for turn in range(effort.rounds):
        bench.progress.step(f"{peer.label}, {peer.tickets:,} tickets: round {turn + 1}")
        for operation, runs in theirs.items():
            if runs and runs[-1].p50 > _SLOW_MS:
                continue  # once is enough: the longer the answers, the less noise counts
            runs.append(other.run(operation, effort.connections, effort.seconds))
            peer.settle(url)
            if operation in ours:
                one = product.run(operation, effort.connections, effort.seconds)
                ours[operation].append(one)
    return theirs, ours


def _rows(peer: Peer, found: tuple[Runs, Runs]) -> list[Row]:
    theirs, ours = found
    rows: list[Row] = []
    for operation, runs in theirs.items():
        own = ours.get(operation)
        rows.append(
            {
                "peer": peer.name,
                "beside": _beside(peer.label, peer.tickets),
                "tickets": peer.tickets,
                "operation": operation,
                "per_second": rounded(median(runs, "per_second"), 2),
                "p99_ms": rounded(median(runs, "p99")),
                "own_per_second": rounded(median(own, "per_second")) if own else None,
                "own_p99_ms": rounded(median(own, "p99")) if own else None,
                "times": rounded(median_ratio(own, runs), 2) if own else None,
            }
        )
    return rows


def _about(peer: Peer, memory: float | None) -> Row:
    return {
        "beside": _beside(peer.label, peer.tickets),
        "memory_mb": None if memory is None else rounded(memory),
        "versions": ", ".join(f"{name} {number}" for name, number in peer.versions.items()),
    }


def _left_out(name: str, tickets: int, error: str) -> Row:
    reason = error.partition("\n")[0]
    return {
        "beside": _beside(name, tickets),
        "memory_mb": None,
        "versions": f"left out: {reason}",
    }


def _beside(name: str, tickets: int) -> str:
    return f"{name}, {tickets:,} tickets"


SECTION = Section("peers", "other programs that do the same work on the same tickets", run)
SLOW = Section(
    "peers_slow",
    "the slower one with more tickets, if named: takes ten minutes",
    run_slow,
    by_default=False,
)
