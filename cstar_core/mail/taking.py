"""How a mail is taken in: its bytes and a row, before anything is read of it.

From then on it is accounted for, so whoever handed it over may be told so.
"""

import json

from cstar_core.blobs import Blob, Blobs
from cstar_core.checks import check_choice, check_email, check_integer, invalid
from cstar_core.errors import Invalid, NotFound, Problem
from cstar_core.ids import new_uid
from cstar_core.mail.mail import Envelope, MailPlace, check_envelope
from cstar_core.mailboxes import find_account, mailbox_key, move_cursor
from cstar_core.scope import Scope, required_uid
from cstar_core.store import Snapshot, SqlRow, Transaction, prepare, slot
from cstar_core.tables import MAIL_SOURCES, MailboxRow, MailRow

_NUMBER_MAX = 2**32 - 1
_NAMES = (
    *("uid", "workspace_id", "mailbox_id", "source", "uid_validity", "imap_uid", "blob_id"),
    *("digest", "size", "envelope_from", "envelope_to", "received_at"),
)
_INSERT = prepare(MailRow.insert({getattr(MailRow, name): slot(name) for name in _NAMES}))
_MINE = MailRow.workspace_id == slot("workspace")
_AT_PLACE = prepare(
    MailRow.select(MailRow.id, MailRow.digest).where(
        (MailRow.mailbox_id == slot("mailbox"))
        & (MailRow.uid_validity == slot("validity"))
        & (MailRow.imap_uid == slot("uid"))
    )
)
# Of a mailbox that is gone it may have been any.
_SAME_BYTES = prepare(
    MailRow.select(MailRow.id, MailRow.digest)
    .where(_MINE & (MailRow.digest == slot("digest")) & MailRow.imap_uid.is_null())
    .order_by(MailRow.id)
    .limit(1)
)
_DEFAULT = prepare(
    MailboxRow.select(MailboxRow.id).where(
        (MailboxRow.workspace_id == slot("workspace")) & (MailboxRow.is_default == 1)
    )
)
_KEY_OF_UID = prepare(
    MailboxRow.select(MailboxRow.id).where(
        (MailboxRow.uid == slot("uid")) & (MailboxRow.workspace_id == slot("workspace"))
    )
)


def check_taken(
    raw: object, source: object, envelope: Envelope | None, place: MailPlace | None
) -> list[Problem]:
    """What cannot be taken in; of the mail itself anything can."""
    problems = check_choice("source", source, MAIL_SOURCES)
    if not isinstance(raw, bytes):
        problems += invalid("raw", "must be bytes")
    if envelope is not None:
        problems += check_envelope(envelope.sender, envelope.recipients)
    if place is not None:
        problems += check_integer("place.uid_validity", place.uid_validity, 0, _NUMBER_MAX)
        problems += check_integer("place.uid", place.uid, 0, _NUMBER_MAX)
    return problems


def take(
    tx: Transaction,
    scope: Scope,
    blobs: Blobs,
    blob: Blob,
    mailbox: str | None,
    source: str,
    envelope: Envelope,
    place: MailPlace | None,
) -> int:
    """The integer key of the row of a mail whose bytes are stored: a new one, or that it has.

    Raises Invalid for a mailbox that is not there.
    """
    key = _mailbox(tx, scope, mailbox, envelope)
    at_place = _at_place(tx, key, place)
    if place is not None and key is not None:
        move_cursor(tx, key, place.uid_validity, place.uid)
    if at_place is not None and at_place[1] != blob.digest:
        # It is another's, of a folder that had the same numbers, or of which only a part came.
        at_place, place = None, None
    found = at_place if place is not None else _same_bytes(tx, scope, blob)
    if found is not None:
        return int(found[0])
    return tx.insert(
        _INSERT,
        uid=new_uid(tx.now),
        workspace_id=scope.workspace_id,
        mailbox_id=key,
        source=MAIL_SOURCES.index(source),
        uid_validity=place and place.uid_validity,
        imap_uid=place and place.uid,
        blob_id=blobs.claim(tx, blob),
        digest=blob.digest,
        size=blob.size,
        envelope_from=envelope.sender,
        envelope_to=json.dumps(envelope.recipients, ensure_ascii=False),
        received_at=tx.now,
    )


def _at_place(snap: Snapshot, mailbox: int | None, place: MailPlace | None) -> SqlRow | None:
    """The key and the digest of the mail that came from a place of a server."""
    if place is None:
        return None
    where = {"mailbox": mailbox, "validity": place.uid_validity, "uid": place.uid}
    return snap.first(_AT_PLACE, **where)


def _same_bytes(snap: Snapshot, scope: Scope, blob: Blob) -> SqlRow | None:
    """The mail that has the same bytes, such as those of somebody who tries again.

    What differs in what servers write on the way is found to be the same when it is settled.
    """
    return snap.first(_SAME_BYTES, workspace=scope.workspace_id, digest=blob.digest)


def _mailbox(snap: Snapshot, scope: Scope, mailbox: str | None, envelope: Envelope) -> int | None:
    """The mailbox that was named, else the one that it was sent to, else the default one."""
    if mailbox is not None:
        try:
            return mailbox_key(snap, scope, mailbox)
        except NotFound as error:
            raise Invalid(invalid("mailbox", "must be the id of an existing mailbox")) from error
    for each in envelope.recipients:
        if check_email("recipient", each):
            continue
        found = find_account(snap, each)
        if found is not None:
            uid = required_uid("mailbox", found.mailbox.id)
            key = snap.value(_KEY_OF_UID, uid=uid, workspace=scope.workspace_id)
            if key is not None:
                return int(key)
    default = snap.value(_DEFAULT, workspace=scope.workspace_id)
    return None if default is None else int(default)
