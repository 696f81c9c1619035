"""How the log is written: a row in the same transaction as the change itself."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from peewee import fn

from cstar_core.checks import same
from cstar_core.metadata import to_json
from cstar_core.scope import Scope
from cstar_core.store import Snapshot, Transaction, prepare, prepare_insert, slot
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
    "key.rotated",
    "webhook.created",
    "webhook.updated",
    "webhook.rotated",
    "webhook.disabled",
    "webhook.deleted",
    "customer.erased",
    "ticket.merged",
    "ticket.unmerged",
    "canned_reply.created",
    "canned_reply.updated",
    "canned_reply.deleted",
    "member.invited",
    "member.signed_in",
    "member.password_changed",
    "member.second_factor_added",
    "member.second_factor_removed",
    "ticket_links.ended",
    "view.created",
    "view.updated",
    "view.deleted",
    "message.moved",
    "mailbox.created",
    "mailbox.updated",
    "mailbox.deleted",
    "mail_block.created",
    "mail_block.deleted",
    "message.delivered",
    "message.bounced",
    "message.held",
    "mail_template.updated",
    "mail_template.reset",
    "message.deleted",
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
_FEW = 3

_CODES = {type: code for code, type in enumerate(EVENT_TYPES)}
_NAME_SETS = {type: set(names) for type, names in DATA_NAMES.items()}

Changes = Mapping[str, Mapping[str, object]]

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
        type=_CODES[type],
        created_at=tx.now,
        object_uid=uid,
        ticket_number=ticket,
        actor_type=ACTOR_TYPES.index(scope.actor.type),
        actor_uid=scope.actor.uid,
        data=packed(type, data) if data else None,
        changes=to_json(changes) if changes else None,
    )


def last_number(snap: Snapshot, workspace_id: int) -> int:
    """The number of a workspace's newest event; 0 if there is none."""
    return int(snap.value(_LAST_NUMBER, workspace_id=workspace_id))


class Log:
    """What happened to much at once, each with an instant of its own; ``write`` records it all."""

    def __init__(self, scope: Scope) -> None:
        self._workspace_id = scope.workspace_id
        self._actor = ACTOR_TYPES.index(scope.actor.type), scope.actor.uid
        self._rows: list[tuple[object, ...]] = []

    def add(
        self,
        type: str,
        uid: bytes,
        at: int,
        ticket: int | None = None,
        data: Mapping[str, object] | None = None,
        changes: Changes | None = None,
    ) -> None:
        """Note what happened to an object, as ``record`` does, to be written in this order."""
        stored = packed(type, data) if data else None
        changed = to_json(changes) if changes else None
        self._rows.append((_CODES[type], at, uid, ticket, *self._actor, stored, changed))

    def write(self, tx: Transaction) -> None:
        """Record everything."""
        workspace = self._workspace_id
        if len(self._rows) == 1:
            row = dict(zip(_COLUMNS[2:], self._rows[0], strict=True))
            tx.run(_RECORD, workspace_id=workspace, **row)
            return
        last = last_number(tx, workspace)
        rows = ((workspace, number, *row) for number, row in enumerate(self._rows, last + 1))
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


def packed(type: str, data: Mapping[str, object]) -> str:
    """The data of an event as they are stored; ``unpacked`` reads them."""
    if data.keys() != _NAME_SETS.get(type, set()):
        return to_json(data)
    values = [data[name] for name in DATA_NAMES[type][1:]]
    return _packed_few(*values) if len(values) < _FEW else to_json(values)


@lru_cache(64, typed=True)
def _packed_few(*values: object) -> str:
    """Of most of the log: who sent a message, and nothing but the ticket's number."""
    return to_json(values)
