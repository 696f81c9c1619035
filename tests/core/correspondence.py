"""Mailboxes that send, mails that came in, and a server that answers as it is told."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cstar_core import (
    Correspondent,
    FailedRecipient,
    Helpdesk,
    Letter,
    Mailbox,
    MailPace,
    MailParcel,
    MailReply,
    Ticket,
    Workspace,
)
from cstar_core.mail_out import answer_first, keep_head, note_bounce
from cstar_core.mailboxes import mailbox_key
from cstar_core.tickets import read_stored

SUPPORT = "support@acme.example"
JANE = "jane@example.com"
SENDER = Correspondent("Jane", JANE)
OWN = Correspondent("", SUPPORT)
PACE = MailPace(jitter=0)


def letter(**options: Any) -> Letter:
    """A mail that came in."""
    given = {
        "message_id": "first@example.com",
        "subject": "Cannot log in",
        "sender": SENDER,
        "to": (OWN,),
    }
    return Letter(**{**given, **options})


@dataclass
class Server:
    """What mails are handed to: it says ``answers`` of some addresses, and takes all others."""

    answers: dict[str, MailReply] = field(default_factory=dict)
    sent: list[tuple[MailParcel, bytes]] = field(default_factory=list)

    def __call__(self, parcel: MailParcel, raw: bytes) -> Mapping[str, MailReply]:
        self.sent.append((parcel, raw))
        taken = MailReply("sent", "250", "taken")
        return {each: self.answers.get(each, taken) for each in parcel.recipients}

    def run(self, desk: Helpdesk) -> list[MailParcel]:
        """Send all that is due; what was handed over by that."""
        before = len(self.sent)
        desk.send_mail_due(self, pace=PACE)
        return [parcel for parcel, _ in self.sent[before:]]


def mailbox(room: Workspace, address: str = SUPPORT, **options: Any) -> Mailbox:
    """A mailbox that sends."""
    outgoing = {"host": "127.0.0.1", "security": "none"}
    return room.mailboxes.create(**{"address": address, "outgoing": outgoing, **options})


def ticket_of_jane(room: Workspace, **options: Any) -> Ticket:
    """A ticket of a customer who has an address."""
    return room.tickets.create(
        **{"title": "Cannot log in", "customer_name": "Jane", "customer_email": JANE, **options}
    )


def received(
    room: Workspace, box: Mailbox, ticket: Ticket, mail: Letter | None = None, **sender: Any
) -> None:
    """A mail of a customer came to a ticket."""
    with room._store.transaction() as tx:
        room.messages.create(ticket.id, content="Help", sender="customer", **sender)
        key = tx.next_key("messages") - 1
        keep_head(tx, room._scope, key, mailbox_key(tx, room._scope, box.id), mail or letter())


def answered_first(
    room: Workspace, box: Mailbox, ticket: Ticket, mail: Letter | None = None, **facts: Any
) -> bool:
    """Whether the mail that became a ticket was answered automatically."""
    given = {"return_path": JANE, **facts}
    with room._store.transaction() as tx:
        stored = read_stored(tx, room._scope, ticket.id)
        key = mailbox_key(tx, room._scope, box.id)
        return answer_first(tx, room._scope, stored, key, mail or letter(), **given)


def report(**facts: str) -> FailedRecipient:
    """What a notice says of a recipient."""
    given = {"address": JANE, "action": "failed", "status": "5.1.1", "diagnostic": "no such user"}
    return FailedRecipient(**{**given, **facts})


def bounced(room: Workspace, header_id: str, *reports: FailedRecipient) -> Any:
    """A delivery status notice came in."""
    with room._store.transaction() as tx:
        return note_bounce(tx, room._scope, header_id, reports or (report(),))
