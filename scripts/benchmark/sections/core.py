"""What the library alone takes: calls of the rooms, without the web around them."""

import itertools
import statistics
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack

from cstar_core import Helpdesk, Workspace
from scripts.benchmark.desks import Desk
from scripts.benchmark.section import Bench, Results, Row, Section, rounded
from scripts.benchmark.timing import Job, median_ratio, time_in_turns

Jobs = Mapping[str, Job]
MakeJobs = Callable[[Workspace, Desk], Jobs]

BATCHES_A_ROUND = 8

OPERATIONS = {
    "get": "tickets.get(id)",
    "list": "tickets.list(status=…, priority=…)",
    "search": "tickets.list(search=…)",
    "patch": "tickets.update(id, …)",
    "create": "tickets.create(…)",
    "message": "messages.create(id, …)",
}


def run(bench: Bench) -> Results:
    """Time each call on every desk in turns."""
    bench.progress.step("calls of the library")
    return {"core": time_rooms(bench, SECTION.operations, _jobs)}


def time_rooms(bench: Bench, operations: tuple[str, ...], make: MakeJobs) -> list[Row]:
    """The times of calls on every desk, and how they grow from the smallest one."""
    made: dict[int, Jobs] = {}
    with ExitStack() as stack:
        for desk in bench.desks:
            opened = stack.enter_context(Helpdesk.open(desk.path))
            made[desk.tickets] = make(opened.workspace(desk.keys.team), desk)
        jobs = {
            (name, size): made[size][name] for name in bench.wanted(operations) for size in made
        }
        times = time_in_turns(jobs, BATCHES_A_ROUND * bench.effort.rounds)
    smallest = bench.desks[0].tickets
    return [
        {
            "tickets": tickets,
            "operation": name,
            "microseconds": rounded(statistics.median(times[name, tickets])),
            "growth": rounded(median_ratio(times[name, tickets], times[name, smallest]), 2),
        }
        for name, tickets in jobs
    ]


def _jobs(workspace: Workspace, desk: Desk) -> Jobs:
    tickets, messages = workspace.tickets, workspace.messages
    ids = itertools.cycle(desk.material.read_ids)
    written = itertools.cycle(desk.material.written_ids)
    words = itertools.cycle(desk.data.ordinary_words)
    entries = itertools.cycle(list(desk.data.new_tickets(500)))
    notes = _notes()
    return {
        "get": lambda: tickets.get(next(ids)),
        "list": lambda: tickets.list(status="open", priority="normal"),
        "search": lambda: tickets.list(search=next(words)),
        "patch": lambda: tickets.update(next(ids), notes=next(notes)),
        "create": lambda: tickets.create(**next(entries)),
        "message": lambda: messages.create(next(written), content="Thank you, we look into it."),
    }


def _notes() -> Iterator[str]:
    """Notes that are always others, so that each change changes something."""
    return (f"a note of the library, number {number}" for number in itertools.count())


SECTION = Section("core", "calls of the library alone", run, tuple(OPERATIONS))
