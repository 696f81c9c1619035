"""Backups: whole or not there, verified, private; what is tampered with is refused."""

import json
import os
import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest

from cstar_core import Backup, Conflict, Helpdesk, Refused, StorageFull, Workspace
from cstar_core.files import sha256
from tests.core.limits import file_size_limit
from tests.core.vocabulary import ManualClock

ROOT = Path(__file__).parents[2]


@pytest.fixture
def made(desk: Helpdesk, acme: Workspace, sandbox: Workspace, tmp_path: Path) -> Backup:
    """A backup at tmp_path / "backup" of a desk with two tickets and a test customer."""
    ticket = acme.tickets.create(
        title="Refund", customer_name="Jane", tags="money", initial_message="Secret words"
    )
    acme.messages.create(ticket.id, content="internal", is_internal=True)
    acme.tickets.create(title="Parcel")
    sandbox.customers.create(name="Sam")
    return desk.backup(tmp_path / "backup")


@pytest.fixture
def backup(made: Backup, tmp_path: Path) -> Path:
    return tmp_path / "backup"


def manifest(backup: Path) -> Any:
    return json.loads((backup / "manifest.json").read_text(encoding="utf-8"))


def test_a_backup_is_a_copy_and_a_manifest(backup: Path) -> None:
    assert sorted(file.name for file in backup.iterdir()) == ["cstar.db", "manifest.json"]


def test_a_backup_opens_as_a_desk(backup: Path) -> None:
    with Helpdesk.open(backup / "cstar.db") as copy:
        assert copy.check(deep=True).ok
        assert [t.title for t in copy.workspace("acme").tickets.list(search="refund").items] == [
            "Refund"
        ]


def test_a_manifest_says_what_is_in_the_copy(
    backup: Path, desk: Helpdesk, clock: ManualClock
) -> None:
    said = manifest(backup)
    acme = desk.teams.get("acme").id
    assert (said["format"], said["application"], said["schemaVersion"]) == (
        1,
        "cstar",
        desk.schema_version,
    )
    assert said["createdAt"] == clock().strftime("%Y-%m-%dT%H:%M:%SZ")
    assert said["sqliteVersion"] == sqlite3.sqlite_version
    assert said["workspaces"][:2] == [
        {
            "teamId": acme,
            "environment": "live",
            "tickets": 2,
            "messages": 2,
            "customers": 1,
            "events": desk.workspace("acme").events.list().total,
        },
        {
            "teamId": acme,
            "environment": "test",
            "tickets": 0,
            "messages": 0,
            "customers": 1,
            "events": 2,
        },
    ]
    assert (said["tables"]["tickets"], said["tables"]["teams"], said["findings"]) == (2, 2, [])


def test_a_manifest_has_the_size_and_digest_of_the_copy(backup: Path) -> None:
    copy = backup / "cstar.db"
    assert manifest(backup)["database"] == {
        "file": "cstar.db",
        "size": copy.stat().st_size,
        "sha256": sha256(copy),
    }


def test_a_manifest_names_no_person_and_no_key(
    backup: Path, desk: Helpdesk, template: tuple[Path, str]
) -> None:
    text = (backup / "manifest.json").read_text(encoding="utf-8")
    words = ["Jane", "Sam", "Secret words", "Refund", "acme", "Acme", template[1]]
    assert [word for word in words if word in text] == []


def test_a_backup_is_for_its_owner_alone(backup: Path) -> None:
    modes = [stat.S_IMODE(each.stat().st_mode) for each in (backup, *sorted(backup.iterdir()))]
    assert modes == [0o700, 0o600, 0o600]


def test_what_backup_returns_is_what_is_read_again(made: Backup, backup: Path) -> None:
    assert Helpdesk.check_backup(backup) == made


def test_a_backup_leaves_nothing_else_behind(backup: Path, tmp_path: Path) -> None:
    names = sorted(each.name for each in tmp_path.iterdir())
    assert [name for name in names if not name.startswith("desk.db")] == ["backup"]


def file_at(path: Path) -> None:
    path.write_text("mine")


def folder_at(path: Path) -> None:
    path.mkdir()
    (path / "mine").touch()


def empty_folder_at(path: Path) -> None:
    path.mkdir()


def broken_link_at(path: Path) -> None:
    path.symlink_to("nowhere")


@pytest.mark.parametrize("make", [file_at, folder_at, empty_folder_at, broken_link_at])
def test_nothing_is_overwritten_by_a_backup(
    desk: Helpdesk, tmp_path: Path, make: Callable[[Path], None]
) -> None:
    target = tmp_path / "taken"
    make(target)
    before = sorted(tmp_path.iterdir()), os.lstat(target)
    with pytest.raises(Conflict, match="taken exists already"):
        desk.backup(target)
    after = sorted(tmp_path.iterdir()), os.lstat(target)
    assert (after[0], after[1].st_ino, after[1].st_size) == (
        before[0],
        before[1].st_ino,
        before[1].st_size,
    )


@pytest.mark.parametrize("name", ["", ".", "..", "/"])
def test_a_name_that_is_none_is_taken(desk: Helpdesk, name: str) -> None:
    with pytest.raises(Conflict, match="exists already"):
        desk.backup(name)


@pytest.mark.parametrize("make", [file_at, folder_at])
def test_what_came_there_meanwhile_is_not_overwritten(
    desk: Helpdesk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make: Callable[[Path], None]
) -> None:
    target = tmp_path / "taken"
    real = desk._store.copy_to

    def copy_slowly(path: str) -> None:
        real(path)
        make(target)

    monkeypatch.setattr(desk._store, "copy_to", copy_slowly)
    with pytest.raises(Conflict, match="taken exists already"):
        desk.backup(target)
    assert [each.name for each in tmp_path.iterdir() if ".partial-" in each.name] == []


def test_a_backup_in_no_folder_names_what_was_asked_for(desk: Helpdesk, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as caught:
        desk.backup(tmp_path / "nowhere" / "backup")
    assert caught.value.filename == str(tmp_path / "nowhere" / "backup")


@pytest.mark.parametrize("kilobytes", [0, 1, 50, 200])
def test_a_full_disk_leaves_nothing_that_passes_for_a_backup(
    desk: Helpdesk, acme: Workspace, tmp_path: Path, kilobytes: int
) -> None:
    with (
        file_size_limit(kilobytes * 1024),
        pytest.raises(StorageFull, match=r"The disk took no more: .*backup was not made"),
    ):
        desk.backup(tmp_path / "backup")
    assert [each.name for each in tmp_path.iterdir() if "backup" in each.name] == []
    assert acme.tickets.create(title="Goes on").number == 1


def test_a_manifest_that_does_not_fit_leaves_no_backup(
    made: Backup, desk: Helpdesk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = b"x" * (made.size + 4096)
    monkeypatch.setattr("cstar_core.backups.making.to_json", lambda _: long)
    with file_size_limit(made.size + 1024), pytest.raises(StorageFull):
        desk.backup(tmp_path / "second")
    assert not [each for each in tmp_path.iterdir() if "second" in each.name]


def test_a_damaged_desk_is_not_backed_up(desk: Helpdesk, path: Path, tmp_path: Path) -> None:
    [(page,)] = query(path, "SELECT rootpage FROM sqlite_schema WHERE name = 'keys_team'")
    desk.close()
    content = bytearray(path.read_bytes())
    content[page * 4096 - 8 : page * 4096] = b"\0" * 8
    path.write_bytes(content)
    with Helpdesk.open(path) as damaged, pytest.raises(Refused, match="is damaged"):
        damaged.backup(tmp_path / "backup")
    assert not [each for each in tmp_path.iterdir() if "backup" in each.name]


def query(path: Path, sql: str) -> list[Any]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(sql).fetchall()


def test_a_desk_that_contradicts_itself_is_backed_up_and_says_so(
    made: Backup, desk: Helpdesk, path: Path, tmp_path: Path
) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as file:
        file.execute("UPDATE tags SET uses = 7")
    found = desk.backup(tmp_path / "second")
    assert [each.name for each in found.findings] == ["tag counters"]
    assert Helpdesk.check_backup(tmp_path / "second") == found


# --- interrupted


def backing_up(path: Path, target: Path, before: str = "") -> "subprocess.Popen[bytes]":
    code = (
        "import sys\nfrom cstar_core import Helpdesk\n"
        f"{before}\n"
        "with Helpdesk.open(sys.argv[1]) as desk:\n    desk.backup(sys.argv[2])\n"
    )
    command = [sys.executable, "-c", code, str(path), str(target)]
    return subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE)


KILLED_AT = [
    *(("making", place) for place in ("copy.chmod(PRIVATE)", "content = look_at", "write_new(")),
    *(("files", place) for place in ("sync(folder)", "_name(folder")),
]


@pytest.mark.no_cover
@pytest.mark.parametrize(("module", "place"), KILLED_AT)
def test_a_backup_that_is_killed_has_not_its_name(
    path: Path, tmp_path: Path, module: str, place: str
) -> None:
    dying = (
        "import os, signal, inspect\nfrom cstar_core import files\n"
        "from cstar_core.backups import making\nmaking.os = os\n"
        f"source = inspect.getsource({module})\n"
        f"at = source.index({place!r})\n"
        "start = source.rindex('\\n', 0, at) + 1\n"
        "blank = source[start:at][:len(source[start:at]) - len(source[start:at].lstrip())]\n"
        "kill = blank + 'os.kill(os.getpid(), 9)\\n'\n"
        f"exec(compile(source[:start] + kill + source[start:], 'm', 'exec'), vars({module}))\n"
        "making.appearing = files.appearing\n"
        "import cstar_core.helpdesk as helpdesk\n"
        "helpdesk.make_backup = making.make_backup\n"
    )
    with backing_up(path, tmp_path / "backup", dying) as process:
        assert process.wait(30) == -signal.SIGKILL, process.communicate()
    names = [each.name for each in tmp_path.iterdir() if "backup" in each.name]
    assert len(names) == 1 and names[0].startswith("backup.partial-")
    with Helpdesk.open(path) as desk:
        desk.backup(tmp_path / "backup")


def test_an_interrupted_copy_leaves_nothing(acme: Workspace, desk: Helpdesk, path: Path) -> None:
    text = "many words of a long message " * 3000
    list(acme.tickets.import_many([{"title": "x", "initial_message": text}] * 300))
    desk.close()
    with backing_up(path, path.parent / "backup") as process:
        while not list(path.parent.glob("backup.partial-*/cstar.db")):
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        errors = process.communicate()[1].decode()
    assert process.returncode == -signal.SIGINT and "KeyboardInterrupt" in errors
    assert [each.name for each in path.parent.iterdir() if "backup" in each.name] == []


# --- tampered with


def test_a_flipped_byte_anywhere_is_refused(backup: Path) -> None:
    copy = backup / "cstar.db"
    content = bytearray(copy.read_bytes())
    for place in range(0, len(content), 4096):
        content[place + place // 4096 % 4096] ^= 1
        copy.write_bytes(content)
        with pytest.raises(Refused, match=r"is damaged: cstar.db is not what manifest.json says"):
            Helpdesk.check_backup(backup)
        content[place + place // 4096 % 4096] ^= 1
    copy.write_bytes(content)
    assert Helpdesk.check_backup(backup)


def test_a_cut_off_copy_is_refused(backup: Path) -> None:
    copy = backup / "cstar.db"
    content = copy.read_bytes()
    for length in (0, 1, 100, 4096, len(content) // 2, len(content) - 1):
        copy.write_bytes(content[:length])
        with pytest.raises(Refused, match="is damaged"):
            Helpdesk.check_backup(backup)


def test_a_cut_off_manifest_is_refused(backup: Path) -> None:
    file = backup / "manifest.json"
    text = file.read_bytes()
    for length in range(0, len(text) - 1, 9):
        file.write_bytes(text[:length])
        with pytest.raises(Refused, match=r"is not a whole backup: its manifest.json cannot be"):
            Helpdesk.check_backup(backup)


CHANGES: list[tuple[Callable[[Any], object], str]] = [
    (lambda m: m.update(format=2), "newer version"),
    (lambda m: m.update(format=0), "cannot be read"),
    (lambda m: m.update(format="1"), "cannot be read"),
    (lambda m: m.update(application="other"), "cannot be read"),
    (lambda m: m["database"].update(file="../desk.db"), "cannot be read"),
    (lambda m: m["database"].update(file="/etc/passwd"), "cannot be read"),
    (lambda m: m["database"].update(sha256="0" * 64), "is damaged"),
    (lambda m: m["database"].update(size=1), "is damaged"),
    (lambda m: m["database"].update(size=float("inf")), "cannot be read"),
    (lambda m: m["tables"].update(tickets=3), "is damaged"),
    (lambda m: m["tables"].pop("tickets"), "is damaged"),
    (lambda m: m["tables"].update(tickets="many"), "cannot be read"),
    (lambda m: m["workspaces"][0].update(events=0), "is damaged"),
    (lambda m: m["workspaces"].pop(), "is damaged"),
    (lambda m: m.update(workspaces=None), "cannot be read"),
    (lambda m: m.update(schemaVersion=0), "is damaged"),
    (lambda m: m.update(createdAt="yesterday"), "cannot be read"),
    (lambda m: m.pop("findings"), "cannot be read"),
]


@pytest.mark.parametrize(("change", "why"), CHANGES)
def test_a_manifest_that_says_something_else_is_refused(
    backup: Path, change: Callable[[Any], object], why: str
) -> None:
    said = manifest(backup)
    change(said)
    (backup / "manifest.json").write_text(json.dumps(said), encoding="utf-8")
    with pytest.raises(Refused, match=why):
        Helpdesk.check_backup(backup)


@pytest.mark.parametrize("content", [b"", b"[]", b"null", b"\xff\xfe", b"[" * 100_000, b'{"a":1}'])
def test_a_manifest_that_is_none_is_refused(backup: Path, content: bytes) -> None:
    (backup / "manifest.json").write_bytes(content)
    with pytest.raises(Refused, match="cannot be read"):
        Helpdesk.check_backup(backup)


@pytest.mark.parametrize("name", ["cstar.db", "manifest.json"])
def test_a_missing_part_is_named(backup: Path, name: str) -> None:
    (backup / name).unlink()
    with pytest.raises(Refused, match=f"is not a whole backup: it has no {name}"):
        Helpdesk.check_backup(backup)


@pytest.mark.parametrize("name", ["cstar.db", "manifest.json"])
@pytest.mark.parametrize("kind", ["link", "pipe", "folder"])
def test_a_part_that_is_no_plain_file_is_refused(backup: Path, name: str, kind: str) -> None:
    part = backup / name
    moved = shutil.move(part, backup.parent / f"moved-{name}")
    match kind:
        case "link":
            part.symlink_to(moved)
        case "pipe":
            os.mkfifo(part)
        case _:
            part.mkdir()
    with pytest.raises(Refused, match=f"it has no {name}"):
        Helpdesk.check_backup(backup)


@pytest.mark.parametrize(
    ("what", "why"),
    [
        ("nothing", "there is no backup at"),
        ("a file", "file is not a database"),
        ("an empty file", "is not a cStar database"),
        ("an empty folder", "is not a whole backup: it has no"),
    ],
)
def test_what_is_no_backup_is_refused(tmp_path: Path, what: str, why: str) -> None:
    source = tmp_path / "source"
    if what == "an empty folder":
        source.mkdir()
    elif what != "nothing":
        source.write_text("x" * 2000 if what == "a file" else "")
    with pytest.raises(Refused, match=why):
        Helpdesk.check_backup(source)


def changed_inside(backup: Path, statement: str) -> None:
    """A backup whose digest is right, but whose content somebody has changed."""
    copy = backup / "cstar.db"
    with closing(sqlite3.connect(copy, isolation_level=None)) as file:
        file.execute(statement)
    said = manifest(backup)
    said["database"].update(size=copy.stat().st_size, sha256=sha256(copy))
    (backup / "manifest.json").write_text(json.dumps(said), encoding="utf-8")


@pytest.mark.parametrize(
    ("statement", "why"),
    [
        ("PRAGMA application_id = 1", "is not a cStar database"),
        ("PRAGMA user_version = 99", "newer version"),
        ("DELETE FROM probes WHERE 0", ""),
        ("INSERT INTO probes VALUES (1, 1)", "is not what manifest.json says"),
    ],
)
def test_a_copy_that_was_changed_with_its_digest_is_looked_at(
    backup: Path, statement: str, why: str
) -> None:
    changed_inside(backup, statement)
    if why:
        with pytest.raises(Refused, match=why):
            Helpdesk.check_backup(backup)
    else:
        assert Helpdesk.check_backup(backup)


def test_verifying_leaves_a_backup_as_it_is(backup: Path) -> None:
    before = {each.name: (each.stat().st_mtime_ns, sha256(each)) for each in backup.iterdir()}
    Helpdesk.check_backup(backup)
    assert before == {
        each.name: (each.stat().st_mtime_ns, sha256(each)) for each in backup.iterdir()
    }


# --- while others write


@pytest.fixture
def ledger(acme: Workspace) -> Iterator[list[str]]:
    """Ids of tickets in the order in which their creation was acknowledged, by eight threads."""
    written: list[str] = []
    stop = threading.Event()

    def write(name: int) -> None:
        number = 0
        while not stop.is_set():
            number += 1
            made = acme.tickets.create(title=f"w{name} {number}", initial_message="text")
            written.append(made.id)

    writers = [threading.Thread(target=write, args=(name,)) for name in range(8)]
    for writer in writers:
        writer.start()
    try:
        yield written
    finally:
        stop.set()
        for writer in writers:
            writer.join()


def test_a_backup_holds_all_that_was_written_before_it_and_no_half_of_the_rest(
    desk: Helpdesk, ledger: list[str], tmp_path: Path
) -> None:
    for number in range(5):
        known = set(ledger)
        target = tmp_path / f"backup-{number}"
        made = desk.backup(target)
        with Helpdesk.open(target / "cstar.db") as copy:
            acme = copy.workspace("acme")
            page, ids = acme.tickets.list(page_size=100), set[str]()
            while True:
                ids |= {ticket.id for ticket in page.items}
                assert all(ticket.message_count == 1 for ticket in page.items)
                if not page.has_more:
                    break
                page = acme.tickets.list(page_size=100, cursor=page.next_cursor)
            assert copy.check(deep=True).ok
        assert known <= ids
        assert made.workspaces[0].tickets == len(ids) == made.workspaces[0].messages
        with suppress(OSError):
            shutil.rmtree(target)
