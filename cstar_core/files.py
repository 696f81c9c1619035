"""Files that are either whole or not there: synced before they get the name that counts."""

import errno
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from cstar_core.errors import StorageFull

PRIVATE = 0o600
_CHUNK = 1024 * 1024
_NO_SPACE = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)


def sync(path: Path) -> None:
    """Wait until a file's content, or a folder's names, are on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def followed(path: str) -> str:
    """What a link leads to: beside that SQLite keeps its log. Any other name is left as it is."""
    return os.path.realpath(path) if os.path.islink(path) else path


def identity(path: str | Path) -> tuple[int, int] | None:
    """Which file has this name now; None if none has."""
    with suppress(FileNotFoundError):
        found = os.stat(path)
        return found.st_dev, found.st_ino
    return None


def write_new(path: Path, content: bytes) -> None:
    """Make a private file with this content, synced. Raises FileExistsError."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def sha256(path: Path) -> str:
    """The SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def copy(source: int, target: int) -> str:
    """Copy all that is left to read of a descriptor to another, synced; its SHA-256 in hex."""
    digest = hashlib.sha256()
    while chunk := os.read(source, _CHUNK):
        digest.update(chunk)
        view = memoryview(chunk)
        while view:
            view = view[os.write(target, view) :]
    os.fsync(target)
    return digest.hexdigest()


@contextmanager
def room_for(what: str) -> Iterator[None]:
    """Say what there was no room for, if the disk takes no more."""
    try:
        yield
    except OSError as error:
        if error.errno not in _NO_SPACE:
            raise
        raise _full(what) from error
    except StorageFull as error:
        raise _full(what) from error


def _full(what: str) -> StorageFull:
    return StorageFull(f"The disk took no more: {what}.")
