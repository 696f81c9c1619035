"""The room of attachments: what is uploaded to a ticket, and the files of its messages."""

from io import BufferedReader
from typing import BinaryIO

from cstar_core.attached import (
    ATTACHMENT_BYTES_MAX,
    JOINED,
    Attachment,
    NewFile,
    attachment_of,
    drop_uploads,
    insert,
    new_file,
)
from cstar_core.blobs import KEPT_SECONDS, Blobs, Collected, collect_blobs
from cstar_core.checks import invalid, or_none, raise_any
from cstar_core.errors import NotFound, Problem
from cstar_core.file_names import check_file_name, check_media_type
from cstar_core.ids import public_id
from cstar_core.scope import Scope, required_uid
from cstar_core.store import Snapshot, SqlRow, Store, prepare, slot
from cstar_core.tables import AttachmentRow, MessageRow
from cstar_core.tickets import Stored, read_stored

# Also by the ticket that a message was written to, so that a merge breaks no address of a file.
_AT_TICKET = (
    (AttachmentRow.ticket_id == slot("ticket"))
    | (MessageRow.ticket_id == slot("ticket"))
    | (MessageRow.home_id == slot("ticket"))
)
_ONE = prepare(JOINED.where((AttachmentRow.uid == slot("uid")) & _AT_TICKET))
_SEEN = prepare(
    JOINED.where(
        (AttachmentRow.uid == slot("uid"))
        & ((MessageRow.ticket_id == slot("ticket")) | (MessageRow.home_id == slot("ticket")))
        & (MessageRow.is_internal == 0)
    )
)
_OF_THREAD = prepare(
    JOINED.where(
        AttachmentRow.message_id.in_(
            MessageRow.select(MessageRow.id).where(
                (MessageRow.ticket_id == slot("ticket"))
                & (MessageRow.is_internal <= slot("internal"))
            )
        )
    ).order_by(MessageRow.created_at, MessageRow.id, AttachmentRow.position, AttachmentRow.id)
)
_UPLOADS = prepare(
    JOINED.where(AttachmentRow.ticket_id == slot("ticket")).order_by(AttachmentRow.id)
)
_DELETE = prepare(AttachmentRow.delete().where(AttachmentRow.id == slot("attachment")))


class Attachments:
    """The files of one workspace's tickets.

    Whoever sees a message sees what is attached to it; an upload that no message has is for those
    alone who see internal messages.
    """

    def __init__(self, store: Store, scope: Scope) -> None:
        self._store = store
        self._scope = scope
        self._blobs = Blobs(store)

    def upload(
        self,
        ticket_id: str,
        *,
        name: str,
        content: bytes | BinaryIO,
        media_type: str | None = None,
    ) -> Attachment:
        """Store a file (at most 25 MB) for a message to a ticket; it is kept for a day.

        ``content`` is its bytes, or a file that is read to its end. Of ``name`` is kept what can be
        the name of a file. Without ``media_type``, such as image/png, it is that which the ending
        of the name says. Raises Invalid, NotFound, Forbidden and StorageFull.
        """
        with self._store.transaction(brief=True) as tx:
            # Before the bytes are stored: who must not write leaves none.
            read_stored(tx, self._scope, ticket_id)
        file = self.put(name=name, content=content, media_type=media_type)
        with self._store.transaction(brief=True) as tx:
            ticket = read_stored(tx, self._scope, ticket_id)
            uid = insert(tx, self._scope, self._blobs, file, ticket=ticket.id)
            return attachment_of(_found(tx, ticket, uid)[1:])

    def put(
        self, *, name: str, content: bytes | BinaryIO, media_type: str | None = None
    ) -> NewFile:
        """Store a file as ``upload`` does, for a message to a ticket that need not be there yet.

        Raises Invalid and StorageFull.
        """
        raise_any(self.check(name=name, content=content, media_type=media_type))
        blob = self._blobs.put(content, ATTACHMENT_BYTES_MAX)
        return new_file(blob, name, media_type)

    def check(self, *, name: object, content: object, media_type: object = None) -> list[Problem]:
        """Every rule that a file breaks before its bytes are read; nothing is stored."""
        problems = check_file_name("name", name)
        if not isinstance(content, bytes) and not hasattr(content, "read"):
            problems += invalid("content", "must be bytes or a file")
        return problems + or_none(check_media_type)("media_type", media_type)

    def list(self, ticket_id: str) -> tuple[Attachment, ...]:
        """What is attached to the messages of a ticket, in their order; raises NotFound."""
        with self._store.snapshot() as snap:
            ticket = read_stored(snap, self._scope, ticket_id)
            here = {"ticket": ticket.id, "internal": int(self._scope.internal)}
            return tuple(attachment_of(row[1:]) for row in snap.all(_OF_THREAD, **here))

    def uploads(self, ticket_id: str) -> tuple[Attachment, ...]:
        """What was uploaded to a ticket and no message has yet; raises NotFound."""
        with self._store.snapshot() as snap:
            ticket = read_stored(snap, self._scope, ticket_id)
            rows = snap.all(_UPLOADS, ticket=ticket.id) if self._scope.internal else []
            return tuple(attachment_of(row[1:]) for row in rows)

    def get(self, ticket_id: str, id: str) -> Attachment:
        """A file of a ticket, or uploaded to it; raises NotFound."""
        with self._store.snapshot() as snap:
            ticket = read_stored(snap, self._scope, ticket_id)
            uid = required_uid("attachment", id)
            return attachment_of(_found(snap, ticket, uid, internal=self._scope.internal)[1:])

    def open(self, ticket_id: str, id: str) -> tuple[Attachment, BufferedReader]:
        """A file and its bytes to read, which the caller closes.

        Raises NotFound, and FileLost if the bytes are missing or damaged.
        """
        found = self.get(ticket_id, id)
        return found, self._blobs.open(found.blob)

    def discard(self, ticket_id: str, id: str) -> None:
        """Throw away an upload that no message has; raises NotFound."""
        with self._store.transaction(brief=True, reserved=True) as tx:
            ticket = read_stored(tx, self._scope, ticket_id)
            row = _found(tx, ticket, required_uid("attachment", id))
            if attachment_of(row[1:]).message_id is not None:
                raise NotFound("attachment", id)
            tx.run(_DELETE, attachment=row[0])


def _found(snap: Snapshot, ticket: Stored, uid: bytes, *, internal: bool = True) -> SqlRow:
    row = snap.first(_ONE if internal else _SEEN, uid=uid, ticket=ticket.id)
    if row is None:
        raise NotFound("attachment", public_id("attachment", uid))
    return row


def collect(store: Store, *, strays: bool = True) -> Collected:
    """Forget old uploads, and take away the files that nothing has referred to for a day."""
    store.refuse_nested("Collect files outside of transactions and snapshots.")
    with store.transaction(brief=True, reserved=True) as tx:
        drop_uploads(tx, tx.now - KEPT_SECONDS)
    return collect_blobs(store, strays=strays)
