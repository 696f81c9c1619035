"""Restoring: verified first, whole or not at all, and nothing that was there is lost."""

import json
import os
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from cstar_core import Conflict, Helpdesk, Refused, StorageFull
from cstar_core.files import sha256
from tests.core.limits import file_size_limit
from tests.core.restored import ROOT, beside, empty, garbage, kept, missing_but_for_its_log, titles
from tests.core.vocabulary import ManualClock


def test_a_backup_is_restored_to_a_new_file(backup: Path, tmp_path: Path) -> None:
    done = Helpdesk.restore(backup, tmp_path / "new.db")
    assert (done.database, done.kept) == (str(tmp_path / "new.db"), None)
    assert titles(tmp_path / "new.db") == ["Old"]


def test_restoring_says_what_was_restored(backup: Path, tmp_path: Path) -> None:
    done = Helpdesk.restore(backup, tmp_path / "new.db")
    assert done.backup == Helpdesk.check_backup(backup)


def test_a_restored_file_is_the_copy_byte_for_byte(backup: Path, tmp_path: Path) -> None:
    Helpdesk.restore(backup, tmp_path / "new.db")
    assert beside(tmp_path / "new.db") == {"new.db": (backup / "cstar.db").read_bytes()}


def test_a_restored_file_is_for_its_owner_alone(backup: Path, tmp_path: Path) -> None:
    Helpdesk.restore(backup, tmp_path / "new.db")
    assert stat.S_IMODE((tmp_path / "new.db").stat().st_mode) == 0o600


def test_a_database_is_not_replaced_unasked(stopped: Path, backup: Path) -> None:
    before = beside(stopped)
    with pytest.raises(Conflict, match=r"desk.db exists already; .*--replace"):
        Helpdesk.restore(backup, stopped)
    assert beside(stopped) == before


def test_a_replaced_database_is_kept_whole(stopped: Path, backup: Path, clock: ManualClock) -> None:
    done = Helpdesk.restore(backup, stopped, replace=True, clock=clock)
    stamp = clock().strftime("%Y%m%dT%H%M%SZ")
    assert done.kept == f"{stopped}.replaced-{stamp}"
    assert (titles(stopped), titles(Path(done.kept))) == (["Old"], ["New", "Old"])


def test_replacing_twice_in_a_second_keeps_both(
    stopped: Path, backup: Path, clock: ManualClock
) -> None:
    for _ in range(2):
        Helpdesk.restore(backup, stopped, replace=True, clock=clock)
    assert [titles(each) for each in kept(stopped)] == [["New", "Old"], ["Old"]]


def test_a_replaced_file_hands_down_its_mode(stopped: Path, backup: Path) -> None:
    stopped.chmod(0o640)
    Helpdesk.restore(backup, stopped, replace=True)
    assert stat.S_IMODE(stopped.stat().st_mode) == 0o640


@pytest.mark.skipif(os.getuid() != 0, reason="only root may give files away")
def test_a_replaced_file_hands_down_its_owner(stopped: Path, backup: Path) -> None:
    os.chown(stopped, 1234, 4321)
    Helpdesk.restore(backup, stopped, replace=True)
    assert (stopped.stat().st_uid, stopped.stat().st_gid) == (1234, 4321)


def test_what_a_killed_server_left_in_the_log_is_kept(backup: Path, path: Path) -> None:
    code = (
        "import os, sys; from cstar_core import Helpdesk\n"
        "desk = Helpdesk.open(sys.argv[1])\n"
        "desk.workspace('acme').tickets.create(title='In the log')\n"
        "os.kill(os.getpid(), 9)"
    )
    killed = path.parent / "killed.db"
    Helpdesk.restore(backup, killed)
    subprocess.run([sys.executable, "-c", code, str(killed)], cwd=ROOT)
    assert Path(f"{killed}-wal").stat().st_size
    Helpdesk.restore(backup, killed, replace=True)
    assert set(beside(killed)) == {"killed.db", kept(killed)[0].name}
    assert titles(kept(killed)[0]) == ["In the log", "Old"]
    assert titles(killed) == ["Old"]


def cut_off(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-5000])


def with_a_damaged_schema(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[100:4096] = b"\xff" * 3996
    path.write_bytes(content)


def of_another_program(path: Path) -> None:
    path.unlink()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE notes (text TEXT)")


def with_a_log_of_nobody(path: Path) -> None:
    path.write_bytes(b"garbage " * 5000)
    for end in ("-wal", "-shm", "-journal"):
        Path(f"{path}{end}").write_text(f"some {end}")


def empty_but_for_its_log(path: Path) -> None:
    path.write_bytes(b"")
    Path(f"{path}-wal").write_text("all that is left")


DAMAGE = [
    garbage,
    empty,
    cut_off,
    with_a_damaged_schema,
    of_another_program,
    with_a_log_of_nobody,
    missing_but_for_its_log,
    empty_but_for_its_log,
]


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_database_is_replaced_and_kept_as_it_was(
    stopped: Path, backup: Path, damage: Callable[[Path], None]
) -> None:
    damage(stopped)
    before = {name[len(stopped.name) :]: content for name, content in beside(stopped).items()}
    done = Helpdesk.restore(backup, stopped, replace=True)
    assert done.kept
    name = Path(done.kept).name.removesuffix("-wal")
    after = {
        each[len(name) :]: content for each, content in beside(stopped.with_name(name)).items()
    }
    if damage is not of_another_program:
        assert after == before
    assert set(beside(stopped)) == {stopped.name, *(f"{name}{end}" for end in after)}
    assert titles(stopped) == ["Old"]


@pytest.mark.parametrize("damage", [missing_but_for_its_log, empty])
def test_what_is_left_of_a_database_is_not_replaced_unasked(
    stopped: Path, backup: Path, damage: Callable[[Path], None]
) -> None:
    damage(stopped)
    before = beside(stopped)
    with pytest.raises(Conflict):
        Helpdesk.restore(backup, stopped)
    assert beside(stopped) == before


@pytest.mark.parametrize("place", [0, 5000, -1])
@pytest.mark.parametrize("replace", [True, False])
def test_a_damaged_backup_changes_nothing(
    stopped: Path, backup: Path, place: int, replace: bool
) -> None:
    copy = backup / "cstar.db"
    content = bytearray(copy.read_bytes())
    content[place] ^= 1
    copy.write_bytes(content)
    before = beside(stopped)
    target = stopped if replace else stopped.with_name("new.db")
    with pytest.raises(Refused, match="is damaged"):
        Helpdesk.restore(backup, target, replace=replace)
    assert (beside(stopped), beside(target) if not replace else {}) == (before, {})


def changed(backup: Path, statement: str) -> None:
    copy = backup / "cstar.db"
    with closing(sqlite3.connect(copy, isolation_level=None)) as file:
        file.execute(statement)
    manifest = json.loads((backup / "manifest.json").read_text())
    manifest["database"].update(size=copy.stat().st_size, sha256=sha256(copy))
    (backup / "manifest.json").write_text(json.dumps(manifest))


def test_a_backup_of_a_newer_version_changes_nothing(stopped: Path, backup: Path) -> None:
    changed(backup, "PRAGMA user_version = 99")
    before = beside(stopped)
    with pytest.raises(Refused, match="newer version"):
        Helpdesk.restore(backup, stopped, replace=True)
    assert beside(stopped) == before


def test_a_folder_is_not_replaced(backup: Path, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(Conflict, match="is not a file"):
        Helpdesk.restore(backup, tmp_path / "folder", replace=True)


def test_a_link_to_a_database_stays_one(stopped: Path, backup: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    link = tmp_path / "elsewhere" / "link.db"
    link.symlink_to(stopped)
    done = Helpdesk.restore(backup, link, replace=True)
    assert (link.is_symlink(), done.database) == (True, str(stopped))
    assert (titles(link), len(kept(stopped))) == (["Old"], 1)


def test_a_backup_may_be_named_by_a_link(backup: Path, tmp_path: Path) -> None:
    (tmp_path / "latest").symlink_to(backup)
    Helpdesk.restore(tmp_path / "latest", tmp_path / "new.db")
    assert titles(tmp_path / "new.db") == ["Old"]


@pytest.mark.parametrize("kilobytes", [0, 50])
def test_a_full_disk_changes_nothing(stopped: Path, backup: Path, kilobytes: int) -> None:
    before = beside(stopped)
    with (
        file_size_limit(kilobytes * 1024),
        pytest.raises(StorageFull, match=r"The disk took no more: .*backup was not restored"),
    ):
        Helpdesk.restore(backup, stopped, replace=True)
    assert beside(stopped) == before


def test_it_works_where_files_cannot_have_two_names(
    stopped: Path, backup: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def link(*_: Any) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", link)
    Helpdesk.restore(backup, stopped, replace=True)
    Helpdesk.restore(backup, tmp_path / "new.db")
    assert (titles(stopped), titles(kept(stopped)[0])) == (["Old"], ["New", "Old"])
    assert titles(tmp_path / "new.db") == ["Old"]


def test_a_copy_of_the_old_file_that_does_not_fit_changes_nothing(
    stopped: Path, backup: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def link(*_: Any) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", link)
    stopped.with_name("no cp").mkdir()
    program = stopped.with_name("no cp") / "cp"
    program.write_text("#!/bin/sh\necho 'No space left on device' >&2\nexit 1\n")
    program.chmod(0o700)
    monkeypatch.setenv("PATH", str(program.parent))
    with pytest.raises(StorageFull):
        Helpdesk.restore(backup, stopped, replace=True)
    assert list(beside(stopped)) == [stopped.name]
    assert titles(stopped) == ["New", "Old"]
