"""One message of a ticket: its shape, and how it is read with what belongs to it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cstar_core.attached import Attachment, attachments_of
from cstar_core.clock import from_seconds
from cstar_core.ids import public_id
from cstar_core.mail_delivery import MailDelivery, deliveries_of
from cstar_core.store import Snapshot, SqlRow
from cstar_core.tables import SENDERS, MessageRow
from cstar_core.values import maker


@dataclass(frozen=True, slots=True)
class Message:
    """One entry of a ticket's thread; an internal one is not for the customer's eyes.

    ``delivery`` tells what became of the mail that it went out as, if it did.
    """

    id: str
    ticket_id: str
    content: str
    sender: str
    sender_name: str
    is_internal: bool
    created_at: datetime
    attachments: tuple[Attachment, ...] = ()
    delivery: MailDelivery | None = None


_make_message = maker(Message)
MESSAGE_COLUMNS = (
    MessageRow.id,
    MessageRow.uid,
    MessageRow.content,
    MessageRow.sender,
    MessageRow.sender_name,
    MessageRow.is_internal,
    MessageRow.created_at,
    MessageRow.file_names,
)
_SENDER, _IS_INTERNAL, CREATED_AT, _FILE_NAMES = 3, 5, 6, 7
_AGENT = SENDERS.index("agent")


def messages_of(
    snap: Snapshot, rows: Sequence[SqlRow], ticket_id: str, internal: bool = True
) -> tuple[Message, ...]:
    """The values of rows of ``MESSAGE_COLUMNS``, with their attachments.

    What became of their mails is ``internal``, since it names addresses.
    """
    files = attachments_of(snap, [row[0] for row in rows if row[_FILE_NAMES] is not None])
    mails = deliveries_of(snap, [row[0] for row in rows if internal and _may_go_out(row)])
    return tuple(
        [_message_of(row, ticket_id, files.get(row[0], ()), mails.get(row[0])) for row in rows]
    )


def _may_go_out(row: SqlRow) -> bool:
    return bool(row[_SENDER] == _AGENT and not row[_IS_INTERNAL])


def _message_of(
    row: SqlRow, ticket_id: str, attachments: tuple[Attachment, ...], mail: MailDelivery | None
) -> Message:
    _, uid, content, sender, sender_name, is_internal, created_at, _ = row
    return _make_message(
        public_id("message", uid),
        ticket_id,
        content,
        SENDERS[sender],
        sender_name,
        bool(is_internal),
        from_seconds(created_at),
        attachments,
        mail,
    )
