"""Files that are made beside a database, so that whoever has the database can use them too.

An administrator's command runs as root, the service as somebody else. SQLite gives the log that it
makes as root to the owner of the database; what cStar makes has to follow it, or the service would
be locked out. Whoever owns the folder could put a link to any file there, so nothing is given away
but what this process has just made, and no link is followed.
"""

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from cstar_core.errors import Busy

PRIVATE = 0o600
PRIVATE_FOLDER = 0o700
_OPEN = os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW
_MAKE = _OPEN | os.O_CREAT | os.O_EXCL


def opened(path: str | Path, database: str | Path) -> int:
    """A descriptor of a private file beside a database, made if it is not there. Raises OSError."""
    while True:
        with suppress(FileNotFoundError):
            return os.open(path, _OPEN)
        with suppress(FileExistsError):
            return made(path, database)


@contextmanager
def held_alone(database: str, name: str, refusal: str) -> Iterator[None]:
    """Be the only one that holds a lock; raises Busy with the text while another program does.

    It is on a file beside the database, which the system frees when its holder ends.
    """
    descriptor = opened(f"{database}-{name}", database)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Busy(refusal) from None
        yield
    finally:
        os.close(descriptor)


def made(path: str | Path, database: str | Path) -> int:
    """A descriptor of a new private file beside a database. Raises FileExistsError and OSError."""
    descriptor = os.open(path, _MAKE, PRIVATE)
    try:
        hand_over(descriptor, database)
    except OSError:
        # Left there, it would lock the owner out the next time.
        os.close(descriptor)
        os.unlink(path)
        raise
    return descriptor


def made_folder(path: str | Path, database: str | Path) -> None:
    """Make a private folder beside a database, unless there is one. Raises OSError."""
    try:
        os.mkdir(path, PRIVATE_FOLDER)
    except FileExistsError:
        return
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_DIRECTORY)
    try:
        hand_over(descriptor, database)
    except OSError:
        os.rmdir(path)
        raise
    finally:
        os.close(descriptor)


def hand_over(descriptor: int, database: str | Path) -> None:
    """As root: give a file that was just made to the owner of a database, or else of its folder."""
    if os.geteuid() == 0:
        try:
            owner = os.stat(database)
        except FileNotFoundError:
            owner = os.stat(Path(database).absolute().parent)
        os.fchown(descriptor, owner.st_uid, owner.st_gid)


def make_database(path: str) -> None:
    """Make an empty private file for a database, unless there is something of that name.

    SQLite would make one that everybody may read. It is left to SQLite, and to its errors, where
    this does not work.
    """
    if os.path.lexists(path):
        return
    with suppress(OSError):
        folder = Path(path).absolute().parent
        # Under another name: closing it would drop the locks that this process has on it by then.
        descriptor, name = tempfile.mkstemp(prefix=f"{Path(path).name}.making-", dir=folder)
        try:
            with os.fdopen(descriptor):
                hand_over(descriptor, path)
            os.link(name, path)
        finally:
            os.unlink(name)
