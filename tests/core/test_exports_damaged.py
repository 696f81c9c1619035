"""Exports that are damaged or tampered with are refused with the place, and leave nothing."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cstar_core import Helpdesk, Refused, Workspace
from cstar_core.store import SqlRow
from cstar_core.tables import (
    CustomerRow,
    EventRow,
    MessageRow,
    TagRow,
    TeamRow,
    TicketRow,
    WorkspaceRow,
)


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


def refused(desk: Helpdesk, out: Path) -> str:
    """Why an export is not taken in."""
    with pytest.raises(Refused) as caught:
        desk.import_export(out)
    return str(caught.value)


def left(desk: Helpdesk) -> list[SqlRow]:
    """The rows of a desk that nothing was to be taken into."""
    tables = (TeamRow, WorkspaceRow, CustomerRow, TicketRow, MessageRow, EventRow, TagRow)
    with desk._store.snapshot() as snap:
        return [row for table in tables for row in snap.all(table.select())]


NOBODY = "0" * 32
TAMPERED = [
    ("teams.ndjson", "slug", "No Slug", "slug must be at most 63 lower-case letters"),
    ("teams.ndjson", "id", f"tkt_{NOBODY}", "id must be an id that begins with team_"),
    ("workspaces.ndjson", "teamId", f"team_{NOBODY}", "teamId must be a team of the export"),
    ("workspaces.ndjson", "teamId", [], "teamId must be a team of the export"),
    ("workspaces.ndjson", "environment", "test", "environment must stand once"),
    ("workspaces.ndjson", "lastTicketNumber", 1, ": number must be from"),
    ("workspaces.ndjson", "lastTicketNumber", 2**60, "lastTicketNumber must be an integer"),
    ("workspaces.ndjson", "eventIdPrefix", "00" * 8, "eventIdPrefix must be 16 hex digits"),
    ("members.ndjson", "role", "king", "role must be one of: owner, agent, viewer"),
    ("members.ndjson", "email", "nobody", "email must be an email address"),
    ("members.ndjson", "version", 0, "version must be an integer"),
    ("custom_fields.ndjson", "key", "Key", "key must match"),
    ("custom_fields.ndjson", "type", "select", "options belong to select"),
    ("custom_fields.ndjson", "public", 1, "public must be true or false"),
    ("custom_fields.ndjson", "key", "number", "this one or one before it is there"),
    ("custom_fields.ndjson", "archivedAt", "soon", "archivedAt must be an instant"),
    ("canned_replies.ndjson", "shortcut", "/hi", "shortcut must match"),
    ("canned_replies.ndjson", "name", "LATER", "this one or one before it is there"),
    ("canned_replies.ndjson", "teamId", f"team_{NOBODY}", "teamId must be, with environment, a"),
    ("canned_replies.ndjson", "content", "", "content is required"),
    ("canned_replies.ndjson", "position", -1, "position must be an integer"),
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
    ("messages.ndjson", "homeCustomerId", f"tkt_{NOBODY}", "homeCustomerId must be an id that"),
    ("attachments.ndjson", "messageId", f"msg_{NOBODY}", "messageId must be a message in the"),
    ("attachments.ndjson", "ticketId", f"tkt_{NOBODY}", "messageId must be a message in the"),
    ("attachments.ndjson", "environment", "test", "messageId must be a message in the thread"),
    ("attachments.ndjson", "teamId", f"team_{NOBODY}", "teamId must be, with environment, a"),
    ("attachments.ndjson", "name", "a/b", "name must be the name of a file"),
    ("attachments.ndjson", "name", "", "name must be the name of a file"),
    ("attachments.ndjson", "mediaType", "png", "mediaType must be a type such as image/png"),
    ("attachments.ndjson", "sha256", "0" * 63, "sha256 must be 64 hex digits"),
    ("attachments.ndjson", "sha256", "0" * 64, "sha256 must be of a file of the export"),
    ("attachments.ndjson", "size", 4, "sha256 must be of a file of the export, of this size"),
    ("merges.ndjson", "intoTicketId", f"tkt_{NOBODY}", "intoTicketId must be another ticket"),
    ("external_ids.ndjson", "customerId", f"cus_{NOBODY}", "customerId must be of the workspace"),
    ("external_ids.ndjson", "kind", "tickets", "ticketId must be given for its kind"),
    ("views.ndjson", "memberId", f"mem_{NOBODY}", "memberId must be a member of the team"),
    ("views.ndjson", "environment", "tset", "teamId must be, with environment, a workspace"),
    ("views.ndjson", "name", "", "name is required"),
    ("views.ndjson", "isShared", False, "memberId must be a member of the team"),
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
    assert what in refused(other, out)
    assert left(other) == []


@pytest.mark.parametrize("damage", ["changed", "missing", "a link"])
def test_an_export_whose_files_are_not_what_they_were_is_refused(
    other: Helpdesk, out: Path, damage: str
) -> None:
    file, *_ = (out / "files").glob("*/*")
    name = file.relative_to(out).as_posix()
    file.rename(out / "aside")
    if damage == "changed":
        file.write_bytes(b"xyz")
    elif damage == "a link":
        file.symlink_to(out / "aside")
    why = {
        "changed": f"{name} is another file",
        "missing": "sha256 must be of a file of the export",
        "a link": f"{name} is not a file",
    }
    assert why[damage] in refused(other, out)
    assert left(other) == []


def test_a_message_of_another_teams_customer_is_refused(
    desk: Helpdesk, acme: Workspace, globex: Workspace, other: Helpdesk, tmp_path: Path
) -> None:
    acme.tickets.create(title="x", initial_message="y")
    foreign = globex.customers.create(name="Bo")
    desk.export(tmp_path / "out")
    changed(tmp_path / "out", "messages.ndjson", "homeCustomerId", foreign.id)
    why = refused(other, tmp_path / "out")
    assert "homeCustomerId must be, or have been, a customer of the workspace" in why
    assert left(other) == []


def test_a_public_field_of_customers_is_refused(
    desk: Helpdesk, acme: Workspace, other: Helpdesk, tmp_path: Path
) -> None:
    acme.custom_fields.create(name="Plan", key="plan", type="text", entity_type="customers")
    desk.export(tmp_path / "out")
    changed(tmp_path / "out", "custom_fields.ndjson", "public", True)
    assert "line 1: public is only for fields of tickets" in refused(other, tmp_path / "out")
    assert left(other) == []


def test_merges_that_lead_in_a_circle_are_refused(other: Helpdesk, out: Path) -> None:
    def change(lines: list[bytes]) -> None:
        record = json.loads(lines[0])
        back = {"ticketId": record["intoTicketId"], "intoTicketId": record["ticketId"]}
        lines[1:] = [json.dumps({**record, **back}).encode() + b"\n"]

    rewrite(out, "merges.ndjson", change)
    where = "merges.ndjson line 2"
    assert f"{where}: intoTicketId must not lead back to the ticket" in refused(other, out)
    assert left(other) == []


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
    assert "is not as a merge leaves a ticket and its messages" in refused(other, tmp_path / "out")
    assert left(other) == []


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
    assert "data.ticketId must be that of the event's ticket" in refused(other, out)
    assert left(other) == []


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
    assert what in refused(other, out)
    assert left(other) == []


def test_a_flipped_byte_anywhere_is_refused(other: Helpdesk, out: Path) -> None:
    for file in sorted(out.glob("*.ndjson")):
        data = bytearray(file.read_bytes())
        if data:
            data[len(data) // 2] ^= 1
            file.write_bytes(data)
            assert f"{file.name} is not what manifest.json says" in refused(other, out)
            assert left(other) == []
            data[len(data) // 2] ^= 1
            file.write_bytes(data)
    other.import_export(out)


@pytest.mark.parametrize("name", ["manifest.json", "teams.ndjson", "events.ndjson"])
def test_a_missing_file_is_named(name: str, other: Helpdesk, out: Path) -> None:
    (out / name).unlink()
    assert f"it has no {name}" in refused(other, out)
    assert left(other) == []


def test_a_link_in_place_of_a_file_is_refused(other: Helpdesk, out: Path, tmp_path: Path) -> None:
    (out / "teams.ndjson").rename(tmp_path / "elsewhere")
    (out / "teams.ndjson").symlink_to(tmp_path / "elsewhere")
    assert "it has no teams.ndjson" in refused(other, out)
    assert left(other) == []


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
    assert what in refused(other, out)
    assert left(other) == []


def test_a_backup_is_no_export(lived: Helpdesk, other: Helpdesk, tmp_path: Path) -> None:
    lived.backup(tmp_path / "backup")
    assert "its manifest.json cannot be read" in refused(other, tmp_path / "backup")
    assert left(other) == []
