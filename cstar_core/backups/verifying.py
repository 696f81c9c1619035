"""Look at a copy of a database, and at a backup as a whole: is it sound, and what is in it?"""

import os
import struct
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from cstar_core.backups.files import verify_files
from cstar_core.backups.manifest import (
    DATABASE_NAME,
    MANIFEST_MAX,
    MANIFEST_NAME,
    Backup,
    WorkspaceCounts,
    from_json,
)
from cstar_core.clock import from_seconds
from cstar_core.engine import sqlite3, words_of
from cstar_core.errors import Refused
from cstar_core.files import is_plain, sha256
from cstar_core.ids import public_id
from cstar_core.inspection import Finding, agreement, integrity, references
from cstar_core.migrations import APPLICATION_ID, refuse_newer, version_of
from cstar_core.store import Snapshot, interruptible

# Of the file header: its length, and where the version of SQLite that wrote last stands.
_HEADER, _SQLITE_VERSION_AT = 100, 96
_COUNTS = """
SELECT t.uid, w.environment,
    (SELECT count(*) FROM tickets WHERE workspace_id = w.id),
    (SELECT count(*) FROM messages AS m JOIN tickets ON tickets.id = m.ticket_id
     WHERE tickets.workspace_id = w.id),
    (SELECT count(*) FROM customers WHERE workspace_id = w.id),
    (SELECT count(*) FROM events WHERE workspace_id = w.id)
FROM workspaces AS w JOIN teams AS t ON t.id = w.team_id ORDER BY w.id
"""


@dataclass(frozen=True, slots=True)
class Content:
    """What a copy of a database holds; ``findings`` are those that are wrong."""

    schema_version: int
    tables: dict[str, int]
    workspaces: tuple[WorkspaceCounts, ...]
    findings: tuple[Finding, ...]


def look_at(file: Path, name: str, newest: int) -> Content:
    """Check a copy that nobody else uses; it is only read.

    ``name`` is what messages call it. Raises Refused if its pages are damaged, or if it is not
    ours or is newer than ``newest``. What else is wrong is among the findings.
    """
    address = f"{file.absolute().as_uri()}?mode=ro&immutable=1"
    with (
        _refusing(name),
        closing(sqlite3.connect(address, uri=True)) as connection,
        interruptible(connection),
    ):
        connection.execute("PRAGMA trusted_schema = OFF")
        connection.execute("PRAGMA cell_size_check = ON")
        snap = Snapshot(connection)
        if _pragma(snap, "application_id") != APPLICATION_ID:
            raise Refused(f"{name} is not a cStar database")
        refuse_newer(name, connection, newest)
        version = version_of(connection)
        sound = integrity(snap)
        if not sound.ok:
            raise Refused(f"{name} is damaged: {sound.detail.partition(';')[0]}")
        return Content(version, _tables(snap), _workspaces(snap), _wrong(snap, version == newest))


@contextmanager
def _refusing(name: str) -> Iterator[None]:
    try:
        yield
    except sqlite3.DatabaseError as error:
        raise Refused(f"{name} is damaged: {words_of(error)}") from error


def _pragma(snap: Snapshot, name: str) -> int:
    return int(snap.sql(f"PRAGMA {name}")[0][0])


def _tables(snap: Snapshot) -> dict[str, int]:
    names = snap.sql(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite~_%' "
        "ESCAPE '~' AND name NOT LIKE '%~_search~_%' ESCAPE '~' ORDER BY name"
    )
    return {
        name: int(snap.sql(f'SELECT count(*) FROM "{name}"')[0][0])  # noqa: S608 - of the schema
        for (name,) in names
    }


def _workspaces(snap: Snapshot) -> tuple[WorkspaceCounts, ...]:
    return tuple(
        WorkspaceCounts(public_id("team", uid), environment, *counts)
        for uid, environment, *counts in snap.sql(_COUNTS)
    )


def _wrong(snap: Snapshot, current: bool) -> tuple[Finding, ...]:
    """What is wrong; of an older schema only what can be asked of any."""
    findings = [references(snap), *(agreement(snap) if current else ())]
    return tuple(each for each in findings if not each.ok)


def read_backup(source: Path, newest: int) -> Backup:
    """Verify a backup where it lies: digest, pages, counts, files. Raises Refused.

    Of a database file by itself there is no digest to compare.
    """
    said, database = manifest_of(source), database_of(source)
    if said is not None and database.stat().st_size != said.size:
        raise differs(source)
    found = verified(source, said, sha256(database), database, newest)
    if said is not None:
        verify_files(source, database, said.lost)
    return found


def verified(source: Path, said: Backup | None, digest: str, copy: Path, newest: int) -> Backup:
    """What a copy of the database in ``source`` is, with this digest, if it is what was ``said``.

    Raises Refused if it is not, or is not sound.
    """
    if said is None:
        refuse_log(source)
        return _described(source, digest, look_at(copy, str(source), newest))
    if digest != said.sha256:
        raise differs(source)
    _compare(source, said, look_at(copy, str(database_of(source)), newest))
    return said


def refuse_log(source: Path) -> None:
    """Refuse a database file whose log may hold what it lacks: somebody has it open, or had."""
    for end in ("-wal", "-journal"):
        log = Path(f"{os.path.realpath(source)}{end}")
        if log.exists() and log.stat().st_size:
            raise Refused(
                f"{source} is in use or was not closed: {log} has what was written last; "
                f"make a backup of it: cstar backup DEST --database {source}"
            )


def _described(source: Path, digest: str, content: Content) -> Backup:
    """A database file as a backup that says nothing of itself."""
    found = source.stat()
    with source.open("rb") as file:
        [wrote] = struct.unpack_from(">I", file.read(_HEADER), _SQLITE_VERSION_AT)
    return Backup(
        created_at=from_seconds(int(found.st_mtime)),
        schema_version=content.schema_version,
        sqlite_version=f"{wrote // 1_000_000}.{wrote // 1_000 % 1_000}.{wrote % 1_000}",
        size=found.st_size,
        sha256=digest,
        tables=content.tables,
        workspaces=content.workspaces,
        findings=content.findings,
    )


def manifest_of(source: Path) -> Backup | None:
    """What the manifest of a backup says, the rest is not looked at; None for a database file."""
    if not source.exists():
        raise Refused(f"there is no backup at {source}")
    if source.is_file():
        refuse_log(source)
        return None
    manifest = source / MANIFEST_NAME
    if not is_plain(manifest):
        raise Refused(f"{source} is not a whole backup: it has no {MANIFEST_NAME}")
    with manifest.open("rb") as file:
        return from_json(str(source), file.read(MANIFEST_MAX))


def database_of(source: Path) -> Path:
    """The copy of the database in a backup; a file is one itself."""
    if source.is_file():
        return source
    database = source / DATABASE_NAME
    if not is_plain(database):
        raise Refused(f"{source} is not a whole backup: it has no {DATABASE_NAME}")
    return database


def differs(source: Path) -> Refused:
    """The error for a copy that is not the one the manifest was written for."""
    return Refused(f"{source} is damaged: {DATABASE_NAME} is not what {MANIFEST_NAME} says")


def _compare(source: Path, backup: Backup, content: Content) -> None:
    """Refuse a backup whose manifest counts differently than its copy."""
    said = (backup.schema_version, dict(backup.tables), backup.workspaces)
    if said != (content.schema_version, content.tables, content.workspaces):
        raise differs(source)
