"""Merging: the thread of a ticket goes to another one, and comes back if that is undone.

A message is always on the last ticket of the chain that its own ticket, its home, was merged into.
So a merge moves all that a ticket has, and undoing it moves what is at home in the ticket and in
what was merged into it, wherever that is by now.
"""

import json
from typing import Any

from peewee import SQL, Case, fn

from cstar_core.errors import INVALID, Invalid, MergeConflict, NotFound, Problem
from cstar_core.events import Log
from cstar_core.ids import public_id
from cstar_core.scope import Scope
from cstar_core.store import Slot, Snapshot, Transaction, prepare, slot
from cstar_core.tables import STATUSES, MergeRow, MessageRow, TicketRow
from cstar_core.tickets.status import stamps
from cstar_core.tickets.ticket import Stored, read_by_key, read_stored
from cstar_core.tickets.writing import follow_status, update_row

_CLOSED = "closed"
_MERGED_INTO = MergeRow.alias("merged_into")
_SEED = MergeRow.alias("seed")
_BELOW = (
    _SEED.select(_SEED.ticket_id)
    .where(_SEED.into_id == slot("ticket"))
    .cte("below", recursive=True, columns=("id",))
)
_STEP = _MERGED_INTO.select(_MERGED_INTO.ticket_id).join(
    _BELOW, on=(_MERGED_INTO.into_id == _BELOW.c.id)
)
_ALL_BELOW = _BELOW.union_all(_STEP)
_FAMILY = prepare(_ALL_BELOW.select_from(_ALL_BELOW.c.id))
_OF_FAMILY = MessageRow.home_id.in_(SQL("(SELECT value FROM json_each(?))", [Slot("family")]))
_MOVE = prepare(
    MessageRow.update(
        {
            MessageRow.ticket_id: slot("into"),
            MessageRow.home_id: fn.COALESCE(MessageRow.home_id, MessageRow.ticket_id),
        }
    ).where(MessageRow.ticket_id == slot("ticket"))
)
_AWAY = prepare(
    MessageRow.select(fn.COUNT(1), fn.COALESCE(fn.SUM(MessageRow.is_internal), 0)).where(_OF_FAMILY)
)
_BRING_BACK = prepare(
    MessageRow.update(
        {
            MessageRow.ticket_id: slot("ticket"),
            MessageRow.home_id: Case(
                None, [(MessageRow.home_id == slot("ticket"), None)], MessageRow.home_id
            ),
        }
    ).where(_OF_FAMILY)
)
_REMEMBER = prepare(
    MergeRow.insert(
        {
            MergeRow.ticket_id: slot("ticket"),
            MergeRow.into_id: slot("into"),
            MergeRow.status: slot("status"),
            MergeRow.resolved_at: slot("resolved_at"),
            MergeRow.closed_at: slot("closed_at"),
        }
    )
)
_REMEMBERED = prepare(
    MergeRow.select(MergeRow.status, MergeRow.resolved_at, MergeRow.closed_at).where(
        MergeRow.ticket_id == slot("ticket")
    )
)
_FORGET = prepare(MergeRow.delete().where(MergeRow.ticket_id == slot("ticket")))
_RECEIVE = prepare(
    TicketRow.update(
        {
            TicketRow.message_count: TicketRow.message_count + slot("messages"),
            TicketRow.internal_count: TicketRow.internal_count + slot("internal"),
            TicketRow.updated_at: fn.MAX(TicketRow.updated_at, slot("now")),
            TicketRow.version: TicketRow.version + 1,
        }
    ).where(TicketRow.id == slot("ticket"))
)


# What is not where a merge has put it: messages at a ticket that is merged, or that came from one
# which is not merged into theirs in the end; merged tickets that are not closed, or lead to
# themselves.
_ASTRAY = """
SELECT workspace_id, number FROM tickets WHERE id IN (SELECT ticket_id FROM merges)
AND (status <> ? OR EXISTS (SELECT 1 FROM messages WHERE ticket_id = tickets.id))
UNION
SELECT workspace_id, number FROM messages AS message JOIN tickets ON tickets.id = message.home_id
WHERE message.home_id IS NOT NULL AND NOT EXISTS (
    WITH RECURSIVE led (id) AS (
        SELECT into_id FROM merges WHERE ticket_id = message.home_id
        UNION SELECT into_id FROM merges JOIN led ON ticket_id = led.id
    )
    SELECT 1 FROM led WHERE id = message.ticket_id
)
UNION
SELECT workspace_id, number FROM merges AS merge JOIN tickets ON tickets.id = merge.ticket_id
WHERE EXISTS (
    WITH RECURSIVE led (id) AS (
        VALUES (merge.into_id)
        UNION SELECT into_id FROM merges JOIN led ON ticket_id = led.id
    )
    SELECT 1 FROM led WHERE id = merge.ticket_id
)
"""


def astray(snap: Snapshot) -> list[tuple[int, int]]:
    """The tickets of all workspaces that are not as a merge leaves them, or their messages.

    Each is the key of its workspace and its number.
    """
    rows = snap.sql(_ASTRAY, (STATUSES.index(_CLOSED),))
    return [(int(workspace), int(number)) for workspace, number in rows]


def survivor(snap: Snapshot, ticket: Stored) -> Stored:
    """The ticket that has the thread of a ticket: the last of the chain it is merged into."""
    while ticket.merged_key is not None:
        ticket = read_by_key(snap, ticket.merged_key)
    return ticket


def merge_ticket(tx: Transaction, scope: Scope, ticket: Stored, into_id: str) -> None:
    """Move the thread of a ticket to another one, and close it.

    Raises Invalid if there is no other one, MergeConflict if one of them is merged already.
    """
    into = _other(tx, scope, ticket, into_id)
    resolved, closed = stamps(_CLOSED, tx.now, ticket.resolved_at, ticket.closed_at)
    before = (ticket.status_code, ticket.resolved_at, ticket.closed_at)
    names = ("status", "resolved_at", "closed_at")
    tx.run(_REMEMBER, ticket=ticket.id, into=into.id, **dict(zip(names, before, strict=True)))
    tx.run(_MOVE, ticket=ticket.id, into=into.id)
    after = (STATUSES.index(_CLOSED), resolved, closed)
    columns = dict(zip(names, after, strict=True))
    _settle(tx, ticket, columns | {"message_count": 0, "internal_count": 0})
    receive(tx, into.id, ticket.message_count, ticket.internal_count)
    _tell(tx, scope, "ticket.merged", ticket, into, ticket.message_count, _CLOSED)


def unmerge_ticket(tx: Transaction, scope: Scope, ticket: Stored) -> None:
    """Bring the thread of a ticket back to it, and make it what it was before it was merged.

    What has come to the other ticket since stays there. Raises MergeConflict if it is not merged.
    """
    if ticket.merged_key is None:
        raise MergeConflict("The ticket is not merged into another one")
    holder = survivor(tx, ticket)
    below = [row[0] for row in tx.all(_FAMILY, ticket=ticket.id)]
    family = json.dumps([ticket.id, *below])
    messages, internal = tx.all(_AWAY, family=family)[0]
    status, resolved, closed = tx.all(_REMEMBERED, ticket=ticket.id)[0]
    tx.run(_BRING_BACK, ticket=ticket.id, family=family)
    tx.run(_FORGET, ticket=ticket.id)
    columns = {"status": status, "resolved_at": resolved, "closed_at": closed}
    _settle(tx, ticket, columns | {"message_count": messages, "internal_count": internal})
    receive(tx, holder.id, -messages, -internal)
    _tell(tx, scope, "ticket.unmerged", ticket, holder, messages, STATUSES[status])


def receive(tx: Transaction, ticket: int, messages: int, internal: int) -> None:
    """Count so many messages more, or fewer, of which so many are internal, at a ticket."""
    tx.run(_RECEIVE, ticket=ticket, now=tx.now, messages=messages, internal=internal)


def _other(tx: Transaction, scope: Scope, ticket: Stored, into_id: str) -> Stored:
    """The ticket to merge into, if both are free for it."""
    try:
        into = read_stored(tx, scope, into_id)
    except NotFound as error:
        rule = "must be the id of an existing ticket"
        raise Invalid([Problem("into", INVALID, rule)]) from error
    if into.id == ticket.id:
        raise Invalid([Problem("into", INVALID, "must be another ticket")])
    refuse_merged(tx, ticket, "The ticket")
    refuse_merged(tx, into, "The ticket to merge into")
    return into


def refuse_merged(snap: Snapshot, ticket: Stored, name: str) -> None:
    """Raise MergeConflict, naming the ticket that has the thread, if it is another one."""
    if ticket.merged_key is not None:
        holder = public_id("ticket", survivor(snap, ticket).uid)
        raise MergeConflict(f"{name} is merged into {holder}")


def _settle(tx: Transaction, ticket: Stored, columns: dict[str, Any]) -> None:
    changed = {"updated_at": max(tx.now, ticket.updated_at), "version": ticket.version + 1}
    update_row(tx, ticket.id, columns | changed)


def _tell(
    tx: Transaction,
    scope: Scope,
    type: str,
    ticket: Stored,
    other: Stored,
    messages: int,
    status: str,
) -> None:
    """Record it with both tickets, each naming the other, and what it did to the status."""
    log, into = Log(scope), public_id("ticket", other.uid)
    before, after = (None, into) if type == "ticket.merged" else (_pointer(ticket), None)
    changes: dict[str, dict[str, object]] = {"mergedInto": {"from": before, "to": after}}
    if status != ticket.status:
        changes["status"] = {"from": ticket.status, "to": status}
    data = {"from": public_id("ticket", ticket.uid), "into": into, "messages": messages}
    log.add(type, ticket.uid, tx.now, ticket.number, {"number": ticket.number} | data, changes)
    follow_status(log, tx.now, ticket, status)
    log.add(type, other.uid, tx.now, other.number, {"number": other.number} | data)
    log.write(tx)


def _pointer(ticket: Stored) -> str | None:
    return None if ticket.merged_uid is None else public_id("ticket", ticket.merged_uid)
