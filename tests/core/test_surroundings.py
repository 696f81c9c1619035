"""What is around a database: what was left beside it, and which file system has it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cstar_core.surroundings import file_system, leftovers

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="ONLY ROOT can act as somebody else")
MOUNTS = """\
22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
30 22 0:40 / /srv rw shared:2 - nfs4 host:/srv rw
31 30 8:2 / /srv/my\\040disk rw - xfs /dev/sdb rw
32 22 0:50 / /tmp rw - tmpfs tmpfs rw
33 22 8:3 / /tmp rw - btrfs /dev/sdc rw
34 22 0:51 / /home/jane/a\rb\fc\u2028d rw - fuse.sshfs host: rw
"""
PLACES = [
    ("/home/desk.db", "ext4"),
    ("/srv/desk.db", "nfs4"),
    ("/srv2/desk.db", "ext4"),
    ("/srv/my disk/desk.db", "xfs"),
    ("/tmp/desk.db", "btrfs"),
    ("/home/jane/a\rb\fc\u2028d/desk.db", "fuse.sshfs"),
]


@pytest.mark.parametrize(("path", "kind"), PLACES)
def test_the_file_system_is_that_of_the_nearest_mount(tmp_path: Path, path: str, kind: str) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_bytes(MOUNTS.encode())
    assert file_system(path, str(mounts)) == kind


def test_the_file_system_is_not_known_where_the_system_does_not_list_it(tmp_path: Path) -> None:
    assert file_system("/desk.db", str(tmp_path / "nowhere")) == ""
    (tmp_path / "empty").touch()
    assert file_system("/desk.db", str(tmp_path / "empty")) == ""


@pytest.mark.skipif(not os.path.exists("/proc/self/mountinfo"), reason="NOT LINUX: no mounts")
def test_the_file_system_of_this_machine_is_known(tmp_path: Path) -> None:
    assert file_system(str(tmp_path / "desk.db"))


WHOLE = ["before-upgrade-from-3", "before-upgrade-from-3-2", "replaced-20260101T000000Z-wal"]
HALF = ["before-upgrade-from-3.partial", "restoring-abc", "making-abc", "dry-run-abc"]


def test_copies_and_halves_beside_a_database_are_found(tmp_path: Path) -> None:
    for end in (*WHOLE, *HALF):
        (tmp_path / f"desk.db.{end}").write_bytes(b"1234")
    for name in ("desk.db", "desk.db-wal", "desk.db-reserve", "desk.db.txt", "other.db.replaced-1"):
        (tmp_path / name).write_bytes(b"1234")
    found = leftovers(str(tmp_path / "desk.db"))

    assert {each.path.name for each in found if each.whole} == {f"desk.db.{end}" for end in WHOLE}
    assert {each.path.name for each in found if not each.whole} == {f"desk.db.{e}" for e in HALF}
    assert {each.size for each in found} == {4}


def test_a_folder_that_was_left_counts_what_is_in_it(tmp_path: Path) -> None:
    folder = tmp_path / "desk.db.dry-run-abc"
    folder.mkdir()
    (folder / "desk.db").write_bytes(bytes(100_000))
    (found,) = leftovers(str(tmp_path / "desk.db"))
    assert found.size >= 100_000


@as_root
def test_a_folder_that_may_not_be_read_is_found_all_the_same(tmp_path: Path) -> None:
    folder = tmp_path / "desk.db.dry-run-abc"
    folder.mkdir(0o700)
    with somebody_else_in(tmp_path):
        (found,) = leftovers(str(tmp_path / "desk.db"))
    assert (found.path, found.whole) == (folder, False)


@contextmanager
def somebody_else_in(folder: Path) -> Iterator[None]:
    """Act as a user who owns nothing, but may come to the folder."""
    for each in (folder, *folder.parents):
        if not each.stat().st_mode & 0o001:
            each.chmod(0o755)
    os.seteuid(61_236)
    try:
        yield
    finally:
        os.seteuid(0)
