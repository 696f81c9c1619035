"""How large a desk is."""

from pathlib import Path

import pytest

from cstar_core import Helpdesk, MailBacklog, Workspace
from tests.core.tracing import statements


def test_an_empty_desk_has_its_teams(desk: Helpdesk) -> None:
    found = desk.figures()
    assert (found.teams, found.tickets, found.index_queue) == (2, {}, 0)
    assert found.customers == {"live": 0, "test": 0}


def test_tickets_are_counted_by_environment_and_status(
    desk: Helpdesk, acme: Workspace, globex: Workspace, sandbox: Workspace
) -> None:
    member = acme.members.create(name="Ada", email="ada@example.com")
    for workspace in (acme, acme, globex, sandbox):
        workspace.tickets.create(title="Refund")
    acme.tickets.create(title="Refund", status="closed", assigned_to=member.id)
    assert desk.figures().tickets == {
        ("live", "new"): 3,
        ("live", "closed"): 1,
        ("test", "new"): 1,
    }


def test_what_is_deleted_is_no_longer_counted(desk: Helpdesk, acme: Workspace) -> None:
    ticket = acme.tickets.create(title="Refund", customer_name="Jane")
    acme.tickets.delete(ticket.id)
    found = desk.figures()
    assert sum(found.tickets.values()) == 0
    assert found.customers["live"] == 1


def test_events_are_counted_even_when_what_they_tell_of_is_gone(
    desk: Helpdesk, acme: Workspace, globex: Workspace
) -> None:
    before = desk.figures().events
    globex.tickets.delete(globex.tickets.create(title="Refund").id)
    acme.tickets.create(title="Refund")
    totals = [desk.workspace(team).events.list().total for team in ("acme", "globex")]
    assert desk.figures().events["live"] == sum(totals) == before["live"] + 3


def test_what_waits_to_be_indexed_is_counted(desk: Helpdesk, acme: Workspace) -> None:
    acme.tickets.create(title="Refund", customer_name="Jane")
    assert desk.figures().index_queue == 2
    acme.tickets.list(search="refund")
    assert desk.figures().index_queue == 0


def test_sizes_are_those_of_the_files(desk: Helpdesk, acme: Workspace, path: Path) -> None:
    acme.tickets.create(title="Refund")
    found = desk.figures()
    assert (found.files, found.file_bytes) == (0, 0)
    assert found.database_bytes == path.stat().st_size
    assert found.wal_bytes == Path(f"{path}-wal").stat().st_size > 0
    assert found.disk_free_bytes > 0


def test_a_database_without_a_log_has_one_of_no_size(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(path.parent)
    with Helpdesk.open(path.name) as desk:
        assert desk.figures().wal_bytes == 0


def test_the_number_of_queries_does_not_depend_on_what_there_is(
    filled_desk: Helpdesk, desk: Helpdesk
) -> None:
    numbers = []
    for each in (desk, filled_desk):
        with statements(each) as run:
            each.figures()
        numbers.append(len(run))
    assert numbers[0] == numbers[1]


def test_mail_that_waits_and_failures_are_counted(
    desk: Helpdesk, acme: Workspace, sandbox: Workspace
) -> None:
    assert desk.figures().mail == MailBacklog(0, None, 0)
    acme.mail.receive(b"")
    sandbox.mail.take(b"")
    found = desk.figures().mail
    assert (found.waiting, found.failed) == (1, 1)
    assert found.oldest_at is not None
