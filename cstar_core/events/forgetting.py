"""What the log quotes of what is deleted for good: found without a walk through all of it."""

import json
from collections.abc import Iterable

from peewee import SQL

from cstar_core.events.log import EVENT_TYPES
from cstar_core.scope import Scope
from cstar_core.store import Slot, Snapshot, Transaction, prepare, slot
from cstar_core.tables import EventRow

_MINE = EventRow.workspace_id == slot("workspace")
_TypedRow = EventRow.alias("typed")
# For more than the number of an event SQLite would walk the whole log instead of the index.
OF_TYPES = _MINE & EventRow.number.in_(
    _TypedRow.select(_TypedRow.number).where(
        (_TypedRow.workspace_id == slot("workspace"))
        & _TypedRow.type.in_(SQL("(SELECT value FROM json_each(?))", [Slot("types")]))
    )
)
_QUOTING = prepare(
    EventRow.select(EventRow.number, EventRow.changes)
    .where(OF_TYPES & (EventRow.object_uid == slot("uid")))
    .order_by(EventRow.number)
)
_EMPTIED = {EventRow.data: None, EventRow.changes: None}
_EMPTY = prepare(
    EventRow.update(_EMPTIED).where(
        _MINE & EventRow.number.in_(SQL("(SELECT value FROM json_each(?))", [Slot("numbers")]))
    )
)
_EMPTY_TICKET = prepare(
    EventRow.update(_EMPTIED).where(_MINE & (EventRow.ticket_number == slot("ticket")))
)


def codes_as_json(types: Iterable[str]) -> str:
    """What ``OF_TYPES`` is given as ``types``."""
    return json.dumps([EVENT_TYPES.index(type) for type in types])


def events_of(
    snap: Snapshot, workspace_id: int, types: Iterable[str], uid: bytes
) -> list[tuple[int, str | None]]:
    """The numbers of an object's events of the given types, and their changes as stored.

    All events of these types are looked at, so they should not be those that fill the log.
    """
    codes = codes_as_json(types)
    return snap.all(_QUOTING, workspace=workspace_id, types=codes, uid=uid)


def forget(tx: Transaction, scope: Scope, numbers: Iterable[int]) -> None:
    """Empty what the log quotes in these events; the bare facts stay."""
    tx.run(_EMPTY, workspace=scope.workspace_id, numbers=json.dumps(list(numbers)))


def forget_object(tx: Transaction, scope: Scope, types: Iterable[str], uid: bytes) -> None:
    """Empty what the log quotes of a deleted object, in events of the given types."""
    forget(tx, scope, [number for number, _ in events_of(tx, scope.workspace_id, types, uid)])


def forget_ticket(tx: Transaction, scope: Scope, number: int) -> None:
    """Empty what the log quotes of a ticket that is deleted for good."""
    tx.run(_EMPTY_TICKET, workspace=scope.workspace_id, ticket=number)
