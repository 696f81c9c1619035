"""Copies of a database that is upgraded: the one that is kept, and one to try it on."""

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import chain, count
from pathlib import Path

from cstar_core.beside import made
from cstar_core.engine import sqlite3
from cstar_core.errors import Busy
from cstar_core.files import sync
from cstar_core.store import interruptible


def write_copy(path: str, version: int) -> Path:
    """A synced copy of the file, which has no name yet that counts.

    It takes the place of what an upgrade that was killed has left, so these do not pile up.
    """
    partial = Path(f"{path}.before-upgrade-from-{version}.partial")
    _discard(partial)
    try:
        with closing(sqlite3.connect(path)) as reader:
            copy_with(reader, partial, path)
    except BaseException:
        _discard(partial)
        raise
    return partial


def _discard(partial: Path) -> None:
    """Remove a copy, and the journal that SQLite keeps beside it while it is written."""
    for each in (partial, Path(f"{partial}-journal")):
        each.unlink(missing_ok=True)


def name_copy(partial: Path) -> Path:
    """Give a copy a name that no earlier one has."""
    plain = str(partial).removesuffix(".partial")
    names = map(Path, chain([plain], (f"{plain}-{number}" for number in count(2))))
    copy = next(each for each in names if not os.path.lexists(each))
    partial.rename(copy)
    try:
        sync(copy.parent)
    except BaseException:
        copy.unlink(missing_ok=True)
        raise
    return copy


def copy_with(reader: sqlite3.Connection, target: Path, path: str) -> None:
    """Write what a connection sees to a new file, for the owner of the database, and sync it."""
    # SQLite fills an empty file as well as one that it makes.
    os.close(made(target, path))
    with interruptible(reader):
        reader.execute("VACUUM INTO ?", (str(target),))
    sync(target)


@contextmanager
def untouched(path: str) -> Iterator[sqlite3.Connection]:
    """A connection to a database that leaves every byte of it and of its log as it is.

    Others may use the file meanwhile. One that nobody had open is read as it lies, since SQLite
    would make a log beside it; raises Busy if it was changed before the end of the block.
    """
    in_use = any(os.path.lexists(f"{path}{end}") for end in ("-wal", "-shm"))
    before = _state(path)
    address = f"{Path(path).absolute().as_uri()}?mode=ro{'' if in_use else '&immutable=1'}"
    try:
        with closing(sqlite3.connect(address, uri=True, isolation_level=None)) as connection:
            yield connection
    finally:
        # Also after an error: a mixture of old and new pages looks damaged.
        if not in_use and _state(path) != before:
            raise Busy(f"{path} was changed while it was being read; try again.")


def _state(path: str) -> tuple[int, ...]:
    found = os.stat(path)
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns
