"""Files that are either whole or not there: synced before they get the name that counts."""

import errno
import hashlib
import os
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from cstar_core.errors import Conflict, StorageFull

PRIVATE = 0o600
_CHUNK = 1024 * 1024
_TAKEN = (errno.EEXIST, errno.ENOTEMPTY, errno.ENOTDIR)
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
    digest = copy_unsynced(source, target)
    os.fsync(target)
    return digest


def copy_unsynced(source: int, target: int, read: Callable[[int, int], bytes] = os.read) -> str:
    """As ``copy``, for one of many files that are synced together in the end."""
    digest = hashlib.sha256()
    while chunk := read(source, _CHUNK):
        digest.update(chunk)
        view = memoryview(chunk)
        while view:
            view = view[os.write(target, view) :]
    return digest.hexdigest()


def is_plain(path: Path) -> bool:
    """Whether it is a file itself: no link to one, and nothing that would be waited for."""
    try:
        return stat.S_ISREG(os.lstat(path).st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return False


@contextmanager
def appearing(destination: str, what: str) -> Iterator[Path]:
    """A folder for its owner alone that gets its name, synced, once the block has filled it.

    Until then its name has ``.partial-`` in it; if the block fails it is removed. ``what`` is what
    messages call it. Raises Conflict if there is something of that name, StorageFull, and OSError
    if no folder can be made there.
    """
    target = Path(destination)
    if os.path.lexists(target):
        raise _taken(destination, what)
    folder = _new_folder(target)
    try:
        with room_for(f"{destination} was not made"):
            yield folder
            sync(folder)
            _name(folder, target, what)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _new_folder(target: Path) -> Path:
    try:
        return Path(tempfile.mkdtemp(prefix=f"{target.name}.partial-", dir=target.parent))
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(target)) from error


def _name(folder: Path, target: Path, what: str) -> None:
    """Give the folder its name, unless something else has it by now."""
    try:
        folder.rename(target)
    except OSError as error:
        if error.errno in _TAKEN:
            raise _taken(str(target), what) from error
        raise
    sync(target.parent)


def _taken(destination: str, what: str) -> Conflict:
    return Conflict(f"{destination} exists already; {what} is made under a new name")


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
