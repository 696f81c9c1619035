"""A mail that cannot be read: a ticket that tells so, with the mail attached as it came."""

import json
from hashlib import sha256

from peewee import fn

from cstar_core.attached import NewFile
from cstar_core.blobs import Blob, Blobs
from cstar_core.checks import check_email
from cstar_core.customers import empty_repetition
from cstar_core.letters import Unreadable
from cstar_core.mail.placing import Placed, Writing, give_files, new_ticket, one_line
from cstar_core.mail.settling import SAME, Taken
from cstar_core.scope import Scope
from cstar_core.store import Snapshot, Transaction, prepare, slot
from cstar_core.tables import MAIL_VERDICTS, THREADINGS, BlobRow, MailRow

TITLE = "Mail that could not be read"
NAME, MEDIA_TYPE = "message.eml", "message/rfc822"
# Of a mail that is too large, or could not be fetched, there is no more than that.
HEADERS_ONLY = "headers_only"
LOST = "lost"
_NOTHING = sha256(b"").digest()
_CODE_MAX, _REASON_MAX = 100, 500
_BLOB = prepare(
    BlobRow.select(BlobRow.digest, BlobRow.size)
    .join(MailRow, on=(MailRow.blob_id == BlobRow.id))
    .where(MailRow.id == slot("mail"))
)
# What was known of it, as of one that was read before and is lost since, stays known.
_NAMES = ("identity", "verdict", "reason", "threaded_by", "message_id", "original_id", "settled_at")
_SETTLE = prepare(
    MailRow.update(
        {getattr(MailRow, name): slot(name) for name in _NAMES}
        | {
            MailRow.facts: fn.JSON_PATCH(MailRow.facts, slot("facts")),
            MailRow.version: MailRow.version + 1,
        }
    ).where(MailRow.id == slot("mail"))
)


def blob_of(snap: Snapshot, mail: int) -> Blob | None:
    """Where the bytes of a mail are; None if they were forgotten."""
    row = snap.first(_BLOB, mail=mail)
    return None if row is None else Blob(*row)


def settle_unreadable(
    tx: Transaction, scope: Scope, blobs: Blobs, taken: Taken, why: Unreadable
) -> None:
    """Make its ticket, unless it has one from an earlier try, and note why."""
    message = taken.message
    reason = one_line(why.reason, _REASON_MAX, "cannot be read")
    if message is None:
        if _repeats(tx, scope, taken):
            return
        message = _place(tx, scope, blobs, taken, why.code, reason).message
    tx.run(
        _SETTLE,
        mail=taken.id,
        identity=taken.digest,
        verdict=MAIL_VERDICTS.index("failed"),
        reason=one_line(why.code, _CODE_MAX, "unreadable"),
        threaded_by=THREADINGS.index("new"),
        message_id=message,
        original_id=None,
        facts=json.dumps({"failure": reason}, ensure_ascii=False),
        settled_at=tx.now,
    )


def _repeats(tx: Transaction, scope: Scope, taken: Taken) -> bool:
    """Note that the same bytes came before, if they did, so that they are one ticket."""
    if taken.digest == _NOTHING:
        return False  # of several mails nothing may have come
    mine = {"workspace": scope.workspace_id, "mail": taken.id}
    original = tx.value(SAME, identity=taken.digest, **mine)
    if original is None:
        return False
    tx.run(
        _SETTLE,
        mail=taken.id,
        identity=taken.digest,
        verdict=MAIL_VERDICTS.index("duplicate"),
        reason="delivered_twice",
        threaded_by=None,
        message_id=None,
        original_id=original,
        facts="{}",
        settled_at=tx.now,
    )
    empty_repetition(tx, taken.id, int(original))
    return True


def _place(
    tx: Transaction, scope: Scope, blobs: Blobs, taken: Taken, code: str, reason: str
) -> Placed:
    lines = [f"A mail came that could not be read: it {reason}."]
    sender = taken.envelope_from
    if sender and not check_email("sender", sender):
        lines.append(f"It was sent by {sender}.")
    blob = blob_of(tx, taken.id)
    kept = code != LOST and blob is not None and blobs.has(blob)
    what = "Only its headers are attached" if code == HEADERS_ONLY else "It is attached as it came"
    told = f"{what}: {NAME}."
    lines.append(told if kept else "Its file is lost.")
    writing = Writing("\n".join(lines), "system", None, is_internal=True)
    placed = new_ticket(tx, scope, taken.mailbox, TITLE, writing)
    if blob is not None and kept:
        give_files(tx, scope, blobs, placed, [NewFile(NAME, MEDIA_TYPE, blob)])
    return placed
