"""How the log is written: a row in the same transaction as the change itself."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from peewee import fn

from cstar_core.checks import same
from cstar_core.metadata import to_json
from cstar_core.scope import Scope
from cstar_core.store import Transaction, prepare, prepare_insert, slot
from cstar_core.tables import ACTOR_TYPES, EventRow

EVENT_TYPES = (
    "ticket.created",
    "ticket.updated",
    "ticket.assigned",
    "ticket.resolved",
    "ticket.closed",
    "ticket.reopened",
    "ticket.deleted",
    "message.created",
    "customer.created",
    "customer.updated",
    "customer.deleted",
    "custom_field.created",
    "custom_field.updated",
    "custom_field.deleted",
    "member.created",
    "member.updated",
    "member.deleted",
    "key.created",
    "key.revoked",
    "team.created",
)
# The data of the events that make up most of the log are stored without names, and without what
# the event's row says already: the first name of each. Names may only be added at the end.
_TICKET = ("number", "title", "status", "priority", "customerId", "assignedTo")
DATA_NAMES = {
    "ticket.created": _TICKET,
    "ticket.updated": _TICKET,
    "ticket.assigned": ("number",),
    "ticket.resolved": ("number",),
    "ticket.closed": ("number",),
    "ticket.reopened": ("number",),
    "ticket.deleted": ("number",),
    "message.created": ("ticketId", "sender", "isInternal"),
}
_NAME_SETS = {type: set(names) for type, names in DATA_NAMES.items()}

Changes = Mapping[str, Mapping[str, object]]


class Happening(NamedTuple):
    """What happened to the object ``uid`` at an instant; ``ticket`` is the number of its ticket."""

    type: str
    uid: bytes
    at: int
    ticket: int | None = None
    data: Mapping[str, object] | None = None
    changes: Changes | None = None


_COLUMNS = (
    "workspace_id", "number", "type", "created_at", "object_uid",
    "ticket_number", "actor_type", "actor_uid", "data", "changes",
)  # fmt: skip
_LAST = fn.COALESCE(fn.MAX(EventRow.number), 0)
_MINE = EventRow.workspace_id == slot("workspace_id")
_LAST_NUMBER = prepare(EventRow.select(_LAST).where(_MINE))
_RECORD_MANY = prepare_insert(EventRow, _COLUMNS)
_RECORD = prepare(
    EventRow.insert_from(
        EventRow.select(slot("workspace_id"), _LAST + 1, *map(slot, _COLUMNS[2:])).where(_MINE),
        [getattr(EventRow, name) for name in _COLUMNS],
    )
)
_EMPTY_TICKET = prepare(
    EventRow.update({EventRow.data: None, EventRow.changes: None}).where(
        (EventRow.workspace_id == slot("workspace")) & (EventRow.ticket_number == slot("ticket"))
    )
)


def record(
    tx: Transaction,
    scope: Scope,
    type: str,
    uid: bytes,
    *,
    ticket: int | None = None,
    data: Mapping[str, object] | None = None,
    changes: Changes | None = None,
) -> None:
    """Write what happened to the object ``uid``; ``ticket`` is the number of its ticket."""
    tx.run(
        _RECORD,
        workspace_id=scope.workspace_id,
        type=EVENT_TYPES.index(type),
        created_at=tx.now,
        object_uid=uid,
        ticket_number=ticket,
        actor_type=ACTOR_TYPES.index(scope.actor.type),
        actor_uid=scope.actor.uid,
        data=_packed(type, data) if data else None,
        changes=to_json(changes) if changes else None,
    )


def record_many(tx: Transaction, scope: Scope, happenings: Iterable[Happening]) -> None:
    """Write what happened, in this order; each has an instant of its own."""
    last = tx.value(_LAST_NUMBER, workspace_id=scope.workspace_id)
    actor = ACTOR_TYPES.index(scope.actor.type), scope.actor.uid
    rows = [
        (
            scope.workspace_id,
            number,
            EVENT_TYPES.index(one.type),
            one.at,
            one.uid,
            one.ticket,
            *actor,
            _packed(one.type, one.data) if one.data else None,
            to_json(one.changes) if one.changes else None,
        )
        for number, one in enumerate(happenings, last + 1)
    ]
    tx.many(_RECORD_MANY, rows)


def difference(before: Mapping[str, object], after: Mapping[str, object]) -> dict[str, Any]:
    """The members that differ, each with its ``from`` and ``to``.

    >>> difference({"a": 1, "b": 2}, {"a": 1, "b": 3})
    {'b': {'from': 2, 'to': 3}}
    """
    return {
        name: {"from": before.get(name), "to": value}
        for name, value in after.items()
        if not same(before.get(name), value)
    }


def forget_ticket(tx: Transaction, scope: Scope, number: int) -> None:
    """Empty what the log quotes of a ticket that is deleted for good; the bare facts stay."""
    tx.run(_EMPTY_TICKET, workspace=scope.workspace_id, ticket=number)


def forget_object(tx: Transaction, scope: Scope, types: Iterable[str], uid: bytes) -> None:
    """Empty what the log quotes of a deleted object, in events of the given types."""
    codes = [EVENT_TYPES.index(type) for type in types]
    tx.run(
        EventRow.update({EventRow.data: None, EventRow.changes: None}).where(
            (EventRow.workspace_id == scope.workspace_id)
            & EventRow.type.in_(codes)
            & (EventRow.object_uid == uid)
        )
    )


def _packed(type: str, data: Mapping[str, object]) -> str:
    if data.keys() != _NAME_SETS.get(type, set()):
        return to_json(data)
    return to_json([data[name] for name in DATA_NAMES[type][1:]])
