"""The front door."""

import sqlite3
from pathlib import Path

import pytest

from cstar_core import SYSTEM, Helpdesk, Refused, Workspace
from tests.core.vocabulary import START, ManualClock


def test_a_desk_knows_its_file(desk: Helpdesk, path: Path) -> None:
    assert desk.path == str(path)


def test_a_desk_opens_a_path_or_its_text(tmp_path: Path) -> None:
    for path in (tmp_path / "a.db", str(tmp_path / "b.db")):
        with Helpdesk.open(path) as desk:
            assert desk.path == str(path)


def test_a_file_may_have_an_odd_name(tmp_path: Path) -> None:
    with Helpdesk.open(tmp_path / "Mein Büro ?#%20.db") as desk:
        desk.teams.create("Acme")
    assert (tmp_path / "Mein Büro ?#%20.db").is_file()


def test_a_desk_behind_a_link_keeps_its_reserve_and_log_with_the_file(
    path: Path, tmp_path: Path
) -> None:
    (tmp_path / "elsewhere").mkdir()
    link = tmp_path / "elsewhere" / "link.db"
    link.symlink_to(path)
    with Helpdesk.open(link, reserve=100_000) as desk:
        assert desk.path == str(path)
    assert [each.name for each in link.parent.iterdir()] == ["link.db"]
    assert path.with_name("desk.db-reserve").exists()


def test_a_link_to_a_file_whose_log_was_taken_away_is_refused(path: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    link = tmp_path / "elsewhere" / "link.db"
    link.symlink_to(path)
    path.unlink()
    path.with_name("desk.db-wal").write_text("all that is left")
    with pytest.raises(Refused, match="is missing or empty, but"):
        Helpdesk.open(link)


def test_a_desk_knows_its_engine(desk: Helpdesk) -> None:
    assert desk.sqlite_version == sqlite3.sqlite_version


def test_the_clock_is_the_one_given(desk: Helpdesk, clock: ManualClock, acme: Workspace) -> None:
    clock.tick(days=1)
    assert acme.tickets.create(title="x").created_at == clock.now


def test_without_a_clock_it_is_now(tmp_path: Path) -> None:
    with Helpdesk.open(tmp_path / "desk.db") as desk:
        assert desk.teams.create("Acme").created_at > START


def test_what_was_written_is_there_when_opened_again(path: Path) -> None:
    with Helpdesk.open(path) as desk:
        ticket = desk.workspace("acme").tickets.create(title="x", tags="a")
    with Helpdesk.open(path) as desk:
        assert desk.workspace("acme").tickets.get(ticket.id) == ticket


def test_a_workspace_is_live_and_the_systems_unless_said_otherwise(acme: Workspace) -> None:
    assert (acme.team.slug, acme.environment, acme.actor, acme.internal) == (
        "acme",
        "live",
        SYSTEM,
        True,
    )


def test_a_probe_writes(desk: Helpdesk, clock: ManualClock) -> None:
    clock.tick(hours=1)
    desk.probe()
    desk.probe()
    with desk._store.snapshot() as snap:
        assert snap.sql("SELECT id, written_at FROM probes") == [(1, int(clock.now.timestamp()))]


def test_leaving_a_desk_by_an_error_closes_it(path: Path) -> None:
    with pytest.raises(ZeroDivisionError), Helpdesk.open(path) as desk:
        raise ZeroDivisionError
    with pytest.raises(RuntimeError, match="closed"):
        desk.teams.list()


def test_two_workspaces_share_one_unit_of_work(
    desk: Helpdesk, acme: Workspace, globex: Workspace
) -> None:
    with pytest.raises(ZeroDivisionError), desk.transaction():
        acme.tickets.create(title="x")
        globex.tickets.create(title="x")
        raise ZeroDivisionError
    assert acme.tickets.list().total == globex.tickets.list().total == 0
