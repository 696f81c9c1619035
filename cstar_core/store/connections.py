"""The connections to one file, and what the engine's errors mean."""

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

from cstar_core.engine import code_of, is_unreadable_text, sqlite3, words_of
from cstar_core.errors import Busy, HelpdeskError, Refused, StorageFull

# What a query raises where the file, the disk or a lock is at fault, or a row breaks a constraint.
EngineError = sqlite3.OperationalError
ConstraintError = sqlite3.IntegrityError
BUSY_SECONDS = 5.0
PRAGMAS = {
    "busy_timeout": int(BUSY_SECONDS * 1000),
    "synchronous": "FULL",
    "foreign_keys": "ON",
    "trusted_schema": "OFF",
    "cell_size_check": "ON",
    # What is deleted is overwritten, whatever a build of SQLite would do by itself.
    "secure_delete": "ON",
    "journal_size_limit": 64 * 1024 * 1024,
    "temp_store": "MEMORY",
    # KiB, of each connection; the default of 2 MiB reads the same pages again and again.
    "cache_size": -16_384,
    # Pages of the write-ahead log before a commit folds it into the file. The more there are, the
    # more often a page is among them twice, and the fewer commits have to wait for it.
    "wal_autocheckpoint": 4_000,
}
_STEPS_BETWEEN_SIGNALS = 100_000


class Connections:
    """As many connections as were ever busy at once; each is used by one thread at a time."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._idle: deque[sqlite3.Connection] = deque()
        self._closed = threading.Event()

    @contextmanager
    def one(self) -> Iterator[sqlite3.Connection]:
        """A connection for the time of the block."""
        connection = self.take()
        try:
            yield connection
        finally:
            self.give_back(connection)

    def take(self) -> sqlite3.Connection:
        """A connection that nobody else has meanwhile."""
        if self._closed.is_set():
            raise RuntimeError("The desk is closed.")
        try:
            return self._idle.pop()
        except IndexError:
            return self._open()

    def give_back(self, connection: sqlite3.Connection) -> None:
        """Take back a connection, which is in no transaction any more."""
        if self._closed.is_set():
            connection.close()
        else:
            self._idle.append(connection)

    def close(self) -> None:
        """Close every idle connection; the last one folds the write-ahead log into the file."""
        self._closed.set()
        while self._idle:
            self._idle.pop().close()

    def _open(self) -> sqlite3.Connection:
        with translated(self._path):
            connection = sqlite3.connect(
                self._path,
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
        known = meaning(path, error)
        if known is None:
            raise
        raise known from error


@contextmanager
def interruptible(connection: sqlite3.Connection) -> Iterator[None]:
    """Let Ctrl-C end a statement that takes long."""
    # Python hears signals only between two steps of its own, and this is one.
    connection.set_progress_handler(_go_on, _STEPS_BETWEEN_SIGNALS)
    try:
        yield
    except sqlite3.OperationalError as error:
        if code_of(error) == sqlite3.SQLITE_INTERRUPT:
            raise KeyboardInterrupt from error
        raise
    finally:
        connection.set_progress_handler(None, 0)


def _go_on() -> int:
    return 0


def is_of_one_row(error: Exception) -> bool:
    """Whether only the text of a row is at fault, and other rows can be read."""
    return isinstance(error, sqlite3.Error) and is_unreadable_text(error)


def meaning(path: str, error: sqlite3.Error) -> HelpdeskError | None:
    """The library's error for one of the engine's; None if it is nothing a user can help."""
    code = code_of(error)
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return Busy("The database stayed locked by another writer; try again.")
    if code in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR):
        return StorageFull(f"The disk took no more, nothing was written: {error}")
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return Refused(f"{path} is damaged: {words_of(error)}")
    if code in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY):
        return Refused(f"{path} cannot be opened for writing: {error}")
    return None
