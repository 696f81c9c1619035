"""What an upgrade says that it did, what has to agree before it counts, and trying one first."""

import lzma
import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from cstar_core import Busy, DryRun, Helpdesk, Refused, StorageFull, Upgrade, Workspace
from cstar_core.migrations import scripts
from cstar_core.upgrading import upgrade
from cstar_core.versions import release
from tests.core.limits import file_size_limit

NEWEST = len(scripts())
NEWER = (
    *scripts(),
    "CREATE TABLE notes (text TEXT);\nINSERT INTO notes SELECT title FROM tickets;\n",
)
# Takes seconds, so that there is time to end it.
SLOW = (
    *scripts(),
    "CREATE TABLE notes AS WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n "
    "WHERE i < 30000000) SELECT count(*) AS many FROM n;\n",
)
OLD = Path(__file__).parents[1] / "data" / "schema-1.db.xz"
ROOT = Path(__file__).parents[2]


def change(file: Path, *statements: str) -> None:
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)


def beside(file: Path) -> dict[str, bytes]:
    """All that is in the folder of a file but what SQLite keeps in memory, byte for byte."""
    found = [each for each in file.parent.iterdir() if each.is_file()]
    return {each.name: each.read_bytes() for each in found if not each.name.endswith("-shm")}


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A file of the first schema, in a folder of its own."""
    folder = tmp_path / "old"
    folder.mkdir()
    file = folder / "desk.db"
    file.write_bytes(lzma.decompress(OLD.read_bytes()))
    change(file, "PRAGMA journal_mode = WAL")
    return file


@pytest.fixture
def newer(monkeypatch: pytest.MonkeyPatch) -> None:
    """The present version is the old one, from when this is asked for; the next one knows more."""
    monkeypatch.setattr("cstar_core.helpdesk.scripts", lambda: NEWER)


# --- what it says


def test_an_upgrade_says_what_it_did(old: Path) -> None:
    with Helpdesk.open(old) as desk:
        done = desk.upgrade
    assert (done.from_schema, done.to_schema, done.mended) == (1, NEWEST, ())
    assert done.kept == f"{old}.before-upgrade-from-1" and Path(done.kept).exists()
    assert min(done.copy_seconds, done.steps_seconds, done.verify_seconds) > 0


def test_opening_a_file_that_has_the_newest_schema_upgrades_nothing(old: Path) -> None:
    Helpdesk.open(old).close()
    with Helpdesk.open(old) as desk:
        assert desk.upgrade == Upgrade(NEWEST, NEWEST)


def test_a_new_file_comes_from_nothing(tmp_path: Path) -> None:
    with Helpdesk.open(tmp_path / "new.db") as desk:
        assert (desk.upgrade.from_schema, desk.upgrade.kept) == (0, None)


@pytest.mark.parametrize("file", ["old", "new"])
def test_a_file_knows_which_version_made_it_what_it_is(file: str, old: Path) -> None:
    path = old if file == "old" else old.with_name("new.db")
    Helpdesk.open(path).close()
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT * FROM upgrades").fetchall() == [(NEWEST, release())]


@pytest.mark.parametrize("is_open", [True, False])
def test_an_older_version_names_the_newer_one_and_both_schemas(
    old: Path, monkeypatch: pytest.MonkeyPatch, is_open: bool
) -> None:
    monkeypatch.setattr("cstar_core.migrations.running.release", lambda: "9.8.7")
    upgrade(str(old), NEWER)
    with closing(sqlite3.connect(old)) as other:
        if is_open:
            other.execute("SELECT * FROM teams").fetchall()
        with pytest.raises(Refused) as caught:
            Helpdesk.open(old)
    assert str(caught.value) == (
        f"{old} was made by a newer version of cStar, 9.8.7: it has schema {NEWEST + 1}, and "
        f"cStar {release()} knows schemas up to {NEWEST}; update cStar to use it"
    )


@pytest.mark.parametrize("said", ["'1.0\x1b[2J'", "'1.0' || char(10)", "'x' || zeroblob(99)", "''"])
def test_a_version_that_is_none_is_not_shown(old: Path, said: str) -> None:
    upgrade(str(old), NEWER)
    change(old, f"UPDATE upgrades SET cstar = {said}")  # noqa: S608
    with pytest.raises(Refused, match="a newer version of cStar: it has"):
        Helpdesk.open(old)


# --- what has to agree

CONTRADICTIONS = {
    "a tag counter": ("UPDATE tags SET uses = uses + 1", {"tag counters"}),
    "the totals": ("DELETE FROM ticket_counts", {"counters"}),
    "a customer counter": (
        "UPDATE workspaces SET customer_count = 99 WHERE id = 1",
        {"customer counters"},
    ),
    "a message count": ("UPDATE tickets SET message_count = 9 WHERE id = 1", {"message counts"}),
    "the search index": (
        "DELETE FROM ticket_search_1_docsize WHERE id > 5",
        {"search index 1 (live)"},
    ),
}


@pytest.mark.parametrize("name", CONTRADICTIONS)
@pytest.mark.parametrize("when", ["before", "by a step"])
def test_what_contradicts_itself_after_an_upgrade_is_made_anew(
    old: Path, name: str, when: str
) -> None:
    statement, found = CONTRADICTIONS[name]
    if when == "before":
        change(old, statement)
    done = upgrade(str(old), scripts() if when == "before" else (*scripts(), f"{statement};\n"))
    change(old, f"PRAGMA user_version = {NEWEST}")
    assert set(done.mended) == found
    with Helpdesk.open(old) as desk:
        assert desk.check(deep=True).ok


def test_an_upgrade_that_leaves_what_cannot_be_made_anew_changes_nothing(old: Path) -> None:
    before = beside(old)
    merge = "INSERT INTO merges (ticket_id, into_id, status) SELECT min(id), max(id), 0"
    with pytest.raises(Refused, match=r"is as it was before: merges: \d+ tickets are not as"):
        upgrade(str(old), (*scripts(), f"{merge} FROM tickets WHERE status < 4;\n"))
    assert beside(old) == before


def test_an_upgrade_that_cannot_read_what_it_makes_anew_changes_nothing(old: Path) -> None:
    change(old, "UPDATE tags SET uses = uses + 1")
    change(old, "UPDATE messages SET content = CAST(x'ff' AS TEXT) WHERE id = 1")
    before = beside(old)
    with pytest.raises(Refused, match=r"is damaged: Could not decode to UTF-8 column 'messages'$"):
        upgrade(str(old), scripts())
    assert beside(old) == before


# --- dry runs


def test_a_dry_run_says_what_the_upgrade_does(old: Path) -> None:
    change(old, "UPDATE tags SET uses = uses + 1")
    found = Helpdesk.try_upgrade(old)
    with Helpdesk.open(old) as desk:
        done = desk.upgrade
    assert (found.upgrade.from_schema, found.upgrade.to_schema) == (1, NEWEST)
    assert (found.upgrade.mended, found.upgrade.kept) == (done.mended, None)
    assert min(found.upgrade.copy_seconds, found.upgrade.verify_seconds) > 0


def test_a_dry_run_leaves_a_file_that_is_closed_as_it_is(old: Path) -> None:
    before, instant = beside(old), old.stat().st_mtime_ns
    Helpdesk.try_upgrade(old)
    assert (beside(old), old.stat().st_mtime_ns) == (before, instant)
    assert list(old.parent.iterdir()) == [old]


def test_a_dry_run_leaves_an_open_file_and_its_log_as_they_are(
    desk: Helpdesk, acme: Workspace, path: Path, newer: None
) -> None:
    acme.tickets.create(title="In the log")
    before = beside(path)
    assert len(before[f"{path.name}-wal"]) > 0
    found = Helpdesk.try_upgrade(path)
    assert (found.upgrade.from_schema, found.upgrade.to_schema) == (NEWEST, NEWEST + 1)
    assert beside(path) == before


def test_a_dry_run_leaves_the_log_of_a_server_that_was_killed(old: Path, newer: None) -> None:
    code = (
        "import os, sys; from cstar_core import Helpdesk\n"
        "desk = Helpdesk.open(sys.argv[1]); desk.teams.create('In the log'); os._exit(0)"
    )
    subprocess.run([sys.executable, "-c", code, str(old)], check=True, cwd=ROOT)
    before = beside(old)
    assert Helpdesk.try_upgrade(old).upgrade.to_schema == NEWEST + 1
    assert beside(old) == before
    assert len(before["desk.db-wal"]) > 0


def test_a_dry_run_is_of_one_moment_while_others_write(
    desk: Helpdesk, acme: Workspace, path: Path, newer: None
) -> None:
    done = threading.Event()

    def write() -> None:
        while not done.is_set():
            acme.tickets.create(title="Written meanwhile", tags="busy", initial_message="Hello")

    writer = threading.Thread(target=write)
    writer.start()
    try:
        found = [Helpdesk.try_upgrade(path).upgrade for _ in range(3)]
    finally:
        done.set()
        writer.join()
    assert [(each.to_schema, each.mended) for each in found] == [(NEWEST + 1, ())] * 3
    assert desk.check(deep=True).ok


def test_a_dry_run_of_a_file_that_is_opened_meanwhile_is_to_be_tried_again(
    old: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def changed(*_: object) -> None:
        os.utime(old, (1, 1))
        raise sqlite3.DatabaseError("database disk image is malformed")

    monkeypatch.setattr("cstar_core.upgrading.copy_with", changed)
    with pytest.raises(Busy, match="was changed while it was being read"):
        Helpdesk.try_upgrade(old)


def test_a_dry_run_may_be_made_in_another_folder(old: Path, tmp_path: Path) -> None:
    old.parent.chmod(0o500)
    try:
        assert Helpdesk.try_upgrade(old, within=tmp_path).upgrade.to_schema == NEWEST
    finally:
        old.parent.chmod(0o700)
    assert list(tmp_path.iterdir()) == [old.parent]


def test_a_dry_run_in_no_folder_names_it(old: Path, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as caught:
        Helpdesk.try_upgrade(old, within=tmp_path / "nowhere")
    assert caught.value.filename == str(tmp_path / "nowhere")


def test_a_dry_run_of_the_newest_schema_copies_nothing(path: Path) -> None:
    with file_size_limit(0):
        found = Helpdesk.try_upgrade(path)
    assert (found.upgrade, found.needed_bytes) == (Upgrade(NEWEST, NEWEST), 0)


def test_a_dry_run_says_what_space_is_needed(old: Path) -> None:
    size = old.stat().st_size
    found = Helpdesk.try_upgrade(old)
    assert found.needed_bytes > size
    assert found.has_room and found.free_bytes > found.needed_bytes
    with Helpdesk.open(old) as desk:
        took = Path(str(desk.upgrade.kept)).stat().st_size + Path(f"{old}-wal").stat().st_size
        assert found.needed_bytes >= took


@pytest.mark.parametrize(("free", "has_room"), [(99, False), (100, True)])
def test_there_is_room_if_what_is_needed_is_free(free: int, has_room: bool) -> None:
    assert DryRun(Upgrade(1, 2), 100, free).has_room is has_room


def test_a_dry_run_that_does_not_fit_leaves_nothing(old: Path) -> None:
    before = beside(old)
    with (
        file_size_limit(100 * 1024),
        pytest.raises(StorageFull, match=r"The disk took no more: the upgrade .* was not tried"),
    ):
        Helpdesk.try_upgrade(old)
    assert (beside(old), list(old.parent.iterdir())) == (before, [old])


def test_a_dry_run_tells_why_an_upgrade_would_fail(
    old: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = (*scripts(), "INSERT INTO nowhere VALUES (1);\n")
    monkeypatch.setattr("cstar_core.helpdesk.scripts", lambda: broken)
    before = beside(old)
    with pytest.raises(Refused) as caught:
        Helpdesk.try_upgrade(old)
    assert str(caught.value) == (
        f"{old} could not be upgraded from schema 1 to {NEWEST + 1} and is as it was before: "
        "no such table: nowhere"
    )
    assert (beside(old), list(old.parent.iterdir())) == (before, [old])


def test_a_file_that_cannot_be_opened_is_not_tried(tmp_path: Path) -> None:
    (tmp_path / "text.db").write_text("Dear diary")
    for name, why in (("text.db", "is not a cStar database"), ("none.db", "there is no database")):
        with pytest.raises(Refused, match=why):
            Helpdesk.try_upgrade(tmp_path / name)


# --- ended

DRY = "upgrading.try_upgrade(sys.argv[1], None, steps)"
REAL = "upgrading.upgrade(sys.argv[1], steps)"


@contextmanager
def slowly(call: str, file: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that upgrades a file, or tries to, in steps that take seconds."""
    code = (
        "import sys; from cstar_core import upgrading\n"
        f"print('ready', flush=True); steps = sys.stdin.read().split('---'); {call}"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(file)],
        cwd=ROOT,
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:
        assert process.stdin and process.stdout
        process.stdout.readline()
        process.stdin.write("---".join(SLOW))
        process.stdin.close()
        yield process


def end(process: subprocess.Popen[str], how: int, once: Callable[[], object]) -> int:
    """Send a signal as soon as something is so; the exit code."""
    while not once():
        assert process.poll() is None
    os.kill(process.pid, how)
    return process.wait(20)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_a_dry_run_that_is_ended_leaves_what_its_name_tells_or_nothing(old: Path, how: int) -> None:
    before = old.read_bytes()
    with slowly(DRY, old) as process:
        code = end(process, how, lambda: list(old.parent.glob("*.dry-run-*/desk.db-wal")))
    left = [each.name for each in old.parent.iterdir() if each != old]
    assert (code, old.read_bytes()) == (-how, before)
    assert [name.startswith("desk.db.dry-run-") for name in left] == [True] * (how != signal.SIGINT)


def test_an_upgrade_that_is_interrupted_changes_nothing(old: Path) -> None:
    before, partial = old.read_bytes(), Path(f"{old}.before-upgrade-from-1.partial")

    def is_copied() -> bool:
        return partial.exists() and not Path(f"{partial}-journal").exists()

    with slowly(REAL, old) as process:
        code = end(process, signal.SIGINT, is_copied)
    assert (code, beside(old)) == (-signal.SIGINT, {old.name: before})


def test_what_a_killed_copy_has_left_is_replaced(old: Path) -> None:
    partial = Path(f"{old}.before-upgrade-from-1.partial")
    for each in (partial, Path(f"{partial}-journal")):
        each.write_bytes(b"left over " * 1000)
    kept = upgrade(str(old), scripts()).kept
    assert sorted(each.name for each in old.parent.iterdir()) == [old.name, Path(str(kept)).name]
    assert Helpdesk.check_backup(str(kept)).schema_version == 1
