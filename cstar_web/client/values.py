"""What the API answers with, as frozen values. Names are in snake_case, instants are aware.

Members that a later server adds are in ``raw``, which is the object as it was answered.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any, TypeVar

from cstar_web.client.errors import AnswerError, CStarError, told
from cstar_web.names import camel_case

Json = dict[str, Any]
T = TypeVar("T", bound="Value")


@dataclass(frozen=True, kw_only=True, slots=True)
class Value:
    """An object of the API; ``raw`` is all that was answered."""

    raw: Mapping[str, Any] = field(repr=False, compare=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Whoami(Value):
    """What a key opens."""

    team_id: str
    team_name: str
    team_slug: str
    key_type: str
    environment: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Attachment(Value):
    """A file of a message, or one that was uploaded for a message to come."""

    id: str
    message_id: str | None
    name: str
    media_type: str
    size: int
    sha256: str
    content_id: str | None
    is_inline: bool
    created_at: datetime
    etag: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class MailDelivery(Value):
    """What became of the mail that a message went out as."""

    id: str
    state: str
    attempts: int
    next_attempt_at: datetime | None
    finished_at: datetime | None
    code: str | None
    failure: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Message(Value):
    """One entry of a ticket's conversation.

    ``delivery`` is None if it did not go out as a mail, and for publishable keys.
    """

    id: str
    ticket_id: str
    content: str
    sender: str
    sender_name: str
    is_internal: bool
    created_at: datetime
    attachments: tuple[Attachment, ...] = ()
    delivery: MailDelivery | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Customer(Value):
    """Someone who asks. A publishable key sees neither notes nor metadata."""

    id: str
    name: str
    email: str | None
    tags: tuple[str, ...]
    notes: str | None = None
    custom_fields: Json
    metadata: Json = field(default_factory=dict)
    ticket_count: int
    created_at: datetime
    updated_at: datetime
    etag: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Ticket(Value):
    """A conversation with a customer. A publishable key sees neither notes nor metadata.

    ``messages`` is None in lists, and ``etag`` too; ``customer`` is None unless it was asked for.
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
    notes: str | None = None
    custom_fields: Json
    metadata: Json = field(default_factory=dict)
    message_count: int
    created_at: datetime
    updated_at: datetime
    resolved_at: datetime | None
    closed_at: datetime | None
    merged_into: str | None = None
    messages: tuple[Message, ...] | None = None
    customer: Customer | None = None
    etag: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Mail(Value):
    """A mail that came in, and what became of it."""

    id: str
    mailbox_id: str | None
    source: str
    size: int
    has_raw: bool
    header_id: str | None
    subject: str | None
    sender: str | None
    sender_name: str | None
    envelope_from: str | None
    envelope_to: tuple[str, ...]
    verdict: str
    reason: str | None
    explanation: str | None
    threaded_by: str | None
    threading: str | None
    ticket_id: str | None
    message_id: str | None
    original_id: str | None
    is_released: bool
    attempts: int
    facts: Mapping[str, Any]
    received_at: datetime
    settled_at: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class MailRecipient(Value):
    """To whom a mail goes, and what became of that."""

    name: str
    address: str
    is_copy: bool
    state: str
    code: str | None
    failure: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class OutgoingMail(Value):
    """A mail on its way out, or what became of it."""

    id: str
    ticket_id: str
    message_id: str | None
    mailbox_id: str | None
    kind: str
    state: str
    subject: str
    header_id: str
    recipients: tuple[MailRecipient, ...]
    attempts: int
    next_attempt_at: datetime | None
    code: str | None
    failure: str | None
    created_at: datetime
    finished_at: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class MailBlock(Value):
    """An address or a domain of which mail is ignored."""

    id: str
    value: str
    note: str | None
    created_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Member(Value):
    """An agent, whom tickets can be assigned to."""

    id: str
    name: str
    email: str
    role: str
    created_at: datetime
    updated_at: datetime
    etag: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class CustomField(Value):
    """The definition of a custom field."""

    id: str
    name: str
    key: str
    type: str
    entity_type: str
    required: bool
    public: bool
    options: tuple[str, ...] | None
    position: int
    created_at: datetime
    updated_at: datetime
    archived_at: datetime | None
    etag: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Removed(Value):
    """What went with a custom field."""

    values_removed: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Actor(Value):
    """Who did something; the system has no id."""

    type: str
    id: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Event(Value):
    """One thing that happened."""

    id: str
    type: str
    created_at: datetime
    object_id: str
    data: Json
    changes: Json
    actor: Actor


@dataclass(frozen=True, kw_only=True, slots=True)
class Webhook(Value):
    """Who is told of which events. ``secret`` is there only when it is new, and not shown."""

    id: str
    name: str
    url: str
    events: tuple[str, ...]
    is_active: bool
    disabled_at: datetime | None
    disabled_reason: str | None
    created_at: datetime
    updated_at: datetime
    secret: str | None = field(default=None, repr=False)
    etag: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Attempt(Value):
    """What one attempt to deliver got: a status and the beginning of the answer, or an error."""

    number: int
    attempted_at: datetime
    status: int | None
    error: str | None
    answer: str
    seconds: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Delivery(Value):
    """An event on its way to a webhook."""

    id: str
    webhook_id: str
    event_id: str | None
    type: str
    status: str
    created_at: datetime
    finished_at: datetime | None
    next_attempt_at: datetime | None
    attempts: tuple[Attempt, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class BulkItem(Value):
    """What became of one ticket; ``error`` is what a call for it alone would have raised."""

    id: str
    status: str
    error: CStarError | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Bulk(Value):
    """What became of many tickets; ``next_cursor`` goes on where there were too many for one."""

    dry_run: bool
    total: int
    updated: int
    unchanged: int
    deleted: int
    failed: int
    has_more: bool
    next_cursor: str | None
    items: tuple[BulkItem, ...]


def read(kind: type[T], data: Any, etag: str | None = None) -> T:
    """An object of the API as a value; raises AnswerError for what is no such object."""
    try:
        known = {
            each.name: _member(f"{kind.__name__}.{each.name}", data[camel_case(each.name)])
            for each in fields(kind)
            if camel_case(each.name) in data
        }
        value = kind(**(known | {"raw": data} | ({"etag": etag} if etag else {})))
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise AnswerError(f"the answer is not a {kind.__name__} of cStar: {error}") from error
    return value


def read_all(kind: type[T], data: Any) -> tuple[T, ...]:
    """Objects of the API as values; raises AnswerError for what is no list of them."""
    if not isinstance(data, list):
        raise AnswerError(f"the answer is not a list of {kind.__name__} of cStar")
    return tuple(read(kind, each) for each in data)


def _member(name: str, value: Any) -> Any:
    if value is None:
        return None
    if name.endswith("_at"):
        return datetime.fromisoformat(value)
    if name in _NESTED:
        return _NESTED[name](value)
    return tuple(value) if isinstance(value, list) else value


_NESTED: dict[str, Callable[[Any], Any]] = {
    "Message.attachments": lambda found: read_all(Attachment, found),
    "OutgoingMail.recipients": lambda found: read_all(MailRecipient, found),
    "Message.delivery": lambda found: read(MailDelivery, found),
    "Ticket.messages": lambda found: read_all(Message, found),
    "Ticket.customer": lambda found: read(Customer, found),
    "Event.actor": lambda found: read(Actor, found),
    "Delivery.attempts": lambda found: read_all(Attempt, found),
    "Bulk.items": lambda found: read_all(BulkItem, found),
    "BulkItem.error": told,
}
