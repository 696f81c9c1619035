"""Put a verified backup in the place of a database, whole or not at all, and lose nothing of it."""

import fcntl
import os
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain, count
from pathlib import Path

from cstar_core.backups.files import bring_files, share_files
from cstar_core.backups.manifest import Backup
from cstar_core.backups.verifying import database_of, manifest_of, verified
from cstar_core.beside import hand_over
from cstar_core.engine import code_of, sqlite3
from cstar_core.errors import Busy, Conflict, Refused, StorageFull
from cstar_core.files import copy, identity, room_for, sync, write_new

_BESIDE = ("-wal", "-shm", "-journal")
_LOCK_SECONDS = 0.5
# Where SQLite locks a file for reading and writing, whatever is in it.
_LOCK_START, _LOCK_LENGTH = 0x40000000, 512


@dataclass(frozen=True, slots=True)
class Restored:
    """What was put in place; ``kept`` is where the file that was there before is now.

    ``lost`` are the SHA-256 of files that it refers to and that nobody has.
    """

    database: str
    backup: Backup
    kept: str | None
    lost: tuple[str, ...] = ()


def restore(source: str, database: str, newest: int, now: datetime, *, replace: bool) -> Restored:
    """Verify a backup, or a database file such as an upgrade keeps, and make it the database.

    A database that is there is only replaced with ``replace``, and kept under another name.
    Raises Refused for what is not a whole and sound backup of this version or an older one,
    Conflict if the database is there, Busy if it is open, StorageFull; then nothing has changed.
    """
    # A link stays one: what it leads to is replaced.
    target = Path(os.path.realpath(database))
    _refuse_taken(target, replace)
    if target.exists() and identity(target) == identity(source):
        raise Conflict(f"{source} is the database itself")
    with room_for(f"{source} was not restored"), ExitStack() as stack:
        fresh, backup = stack.enter_context(_copied(Path(source), target, newest))
        brought = bring_files(Path(source), fresh, target, backup.lost)
        # Again: making the copy may have taken long.
        _refuse_taken(target, replace)
        over, kept = target.exists(), None
        if _present(target):
            stack.enter_context(_alone(target))
            if target.exists() and not over:
                raise _made_meanwhile(target)
            kept = _keep(target, fresh, now)
        _place(fresh, target, over=over)
        sync(target.parent)
    return Restored(str(target), backup, kept, brought.lost)


def _place(fresh: Path, target: Path, *, over: bool) -> None:
    """Give the new file its name; ``over`` an old one only if that is locked."""
    if over:
        fresh.replace(target)
        return
    try:
        try:
            os.link(fresh, target)
        except FileExistsError:
            raise
        except OSError:  # a file system without links
            write_new(target, b"")
            fresh.replace(target)
    except FileExistsError:
        raise _made_meanwhile(target) from None


def _made_meanwhile(target: Path) -> Conflict:
    return Conflict(f"{target} exists by now; somebody else has made it")


def _present(target: Path) -> list[Path]:
    """The files of a database that are there."""
    return [each for each in _files(target) if os.path.lexists(each)]


def _files(target: Path) -> list[Path]:
    return [target, *(Path(f"{target}{end}") for end in _BESIDE)]


def _refuse_taken(target: Path, replace: bool) -> None:
    present = _present(target)
    if present and not replace:
        raise Conflict(f"{present[0]} exists already; to replace it and keep it aside: --replace")
    for each in present:
        if not stat.S_ISREG(os.lstat(each).st_mode):
            raise Conflict(f"{each} is not a file")


@contextmanager
def _copied(source: Path, target: Path, newest: int) -> Iterator[tuple[Path, Backup]]:
    """A verified copy beside the database: what is checked is what is put in place."""
    said = manifest_of(source)
    try:
        descriptor, name = tempfile.mkstemp(prefix=f"{target.name}.restoring-", dir=target.parent)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(target)) from error
    fresh = Path(name)
    try:
        hand_over(descriptor, target)
        with os.fdopen(descriptor, "wb") as file, database_of(source).open("rb") as saved:
            digest = copy(saved.fileno(), file.fileno())
        yield fresh, verified(source, said, digest, fresh, newest)
    finally:
        fresh.unlink(missing_ok=True)


@contextmanager
def _alone(target: Path) -> Iterator[None]:
    """Keep everybody else out of the old file; its log is folded in, if it can still be read."""
    with ExitStack() as stack:
        if target.exists() and not (_is_readable(target) and _is_locked(target, stack)):
            stack.enter_context(_locked_bytes(target))
        yield


def _is_readable(target: Path) -> bool:
    """Whether it is a database by itself; else SQLite might delete the log beside it."""
    address = f"{target.as_uri()}?mode=ro&immutable=1"
    try:
        with closing(sqlite3.connect(address, uri=True)) as connection:
            return bool(connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0])
    except sqlite3.DatabaseError:
        return False


def _is_locked(target: Path, stack: ExitStack) -> bool:
    """Whether SQLite could lock the file until the end of the stack; False if it is damaged."""
    before = identity(target)
    old = sqlite3.connect(target, timeout=_LOCK_SECONDS, isolation_level=None)
    try:
        _lock(old)
        if identity(target) != before:  # somebody else has just replaced it
            old.close()
            raise _in_use(target)
        _end_log(old)
    except sqlite3.DatabaseError as error:
        old.close()
        code = code_of(error)
        if code in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT):
            return False
        if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise _in_use(target) from error
        if code in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR):
            raise StorageFull(str(error)) from error
        raise Refused(f"{target} cannot be replaced: {error}") from error
    stack.enter_context(closing(old))
    for end in ("-shm", "-journal"):  # what is left of the log, and of the change just made
        Path(f"{target}{end}").unlink(missing_ok=True)
    return True


def _lock(old: sqlite3.Connection) -> None:
    old.execute("PRAGMA locking_mode = EXCLUSIVE")
    old.execute("BEGIN EXCLUSIVE")
    old.execute("COMMIT")


def _end_log(old: sqlite3.Connection) -> None:
    # A database without a log: who waits for it now writes none beside the new one.
    old.execute("PRAGMA journal_mode = DELETE")
    # Else closing it would delete the journal of that name, whosever it is by then.
    old.execute("PRAGMA journal_mode = MEMORY")
    old.execute("BEGIN EXCLUSIVE")


@contextmanager
def _locked_bytes(target: Path) -> Iterator[None]:
    """The same lock, for a file that SQLite does not read."""
    with target.open("r+b") as file:
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, _LOCK_LENGTH, _LOCK_START)
        except (BlockingIOError, PermissionError) as error:
            raise _in_use(target) from error
        held = os.fstat(file.fileno())
        if identity(target) != (held.st_dev, held.st_ino):
            raise _in_use(target)
        yield


def _in_use(target: Path) -> Busy:
    return Busy(f"{target} is in use; stop the server and whatever else has it open")


def _keep(target: Path, fresh: Path, now: datetime) -> str:
    """Give the old files another name too, and take their old one from all but the first.

    So there is a database under the name at every moment.
    """
    stamp = f"{target}.replaced-{now.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    names = chain([stamp], (f"{stamp}-{number}" for number in count(2)))
    kept = next(name for name in names if not any(map(os.path.lexists, (name, f"{name}-files"))))
    present = _present(target)
    if target in present:
        _like(target, fresh)
    with ExitStack() as undo:
        for each in present:
            name = _renamed(each, target, kept)
            _link(each, name)
            undo.callback(name.unlink)
        undo.callback(shutil.rmtree, f"{kept}-files", ignore_errors=True)
        share_files(target, Path(kept))
        sync(target.parent)
        undo.pop_all()
    for each in present:
        if each != target:
            each.unlink()
    return str(_renamed(present[0], target, kept))


def _renamed(file: Path, target: Path, kept: str) -> Path:
    return Path(f"{kept}{str(file)[len(str(target)) :]}")


def _link(old: Path, new: Path) -> None:
    try:
        os.link(old, new)
    except FileExistsError:
        raise
    except OSError:  # a file system without links
        try:
            _copy_aside(old, new)
            sync(new)
        except (OSError, StorageFull):
            new.unlink(missing_ok=True)
            raise


def _copy_aside(old: Path, new: Path) -> None:
    """Copy a file by another program: if this process closed it, its locks on it would be gone."""
    done = subprocess.run(["cp", "-p", "--", old, new], capture_output=True, text=True)  # noqa: S603, S607
    if done.returncode:
        raise StorageFull(f"{old} could not be kept: {done.stderr.strip()}")


def _like(target: Path, fresh: Path) -> None:
    """Leave the file to those who could use the old one."""
    old = target.stat()
    with suppress(PermissionError):
        os.chown(fresh, old.st_uid, old.st_gid, follow_symlinks=False)
    fresh.chmod(stat.S_IMODE(old.st_mode))
