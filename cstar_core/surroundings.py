"""What is around a database: who may read it, on what kind of disk it is, what was left beside it.

Only names and numbers are read here, never the files: closing one would drop the locks that this
process may have on it.
"""

import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

MOUNTS = "/proc/self/mountinfo"
# File systems whose files other machines may change, where memory cannot be shared through a file.
NETWORK = frozenset(
    (
        *("9p", "afs", "beegfs", "ceph", "cifs", "coda", "gfs2", "gpfs", "lustre", "ncpfs", "nfs"),
        *("nfs4", "ocfs2", "orangefs", "prl_fs", "smb3", "smbfs", "vboxsf", "virtiofs", "vmhgfs"),
    )
)
# Those that are gone when the machine, or the container, is.
PASSING = frozenset(("fuse.fuse-overlayfs", "overlay", "ramfs", "tmpfs"))
_OF_A_PROGRAM = "fuse"

# What follows the name of the database: whole copies, and what was killed half-way.
_COPIES = (".before-upgrade-from-", ".replaced-")
_HALVES = (".dry-run-", ".making-", ".restoring-")
_PARTIAL = ".partial"
_BESIDE = ("", "-wal", "-shm", "-files")


@dataclass(frozen=True, slots=True)
class Leftover:
    """A file or folder beside a database; ``whole`` if it is a copy, else a half made one."""

    path: Path
    size: int
    whole: bool


def leftovers(database: str) -> tuple[Leftover, ...]:
    """Copies that upgrades and restores have kept, and what was left half made; by name."""
    file = Path(database).absolute()
    found = []
    for each in sorted(file.parent.iterdir()):
        rest = each.name.removeprefix(file.name)
        whole = rest.startswith(_COPIES) and not rest.endswith(_PARTIAL)
        if rest != each.name and (whole or rest.startswith((*_COPIES, *_HALVES))):
            found.append(Leftover(each, sum(_sizes(each)), whole))
    return tuple(found)


def _sizes(path: Path) -> Iterator[int]:
    with suppress(FileNotFoundError, PermissionError):
        status = os.lstat(path)
        yield status.st_size
        if stat.S_ISDIR(status.st_mode):
            for each in path.iterdir():
                yield from _sizes(each)


def open_to_others(database: str) -> tuple[Path, ...]:
    """The database, its log and its files, as far as any user may read or change them."""
    files = [Path(os.path.realpath(database) + end) for end in _BESIDE]
    if not all(_mode(each) & stat.S_IXOTH for each in files[0].parents):
        return ()
    return tuple(each for each in files if _mode(each) & (stat.S_IROTH | stat.S_IWOTH))


def _mode(path: Path) -> int:
    with suppress(FileNotFoundError):
        return os.stat(path).st_mode
    return 0


def file_system(database: str, mounts: str = MOUNTS) -> str:
    """The type of the file system that has the database, such as ext4; empty if it is not known."""
    path = os.path.realpath(database)
    best, found = -1, ""
    try:
        # Whatever else ends a line for Python may be in a name.
        lines = os.fsdecode(Path(mounts).read_bytes()).split("\n")
    except OSError:
        return ""
    for line in filter(None, lines):
        before, _, after = line.partition(" - ")
        place = _unescaped(before.split(" ")[4]).rstrip("/")
        # Of two in one place, the later one is on top.
        if len(place) >= best and (path == place or path.startswith(f"{place}/")):
            best, found = len(place), after.split(" ")[0]
    return found


def _unescaped(text: str) -> str:
    r"""A path as the list of mounts writes it.

    >>> _unescaped(r"/mnt/my\040disk")
    '/mnt/my disk'
    """
    for code in ("040", "011", "012", "134"):
        text = text.replace(f"\\{code}", chr(int(code, 8)))
    return text


def is_remote(kind: str) -> bool:
    """Whether a type of file system is known not to do for a write-ahead log, or may not.

    >>> [is_remote(each) for each in ("ext4", "nfs4", "fuse.sshfs", "fuseblk")]
    [False, True, True, False]
    """
    return kind in NETWORK or kind == _OF_A_PROGRAM or kind.startswith(f"{_OF_A_PROGRAM}.")
