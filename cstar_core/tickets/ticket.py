"""One ticket: its shape, its rules, and how it is read."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from peewee import JOIN, SQL

from cstar_core.checks import (
    NAME_MAX,
    Rule,
    check_choice,
    check_email,
    check_notes,
    check_text,
    missing,
    or_none,
)
from cstar_core.clock import from_seconds, from_seconds_or_none
from cstar_core.customers import Customer
from cstar_core.errors import NotFound, Problem
from cstar_core.ids import public_id
from cstar_core.metadata import check_metadata, from_json
from cstar_core.scope import Scope, required_uid
from cstar_core.store import Slot, Snapshot, SqlRow, prepare, slot
from cstar_core.tables import (
    PRIORITIES,
    SENDERS,
    STATUSES,
    CustomerRow,
    MemberRow,
    MessageRow,
    TicketRow,
)
from cstar_core.tags import check_tags

TITLE_MAX = 500
CONTENT_MAX = 100_000
DELETED_CUSTOMER = "Deleted customer"
ENTITY = "tickets"


@dataclass(frozen=True, slots=True)
class Message:
    """One entry of a ticket's thread; an internal one is not for the customer's eyes."""

    id: str
    ticket_id: str
    content: str
    sender: str
    sender_name: str
    is_internal: bool
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Ticket:
    """A conversation with one customer about one thing.

    ``messages`` is None in lists; ``customer`` is None unless it was asked for.
    """

    id: str
    number: int
    title: str
    status: str
    priority: str
    customer_id: str | None
    customer_name: str | None
    assigned_to: str | None
    tags: tuple[str, ...]
    notes: str | None
    custom_fields: dict[str, Any]
    metadata: dict[str, Any]
    message_count: int
    created_at: datetime
    updated_at: datetime
    resolved_at: datetime | None
    closed_at: datetime | None
    version: int
    messages: tuple[Message, ...] | None = None
    customer: Customer | None = None


def _title(param: str, value: object) -> list[Problem]:
    return check_text(param, value, TITLE_MAX, blank=False)


def _status(param: str, value: object) -> list[Problem]:
    return check_choice(param, value, STATUSES)


def _priority(param: str, value: object) -> list[Problem]:
    return check_choice(param, value, PRIORITIES)


def _reference(param: str, value: object) -> list[Problem]:
    """Whether it exists is known only inside the transaction."""
    return check_text(param, value, NAME_MAX)


def _customer_name(param: str, value: object) -> list[Problem]:
    problems = check_text(param, value, NAME_MAX, blank=False)
    return problems if value is None or problems != missing(param) else _blank(param)


def _blank(param: str) -> list[Problem]:
    return [Problem(param, "PARAMETER_INVALID", "must not be blank")]


def check_content(param: str, value: object) -> list[Problem]:
    """A message's text: not blank, at most 100,000 characters."""
    return check_text(param, value, CONTENT_MAX, blank=False)


def _first_message(param: str, value: object) -> list[Problem]:
    problems = check_content(param, value)
    return problems if problems != missing(param) else _blank(param)


UPDATE_RULES: dict[str, Rule] = {
    "title": _title,
    "status": _status,
    "priority": _priority,
    "customer_id": or_none(_reference),
    "assigned_to": or_none(_reference),
    "tags": check_tags,
    "notes": check_notes,
    "metadata": check_metadata,
}
CREATE_RULES: dict[str, Rule] = UPDATE_RULES | {
    "customer_name": or_none(_customer_name),
    "customer_email": or_none(check_email),
    "initial_message": or_none(_first_message),
}

COLUMNS = (
    TicketRow.id,
    TicketRow.uid,
    TicketRow.number,
    TicketRow.title,
    TicketRow.status,
    TicketRow.priority,
    TicketRow.customer_id,
    CustomerRow.uid,
    CustomerRow.name,
    TicketRow.customer_gone,
    TicketRow.assigned_to,
    MemberRow.uid,
    TicketRow.tags,
    TicketRow.notes,
    TicketRow.custom_fields,
    TicketRow.metadata,
    TicketRow.message_count,
    TicketRow.internal_count,
    TicketRow.created_at,
    TicketRow.updated_at,
    TicketRow.resolved_at,
    TicketRow.closed_at,
    TicketRow.version,
)


@dataclass(frozen=True, slots=True)
class Stored:
    """A ticket's row, by name; references are integer keys beside public ids."""

    id: int
    uid: bytes
    number: int
    title: str
    status: str
    priority: str
    customer_key: int | None
    customer_id: str | None
    customer_name: str | None
    assigned_key: int | None
    assigned_to: str | None
    tags: list[str]
    notes: str | None
    custom_fields: dict[str, Any]
    metadata: dict[str, Any]
    message_count: int
    internal_count: int
    created_at: int
    updated_at: int
    resolved_at: int | None
    closed_at: int | None
    version: int

    def values(self) -> dict[str, Any]:
        """The changeable values, as changes name them."""
        return {
            "title": self.title,
            "status": self.status,
            "priority": self.priority,
            "customer_id": self.customer_id,
            "assigned_to": self.assigned_to,
            "tags": self.tags,
            "notes": self.notes,
            "custom_fields": self.custom_fields,
            "metadata": self.metadata,
        }


_JOINED = (
    TicketRow.select(*COLUMNS)
    .join(CustomerRow, JOIN.LEFT_OUTER, on=(CustomerRow.id == TicketRow.customer_id))
    .join_from(TicketRow, MemberRow, JOIN.LEFT_OUTER, on=(MemberRow.id == TicketRow.assigned_to))
)
_BY_UID = prepare(
    _JOINED.where((TicketRow.uid == slot("uid")) & (TicketRow.workspace_id == slot("workspace")))
)
_BY_KEYS = prepare(
    _JOINED.where(TicketRow.id.in_(SQL("(SELECT value FROM json_each(?))", [Slot("keys")])))
)
_MESSAGES = prepare(
    MessageRow.select(
        MessageRow.uid,
        MessageRow.content,
        MessageRow.sender,
        MessageRow.sender_name,
        MessageRow.is_internal,
        MessageRow.created_at,
    )
    .where((MessageRow.ticket_id == slot("ticket")) & (MessageRow.is_internal <= slot("internal")))
    .order_by(MessageRow.id)
)


def read_stored(snap: Snapshot, scope: Scope, id: str) -> Stored:
    """The row of a ticket of this workspace; raises NotFound."""
    row = snap.first(_BY_UID, uid=required_uid("ticket", id), workspace=scope.workspace_id)
    if row is None:
        raise NotFound("ticket", id)
    return _stored(row)


def read_many(snap: Snapshot, keys: Collection[int]) -> dict[int, Stored]:
    """Rows by their integer keys, in one query."""
    rows = snap.all(_BY_KEYS, keys=json.dumps(list(keys)))
    return {row[0]: _stored(row) for row in rows}


def read_messages(snap: Snapshot, scope: Scope, stored: Stored) -> tuple[Message, ...]:
    """A ticket's thread, oldest first, without internal messages for who must not see them."""
    rows = snap.all(_MESSAGES, ticket=stored.id, internal=int(scope.internal))
    ticket_id = public_id("ticket", stored.uid)
    return tuple(message_of(row, ticket_id) for row in rows)


def message_of(row: SqlRow, ticket_id: str) -> Message:
    """The value of a message's row."""
    uid, content, sender, sender_name, is_internal, created_at = row
    return Message(
        public_id("message", uid),
        ticket_id,
        content,
        SENDERS[sender],
        sender_name,
        bool(is_internal),
        from_seconds(created_at),
    )


def ticket_of(
    stored: Stored,
    scope: Scope,
    messages: tuple[Message, ...] | None = None,
    customers: Mapping[int, Customer] | None = None,
) -> Ticket:
    """The value of a row, as the scope may see it."""
    key = stored.customer_key
    internal = scope.internal
    return Ticket(
        id=public_id("ticket", stored.uid),
        number=stored.number,
        title=stored.title,
        status=stored.status,
        priority=stored.priority,
        customer_id=stored.customer_id,
        customer_name=stored.customer_name,
        assigned_to=stored.assigned_to,
        tags=tuple(stored.tags),
        notes=stored.notes if internal else None,
        custom_fields=stored.custom_fields,
        metadata=stored.metadata if internal else {},
        message_count=stored.message_count - (0 if internal else stored.internal_count),
        created_at=from_seconds(stored.created_at),
        updated_at=from_seconds(stored.updated_at),
        resolved_at=from_seconds_or_none(stored.resolved_at),
        closed_at=from_seconds_or_none(stored.closed_at),
        version=stored.version,
        messages=messages,
        customer=customers.get(key) if customers and key is not None else None,
    )


def _stored(row: SqlRow) -> Stored:
    (id, uid, number, title, status, priority, customer, customer_uid, name, gone, *more) = row
    assigned, member_uid, tags, notes, custom_fields, metadata, *rest = more
    return Stored(
        id,
        uid,
        number,
        title,
        STATUSES[status],
        PRIORITIES[priority],
        customer,
        None if customer_uid is None else public_id("customer", customer_uid),
        DELETED_CUSTOMER if gone and customer is None else name,
        assigned,
        None if member_uid is None else public_id("member", member_uid),
        from_json(tags),
        notes,
        from_json(custom_fields),
        from_json(metadata),
        *rest,
    )
