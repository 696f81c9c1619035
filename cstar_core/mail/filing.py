"""Filing a mail as spam by hand: it is kept as it came, and what it has become goes.

The ticket that it has made goes with it if nobody but its sender has written there. Otherwise only
its message goes, since nothing of others may be lost.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from peewee import fn

from cstar_core import facets
from cstar_core.blobs import Blob
from cstar_core.checks import invalid, raise_any
from cstar_core.errors import MailConflict
from cstar_core.ids import public_id
from cstar_core.mail.blocks import add_block, check_block
from cstar_core.mail.mail import MOVES, Mail
from cstar_core.mail.unreadable import blob_of
from cstar_core.scope import Scope
from cstar_core.store import Snapshot, Transaction, prepare, slot
from cstar_core.tables import MAIL_VERDICTS, THREADINGS, MailRow, MergeRow, MessageRow
from cstar_core.tickets import ENTITY, Stored, delete_tickets, read_by_key, remove_message

# Whom filing can block besides.
SPAM_BLOCKS = ("sender", "domain")
# Whether the bytes of a mail are there: once its message is gone, nothing else is left of it.
IsKept = Callable[[Blob], bool]
MARKED = "marked"
_FILED = ("ticket", "reply", "automatic")
_NEW = THREADINGS.index("new")


@dataclass(frozen=True, slots=True)
class SpamFiling:
    """What filing a mail as spam takes away: its ticket, or only its message if that is False.

    ``mails`` is how many mails are filed: those of the same sender on a ticket that goes.
    """

    ticket_id: str
    takes_ticket: bool
    mails: int


class _Part(NamedTuple):
    """A mail of the sender on the ticket, and its message."""

    mail: int
    message: int
    threaded_by: int | None
    is_moved: int


class _Going(NamedTuple):
    """What goes: some mails with their messages, and the ticket if all of it is theirs."""

    holder: Stored
    takes_ticket: bool
    parts: list[_Part]


_PLACE = prepare(
    MailRow.select(MessageRow.ticket_id, MailRow.sender_key)
    .join(MessageRow, on=(MessageRow.id == MailRow.message_id))
    .where(MailRow.id == slot("mail"))
)
_THEIRS = prepare(
    MailRow.select(MailRow.id, MailRow.message_id, MailRow.threaded_by, fn.EXISTS(MOVES))
    .join(MessageRow, on=(MessageRow.id == MailRow.message_id))
    .where(
        (MessageRow.ticket_id == slot("ticket"))
        & MailRow.verdict.in_([MAIL_VERDICTS.index(each) for each in _FILED])
        & MailRow.blob_id.is_null(False)
        & ((MailRow.id == slot("mail")) | (MailRow.sender_key == slot("sender")))
    )
    .order_by(MailRow.id)
)
_HAS_MERGED = prepare(
    MergeRow.select(MergeRow.ticket_id).where(MergeRow.into_id == slot("ticket")).limit(1)
)
# Before its message is deleted: that would forget the mail too.
_FILE = prepare(
    MailRow.update(
        {
            MailRow.verdict: MAIL_VERDICTS.index("spam"),
            MailRow.reason: MARKED,
            MailRow.threaded_by: None,
            MailRow.message_id: None,
            MailRow.is_released: 0,
            MailRow.settled_at: slot("now"),
            MailRow.version: MailRow.version + 1,
        }
    ).where(MailRow.id == slot("mail"))
)


def refuse_filing(mail: Mail) -> None:
    """Raise MailConflict, with the reason, unless a mail can be filed as spam."""
    if mail.verdict == "waiting":
        raise MailConflict("The mail waits to be read")
    if mail.original_id is not None:
        raise MailConflict(f"The mail repeats {mail.original_id}; file that one")
    if mail.verdict not in _FILED:
        raise MailConflict(f"The mail is settled: {mail.verdict}")
    if not mail.has_raw or mail.message_id is None:
        raise MailConflict("The mail was forgotten; nothing is left of it")


def would_file(snap: Snapshot, is_kept: IsKept, mail: int) -> SpamFiling:
    """What filing a mail (its key) that can be filed would take away."""
    going = _going(snap, is_kept, mail)
    return SpamFiling(public_id("ticket", going.holder.uid), going.takes_ticket, len(going.parts))


def files_going(snap: Snapshot, is_kept: IsKept, mail: int) -> list[Blob]:
    """The files of the mails that would be filed with a mail (its key) that can be."""
    found = (blob_of(snap, each.mail) for each in _going(snap, is_kept, mail).parts)
    return [blob for blob in found if blob is not None]


def file_as_spam(tx: Transaction, scope: Scope, is_kept: IsKept, mail: int) -> None:
    """File a mail (its key) that can be filed."""
    going = _going(tx, is_kept, mail)
    for part in going.parts:
        tx.run(_FILE, mail=part.mail, now=tx.now)
    if going.takes_ticket:
        known = facets.definitions(tx, scope.workspace_id, ENTITY)
        delete_tickets(tx, scope, [going.holder], known)
        return
    for part in going.parts:
        remove_message(tx, scope, going.holder, part.message)


def block_sender(tx: Transaction, scope: Scope, mail: Mail, which: str) -> None:
    """Block the sender of a mail, or the domain, unless it is blocked; raises Invalid."""
    sender = mail.sender or ""
    value = sender if which == "sender" else sender.rpartition("@")[2]
    if check_block("block", value):
        raise_any(
            invalid("block", "must be left out: the mail names no sender that can be blocked")
        )
    add_block(tx, scope, value, None)


def _going(snap: Snapshot, is_kept: IsKept, mail: int) -> _Going:
    ticket, sender = snap.all(_PLACE, mail=mail)[0]
    holder = read_by_key(snap, ticket)
    rows = snap.all(_THEIRS, ticket=ticket, mail=mail, sender=sender)
    theirs = [_Part._make(row) for row in rows]
    this = [each for each in theirs if each.mail == mail]
    whole = _has_made(this) and _is_all(snap, holder, theirs)
    if whole and all(_is_there(snap, is_kept, each) for each in theirs):
        return _Going(holder, True, theirs)
    if not all(_is_there(snap, is_kept, each) for each in this):
        raise MailConflict("The file of the mail is lost; its message is all that is left")
    return _Going(holder, False, this)


def _has_made(parts: list[_Part]) -> bool:
    """Whether a mail has made the ticket that it is on."""
    return any(each.threaded_by == _NEW and not each.is_moved for each in parts)


def _is_all(snap: Snapshot, holder: Stored, parts: list[_Part]) -> bool:
    """Whether there is nothing but some mails on a ticket."""
    return (
        holder.message_count == len(parts)
        and not holder.notes
        and snap.value(_HAS_MERGED, ticket=holder.id) is None
    )


def _is_there(snap: Snapshot, is_kept: IsKept, part: _Part) -> bool:
    blob = blob_of(snap, part.mail)
    return blob is not None and is_kept(blob)
