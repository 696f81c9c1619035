"""Numbered SQL scripts and the runner that brings a file to the newest schema, forward only."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from importlib.resources import files
from pathlib import Path

from cstar_core.errors import Refused

APPLICATION_ID = 0x63537461  # "cSta"


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
    """Refuse a file that is not ours, by its first hundred bytes alone; it is only read.

    SQLite reads them, as a file that never changes: closing a handle of our own would drop the
    locks that this process may hold on the file.
    """
    file = Path(path)
    if not file.exists():
        return
    if not file.is_file():
        raise Refused(f"{path} is not a file")
    if file.stat().st_size == 0:
        return
    address = f"{file.absolute().as_uri()}?mode=ro&immutable=1"
    try:
        with closing(sqlite3.connect(address, uri=True)) as connection:
            marked = connection.execute("PRAGMA application_id").fetchone()[0]
            version = _version(connection)
    except sqlite3.DatabaseError as error:
        _refuse_unread(path, error)
        return
    if marked != APPLICATION_ID:
        raise Refused(f"{path} is a database of another program")
    if version > newest:
        raise _newer(path)


def _refuse_unread(path: str, error: sqlite3.DatabaseError) -> None:
    """A file that only seems damaged may have its rest in the write-ahead log: that shows later."""
    code = error.sqlite_errorcode & 0xFF
    if code == sqlite3.SQLITE_NOTADB:
        raise Refused(f"{path} is not a cStar database") from error
    if code != sqlite3.SQLITE_CORRUPT:
        raise Refused(f"{path} cannot be read: {error}") from error


def _newer(path: str) -> Refused:
    return Refused(f"{path} was made by a newer version of cStar; update cStar to use it")


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
        if tables and _version(connection) == 0:
            raise Refused(f"{path} is damaged: it has tables but no version")
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
