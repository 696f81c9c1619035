"""Numbered SQL scripts and the runner that brings a file to the newest schema, forward only."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from importlib.resources import files
from itertools import chain, count
from pathlib import Path
from time import monotonic, sleep

from cstar_core.errors import Busy, Refused
from cstar_core.files import PRIVATE, identity, sync
from cstar_core.migrations import log

APPLICATION_ID = 0x63537461  # "cSta"
_PAUSE_SECONDS = 0.01


def scripts() -> tuple[str, ...]:
    """The text of every script, in order; its position + 1 is the schema version it leads to."""
    folder = files(__package__)
    names = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".sql"))
    return tuple(folder.joinpath(name).read_text(encoding="utf-8") for name in names)


def migrate(path: str, steps: Sequence[str], timeout: float) -> int:
    """Bring the file to the newest schema: all steps and a check of the result, or nothing.

    A copy of the file is kept beside it before an upgrade. Two starters at once are safe: the
    second waits, then finds the work done. Returns the schema version. Raises Refused for a file
    of another program, a damaged one, one from a newer version or one that cannot be upgraded;
    it is as it was before.
    """
    inspect(path, len(steps))
    before = identity(path)
    connection = sqlite3.connect(path, timeout=timeout, isolation_level=None)
    try:
        _version(connection)
        if before is not None and identity(path) != before:
            # What is open here has lost its name, and would write to the log of the new file.
            raise Busy(f"{path} was replaced while it was being opened; try again.")
        return _persist(connection, path, steps, timeout)
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
    logged = log.size(f"{path}-wal")  # first: whoever makes a file fills it before its log
    if file.exists() and not file.is_file():
        raise Refused(f"{path} is not a file")
    if log.size(path) == 0:
        if logged:
            # SQLite would delete the log, which may hold all that is left.
            raise Refused(f"{path} is missing or empty, but {path}-wal beside it is not")
        return
    # Each is looked at twice: others may be folding in the log, and ending it, meanwhile.
    if _is_cut_off(path, newest) and _is_cut_off(path, newest):
        raise Refused(f"{path} is damaged: it is cut off")
    if log.is_missing(path) and log.is_missing(path):
        raise Refused(f"{path} lacks its write-ahead log {path}-wal, with what was written last")
    if logged and log.is_foreign(path) and log.is_foreign(path):
        raise Refused(f"{path}-wal is the write-ahead log of another database")


def _is_cut_off(path: str, newest: int) -> bool:
    """Whether the file ends too early and its log does not have the rest."""
    page = _header(path, newest)
    # SQLite would take the missing end of the last page for zeros.
    return not (page and log.size(path) % page == 0) and not log.completes(path)


def _header(path: str, newest: int) -> int:
    """The page size that the first hundred bytes say; 0 if the file is shorter than they say."""
    address = f"{Path(path).absolute().as_uri()}?mode=ro&immutable=1"
    try:
        with closing(sqlite3.connect(address, uri=True)) as connection:
            marked = connection.execute("PRAGMA application_id").fetchone()[0]
            version = _version(connection)
            page = int(connection.execute("PRAGMA page_size").fetchone()[0])
    except sqlite3.DatabaseError as error:
        _refuse_unread(path, error)
        return 0
    if marked != APPLICATION_ID:
        raise Refused(f"{path} is a database of another program")
    if version > newest:
        raise _newer(path)
    return page


def _refuse_unread(path: str, error: sqlite3.DatabaseError) -> None:
    """A file that only seems damaged may have its rest in the write-ahead log."""
    code = error.sqlite_errorcode & 0xFF
    if code == sqlite3.SQLITE_NOTADB:
        raise Refused(f"{path} is not a cStar database") from error
    if code != sqlite3.SQLITE_CORRUPT:
        raise Refused(f"{path} cannot be read: {error}") from error


def _newer(path: str) -> Refused:
    return Refused(f"{path} was made by a newer version of cStar; update cStar to use it")


def _persist(
    connection: sqlite3.Connection, path: str, steps: Sequence[str], timeout: float
) -> int:
    """Run, and begin again where SQLite did not wait for others by itself, as it should have.

    It does not when the journal is switched while somebody else opens the file.
    """
    until = monotonic() + timeout
    while True:
        try:
            return _run(connection, path, _version(connection), steps)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or monotonic() >= until:
                raise
        sleep(_PAUSE_SECONDS)


def _run(connection: sqlite3.Connection, path: str, version: int, steps: Sequence[str]) -> int:
    if version > len(steps):  # known from the write-ahead log alone
        raise _newer(path)
    if version == 0:
        _claim(connection, path)
    connection.execute("PRAGMA journal_mode = WAL")
    if version < len(steps):
        _upgrade(connection, path, steps)
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


def _upgrade(connection: sqlite3.Connection, path: str, steps: Sequence[str]) -> None:
    """Every step that the file lacks, and a check, in one transaction.

    A file with content is copied first. Other starters wait, then find nothing left to do.
    """
    connection.execute("BEGIN EXCLUSIVE")
    copy = None
    try:
        version = _version(connection)
        if 0 < version < len(steps):
            copy = _copy(path, version)
        _take_steps(connection, path, version, steps)
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        if copy is not None:
            copy.unlink(missing_ok=True)
        raise


def _take_steps(
    connection: sqlite3.Connection, path: str, version: int, steps: Sequence[str]
) -> None:
    try:
        for number in range(version + 1, len(steps) + 1):
            for statement in _statements(steps[number - 1]):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {number}")
    except sqlite3.Error as error:
        if _is_passing(error):
            raise
        raise _not_upgraded(path, version, len(steps), str(error)) from error
    found = _unsound(connection) if 0 < version < len(steps) else ""
    if found:
        raise _not_upgraded(path, version, len(steps), found)


def _unsound(connection: sqlite3.Connection) -> str:
    """What is wrong with the file as the transaction would leave it; empty if nothing is."""
    found = str(connection.execute("PRAGMA integrity_check(1)").fetchone()[0])
    if found != "ok":
        return found
    broken = connection.execute("PRAGMA foreign_key_check").fetchone()
    return f"a row of {broken[0]} refers to one that is gone" if broken else ""


def _not_upgraded(path: str, version: int, newest: int, why: str) -> Refused:
    return Refused(
        f"{path} could not be upgraded from schema {version} to {newest} "
        f"and is as it was before: {why}"
    )


def _is_passing(error: sqlite3.Error) -> bool:
    """Whether trying again later may succeed: the file is locked, or the disk is full."""
    return error.sqlite_errorcode & 0xFF in (
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
    )


def _statements(script: str) -> Iterator[str]:
    """Split a script where SQLite says that a statement is complete (triggers hold semicolons)."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if line.rstrip().endswith(";") and sqlite3.complete_statement(statement):
            yield statement
            statement = ""


def _copy(path: str, version: int) -> Path:
    """A synced copy of the file, under a name that no earlier one has."""
    names = chain([""], (f"-{number}" for number in count(2)))
    copies = (Path(f"{path}.before-upgrade-from-{version}{name}") for name in names)
    copy = next(each for each in copies if not each.exists())
    partial = Path(f"{copy}.partial")
    partial.unlink(missing_ok=True)
    try:
        with closing(sqlite3.connect(path)) as reader:
            reader.execute("VACUUM INTO ?", (str(partial),))
        partial.chmod(PRIVATE)
        sync(partial)
        partial.rename(copy)
        sync(copy.parent)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
    return copy


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _is_damage(error: sqlite3.OperationalError) -> bool:
    return error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
