"""What comes back from an export is what went in, or the desk stays as it was."""

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from cstar_core import Conflict, Helpdesk, Refused, StorageFull
from cstar_core.tables import EventRow, MessageRow, TagRow, TicketRow, WorkspaceRow
from tests.core.limits import file_size_limit
from tests.core.test_exports import content, rows
from tests.core.vocabulary import ManualClock
from tests.core.wandering import wander

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def made(template: tuple[Path, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a desk in which two teams have done much, and an export of it."""
    folder = tmp_path_factory.mktemp("lived")
    clock = ManualClock()
    with Helpdesk.open(shutil.copy(template[0], folder / "desk.db"), clock=clock) as desk:
        wander(desk, clock, 1, steps=40)
        for name, kind in (("tickets", "tickets"), ("people", "customers")):
            file = folder / f"{name}.ndjson"
            row = {"id": "7", "title": "From elsewhere", "name": "Bo"}
            row.pop("name" if kind == "tickets" else "title")
            file.write_text(json.dumps(row))
            assert desk.workspace("globex").import_file(file, kind=kind).created == 1
        desk.export(folder / "out")
    return folder


@pytest.fixture
def lived(made: Path, tmp_path: Path, clock: ManualClock) -> Iterator[Helpdesk]:
    """The desk."""
    clock.tick(days=2)
    with Helpdesk.open(shutil.copy(made / "desk.db", tmp_path / "lived.db"), clock=clock) as desk:
        yield desk


@pytest.fixture
def out(made: Path, tmp_path: Path) -> Path:
    """The export of it."""
    return Path(shutil.copytree(made / "out", tmp_path / "out"))


@pytest.fixture
def other(tmp_path: Path, clock: ManualClock) -> Iterator[Helpdesk]:
    """An empty desk."""
    with Helpdesk.open(tmp_path / "other.db", clock=clock) as desk:
        yield desk


@pytest.mark.parametrize("seed", range(4))
def test_what_was_imported_is_exported_in_the_same_bytes(
    seed: int, desk: Helpdesk, other: Helpdesk, clock: ManualClock, tmp_path: Path
) -> None:
    wander(desk, clock, seed)
    made = desk.export(tmp_path / "one")
    clock.tick(hours=9)
    assert other.import_export(tmp_path / "one") == made
    other.export(tmp_path / "two")
    assert content(tmp_path / "one") == content(tmp_path / "two")
    assert [each for each in other.check(deep=True).findings if not each.ok] == []
    assert made.rows("tickets") > 20 and made.rows("messages") > 20


def test_a_team_goes_beside_other_teams(
    lived: Helpdesk, other: Helpdesk, clock: ManualClock, tmp_path: Path
) -> None:
    other.teams.create("Initech")
    wander(other, clock, 9, steps=20)
    lived.export(tmp_path / "one", team="globex")
    other.import_export(tmp_path / "one")
    other.export(tmp_path / "two", team="globex")
    assert content(tmp_path / "one") == content(tmp_path / "two")
    assert [team.slug for team in other.teams.list()] == ["initech", "globex"]
    assert other.check(deep=True).ok


def test_an_imported_desk_answers_as_the_one_it_came_from(
    lived: Helpdesk, other: Helpdesk, out: Path
) -> None:
    other.import_export(out)
    one, two = lived.workspace("acme"), other.workspace("acme")
    for query in ({}, {"tags": "vip"}, {"search": "refund"}, {"custom_fields": {"boolean": True}}):
        for sort in ("-created_at", "number", "-priority", "updated_at"):
            asked = {**query, "sort": sort, "page_size": 100}
            assert two.tickets.list(**asked).items == one.tickets.list(**asked).items
    assert two.customers.list().items == one.customers.list().items
    assert two.custom_fields.list() == one.custom_fields.list()
    assert two.events.list(page_size=100) == one.events.list(page_size=100)


def test_an_imported_desk_goes_on_where_the_other_was(
    lived: Helpdesk, other: Helpdesk, out: Path
) -> None:
    other.import_export(out)
    one, two = lived.workspace("acme"), other.workspace("acme")
    assert two.tickets.create(title="x").number == one.tickets.create(title="x").number
    last = one.events.list().total
    assert two.events.list().total == last
    assert two.events.list(page=last, page_size=1).items[0].id == (
        one.events.list(page=last, page_size=1).items[0].id
    )


def test_nobody_is_told_of_imported_events(other: Helpdesk, out: Path) -> None:
    other.import_export(out)
    with other._store.snapshot() as snap:
        told = snap.sql(
            "SELECT count(*) FROM events AS e WHERE NOT EXISTS (SELECT 1 FROM quiet_events AS q "
            "WHERE q.workspace_id = e.workspace_id AND e.number BETWEEN q.first AND q.last)"
        )
    assert told == [(0,)]


def test_tickets_loaded_out_of_order_are_still_listed_in_order(
    desk: Helpdesk, other: Helpdesk, clock: ManualClock, tmp_path: Path
) -> None:
    acme = desk.workspace("acme")
    acme.tickets.create(title="Now")
    then = clock() - timedelta(days=9)
    list(acme.tickets.import_many([{"title": "Long ago", "created_at": then}]))
    desk.export(tmp_path / "one")
    other.import_export(tmp_path / "one")
    found = other.workspace("acme").tickets.list().items
    assert [each.title for each in found] == ["Now", "Long ago"]


# --- clashes


def test_a_team_that_is_there_already_is_named(lived: Helpdesk, out: Path) -> None:
    acme = lived.teams.get("acme")
    with pytest.raises(Conflict, match=rf"has the team acme \({acme.id}\) already"):
        lived.import_export(out)


def test_a_slug_that_is_taken_is_named_and_nothing_is_imported(other: Helpdesk, out: Path) -> None:
    other.teams.create("Globex")
    with pytest.raises(Conflict, match="has the team globex"):
        other.import_export(out)
    assert [team.slug for team in other.teams.list()] == ["globex"]
    assert other.check(deep=True).ok


# --- damage


def rewrite(out: Path, name: str, change: Callable[[list[bytes]], object]) -> None:
    """Change the lines of a file, and the manifest so that it does not tell."""
    lines = (out / name).read_bytes().splitlines(keepends=True)
    change(lines)
    data = b"".join(lines)
    (out / name).write_bytes(data)
    manifest = json.loads((out / "manifest.json").read_bytes())
    facts = {"rows": len(lines), "size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    manifest["files"][name] = facts
    (out / "manifest.json").write_text(json.dumps(manifest))


def changed(out: Path, name: str, member: str, value: Any) -> None:
    """Give a member of the first row of a file another value."""

    def change(lines: list[bytes]) -> None:
        record = json.loads(lines[0])
        assert member in record
        lines[0] = json.dumps({**record, member: value}).encode() + b"\n"

    rewrite(out, name, change)


def refuses(desk: Helpdesk, out: Path, what: str) -> None:
    with pytest.raises(Refused) as caught:
        desk.import_export(out)
    assert what in str(caught.value)
    assert desk.teams.list() == ()
    with desk._store.snapshot() as snap:
        for row in (TicketRow, MessageRow, EventRow, TagRow, WorkspaceRow):
            assert snap.all(row.select()) == []


def test_an_import_from_elsewhere_can_be_repeated_in_the_new_desk(
    other: Helpdesk, out: Path, made: Path
) -> None:
    other.import_export(out)
    report = other.workspace("globex").import_file(made / "tickets.ndjson")
    assert (report.created, report.skipped) == (0, 1)


NOBODY = "0" * 32
TAMPERED = [
    ("teams.ndjson", "slug", "No Slug", "slug must be at most 63 lower-case letters"),
    ("teams.ndjson", "id", f"tkt_{NOBODY}", "id must be an id that begins with team_"),
    ("workspaces.ndjson", "teamId", f"team_{NOBODY}", "teamId must be a team of the export"),
    ("workspaces.ndjson", "teamId", [], "teamId must be a team of the export"),
    ("workspaces.ndjson", "environment", "test", "environment must stand once"),
    ("workspaces.ndjson", "lastTicketNumber", 1, "tickets.ndjson line 2: number must be"),
    ("workspaces.ndjson", "lastTicketNumber", 2**60, "lastTicketNumber must be an integer"),
    ("workspaces.ndjson", "eventIdPrefix", "00" * 8, "eventIdPrefix must be 16 hex digits"),
    ("members.ndjson", "role", "king", "role must be one of: owner, agent, viewer"),
    ("members.ndjson", "email", "nobody", "email must be an email address"),
    ("members.ndjson", "version", 0, "version must be an integer"),
    ("custom_fields.ndjson", "key", "Key", "key must match"),
    ("custom_fields.ndjson", "type", "select", "options belong to select"),
    ("custom_fields.ndjson", "key", "number", "this one or one before it is there"),
    ("custom_fields.ndjson", "archivedAt", "soon", "archivedAt must be an instant"),
    ("customers.ndjson", "name", " ", "name is required"),
    ("customers.ndjson", "tags", ["b", "B"], "tags must be trimmed, not empty and distinct"),
    ("customers.ndjson", "tags", "vip", "tags must be an array of strings"),
    ("customers.ndjson", "metadata", {"a": None}, "metadata must not have null as a value"),
    ("customers.ndjson", "metadata", {"a": 2**70}, "metadata.a must be an integer"),
    ("customers.ndjson", "customFields", {"boss": 1}, "customFields.boss must be a custom field"),
    ("customers.ndjson", "customFields", {"number": "5"}, "customFields.number must be a finite"),
    ("customers.ndjson", "customFields", {"date": "2025-02-30"}, "customFields.date must be a"),
    ("customers.ndjson", "customFields", {"multiselect": [""]}, "customFields.multiselect must"),
    ("customers.ndjson", "createdAt", "2025-13-01T00:00:00Z", "createdAt must be a real instant"),
    ("tickets.ndjson", "status", "opne", "status must be one of: new, open"),
    ("tickets.ndjson", "number", 0, "number must be an integer from 1"),
    ("tickets.ndjson", "number", True, "number must be an integer from 1"),
    ("tickets.ndjson", "customerId", f"cus_{NOBODY}", "customerId must be a customer of the"),
    ("tickets.ndjson", "assignedTo", f"mem_{NOBODY}", "assignedTo must be a member of the team"),
    ("tickets.ndjson", "messageCount", 99, "miscounts its messages"),
    ("tickets.ndjson", "title", "x" * 501, "title must be at most 500 characters"),
    ("tickets.ndjson", "title", "a\0b", "title must be Unicode text without U+0000"),
    ("tickets.ndjson", "title", "\ud800", "title must be Unicode text"),
    ("tickets.ndjson", "notes", 7, "notes must be a string"),
    ("messages.ndjson", "ticketId", f"tkt_{NOBODY}", "ticketId must be a ticket of the export"),
    ("messages.ndjson", "sender", "robot", "sender must be one of"),
    ("messages.ndjson", "isInternal", 1, "isInternal must be true or false"),
    ("messages.ndjson", "content", "x" * 100_001, "content must be at most 100,000 characters"),
    ("messages.ndjson", "homeTicketId", f"tkt_{NOBODY}", "homeTicketId must be another ticket"),
    ("merges.ndjson", "intoTicketId", f"tkt_{NOBODY}", "intoTicketId must be another ticket"),
    ("external_ids.ndjson", "customerId", f"cus_{NOBODY}", "customerId must be of the workspace"),
    ("external_ids.ndjson", "kind", "tickets", "ticketId must be given for its kind"),
    ("external_ids.ndjson", "externalId", "", "externalId is required"),
    ("events.ndjson", "id", f"evt_{NOBODY}", "id must be evt_"),
    ("events.ndjson", "type", "ticket.eaten", "type must be one of"),
    ("events.ndjson", "objectId", f"tkt_{NOBODY}", "objectId must be an id that begins with team_"),
    ("events.ndjson", "actorId", f"mem_{NOBODY}", "actorId must be null for the system"),
    ("events.ndjson", "actorType", "ghost", "actorType must be one of"),
    ("events.ndjson", "data", [], "data must be an object"),
    ("events.ndjson", "data", {"a": "\ud800"}, "data must be JSON of numbers and Unicode text"),
    ("events.ndjson", "ticketNumber", -1, "ticketNumber must be an integer"),
]


@pytest.mark.parametrize(("name", "member", "value", "what"), TAMPERED)
def test_a_row_that_breaks_a_rule_is_refused_with_its_place(
    name: str, member: str, value: Any, what: str, other: Helpdesk, out: Path
) -> None:
    changed(out, name, member, value)
    refuses(other, out, what)


def test_merges_that_lead_in_a_circle_are_refused(other: Helpdesk, out: Path) -> None:
    def change(lines: list[bytes]) -> None:
        record = json.loads(lines[0])
        back = {"ticketId": record["intoTicketId"], "intoTicketId": record["ticketId"]}
        lines[1:] = [json.dumps({**record, **back}).encode() + b"\n"]

    rewrite(out, "merges.ndjson", change)
    refuses(other, out, "merges.ndjson line 2: intoTicketId must not lead back to the ticket")


@pytest.mark.parametrize(
    ("name", "member", "number"),
    [
        ("messages.ndjson", "homeTicketId", 3),
        ("merges.ndjson", "intoTicketId", 3),
        ("merges.ndjson", "ticketId", 3),
        ("tickets.ndjson", "status", None),
    ],
)
def test_a_merge_that_could_not_be_undone_is_refused(
    name: str, member: str, number: int | None, desk: Helpdesk, other: Helpdesk, tmp_path: Path
) -> None:
    acme = desk.workspace("acme")
    made = [acme.tickets.create(title="x", initial_message="y", status="open") for _ in range(3)]
    acme.tickets.merge(made[0].id, into=made[1].id)
    desk.export(tmp_path / "out")
    changed(tmp_path / "out", name, member, made[number - 1].id if number else "open")
    refuses(other, tmp_path / "out", "is not as a merge leaves a ticket and its messages")


def test_a_merge_can_be_undone_after_an_import(
    desk: Helpdesk, other: Helpdesk, tmp_path: Path
) -> None:
    acme = desk.workspace("acme")
    one = acme.tickets.create(title="One", initial_message="first", status="open")
    two = acme.tickets.create(title="Two", initial_message="second")
    acme.tickets.merge(one.id, into=two.id)
    desk.export(tmp_path / "one")
    other.import_export(tmp_path / "one")
    room = other.workspace("acme")
    assert room.tickets.get(one.id).merged_into == two.id
    back = room.tickets.unmerge(one.id)
    assert back.status == "open"
    assert [each.content for each in room.messages.list(one.id)] == ["first"]
    assert other.check(deep=True).ok


def test_an_event_that_quotes_another_ticket_than_its_own_is_refused(
    other: Helpdesk, out: Path
) -> None:
    def change(lines: list[bytes]) -> None:
        for place, line in enumerate(lines):
            record = json.loads(line)
            if record["type"] == "message.created" and record["data"]:
                record["data"]["ticketId"] = f"tkt_{NOBODY}"
                lines[place] = json.dumps(record).encode() + b"\n"
                return

    rewrite(out, "events.ndjson", change)
    refuses(other, out, "data.ticketId must be that of the event's ticket")


LINES: list[tuple[str, Callable[[list[bytes]], object], str]] = [
    ("a row twice", lambda lines: lines.insert(1, lines[0]), "tickets.ndjson line 2"),
    ("a row less", lambda lines: lines.pop(), "line"),
    ("another order", lambda lines: lines.reverse(), "number must be"),
    ("no JSON", lambda lines: lines.insert(0, b"{]\n"), "line 1: is not JSON in UTF-8"),
    ("no UTF-8", lambda lines: lines.insert(0, b'"\xff"\n'), "line 1: is not JSON in UTF-8"),
    ("NaN", lambda lines: lines.insert(0, b'{"a":NaN}\n'), "line 1: is not JSON in UTF-8"),
    ("deep", lambda lines: lines.insert(0, b"[" * 200_000 + b"\n"), "is not JSON in UTF-8"),
    ("no object", lambda lines: lines.insert(0, b"[]\n"), "line 1: must be an object with"),
    ("a member less", lambda lines: lines.insert(0, b"{}\n"), "line 1: must be an object with"),
    ("cut off", lambda lines: lines.append(b"{"), "is cut off"),
]


@pytest.mark.parametrize("change", LINES, ids=[each[0] for each in LINES])
def test_lines_that_are_no_rows_are_refused(
    change: tuple[str, Callable[[list[bytes]], object], str], other: Helpdesk, out: Path
) -> None:
    _, damage, what = change
    rewrite(out, "tickets.ndjson", damage)
    refuses(other, out, what)


def test_a_flipped_byte_anywhere_is_refused(other: Helpdesk, out: Path) -> None:
    for file in sorted(out.glob("*.ndjson")):
        data = bytearray(file.read_bytes())
        if data:
            data[len(data) // 2] ^= 1
            file.write_bytes(data)
            refuses(other, out, f"{file.name} is not what manifest.json says")
            data[len(data) // 2] ^= 1
            file.write_bytes(data)
    other.import_export(out)


@pytest.mark.parametrize("name", ["manifest.json", "teams.ndjson", "events.ndjson"])
def test_a_missing_file_is_named(name: str, other: Helpdesk, out: Path) -> None:
    (out / name).unlink()
    refuses(other, out, f"it has no {name}")


def test_a_link_in_place_of_a_file_is_refused(other: Helpdesk, out: Path, tmp_path: Path) -> None:
    (out / "teams.ndjson").rename(tmp_path / "elsewhere")
    (out / "teams.ndjson").symlink_to(tmp_path / "elsewhere")
    refuses(other, out, "it has no teams.ndjson")


MANIFESTS: list[tuple[dict[str, Any], str]] = [
    ({"format": 2}, "was made by a newer version of cStar"),
    ({"application": "other"}, "its manifest.json cannot be read"),
    ({"kind": "backup"}, "its manifest.json cannot be read"),
    ({"files": {}}, "is not a whole export"),
    ({"files": []}, "its manifest.json cannot be read"),
    ({"scope": "customer"}, "holds what one customer is given"),
    ({"fileFormat": "csv"}, "is made for spreadsheets"),
]


@pytest.mark.parametrize(("members", "what"), MANIFESTS)
def test_a_manifest_of_something_else_is_refused(
    members: dict[str, Any], what: str, other: Helpdesk, out: Path
) -> None:
    manifest = json.loads((out / "manifest.json").read_bytes())
    (out / "manifest.json").write_text(json.dumps(manifest | members))
    refuses(other, out, what)


def test_a_backup_is_no_export(lived: Helpdesk, other: Helpdesk, tmp_path: Path) -> None:
    lived.backup(tmp_path / "backup")
    refuses(other, tmp_path / "backup", "its manifest.json cannot be read")


# --- all or nothing


def test_a_full_disk_leaves_the_desk_as_it_was(other: Helpdesk, out: Path) -> None:
    other.probe()
    with file_size_limit(200_000), pytest.raises(StorageFull):
        other.import_export(out)
    assert other.teams.list() == ()
    other.import_export(out)
    assert other.check(deep=True).ok


def test_an_import_that_is_killed_leaves_nothing_half(
    lived: Helpdesk, out: Path, tmp_path: Path
) -> None:
    path = tmp_path / "killed.db"
    code = (
        "import os, signal, sys\n"
        "from cstar_core import Helpdesk\n"
        "from cstar_core.exports import loading\n"
        "loading._derive = lambda tx, space: os.kill(os.getpid(), signal.SIGKILL)\n"
        "Helpdesk.open(sys.argv[1]).import_export(sys.argv[2])\n"
    )
    command = [sys.executable, "-c", code, str(path), str(out)]
    killed = subprocess.run(command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)})
    assert killed.returncode == -signal.SIGKILL
    with Helpdesk.open(path) as desk:
        assert desk.teams.list() == ()
        assert desk.import_export(out).rows("teams") == 2
        assert desk.check(deep=True).ok


def test_an_import_of_thousands_of_rows_is_written_in_pieces_of_one_transaction(
    desk: Helpdesk, other: Helpdesk, tmp_path: Path
) -> None:
    loaded = ({"title": f"{n}", "messages": [{"content": "x"}]} for n in range(2_100))
    list(desk.workspace("acme").tickets.import_many(loaded))
    desk.export(tmp_path / "one")
    other.import_export(tmp_path / "one")
    other.export(tmp_path / "two")
    assert content(tmp_path / "one") == content(tmp_path / "two")
    assert len(rows(tmp_path / "two", "events")) == 4_205
