"""Upgrades of a desk's file: what has to agree before they count, and trying one on a copy."""

import os
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from shutil import disk_usage
from tempfile import TemporaryDirectory
from time import monotonic

from cstar_core.engine import sqlite3
from cstar_core.errors import Refused
from cstar_core.files import room_for
from cstar_core.inspection import agreement
from cstar_core.migrations import (
    Contradiction,
    Upgrade,
    copy_with,
    inspect,
    migrate,
    untouched,
    version_of,
)
from cstar_core.reindexing import reindex_within
from cstar_core.store import BUSY_SECONDS, Transaction, translated


@dataclass(frozen=True, slots=True)
class DryRun:
    """What an upgrade would do, as it went on a copy.

    ``needed_bytes`` is how much space the upgrade needs beside the file, for the copy that is
    kept and for what changes; ``free_bytes`` is how much there is.
    """

    upgrade: Upgrade
    needed_bytes: int
    free_bytes: int

    @property
    def has_room(self) -> bool:
        """Whether the disk has room for the upgrade."""
        return self.needed_bytes <= self.free_bytes


def upgrade(path: str, steps: Sequence[str]) -> Upgrade:
    """Bring a file to the newest schema, or leave it as it was; see ``migrate``.

    What is kept twice has to agree in the end: counters, search indexes, merges. Raises Refused,
    Busy and StorageFull.
    """
    with translated(path):
        return migrate(path, steps, BUSY_SECONDS, settle)


def settle(connection: sqlite3.Connection) -> tuple[str, ...]:
    """Look whether what is kept twice agrees, and make it anew if not; the names of what did not.

    A contradiction may be older than the upgrade. Refusing it would leave an operator with a
    server that does not start, for a counter that ``reindex`` sets right. Raises Contradiction for
    what cannot be made anew.
    """
    tx = Transaction(connection, 0)
    wrong = tuple(each.name for each in agreement(tx) if not each.ok)
    if wrong:
        reindex_within(tx)
        for each in agreement(tx):
            if not each.ok:
                raise Contradiction(f"{each.name}: {each.detail}")
    return wrong


def try_upgrade(path: str, folder: str | None, steps: Sequence[str]) -> DryRun:
    """Upgrade a copy, and remove it again. The file and its log keep every byte.

    Others may use the file meanwhile. The copy is made in ``folder``, or beside the file, in a
    folder with ``.dry-run-`` in its name, which stays if the process is killed. Raises Refused for
    what cannot be upgraded, Busy, StorageFull, and OSError if nothing can be made there.
    """
    inspect(path, len(steps))
    if not os.path.exists(path):
        raise Refused(f"there is no database at {path}")
    beside = os.path.dirname(os.path.abspath(path))
    free = disk_usage(beside).free
    with (
        room_for(f"the upgrade of {path} was not tried"),
        translated(path),
        untouched(path) as reader,
    ):
        version = version_of(reader)
        if version == len(steps):
            return DryRun(Upgrade(version, version), 0, free)
        with _aside(path, folder or beside) as copy:
            started = monotonic()
            copy_with(reader, copy, path)
            return _try_on(copy, path, steps, monotonic() - started, free)


@contextmanager
def _aside(path: str, folder: str) -> Iterator[Path]:
    """Where a copy can be made that is gone after the block."""
    name = Path(path).name
    try:
        made = TemporaryDirectory(prefix=f"{name}.dry-run-", dir=folder)
    except OSError as error:
        raise OSError(error.errno, error.strerror, folder) from error
    with made as aside:
        yield Path(aside) / name


def _try_on(copy: Path, path: str, steps: Sequence[str], seconds: float, free: int) -> DryRun:
    size = copy.stat().st_size
    with closing(sqlite3.connect(copy)) as held:
        # While somebody holds it, the log stays, and tells how much was written.
        held.execute("PRAGMA journal_mode = WAL")
        held.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        done = migrate(str(copy), steps, BUSY_SECONDS, settle, keep=False, name=path)
        written = Path(f"{copy}-wal").stat().st_size
        pages = "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"
        grown = max(0, int(held.execute(pages).fetchone()[0]) - size)
    return DryRun(replace(done, copy_seconds=seconds), size + written + grown, free)
