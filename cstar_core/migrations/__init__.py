"""Numbered SQL scripts and the runner that brings a file to the newest schema, forward only."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from importlib.resources import files
from pathlib import Path

from cstar_core.errors import Refused

APPLICATION_ID = 0x63537461  # "cSta"
_MAGIC = b"SQLite format 3\0"


def scripts() -> tuple[str, ...]:
    """The text of every script, in order; its position + 1 is the schema version it leads to."""
    folder = files(__package__)
    names = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".sql"))
    return tuple(folder.joinpath(name).read_text(encoding="utf-8") for name in names)


def migrate(path: str, steps: Sequence[str], timeout: float) -> int:
    """Bring the file to the newest schema, each step in one exclusive transaction.

    A copy of the file is kept beside it before the first step of an upgrade. Two starters at once
    are safe: the second waits, then finds the work done. Returns the schema version.
    Raises Refused for a file of another program, a damaged one or one from a newer version.
    """
    inspect(path, len(steps))
    connection = sqlite3.connect(path, timeout=timeout, isolation_level=None)
    try:
        return _run(connection, path, steps)
    except sqlite3.DatabaseError as error:
        if isinstance(error, sqlite3.OperationalError) and not _is_damage(error):
            raise
        raise Refused(f"{path} is damaged: {error}") from error
    finally:
        connection.close()


def inspect(path: str, newest: int) -> None:
    """Refuse a file that is not ours, by its first hundred bytes alone; it is only read."""
    file = Path(path)
    if not file.exists():
        return
    if not file.is_file():
        raise Refused(f"{path} is not a file")
    header = _header(file)
    if not header:
        return
    if len(header) < 100 or not header.startswith(_MAGIC):
        raise Refused(f"{path} is not a cStar database")
    if _number(header, 68) != APPLICATION_ID:
        raise Refused(f"{path} is a database of another program")
    if _number(header, 60) > newest:
        raise _newer(path)
    if _is_truncated(file, header):
        raise Refused(f"{path} is damaged: it is shorter than its header says")


def _newer(path: str) -> Refused:
    return Refused(f"{path} was made by a newer version of cStar; update cStar to use it")


def _header(file: Path) -> bytes:
    try:
        with file.open("rb") as stream:
            return stream.read(100)
    except OSError as error:
        raise Refused(f"{file} cannot be read: {error.strerror}") from error


def _is_truncated(file: Path, header: bytes) -> bool:
    """With an unfinished write-ahead log the size may lawfully lag behind.

    Another process may be folding its log in: header, log and size are looked at in this order,
    so that a log that is gone has been folded in whole.
    """
    log = Path(f"{file}-wal")
    if log.exists() and log.stat().st_size > 0:
        return False
    page_size = int.from_bytes(header[16:18], "big")
    pages = _number(header, 28)
    return file.stat().st_size < pages * (65_536 if page_size == 1 else page_size)


def _run(connection: sqlite3.Connection, path: str, steps: Sequence[str]) -> int:
    version = _version(connection)
    if version > len(steps):  # known from the write-ahead log alone
        raise _newer(path)
    if version == 0:
        _claim(connection, path)
    elif version < len(steps):
        _keep_copy(connection, path, version)
    connection.execute("PRAGMA journal_mode = WAL")
    for number in range(version + 1, len(steps) + 1):
        _step(connection, number, steps[number - 1])
    return _version(connection)


def _claim(connection: sqlite3.Connection, path: str) -> None:
    """Mark an empty file as ours before anything else is in it, in the file itself."""
    connection.execute("BEGIN EXCLUSIVE")
    try:
        marked = connection.execute("PRAGMA application_id").fetchone()[0]
        tables = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
        if marked != APPLICATION_ID and tables:
            raise Refused(f"{path} is a database of another program")
        if marked != APPLICATION_ID:
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def _step(connection: sqlite3.Connection, number: int, script: str) -> None:
    connection.execute("BEGIN EXCLUSIVE")
    try:
        if _version(connection) < number:
            for statement in _statements(script):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {number}")
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def _statements(script: str) -> Iterator[str]:
    """Split a script where SQLite says that a statement is complete (triggers hold semicolons)."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if line.rstrip().endswith(";") and sqlite3.complete_statement(statement):
            yield statement
            statement = ""


def _keep_copy(connection: sqlite3.Connection, path: str, version: int) -> None:
    """A copy of the file as it is at this version; other starters wait, then find it there."""
    copy = Path(f"{path}.before-upgrade-from-{version}")
    connection.execute("BEGIN IMMEDIATE")
    try:
        if _version(connection) == version and not copy.exists():
            partial = Path(f"{copy}.partial")
            partial.unlink(missing_ok=True)
            with closing(sqlite3.connect(path)) as reader:
                reader.execute("VACUUM INTO ?", (str(partial),))
            partial.rename(copy)
    finally:
        connection.execute("ROLLBACK")


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _is_damage(error: sqlite3.OperationalError) -> bool:
    return error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def _number(header: bytes, at: int) -> int:
    return int.from_bytes(header[at : at + 4], "big")
