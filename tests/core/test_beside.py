"""What is made beside a database: private, never through a link, and root locks nobody out."""

import os
import stat
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from cstar_core import Helpdesk
from cstar_core.beside import make_database, opened
from cstar_core.migrations import migrate, scripts

SERVICE, GROUP = 61_234, 61_235

as_root = pytest.mark.skipif(
    os.geteuid() != 0, reason="ONLY ROOT can give files away: nothing was tried of what root makes"
)


@pytest.fixture
def service(tmp_path: Path) -> Path:
    """A folder that belongs to the user of a service."""
    folder = tmp_path / "service"
    folder.mkdir(0o700)
    os.chown(folder, SERVICE, GROUP)
    return folder


def owners(folder: Path) -> dict[str, tuple[int, int]]:
    found = {file: os.lstat(file) for file in folder.iterdir()}
    return {file.name: (status.st_uid, status.st_gid) for file, status in found.items()}


ENDS = ("", "-wal", "-shm", "-reserve", "-webhooks")


def used(path: Path, *, reserve: int = 1024 * 1024) -> dict[str, tuple[int, int]]:
    """Do what makes files beside a database, and see whose they are while it is open."""
    with Helpdesk.open(path, reserve=reserve) as desk, desk.outbox():
        desk.teams.create("Acme")
        return owners(path.parent)


@as_root
def test_a_database_that_root_makes_is_for_the_owner_of_its_folder(service: Path) -> None:
    found = used(service / "desk.db")
    assert found == dict.fromkeys((f"desk.db{end}" for end in ENDS), (SERVICE, GROUP))
    assert set(owners(service).values()) == {(SERVICE, GROUP)}


@as_root
def test_what_root_makes_beside_a_database_is_for_its_owner(tmp_path: Path) -> None:
    path = tmp_path / "desk.db"
    Helpdesk.open(path).close()
    os.chown(path, SERVICE, GROUP)
    found = used(path)
    assert found == dict.fromkeys((f"desk.db{end}" for end in ENDS), (SERVICE, GROUP))


@as_root
def test_the_copy_that_root_makes_before_an_upgrade_is_for_the_owner(service: Path) -> None:
    path = service / "desk.db"
    migrate(str(path), scripts()[:1], 1)
    migrate(str(path), scripts(), 1)

    assert owners(service)["desk.db.before-upgrade-from-1"] == (SERVICE, GROUP)
    assert stat.S_IMODE((service / "desk.db.before-upgrade-from-1").stat().st_mode) == 0o600


@as_root
@pytest.mark.parametrize("over", [False, True])
def test_what_root_restores_is_for_the_owner(service: Path, tmp_path: Path, over: bool) -> None:
    path = service / "desk.db"
    with Helpdesk.open(tmp_path / "old.db") as desk:
        desk.backup(tmp_path / "saved")
    if over:
        Helpdesk.open(path).close()
    Helpdesk.restore(tmp_path / "saved", path, replace=over)

    assert len(owners(service)) == 1 + over
    assert set(owners(service).values()) == {(SERVICE, GROUP)}


@as_root
def test_nothing_that_was_there_is_given_away(service: Path, tmp_path: Path) -> None:
    diary = tmp_path / "diary"
    diary.write_text("Dear diary")
    (service / "desk.db-reserve").hardlink_to(diary)
    with Helpdesk.open(service / "desk.db", reserve=4096):
        assert owners(service)["desk.db-reserve"] == (0, 0)


@pytest.mark.parametrize("size", [None, 0, 1024 * 1024])
def test_a_link_in_the_place_of_the_reserve_is_not_followed(
    tmp_path: Path, size: int | None
) -> None:
    diary = tmp_path / ("diary" * 20)  # a link to a long name has a block of its own
    diary.write_text("Dear diary")
    path = tmp_path / "desk.db"
    Path(f"{path}-reserve").symlink_to(diary)
    with Helpdesk.open(path, reserve=size) as desk:
        desk.teams.create("Acme")

    assert diary.read_text() == "Dear diary"


@as_root
@pytest.mark.parametrize("make", [opened, lambda path, _: make_database(str(path))])
def test_what_cannot_be_given_to_the_owner_is_not_left_there(
    service: Path, monkeypatch: pytest.MonkeyPatch, make: Callable[[Path, Path], object]
) -> None:
    def refuse(*_: int) -> None:
        raise PermissionError(1, "Operation not permitted")

    before = os.listdir("/proc/self/fd")
    monkeypatch.setattr(os, "fchown", refuse)
    with suppress(PermissionError):
        make(service / "desk.db-x", service / "desk.db")

    assert list(service.iterdir()) == []
    assert os.listdir("/proc/self/fd") == before


def test_a_link_in_the_place_of_the_lock_is_not_followed(tmp_path: Path) -> None:
    path = tmp_path / "desk.db"
    Path(f"{path}-webhooks").symlink_to(tmp_path / "elsewhere")
    with Helpdesk.open(path) as desk, pytest.raises(OSError, match="symbolic links"), desk.outbox():
        pass

    assert not (tmp_path / "elsewhere").exists()


def test_a_database_is_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "desk.db"
    with Helpdesk.open(path, reserve=4096) as desk, desk.outbox():
        desk.teams.create("Acme")
        modes = {stat.S_IMODE(file.stat().st_mode) for file in tmp_path.iterdir()}

    assert modes == {0o600}


def test_a_database_keeps_the_mode_that_it_was_given(tmp_path: Path) -> None:
    path = tmp_path / "desk.db"
    Helpdesk.open(path).close()
    path.chmod(0o660)
    Helpdesk.open(path).close()

    assert stat.S_IMODE(path.stat().st_mode) == 0o660


def test_making_a_database_leaves_one_that_is_there(tmp_path: Path) -> None:
    path = tmp_path / "desk.db"
    path.write_bytes(b"something")
    make_database(str(path))

    assert path.read_bytes() == b"something"
    assert list(tmp_path.iterdir()) == [path]


def test_a_database_that_cannot_be_made_leaves_nothing(tmp_path: Path) -> None:
    make_database(str(tmp_path / "nowhere" / "desk.db"))
    assert list(tmp_path.iterdir()) == []


def test_a_file_beside_a_database_is_opened_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "desk.db-x"
    file.write_bytes(b"kept")
    os.close(opened(file, tmp_path / "desk.db"))

    assert file.read_bytes() == b"kept"
