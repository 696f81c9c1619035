"""Locks for the threads of a process and of all that are forked from it.

The system frees them when the process that holds one is killed. They are locks on bytes of a file
without a name. Those belong to a process, whichever thread took them and whatever descriptor it
inherited, so each is taken together with a lock for the threads.
"""

import fcntl
import os
import tempfile
import threading
import time
import weakref
from types import TracebackType

_MOMENT = 0.0001
_NOW, _NEXT = 0, 1


class SharedLock:
    """For what takes microseconds."""

    def __init__(self) -> None:
        self._threads = threading.Lock()
        self._file = _Bytes()

    def __enter__(self) -> None:
        self._threads.acquire()
        # The system knows only which process waits for which. If this waited there, it would see
        # a deadlock where two threads wait for one lock each of the other's process.
        while not self._file.try_to_take(_NOW):
            time.sleep(_MOMENT)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.free(_NOW)
        self._threads.release()


class WriterQueue:
    """For processes that follow each other, however long each may take; first come, first served.

    The threads of one process must come one at a time, but any of them may release.
    """

    def __init__(self) -> None:
        self._file = _Bytes()

    def acquire(self) -> None:
        """Wait for the turn of this process."""
        # Whoever is next holds a byte of its own, so that who has just written cannot pass it.
        self._file.take(_NEXT)
        try:
            self._file.take(_NOW)
        finally:
            self._file.free(_NEXT)

    def release(self) -> None:
        """Let the next process have its turn."""
        self._file.free(_NOW)


class _Bytes:
    """The file whose bytes are locked."""

    def __init__(self) -> None:
        with tempfile.TemporaryFile() as file:
            self._descriptor = os.dup(file.fileno())
        weakref.finalize(self, os.close, self._descriptor)

    def take(self, place: int) -> None:
        """Lock a byte once no other process has it."""
        fcntl.lockf(self._descriptor, fcntl.LOCK_EX, 1, place)

    def try_to_take(self, place: int) -> bool:
        """Lock a byte unless another process has it."""
        try:
            fcntl.lockf(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, place)
        except (BlockingIOError, PermissionError):
            return False
        return True

    def free(self, place: int) -> None:
        """Let others have a byte."""
        fcntl.lockf(self._descriptor, fcntl.LOCK_UN, 1, place)
