"""To which ticket a mail belongs: the first of a fixed order of signs that leads to one.

Whoever has a reply address was written to by the desk. The id of a mail is known to who has it.
The number of a ticket can be guessed, so it counts for those who take part in the ticket alone.
A sender proves nothing, and gets no more than any customer has, wherever the mail belongs.
"""

import json
import re
from collections.abc import Iterator
from typing import NamedTuple

from peewee import SQL

from cstar_core.letters import Letter
from cstar_core.mailboxes import find_account
from cstar_core.members import fold_email
from cstar_core.reply_addresses import ReplyToken, ticket_of_token, token_in
from cstar_core.scope import Scope
from cstar_core.store import Slot, Snapshot, prepare, slot
from cstar_core.tables import (
    CustomerRow,
    MailRow,
    MessageRow,
    OutgoingMailRow,
    OutgoingRecipientRow,
    TicketRow,
)
from cstar_core.tickets import Stored, read_by_key, survivor

IDS_MAX = 50
_ADDRESSES_MAX = 100
_DIGITS_MAX = 10
_NUMBER = re.compile(r"\[#([0-9]{1,10})\]")


class Thread(NamedTuple):
    """The ticket that a mail belongs to, None for a new one, and what led there."""

    ticket: Stored | None
    threaded_by: str


_MINE = MailRow.workspace_id == slot("workspace")
_RECEIVED = prepare(
    MailRow.select(MessageRow.ticket_id)
    .join(MessageRow, on=(MessageRow.id == MailRow.message_id))
    .where(_MINE & (MailRow.header_id == slot("header")))
    # The first one: somebody else may use the id of a mail that they have seen.
    .order_by(MailRow.id)
    .limit(1)
)
_SENT = prepare(
    OutgoingMailRow.select(MessageRow.ticket_id, OutgoingMailRow.ticket_id)
    .left_outer_join(MessageRow, on=(MessageRow.id == OutgoingMailRow.message_id))
    .where(
        (OutgoingMailRow.workspace_id == slot("workspace"))
        & (OutgoingMailRow.header_id == slot("header"))
    )
    .limit(1)
)
_NUMBERED = prepare(
    TicketRow.select(TicketRow.id).where(
        (TicketRow.workspace_id == slot("workspace")) & (TicketRow.number == slot("number"))
    )
)
_IS_CUSTOMER = prepare(
    TicketRow.select(TicketRow.id)
    .join(CustomerRow, on=(CustomerRow.id == TicketRow.customer_id))
    .where(
        TicketRow.id.in_(SQL("(SELECT value FROM json_each(?))", [Slot("tickets")]))
        & (CustomerRow.email_key == slot("address"))
    )
)
_HAS_WRITTEN = prepare(
    MailRow.select(MailRow.id)
    .join(MessageRow, on=(MessageRow.id == MailRow.message_id))
    .where((MessageRow.ticket_id == slot("ticket")) & (MailRow.sender_key == slot("address")))
    .limit(1)
)


# The ticket leads, and no index on addresses: to one of these may have gone any number of mails.
_WAS_WRITTEN_TO = prepare(
    OutgoingRecipientRow.select(OutgoingMailRow.id)
    .join(OutgoingMailRow, on=(OutgoingMailRow.id == OutgoingRecipientRow.mail_id))
    .join_from(OutgoingMailRow, MessageRow, on=(MessageRow.id == OutgoingMailRow.message_id))
    .where(
        (MessageRow.ticket_id == slot("ticket"))
        & (OutgoingRecipientRow.address_key == slot("address"))
    )
    .limit(1)
)


def thread_of(snap: Snapshot, scope: Scope, letter: Letter, recipients: tuple[str, ...]) -> Thread:
    """Where a mail belongs; ``recipients`` are those of its envelope."""
    for threaded_by, ticket in _signs(snap, scope, letter, recipients):
        if ticket is not None:
            return Thread(survivor(snap, read_by_key(snap, ticket)), threaded_by)
    return Thread(None, "new")


def ticket_by_address(
    snap: Snapshot, scope: Scope, letter: Letter, recipients: tuple[str, ...]
) -> int | None:
    """The ticket of the reply address that a mail was sent to, if it was to one of this desk."""
    people = [each.address for each in (*letter.to, *letter.cc)]
    for address in [*recipients, *people][:_ADDRESSES_MAX]:
        token: ReplyToken | None = token_in(address)
        ticket = None if token is None else ticket_of_token(snap, scope, token)
        if ticket is not None:
            return ticket
    return None


def ticket_of_header(snap: Snapshot, scope: Scope, header_id: str) -> int | None:
    """The ticket that has the mail with a Message-ID, whether it came or was sent."""
    mine = {"workspace": scope.workspace_id, "header": header_id}
    found: int | None = snap.value(_RECEIVED, **mine)
    if found is not None:
        return found
    row = snap.first(_SENT, **mine)
    return None if row is None else row[0] or row[1]


def is_own_mail(snap: Snapshot, scope: Scope, header_id: str, sender: str) -> bool:
    """Whether a mail with this Message-ID and sender is one that this desk has sent itself."""
    mine = {"workspace": scope.workspace_id, "header": header_id}
    return snap.first(_SENT, **mine) is not None and find_account(snap, sender) is not None


def _signs(
    snap: Snapshot, scope: Scope, letter: Letter, recipients: tuple[str, ...]
) -> Iterator[tuple[str, int | None]]:
    """What could lead to a ticket, the surest first, and the ticket that it leads to."""
    yield "reply_address", ticket_by_address(snap, scope, letter, recipients)
    for header_id in letter.in_reply_to[:IDS_MAX]:
        yield "in_reply_to", ticket_of_header(snap, scope, header_id)
    for header_id in reversed(letter.references[-IDS_MAX:]):
        yield "references", ticket_of_header(snap, scope, header_id)
    yield "subject", _by_subject(snap, scope, letter)


def number_in(subject: str) -> int | None:
    """The number of a ticket that a subject names, the last one if there are several.

    >>> number_in("AW: Re: [#7] Your order [#123]"), number_in("Order #123")
    (123, None)
    """
    found = _NUMBER.findall(subject)
    return int(found[-1]) if found else None


def _by_subject(snap: Snapshot, scope: Scope, letter: Letter) -> int | None:
    number, sender = number_in(letter.subject), letter.sender
    if number is None or sender is None:
        return None
    key = snap.value(_NUMBERED, workspace=scope.workspace_id, number=number)
    if key is None:
        return None
    holder = survivor(snap, read_by_key(snap, key))
    address = fold_email(sender.address)
    return int(key) if _takes_part(snap, int(key), holder.id, address) else None


def _takes_part(snap: Snapshot, ticket: int, holder: int, address: str) -> bool:
    """Whether an address is that of the customer, of who wrote before, or of who was written to."""
    here = {"ticket": holder, "address": address}
    return (
        snap.value(_IS_CUSTOMER, tickets=json.dumps([ticket]), address=address) is not None
        or snap.value(_HAS_WRITTEN, **here) is not None
        or snap.value(_WAS_WRITTEN_TO, **here) is not None
    )
