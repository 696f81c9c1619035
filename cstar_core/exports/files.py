"""The files of an export: what is attached to its messages, each under its digest."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from peewee import SQL, fn

from cstar_core.blobs import Blob, Folder, Shelf
from cstar_core.errors import Refused
from cstar_core.exports.reading import Places
from cstar_core.files import is_plain
from cstar_core.store import Slot, Snapshot, prepare
from cstar_core.tables import AttachmentRow, BlobRow

FILES_NAME = "files"
_HERE = AttachmentRow.workspace_id.in_(SQL("(SELECT value FROM json_each(?))", [Slot("places")]))
# In the order of the files, so that nothing has to be sorted.
_ATTACHED = prepare(
    BlobRow.select(BlobRow.digest, BlobRow.size)
    .where(
        fn.EXISTS(
            AttachmentRow.select(SQL("1")).where(
                (AttachmentRow.blob_id == BlobRow.id)
                & AttachmentRow.message_id.is_null(False)
                & _HERE
            )
        )
    )
    .order_by(BlobRow.id)
)


def attached(snap: Snapshot, places: Places) -> Iterator[Blob]:
    """What is attached to the messages of some places, each once."""
    for digest, size in snap.each(_ATTACHED, places=json.dumps(list(places.workspaces))):
        yield Blob(digest, size)


def write_attached(database: str, folder: Path, blobs: Iterable[Blob]) -> tuple[str, ...]:
    """Copy files into an export, synced; the SHA-256 of those that are missing or damaged."""
    source, shelf = Folder(database), Shelf(folder / FILES_NAME)
    lost = tuple(blob.digest.hex() for blob in blobs if not shelf.copy(blob, source))
    shelf.sync()
    return lost


def store_attached(database: str, export: Path, now: int) -> None:
    """Store the files of an export beside a database, before anything refers to them.

    Raises Refused for one that is not what its name says, StorageFull.
    """
    target, shelf = Folder(database), Shelf(export / FILES_NAME)
    for digest in shelf.digests():
        file = shelf.file(digest)
        name = file.relative_to(export)
        if not is_plain(file):
            raise Refused(f"{export} is damaged, nothing was imported: {name} is not a file")
        with file.open("rb") as content:
            if target.put(content, now).digest != digest:
                raise Refused(f"{export} is damaged, nothing was imported: {name} is another file")
