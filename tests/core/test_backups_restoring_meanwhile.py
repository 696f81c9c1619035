"""Restoring while others are at it too, and killed in the middle of it."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from cstar_core import Busy, Conflict, Helpdesk
from cstar_core.backups import restoring
from tests.core.restored import ROOT, beside, empty, garbage, kept, missing_but_for_its_log, titles
from tests.forks import fork, status_of


def test_a_database_made_meanwhile_is_not_replaced(
    backup: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.link

    def link(old: Any, new: Any) -> None:
        Path(new).write_text("made meanwhile")
        real(old, new)

    monkeypatch.setattr(os, "link", link)
    with pytest.raises(Conflict, match="somebody else has made it"):
        Helpdesk.restore(backup, tmp_path / "new.db")
    assert beside(tmp_path / "new.db") == {"new.db": b"made meanwhile"}


def test_a_file_that_is_kept_as_a_copy_stays_locked(
    stopped: Path, backup: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = (
        "import sqlite3, sys\n"
        "sqlite3.connect(sys.argv[1], timeout=0).execute('SELECT * FROM tickets')"
    )
    ended: list[int] = []

    def link(*_: Any) -> None:
        raise PermissionError(1, "Operation not permitted")

    def like(*_: Any) -> None:
        """Just before the new file takes its place."""
        opened = subprocess.run([sys.executable, "-c", code, str(stopped)], cwd=ROOT)
        ended.append(opened.returncode)

    monkeypatch.setattr(os, "link", link)
    real = Path.replace
    monkeypatch.setattr(Path, "replace", lambda self, to: (like(), real(self, to))[1])
    Helpdesk.restore(backup, stopped, replace=True)
    assert ended == [1]
    assert titles(stopped) == ["Old"]


def test_a_database_made_while_the_backup_is_verified_is_not_replaced(
    backup: Path, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target, real = path.with_name("new.db"), restoring.verified

    def verified(*given: Any) -> Any:
        Helpdesk.open(target).close()
        return real(*given)

    monkeypatch.setattr(restoring, "verified", verified)
    with pytest.raises(Conflict, match="exists already"):
        Helpdesk.restore(backup, target)
    with Helpdesk.open(target) as desk:
        assert desk.teams.list() == ()


def test_a_database_made_where_only_a_log_was_is_not_replaced(
    stopped: Path, backup: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    missing_but_for_its_log(stopped)
    real = restoring._alone

    def alone(target: Path) -> Any:
        target.write_text("made meanwhile")
        return real(target)

    monkeypatch.setattr(restoring, "_alone", alone)
    with pytest.raises(Conflict, match="somebody else has made it"):
        Helpdesk.restore(backup, stopped, replace=True)
    assert beside(stopped) == {
        stopped.name: b"made meanwhile",
        f"{stopped.name}-wal": b"all that is left",
    }


def test_where_there_are_no_links_too_a_database_made_meanwhile_is_not_replaced(
    backup: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def link(_old: Any, new: Any) -> None:
        Path(new).write_text("made meanwhile")
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", link)
    with pytest.raises(Conflict, match="somebody else has made it"):
        Helpdesk.restore(backup, tmp_path / "new.db")
    assert beside(tmp_path / "new.db") == {"new.db": b"made meanwhile"}


def test_what_is_kept_is_named_where_there_was_only_a_log(stopped: Path, backup: Path) -> None:
    missing_but_for_its_log(stopped)
    done = Helpdesk.restore(backup, stopped, replace=True)
    assert done.kept
    assert Path(done.kept).read_bytes() == b"all that is left"


def test_a_desk_open_in_this_process_is_not_replaced(
    desk: Helpdesk, backup: Path, path: Path
) -> None:
    with pytest.raises(Busy, match="is in use; stop the server"):
        Helpdesk.restore(backup, path, replace=True)
    assert desk.workspace("acme").tickets.list().total == 2


@contextmanager
def open_elsewhere(path: Path) -> Iterator[None]:
    """Another process that has the desk open and does nothing with it."""
    code = (
        "import sys; from cstar_core import Helpdesk\n"
        "with Helpdesk.open(sys.argv[1]):\n    print('open', flush=True)\n    sys.stdin.read()"
    )
    command = [sys.executable, "-c", code, str(path)]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout and other.stdout.readline() == b"open\n"
        yield


def test_a_desk_that_another_process_only_opened_is_not_replaced(
    stopped: Path, backup: Path
) -> None:
    with open_elsewhere(stopped):
        with pytest.raises(Busy, match="is in use"):
            Helpdesk.restore(backup, stopped, replace=True)
        assert kept(stopped) == []
    Helpdesk.restore(backup, stopped, replace=True)


@pytest.mark.parametrize("damage", [garbage, empty])
def test_a_file_damaged_while_another_process_has_it_open_is_not_replaced(
    stopped: Path, backup: Path, damage: Callable[[Path], None]
) -> None:
    with open_elsewhere(stopped):
        damage(stopped)
        with pytest.raises(Busy, match="is in use"):
            Helpdesk.restore(backup, stopped, replace=True)


def test_who_opens_a_desk_while_it_is_restored_gets_the_old_or_the_new_one(
    stopped: Path, backup: Path
) -> None:
    def look() -> list[str]:
        while True:
            try:
                with Helpdesk.open(stopped) as desk:
                    return [t.title for t in desk.workspace("acme").tickets.list().items]
            except Busy:
                continue

    def replace() -> bool:
        try:
            Helpdesk.restore(backup, stopped, replace=True)
        except Busy:
            return False
        return True

    with ThreadPoolExecutor(5) as pool:
        looks = [pool.submit(look) for _ in range(40)]
        done = [pool.submit(replace) for _ in range(10)]
        seen = {tuple(each.result()) for each in looks}
    assert seen <= {("Old",), ("New", "Old")}
    replaced = sum(each.result() for each in done)
    assert titles(stopped) == (["Old"] if replaced else ["New", "Old"])
    assert len(kept(stopped)) == replaced
    assert not list(stopped.parent.glob("*.restoring-*"))


# --- killed


def dying(source: Path, target: Path, number: int) -> Callable[[], None]:
    """A restoring that is killed the next time that it changes names, after so many times."""

    def work() -> None:
        left = [number]
        for name in ("link", "unlink", "replace", "rename", "fsync", "chmod"):
            real = getattr(os, name)

            def call(*args: Any, real: Any = real, **options: Any) -> Any:
                left[0] -= 1
                if left[0] < 0:
                    os.kill(os.getpid(), signal.SIGKILL)
                return real(*args, **options)

            setattr(os, name, call)
        Helpdesk.restore(source, target, replace=True)

    return work


def test_a_restoring_killed_at_any_moment_leaves_the_old_database_or_the_new_one(
    stopped: Path, backup: Path, tmp_path: Path
) -> None:
    content = stopped.read_bytes()
    alive, number = False, 0
    while not alive:
        target = tmp_path / f"desk-{number}.db"
        target.write_bytes(content)
        alive = status_of(fork(dying(backup, target, number))) == 0
        assert titles(target) in (["Old"], ["New", "Old"])
        number += 1
    assert titles(target) == ["Old"]
    assert number > 5
