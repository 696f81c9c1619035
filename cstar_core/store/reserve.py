"""Disk space for deletions: a file beside the database that gives way when the disk is full.

Deleting writes before it frees anything, so on a full disk nothing could be deleted. A write that
may use the reserve empties that file first, and fills it again before any other write begins.
"""

import fcntl
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from time import monotonic, sleep

from cstar_core.beside import opened
from cstar_core.errors import Busy
from cstar_core.store.connections import BUSY_SECONDS

# SQLite needs files of its own beside the database even for reading.
_TO_OPEN = 256 * 1024
_LEAST = 64 * 1024
_BLOCK = 512
_PAUSE_SECONDS = 0.01


class Reserve:
    """The reserve of one file: of ``size`` bytes; None for what is there already, 0 for none."""

    def __init__(self, path: str, size: int | None) -> None:
        self._database = path
        self._path = Path(f"{path}-reserve")
        self._folder = Path(path).absolute().parent
        self._size = size
        self._lock = threading.Lock()

    @property
    def short(self) -> bool:
        """Whether it has less than it should; then each write tries again to fill it."""
        return self._size is not None and self._held() < self._size

    def keep(self) -> None:
        """Make it as large as it should be, or half of what a small disk has left.

        While somebody uses it, in this process or another, it is left to them.
        """
        if self._size:
            with self._lock, suppress(OSError), self._opened() as handle:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                held = self._held()
                if held > self._size:
                    os.truncate(handle, self._size)
                self._fill(handle, self._size, (held + self._free()) // 2 - held)
        elif self._size == 0:
            with suppress(OSError):
                self._path.unlink()

    def make_way(self) -> None:
        """Give back a little of it on a full disk, so that the database can be opened."""
        held = self._held()
        if held and self._free() < _TO_OPEN:
            with suppress(OSError), self._opened() as handle:
                os.truncate(handle, max(0, held - _TO_OPEN))

    def is_needed(self) -> bool:
        """Whether the disk has less space than is kept."""
        held = self._held()
        return held > 0 and self._free() < (self._size or held)

    @contextmanager
    def lent(self) -> Iterator[None]:
        """Give it back to the disk for the time of the block, and then take what is left.

        Raises Busy if another process does not give it up in time.
        """
        with self._lock, self._opened() as handle:
            _lock_file(handle)
            size = self._size or self._held()
            with suppress(OSError):
                os.truncate(handle, 0)
            try:
                yield
            finally:
                self._fill(handle, size, self._free())

    @contextmanager
    def _opened(self) -> Iterator[int]:
        handle = opened(self._path, self._database)
        try:
            yield handle
        finally:
            os.close(handle)

    def _held(self) -> int:
        try:
            return os.lstat(self._path).st_blocks * _BLOCK
        except OSError:
            return 0

    def _free(self) -> int:
        found = os.statvfs(self._folder)
        return found.f_bavail * found.f_frsize

    def _fill(self, handle: int, size: int, most: int) -> None:
        """Grow to the size, or by the most that is allowed, or by what the disk gives."""
        held = self._held()
        more = min(size - held, most)
        while held < size and more >= _LEAST:
            try:
                _take(handle, held + more)
                break
            except OSError:
                more //= 2


def _lock_file(handle: int) -> None:
    until = monotonic() + BUSY_SECONDS
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if monotonic() >= until:
                raise Busy("The reserve of disk space is in use; try again.") from None
        sleep(_PAUSE_SECONDS)


def _take(handle: int, size: int) -> None:
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(handle, 0, size)
        return
    while (place := os.lseek(handle, 0, os.SEEK_END)) < size:
        os.write(handle, bytes(min(_LEAST, size - place)))
