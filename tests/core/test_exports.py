"""Exports: everything is in them, as of one moment, whole or not there."""

import csv
import json
import stat
import threading
from pathlib import Path
from typing import Any

import pytest

from cstar_core import Conflict, Helpdesk, NotFound, StorageFull, Workspace
from cstar_core.exports import kinds, log
from cstar_core.exports.left_out import LEFT_OUT
from cstar_core.exports.reading import read_all, read_places
from cstar_core.exports.spreadsheets import cell
from cstar_core.store import prepare
from tests.core.exported import content, rows
from tests.core.limits import file_size_limit
from tests.core.vocabulary import ManualClock, refusal
from tests.core.wandering import TEXTS, wander

# --- what is in it


def columns(desk: Helpdesk) -> dict[str, set[str]]:
    """The columns of each table of the schema; what the search index is made of is none."""
    with desk._store.snapshot() as snap:
        names = snap.sql("SELECT name FROM pragma_table_list WHERE type = 'table'")
        return {
            name: {row[0] for row in snap.sql("SELECT name FROM pragma_table_info(?)", (name,))}
            for (name,) in names
            if not name.startswith("sqlite_")
        }


EXPORTED = {kind.table._meta.table_name: kind for kind in kinds.KINDS}


def test_every_table_is_exported_or_left_out_for_a_reason(desk: Helpdesk) -> None:
    left_out = LEFT_OUT.keys()
    assert columns(desk).keys() == {*EXPORTED, log.EVENTS_NAME, *left_out}
    assert all(LEFT_OUT.values())
    assert left_out.isdisjoint(EXPORTED)


@pytest.mark.parametrize("name", EXPORTED)
def test_every_column_is_exported_or_left_out_for_a_reason(name: str, desk: Helpdesk) -> None:
    kind = EXPORTED[name]
    shown = {column for column, _ in kind.members.values() if "." not in column}
    assert shown | kind.left_out.keys() == columns(desk)[name]
    assert shown.isdisjoint(kind.left_out)
    assert all(kind.left_out.values())


def test_every_column_of_events_is_exported(desk: Helpdesk) -> None:
    assert columns(desk)["events"] == {"workspace_id", *log.COLUMNS}


def test_an_export_is_a_file_for_each_kind_and_a_manifest(desk: Helpdesk, tmp_path: Path) -> None:
    made = desk.export(tmp_path / "out")
    names = [f"{name}.ndjson" for name in (*EXPORTED, "events")]
    assert sorted(content(tmp_path / "out")) == sorted([*names, "manifest.json"])
    assert [each.name for each in made.files] == names


def test_a_ticket_is_exported_as_the_api_shows_it(
    desk: Helpdesk, acme: Workspace, tmp_path: Path
) -> None:
    ada = acme.members.create(name="Ada", email="ada@example.com")
    ticket = acme.tickets.create(
        title="Refund",
        customer_name="Jane",
        customer_email="jane@example.com",
        assigned_to=ada.id,
        tags="VIP, money",
        metadata={"z": 1, "a": [1.0]},
        initial_message="Please",
    )
    desk.export(tmp_path / "out")
    assert rows(tmp_path / "out", "tickets") == [
        {
            "teamId": acme.team.id,
            "environment": "live",
            "id": ticket.id,
            "number": 1,
            "title": "Refund",
            "status": "new",
            "priority": "normal",
            "customerId": ticket.customer_id,
            "customerDeleted": False,
            "assignedTo": ada.id,
            "tags": ["VIP", "money"],
            "notes": None,
            "customFields": {},
            "metadata": {"z": 1, "a": [1.0]},
            "messageCount": 1,
            "internalMessageCount": 0,
            "createdAt": "2025-12-10T14:30:00Z",
            "updatedAt": "2025-12-10T14:30:00Z",
            "resolvedAt": None,
            "closedAt": None,
            "version": 1,
        }
    ]
    (message,) = rows(tmp_path / "out", "messages")
    assert message["ticketId"] == ticket.id
    assert message["content"] == "Please"


def test_the_events_are_those_of_the_log(desk: Helpdesk, acme: Workspace, tmp_path: Path) -> None:
    ticket = acme.tickets.create(title="Refund", initial_message="Please")
    acme.tickets.update(ticket.id, status="open", notes="x")
    desk.export(tmp_path / "out", team="acme")
    live = [each for each in rows(tmp_path / "out", "events") if each["environment"] == "live"]
    assert [
        (each["id"], each["type"], each["objectId"], each["data"], each["changes"]) for each in live
    ] == [
        (each.id, each.type, each.object_id, each.data, each.changes)
        for each in acme.events.list().items
    ]


def test_a_team_alone_is_exported_with_nothing_of_another(
    desk: Helpdesk, acme: Workspace, sandbox: Workspace, globex: Workspace, tmp_path: Path
) -> None:
    for room in (acme, sandbox, globex):
        room.members.find("mem_" + "0" * 32)
        room.tickets.create(title="Help", customer_name="Jane", initial_message=room.team.name)
        room.custom_fields.create(name="Plan", key="plan", type="text", entity_type="tickets")
    globex.members.create(name="Gus", email="gus@example.com")
    made = desk.export(tmp_path / "out", team="acme")
    text = b"".join(content(tmp_path / "out").values()).decode()
    assert (made.scope, made.of) == ("team", acme.team.id)
    assert globex.team.id not in text
    assert "Globex" not in text and "gus@" not in text
    assert made.rows("tickets") == 2


def test_no_key_is_in_an_export(desk: Helpdesk, template: tuple[Path, str], tmp_path: Path) -> None:
    desk.export(tmp_path / "out")
    text = b"".join(content(tmp_path / "out").values()).decode()
    assert template[1] not in text
    assert "pk_live" not in text.replace('"prefix":"pk_live"', "")


def test_two_exports_of_the_same_data_are_the_same_bytes(
    filled_desk: Helpdesk, clock: ManualClock, tmp_path: Path
) -> None:
    filled_desk.export(tmp_path / "one")
    clock.tick(hours=1)
    filled_desk.export(tmp_path / "two")
    assert content(tmp_path / "one") == content(tmp_path / "two")


def test_the_manifest_says_how_many_rows_each_file_has(
    filled_desk: Helpdesk, tmp_path: Path
) -> None:
    made = filled_desk.export(tmp_path / "out")
    said = json.loads((tmp_path / "out" / "manifest.json").read_bytes())["files"]
    assert {name: facts["rows"] for name, facts in said.items()} == {
        each.name: len(rows(tmp_path / "out", each.name.removesuffix(".ndjson")))
        for each in made.files
    }
    assert made.rows("tickets") == 23


def test_an_export_is_of_one_moment(desk: Helpdesk, acme: Workspace, tmp_path: Path) -> None:
    acme.tickets.create(title="Before", initial_message="one")
    with desk._store.snapshot() as snap:
        found = {}
        for name, records in read_all(snap, read_places(snap, "acme")):
            writer = threading.Thread(
                target=lambda: acme.tickets.create(title="Later", initial_message="two")
            )
            writer.start()
            writer.join()
            found[name] = list(records)
    assert [each["title"] for each in found["tickets"]] == ["Before"]
    assert [each["content"] for each in found["messages"]] == ["one"]
    assert acme.tickets.list().total > 1


@pytest.mark.parametrize("query", [*(kind.rows for kind in kinds.KINDS), log.ROWS])
def test_rows_are_read_in_the_order_of_their_table_without_a_sort(
    desk: Helpdesk, query: Any
) -> None:
    with desk._store.snapshot() as snap:
        plan = [row[3] for row in snap.sql(f"EXPLAIN QUERY PLAN {prepare(query).sql}")]
    assert not [step for step in plan if "B-TREE" in step]


# --- whole or not there


def test_nothing_is_overwritten_by_an_export(desk: Helpdesk, tmp_path: Path) -> None:
    desk.export(tmp_path / "out")
    before = content(tmp_path / "out")
    with pytest.raises(Conflict, match="exists already; an export is made under a new name"):
        desk.export(tmp_path / "out")
    assert content(tmp_path / "out") == before


def test_an_export_is_for_its_owner_alone(desk: Helpdesk, tmp_path: Path) -> None:
    desk.export(tmp_path / "out")
    assert stat.S_IMODE((tmp_path / "out").stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in (tmp_path / "out").iterdir()} == {0o600}


def test_a_full_disk_leaves_no_export(filled_desk: Helpdesk, tmp_path: Path) -> None:
    folder = tmp_path / "into"
    folder.mkdir()
    with file_size_limit(8_000), pytest.raises(StorageFull, match="was not made"):
        filled_desk.export(folder / "out")
    assert list(folder.iterdir()) == []


def test_an_unknown_team_leaves_no_export(desk: Helpdesk, tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        desk.export(tmp_path / "out", team="nobody")
    assert not (tmp_path / "out").exists()


def test_an_unknown_format_is_refused(desk: Helpdesk, tmp_path: Path) -> None:
    assert refusal(desk.export, tmp_path / "out", file_format="xlsx") == [
        "file_format must be one of: ndjson, csv"
    ]


# --- spreadsheets

CELLS = [
    ("plain", "plain"),
    ("=1+1", "'=1+1"),
    ("+49 30", "'+49 30"),
    ("-1", "'-1"),
    ("@SUM(A1)", "'@SUM(A1)"),
    ("\t=1", "'\t=1"),
    ("\r\n =1", "'\r\n =1"),
    ("\uff1d1", "'\uff1d1"),
    ("'quoted", "''quoted"),
    ("a=1", "a=1"),
    ("", ""),
    (" ", " "),
    (None, ""),
    (True, "true"),
    (-5, -5),
    (["a", "b"], "a, b"),
    (["=a", "b"], "'=a, b"),
    (["a, b", "c"], '["a, b","c"]'),
    ([], ""),
    ({"a": [1]}, '{"a":[1]}'),
]


@pytest.mark.parametrize(("value", "shown"), CELLS)
def test_a_cell_is_text_that_no_program_calculates(value: Any, shown: Any) -> None:
    assert cell(value) == shown


def test_a_table_has_a_column_for_each_custom_field(filled_desk: Helpdesk, tmp_path: Path) -> None:
    filled_desk.export(tmp_path / "out", file_format="csv")
    with (tmp_path / "out" / "tickets.csv").open(encoding="utf-8-sig", newline="") as file:
        table = list(csv.DictReader(file))
    tickets = filled_desk.workspace("acme").tickets.list(sort="number", page_size=100).items
    assert [each["customFields.seats"] for each in table] == [
        str(each.custom_fields["seats"]) for each in tickets
    ]
    assert [each["title"] for each in table] == [each.title for each in tickets]
    assert "customFields" not in table[0]


def test_every_text_survives_a_table(desk: Helpdesk, acme: Workspace, tmp_path: Path) -> None:
    for text in TEXTS:
        acme.tickets.create(title=text)
    desk.export(tmp_path / "out", file_format="csv")
    with (tmp_path / "out" / "tickets.csv").open(encoding="utf-8-sig", newline="") as file:
        titles = [each["title"] for each in csv.DictReader(file)]
    assert [title.removeprefix("'") for title in titles] == list(TEXTS)
    assert titles[1] == "'=HYPERLINK(1)"


def test_the_tables_have_as_many_rows_as_the_lines(
    desk: Helpdesk, clock: ManualClock, tmp_path: Path
) -> None:
    wander(desk, clock, 5, steps=20)
    lines = desk.export(tmp_path / "lines")
    tables = desk.export(tmp_path / "tables", file_format="csv")
    assert [each.rows for each in tables.files] == [each.rows for each in lines.files]
