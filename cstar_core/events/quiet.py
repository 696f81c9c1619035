"""Events that are history only: they are in the log, and nobody is told of them.

They are runs of numbers beside the log, since an import writes many in a row and a column of their
own would cost every event.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from peewee import fn

from cstar_core.events.log import last_number
from cstar_core.store import Snapshot, Transaction, prepare, prepare_insert, slot
from cstar_core.tables import QuietEventsRow

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
