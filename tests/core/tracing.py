"""What a call runs, and how SQLite walks the tables for it."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from cstar_core import Helpdesk

GROWING = (
    "tickets|customers|messages|events|tag_uses|field_values|members|keys|receipts"
    "|deliveries|attempts|drafts|presences"
)
_ALIASES = r"[tvgwed]\d+"


@contextmanager
def statements(desk: Helpdesk) -> Iterator[list[str]]:
    """What this thread's next units of work run, with the values in place."""
    run: list[str] = []
    with desk._store.snapshot() as snap:
        connection = snap.connection
    connection.set_trace_callback(run.append)
    try:
        yield run
    finally:
        connection.set_trace_callback(None)


def queries(desk: Helpdesk, act: Callable[[], object]) -> list[str]:
    """Everything that a call runs; what the full-text index asks for itself is left out."""
    with statements(desk) as run:
        act()
    return [text for text in run if not text.startswith(("BEGIN", "ROLLBACK", "--"))]


def steps_of(desk: Helpdesk, text: str) -> list[str]:
    """How SQLite runs one statement."""
    with desk._store.snapshot() as snap:
        return [str(row[3]) for row in snap.sql(f"EXPLAIN QUERY PLAN {text}")]


def plan(desk: Helpdesk, act: Callable[[], object]) -> list[str]:
    """How SQLite runs everything that a call runs."""
    return [step for text in queries(desk, act) for step in steps_of(desk, text)]


def sorted_by(desk: Helpdesk, act: Callable[[], object]) -> list[str]:
    """The statements that sort what grows; the few custom fields may be sorted."""
    run = [text for text in queries(desk, act) if 'FROM "custom_fields"' not in text]
    return [text for text in run if any("TEMP B-TREE" in step for step in steps_of(desk, text))]


def rows_sorted(desk: Helpdesk, text: str) -> int:
    """How many rows a statement sorts to give the first few."""
    whole = re.sub(r" LIMIT 0 \+ \d+ OFFSET 0 \+ \d+$", "", text)
    with desk._store.snapshot() as snap:
        return int(snap.sql(f"SELECT count(*) FROM ({whole})")[0][0])  # noqa: S608


def scans(steps: list[str]) -> list[str]:
    """The walks through the whole of a table that grows."""
    return [step for step in steps if re.match(rf"SCAN ({GROWING}|{_ALIASES})\b", step)]


def unbounded(steps: list[str]) -> list[str]:
    """The walks that begin at one end of a workspace's rows and may go on to the other."""
    return [step for step in steps if step.endswith("(workspace_id=?)")]
