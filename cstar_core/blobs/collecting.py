"""Take away the files that nothing refers to, a day after.

Whoever refers to a file does so in a transaction, and looks there whether it is still there. So
what is taken away in a transaction is used by nobody: first the file goes, then its row. If that is
cut short, or cannot be committed, what is left is a row without a file that nothing refers to.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from peewee import SQL

from cstar_core.blobs.blobs import AT_ONCE
from cstar_core.blobs.folder import KEPT_SECONDS, Folder
from cstar_core.store import ConstraintError, SqlRow, Store, Transaction, limited, prepare, slot
from cstar_core.tables import BlobRow

_TOGETHER = 200


@dataclass(frozen=True, slots=True)
class Collected:
    """How many files were taken away, and of how many bytes those were that had a row."""

    files: int
    size: int


# Written out, as the index is for these alone.
_UNUSED = SQL("uses = 0")
_NOTE = prepare(
    BlobRow.update({BlobRow.unused_since: slot("now")}).where(
        _UNUSED & BlobRow.unused_since.is_null()
    )
)
# By sums, since by the bare key SQLite would walk over all that are used.
_LATER = BlobRow.id + 0 > slot("after")
_SOME = prepare(
    limited(
        BlobRow.select(BlobRow.id, BlobRow.digest, BlobRow.size, BlobRow.unused_since)
        .where(_UNUSED & (BlobRow.unused_since <= slot("until")) & _LATER)
        .order_by(BlobRow.id + 0)
    )
)
_DROP = prepare(BlobRow.delete().where(BlobRow.id == slot("blob")))
_KNOWN = prepare(BlobRow.select(SQL("1")).where(BlobRow.digest == slot("digest")))


def collect_blobs(store: Store, *, strays: bool = True) -> Collected:
    """Take away what nothing has referred to for a day.

    With ``strays`` also the files that have no row, as killed programs leave them; that looks at
    every file. Raises RuntimeError in a transaction or snapshot, which could be taken back.
    """
    store.refuse_nested("Collect files outside of transactions and snapshots.")
    folder = Folder(store.path)
    if not folder.path.exists():
        return Collected(0, 0)
    with store.transaction(brief=True, reserved=True) as tx:
        tx.run(_NOTE, now=tx.now)
    files = size = after = 0
    while True:
        rows, gone = _collect_some(store, folder, after)
        files, size = files + len(gone), size + sum(gone)
        if len(rows) < _TOGETHER:
            break
        after = rows[-1][0]
    if strays:
        files += _collect_strays(store, folder)
    return Collected(files, size)


def _collect_some(store: Store, folder: Folder, after: int) -> tuple[list[SqlRow], list[int]]:
    """The next rows that are due, and the sizes of those that are gone."""
    gone = []
    with store.transaction(reserved=True) as tx, folder.alone():
        until = tx.now - KEPT_SECONDS
        rows = tx.all(_SOME, until=until, after=after, limit=_TOGETHER)
        for key, digest, size, since in rows:
            if _drop(tx, folder, key, digest, None if since == AT_ONCE else until):
                gone.append(size)
    return rows, gone


def _drop(tx: Transaction, folder: Folder, key: int, digest: bytes, until: int | None) -> bool:
    """Take a row and its file away; not if the file was stored since an instant."""
    if until is not None and folder.is_newer(digest, until):
        return False
    try:
        tx.run(_DROP, blob=key)
    except ConstraintError:
        # It is used after all, and was not counted.
        return False
    folder.remove(digest)
    return True


def _collect_strays(store: Store, folder: Folder) -> int:
    until = store.now() - KEPT_SECONDS
    folder.drop_halves(until)
    old, gone = folder.older(until), 0
    while some := list(islice(old, _TOGETHER)):
        with store.snapshot() as snap:
            strays = [each for each in some if snap.value(_KNOWN, digest=each) is None]
        gone += _remove_strays(store, folder, strays, until) if strays else 0
    return gone


def _remove_strays(store: Store, folder: Folder, strays: Sequence[bytes], until: int) -> int:
    with store.transaction(reserved=True) as tx, folder.alone():
        still = [
            each
            for each in strays
            if tx.value(_KNOWN, digest=each) is None and not folder.is_newer(each, until)
        ]
        for each in still:
            folder.remove(each)
    return len(still)
