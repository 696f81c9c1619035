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


class SharedLock:
    """For what takes microseconds."""

    def __init__(self) -> None:
        self._threads = threading.Lock()
        self._file = _Bytes()

    def __enter__(self) -> None:
        self._threads.acquire()
        # The system knows only which process waits for which. If this waited there, it would see
        # a deadlock where two threads wait for one lock each of the other's process.
        while not self._file.try_to_take(0):
            time.sleep(_MOMENT)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.free(0)
        self._threads.release()


class _Bytes:
    """The file whose bytes are locked."""

    def __init__(self) -> None:
        with tempfile.TemporaryFile() as file:
            self._descriptor = os.dup(file.fileno())
        weakref.finalize(self, os.close, self._descriptor)

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
