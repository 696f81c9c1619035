"""Disk space for deletions: on a small disk, which is filled."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from cstar_core import Helpdesk, StorageFull, Workspace
from cstar_core.store import Reserve

MEGABYTE = 1024 * 1024
RESERVE = 2 * MEGABYTE
needs_mount = pytest.mark.skipif(
    os.geteuid() != 0 or not shutil.which("mount"),
    reason="NOT TESTED: a full disk. To test it: run as root",
)


def mount(*words: str) -> bool:
    done = subprocess.run(["mount", "-t", "tmpfs", *words], capture_output=True)
    return done.returncode == 0


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    if not mount("-o", "size=8m", "tmpfs", str(folder)):
        pytest.skip("NOT TESTED: a full disk. To test it: allow this machine to mount a tmpfs")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(folder: Path) -> Path:
    """Leave nothing of a disk."""
    ballast = folder / "ballast"
    with ballast.open("ab") as file, suppress(OSError):
        while True:
            os.write(file.fileno(), bytes(4096))
    return ballast


def workspace(desk: Helpdesk) -> Workspace:
    return desk.workspace(desk.teams.create("Acme").slug)


def kept(path: Path) -> int:
    return os.stat(f"{path}-reserve").st_blocks * 512


def test_a_reserve_is_kept_beside_the_file(tmp_path: Path) -> None:
    with Helpdesk.open(tmp_path / "desk.db", reserve=RESERVE):
        assert kept(tmp_path / "desk.db") >= RESERVE


def test_it_is_written_where_the_system_cannot_set_space_aside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(os, "posix_fallocate")
    with Helpdesk.open(tmp_path / "desk.db", reserve=RESERVE):
        assert kept(tmp_path / "desk.db") >= RESERVE


def test_no_reserve_is_kept_unless_asked_for(tmp_path: Path) -> None:
    with Helpdesk.open(tmp_path / "desk.db"):
        assert not (tmp_path / "desk.db-reserve").exists()


def test_a_reserve_of_nothing_gives_back_what_was_kept(tmp_path: Path) -> None:
    Helpdesk.open(tmp_path / "desk.db", reserve=RESERVE).close()
    Helpdesk.open(tmp_path / "desk.db", reserve=0).close()
    assert not (tmp_path / "desk.db-reserve").exists()


def test_a_smaller_reserve_gives_back_the_rest(tmp_path: Path) -> None:
    Helpdesk.open(tmp_path / "desk.db", reserve=2 * RESERVE).close()
    Helpdesk.open(tmp_path / "desk.db", reserve=RESERVE).close()
    assert kept(tmp_path / "desk.db") == RESERVE


def test_a_desk_opened_without_a_size_leaves_the_reserve_as_it_is(tmp_path: Path) -> None:
    Helpdesk.open(tmp_path / "desk.db", reserve=RESERVE).close()
    Helpdesk.open(tmp_path / "desk.db").close()
    assert kept(tmp_path / "desk.db") >= RESERVE


@needs_mount
class TestAFullDisk:
    def test_without_a_reserve_a_ticket_cannot_be_deleted(self, disk: Path) -> None:
        with Helpdesk.open(disk / "desk.db") as desk:
            acme = workspace(desk)
            ticket = acme.tickets.create(title="T")
            fill(disk)
            with pytest.raises(StorageFull):
                acme.tickets.delete(ticket.id)

    def test_with_one_a_ticket_is_deleted(self, disk: Path) -> None:
        with Helpdesk.open(disk / "desk.db", reserve=RESERVE) as desk:
            acme = workspace(desk)
            ticket = acme.tickets.create(title="T")
            fill(disk)
            acme.tickets.delete(ticket.id)
            assert acme.tickets.find(ticket.id) is None

    def test_a_key_is_revoked_by_a_desk_that_asked_for_no_reserve(self, disk: Path) -> None:
        with Helpdesk.open(disk / "desk.db", reserve=RESERVE) as serving:
            workspace(serving)
            key = serving.keys.create("acme", type="secret", environment="live")
            fill(disk)
            with Helpdesk.open(disk / "desk.db") as desk:
                assert desk.keys.revoke(key.key.id).revoked_at is not None

    def test_other_writes_are_refused(self, disk: Path) -> None:
        with Helpdesk.open(disk / "desk.db", reserve=RESERVE) as desk:
            acme = workspace(desk)
            fill(disk)
            with pytest.raises(StorageFull):
                acme.tickets.create(title="T" * 400, notes="x" * 60_000)

    def test_the_reserve_is_there_again_after_a_deletion(self, disk: Path) -> None:
        with Helpdesk.open(disk / "desk.db", reserve=RESERVE) as desk:
            acme = workspace(desk)
            ticket = acme.tickets.create(title="T")
            fill(disk)
            acme.tickets.delete(ticket.id)
            assert kept(disk / "desk.db") > RESERVE - MEGABYTE

    def test_more_can_be_deleted_than_the_reserve_has_pages(self, disk: Path) -> None:
        with Helpdesk.open(disk / "desk.db", reserve=RESERVE) as desk:
            acme = workspace(desk)
            tickets = [acme.tickets.create(title=f"T {n}") for n in range(40)]
            fill(disk)
            for ticket in tickets:
                acme.tickets.delete(ticket.id)
            assert acme.tickets.list().total == 0

    def test_a_deletion_that_fails_leaves_everything(self, disk: Path) -> None:
        with Helpdesk.open(disk / "desk.db", reserve=RESERVE) as desk:
            acme = workspace(desk)
            ticket = acme.tickets.create(title="T")
            fill(disk)
            with pytest.raises(ZeroDivisionError), desk.transaction(reserved=True):
                acme.tickets.delete(ticket.id)
                raise ZeroDivisionError
            assert acme.tickets.get(ticket.id).title == "T"

    def test_the_reserve_grows_back_once_there_is_space(self, disk: Path) -> None:
        with Helpdesk.open(disk / "desk.db", reserve=RESERVE) as desk:
            acme = workspace(desk)
            tickets = [acme.tickets.create(title=f"T {n}") for n in range(5)]
            ballast = fill(disk)
            for ticket in tickets:
                acme.tickets.delete(ticket.id)
            ballast.unlink()
            acme.tickets.create(title="T")
            assert kept(disk / "desk.db") >= RESERVE

    def test_a_desk_can_be_opened(self, disk: Path) -> None:
        with Helpdesk.open(disk / "desk.db", reserve=RESERVE) as desk:
            workspace(desk).tickets.create(title="T")
        fill(disk)
        with Helpdesk.open(disk / "desk.db", reserve=RESERVE) as desk:
            assert desk.workspace("acme").tickets.list().total == 1

    def test_half_of_a_small_disk_is_left_to_other_writes(self, disk: Path) -> None:
        with Helpdesk.open(disk / "desk.db", reserve=100 * MEGABYTE):
            assert shutil.disk_usage(disk).free >= 3 * MEGABYTE

    def test_a_reserve_that_another_process_gave_up_is_filled_again(self, disk: Path) -> None:
        with Helpdesk.open(disk / "desk.db", reserve=RESERVE) as desk:
            acme = workspace(desk)
            acme.tickets.create(title="T")
            os.truncate(disk / "desk.db-reserve", 0)  # as another process does, and is killed
            acme.tickets.create(title="T")
            assert kept(disk / "desk.db") >= RESERVE

    def test_what_another_process_has_given_up_is_not_taken_while_it_works(
        self, disk: Path
    ) -> None:
        with Helpdesk.open(disk / "desk.db", reserve=RESERVE) as desk:
            acme = workspace(desk)
            with Reserve(str(disk / "desk.db"), None).lent():
                acme.tickets.create(title="T")
                during = kept(disk / "desk.db")
            assert (during, kept(disk / "desk.db") >= RESERVE) == (0, True)
