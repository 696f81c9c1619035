"""One mail that came in: what it was, what became of it, and why."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from peewee import JOIN, SQL, fn

from cstar_core.checks import EMAIL_MAX, check_text, invalid
from cstar_core.clock import from_seconds, from_seconds_or_none
from cstar_core.errors import NotFound, Problem
from cstar_core.ids import public_id
from cstar_core.scope import Scope, required_uid
from cstar_core.store import Snapshot, SqlRow, prepare, slot
from cstar_core.tables import (
    MAIL_SOURCES,
    MAIL_VERDICTS,
    THREADINGS,
    MailboxRow,
    MailRow,
    MessageMoveRow,
    MessageRow,
    TicketRow,
)

# Why a mail is on the ticket that it is on.
THREADING_REASONS: Mapping[str, str] = {
    "reply_address": "It was sent to the reply address of this ticket.",
    "in_reply_to": "It says that it answers a mail of this ticket (In-Reply-To).",
    "references": "It refers to a mail of this ticket (References).",
    "subject": "Its subject names the ticket, and its sender takes part in it.",
    "new": "Nothing in it belongs to an earlier ticket.",
    "moved": "Somebody moved it here.",
}
# Why a mail has the verdict that it has; a verdict without one needs no reason.
VERDICT_REASONS: Mapping[str, str] = {
    "automatic": "A program sent it, so it is never answered automatically.",
    "list": "It came by a mailing list, so it is never answered automatically.",
    "null_return_path": "It has no return path, so it is never answered automatically.",
    "loop": "A helpdesk has answered it before, so it is never answered automatically.",
    "delivery_failed": "It tells that a mail of this ticket could not be delivered.",
    "delivery_report": "It tells what became of a mail of this ticket.",
    "unknown_delivery": "It tells of the delivery of a mail that this desk did not send.",
    "lost": "Its file is missing or damaged; a backup may have it.",
    "delivered_twice": "The same mail came before.",
    "own_mail": "This desk has sent it itself.",
    "blocked": "Its sender is blocked.",
    "spam_flag": "A mail server has marked it as spam.",
    "dmarc": "Its sender could not be verified (DMARC).",
    "marked": "Somebody has filed it as spam.",
}


ENVELOPE_MAX = 1_000
MAIL_THREADINGS, MAIL_REASONS = tuple(THREADING_REASONS), tuple(VERDICT_REASONS)


@dataclass(frozen=True, slots=True)
class Envelope:
    """Whom a mail was from and to as servers said it; an empty sender is a null return path."""

    sender: str | None = None
    recipients: tuple[str, ...] = ()

    @classmethod
    def heard(cls, sender: str | None, recipients: Sequence[str]) -> "Envelope":
        """What a server said, without what can be no address: it is too long, or no text.

        No mail is turned away for that, since the server would only try again. A sender that is
        left out is not known, and so is not the null return path.
        """
        known = not check_envelope(sender, ())
        good = (each for each in recipients if not check_envelope(None, (each,)))
        return cls(sender if known else None, tuple(good)[:ENVELOPE_MAX])


def check_envelope(sender: object, recipients: Sequence[object]) -> list[Problem]:
    """Addresses as servers write them, which may be others than members and customers have."""
    problems = [] if sender is None else check_text("envelope.sender", sender, EMAIL_MAX)
    if len(recipients) > ENVELOPE_MAX:
        return invalid("envelope.recipients", f"must be at most {ENVELOPE_MAX:,} addresses")
    for place, each in enumerate(recipients):
        param = f"envelope.recipients.{place}"
        is_blank = isinstance(each, str) and not each.strip()
        blank = invalid(param, "must not be blank") if is_blank else []
        problems += blank or check_text(param, each, EMAIL_MAX)
    return problems


@dataclass(frozen=True, slots=True)
class MailPlace:
    """Where a mail lies on an IMAP server: the UIDVALIDITY of its folder, and its UID."""

    uid_validity: int
    uid: int


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail that came in. ``verdict`` is waiting, ticket, reply, bounce, automatic, duplicate,
    ignored, spam or failed; ``reason`` a code for why.

    ``ticket_id`` and ``message_id`` are where it is now, ``threaded_by`` tells how it got there.
    ``original_id`` is the mail that a duplicate repeats. ``header_id`` is its Message-ID. Of a
    ticket that was deleted, or a person who was erased, only the verdict is left, and ``has_raw``
    is False. ``facts`` are what reading it has shown.
    """

    id: str
    mailbox_id: str | None
    source: str
    place: MailPlace | None
    size: int
    has_raw: bool
    header_id: str | None
    subject: str | None
    sender: str | None
    sender_name: str | None
    envelope: Envelope
    verdict: str
    reason: str | None
    threaded_by: str | None
    ticket_id: str | None
    message_id: str | None
    original_id: str | None
    is_released: bool
    attempts: int
    facts: dict[str, Any]
    received_at: datetime
    settled_at: datetime | None
    version: int

    @property
    def explanation(self) -> str | None:
        """A sentence on the verdict; None where there is nothing to explain."""
        if self.verdict == "failed":
            return f"It could not be read: it {self.facts.get('failure', self.reason)}."
        return VERDICT_REASONS.get(self.reason or "")

    @property
    def threading(self) -> str | None:
        """A sentence on why it is on its ticket; None if it is on none."""
        return THREADING_REASONS.get(self.threaded_by or "")


_OriginalRow = MailRow.alias("original")
MOVES = MessageMoveRow.select(SQL("1")).where(MessageMoveRow.message_id == MailRow.message_id)
COLUMNS = (
    MailRow.uid,
    MailboxRow.uid,
    MailRow.source,
    MailRow.uid_validity,
    MailRow.imap_uid,
    MailRow.size,
    MailRow.blob_id,
    MailRow.header_id,
    MailRow.subject,
    MailRow.sender,
    MailRow.sender_name,
    MailRow.envelope_from,
    MailRow.envelope_to,
    MailRow.verdict,
    MailRow.reason,
    MailRow.threaded_by,
    TicketRow.uid,
    MessageRow.uid,
    fn.EXISTS(MOVES),
    _OriginalRow.uid,
    MailRow.is_released,
    MailRow.attempts,
    MailRow.facts,
    MailRow.received_at,
    MailRow.settled_at,
    MailRow.version,
)
JOINED = (
    MailRow.select(MailRow.id, *COLUMNS)
    .join(MailboxRow, JOIN.LEFT_OUTER, on=(MailboxRow.id == MailRow.mailbox_id))
    .join_from(MailRow, MessageRow, JOIN.LEFT_OUTER, on=(MessageRow.id == MailRow.message_id))
    .join_from(MessageRow, TicketRow, JOIN.LEFT_OUTER, on=(TicketRow.id == MessageRow.ticket_id))
    .join_from(MailRow, _OriginalRow, JOIN.LEFT_OUTER, on=(_OriginalRow.id == MailRow.original_id))
)
_BY_KEY = prepare(JOINED.where(MailRow.id == slot("mail")))
_KEY = prepare(
    MailRow.select(MailRow.id).where(
        (MailRow.uid == slot("uid")) & (MailRow.workspace_id == slot("workspace"))
    )
)


def mail_key(snap: Snapshot, scope: Scope, id: str) -> int:
    """The integer key of a mail of this workspace; raises NotFound."""
    uid = required_uid("mail", id)
    key: int | None = snap.value(_KEY, uid=uid, workspace=scope.workspace_id)
    if key is None:
        raise NotFound("mail", id)
    return key


def read_mail(snap: Snapshot, key: int) -> Mail:
    """The mail with an integer key, which must be there."""
    return mail_of(snap.all(_BY_KEY, mail=key)[0][1:])


def mail_of(row: SqlRow) -> Mail:
    """The value that a row of ``COLUMNS`` holds."""
    uid, mailbox, source, validity, imap_uid, size, blob, header_id, subject, *more = row
    sender, name, envelope_from, envelope_to, verdict, reason, threaded_by, *more = more
    ticket, message, moved, original, released, attempts, facts, received, settled, version = more
    threading = None if threaded_by is None or message is None else THREADINGS[threaded_by]
    return Mail(
        id=public_id("mail", uid),
        mailbox_id=_id("mailbox", mailbox),
        source=MAIL_SOURCES[source],
        place=None if imap_uid is None else MailPlace(validity, imap_uid),
        size=size,
        has_raw=blob is not None,
        header_id=header_id,
        subject=subject,
        sender=sender,
        sender_name=name,
        envelope=Envelope(envelope_from, tuple(json.loads(envelope_to or "[]"))),
        verdict=MAIL_VERDICTS[verdict],
        reason=reason,
        threaded_by="moved" if moved and threading else threading,
        ticket_id=_id("ticket", ticket),
        message_id=_id("message", message),
        original_id=_id("mail", original),
        is_released=bool(released),
        attempts=attempts,
        facts=json.loads(facts),
        received_at=from_seconds(received),
        settled_at=from_seconds_or_none(settled),
        version=version,
    )


def _id(kind: str, uid: bytes | None) -> str | None:
    return None if uid is None else public_id(kind, uid)
