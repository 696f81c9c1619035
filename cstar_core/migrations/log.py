"""What lies beside a database: a write-ahead log that is missing, not its own, or all it has left.

SQLite replays any log of that name that is sound in itself. Here it is looked at before SQLite
does. Nothing is written; the database itself is read only through SQLite, since closing a handle
of our own would drop the locks that this process may hold on it.
"""

import os
import struct
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

from cstar_core.engine import code_of, sqlite3

_HEADER = 32
_FRAME = 24
_MEMORY = 100
# Rows that never change once they are written: what names them, and what they hold.
# Of many, those that most is written to.
_BUSIEST = "(SELECT * FROM workspaces ORDER BY ticket_number DESC LIMIT 20) AS w"
_MARKS = (
    (
        "SELECT id, uid FROM teams ORDER BY id DESC LIMIT 100",
        "SELECT uid FROM teams WHERE id = ?",
    ),
    (
        f"SELECT id, event_salt FROM {_BUSIEST}",  # noqa: S608 - constants
        "SELECT event_salt FROM workspaces WHERE id = ?",
    ),
    (
        f"SELECT w.id, e.number, e.object_uid FROM {_BUSIEST} CROSS JOIN events AS e "  # noqa: S608
        "ON e.workspace_id = w.id AND e.number > "
        "(SELECT max(number) - 20 FROM events WHERE workspace_id = w.id)",
        "SELECT object_uid FROM events WHERE workspace_id = ? AND number = ?",
    ),
)
_DAMAGE = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_Row = tuple[object, ...]


def size(path: str | Path) -> int:
    """The size of a file in bytes; 0 if it is not there."""
    with suppress(FileNotFoundError):
        return os.stat(path).st_size
    return 0


def is_missing(path: str) -> bool:
    """Whether the log has been taken away while it held what the database lacks.

    What SQLite keeps in memory about it is there then, and says how much of it was copied.
    """
    log, memory = Path(f"{path}-wal"), Path(f"{path}-shm")
    if not memory.exists() or log.exists():
        return False
    with suppress(FileNotFoundError):
        with memory.open("rb") as file:
            content = file.read(_MEMORY)
        # Who closes the file deletes the memory first, and who opens it makes the log first.
        if len(content) == _MEMORY and memory.exists() and not log.exists():
            [written], [copied] = (struct.unpack_from("=I", content, at) for at in (16, 96))
            return bool(written > copied)
    return False


def completes(path: str) -> bool:
    """Whether every page that the file lacks at its end is in the log."""
    page, frames = _read(path)
    if not page:
        return False
    pages, last = set[int](), 0
    found = set[int]()
    for number, after in frames:
        found.add(number)
        if after:  # a commit: how many pages there are after it
            pages |= found
            last = after
    return all(number in pages for number in range(size(path) // page + 1, last + 1))


def _read(path: str) -> tuple[int, list[tuple[int, int]]]:
    """The page size of a log, and of each frame its page and the pages after a commit."""
    try:
        with open(f"{path}-wal", "rb") as file:
            header = file.read(_HEADER)
            if len(header) < _HEADER:
                return 0, []
            page, salts = struct.unpack(">I", header[8:12])[0], header[16:24]
            return page, list(_frames(file.fileno(), page, salts))
    except FileNotFoundError:
        return 0, []


def _frames(descriptor: int, page: int, salts: bytes) -> Iterator[tuple[int, int]]:
    place = _HEADER
    while len(frame := os.pread(descriptor, _FRAME, place)) == _FRAME and frame[8:16] == salts:
        yield struct.unpack(">II", frame[:8])
        place += _FRAME + page


def is_foreign(path: str) -> bool:
    """Whether the log is of another database: with it, the same rows hold something else.

    Nothing is folded in by looking, since who only reads cannot.
    """
    address = Path(path).absolute().as_uri()
    memory = Path(f"{path}-shm")
    was_there = memory.exists()
    try:
        with closing(sqlite3.connect(f"{address}?mode=ro&immutable=1", uri=True)) as connection:
            alone = [connection.execute(rows).fetchall() for rows, _ in _MARKS]
    except sqlite3.DatabaseError:  # the log may hold the rest
        return False
    with closing(sqlite3.connect(f"{address}?mode=ro", uri=True)) as connection:
        foreign = _differs(connection, alone)
    if foreign and not was_there:
        memory.unlink(missing_ok=True)
    return foreign


def _differs(together: sqlite3.Connection, alone: list[list[_Row]]) -> bool:
    try:
        return any(
            found is not None and found[0] != held
            for rows, (_, one) in zip(alone, _MARKS, strict=True)
            for *name, held in rows
            for found in (together.execute(one, name).fetchone(),)
        )
    except sqlite3.DatabaseError as error:
        return code_of(error) in _DAMAGE
