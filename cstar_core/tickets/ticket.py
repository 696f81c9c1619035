"""One ticket: its shape, its rules, and how it is read."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter
from typing import Any, NamedTuple

from peewee import JOIN, SQL

from cstar_core.attached import check_attachments
from cstar_core.checks import (
    NAME_MAX,
    Rule,
    check_all,
    check_choice,
    check_email,
    check_notes,
    check_text,
    invalid,
    missing,
    or_none,
)
from cstar_core.clock import from_seconds, from_seconds_or_none
from cstar_core.customers import Customer
from cstar_core.errors import NotFound, Problem
from cstar_core.fields import Definition, check_values
from cstar_core.ids import PREFIXES, public_id
from cstar_core.metadata import check_merged, check_metadata, from_json
from cstar_core.scope import Scope, required_uid
from cstar_core.store import Slot, Snapshot, SqlRow, prepare, slot
from cstar_core.tables import (
    PRIORITIES,
    STATUSES,
    CustomerRow,
    MemberRow,
    MergeRow,
    MessageRow,
    TicketRow,
)
from cstar_core.tags import check_tags
from cstar_core.tickets.message import CREATED_AT, MESSAGE_COLUMNS, Message, messages_of
from cstar_core.values import maker

TITLE_MAX = 500
CONTENT_MAX = 100_000
DELETED_CUSTOMER = "Deleted customer"
ENTITY = "tickets"


@dataclass(frozen=True, slots=True)
class Ticket:
    """A conversation with one customer about one thing.

    ``messages`` is None in lists; ``customer`` is None unless it was asked for. ``merged_into`` is
    the id of the ticket that it is merged into.
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
    merged_into: str | None
    version: int
    messages: tuple[Message, ...] | None = None
    customer: Customer | None = None


_TICKET, _CUSTOMER, _MEMBER = PREFIXES["ticket"], PREFIXES["customer"], PREFIXES["member"]
_make_ticket = maker(Ticket)


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


def check_new(
    values: Mapping[str, object],
    known: Mapping[str, Definition],
    rules: Mapping[str, Rule] = CREATE_RULES,
) -> list[Problem]:
    """Every rule that the values of a new ticket break; ``known`` are the custom fields."""
    given = values.get("custom_fields")
    return (
        check_all(plain(values), rules, ("title",))
        + check_merged("metadata", {}, values.get("metadata"))
        + check_values("custom_fields", {} if given is None else given, known, {})
    )


def check_first_files(attachments: object, message: object) -> list[Problem]:
    """What is wrong with the attachments of a new ticket, which go to its first message."""
    problems = check_attachments("attachments", attachments)
    if not problems and attachments and message is None:
        problems = invalid("attachments", "can be given only together with initial_message")
    return problems


def plain(values: Mapping[str, object]) -> dict[str, object]:
    """The values that have rules of their own, which custom fields have not."""
    return {name: value for name, value in values.items() if name != "custom_fields"}


SurvivorRow = TicketRow.alias("survivor")
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
    MergeRow.into_id,
    SurvivorRow.uid,
)


class Stored(NamedTuple):
    """A ticket's row as it lies in the file, with the ids of its customer and its member."""

    id: int
    uid: bytes
    number: int
    title: str
    status_code: int
    priority_code: int
    customer_key: int | None
    customer_uid: bytes | None
    name: str | None
    customer_gone: int
    assigned_key: int | None
    member_uid: bytes | None
    tags: str
    notes: str | None
    custom_fields: str
    metadata: str
    message_count: int
    internal_count: int
    created_at: int
    updated_at: int
    resolved_at: int | None
    closed_at: int | None
    version: int
    merged_key: int | None
    merged_uid: bytes | None

    @property
    def status(self) -> str:
        """The status by its name."""
        return STATUSES[self.status_code]

    @property
    def customer_name(self) -> str | None:
        """The name of the customer."""
        return _shown_name(self.name, self.customer_gone, self.customer_key)

    def values(self) -> dict[str, Any]:
        """The changeable values, as changes name them."""
        return {
            "title": self.title,
            "status": self.status,
            "priority": PRIORITIES[self.priority_code],
            "customer_id": id_or_none("customer", self.customer_uid),
            "assigned_to": id_or_none("member", self.member_uid),
            "tags": from_json(self.tags),
            "notes": self.notes,
            "custom_fields": from_json(self.custom_fields),
            "metadata": from_json(self.metadata),
        }


_JOINED = (
    TicketRow.select(*COLUMNS)
    .join(CustomerRow, JOIN.LEFT_OUTER, on=(CustomerRow.id == TicketRow.customer_id))
    .join_from(TicketRow, MemberRow, JOIN.LEFT_OUTER, on=(MemberRow.id == TicketRow.assigned_to))
    .join_from(TicketRow, MergeRow, JOIN.LEFT_OUTER, on=(MergeRow.ticket_id == TicketRow.id))
    .join_from(MergeRow, SurvivorRow, JOIN.LEFT_OUTER, on=(SurvivorRow.id == MergeRow.into_id))
)
_BY_UID = prepare(
    _JOINED.where((TicketRow.uid == slot("uid")) & (TicketRow.workspace_id == slot("workspace")))
)
_BY_KEY = prepare(_JOINED.where(TicketRow.id == slot("key")))
_BY_KEYS = prepare(
    _JOINED.where(TicketRow.id.in_(SQL("(SELECT value FROM json_each(?))", [Slot("keys")])))
)
_MESSAGES = prepare(
    MessageRow.select(*MESSAGE_COLUMNS)
    .where((MessageRow.ticket_id == slot("ticket")) & (MessageRow.is_internal <= slot("internal")))
    .order_by(MessageRow.id)
)


def read_stored(snap: Snapshot, scope: Scope, id: str) -> Stored:
    """The row of a ticket of this workspace; raises NotFound."""
    row = snap.first(_BY_UID, uid=required_uid("ticket", id), workspace=scope.workspace_id)
    if row is None:
        raise NotFound("ticket", id)
    return Stored._make(row)


def read_by_key(snap: Snapshot, key: int) -> Stored:
    """The row with an integer key, which must be there."""
    return Stored._make(snap.all(_BY_KEY, key=key)[0])


def read_many(snap: Snapshot, keys: Collection[int]) -> dict[int, SqlRow]:
    """Rows of ``COLUMNS`` by their integer keys, in one query."""
    rows = snap.all(_BY_KEYS, keys=json.dumps(list(keys)))
    return {row[0]: row for row in rows}


def read_many_by_uid(snap: Snapshot, scope: Scope, uids: Collection[bytes]) -> dict[bytes, Stored]:
    """Rows of tickets of this workspace by the bytes of their ids, in one query."""
    # A sum, since of a bare column SQLite would take an index and walk the whole workspace.
    here = (TicketRow.workspace_id + 0) == scope.workspace_id
    mine = here & TicketRow.uid.in_(list(uids))
    return {row[1]: Stored._make(row) for row in snap.all(_JOINED.where(mine))}


def read_messages(snap: Snapshot, scope: Scope, stored: Stored) -> tuple[Message, ...]:
    """A ticket's thread, oldest first, without internal messages for who must not see them."""
    rows = snap.all(_MESSAGES, ticket=stored.id, internal=int(scope.internal))
    # In the order of their keys, which a merge and an import may have made another one.
    rows.sort(key=itemgetter(CREATED_AT))
    return messages_of(snap, rows, public_id("ticket", stored.uid), scope.internal)


def ticket_of(
    row: SqlRow,
    scope: Scope,
    messages: tuple[Message, ...] | None = None,
    customers: Mapping[int, Customer] | None = None,
) -> Ticket:
    """The value of a row, as the scope may see it."""
    # Lists spend most of their time here: names from one unpacking, arguments by position, ids
    # without the call of ``public_id``.
    _, uid, number, title, status, priority, key, customer, name, gone, _, member, *more = row
    tags, notes, custom_fields, metadata, count, hidden, created, updated, *later = more
    resolved, closed, version, _, merged = later
    internal = scope.internal
    return _make_ticket(
        _TICKET + uid.hex(),
        number,
        title,
        STATUSES[status],
        PRIORITIES[priority],
        None if customer is None else _CUSTOMER + customer.hex(),
        _shown_name(name, gone, key),
        None if member is None else _MEMBER + member.hex(),
        tuple(from_json(tags)),
        notes if internal else None,
        from_json(custom_fields),
        from_json(metadata) if internal else {},
        count if internal else count - hidden,
        from_seconds(created),
        from_seconds(updated),
        from_seconds_or_none(resolved),
        from_seconds_or_none(closed),
        None if merged is None else _TICKET + merged.hex(),
        version,
        messages,
        customers.get(key) if customers and key is not None else None,
    )


def _shown_name(name: str | None, gone: int, key: int | None) -> str | None:
    """The customer's name, also once the customer is deleted."""
    return DELETED_CUSTOMER if gone and key is None else name


def id_or_none(kind: str, uid: bytes | None) -> str | None:
    """As ``public_id``; None stays None."""
    return None if uid is None else public_id(kind, uid)
