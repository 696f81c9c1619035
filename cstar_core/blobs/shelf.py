"""A folder of files that are named by the digests of their bytes, wherever it is."""

import errno
import hashlib
import os
import stat
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path

from cstar_core.beside import PRIVATE_FOLDER
from cstar_core.errors import FileLost
from cstar_core.files import PRIVATE, copy_unsynced, sync

_OPEN = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW
# A disk takes many files at once in little more time than one.
_TOGETHER, _AT_ONCE = 256, 16
_PLACES = [f"{number:02x}" for number in range(256)]
_DIGEST_BYTES = hashlib.sha256().digest_size
# Of the process, not of the file.
_PASSING = (errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EINTR)


def _read(descriptor: int, most: int) -> bytes:
    """Some of a file; what the disk does not give back is lost, and no fault of the copy's."""
    try:
        return os.read(descriptor, most)
    except OSError as error:
        raise FileLost from error


@dataclass(frozen=True, slots=True)
class Blob:
    """Bytes that are stored: their SHA-256, and how many they are."""

    digest: bytes
    size: int


class Shelf:
    """Files, each in a folder with the first two digits of its name, and none changed ever."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._unsynced: list[Path] = []

    def file(self, digest: bytes) -> Path:
        """Where a file is, or would be."""
        name = digest.hex()
        return self.path / name[:2] / name

    def has(self, blob: Blob) -> bool:
        """Whether a file is there, and as long as it should be."""
        try:
            found = os.lstat(self.file(blob.digest))
        except OSError as error:
            if error.errno in _PASSING:
                raise
            return False
        return stat.S_ISREG(found.st_mode) and found.st_size == blob.size

    def open(self, blob: Blob) -> BufferedReader:
        """A file to read, from its beginning. Raises FileLost if it is not there as it was."""
        try:
            descriptor = os.open(self.file(blob.digest), _OPEN)
        except OSError as error:
            if error.errno in _PASSING:
                raise
            raise FileLost from error
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode) or found.st_size != blob.size:
            os.close(descriptor)
            raise FileLost
        return os.fdopen(descriptor, "rb")

    def is_sound(self, blob: Blob) -> bool:
        """Whether a file is there with the very bytes; reads all of it."""
        try:
            self.checked(blob).close()
        except (FileLost, OSError):
            return False
        return True

    def checked(self, blob: Blob) -> BufferedReader:
        """A file to read, of which all bytes were looked at. Raises FileLost."""
        file = self.open(blob)
        try:
            if hashlib.file_digest(file, "sha256").digest() != blob.digest:
                raise FileLost
            file.seek(0)
        except OSError as error:
            file.close()
            # What the disk does not give back is lost.
            raise FileLost from error
        except FileLost:
            file.close()
            raise
        return file

    def read(self, blob: Blob) -> bytes:
        """The very bytes of a file that fits in memory. Raises FileLost."""
        try:
            with self.open(blob) as file:
                found = file.read()
        except OSError as error:
            if error.errno in _PASSING:
                raise
            raise FileLost from error
        if hashlib.sha256(found).digest() != blob.digest:
            raise FileLost
        return found

    def digests(self) -> Iterator[bytes]:
        """What files there are, in no order; whatever else is there is passed over."""
        for place in _PLACES:
            with suppress(FileNotFoundError, NotADirectoryError):
                for each in (self.path / place).iterdir():
                    with suppress(ValueError):
                        digest = bytes.fromhex(each.name)
                        if len(digest) == _DIGEST_BYTES and self.file(digest) == each:
                            yield digest

    def copy(self, blob: Blob, source: "Shelf") -> bool:
        """Copy a file from another shelf, looking at its bytes; False if they are lost.

        It is on the disk after ``sync``.
        """
        target = self.file(blob.digest)
        self._make_place(target.parent)
        try:
            with source.open(blob) as file:
                made = self._make(target)
                try:
                    found = copy_unsynced(file.fileno(), made, _read)
                except FileLost:
                    found = ""
                finally:
                    os.close(made)
        except FileLost:
            return False
        if found != blob.digest.hex():
            target.unlink()
            return False
        self._sync_later(target)
        return True

    def keep(self, blob: Blob) -> bool:
        """Whether a file is there already, whole; then it is on the disk after ``sync`` too.

        Whoever has written it may have been killed before that.
        """
        sound = self.is_sound(blob)
        if sound:
            self._sync_later(self.file(blob.digest))
        return sound

    def link(self, blob: Blob, source: "Shelf") -> bool:
        """Give a file of another shelf a name here too; False if it is not there, or cannot."""
        if not source.has(blob):
            return False
        target = self.file(blob.digest)
        self._make_place(target.parent)
        try:
            os.link(source.file(blob.digest), target, follow_symlinks=False)
        except OSError:
            return False
        return True

    def _make_place(self, place: Path) -> None:
        """Make one of the folders, unless it is there."""
        place.mkdir(PRIVATE_FOLDER, parents=True, exist_ok=True)

    def _make(self, file: Path) -> int:
        """A descriptor of a new file."""
        return os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE)

    def sync(self) -> None:
        """Wait until what was copied is on the disk, and the names of all files."""
        self._sync_files()
        if self.path.exists():
            for place in _PLACES:
                with suppress(FileNotFoundError):
                    sync(self.path / place)
            sync(self.path)

    def _sync_later(self, file: Path) -> None:
        self._unsynced.append(file)
        if len(self._unsynced) >= _TOGETHER:
            self._sync_files()

    def _sync_files(self) -> None:
        if self._unsynced:
            with ThreadPoolExecutor(_AT_ONCE) as pool:
                list(pool.map(sync, self._unsynced))
            self._unsynced.clear()
