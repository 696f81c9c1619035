"""The files of a desk as rooms use them: stored first, then claimed in the transaction."""

from collections.abc import Iterable
from io import BufferedReader
from typing import BinaryIO

from cstar_core.blobs.folder import Folder
from cstar_core.blobs.shelf import Blob
from cstar_core.errors import Busy
from cstar_core.store import Store, Transaction, prepare, slot
from cstar_core.tables import BlobRow

_FIND = prepare(BlobRow.select(BlobRow.id).where(BlobRow.digest == slot("digest")))
_ADD = prepare(
    BlobRow.insert(
        {
            BlobRow.digest: slot("digest"),
            BlobRow.size: slot("size"),
            BlobRow.created_at: slot("now"),
        }
    )
)

# Noted instead of an instant, for what must not wait.
AT_ONCE = 0
_DROP_AT_ONCE = prepare(
    BlobRow.update({BlobRow.unused_since: AT_ONCE}).where(
        (BlobRow.id == slot("blob")) & (BlobRow.uses == 0)
    )
)


class Blobs:
    """What a desk keeps beside its database."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._folder = Folder(store.path)

    def put(self, source: bytes | BinaryIO, most: int | None = None) -> Blob:
        """Store bytes, before the transaction that refers to them; see ``Folder.put``."""
        return self._folder.put(source, self._store.now(), most)

    def claim(self, tx: Transaction, blob: Blob) -> int:
        """The integer key of the row of a file, for a row that refers to it in this transaction.

        Raises Busy if it was stored so long ago that it has been taken away since.
        """
        if not self._folder.has(blob):
            raise Busy("The file was stored too long ago and is gone; store it again.")
        return row_of(tx, blob)

    def has(self, blob: Blob) -> bool:
        """Whether a file is there, and as long as it should be."""
        return self._folder.has(blob)

    def is_sound(self, blob: Blob) -> bool:
        """Whether a file is there with the very bytes; reads all of it."""
        return self._folder.is_sound(blob)

    def open(self, blob: Blob) -> BufferedReader:
        """A file to read, as long as it should be. Raises FileLost."""
        return self._folder.open(blob)

    def checked(self, blob: Blob) -> BufferedReader:
        """A file to read, of which all bytes were looked at. Raises FileLost."""
        return self._folder.checked(blob)

    def read(self, blob: Blob) -> bytes:
        """The very bytes of a file that fits in memory. Raises FileLost."""
        return self._folder.read(blob)


def drop_at_once(tx: Transaction, blobs: Iterable[int]) -> None:
    """Let the next collection take files away, by the keys of their rows, if nothing uses them."""
    for each in blobs:
        tx.run(_DROP_AT_ONCE, blob=each)


def row_of(tx: Transaction, blob: Blob) -> int:
    """The integer key of the row of a file, which is made if there is none."""
    key: int | None = tx.value(_FIND, digest=blob.digest)
    if key is None:
        return tx.insert(_ADD, digest=blob.digest, size=blob.size, now=tx.now)
    return key
