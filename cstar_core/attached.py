"""What is attached to messages: what a file is called and may be, and how a message takes it."""

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from peewee import JOIN, SQL, fn

from cstar_core.blobs import Blob, Blobs
from cstar_core.checks import invalid, raise_any
from cstar_core.clock import from_seconds
from cstar_core.errors import Problem
from cstar_core.file_names import clean_media_type, clean_name
from cstar_core.ids import PREFIXES, new_uid, parse_id, public_id
from cstar_core.scope import Scope
from cstar_core.store import Prepared, Slot, Snapshot, SqlRow, Transaction, prepare, slot
from cstar_core.tables import AttachmentRow, BlobRow, MessageRow
from cstar_core.values import maker

ATTACHMENT_BYTES_MAX = 25 * 1024 * 1024
ATTACHMENTS_BYTES_MAX = 50 * 1024 * 1024
ATTACHMENTS_MAX = 20
CONTENT_ID_MAX = 998
# As the search index stands between texts, so that no phrase is found across two names.
_BETWEEN = " \ue000 "


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file of a message, or one that was uploaded to a ticket for a message to come.

    ``message_id`` is None for the latter. ``name`` is a name and no path. ``size`` is in bytes,
    ``sha256`` in hex. ``content_id`` is what the HTML of a mail calls it by, and ``is_inline``
    tells that it is shown in there.
    """

    id: str
    message_id: str | None
    name: str
    media_type: str
    size: int
    sha256: str
    content_id: str | None
    is_inline: bool
    created_at: datetime

    @property
    def blob(self) -> Blob:
        """Where its bytes are."""
        return Blob(bytes.fromhex(self.sha256), self.size)


@dataclass(frozen=True, slots=True)
class NewFile:
    """A file whose bytes are stored, for a message that will be written. It lasts a day."""

    name: str
    media_type: str
    blob: Blob
    content_id: str | None = None
    is_inline: bool = False


def new_file(
    blob: Blob,
    name: str,
    media_type: str | None = None,
    *,
    content_id: str | None = None,
    is_inline: bool = False,
) -> NewFile:
    """A file with a name and a type that can be kept, whatever a mail or a browser said."""
    clean = clean_name(name)
    known = None if content_id is None else content_id[:CONTENT_ID_MAX]
    return NewFile(clean, clean_media_type(media_type, clean), blob, known, is_inline)


_make = maker(Attachment)
COLUMNS = (
    AttachmentRow.uid,
    MessageRow.uid,
    AttachmentRow.name,
    AttachmentRow.media_type,
    BlobRow.size,
    BlobRow.digest,
    AttachmentRow.content_id,
    AttachmentRow.is_inline,
    AttachmentRow.created_at,
)
JOINED = (
    AttachmentRow.select(AttachmentRow.id, *COLUMNS)
    .join(BlobRow, on=(BlobRow.id == AttachmentRow.blob_id))
    .join_from(
        AttachmentRow, MessageRow, JOIN.LEFT_OUTER, on=(MessageRow.id == AttachmentRow.message_id)
    )
)
_OF_MESSAGES = prepare(
    JOINED.select(AttachmentRow.message_id, *COLUMNS)
    .where(AttachmentRow.message_id.in_(SQL("(SELECT value FROM json_each(?))", [Slot("keys")])))
    .order_by(AttachmentRow.message_id, AttachmentRow.position, AttachmentRow.id)
)
_OF_DRAFTS = prepare(
    JOINED.select(AttachmentRow.draft_id, *COLUMNS)
    .where(AttachmentRow.draft_id.in_(SQL("(SELECT value FROM json_each(?))", [Slot("keys")])))
    .order_by(AttachmentRow.draft_id, AttachmentRow.position, AttachmentRow.id)
)
_RELEASE = prepare(
    AttachmentRow.update({AttachmentRow.draft_id: None}).where(
        AttachmentRow.draft_id == slot("draft")
    )
)
_KEEP = prepare(
    AttachmentRow.update(
        {AttachmentRow.draft_id: slot("draft"), AttachmentRow.position: slot("position")}
    ).where(AttachmentRow.id == slot("attachment"))
)
_UPLOADS = prepare(
    JOINED.where(
        (AttachmentRow.ticket_id == slot("ticket"))
        & fn.HEX(AttachmentRow.uid).in_(SQL("(SELECT value FROM json_each(?))", [Slot("uids")]))
    )
)
_TAKE = prepare(
    AttachmentRow.update(
        {
            AttachmentRow.ticket_id: None,
            AttachmentRow.draft_id: None,
            AttachmentRow.message_id: slot("message"),
            AttachmentRow.position: slot("position"),
        }
    ).where(AttachmentRow.id == slot("attachment"))
)
INSERT = prepare(
    AttachmentRow.insert(
        {
            AttachmentRow.uid: slot("uid"),
            AttachmentRow.workspace_id: slot("workspace"),
            AttachmentRow.ticket_id: slot("ticket"),
            AttachmentRow.message_id: slot("message"),
            AttachmentRow.blob_id: slot("blob"),
            AttachmentRow.name: slot("name"),
            AttachmentRow.media_type: slot("media_type"),
            AttachmentRow.content_id: slot("content_id"),
            AttachmentRow.is_inline: slot("is_inline"),
            AttachmentRow.position: slot("position"),
            AttachmentRow.created_at: slot("now"),
        }
    )
)
_NAME = prepare(
    MessageRow.update({MessageRow.file_names: slot("names")}).where(
        MessageRow.id == slot("message")
    )
)
_STALE = prepare(
    AttachmentRow.delete().where(
        AttachmentRow.message_id.is_null()
        & AttachmentRow.draft_id.is_null()
        & (AttachmentRow.created_at <= slot("until"))
    )
)
Given = str | NewFile


def attachment_of(row: SqlRow) -> Attachment:
    """The value of a row of ``COLUMNS``."""
    uid, message, name, media_type, size, digest, content_id, is_inline, created_at = row
    return _make(
        public_id("attachment", uid),
        None if message is None else public_id("message", message),
        name,
        media_type,
        size,
        digest.hex(),
        content_id,
        bool(is_inline),
        from_seconds(created_at),
    )


def attachments_of(snap: Snapshot, messages: Collection[int]) -> dict[int, tuple[Attachment, ...]]:
    """The attachments of messages by their integer keys, in one query; of none, in no query."""
    return _grouped(snap, _OF_MESSAGES, messages)


def _grouped(
    snap: Snapshot, query: Prepared, keys: Collection[int]
) -> dict[int, tuple[Attachment, ...]]:
    found: dict[int, tuple[Attachment, ...]] = {}
    if keys:
        for row in snap.all(query, keys=json.dumps(list(keys))):
            found[row[0]] = (*found.get(row[0], ()), attachment_of(row[1:]))
    return found


def check_attachments(param: str, value: object) -> list[Problem]:
    """Ids of uploads, or files that are stored: at most 20, none of them twice."""
    if not isinstance(value, list | tuple):
        return invalid(param, "must be a list of ids of attachments")
    if len(value) > ATTACHMENTS_MAX:
        return invalid(param, f"must be at most {ATTACHMENTS_MAX} files")
    problems: list[Problem] = []
    for place, each in enumerate(value):
        if not isinstance(each, NewFile) and parse_id("attachment", each) is None:
            rule = f"must be an id that begins with {PREFIXES['attachment']}"
            problems += invalid(f"{param}.{place}", rule)
    ids = [parse_id("attachment", each) for each in value if isinstance(each, str)]
    if not problems and len(set(ids)) < len(ids):
        problems = invalid(param, "must not have an id twice")
    return problems


def check_files(param: str, value: object) -> list[Problem]:
    """Files that are stored, for who has no uploads: at most 20."""
    return check_attachments(param, value) or _all_are(NewFile, param, value)


def check_uploads(param: str, value: object) -> list[Problem]:
    """Ids of uploads alone: at most 20, none of them twice."""
    return check_attachments(param, value) or _all_are(str, param, value)


def _all_are(kind: type, param: str, value: object) -> list[Problem]:
    if isinstance(value, list | tuple) and all(isinstance(each, kind) for each in value):
        return []
    what = "ids of attachments" if kind is str else "files that are stored"
    return invalid(param, f"must be a list of {what}")


class Attaching:
    """The attachments that a message takes, found and checked before the message is written.

    ``given`` are files, or rows of uploads to ``ticket`` as ``taken`` finds them.
    """

    def __init__(
        self, tx: Transaction, scope: Scope, blobs: Blobs, given: Iterable[NewFile | SqlRow]
    ) -> None:
        self._tx = tx
        self._scope = scope
        self._blobs = blobs
        self._given = list(given)

    @property
    def names(self) -> str | None:
        """What the row of the message says of them; None if there are none."""
        shown = [each.name if isinstance(each, NewFile) else each[3] for each in self._given]
        return _BETWEEN.join(shown) if shown else None

    @property
    def size(self) -> int:
        """How many bytes all of them are."""
        return sum(each.blob.size if isinstance(each, NewFile) else each[5] for each in self._given)

    def write(self, message: int) -> None:
        """Give them to a message with this integer key, in their order."""
        for position, each in enumerate(self._given):
            if isinstance(each, NewFile):
                insert(self._tx, self._scope, self._blobs, each, message=message, position=position)
            else:
                self._tx.run(_TAKE, attachment=each[0], message=message, position=position)


def find_uploads(
    tx: Transaction, ticket: int | None, ids: Sequence[str], places: Sequence[int]
) -> dict[bytes | None, SqlRow]:
    """Rows of uploads to a ticket by the bytes of their ids.

    Raises Invalid, with the place of each in ``attachments``, for what is none, or was taken.
    """
    if not ids:
        return {}
    uids = [parse_id("attachment", each) for each in ids]
    wanted = json.dumps([uid.hex().upper() for uid in uids if uid is not None])
    rows: dict[bytes | None, SqlRow] = {
        row[1]: row for row in tx.all(_UPLOADS, ticket=ticket, uids=wanted)
    }
    rule = "must be an upload to this ticket that no message has"
    absent = [place for place, uid in zip(places, uids, strict=True) if uid not in rows]
    raise_any([problem for place in absent for problem in invalid(f"attachments.{place}", rule)])
    return rows


def keep_for_draft(tx: Transaction, ticket: int, draft: int, ids: Sequence[str]) -> None:
    """Let a draft have these uploads to its ticket, and no others. Raises Invalid."""
    rows = find_uploads(tx, ticket, ids, range(len(ids)))
    tx.run(_RELEASE, draft=draft)
    for position, each in enumerate(ids):
        key = rows[parse_id("attachment", each)][0]
        tx.run(_KEEP, attachment=key, draft=draft, position=position)


def attachments_of_drafts(
    snap: Snapshot, drafts: Collection[int]
) -> dict[int, tuple[Attachment, ...]]:
    """The uploads that drafts have, by their integer keys, in one query; of none, in no query."""
    return _grouped(snap, _OF_DRAFTS, drafts)


def taken(
    tx: Transaction, scope: Scope, blobs: Blobs, ticket: int | None, given: Sequence[Given]
) -> Attaching:
    """What a message takes of the uploads to a ticket, and files; ``check_attachments`` passed.

    Raises Invalid for what is no upload to it, or was taken, and for more bytes than a message has.
    """
    ids = {place: each for place, each in enumerate(given) if isinstance(each, str)}
    rows = find_uploads(tx, ticket, list(ids.values()), list(ids))
    files = [
        each if isinstance(each, NewFile) else rows[parse_id("attachment", each)] for each in given
    ]
    attaching = Attaching(tx, scope, blobs, files)
    if attaching.size > ATTACHMENTS_BYTES_MAX:
        raise_any(invalid("attachments", f"must be at most {ATTACHMENTS_BYTES_MAX:,} bytes"))
    return attaching


def attach(
    tx: Transaction, scope: Scope, blobs: Blobs, message: int, files: Sequence[NewFile]
) -> None:
    """Give files to a message that is written and has none, by its integer key."""
    attaching = Attaching(tx, scope, blobs, files)
    attaching.write(message)
    tx.run(_NAME, message=message, names=attaching.names)


def insert(
    tx: Transaction,
    scope: Scope,
    blobs: Blobs,
    file: NewFile,
    *,
    ticket: int | None = None,
    message: int | None = None,
    position: int = 0,
) -> bytes:
    """Write the row of a file of a ticket or of a message; the bytes of its id."""
    uid = new_uid(tx.now)
    tx.run(
        INSERT,
        uid=uid,
        workspace=scope.workspace_id,
        ticket=ticket,
        message=message,
        blob=blobs.claim(tx, file.blob),
        name=file.name,
        media_type=file.media_type,
        content_id=file.content_id,
        is_inline=int(file.is_inline),
        position=position,
        now=tx.now,
    )
    return uid


def drop_uploads(tx: Transaction, until: int) -> None:
    """Forget the uploads from before an instant that neither a message nor a draft has."""
    tx.run(_STALE, until=until)
