"""What a customer sees of a ticket, and nothing else of it.

A merge can bring messages of several customers into one thread, so each message is asked whose it
is: of the customer that it was kept for, else of the customer of the ticket that it was written to.
Who came by a form has proved no address. They see what was written to their own ticket, not what
else there is of a customer with the address that they named.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from peewee import JOIN

from cstar_core.attached import COLUMNS, JOINED, Attachment, attachment_of, attachments_of
from cstar_core.clock import from_seconds
from cstar_core.custom_fields import public_fields
from cstar_core.errors import NotFound
from cstar_core.metadata import from_json
from cstar_core.scope import Scope, required_uid
from cstar_core.store import Snapshot, SqlRow, limited, prepare, slot
from cstar_core.tables import SENDERS, AttachmentRow, MessageRow, TicketRow
from cstar_core.ticket_links.tokens import FORM_LINK, TEAM_LINK
from cstar_core.tickets import Stored, survivor

MESSAGES_MAX = 100
# Messages of a hundred thousand characters each would make a page that no browser shows.
CHARACTERS_MAX = 500_000


@dataclass(frozen=True, slots=True)
class SeenMessage:
    """A message as the customer sees it; ``sender`` is customer, agent or system.

    ``attachments`` are opened with ``open_attachment`` of the ticket.
    """

    content: str
    sender: str
    sender_name: str
    created_at: datetime
    attachments: tuple[Attachment, ...] = ()


@dataclass(frozen=True, slots=True)
class SeenField:
    """The value of a field that is public: text, a number, true or false, or a list of options."""

    name: str
    type: str
    value: Any


@dataclass(frozen=True, slots=True)
class SeenTicket:
    """A ticket as its customer sees it: its newest messages, oldest first.

    ``earlier`` tells that older ones are left out; ``joined`` that it was merged into a ticket that
    is not for this customer to see, so that what is written there does not appear.
    """

    number: int
    title: str
    status: str
    created_at: datetime
    fields: tuple[SeenField, ...]
    messages: tuple[SeenMessage, ...]
    earlier: bool
    joined: bool


_HomeRow = TicketRow.alias("home")
_OPEN = (MessageRow.ticket_id == slot("holder")) & (MessageRow.is_internal == 0)
_NOBODYS = MessageRow.home_customer.is_null()
_AT_HOME = MessageRow.home_id.is_null() & (slot("own") == 1)
_OF_CUSTOMER = (MessageRow.home_customer == slot("customer")) | (
    _NOBODYS & (_AT_HOME | (_HomeRow.customer_id == slot("customer_key")))
)
_OF_TICKET = _NOBODYS & (_AT_HOME | (MessageRow.home_id == slot("ticket")))


def _newest(theirs: Any) -> Any:
    return limited(
        MessageRow.select(
            MessageRow.id,
            MessageRow.file_names,
            MessageRow.content,
            MessageRow.sender,
            MessageRow.sender_name,
            MessageRow.created_at,
        )
        .join(_HomeRow, JOIN.LEFT_OUTER, on=(_HomeRow.id == MessageRow.home_id))
        .where(_OPEN & theirs)
        .order_by(MessageRow.created_at.desc(), MessageRow.id.desc())
    )


def _one(theirs: Any) -> Any:
    return (
        MessageRow.select(MessageRow.id)
        .join(_HomeRow, JOIN.LEFT_OUTER, on=(_HomeRow.id == MessageRow.home_id))
        .where((MessageRow.id == slot("message")) & _OPEN & theirs)
    )


_IS_SEEN = {TEAM_LINK: prepare(_one(_OF_CUSTOMER)), FORM_LINK: prepare(_one(_OF_TICKET))}
_FILE = prepare(
    JOINED.select(AttachmentRow.message_id, *COLUMNS).where(AttachmentRow.uid == slot("uid"))
)
SEEN = {
    TEAM_LINK: prepare(_newest(_OF_CUSTOMER)),
    FORM_LINK: prepare(_newest(_OF_TICKET)),
}
_WROTE = prepare(_newest(_OF_TICKET & (MessageRow.sender == SENDERS.index("customer"))))


def read_seen(snap: Snapshot, scope: Scope, ticket: Stored, purpose: int) -> SeenTicket:
    """What a link of this purpose shows of a ticket of this workspace, which has a customer."""
    holder, is_theirs = _holder(snap, ticket, purpose)
    shown = holder if is_theirs else ticket
    slots = _slots(ticket, holder, is_theirs)
    rows = snap.all(SEEN[purpose], limit=MESSAGES_MAX + 1, **slots)
    messages, earlier = _messages(snap, scope, rows)
    values = from_json(shown.custom_fields)
    return SeenTicket(
        shown.number,
        shown.title,
        shown.status,
        from_seconds(shown.created_at),
        tuple(
            SeenField(field.name, field.type, values[field.key])
            for field in public_fields(snap, scope)
            if field.key in values
        ),
        messages,
        earlier,
        joined=not is_theirs,
    )


def read_seen_file(snap: Snapshot, ticket: Stored, purpose: int, id: str) -> Attachment:
    """What is attached to a message that a link of this purpose shows. Raises NotFound."""
    row = snap.first(_FILE, uid=required_uid("attachment", id))
    slots = _slots(ticket, *_holder(snap, ticket, purpose))
    if row is None or snap.first(_IS_SEEN[purpose], message=row[0], **slots) is None:
        raise NotFound("attachment", id)
    return attachment_of(row[1:])


def _holder(snap: Snapshot, ticket: Stored, purpose: int) -> tuple[Stored, bool]:
    """The ticket that has the thread of another one, and whether it is that customer's too."""
    holder = survivor(snap, ticket)
    same = purpose == TEAM_LINK and holder.customer_key == ticket.customer_key
    return holder, holder is ticket or same


def written_by(snap: Snapshot, ticket: Stored) -> str | None:
    """The name under which a customer last wrote to this very ticket."""
    holder = survivor(snap, ticket)
    row = snap.first(_WROTE, limit=1, **_slots(ticket, holder, holder is ticket))
    return None if row is None else str(row[4])


def _messages(
    snap: Snapshot, scope: Scope, rows: Sequence[SqlRow]
) -> tuple[tuple[SeenMessage, ...], bool]:
    """The newest that have room, oldest first, and whether there are older ones."""
    found: list[SeenMessage] = []
    room = CHARACTERS_MAX
    files = attachments_of(snap, [key for key, names, *_ in rows[:MESSAGES_MAX] if names])
    for key, _, content, sender, name, created_at in rows[:MESSAGES_MAX]:
        room -= len(content)
        if room < 0 and found:
            break
        kind = SENDERS[sender]
        shown = _shown_name(scope, kind, name)
        at, attached = from_seconds(created_at), files.get(key, ())
        found.append(SeenMessage(content, kind, shown, at, attached))
    return tuple(reversed(found)), len(found) < len(rows)


def _slots(ticket: Stored, holder: Stored, own: bool) -> dict[str, object]:
    return {
        "holder": holder.id,
        "ticket": ticket.id,
        "own": int(own),
        "customer": ticket.customer_uid,
        "customer_key": ticket.customer_key,
    }


def _shown_name(scope: Scope, sender: str, name: str) -> str:
    """An agent's message may stand under an address, which is not for customers."""
    return scope.team_name if sender != "customer" and "@" in name else name
