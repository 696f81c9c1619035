"""What comes back from an export is what went in, or the desk stays as it was."""

import os
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from cstar_core import Conflict, Helpdesk, StorageFull
from tests.core.exported import content, rows
from tests.core.limits import file_size_limit
from tests.core.vocabulary import ManualClock
from tests.core.wandering import wander

ROOT = Path(__file__).parents[2]


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


def test_files_come_back_and_those_that_were_lost_are_told(
    lived: Helpdesk, other: Helpdesk, tmp_path: Path
) -> None:
    (lost,) = (each for each in Path(f"{lived.path}-files").glob("*/*") if each.stat().st_size == 3)
    lost.write_bytes(b"xyz")
    made = lived.export(tmp_path / "one")
    assert made.lost == (lost.name,)
    other.import_export(tmp_path / "one")
    assert [each.name for each in other.check(deep=True).findings if not each.ok] == ["files"]
    room = other.workspace("acme")
    (ticket,) = room.tickets.list(search="defg true").items
    whole = [each for each in room.attachments.list(ticket.id) if each.name.startswith("defg")]
    for each in whole:
        with room.attachments.open(ticket.id, each.id)[1] as file:
            assert file.read() == b"defg"
    assert len(whole) == 2


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
    assert two.canned_replies.list() == one.canned_replies.list()
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


def test_an_import_from_elsewhere_can_be_repeated_in_the_new_desk(
    other: Helpdesk, out: Path, made: Path
) -> None:
    other.import_export(out)
    report = other.workspace("globex").import_file(made / "tickets.ndjson")
    assert (report.created, report.skipped) == (0, 1)


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
