"""One reader at a time as long as it is quick: several at once would only wake each other.

SQLite lets go of Python's interpreter for each row that it finds. Where several threads read, each
is put to sleep and woken again for each row, and that takes longer than the reading.
"""

import threading
from types import TracebackType

PATIENCE_SECONDS = 0.005


class Gate:
    """Lets one thread in at a time; whoever waits for too long gets past the one inside.

    That one goes on beside the others, and those who come later wait for the new one.
    """

    def __init__(self, patience: float = PATIENCE_SECONDS) -> None:
        self._patience = patience
        self._lock = threading.Lock()
        self._changing = threading.Lock()

    def enter(self) -> "Inside":
        """Wait for the gate; use what it gives as a context manager."""
        while True:
            lock = self._lock
            if not lock.acquire(timeout=self._patience):
                self._replace(lock)
            elif lock is self._lock:
                return Inside(lock)
            else:
                lock.release()

    def _replace(self, lock: threading.Lock) -> None:
        """Leave the lock to whoever holds it."""
        with self._changing:
            if self._lock is lock:
                self._lock = threading.Lock()


class Inside:
    """A thread's time inside the gate."""

    __slots__ = ("_lock",)

    def __init__(self, lock: threading.Lock) -> None:
        self._lock = lock

    def __enter__(self) -> None:
        """It has been entered already."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._lock.release()
