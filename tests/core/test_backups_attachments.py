"""Backups have the files that their database refers to, share them, and bring them back."""

import errno
import json
import os
import shutil
from pathlib import Path

import pytest

from cstar_core import Helpdesk, Refused, Ticket, Workspace
from cstar_core.blobs import Blob, Folder
from tests.core.vocabulary import ManualClock

ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


@pytest.fixture
def ticket(acme: Workspace) -> Ticket:
    """One with the file abc; a file that nothing refers to any more is there too."""
    ticket, gone = (acme.tickets.create(title=each) for each in ("Kept", "Gone"))
    acme.attachments.upload(gone.id, name="gone", content=b"gone")
    acme.tickets.delete(gone.id)
    attach(acme, ticket, b"abc")
    return ticket


def attach(acme: Workspace, ticket: Ticket, content: bytes) -> None:
    file = acme.attachments.put(name="a.txt", content=content)
    acme.messages.create(ticket.id, content="x", attachments=[file])


def files(folder: Path) -> dict[str, bytes]:
    found = (each for each in folder.rglob("*") if each.is_file() and each.name != "lock")
    return {each.name: each.read_bytes() for each in found}


def read(path: Path) -> list[bytes]:
    """The bytes of all attachments of a desk."""
    with Helpdesk.open(path) as desk:
        assert desk.check(deep=True).ok
        acme = desk.workspace("acme")
        content = []
        for ticket in acme.tickets.list(sort="number").items:
            for each in acme.attachments.list(ticket.id):
                with acme.attachments.open(ticket.id, each.id)[1] as file:
                    content.append(file.read())
    return content


@pytest.mark.usefixtures("ticket")
def test_a_backup_has_the_files_that_are_used(desk: Helpdesk, tmp_path: Path) -> None:
    made = desk.backup(tmp_path / "one")
    assert files(tmp_path / "one" / "files") == {ABC: b"abc"}
    assert (made.files, made.files_size, made.lost) == (1, 3, ())
    assert Helpdesk.check_backup(tmp_path / "one") == made


def test_later_backups_in_the_same_folder_share_files(
    desk: Helpdesk, acme: Workspace, ticket: Ticket, tmp_path: Path
) -> None:
    desk.backup(tmp_path / "one")
    attach(acme, ticket, b"more")
    desk.backup(tmp_path / "two")
    one, two = (tmp_path / name / "files" / ABC[:2] / ABC for name in ("one", "two"))
    own = Folder(desk.path).file(bytes.fromhex(ABC))
    assert one.samefile(two) and not one.samefile(own)
    assert len(files(tmp_path / "two" / "files")) == 2
    shutil.rmtree(tmp_path / "one")
    assert Helpdesk.check_backup(tmp_path / "two").files == 2


@pytest.mark.usefixtures("ticket")
def test_backups_share_nothing_with_exports(desk: Helpdesk, tmp_path: Path) -> None:
    desk.export(tmp_path / "export")
    desk.backup(tmp_path / "backup")
    of_export, of_backup = (
        tmp_path / name / "files" / ABC[:2] / ABC for name in ("export", "backup")
    )
    assert of_backup.read_bytes() == b"abc" and not of_backup.samefile(of_export)


@pytest.mark.usefixtures("ticket")
def test_files_are_copied_where_they_cannot_be_shared(
    desk: Helpdesk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_links(*args: object, **kwargs: object) -> None:
        raise OSError

    desk.backup(tmp_path / "one")
    monkeypatch.setattr(os, "link", no_links)
    desk.backup(tmp_path / "two")
    one, two = (tmp_path / name / "files" / ABC[:2] / ABC for name in ("one", "two"))
    assert two.read_bytes() == b"abc" and not one.samefile(two)


@pytest.mark.usefixtures("ticket")
def test_a_lost_file_is_a_finding_and_does_not_keep_from_a_backup(
    desk: Helpdesk, tmp_path: Path
) -> None:
    Folder(desk.path).file(bytes.fromhex(ABC)).write_bytes(b"abd")
    made = desk.backup(tmp_path / "one")
    assert [each.name for each in made.findings] == ["files"]
    assert made.lost == (ABC,)
    assert files(tmp_path / "one" / "files") == {}
    assert Helpdesk.check_backup(tmp_path / "one").lost == (ABC,)
    done = Helpdesk.restore(tmp_path / "one", tmp_path / "new.db")
    assert done.lost == (ABC,)


@pytest.mark.usefixtures("ticket")
def test_a_file_that_the_disk_does_not_give_back_is_lost(
    desk: Helpdesk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def bad_sector(descriptor: int, most: int) -> bytes:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "read", bad_sector)
    assert desk.backup(tmp_path / "one").lost == (ABC,)
    assert desk.export(tmp_path / "two").lost == (ABC,)
    assert files(tmp_path / "one" / "files") == files(tmp_path / "two" / "files") == {}


@pytest.mark.parametrize("damage", [b"abd", b"a", None])
@pytest.mark.usefixtures("ticket")
def test_a_backup_whose_file_is_damaged_is_refused(
    desk: Helpdesk, tmp_path: Path, damage: bytes | None
) -> None:
    desk.backup(tmp_path / "one")
    file = tmp_path / "one" / "files" / ABC[:2] / ABC
    if damage is None:
        file.unlink()
    else:
        file.write_bytes(damage)
    with pytest.raises(Refused, match=f"files/ba/{ABC} is missing, or not what its name says"):
        Helpdesk.check_backup(tmp_path / "one")
    with pytest.raises(Refused, match=f"files/ba/{ABC} is missing, or not what its name says"):
        Helpdesk.restore(tmp_path / "one", tmp_path / "new.db")
    assert not (tmp_path / "new.db").exists()


@pytest.mark.usefixtures("ticket")
def test_a_restore_brings_the_files(desk: Helpdesk, tmp_path: Path) -> None:
    desk.backup(tmp_path / "one")
    done = Helpdesk.restore(tmp_path / "one", tmp_path / "new.db")
    assert done.lost == ()
    assert read(tmp_path / "new.db") == [b"abc"]


@pytest.mark.parametrize("left", [False, True])
@pytest.mark.usefixtures("ticket")
def test_a_restore_is_done_once_the_files_are_on_the_disk(
    desk: Helpdesk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, left: bool
) -> None:
    """Also those that a restore left there which was killed before it had come so far."""
    desk.backup(tmp_path / "one")
    file = Path(tmp_path, "new.db-files", ABC[:2], ABC)
    if left:
        file.parent.mkdir(parents=True)
        file.write_bytes(b"abc")
    done: list[str] = []
    real_fsync, real_link = os.fsync, os.link

    def fsync(descriptor: int) -> None:
        done.append(os.readlink(f"/proc/self/fd/{descriptor}"))
        real_fsync(descriptor)

    def link(source: Path, target: Path, **options: bool) -> None:
        done.append("named")
        real_link(source, target, **options)

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(os, "link", link)
    Helpdesk.restore(tmp_path / "one", tmp_path / "new.db")
    before = done[: done.index("named")]
    for each in (file, file.parent, file.parent.parent):
        assert str(each) in before
    assert before.index(str(file)) < before.index(str(file.parent))
    assert done[-1] == str(tmp_path)


def test_a_restore_keeps_the_files_of_what_it_replaces(
    desk: Helpdesk, acme: Workspace, ticket: Ticket, path: Path, tmp_path: Path, clock: ManualClock
) -> None:
    desk.backup(tmp_path / "one")
    attach(acme, ticket, b"later")
    desk.close()
    Folder(str(path)).file(bytes.fromhex(ABC)).write_bytes(b"xyz")
    done = Helpdesk.restore(tmp_path / "one", path, replace=True, clock=clock)
    assert read(path) == [b"abc"]
    with Helpdesk.open(path, clock=clock) as again:
        for _ in range(3):
            clock.tick(days=2)
            again.collect_files()
    assert files(Path(f"{path}-files")) == {ABC: b"abc"}
    assert done.kept is not None
    back = Helpdesk.restore(done.kept, path, replace=True, clock=clock)
    assert back.lost == ()
    assert read(path) == [b"abc", b"later"]


@pytest.mark.usefixtures("ticket")
def test_a_database_file_alone_is_restored_without_what_it_lacks(
    desk: Helpdesk, tmp_path: Path
) -> None:
    desk.backup(tmp_path / "one")
    shutil.copy(tmp_path / "one" / "cstar.db", tmp_path / "alone.db")
    assert Helpdesk.restore(tmp_path / "alone.db", tmp_path / "new.db").lost == (ABC,)
    with Helpdesk.open(tmp_path / "new.db") as found:
        (finding,) = (each for each in found.check().findings if not each.ok)
    assert finding.name == "files"
    assert finding.detail == f"1 of 1 are missing or damaged: ba/{ABC}"


@pytest.mark.usefixtures("ticket")
def test_a_manifest_from_before_there_were_files_can_be_read(
    desk: Helpdesk, tmp_path: Path
) -> None:
    desk.backup(tmp_path / "one")
    manifest = tmp_path / "one" / "manifest.json"
    said = json.loads(manifest.read_bytes())
    del said["files"]
    manifest.write_text(json.dumps(said))
    assert Helpdesk.check_backup(tmp_path / "one").files == 0


def test_a_folder_of_files_keeps_what_it_is_given(tmp_path: Path) -> None:
    folder = Folder(str(tmp_path / "desk.db"))
    blob = folder.put(b"abc", 5)
    assert blob == Blob(bytes.fromhex(ABC), 3)
    assert list(folder.digests()) == [blob.digest]
