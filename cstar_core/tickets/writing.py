"""How a ticket and its thread are written: rows, what follows them, and the events."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from peewee import fn

from cstar_core import documents, events, facets
from cstar_core.attached import Attaching
from cstar_core.checks import raise_any
from cstar_core.customers import customer_key
from cstar_core.errors import Invalid, Problem
from cstar_core.events import Log
from cstar_core.fields import Definition
from cstar_core.ids import new_uid, public_id
from cstar_core.members import member_key
from cstar_core.metadata import to_json
from cstar_core.scope import Scope
from cstar_core.store import Prepared, SqlRow, Transaction, prepare, slot
from cstar_core.tables import (
    PRIORITIES,
    SENDERS,
    STATUSES,
    THREADINGS,
    MailRow,
    MergeRow,
    MessageMoveRow,
    TicketRow,
)
from cstar_core.tickets.message import Message, messages_of
from cstar_core.tickets.new import (
    INSERT_MESSAGE,
    NO_CUSTOMER,
    NO_MEMBER,
    MessageLine,
    NewTickets,
)
from cstar_core.tickets.status import after_message, stamps, status_events
from cstar_core.tickets.ticket import ENTITY, Stored, id_or_none, read_by_key

_API_NAMES = {
    "customer_id": "customerId",
    "assigned_to": "assignedTo",
    "custom_fields": "customFields",
}
_JSON = ("tags", "custom_fields", "metadata")

_COUNT_MESSAGE = prepare(
    TicketRow.update(
        {
            TicketRow.message_count: TicketRow.message_count + 1,
            TicketRow.internal_count: TicketRow.internal_count + slot("internal"),
            TicketRow.updated_at: fn.MAX(TicketRow.updated_at, slot("now")),
            TicketRow.version: TicketRow.version + 1,
        }
    ).where(TicketRow.id == slot("ticket"))
)
_LOOSEN = prepare(
    TicketRow.update(
        {
            TicketRow.updated_at: fn.MAX(TicketRow.updated_at, slot("now")),
            TicketRow.version: TicketRow.version + 1,
        }
    ).where(
        TicketRow.id.in_(
            MergeRow.select(MergeRow.ticket_id).where(MergeRow.into_id == slot("ticket"))
        )
    )
)
_MOVED = MessageMoveRow.select(MessageMoveRow.message_id).where(
    (MessageMoveRow.from_id == slot("ticket")) | (MessageMoveRow.into_id == slot("ticket"))
)
# What was moved from a ticket, or on from it, stays moved where nothing else tells it any more.
_KEEP_MOVED = prepare(
    MailRow.update({MailRow.threaded_by: THREADINGS.index("moved")}).where(
        MailRow.message_id.in_(_MOVED) & MailRow.threaded_by.is_null(False)
    )
)
_DELETE = prepare(TicketRow.delete().where(TicketRow.id == slot("ticket")))


def insert_ticket(
    tx: Transaction,
    scope: Scope,
    values: Mapping[str, Any],
    known: Mapping[str, Definition],
    files: Attaching | None = None,
) -> tuple[Stored, tuple[Message, ...]]:
    """Write a new ticket from checked values, and its first message if it has one, with files."""
    new = NewTickets(tx, scope, known)
    raise_any(new.add(values))
    first = write_with_files(tx, new, files)
    stored = read_by_key(tx, new.lines[0].id)
    rows = [_row_of(key, line) for key, line in enumerate(new.messages, first)]
    return stored, messages_of(tx, rows, public_id("ticket", stored.uid))


def write_with_files(tx: Transaction, new: NewTickets, files: Attaching | None) -> int:
    """Write new tickets, and give files to the first message; the integer key of this one."""
    first = tx.next_key("messages")
    if files is not None and files.names is not None:
        new.messages[0] = new.messages[0]._replace(file_names=files.names)
    new.write()
    if files is not None:
        files.write(first)
    return first


def references(tx: Transaction, scope: Scope, values: Mapping[str, Any]) -> dict[str, int | None]:
    """The integer keys of the customer and the member named; raises Invalid if one is not here."""
    customer_id, member_id = values.get("customer_id"), values.get("assigned_to")
    customer = None if customer_id is None else customer_key(tx, scope, customer_id)
    member = None if member_id is None else member_key(tx, scope, member_id)
    problems: list[Problem] = []
    if customer is None and customer_id is not None:
        problems.append(NO_CUSTOMER)
    if member is None and member_id is not None:
        problems.append(NO_MEMBER)
    if problems:
        raise Invalid(problems)
    return {"customer_id": customer, "assigned_to": member}


def write_changes(
    tx: Transaction,
    scope: Scope,
    log: Log,
    before: Stored,
    after: Mapping[str, Any],
    keys: Mapping[str, int | None],
    known: Mapping[str, Definition],
) -> None:
    """Write values that differ from the row's, with their rows for filters and their events.

    ``keys`` has the integer keys of the customer and the member that the values name.
    """
    columns: dict[str, Any] = {
        name: to_json(value) if name in _JSON else value
        for name, value in after.items()
        if name not in ("status", "priority", "customer_id", "assigned_to")
    }
    if "customer_id" in after:
        columns |= {"customer_id": keys["customer_id"], "customer_gone": 0}
    if "assigned_to" in after:
        columns["assigned_to"] = keys["assigned_to"]
    if "priority" in after:
        columns["priority"] = PRIORITIES.index(after["priority"])
    columns |= _status_columns(tx.now, before, after.get("status", before.status))
    # A clock that was set back must not make it older than it was.
    columns |= {"updated_at": max(tx.now, before.updated_at), "version": before.version + 1}
    update_row(tx, before.id, columns)
    owner, old = (before.id, before.created_at), before.values()
    if "tags" in after:
        facets.replace_tags(tx, scope.workspace_id, ENTITY, owner, old["tags"], after["tags"])
    if "custom_fields" in after:
        facets.replace_values(tx, known, owner, old["custom_fields"], after["custom_fields"])
    _record_update(log, tx.now, before, {name: old[name] for name in after}, after)


def add_message(
    tx: Transaction,
    scope: Scope,
    ticket: Stored,
    content: str,
    sender: str,
    sender_name: str,
    is_internal: bool,
    home_customer: bytes | None = None,
    files: Attaching | None = None,
    *,
    reopens: bool = True,
) -> Message:
    """Write a message with its effect on the ticket, and what is attached to it.

    ``home_customer`` is whose it is, if that is not the customer of this ticket: it was posted to
    one that is merged into this one, or came by mail from somebody else. Without ``reopens`` the
    ticket's status stays: nobody wrote it, a program did.
    """
    uid, internal, code = new_uid(tx.now), int(is_internal), SENDERS.index(sender)
    names = None if files is None else files.names
    line = MessageLine(
        uid, ticket.id, content, code, sender_name, internal, tx.now, home_customer, names
    )
    message = _insert_message(tx, scope, ticket, line, files)
    tx.run(_COUNT_MESSAGE, ticket=ticket.id, internal=int(is_internal), now=tx.now)
    status = after_message(ticket.status, sender, is_internal)
    if status != ticket.status and reopens:
        log = Log(scope)
        change_status(tx, log, ticket, status)
        log.write(tx)
    return message


def change_status(tx: Transaction, log: Log, ticket: Stored, status: str) -> None:
    """Give a ticket another status, as what happened to it has brought it about."""
    update_row(tx, ticket.id, _status_columns(tx.now, ticket, status))
    _record_update(log, tx.now, ticket, {"status": ticket.status}, {"status": status})


def _insert_message(
    tx: Transaction, scope: Scope, ticket: Stored, line: MessageLine, files: Attaching | None
) -> Message:
    key = tx.insert(INSERT_MESSAGE, **line._asdict())
    if files is not None:
        files.write(key)
    rows, ticket_id = [_row_of(key, line)], public_id("ticket", ticket.uid)
    # There is no mail of it yet.
    (message,) = messages_of(tx, rows, ticket_id, internal=False)
    data = {
        "ticketId": message.ticket_id,
        "sender": message.sender,
        "isInternal": message.is_internal,
    }
    events.record(tx, scope, "message.created", line.uid, ticket=ticket.number, data=data)
    return message


def _row_of(key: int, line: MessageLine) -> SqlRow:
    """A line with its key, as it is read."""
    uid, _, *shown, _, names = line
    return (key, uid, *shown, names)


def delete_tickets(
    tx: Transaction, scope: Scope, tickets: Sequence[Stored], known: Mapping[str, Definition]
) -> None:
    """Remove tickets, their threads and rows for filters, and what the log quotes of them."""
    log = Log(scope)
    for ticket in tickets:
        owner, old = (ticket.id, ticket.created_at), ticket.values()
        facets.replace_tags(tx, scope.workspace_id, ENTITY, owner, old["tags"], ())
        facets.replace_values(tx, known, owner, old["custom_fields"], {})
        # What is merged into it shows where, and that changes.
        tx.run(_LOOSEN, ticket=ticket.id, now=tx.now)
        tx.run(_KEEP_MOVED, ticket=ticket.id)
        tx.run(_DELETE, ticket=ticket.id)
        events.forget_ticket(tx, scope, ticket.number)
        data = {"number": ticket.number}
        log.add("ticket.deleted", ticket.uid, tx.now, ticket.number, data)
    # Nothing of their text may wait in the queue of what is to be indexed.
    documents.refresh(tx)
    log.write(tx)


def update_row(tx: Transaction, key: int, columns: Mapping[str, object]) -> None:
    """Write columns of a ticket's row."""
    tx.run(_update_query(tuple(columns)), ticket=key, **columns)


@lru_cache(256)
def _update_query(columns: tuple[str, ...]) -> Prepared:
    values = {getattr(TicketRow, name): slot(name) for name in columns}
    return prepare(TicketRow.update(values).where(TicketRow.id == slot("ticket")))


def _status_columns(now: int, before: Stored, status: str) -> dict[str, Any]:
    if status == before.status:
        return {}
    resolved, closed = stamps(status, now, before.resolved_at, before.closed_at)
    return {"status": STATUSES.index(status), "resolved_at": resolved, "closed_at": closed}


def _record_update(
    log: Log, now: int, ticket: Stored, old: Mapping[str, Any], new: Mapping[str, Any]
) -> None:
    changes = {_API_NAMES.get(k, k): {"from": old[k], "to": value} for k, value in new.items()}
    data = _event_data(ticket) | {_API_NAMES.get(k, k): new[k] for k in _SHOWN if k in new}
    log.add("ticket.updated", ticket.uid, now, ticket.number, data, changes)
    _follow(log, now, ticket, old, new)


def follow_status(log: Log, now: int, ticket: Stored, status: str) -> None:
    """Note the narrower events of a change of status: resolved, closed, reopened."""
    _follow(log, now, ticket, {"status": ticket.status}, {"status": status})


def _follow(
    log: Log, now: int, ticket: Stored, old: Mapping[str, Any], new: Mapping[str, Any]
) -> None:
    """The narrower events of a change: assigned, resolved, closed, reopened."""
    for name, types in (
        ("assigned_to", ["ticket.assigned"]),
        ("status", list(status_events(old.get("status", ""), new.get("status", "")))),
    ):
        if name not in new or new[name] == old[name]:
            continue
        changes = {_API_NAMES.get(name, name): {"from": old[name], "to": new[name]}}
        for type in types:
            data = {"number": ticket.number}
            log.add(type, ticket.uid, now, ticket.number, data, changes)


_SHOWN = ("title", "status", "priority", "customer_id", "assigned_to")


def _event_data(ticket: Stored) -> dict[str, Any]:
    return {
        "number": ticket.number,
        "title": ticket.title,
        "status": ticket.status,
        "priority": PRIORITIES[ticket.priority_code],
        "customerId": id_or_none("customer", ticket.customer_uid),
        "assignedTo": id_or_none("member", ticket.member_uid),
    }
