"""The files of a backup: copied beside its database, or shared with an earlier backup there."""

import os
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from cstar_core.backups.manifest import DATABASE_NAME, FILES_NAME, MANIFEST_NAME
from cstar_core.blobs import Blob, Folder, Shelf
from cstar_core.engine import sqlite3
from cstar_core.errors import Refused
from cstar_core.files import is_plain
from cstar_core.store import Snapshot

# So many of the newest backups in the same folder are asked for a file before it is copied.
_ASKED = 8


@dataclass(frozen=True, slots=True)
class Kept:
    """The files of a copy: how many, of how many bytes, and which of them are lost (in hex)."""

    number: int = 0
    size: int = 0
    lost: tuple[str, ...] = ()


def blobs_of(database: Path) -> Iterator[Blob]:
    """The files that a copy of a database refers to; of an old schema none. Nobody else uses it."""
    address = f"{database.absolute().as_uri()}?mode=ro&immutable=1"
    with closing(sqlite3.connect(address, uri=True)) as connection:
        snap = Snapshot(connection)
        if snap.sql("SELECT 1 FROM sqlite_schema WHERE name = 'blobs'"):
            for digest, size in connection.execute("SELECT digest, size FROM blobs WHERE uses > 0"):
                yield Blob(digest, size)


def keep_files(database: Path, source: Folder, folder: Path, beside: Path) -> Kept:
    """Put the files of a copy into the folder of a backup, synced.

    What an earlier backup ``beside`` has is not copied, but gets a second name, where the file
    system has such; ``source`` gives the rest.
    """
    shelf, earlier = Shelf(folder / FILES_NAME), [*_earlier(beside)]
    number = size = 0
    lost = []
    for blob in blobs_of(database):
        if any(shelf.link(blob, each) for each in earlier) or shelf.copy(blob, source):
            number, size = number + 1, size + blob.size
        else:
            lost.append(blob.digest.hex())
    shelf.sync()
    return Kept(number, size, tuple(lost))


def _earlier(beside: Path) -> Iterator[Shelf]:
    """The files of the newest backups in a folder; not those of exports, which look alike."""
    found = [
        each.parent
        for each in beside.glob(f"*/{MANIFEST_NAME}")
        if is_plain(each) and is_plain(each.with_name(DATABASE_NAME))
    ]
    with_files = [each / FILES_NAME for each in found if (each / FILES_NAME).is_dir()]
    newest = sorted(with_files, key=lambda each: each.stat().st_mtime, reverse=True)
    return (Shelf(each) for each in islice(newest, _ASKED))


def shelf_of(source: Path) -> Shelf:
    """The files of a backup; of a database by itself, those beside it."""
    return Folder(os.path.realpath(source)) if source.is_file() else Shelf(source / FILES_NAME)


def verify_files(source: Path, database: Path, lost: tuple[str, ...]) -> None:
    """Look whether all files of a backup are there, with the very bytes, but those that were lost.

    Raises Refused.
    """
    shelf = shelf_of(source)
    for blob in blobs_of(database):
        if blob.digest.hex() not in lost and not shelf.is_sound(blob):
            file = shelf.file(blob.digest).relative_to(source)
            raise Refused(f"{source} is damaged: {file} is missing, or not what its name says")


def bring_files(source: Path, fresh: Path, target: Path, lost: tuple[str, ...]) -> Kept:
    """Store the files of a backup beside the database that it will be.

    ``fresh`` is the copy of its database. What is there already stays. Raises Refused for a file
    that a backup should have and has not; a database by itself may lack some.
    """
    shelf, folder = shelf_of(source), Folder(str(target))
    number = size = 0
    missing = []
    for blob in blobs_of(fresh):
        if folder.keep(blob) or _brought(blob, shelf, folder):
            number, size = number + 1, size + blob.size
        elif source.is_file() or blob.digest.hex() in lost:
            missing.append(blob.digest.hex())
        else:
            file = shelf.file(blob.digest).relative_to(source)
            raise Refused(f"{source} is damaged: {file} is missing, or not what its name says")
    folder.sync()
    return Kept(number, size, tuple(missing))


def _brought(blob: Blob, shelf: Shelf, folder: Folder) -> bool:
    # Nothing refers to it yet; one that is there is not sound.
    if shelf.has(blob):
        folder.remove(blob.digest)
        return folder.copy(blob, shelf)
    return False


def share_files(target: Path, kept: Path) -> None:
    """Give all files beside a database that is replaced to what is kept of it, too."""
    source, shelf = Folder(str(target)), Folder(str(kept))
    for digest in source.digests():
        blob = Blob(digest, source.file(digest).lstat().st_size)
        if not shelf.link(blob, source):
            shelf.copy(blob, source)
    shelf.sync()
