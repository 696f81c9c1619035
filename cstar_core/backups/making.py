"""Make a backup of an open desk: aside first, verified, and only then under its name."""

import errno
import os
import shutil
import sqlite3
import tempfile
from datetime import datetime
from pathlib import Path

from cstar_core.backups.manifest import DATABASE_NAME, MANIFEST_NAME, Backup, to_json
from cstar_core.backups.verifying import look_at
from cstar_core.errors import Conflict
from cstar_core.files import PRIVATE, room_for, sha256, sync, write_new
from cstar_core.store import Store

_TAKEN = (errno.EEXIST, errno.ENOTEMPTY, errno.ENOTDIR)


def make_backup(store: Store, destination: str, newest: int, now: datetime) -> Backup:
    """Copy the desk into a new folder. Others read and write meanwhile.

    The copy is compact and of one moment: everything committed before ``now`` is in it. It gets
    its name once it has been checked and is on the disk; what is cut short keeps a name with
    ``.partial-`` and is no backup. Raises Conflict if there is something of that name, Refused
    if the copy is damaged, StorageFull, and OSError if the folder cannot be made there.
    """
    target = Path(destination)
    if os.path.lexists(target):
        raise _taken(destination)
    folder = _new_folder(target)
    try:
        with room_for(f"{destination} was not made"):
            backup = _fill(store, folder, newest, now)
            _name(folder, target)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return backup


def _new_folder(target: Path) -> Path:
    """A folder beside the target, for its owner alone."""
    try:
        return Path(tempfile.mkdtemp(prefix=f"{target.name}.partial-", dir=target.parent))
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(target)) from error


def _fill(store: Store, folder: Path, newest: int, now: datetime) -> Backup:
    copy = folder / DATABASE_NAME
    store.copy_to(str(copy))
    copy.chmod(PRIVATE)
    sync(copy)
    content = look_at(copy, store.path, newest)
    backup = Backup(
        created_at=now,
        schema_version=content.schema_version,
        sqlite_version=sqlite3.sqlite_version,
        size=copy.stat().st_size,
        sha256=sha256(copy),
        tables=content.tables,
        workspaces=content.workspaces,
        findings=content.findings,
    )
    write_new(folder / MANIFEST_NAME, to_json(backup))
    sync(folder)
    return backup


def _name(folder: Path, target: Path) -> None:
    """Give the folder its name, unless something else has it by now."""
    try:
        folder.rename(target)
    except OSError as error:
        if error.errno in _TAKEN:
            raise _taken(str(target)) from error
        raise
    sync(target.parent)


def _taken(destination: str) -> Conflict:
    return Conflict(f"{destination} exists already; a backup is made under a new name")
