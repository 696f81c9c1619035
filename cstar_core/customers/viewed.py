"""The views that name a person, or did once: what they are called says who it is."""

from peewee import fn

from cstar_core import events
from cstar_core.scope import Scope
from cstar_core.store import Snapshot, Transaction, prepare, slot
from cstar_core.tables import EventRow, ViewRow

_TYPES = ("view.created", "view.updated", "view.deleted")
# Nobody else's id stands in them.
_NAMING = (ViewRow.workspace_id == slot("workspace")) & (
    fn.instr(ViewRow.query, slot("customer")) > 0
)
_NOW = prepare(ViewRow.select(ViewRow.uid).where(_NAMING))
_DROP = prepare(ViewRow.delete().where(_NAMING))
_TOLD = prepare(
    EventRow.select(
        EventRow.number,
        EventRow.object_uid,
        fn.instr(fn.coalesce(EventRow.data, ""), slot("customer"))
        + fn.instr(fn.coalesce(EventRow.changes, ""), slot("customer")),
    ).where(events.OF_TYPES)
)


def events_of_views(snap: Snapshot, scope: Scope, customer: str) -> list[int]:
    """The numbers of the events of all views that name a customer's id, or did once.

    One that is deleted, or that finds other tickets by now, stands in the log as it was.
    """
    asked = {"workspace": scope.workspace_id, "customer": customer}
    told = snap.all(_TOLD, types=events.codes_as_json(_TYPES), **asked)
    views = {uid for (uid,) in snap.all(_NOW, **asked)} | {uid for _, uid, named in told if named}
    return [number for number, uid, _ in told if uid in views]


def forget_views(tx: Transaction, scope: Scope, customer: str, numbers: list[int]) -> None:
    """Drop the views that name a customer's id, and empty these events."""
    tx.run(_DROP, workspace=scope.workspace_id, customer=customer)
    events.forget(tx, scope, numbers)
