"""Bring a file to the newest schema: every step and a check of the result, or nothing."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from time import monotonic, sleep

from cstar_core.beside import make_database
from cstar_core.engine import code_of, sqlite3, words_of
from cstar_core.errors import Busy, Refused
from cstar_core.files import identity
from cstar_core.migrations.copying import name_copy, write_copy
from cstar_core.migrations.refusing import APPLICATION_ID, inspect, refuse_newer, version_of
from cstar_core.store import interruptible
from cstar_core.versions import release

_PAUSE_SECONDS = 0.01


class Contradiction(Exception):
    """What an upgrade would leave wrong in a file; it is taken back."""


# What else is looked at before the commit: mends what it can and names it, or raises Contradiction.
Settle = Callable[[sqlite3.Connection], tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Upgrade:
    """What was done to bring a file to the newest schema, and how many seconds each part took.

    ``from_schema`` is 0 for a new file, and ``to_schema`` if there was nothing to do. ``kept`` is
    where the file as it was before is kept. ``mended`` names what contradicted itself and was made
    anew: counters and search indexes.
    """

    from_schema: int
    to_schema: int
    kept: str | None = None
    copy_seconds: float = 0.0
    steps_seconds: float = 0.0
    verify_seconds: float = 0.0
    mended: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Plan:
    """How to upgrade: what messages call the file, the steps, what is looked at after them, and
    whether a copy is kept."""

    name: str
    steps: Sequence[str]
    settle: Settle
    keep: bool


def _nothing_else(_: sqlite3.Connection) -> tuple[str, ...]:
    return ()


def migrate(
    path: str,
    steps: Sequence[str],
    timeout: float,
    settle: Settle = _nothing_else,
    *,
    keep: bool = True,
    name: str | None = None,
) -> Upgrade:
    """Bring the file to the newest schema: all steps and a check of the result, or nothing.

    The check is integrity, references and ``settle``. A copy of the file is kept beside it before
    an upgrade, unless ``keep`` is False; ``name`` is what messages call the file. Two starters at
    once are safe: the second waits for ``timeout`` seconds, then finds the work done. Raises
    Refused for a file of another program, a damaged one, one from a newer version or one that
    cannot be upgraded; it is as it was before.
    """
    inspect(path, len(steps))
    make_database(path)
    before = identity(path)
    connection = sqlite3.connect(path, timeout=timeout, isolation_level=None)
    try:
        with interruptible(connection):
            version_of(connection)
            if before is not None and identity(path) != before:
                # What is open here has lost its name, and would write to the log of the new file.
                raise Busy(f"{path} was replaced while it was being opened; try again.")
            return _persist(connection, path, _Plan(name or path, steps, settle, keep), timeout)
    except sqlite3.DatabaseError as error:
        if isinstance(error, sqlite3.OperationalError) and not _is_damage(error):
            raise
        raise Refused(f"{name or path} is damaged: {words_of(error)}") from error
    finally:
        connection.close()


def _persist(connection: sqlite3.Connection, path: str, plan: _Plan, timeout: float) -> Upgrade:
    """Run, and begin again where SQLite did not wait for others by itself, as it should have.

    It does not when the journal is switched while somebody else opens the file.
    """
    until = monotonic() + timeout
    while True:
        try:
            return _run(connection, path, plan)
        except sqlite3.OperationalError as error:
            if code_of(error) != sqlite3.SQLITE_BUSY or monotonic() >= until:
                raise
        sleep(_PAUSE_SECONDS)


def _run(connection: sqlite3.Connection, path: str, plan: _Plan) -> Upgrade:
    version, newest = version_of(connection), len(plan.steps)
    refuse_newer(path, connection, newest)  # known from the write-ahead log alone
    if version == 0:
        _claim(connection, path)
    connection.execute("PRAGMA journal_mode = WAL")
    return _upgrade(connection, path, plan) if version < newest else Upgrade(newest, newest)


def _claim(connection: sqlite3.Connection, path: str) -> None:
    """Mark an empty file as ours before anything else is in it, in the file itself."""
    connection.execute("BEGIN EXCLUSIVE")
    try:
        marked = connection.execute("PRAGMA application_id").fetchone()[0]
        tables = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
        if marked != APPLICATION_ID and tables:
            raise Refused(f"{path} is a database of another program")
        if tables and version_of(connection) == 0:
            raise Refused(f"{path} is damaged: it has tables but no version")
        if marked != APPLICATION_ID:
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def _upgrade(connection: sqlite3.Connection, path: str, plan: _Plan) -> Upgrade:
    """Every step that the file lacks, and a check, in one transaction.

    A file with content is copied first; the copy gets its name when only the commit is missing.
    Other starters wait, then find nothing left to do.
    """
    times = [monotonic()]
    copy: Path | None = None
    connection.execute("BEGIN EXCLUSIVE")
    try:
        version, newest = version_of(connection), len(plan.steps)
        refuse_newer(plan.name, connection, newest)  # another starter may have been faster
        is_old = 0 < version < newest
        if is_old and plan.keep:
            copy = write_copy(path, version)
        times.append(monotonic())
        _take_steps(connection, plan, version)
        times.append(monotonic())
        mended = _verify(connection, plan, version) if is_old else ()
        times.append(monotonic())
        if copy is not None:
            copy = name_copy(copy)
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        # Ctrl-C may come just after the commit: then the copy is the only way back.
        if copy is not None and version_of(connection) == version:
            copy.unlink(missing_ok=True)
        raise
    copied, stepped, verified = (end - start for start, end in pairwise(times))
    kept = None if copy is None else str(copy)
    return Upgrade(version, newest, kept, copied, stepped, verified, mended)


def _take_steps(connection: sqlite3.Connection, plan: _Plan, version: int) -> None:
    newest = len(plan.steps)
    if version == newest:
        return
    try:
        for number in range(version + 1, newest + 1):
            for statement in _statements(plan.steps[number - 1]):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {number}")
        _sign(connection, newest)
    except sqlite3.Error as error:
        if _is_passing(error):
            raise
        raise _not_upgraded(plan, version, str(error)) from error


def _sign(connection: sqlite3.Connection, schema: int) -> None:
    """Note which version brought the file here, for older ones to name when they refuse it."""
    known = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'upgrades'"
    if connection.execute(known).fetchone():
        connection.execute("INSERT INTO upgrades VALUES (?, ?)", (schema, release()))


def _verify(connection: sqlite3.Connection, plan: _Plan, version: int) -> tuple[str, ...]:
    """What was mended; raises Refused for what is wrong."""
    found = _unsound(connection)
    if not found:
        try:
            return plan.settle(connection)
        except Contradiction as contradiction:
            found = str(contradiction)
    raise _not_upgraded(plan, version, found)


def _unsound(connection: sqlite3.Connection) -> str:
    """What is wrong with the file as the transaction would leave it; empty if nothing is."""
    found = str(connection.execute("PRAGMA integrity_check(1)").fetchone()[0])
    if found != "ok":
        return found
    broken = connection.execute("PRAGMA foreign_key_check").fetchone()
    return f"a row of {broken[0]} refers to one that is gone" if broken else ""


def _not_upgraded(plan: _Plan, version: int, why: str) -> Refused:
    return Refused(
        f"{plan.name} could not be upgraded from schema {version} to {len(plan.steps)} "
        f"and is as it was before: {why}"
    )


def _is_passing(error: sqlite3.Error) -> bool:
    """Whether trying again later may succeed: locked, a full disk, ended by Ctrl-C."""
    return code_of(error) in (
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_INTERRUPT,
    )


def _statements(script: str) -> Iterator[str]:
    """Split a script where SQLite says that a statement is complete (triggers hold semicolons)."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if line.rstrip().endswith(";") and sqlite3.complete_statement(statement):
            yield statement
            statement = ""


def _is_damage(error: sqlite3.OperationalError) -> bool:
    return code_of(error) in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
