"""One SQLite file: connections, units of work, and what its errors mean.

There are two ways in. ``transaction()`` writes: an in-process lock, ``BEGIN IMMEDIATE``, and one
instant ``now`` for everything in it. ``snapshot()`` reads one consistent state.
"""

import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from peewee import Query, SelectBase, Value

from cstar_core.clock import Clock, to_seconds
from cstar_core.errors import Busy, Forbidden, HelpdeskError, Refused, StorageFull

BUSY_SECONDS = 5.0
PRAGMAS = {
    "busy_timeout": int(BUSY_SECONDS * 1000),
    "synchronous": "FULL",
    "foreign_keys": "ON",
    "trusted_schema": "OFF",
    "cell_size_check": "ON",
    "journal_size_limit": 64 * 1024 * 1024,
    "temp_store": "MEMORY",
    # KiB, of each connection; the default of 2 MiB reads the same pages again and again.
    "cache_size": -16_384,
}
SqlRow = tuple[Any, ...]
_SETTLE_TRIES = 20


@dataclass(frozen=True, slots=True)
class Slot:
    """The place of a value that is given when a prepared query runs."""

    name: str


def slot(name: str) -> Value:
    """A named place for a value in a query that is prepared once and run often."""
    return Value(Slot(name), converter=False, unpack=False)


@dataclass(frozen=True, slots=True)
class Prepared:
    """A Peewee query turned into SQL once: building one costs twenty times running it."""

    sql: str
    params: tuple[object, ...]
    reads: bool

    def bind(self, values: Mapping[str, object]) -> list[object]:
        """The parameters in order, slots filled; a missing name is a KeyError."""
        return [values[p.name] if isinstance(p, Slot) else p for p in self.params]


def prepare(query: Query) -> Prepared:
    """Compile a query written in Peewee."""
    sql, params = query.sql()
    return Prepared(sql, tuple(params), isinstance(query, SelectBase))


class Snapshot:
    """A consistent view of the file; it only reads."""

    __slots__ = ("connection",)

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection

    def all(self, query: Prepared | Query, **values: object) -> list[SqlRow]:
        """Every row of a query."""
        return self._execute(query, values).fetchall()

    def first(self, query: Prepared | Query, **values: object) -> SqlRow | None:
        """The first row, or None."""
        row: SqlRow | None = self._execute(query, values).fetchone()
        return row

    def value(self, query: Prepared | Query, **values: object) -> Any:
        """The first column of the first row, or None."""
        row = self.first(query, **values)
        return None if row is None else row[0]

    def sql(self, text: str, params: Iterable[object] = ()) -> list[SqlRow]:
        """Rows of a statement in SQLite's own words (pragmas and the full-text index)."""
        self._check(text.lstrip()[:6].upper() in ("SELECT", "PRAGMA", "EXPLAI"))
        return self.connection.execute(text, tuple(params)).fetchall()

    def _execute(self, query: Prepared | Query, values: Mapping[str, object]) -> sqlite3.Cursor:
        prepared = query if isinstance(query, Prepared) else prepare(query)
        self._check(prepared.reads)
        return self.connection.execute(prepared.sql, prepared.bind(values))

    def _check(self, reads: bool) -> None:
        if not reads:
            raise RuntimeError("A snapshot only reads; open a transaction to write.")


class Transaction(Snapshot):
    """A unit of writing; ``now`` is its one instant, in whole seconds since 1970."""

    __slots__ = ("now",)

    def __init__(self, connection: sqlite3.Connection, now: int) -> None:
        super().__init__(connection)
        self.now = now

    def run(self, query: Prepared | Query, **values: object) -> int:
        """Run a write; the number of rows it touched."""
        return self._execute(query, values).rowcount

    def insert(self, query: Prepared | Query, **values: object) -> int:
        """Insert one row; its integer key."""
        return self._execute(query, values).lastrowid or 0

    def many(self, query: Prepared, rows: Iterable[Mapping[str, object]]) -> None:
        """Run one prepared write for each set of values."""
        self.connection.executemany(query.sql, (query.bind(values) for values in rows))

    def write_sql(self, text: str, params: Iterable[object] = ()) -> int:
        """Run a write in SQLite's own words; the number of rows it touched."""
        return self.connection.execute(text, tuple(params)).rowcount

    def _check(self, reads: bool) -> None:
        return


@dataclass(frozen=True, slots=True)
class Upkeep:
    """What follows the rows in groups instead of in each transaction: the search index.

    ``waits`` tells whether it is behind, ``some`` runs at the end of each outermost transaction
    and catches up if there is much to do, ``everything`` catches up.
    """

    waits: Callable[[Snapshot], bool]
    some: Callable[[Transaction], None]
    everything: Callable[[Transaction], None]


class _Current(threading.local):
    """What this thread is in the middle of."""

    transaction: Transaction | None = None
    snapshot: Snapshot | None = None
    savepoints: int = 0


class Store:
    """One open database file, safe to use from many threads."""

    def __init__(self, path: str, clock: Clock, upkeep: Upkeep) -> None:
        self.path = path
        self._clock = clock
        self._upkeep = upkeep
        self._writing = threading.Lock()
        self._current = _Current()
        self._idle: deque[sqlite3.Connection] = deque()
        self._closed = threading.Event()
        self._reads_only = False

    @contextmanager
    def snapshot(self, *, settled: bool = False) -> Iterator[Snapshot]:
        """Read one consistent state; inside a transaction, what it has written so far too.

        ``settled``: one in which the search index is up to date. Inside a snapshot that is not,
        RuntimeError.
        """
        current = self._current.transaction or self._current.snapshot
        if current is not None:
            if settled:
                self._settle_within(current)
            yield current
            return
        with self._connection() as connection, translated(self.path):
            connection.execute("BEGIN")
            snapshot = self._current.snapshot = Snapshot(connection)
            try:
                if settled and self._upkeep.waits(snapshot):
                    self._settle(connection)
                yield snapshot
            finally:
                self._current.snapshot = None
                if connection.in_transaction:
                    connection.execute("ROLLBACK")

    @contextmanager
    def transaction(self, at: datetime | None = None) -> Iterator[Transaction]:
        """Write, all or nothing. Inside another transaction of this thread: a savepoint of it.

        ``at`` sets the instant of an outermost transaction, for loading what happened earlier.
        Raises RuntimeError inside a snapshot: the read that led to the write must be in it.
        """
        if self._reads_only:
            raise Forbidden("A publishable key only reads")
        outer = self._current.transaction
        if outer is not None:
            with self._savepoint(outer):
                yield outer
            return
        if self._current.snapshot is not None:
            raise RuntimeError("Open the transaction before reading, not inside a snapshot.")
        with self._writing, self._connection() as connection, translated(self.path):
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._begin(connection, at)
                self._finish(connection)
            finally:
                self._current.transaction = None
                if connection.in_transaction:
                    connection.execute("ROLLBACK")

    def reading(self) -> Self:
        """The same open file for somebody who must not write: a transaction raises Forbidden."""
        reader = copy(self)
        reader._reads_only = True
        return reader

    def is_past(self, instant: datetime | None) -> bool:
        """Whether an instant has come, by the desk's clock; None never comes."""
        return instant is not None and instant <= self._clock()

    def close(self) -> None:
        """Close every idle connection; the last one folds the write-ahead log into the file."""
        self._closed.set()
        while self._idle:
            self._idle.pop().close()

    def _settle_within(self, current: Snapshot) -> None:
        if self._upkeep.waits(current):
            if not isinstance(current, Transaction):
                raise RuntimeError("The snapshot around a search must be opened for searching.")
            self._upkeep.everything(current)

    def _settle(self, connection: sqlite3.Connection) -> None:
        """Catch up, and begin to read before anybody of this process writes again."""
        connection.execute("ROLLBACK")
        with self._writing:
            for _ in range(_SETTLE_TRIES):
                if not self._catch_up(connection):
                    return
                connection.execute("BEGIN")
                if not self._upkeep.waits(Snapshot(connection)):
                    return
                connection.execute("ROLLBACK")
        raise Busy("Other processes kept writing; try again.")

    def _catch_up(self, connection: sqlite3.Connection) -> bool:
        """Whether it could be committed.

        On a full disk it cannot, and the transaction is left open: what it wrote is in memory,
        where the reader finds it, and is rolled back at the end.
        """
        try:
            self._begin_catching_up(connection)
            connection.execute("COMMIT")
        except sqlite3.Error as error:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            if not isinstance(_meaning(self.path, error), StorageFull):
                raise
        else:
            return True
        self._begin_catching_up(connection)
        return False

    def _begin_catching_up(self, connection: sqlite3.Connection) -> None:
        connection.execute("BEGIN IMMEDIATE")
        self._upkeep.everything(Transaction(connection, to_seconds(self._clock())))

    def _begin(self, connection: sqlite3.Connection, at: datetime | None) -> Transaction:
        transaction = Transaction(connection, to_seconds(at or self._clock()))
        self._current.transaction = transaction
        return transaction

    def _finish(self, connection: sqlite3.Connection) -> None:
        if self._current.transaction is not None:
            self._upkeep.some(self._current.transaction)
        connection.execute("COMMIT")

    @contextmanager
    def _savepoint(self, outer: Transaction) -> Iterator[None]:
        self._current.savepoints += 1
        name = f"s{self._current.savepoints}"
        outer.connection.execute(f"SAVEPOINT {name}")
        try:
            yield
        except BaseException:
            if outer.connection.in_transaction:
                outer.connection.execute(f"ROLLBACK TO {name}")
                outer.connection.execute(f"RELEASE {name}")
            raise
        else:
            outer.connection.execute(f"RELEASE {name}")
        finally:
            self._current.savepoints -= 1

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        """A connection that no other thread has meanwhile; there are as many as were ever busy."""
        if self._closed.is_set():
            raise RuntimeError("The desk is closed.")
        try:
            connection = self._idle.pop()
        except IndexError:
            connection = self._open()
        try:
            yield connection
        finally:
            self._give_back(connection)

    def _give_back(self, connection: sqlite3.Connection) -> None:
        if self._closed.is_set():
            connection.close()
        else:
            self._idle.append(connection)

    def _open(self) -> sqlite3.Connection:
        with translated(self.path):
            connection = sqlite3.connect(
                self.path,
                timeout=BUSY_SECONDS,
                isolation_level=None,
                check_same_thread=False,
                cached_statements=512,
            )
            for name, value in PRAGMAS.items():
                connection.execute(f"PRAGMA {name} = {value}")
        return connection


@contextmanager
def translated(path: str) -> Iterator[None]:
    """Turn the engine's errors into the library's."""
    try:
        yield
    except sqlite3.Error as error:
        known = _meaning(path, error)
        if known is None:
            raise
        raise known from error


def _meaning(path: str, error: sqlite3.Error) -> HelpdeskError | None:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return Busy("The database stayed locked by another writer; try again.")
    if code in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR):
        return StorageFull("The disk took no more; nothing was written.")
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return Refused(f"{path} is damaged: {error}")
    if code in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY):
        return Refused(f"{path} cannot be opened for writing: {error}")
    return None
