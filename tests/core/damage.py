"""Ways in which a database and what lies beside it get damaged, for the library and the command."""

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from cstar_core import Helpdesk
from cstar_core.migrations import scripts
from cstar_core.versions import release

ROOT = Path(__file__).parents[2]
BESIDE = ("-wal", "-shm")

_WRITE = """
import os, sys
from cstar_core import Helpdesk
desk = Helpdesk.open(sys.argv[1])
acme = desk.workspace("acme")
for number in range(int(sys.argv[3])):
    acme.tickets.create(title=f"{sys.argv[2]} {number}", customer_name="Jane", initial_message="x")
acme.tickets.list(search="x")
os.kill(os.getpid(), 9)
"""


def write_and_die(path: Path, title: str, tickets: int = 3) -> None:
    """Write tickets in a process that is killed: they are in the log alone."""
    command = [sys.executable, "-c", _WRITE, str(path), title, str(tickets)]
    subprocess.run(command, cwd=ROOT)
    assert Path(f"{path}-wal").stat().st_size


def _sound(path: Path) -> None:
    with Helpdesk.open(path) as desk:
        desk.teams.create("Acme")
        for number in range(2):
            desk.workspace("acme").tickets.create(title=f"Folded in {number}")


def _killed(path: Path) -> None:
    _sound(path)
    write_and_die(path, "In the log")


@cache
def _made(make: Callable[[Path], None], whose: str) -> dict[str, bytes]:
    """The files of a desk, by how their names end; it is made once, and copied from then on."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "made.db"
        make(path)
        found = [each for each in path.parent.iterdir() if each.is_file()]
        return {each.name.removeprefix(path.name): each.read_bytes() for each in found}


def _copy(files: dict[str, bytes], path: Path) -> None:
    for end, content in files.items():
        file = Path(f"{path}{end}")
        file.touch(0o600)
        file.write_bytes(content)


def sound(path: Path) -> None:
    """A desk with two tickets, closed."""
    _copy(_made(_sound, "ours"), path)


def killed(path: Path) -> None:
    """A desk with two tickets in the file and three in its log."""
    _copy(_made(_killed, "ours"), path)


def other(path: Path) -> Path:
    """Another desk of the same shape, with a log of the same shape."""
    found = path.with_name("other.db")
    _copy(_made(_killed, "another's"), found)
    return found


def contents(path: Path) -> dict[str, bytes]:
    """What stands on the disk; what SQLite keeps in memory of the log does not count."""
    files = sorted(path.parent.glob(f"{path.name}*"))
    return {each.name: each.read_bytes() for each in files if not each.name.endswith("-shm")}


def truncated(path: Path) -> None:
    sound(path)
    os.truncate(path, path.stat().st_size - 4096)


def cut_inside_a_page(path: Path) -> None:
    sound(path)
    os.truncate(path, path.stat().st_size - 1)


def truncated_beside_its_log(path: Path) -> None:
    killed(path)
    os.truncate(path, path.stat().st_size // 4096 // 2 * 4096)


def cut_inside_a_page_beside_its_log(path: Path) -> None:
    killed(path)
    os.truncate(path, path.stat().st_size // 2 + 1)


def with_another_header(path: Path) -> None:
    sound(path)
    with path.open("r+b") as file:
        file.write(b"not a database at all " * 5)


def with_a_page_size_that_is_none(path: Path) -> None:
    sound(path)
    with path.open("r+b") as file:
        file.seek(16)
        file.write(b"\x00\x07")


def with_a_damaged_schema(path: Path) -> None:
    sound(path)
    with path.open("r+b") as file:
        file.seek(100)
        file.write(b"\xff" * 3996)


def garbage(path: Path) -> None:
    path.write_bytes(os.urandom(40_960))


def text(path: Path) -> None:
    path.write_text("Dear diary\n" * 2000)


def of_another_program(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript("CREATE TABLE notes (text TEXT); INSERT INTO notes VALUES ('a');")


def of_a_newer_version(path: Path) -> None:
    sound(path)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 99")


def without_its_log(path: Path) -> None:
    killed(path)
    Path(f"{path}-wal").unlink()


def with_the_log_of_another(path: Path) -> None:
    killed(path)
    shutil.copy(f"{other(path)}-wal", f"{path}-wal")


def closed_with_the_log_of_another(path: Path) -> None:
    sound(path)
    shutil.copy(f"{other(path)}-wal", f"{path}-wal")


def with_log_and_memory_of_another(path: Path) -> None:
    killed(path)
    for end in BESIDE:
        shutil.copy(f"{other(path)}{end}", f"{path}{end}")


def larger_with_the_log_of_a_smaller(path: Path) -> None:
    sound(path)
    with Helpdesk.open(path) as desk:
        acme = desk.workspace("acme")
        list(acme.tickets.import_many({"title": f"Many {n}"} for n in range(500)))
    shutil.copy(f"{other(path)}-wal", f"{path}-wal")


def missing_beside_its_log(path: Path) -> None:
    killed(path)
    path.unlink()


def empty_beside_its_log(path: Path) -> None:
    killed(path)
    path.write_bytes(b"")


# How it was damaged, and what the refusal says after the name of the file.
REFUSED: list[tuple[Callable[[Path], None], str]] = [
    (truncated, " is damaged: it is cut off"),
    (cut_inside_a_page, " is damaged: it is cut off"),
    (truncated_beside_its_log, " is damaged: it is cut off"),
    (cut_inside_a_page_beside_its_log, " is damaged: it is cut off"),
    (with_another_header, " is not a cStar database"),
    (with_a_page_size_that_is_none, " is not a cStar database"),
    (with_a_damaged_schema, " is damaged: database disk image is malformed"),
    (garbage, " is not a cStar database"),
    (text, " is not a cStar database"),
    (of_another_program, " is a database of another program"),
    (
        of_a_newer_version,
        " was made by a newer version of cStar: it has schema 99, and cStar "
        f"{release()} knows schemas up to {len(scripts())}; update cStar to use it",
    ),
    (without_its_log, " lacks its write-ahead log {}-wal, with what was written last"),
    (with_the_log_of_another, "-wal is the write-ahead log of another database"),
    (closed_with_the_log_of_another, "-wal is the write-ahead log of another database"),
    (with_log_and_memory_of_another, "-wal is the write-ahead log of another database"),
    (larger_with_the_log_of_a_smaller, "-wal is the write-ahead log of another database"),
    (missing_beside_its_log, " is missing or empty, but {}-wal beside it is not"),
    (empty_beside_its_log, " is missing or empty, but {}-wal beside it is not"),
]


def with_a_stale_memory(path: Path) -> None:
    """What SQLite kept in memory is of an earlier time."""
    killed(path)
    before = Path(f"{path}-shm").read_bytes()
    write_and_die(path, "Later")
    Path(f"{path}-shm").write_bytes(before)


def with_the_memory_of_another(path: Path) -> None:
    killed(path)
    shutil.copy(f"{other(path)}-shm", f"{path}-shm")


def with_a_memory_of_garbage(path: Path) -> None:
    killed(path)
    Path(f"{path}-shm").write_bytes(os.urandom(32_768))


def without_its_memory(path: Path) -> None:
    killed(path)
    Path(f"{path}-shm").unlink()


def with_a_log_of_garbage(path: Path) -> None:
    sound(path)
    Path(f"{path}-wal").write_bytes(os.urandom(8192))


def with_a_log_cut_short(path: Path) -> None:
    """As after a power cut in the middle of a commit."""
    killed(path)
    os.truncate(f"{path}-wal", Path(f"{path}-wal").stat().st_size - 100)


def with_an_empty_log(path: Path) -> None:
    sound(path)
    Path(f"{path}-wal").touch()


# How it was damaged, and how many tickets there are when it is opened.
OPENED: list[tuple[Callable[[Path], None], int]] = [
    (killed, 5),
    (with_a_stale_memory, 8),
    (with_the_memory_of_another, 5),
    (with_a_memory_of_garbage, 5),
    (without_its_memory, 5),
    (with_a_log_of_garbage, 2),
    (with_a_log_cut_short, 5),
    (with_an_empty_log, 2),
]
