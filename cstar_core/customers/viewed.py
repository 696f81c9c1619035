"""The views that name a person, or did once: what they are called says who it is."""

from itertools import chain

from peewee import fn

from cstar_core import events
from cstar_core.scope import Scope
from cstar_core.store import Snapshot, Transaction, prepare, slot
from cstar_core.tables import EventRow, ViewRow

_TYPES = ("view.created", "view.updated", "view.deleted")
_EVENTS = (EventRow.workspace_id == slot("workspace")) & EventRow.type.in_(
    [events.EVENT_TYPES.index(type) for type in _TYPES]
)
# Nobody else's id stands in them.
_NAMING = (ViewRow.workspace_id == slot("workspace")) & (
    fn.instr(ViewRow.query, slot("customer")) > 0
)
_NOW = prepare(ViewRow.select(ViewRow.uid).where(_NAMING))
# One that is deleted, or that finds other tickets by now, still stands in the log as it was.
_ONCE = prepare(
    EventRow.select(EventRow.object_uid)
    .where(
        _EVENTS
        & (
            (fn.instr(EventRow.data, slot("customer")) > 0)
            | (fn.instr(EventRow.changes, slot("customer")) > 0)
        )
    )
    .distinct()
)
_DROP = prepare(ViewRow.delete().where(_NAMING))
_NUMBERS = prepare(
    EventRow.select(EventRow.number).where(_EVENTS & (EventRow.object_uid == slot("view")))
)


def views_of(snap: Snapshot, scope: Scope, customer: str) -> set[bytes]:
    """The views that name a customer's id, or did once."""
    asked = {"workspace": scope.workspace_id, "customer": customer}
    rows = chain.from_iterable(snap.all(query, **asked) for query in (_NOW, _ONCE))
    return {uid for (uid,) in rows}


def told_of(snap: Snapshot, scope: Scope, views: set[bytes]) -> list[int]:
    """The numbers of the events of views."""
    found = (snap.all(_NUMBERS, workspace=scope.workspace_id, view=uid) for uid in views)
    return [number for (number,) in chain.from_iterable(found)]


def forget_views(tx: Transaction, scope: Scope, customer: str, views: set[bytes]) -> None:
    """Drop the views that name a customer's id, and empty what the log quotes of all of them."""
    tx.run(_DROP, workspace=scope.workspace_id, customer=customer)
    for uid in views:
        events.forget_object(tx, scope, _TYPES, uid)
