"""One open file: its two ways in, and when the search index is brought up to date."""

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from copy import copy
from datetime import datetime
from typing import Self

from cstar_core.clock import Clock, to_seconds
from cstar_core.engine import sqlite3
from cstar_core.errors import Busy, Forbidden, Refused, StorageFull
from cstar_core.store.connections import (
    PRAGMAS,
    Connections,
    interruptible,
    meaning,
    translated,
)
from cstar_core.store.reserve import Reserve
from cstar_core.store.transaction import Snapshot, Transaction, Upkeep
from cstar_core.store.writer import TAKEN_BACK, Queue, Writer

_SETTLE_TRIES = 20

# Raises Forbidden where whoever writes must not.
Guard = Callable[[Snapshot], None]


class _Current(threading.local):
    """What this thread is in the middle of."""

    transaction: Transaction | None = None
    snapshot: Snapshot | None = None
    savepoints: int = 0


class Store:
    """One open database file, safe to use from many threads.

    With a ``schema`` it writes only as long as the file has that: a newer version may upgrade it
    underneath, and would find rows that the older one has written.
    """

    def __init__(
        self,
        path: str,
        clock: Clock,
        upkeep: Upkeep,
        queue: Queue | None = None,
        reserve: Reserve | None = None,
        schema: int | None = None,
    ) -> None:
        self.path = path
        self._schema = schema
        self._reserve = reserve or Reserve(path, None)
        self._clock = clock
        self._upkeep = upkeep
        self._connections = Connections(path)
        self._writer = Writer(self._connections, queue or threading.Lock())
        self._current = _Current()
        self._guard: Guard | None = None
        self._refusal = ""

    @contextmanager
    def snapshot(self, *, settled: bool = False) -> Iterator[Snapshot]:
        """Read one consistent state; inside a transaction, what it has written so far too.

        ``settled``: one in which the search index is up to date. Inside a snapshot that is not,
        RuntimeError.
        """
        current = self._current.transaction or self._current.snapshot
        if current is not None:
            if settled and not current.settled:
                self._settle_within(current)
            yield current
            return
        with self._connections.one() as connection, translated(self.path):
            connection.execute("BEGIN")
            snapshot = self._current.snapshot = Snapshot(connection)
            try:
                if settled and self._upkeep.waits(snapshot):
                    self._settle(connection)
                snapshot.settled = settled
                yield snapshot
            finally:
                self._current.snapshot = None
                if connection.in_transaction:
                    connection.execute("ROLLBACK")

    @contextmanager
    def transaction(
        self, at: datetime | None = None, *, brief: bool = False, reserved: bool = False
    ) -> Iterator[Transaction]:
        """Write, all or nothing. Inside another transaction of this thread: a savepoint of it.

        ``at`` sets the instant of an outermost transaction, for loading what happened earlier.
        A ``brief`` one does not wait for anything, so those of several threads may be committed
        as one. One that may use what is ``reserved`` also works on a full disk. Raises
        RuntimeError inside a snapshot: the read that led to the write must be in it.
        """
        if self._refusal:
            raise Forbidden(self._refusal)
        outer = self._current.transaction
        if outer is not None:
            with self._savepoint(outer):
                self._ask(outer)
                yield outer
            return
        if self._current.snapshot is not None:
            raise RuntimeError("Open the transaction before reading, not inside a snapshot.")
        with translated(self.path), self._write(brief, reserved) as connection:
            self._refuse_upgraded(connection)
            transaction = Transaction(connection, to_seconds(at or self._clock()))
            self._current.transaction = transaction
            try:
                self._ask(transaction)
                yield transaction
                self._upkeep.some(transaction)
            finally:
                self._current.transaction = None

    @contextmanager
    def changes(self) -> Iterator[Callable[[], int]]:
        """A function whose number differs once anybody has committed since it was last asked.

        It looks into the shared memory of the log only. It is for one thread, and holds a
        connection for the time of the block.
        """
        with self._connections.one() as connection, translated(self.path):
            yield lambda: int(connection.execute("PRAGMA data_version").fetchone()[0])

    @property
    def is_nested(self) -> bool:
        """Whether this thread is in a transaction or snapshot."""
        return bool(self._current.transaction or self._current.snapshot)

    def refuse_nested(self, rule: str) -> None:
        """Raise RuntimeError if this thread is in a transaction or snapshot."""
        if self.is_nested:
            raise RuntimeError(rule)

    def reading(self, refusal: str = "A publishable key only reads") -> Self:
        """The same open file for somebody who must not write: a transaction raises Forbidden."""
        reader = copy(self)
        reader._refusal = refusal
        return reader

    def guarded(self, guard: Guard) -> Self:
        """The same open file for somebody who may write as long as ``guard`` does not raise.

        It is asked at the beginning of each transaction, and in it.
        """
        writer = copy(self)
        writer._guard = guard
        return writer

    def now(self) -> int:
        """This moment by the desk's clock, in Unix seconds; a transaction has its own ``now``."""
        return to_seconds(self._clock())

    def is_past(self, instant: datetime | None) -> bool:
        """Whether an instant has come, by the desk's clock; None never comes."""
        return instant is not None and instant <= self._clock()

    def copy_to(self, path: str) -> None:
        """Write a compact copy of one committed state to a file that is not there yet.

        Others read and write meanwhile. An interrupt (Ctrl-C) ends it.
        """
        with (
            self._connections.one() as connection,
            translated(self.path),
            interruptible(connection),
        ):
            connection.execute("VACUUM INTO ?", (path,))

    def compact(self) -> None:
        """Write the whole file anew, so that nothing deleted is left in it or in its log.

        Takes as much disk space again, twice: in a temporary file (or in memory, if the engine is
        built to keep there what is temporary), and in the log. Raises Busy if others kept the log
        from being emptied, RuntimeError in a transaction or snapshot.
        """
        self.refuse_nested("Compact the file outside of transactions and snapshots.")
        with (
            self._connections.one() as connection,
            translated(self.path),
            interruptible(connection),
            self._writer.alone(),
        ):
            # Else the copy would be made in memory.
            connection.execute("PRAGMA temp_store = FILE")
            try:
                connection.execute("VACUUM")
                busy = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
            finally:
                connection.execute(f"PRAGMA temp_store = {PRAGMAS['temp_store']}")
        if busy:
            raise Busy("Others kept reading what was there before; try again.")

    def close(self) -> None:
        """Close every idle connection; the last one folds the write-ahead log into the file."""
        self._connections.close()

    def _ask(self, transaction: Transaction) -> None:
        if self._guard is not None:
            self._guard(transaction)

    def _write(self, brief: bool, reserved: bool) -> AbstractContextManager[sqlite3.Connection]:
        if self._reserve.short:
            self._reserve.keep()
        if reserved and self._reserve.is_needed():
            return self._write_with_reserve()
        return self._writer.write(brief=brief)

    @contextmanager
    def _write_with_reserve(self) -> Iterator[sqlite3.Connection]:
        """Write while nobody else does, who would use up the space.

        The log is folded into the file before and after: then it need not grow.
        """
        with (
            self._writer.alone(),
            self._connections.one() as connection,
            self._reserve.lent(),
        ):
            _fold(connection)
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                if not connection.in_transaction:
                    raise StorageFull(TAKEN_BACK)
                connection.execute("COMMIT")
            finally:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                _fold(connection)

    def _settle_within(self, current: Snapshot) -> None:
        if self._upkeep.waits(current):
            if not isinstance(current, Transaction):
                raise RuntimeError("The snapshot around a search must be opened for searching.")
            self._upkeep.everything(current)

    def _settle(self, connection: sqlite3.Connection) -> None:
        """Catch up, and begin to read before anybody of this process writes again."""
        connection.execute("ROLLBACK")
        with self._writer.alone():
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
            if not isinstance(meaning(self.path, error), StorageFull):
                raise
        else:
            return True
        self._begin_catching_up(connection)
        return False

    def _begin_catching_up(self, connection: sqlite3.Connection) -> None:
        connection.execute("BEGIN IMMEDIATE")
        self._refuse_upgraded(connection)
        self._upkeep.everything(Transaction(connection, to_seconds(self._clock())))

    def _refuse_upgraded(self, connection: sqlite3.Connection) -> None:
        if self._schema is None:
            return
        if connection.execute("PRAGMA user_version").fetchone()[0] != self._schema:
            raise Refused(f"{self.path} has been upgraded; restart with the newer version")

    @contextmanager
    def _savepoint(self, outer: Transaction) -> Iterator[None]:
        if not outer.connection.in_transaction:
            # Otherwise it would be a transaction of its own.
            raise StorageFull(TAKEN_BACK)
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


def _fold(connection: sqlite3.Connection) -> None:
    """Fold the log into the file as far as readers and the disk allow."""
    with suppress(sqlite3.Error):
        connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
