"""What can be sent, by name: the names of the API in snake_case.

These are for type checkers. The server sees what is allowed, so names that it learns later can be
sent too.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Required, TypedDict

from cstar_web.client.calls import NewFile

Instant = datetime | str
Words = str | Sequence[str]
Scalar = str | int | float | bool | date
FieldFilters = Mapping[str, Scalar | Mapping[str, Scalar]]


class Sent(TypedDict, total=False):
    """Any write: a key of one's own, which makes it safe to repeat in another call."""

    idempotency_key: str


class Conditional(Sent, total=False):
    """A write that may be meant for one state of the object: its ``etag``."""

    if_match: str | None


class Paged(TypedDict, total=False):
    """Where a list begins, and how much of it is fetched at once (1 to 100)."""

    page: int
    page_size: int
    cursor: str | None


class Noted(TypedDict, total=False):
    """What tickets and customers both have."""

    tags: Words
    notes: str | None
    custom_fields: Mapping[str, Any]
    metadata: Mapping[str, Any]


class TicketValues(Noted, total=False):
    """What a new ticket may have, and what can be changed about one."""

    status: str
    priority: str
    customer_id: str | None
    assigned_to: str | None


class TicketFilters(Paged, total=False):
    """Which tickets, in which order."""

    status: Words | None
    priority: Words | None
    search: str | None
    customer_id: str | None
    assigned_to: str | None
    tag: Words | None
    custom_fields: FieldFilters | None
    created_after: Instant | None
    created_before: Instant | None
    updated_after: Instant | None
    updated_before: Instant | None
    sort: str | None
    expand: str | None


class NewTicket(TicketValues, Sent, total=False):
    """A ticket to make."""

    title: Required[str]
    customer_name: str | None
    customer_email: str | None
    initial_message: str | None
    attachments: Sequence[NewFile]


class TicketChanges(TicketValues, Conditional, total=False):
    """What to change about a ticket; None takes away."""

    title: str


class NewMessage(Sent, total=False):
    """A message to add."""

    content: Required[str]
    sender: str
    sender_name: str | None
    is_internal: bool
    attachments: Sequence[str]


class MailFilters(Paged, total=False):
    """Which mails."""

    verdict: str
    mailbox_id: str
    ticket_id: str


class OutgoingMailFilters(Paged, total=False):
    """Which mails that go out."""

    state: str
    ticket_id: str


class Spam(Sent, total=False):
    """What filing a mail as spam does besides: ``block`` the sender or the domain."""

    block: str


class NewMailBlock(Sent, total=False):
    """A block to make."""

    value: Required[str]
    note: str | None


class MailboxValues(TypedDict, total=False):
    """What a mailbox has but for its servers."""

    name: str
    language: str
    signature: str
    defaults: Mapping[str, Any]
    is_default: bool
    answers_first: bool
    plus_addressing: bool
    is_active: bool


class NewMailbox(MailboxValues, Sent, total=False):
    """A mailbox to make."""

    address: Required[str]


class MailboxChanges(MailboxValues, Conditional, total=False):
    """What to change about a mailbox."""

    address: str


class MailTemplateText(Conditional, total=False):
    """The text of a template."""

    content: Required[str]


class MailPreviewed(Sent, total=False):
    """What is to be seen as it would be sent."""

    ticket_id: Required[str]
    content: str
    message: str


class TrustedAddress(Sent, total=False):
    """A bad address that is to be good again."""

    address: Required[str]


class CustomerFilters(Paged, total=False):
    """Which customers, in which order."""

    search: str | None
    tag: Words | None
    custom_fields: FieldFilters | None
    sort: str | None


class NewCustomer(Noted, Sent, total=False):
    """A customer to make."""

    name: Required[str]
    email: str | None


class CustomerChanges(Noted, Conditional, total=False):
    """What to change about a customer; None takes away."""

    name: str
    email: str | None


class NewMember(Sent, total=False):
    """A member to add."""

    name: Required[str]
    email: Required[str]
    role: str


class MemberChanges(Conditional, total=False):
    """What to change about a member."""

    name: str
    email: str
    role: str


class NewCustomField(Sent, total=False):
    """A custom field to define."""

    name: Required[str]
    key: Required[str]
    type: Required[str]
    entity_type: Required[str]
    options: Sequence[str] | None
    required: bool
    public: bool
    position: int


class CustomFieldChanges(Conditional, total=False):
    """What to change about a custom field."""

    name: str
    required: bool
    public: bool
    position: int
    archived: bool
    options: Sequence[str]
    rename_options: Mapping[str, str]


class StreamFilters(TypedDict, total=False):
    """Which events, from where on."""

    after: str | None
    types: Words | None


class EventFilters(StreamFilters, Paged, total=False):
    """Which events, oldest first."""


class BulkFilter(TypedDict, total=False):
    """Which tickets are changed: the filters of the list, of which there must be one.

    None is no filter in a list only: here it would change tickets that were not meant.
    """

    status: Words
    priority: Words
    search: str
    customer_id: str
    assigned_to: str
    tag: Words
    custom_fields: FieldFilters
    created_after: Instant
    created_before: Instant
    updated_after: Instant
    updated_before: Instant


class BulkChanges(TicketValues, total=False):
    """What to change about each ticket."""

    title: str
    add_tags: Words
    remove_tags: Words


class BulkOptions(Sent, total=False):
    """Which tickets, and what is done to each."""

    ids: Sequence[str]
    filter: BulkFilter
    cursor: str | None
    update: BulkChanges
    delete: bool
    atomic: bool
    dry_run: bool


class NewWebhook(Sent, total=False):
    """A webhook to make."""

    name: Required[str]
    url: Required[str]
    events: Required[Sequence[str]]
    is_active: bool


class WebhookChanges(Conditional, total=False):
    """What to change about a webhook."""

    name: str
    url: str
    events: Sequence[str]
    is_active: bool


class Rotation(Sent, total=False):
    """For how long the present secret signs too, in seconds."""

    overlap_seconds: int


class Replay(Sent, total=False):
    """The id of the event after which all are delivered again."""

    after: Required[str]


class DeliveryFilters(Paged, total=False):
    """Which deliveries."""

    status: str | None
