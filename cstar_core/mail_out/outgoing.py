"""A mail that goes out: its shape, and how it is read."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from peewee import JOIN, SQL, fn

from cstar_core.clock import from_seconds, from_seconds_or_none
from cstar_core.errors import NotFound
from cstar_core.ids import public_id
from cstar_core.letters import Correspondent
from cstar_core.mail_out.states import Addressee
from cstar_core.scope import Scope, required_uid
from cstar_core.store import Slot, Snapshot, SqlRow, prepare, slot
from cstar_core.tables import (
    OUTGOING_KINDS,
    OUTGOING_STATES,
    MailboxRow,
    MessageRow,
    OutgoingMailRow,
    OutgoingRecipientRow,
    TicketRow,
)


@dataclass(frozen=True, slots=True)
class MailRecipient:
    """To whom a mail goes, and what became of that; ``is_copy`` tells that they are in Cc."""

    name: str
    address: str
    is_copy: bool
    state: str
    code: str | None
    failure: str | None


@dataclass(frozen=True, slots=True)
class OutgoingMail:
    """A mail on its way out, or what became of it.

    ``kind`` is reply, for the message of an agent, or first_answer, which has no message.
    ``state`` is queued, sent, deferred (it is tried again), failed, bounced (a server that had
    taken it gave it back) or held (too many went before it; ``release`` sends it). ``header_id`` is
    its Message-ID, without brackets. ``mailbox_id`` is None if the mailbox was deleted.
    """

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


@dataclass(frozen=True, slots=True)
class MailRoute:
    """How an answer on a ticket would go out: from the address of a mailbox, to whom, with copies
    for whom."""

    sender: str
    to: tuple[Correspondent, ...]
    copies: tuple[Correspondent, ...]


IN_MAILBOX = MailboxRow.id == OutgoingMailRow.mailbox_id
OF_MESSAGE = MessageRow.id == OutgoingMailRow.message_id
# That of the message now, which may have been moved since, or of an automatic mail.
TICKET_KEY = fn.COALESCE(OutgoingMailRow.ticket_id, MessageRow.ticket_id)
JOINED = (
    OutgoingMailRow.select(
        OutgoingMailRow.id,
        OutgoingMailRow.uid,
        TicketRow.uid,
        MessageRow.uid,
        MailboxRow.uid,
        OutgoingMailRow.kind,
        OutgoingMailRow.state,
        OutgoingMailRow.subject,
        OutgoingMailRow.header_id,
        OutgoingMailRow.attempts,
        OutgoingMailRow.due_at,
        OutgoingMailRow.code,
        OutgoingMailRow.failure,
        OutgoingMailRow.created_at,
        OutgoingMailRow.finished_at,
    )
    .join(MessageRow, JOIN.LEFT_OUTER, on=OF_MESSAGE)
    .join_from(OutgoingMailRow, TicketRow, on=(TicketRow.id == TICKET_KEY))
    .join_from(
        OutgoingMailRow,
        MailboxRow,
        JOIN.LEFT_OUTER,
        on=(MailboxRow.id == OutgoingMailRow.mailbox_id),
    )
)
MINE = OutgoingMailRow.workspace_id == slot("workspace")
_BY_UID = prepare(JOINED.where((OutgoingMailRow.uid == slot("uid")) & MINE))
_PEOPLE = (
    OutgoingRecipientRow.mail_id,
    *(getattr(OutgoingRecipientRow, name) for name in Addressee._fields),
)
_RECIPIENTS = prepare(
    OutgoingRecipientRow.select(*_PEOPLE)
    .where(
        OutgoingRecipientRow.mail_id.in_(SQL("(SELECT value FROM json_each(?))", [Slot("keys")]))
    )
    .order_by(OutgoingRecipientRow.mail_id, OutgoingRecipientRow.position)
)


def read_people(snap: Snapshot, keys: Sequence[int]) -> dict[int, list[Addressee]]:
    """The recipients of some mails, by the mails' keys."""
    found: dict[int, list[Addressee]] = {key: [] for key in keys}
    for mail, *person in snap.all(_RECIPIENTS, keys=str(list(keys))):
        found[mail].append(Addressee._make(person))
    return found


def read_row(snap: Snapshot, scope: Scope, id: str) -> SqlRow:
    """The row of a mail of this workspace; raises NotFound."""
    uid = required_uid("outgoing mail", id)
    row = snap.first(_BY_UID, uid=uid, workspace=scope.workspace_id)
    if row is None:
        raise NotFound("outgoing mail", id)
    return row


def mails_of(snap: Snapshot, rows: Sequence[SqlRow]) -> list[OutgoingMail]:
    """The values of rows of ``JOINED``, with their recipients."""
    people = read_people(snap, [row[0] for row in rows])
    return [_mail(row, people[row[0]]) for row in rows]


def _mail(row: SqlRow, people: Sequence[Addressee]) -> OutgoingMail:
    _, uid, ticket, message, mailbox, kind, state, subject, header_id, *rest = row
    attempts, due_at, code, failure, created_at, finished_at = rest
    return OutgoingMail(
        public_id("outgoing mail", uid),
        public_id("ticket", ticket),
        None if message is None else public_id("message", message),
        None if mailbox is None else public_id("mailbox", mailbox),
        OUTGOING_KINDS[kind],
        OUTGOING_STATES[state],
        subject,
        header_id,
        tuple(map(_recipient, people)),
        attempts,
        from_seconds_or_none(due_at),
        code,
        failure,
        from_seconds(created_at),
        from_seconds_or_none(finished_at),
    )


def _recipient(each: Addressee) -> MailRecipient:
    return MailRecipient(
        each.name,
        each.address,
        bool(each.is_copy),
        OUTGOING_STATES[each.state],
        each.code,
        each.failure,
    )
