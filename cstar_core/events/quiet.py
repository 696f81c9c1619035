"""Events that are history only: they are in the log, and nobody is told of them.

They are runs of numbers beside the log, since an import writes many in a row and a column of their
own would cost every event.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice

from peewee import fn

from cstar_core.events.log import last_number
from cstar_core.store import Snapshot, SqlRow, Transaction, prepare, prepare_insert, slot
from cstar_core.tables import QuietEventsRow

_RUNS_AT_ONCE = 100

# The first events after a number and up to another, at most so many; a row begins with its number.
Read = Callable[[int, int, int], list[SqlRow]]

_MINE = QuietEventsRow.workspace_id == slot("workspace")
_LENGTHEN = prepare(
    QuietEventsRow.update({QuietEventsRow.last: slot("last")}).where(
        _MINE
        & (QuietEventsRow.first == QuietEventsRow.select(fn.MAX(QuietEventsRow.first)).where(_MINE))
        & (QuietEventsRow.last == slot("before"))
    )
)
_ADD = prepare_insert(QuietEventsRow, ("workspace_id", "first", "last"))
_AT = prepare(
    QuietEventsRow.select(QuietEventsRow.last)
    .where(_MINE & (QuietEventsRow.first <= slot("number")))
    .order_by(QuietEventsRow.first.desc())
    .limit(1)
)
_AFTER = prepare(
    QuietEventsRow.select(fn.MIN(QuietEventsRow.first)).where(
        _MINE & (QuietEventsRow.first > slot("number"))
    )
)


@contextmanager
def quietly(tx: Transaction, workspace_id: int) -> Iterator[None]:
    """Nobody is told of the events that the block records in a workspace."""
    before = last_number(tx, workspace_id)
    yield
    last = last_number(tx, workspace_id)
    if last == before:
        return
    if not tx.run(_LENGTHEN, workspace=workspace_id, before=before, last=last):
        tx.many(_ADD, [(workspace_id, before + 1, last)])


def loud(snap: Snapshot, workspace_id: int, after: int, last: int) -> Iterator[tuple[int, int]]:
    """The runs of numbers between the quiet ones: after which, and up to which."""
    while after < last:
        quiet = snap.value(_AT, workspace=workspace_id, number=after + 1)
        if quiet is not None and quiet > after:
            after = quiet
            continue
        following = snap.value(_AFTER, workspace=workspace_id, number=after + 1)
        end = last if following is None else min(last, following - 1)
        yield after, end
        after = end


def follow(
    snap: Snapshot, workspace_id: int, after: int, last: int, limit: int, read: Read
) -> tuple[list[SqlRow], int]:
    """The events after a number that others are told of, as ``read`` gives them.

    At most ``limit``, of a hundred runs; with them, up to which number these are all.
    """
    rows: list[SqlRow] = []
    reached = after
    for start, end in islice(loud(snap, workspace_id, after, last), _RUNS_AT_ONCE):
        rows += read(start, end, limit - len(rows))
        if len(rows) >= limit:
            return rows, int(rows[-1][0])
        reached = end
    done = next(loud(snap, workspace_id, reached, last), None) is None
    return rows, max(after, last) if done else reached
