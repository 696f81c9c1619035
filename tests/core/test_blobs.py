"""Files beside a database: stored once and whole, counted, and gone once nobody needs them."""

import hashlib
import io
import os
import signal
import stat
import threading
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, cast

import pytest

from cstar_core import Blob, Busy, FileLost, Helpdesk, Invalid, StorageFull, Ticket, Workspace
from cstar_core.blobs import Blobs, Folder, collect_blobs, collecting
from cstar_core.counters import COUNTERS
from cstar_core.store import Slot
from tests.core.limits import file_size_limit
from tests.core.vocabulary import ManualClock
from tests.forks import fork, status_of

ABC = bytes.fromhex("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")


@pytest.fixture
def blobs(desk: Helpdesk) -> Blobs:
    return Blobs(desk._store)


@pytest.fixture
def ticket(acme: Workspace) -> Ticket:
    return acme.tickets.create(title="Cannot print")


def stored(path: Path) -> list[str]:
    """The names of all that is in the folder, but the lock."""
    files = [each for each in Path(f"{path}-files").rglob("*") if each.is_file()]
    return sorted(each.name for each in files if each.name != "lock")


def rows(desk: Helpdesk) -> list[tuple[bytes, int, int]]:
    """Digest, size and uses of each file that has a row."""
    with desk._store.snapshot() as snap:
        found = snap.sql("SELECT digest, size, uses FROM blobs ORDER BY id")
    return [(row[0], row[1], row[2]) for row in found]


# --- storing


def test_bytes_are_stored_under_their_digest(blobs: Blobs, path: Path) -> None:
    assert blobs.put(b"abc") == Blob(ABC, 3)
    assert stored(path) == [ABC.hex()]
    assert blobs.read(Blob(ABC, 3)) == b"abc"


def test_a_file_is_stored_a_piece_at_a_time(blobs: Blobs) -> None:
    content = os.urandom(3 * 1024 * 1024 + 1)
    blob = blobs.put(io.BytesIO(content))
    assert blob == Blob(hashlib.sha256(content).digest(), len(content))
    assert blobs.read(blob) == content


def test_equal_bytes_are_stored_once(blobs: Blobs, path: Path) -> None:
    assert blobs.put(b"abc") == blobs.put(io.BytesIO(b"abc"))
    assert stored(path) == [ABC.hex()]


def test_what_is_stored_is_for_its_owner_alone(blobs: Blobs, path: Path) -> None:
    blobs.put(b"abc")
    for each in (Path(f"{path}-files"), *Path(f"{path}-files").rglob("*")):
        assert stat.S_IMODE(each.stat().st_mode) == (0o700 if each.is_dir() else 0o600)


def test_more_than_is_allowed_leaves_nothing(blobs: Blobs, path: Path) -> None:
    with pytest.raises(Invalid, match="content must be at most 2 bytes"):
        blobs.put(b"abc", 2)
    assert blobs.put(b"abc", 3).size == 3
    assert stored(path) == [ABC.hex()]


def test_a_full_disk_leaves_nothing(blobs: Blobs, path: Path) -> None:
    with file_size_limit(100_000), pytest.raises(StorageFull, match="the file was not stored"):
        blobs.put(bytes(200_000))
    assert stored(path) == []


def test_a_source_that_fails_leaves_nothing(blobs: Blobs, path: Path) -> None:
    class Broken(io.RawIOBase):
        def read(self, size: int = -1) -> bytes:
            raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        blobs.put(cast(BinaryIO, Broken()))
    assert stored(path) == []


def test_a_file_that_was_cut_is_stored_anew(blobs: Blobs, path: Path) -> None:
    file = Folder(str(path)).file(blobs.put(b"abc").digest)
    file.write_bytes(b"a")
    with pytest.raises(FileLost):
        blobs.read(Blob(ABC, 3))
    assert blobs.read(blobs.put(b"abc")) == b"abc"


def test_a_link_is_not_followed(blobs: Blobs, path: Path, tmp_path: Path) -> None:
    file = Folder(str(path)).file(blobs.put(b"abc").digest)
    (tmp_path / "other").write_bytes(b"xyz")
    file.unlink()
    file.symlink_to(tmp_path / "other")
    with pytest.raises(FileLost):
        blobs.open(Blob(ABC, 3))


def test_threads_store_the_same_and_others_at_once(blobs: Blobs, path: Path) -> None:
    def work() -> None:
        for number in range(10):
            blobs.put(b"%d" % (number % 5))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(30)
    assert stored(path) == sorted(hashlib.sha256(b"%d" % n).hexdigest() for n in range(5))


# --- counting


def test_uses_are_counted(desk: Helpdesk, acme: Workspace, ticket: Ticket) -> None:
    ids = [acme.attachments.upload(ticket.id, name="a", content=b"abc").id for _ in range(3)]
    assert rows(desk) == [(ABC, 3, 3)]
    acme.messages.create(ticket.id, content="x", attachments=ids[:2])
    acme.attachments.discard(ticket.id, ids[2])
    assert rows(desk) == [(ABC, 3, 2)]
    acme.tickets.delete(ticket.id)
    assert rows(desk) == [(ABC, 3, 0)]
    assert desk.check().ok


def test_what_is_taken_back_is_not_counted(desk: Helpdesk, acme: Workspace, ticket: Ticket) -> None:
    with pytest.raises(ZeroDivisionError), desk.transaction():
        acme.attachments.upload(ticket.id, name="a", content=b"abc")
        raise ZeroDivisionError
    assert rows(desk) == []


def test_miscounted_uses_are_found_and_mended(
    desk: Helpdesk, acme: Workspace, ticket: Ticket, clock: ManualClock, path: Path
) -> None:
    acme.attachments.upload(ticket.id, name="a", content=b"abc")
    with desk._store.transaction() as tx:
        tx.write_sql("UPDATE blobs SET uses = 0, unused_since = 1")
    assert [each.name for each in desk.check().findings if not each.ok] == ["file counters"]
    clock.tick(days=2)
    assert collect_blobs(desk._store).files == 0
    assert stored(path) == [ABC.hex()]
    desk.reindex()
    assert desk.check().ok
    assert rows(desk) == [(ABC, 3, 1)]


# --- collecting


def test_what_is_used_is_not_collected(
    desk: Helpdesk, acme: Workspace, ticket: Ticket, clock: ManualClock
) -> None:
    id = acme.attachments.upload(ticket.id, name="a", content=b"abc").id
    acme.messages.create(ticket.id, content="x", attachments=[id])
    for _ in range(4):
        clock.tick(days=2)
        assert desk.collect_files().files == 0
    with acme.attachments.open(ticket.id, id)[1] as file:
        assert file.read() == b"abc"


def test_an_unused_file_is_collected_a_day_after_it_was_noticed(
    desk: Helpdesk, acme: Workspace, ticket: Ticket, clock: ManualClock, path: Path
) -> None:
    acme.attachments.upload(ticket.id, name="a", content=b"abc")
    acme.tickets.delete(ticket.id)
    clock.tick(days=5)
    assert desk.collect_files().files == 0
    clock.tick(hours=23)
    assert desk.collect_files().files == 0
    clock.tick(hours=1, seconds=1)
    found = desk.collect_files()
    assert (found.files, found.size) == (1, 3)
    assert (stored(path), rows(desk)) == ([], [])


def test_an_upload_that_no_message_took_is_forgotten_after_a_day(
    desk: Helpdesk, acme: Workspace, ticket: Ticket, clock: ManualClock, path: Path
) -> None:
    acme.attachments.upload(ticket.id, name="a", content=b"abc")
    clock.tick(hours=23)
    desk.collect_files()
    assert len(acme.attachments.uploads(ticket.id)) == 1
    clock.tick(hours=2)
    desk.collect_files()
    assert acme.attachments.uploads(ticket.id) == ()
    clock.tick(hours=25)
    assert desk.collect_files().files == 1
    assert stored(path) == []


def test_a_file_that_is_used_again_meanwhile_stays(
    desk: Helpdesk, acme: Workspace, clock: ManualClock
) -> None:
    first, second = (acme.tickets.create(title=each) for each in "ab")
    acme.attachments.upload(first.id, name="a", content=b"abc")
    acme.tickets.delete(first.id)
    desk.collect_files()
    clock.tick(days=2)
    id = acme.attachments.upload(second.id, name="a", content=b"abc").id
    assert desk.collect_files().files == 0
    acme.attachments.discard(second.id, id)
    assert desk.collect_files().files == 0
    assert rows(desk) == [(ABC, 3, 0)]


def test_what_was_just_stored_is_not_collected_before_it_is_claimed(
    desk: Helpdesk, acme: Workspace, ticket: Ticket, clock: ManualClock
) -> None:
    acme.attachments.upload(ticket.id, name="a", content=b"abc")
    acme.tickets.delete(ticket.id)
    desk.collect_files()
    clock.tick(days=2)
    other = acme.tickets.create(title="b")
    file = acme.attachments.put(name="b", content=b"abc")
    assert desk.collect_files().files == 0
    assert acme.messages.create(other.id, content="x", attachments=[file]).attachments


def test_strays_are_collected_after_a_day(
    desk: Helpdesk, blobs: Blobs, clock: ManualClock, path: Path
) -> None:
    blobs.put(b"abc")
    half = Path(f"{path}-files/new-abcdef")
    half.write_bytes(b"half")
    at = clock().timestamp()
    os.utime(half, (at, at))
    (Path(f"{path}-files") / "README").write_text("not ours")
    clock.tick(hours=23)
    assert desk.collect_files().files == 0
    clock.tick(hours=2)
    assert desk.collect_files(strays=False).files == 0
    assert desk.collect_files().files == 1
    assert stored(path) == ["README"]


def test_what_was_stored_too_long_ago_must_be_stored_again(
    desk: Helpdesk, acme: Workspace, ticket: Ticket, clock: ManualClock
) -> None:
    file = acme.attachments.put(name="a", content=b"abc")
    clock.tick(days=2)
    desk.collect_files()
    with pytest.raises(Busy, match="store it again"):
        acme.messages.create(ticket.id, content="x", attachments=[file])
    assert acme.messages.list(ticket.id) == ()


def test_many_files_are_collected(desk: Helpdesk, acme: Workspace, clock: ManualClock) -> None:
    for _ in range(11):
        ticket = acme.tickets.create(title="a")
        for _ in range(20):
            acme.attachments.upload(ticket.id, name="a", content=os.urandom(8))
        acme.tickets.delete(ticket.id)
    desk.collect_files()
    clock.tick(days=2)
    assert desk.collect_files().files == 220
    assert rows(desk) == []


def test_files_are_not_collected_in_a_transaction(desk: Helpdesk) -> None:
    for within in (desk.transaction(), desk.snapshot()):
        with pytest.raises(RuntimeError), within:
            desk.collect_files()


KILLED = [
    pytest.param(lambda desk, ticket: put_and_die(desk), id="before a row refers to it"),
    pytest.param(lambda desk, ticket: upload_and_die(desk, ticket), id="in the transaction"),
    pytest.param(lambda desk, ticket: collect_and_die(desk), id="after the file was taken away"),
]


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def put_and_die(desk: Helpdesk) -> None:
    Blobs(desk._store).put(b"xyz")
    die()


def upload_and_die(desk: Helpdesk, ticket: Ticket) -> None:
    with desk.transaction():
        desk.workspace("acme").attachments.upload(ticket.id, name="a", content=b"xyz")
        die()


def collect_and_die(desk: Helpdesk) -> None:
    folder = Folder(desk.path)
    with desk._store.transaction() as tx:
        for key, digest in tx.sql("SELECT id, digest FROM blobs WHERE uses = 0"):
            tx.write_sql("DELETE FROM blobs WHERE id = ?", (key,))
            folder.remove(digest)
        die()


@pytest.mark.parametrize("work", KILLED)
def test_nothing_is_lost_when_the_process_is_killed(
    path: Path, clock: ManualClock, work: Callable[[Helpdesk, Ticket], None]
) -> None:
    with Helpdesk.open(path, clock=clock) as desk:
        acme = desk.workspace("acme")
        ticket, gone = (acme.tickets.create(title=each) for each in "ab")
        kept = acme.attachments.upload(ticket.id, name="a", content=b"abc").id
        acme.messages.create(ticket.id, content="x", attachments=[kept])
        acme.attachments.upload(gone.id, name="a", content=b"gone")
        acme.tickets.delete(gone.id)

    def child() -> None:
        with Helpdesk.open(path, clock=clock) as desk:
            work(desk, ticket)

    assert status_of(fork(child)) == -signal.SIGKILL
    with Helpdesk.open(path, clock=clock) as desk:
        assert desk.check(deep=True).ok
        acme = desk.workspace("acme")
        with acme.attachments.open(ticket.id, kept)[1] as file:
            assert file.read() == b"abc"
        assert acme.attachments.uploads(ticket.id) == ()
        acme.attachments.upload(ticket.id, name="a", content=b"gone")
        assert desk.check().ok
        for _ in range(3):
            clock.tick(days=2)
            desk.collect_files()
        assert stored(path) == [ABC.hex()]


def test_every_table_that_refers_to_files_is_counted(desk: Helpdesk) -> None:
    with desk._store.snapshot() as snap:
        tables = [
            name for (name,) in snap.sql("SELECT name FROM sqlite_schema WHERE type = 'table'")
        ]
        using = {
            each
            for each in tables
            for row in snap.sql('SELECT "table" FROM pragma_foreign_key_list(?)', (each,))
            if row[0] == "blobs"
        }
    (counter,) = (each for each in COUNTERS if each.name == "file counters")
    assert {each for each in using if f"FROM {each} " in counter.wrong} == using


def test_collecting_looks_at_what_is_unused_alone(desk: Helpdesk) -> None:
    with desk._store.snapshot() as snap:
        for query in (collecting._NOTE, collecting._SOME):
            params = [1 if isinstance(each, Slot) else each for each in query.params]
            plan = snap.connection.execute(f"EXPLAIN QUERY PLAN {query.sql}", params).fetchall()
            assert "USING INDEX blobs_unused" in plan[0][3]
