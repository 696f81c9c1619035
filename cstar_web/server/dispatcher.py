"""Which thread answers what: quick reads one after another in one thread, writes side by side.

SQLite lets go of Python's interpreter for each row that it finds. Where several threads read, each
is put to sleep and woken again for each row, and that takes longer than the reading. Writes gain
from company: those that wait together reach the disk together.
"""

import threading
import time
from collections import deque
from typing import Protocol

from waitress.task import ThreadedTaskDispatcher

PATIENCE_SECONDS = 0.005


class Task(Protocol):
    """A request on a connection."""

    @property
    def writes(self) -> bool:
        """Whether it may write."""
        ...

    def service(self) -> None:
        """Answer it."""
        ...

    def cancel(self) -> None:
        """Give it up."""
        ...


class _Reader:
    """A thread's turn at answering reads; `since` is when it began the one that it is at."""

    def __init__(self, dispatcher: "Dispatcher") -> None:
        self._dispatcher = dispatcher
        self.since: float | None = None

    def service(self) -> None:
        """Answer reads until there is none left, or another thread has taken over."""
        while (task := self._dispatcher.next_read(self)) is not None:
            try:
                task.service()
            except BaseException:
                self._dispatcher.logger.exception("Exception when servicing %r", task)

    def cancel(self) -> None:
        """Give up every read that waits."""
        self._dispatcher.cancel_reads()


class Dispatcher(ThreadedTaskDispatcher):
    """Threads that answer requests. One that takes long over a read is left alone with it."""

    def __init__(self, patience: float = PATIENCE_SECONDS) -> None:
        super().__init__()
        self.patience = patience
        self._reads: deque[Task] = deque()
        self._reader: _Reader | None = None
        self._changing = threading.Lock()

    @property
    def reads_wait(self) -> bool:
        """Whether a read waits for the one before it."""
        return bool(self._reads)

    def add_task(self, task: Task) -> None:
        """Have a request answered; a read by the thread that reads already, if one does."""
        if task.writes:
            super().add_task(task)
            return
        with self._changing:
            self._reads.append(task)
            if self._reader is not None:
                return
            reader = self._reader = _Reader(self)
        super().add_task(reader)

    def relieve(self) -> None:
        """Let another thread go on with the reads if one takes too long. To be called often."""
        with self._changing:
            late = self._reader
            if not self._reads or late is None or late.since is None:
                return
            if time.monotonic() - late.since < self.patience:
                return
            reader = self._reader = _Reader(self)
        super().add_task(reader)

    def next_read(self, reader: _Reader) -> Task | None:
        """The next read, for whoever reads now; None ends its turn."""
        with self._changing:
            if self._reader is not reader:
                return None
            if not self._reads:
                self._reader = None
                return None
            reader.since = time.monotonic()
            return self._reads.popleft()

    def cancel_reads(self) -> None:
        """Give up every read that waits."""
        with self._changing:
            reads, self._reads = self._reads, deque()
        for task in reads:
            task.cancel()
