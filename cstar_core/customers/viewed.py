"""The views that name a person, or did once: what they are called says who it is."""

import json

from peewee import SQL, fn

from cstar_core import events
from cstar_core.scope import Scope
from cstar_core.store import Slot, Snapshot, Transaction, prepare, slot
from cstar_core.tables import EventRow, ViewRow

_TYPES = ("view.created", "view.updated", "view.deleted")
# Nobody else's id stands in them.
_NAMING = (ViewRow.workspace_id == slot("workspace")) & (
    fn.instr(ViewRow.query, slot("customer")) > 0
)
_NOW = prepare(ViewRow.select(ViewRow.uid).where(_NAMING))
_DROP = prepare(ViewRow.delete().where(_NAMING))
_HERE = EventRow.workspace_id == slot("workspace")
_TypedRow = EventRow.alias("typed")
# For more than the number of an event SQLite would walk the whole log instead of the index.
_OF_TYPE = _TypedRow.select(_TypedRow.number).where(
    (_TypedRow.workspace_id == slot("workspace")) & (_TypedRow.type == slot("type"))
)
_TOLD = prepare(
    EventRow.select(
        EventRow.number,
        EventRow.object_uid,
        fn.instr(fn.coalesce(EventRow.data, ""), slot("customer"))
        + fn.instr(fn.coalesce(EventRow.changes, ""), slot("customer")),
    ).where(_HERE & EventRow.number.in_(_OF_TYPE))
)
_EMPTY = prepare(
    EventRow.update({EventRow.data: None, EventRow.changes: None}).where(
        _HERE & EventRow.number.in_(SQL("(SELECT value FROM json_each(?))", [Slot("numbers")]))
    )
)


def events_of_views(snap: Snapshot, scope: Scope, customer: str) -> list[int]:
    """The numbers of the events of all views that name a customer's id, or did once.

    One that is deleted, or that finds other tickets by now, stands in the log as it was.
    """
    asked = {"workspace": scope.workspace_id, "customer": customer}
    told = [
        row
        for type in _TYPES
        for row in snap.all(_TOLD, type=events.EVENT_TYPES.index(type), **asked)
    ]
    views = {uid for (uid,) in snap.all(_NOW, **asked)} | {uid for _, uid, named in told if named}
    return [number for number, uid, _ in told if uid in views]


def forget_views(tx: Transaction, scope: Scope, customer: str, numbers: list[int]) -> None:
    """Drop the views that name a customer's id, and empty these events."""
    tx.run(_DROP, workspace=scope.workspace_id, customer=customer)
    tx.run(_EMPTY, workspace=scope.workspace_id, numbers=json.dumps(numbers))
