"""An upgrade that fails or is killed leaves the old schema or the new one, never between."""

import errno
import hashlib
import os
import shutil
import signal
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from cstar_core import Busy, Helpdesk, Refused, StorageFull, Upgrade, Workspace
from cstar_core.migrations import copying, migrate, scripts
from tests.core.limits import file_size_limit
from tests.forks import fork, status_of

NEWEST = len(scripts())
# Steps as later versions will have them: a table, rows from other rows, a column, a new trigger.
# The second writes more than fits into the cache, so that it is in the log before it is committed.
STEPS = [
    *scripts(),
    "CREATE TABLE notes (\n    id INTEGER PRIMARY KEY,\n    text TEXT NOT NULL\n) STRICT;\n"
    "INSERT INTO notes (text) SELECT title FROM tickets;\n",
    "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 4000)\n"
    "INSERT INTO notes (text) SELECT hex(zeroblob(500)) FROM n;\n"
    "ALTER TABLE tickets ADD COLUMN due_at INTEGER;\nUPDATE tickets SET due_at = created_at;\n",
    "CREATE TRIGGER notes_in AFTER INSERT ON notes BEGIN\n    UPDATE probes SET id = id;\nEND;\n",
]
BROKEN = {
    "a statement that fails": ("INSERT INTO nowhere VALUES (1);\n", "no such table: nowhere"),
    "a rule that the rows break": (
        "CREATE UNIQUE INDEX odd ON tickets (priority);\n",
        "UNIQUE constraint failed: tickets.priority",
    ),
    "a reference to what is gone": (
        "DELETE FROM customers;\n",
        "a row of tickets refers to one that is gone",
    ),
    "an index that lacks its rows": (
        "PRAGMA writable_schema = ON;\n"
        "UPDATE sqlite_schema SET rootpage = (SELECT rootpage FROM sqlite_schema "
        "WHERE name = 'keys_team') WHERE name = 'members';\nPRAGMA writable_schema = RESET;\n",
        "",
    ),
}


@pytest.fixture
def old(acme: Workspace, desk: Helpdesk, path: Path) -> Path:
    """A file of the newest released schema with a few tickets."""
    for number in range(5):
        acme.tickets.create(title=f"Ticket {number}", customer_email=f"c{number}@x")
    desk.close()
    return path


def content(path: Path) -> str:
    """A digest of everything in a file, which must be sound."""
    with closing(sqlite3.connect(path)) as file:
        assert file.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        lines = "\n".join(sorted(file.iterdump()))
        version = file.execute("PRAGMA user_version").fetchone()[0]
    return f"{version} {hashlib.sha256(lines.encode()).hexdigest()}"


def copies(path: Path) -> list[Path]:
    return sorted(path.parent.glob(f"{path.name}.before-upgrade-*"))


@pytest.fixture
def outcomes(old: Path, tmp_path: Path) -> tuple[str, str]:
    """What the file may hold: all as before, or all as after the upgrade."""
    upgraded = Path(shutil.copy(old, tmp_path / "upgraded.db"))
    migrate(str(upgraded), STEPS, 1)
    return content(old), content(upgraded)


def test_all_steps_are_taken(old: Path) -> None:
    assert migrate(str(old), STEPS, 1).to_schema == NEWEST + 3


@pytest.mark.parametrize("name", BROKEN)
@pytest.mark.parametrize("place", [0, 1, 3])
def test_a_failing_upgrade_leaves_the_file_as_it_was(old: Path, name: str, place: int) -> None:
    before = content(old)
    script, why = BROKEN[name]
    steps = [*STEPS[: NEWEST + place], script, *STEPS[NEWEST + place :]]
    with pytest.raises(Refused, match=f"is as it was before: .*{why}"):
        migrate(str(old), steps, 1)
    assert content(old) == before


def test_a_failed_upgrade_leaves_no_copy(old: Path) -> None:
    with pytest.raises(Refused):
        migrate(str(old), [*STEPS, BROKEN["a statement that fails"][0]], 1)
    assert copies(old) == []


def test_a_failed_upgrade_can_be_tried_again(old: Path, outcomes: tuple[str, str]) -> None:
    with pytest.raises(Refused):
        migrate(str(old), [*STEPS, BROKEN["a statement that fails"][0]], 1)
    migrate(str(old), STEPS, 1)
    assert content(old) == outcomes[1]


def test_a_copy_whose_name_does_not_reach_the_disk_is_removed(
    old: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, real = content(old), copying.sync

    def sync(path: Path) -> None:
        if path.is_dir():
            raise OSError(errno.EIO, "Input/output error")
        real(path)

    monkeypatch.setattr(copying, "sync", sync)
    with pytest.raises(OSError, match="Input/output error"):
        migrate(str(old), STEPS, 1)
    assert (content(old), copies(old)) == (before, [])


def test_a_copy_is_for_its_owner_alone(old: Path) -> None:
    migrate(str(old), STEPS, 1)
    assert [copy.stat().st_mode & 0o777 for copy in copies(old)] == [0o600]


@pytest.mark.parametrize("kilobytes", [10, 300, 1000])
def test_a_full_disk_leaves_the_old_schema(
    old: Path, outcomes: tuple[str, str], kilobytes: int
) -> None:
    with file_size_limit(kilobytes * 1024), pytest.raises(sqlite3.OperationalError) as caught:
        migrate(str(old), STEPS, 1)
    assert caught.value.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR)
    assert (content(old), copies(old)) == (outcomes[0], [])


def test_a_full_disk_is_said_to_be_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, old: Path
) -> None:
    monkeypatch.setattr("cstar_core.helpdesk.scripts", lambda: tuple(STEPS))
    with file_size_limit(10 * 1024), pytest.raises(StorageFull):
        Helpdesk.open(old)


# --- killed


def killed(work: Callable[[], object]) -> bool:
    """Whether a process that does this was killed; else it ended well."""
    return status_of(fork(work)) != 0


def kill_after(calls: int) -> Callable[..., int]:
    """What kills its process the next time that it is called, after so many calls."""
    left = [calls]

    def call(*_: object) -> int:
        left[0] -= 1
        if left[0] < 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return 0

    return call


class Watched(sqlite3.Connection):
    """A connection whose watcher stays, whatever else is to be called between its steps."""

    def set_progress_handler(self, *_: object) -> None:
        return


def upgrading(
    path: Path, watch: Callable[[sqlite3.Connection], None], steps: Sequence[str] = STEPS
) -> Callable[[], None]:
    """An upgrade whose every connection is watched, for a process of its own."""

    def run() -> None:
        real = sqlite3.connect

        def connect(*args: Any, **options: Any) -> sqlite3.Connection:
            connection = real(*args, factory=Watched, **options)
            watch(connection)
            return connection

        sqlite3.connect = connect  # type: ignore[assignment]
        migrate(str(path), steps, 1)

    return run


def before_statement(number: int) -> Callable[[sqlite3.Connection], None]:
    fatal = kill_after(number)
    return lambda connection: connection.set_trace_callback(fatal)


def in_mid_step(number: int) -> Callable[[sqlite3.Connection], None]:
    fatal = kill_after(number)
    return lambda connection: sqlite3.Connection.set_progress_handler(connection, fatal, 8_000)


@contextmanager
def copy_of(path: Path, name: str) -> Iterator[Path]:
    folder = path.parent / name
    folder.mkdir()
    yield Path(shutil.copy(path, folder / "desk.db"))
    shutil.rmtree(folder)


@pytest.mark.no_cover
@pytest.mark.parametrize("moment", [before_statement, in_mid_step])
def test_an_upgrade_killed_at_any_moment_leaves_the_old_schema_or_the_new_one(
    moment: Callable[[int], Callable[[sqlite3.Connection], None]],
    old: Path,
    outcomes: tuple[str, str],
) -> None:
    number = kills = 0
    alive = False
    while not alive:
        with copy_of(old, f"killed-{number}") as file:
            alive = not killed(upgrading(file, moment(number)))
            assert content(file) in outcomes
            migrate(str(file), STEPS, 1)
            assert content(file) == outcomes[1]
            assert content(copies(file)[0]) == outcomes[0]
        kills += not alive
        number += 1
    assert kills > 5


def test_copies_of_upgrades_that_were_killed_do_not_pile_up(
    old: Path, outcomes: tuple[str, str]
) -> None:
    assert [killed(upgrading(old, in_mid_step(number))) for number in (9, 12, 15)] == [True] * 3
    migrate(str(old), STEPS, 1)
    assert [content(copy) for copy in copies(old)] == [outcomes[0]]


@pytest.mark.no_cover
def test_a_new_file_whose_maker_is_killed_becomes_a_new_one(tmp_path: Path) -> None:
    number, alive = 0, False
    while not alive:
        file = tmp_path / f"new-{number}.db"
        alive = not killed(upgrading(file, before_statement(number * 9), scripts()))
        with Helpdesk.open(file) as desk:
            assert (desk.teams.list(), desk.check().ok) == ((), True)
        number += 1
    assert number > 5


# --- interrupted


@pytest.mark.parametrize("last", ["PRAGMA foreign_key_check", "COMMIT"])
def test_an_interrupt_leaves_a_copy_only_where_the_upgrade_counts(
    old: Path, outcomes: tuple[str, str], monkeypatch: pytest.MonkeyPatch, last: str
) -> None:
    """Python hears Ctrl-C just after a statement, also after the one that makes all of it count."""

    class Interrupted(sqlite3.Connection):
        def execute(self, sql: str, *params: Any) -> sqlite3.Cursor:
            cursor = super().execute(sql, *params)
            if sql == last:
                raise KeyboardInterrupt
            return cursor

    real = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", partial(real, factory=Interrupted))
    with pytest.raises(KeyboardInterrupt):
        migrate(str(old), STEPS, 1)
    monkeypatch.setattr(sqlite3, "connect", real)
    assert content(old) == outcomes[last == "COMMIT"]
    assert [content(copy) for copy in copies(old)] == [outcomes[0]] * (last == "COMMIT")


# --- replaced while it is opened


def test_a_file_that_was_replaced_while_it_was_opened_is_not_used(
    old: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = sqlite3.connect
    other = Path(shutil.copy(old, tmp_path / "other.db"))

    def connect(*args: Any, **options: Any) -> sqlite3.Connection:
        connection = real(*args, **options)
        if not options.get("uri"):
            other.replace(old)
        return connection

    monkeypatch.setattr(sqlite3, "connect", connect)
    with pytest.raises(Busy, match="was replaced while it was being opened"):
        migrate(str(old), scripts(), 1)


def test_a_starter_that_a_newer_version_was_faster_than_writes_nothing(
    old: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Late(sqlite3.Connection):
        def execute(self, sql: str, *params: Any) -> sqlite3.Cursor:
            if sql == "BEGIN EXCLUSIVE":
                monkeypatch.setattr(sqlite3, "connect", real)
                migrate(str(old), STEPS, 1)
            return super().execute(sql, *params)

    real = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", partial(real, factory=Late))
    with pytest.raises(Refused, match="was made by a newer version of cStar"):
        migrate(str(old), STEPS[: NEWEST + 1], 1)
    with closing(sqlite3.connect(old)) as file:
        signed = file.execute("SELECT schema FROM upgrades ORDER BY schema").fetchall()
    assert signed == [(NEWEST,), (len(STEPS),)]


def test_a_file_that_another_version_upgraded_while_it_was_opened_is_not_used(
    old: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def overtaken(path: str, steps: Sequence[str]) -> Upgrade:
        done = migrate(path, steps, 1)
        migrate(path, STEPS, 1)
        return done

    monkeypatch.setattr("cstar_core.helpdesk.upgrade", overtaken)
    with pytest.raises(Busy, match="changed while it was being opened"):
        Helpdesk.open(old)
    with closing(sqlite3.connect(old, isolation_level=None)) as file:
        file.execute("PRAGMA locking_mode = EXCLUSIVE")
        file.execute("BEGIN EXCLUSIVE")  # nobody holds it any more
        assert file.in_transaction
