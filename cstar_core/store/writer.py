"""Who writes when, and how the writes of several threads reach the disk together.

Forcing a commit to the disk takes longer than most writes. So a thread that is done with a brief
write while others wait leaves its transaction open to the next one, and returns only when that
one, or the last of them, has committed for all. Each is a savepoint of its own: what fails is
taken back alone.
"""

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass, field
from typing import Protocol

from cstar_core.engine import sqlite3
from cstar_core.errors import Busy, StorageFull
from cstar_core.store.connections import Connections

GROUP_MAX = 16
TAKEN_BACK = "The disk took no more; nothing was written."
PATIENCE_SECONDS = 0.05


class Queue(Protocol):
    """Where processes that share a file wait for their turn to write; a lock will do.

    SQLite alone lets each of them sleep and try again, for longer and longer. While threads of one
    process follow each other closely, the other ones hardly ever find the file free.
    """

    def acquire(self) -> object:
        """Wait for the turn."""
        ...

    def release(self) -> object:
        """Let the next process have its turn; any thread may call it."""
        ...


@dataclass(slots=True)
class _Group:
    """Transactions that are committed as one."""

    connection: sqlite3.Connection
    members: int = 0
    done: threading.Event = field(default_factory=threading.Event)
    failure: Exception | None = None


class Writer:
    """The one place in this process that writes to a file."""

    def __init__(
        self, connections: Connections, queue: Queue, patience: float = PATIENCE_SECONDS
    ) -> None:
        self._connections = connections
        self._patience = patience
        self._queue = queue
        self._turn = threading.Lock()
        self._counting = threading.Lock()
        self._waiting = 0
        # The group that the last writer left open; whoever has the turn takes it up.
        self._left: _Group | None = None

    @contextmanager
    def write(self, *, brief: bool) -> Iterator[sqlite3.Connection]:
        """A connection inside a transaction that is committed once the block is done.

        A ``brief`` one may be committed together with those of other threads. Raises what the
        commit raises; then nothing of it is in the file.
        """
        group = self._join(brief)
        try:
            yield group.connection
        except BaseException:
            self._undo(group)
            raise
        if brief and self._waiting and group.members < GROUP_MAX:
            self._leave(group)
        else:
            self._finish(group)
        if group.failure is not None:
            raise copy(group.failure)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep every other writer in the queue out; what they did is committed."""
        self._await_turn()
        try:
            self._commit_left()
            self._queue.acquire()
            try:
                yield
            finally:
                self._queue.release()
        finally:
            self._turn.release()

    def _await_turn(self) -> None:
        with self._counting:
            self._waiting += 1
        try:
            self._turn.acquire()
        finally:
            with self._counting:
                self._waiting -= 1

    def _join(self, brief: bool) -> _Group:
        self._await_turn()
        try:
            if not brief:
                self._commit_left()
            if self._left is None:
                group = self._begin()
            else:
                self._left.connection.execute("SAVEPOINT member")
                group, self._left = self._left, None
        except BaseException:
            self._commit_left()
            self._turn.release()
            raise
        group.members += 1
        return group

    def _begin(self) -> _Group:
        connection = self._connections.take()
        try:
            self._queue.acquire()
            try:
                connection.execute("BEGIN IMMEDIATE")
            except BaseException:
                self._queue.release()
                raise
        except BaseException:
            self._connections.give_back(connection)
            raise
        return _Group(connection)

    def _leave(self, group: _Group) -> None:
        """Let the next writer commit; wait until it has."""
        try:
            if group.members > 1:
                group.connection.execute("RELEASE member")
        except BaseException:
            self._undo(group)
            raise
        self._left = group
        self._turn.release()
        while not group.done.wait(self._patience):
            # Whoever waited has been interrupted, or takes long over it: do it here if possible.
            if self._turn.acquire(blocking=False):
                try:
                    self._commit_left()
                finally:
                    self._turn.release()

    def _finish(self, group: _Group) -> None:
        try:
            self._commit(group)
        finally:
            self._turn.release()

    def _undo(self, group: _Group) -> None:
        """Take back what the last member did, and commit what the others did before it."""
        error = sys.exception()
        try:
            if self._is_taken_back(group):
                self._commit(group)
            else:
                self._end(group, error if isinstance(error, sqlite3.Error) else _interrupted())
        finally:
            self._turn.release()

    def _is_taken_back(self, group: _Group) -> bool:
        """Whether the last member's part could be taken back without the others'."""
        # With some errors the engine takes back the whole transaction.
        if group.members == 1 or not group.connection.in_transaction:
            return False
        try:
            group.connection.execute("ROLLBACK TO member")
        except sqlite3.Error:
            return False
        return True

    def _commit_left(self) -> None:
        group, self._left = self._left, None
        if group is not None:
            self._commit(group)

    def _commit(self, group: _Group) -> None:
        failure: Exception | None = None
        try:
            # With some errors, such as a full disk, the engine takes back the whole transaction,
            # and a caller may have gone on after such an error.
            if not group.connection.in_transaction:
                failure = StorageFull(TAKEN_BACK)
                return
            group.connection.execute("COMMIT")
        except sqlite3.Error as error:
            failure = error
        finally:
            # An interrupt may come before the commit, and just after it.
            if failure is None and group.connection.in_transaction:
                failure = _interrupted()
            self._end(group, failure)

    def _end(self, group: _Group, failure: Exception | None) -> None:
        group.failure = failure
        try:
            if group.connection.in_transaction:
                group.connection.execute("ROLLBACK")
        finally:
            self._queue.release()
            self._connections.give_back(group.connection)
            group.done.set()


def _interrupted() -> Busy:
    return Busy("The write was interrupted by another one that failed; try again.")
