"""Events that are in the log and that nobody is told of."""

import pytest

from cstar_core import Helpdesk, Invalid, Workspace
from cstar_core.events import quietly

TICKETS = [{"title": "One", "initial_message": "x"}, {"title": "Two"}, {"title": "Three"}]


def runs(desk: Helpdesk) -> list[tuple[int, ...]]:
    with desk._store.snapshot() as snap:
        return snap.sql("SELECT workspace_id, first, last FROM quiet_events ORDER BY 1, 2")


def test_what_is_imported_is_quiet(desk: Helpdesk, acme: Workspace) -> None:
    list(acme.tickets.import_many(TICKETS))
    before = 2  # the team and its key
    assert acme.events.list().total == before + 4
    assert [run[1:] for run in runs(desk)] == [(before + 1, before + 4)]


def test_batches_that_follow_each_other_are_one_run(desk: Helpdesk, acme: Workspace) -> None:
    list(acme.tickets.import_many(TICKETS, batch_size=1))
    list(acme.customers.import_many([{"name": "Jane"}, {"name": "Sam"}], batch_size=1))
    assert [run[1:] for run in runs(desk)] == [(3, 8)]


def test_what_happens_between_two_imports_is_not_quiet(desk: Helpdesk, acme: Workspace) -> None:
    list(acme.tickets.import_many(TICKETS))
    acme.tickets.create(title="Now")
    list(acme.tickets.import_many(TICKETS))
    assert [run[1:] for run in runs(desk)] == [(3, 6), (8, 11)]


def test_an_import_may_notify(desk: Helpdesk, acme: Workspace) -> None:
    list(acme.tickets.import_many(TICKETS, notify=True))
    list(acme.customers.import_many([{"name": "Jane"}], notify=True))
    assert runs(desk) == []


def test_a_workspace_has_its_own_runs(desk: Helpdesk, acme: Workspace, sandbox: Workspace) -> None:
    list(acme.tickets.import_many(TICKETS))
    list(sandbox.tickets.import_many(TICKETS))
    assert len({run[0] for run in runs(desk)}) == 2


def test_an_import_that_fails_leaves_no_run(desk: Helpdesk, acme: Workspace) -> None:
    with pytest.raises(Invalid, match="title"):
        list(acme.tickets.import_many([{"title": ""}]))
    assert runs(desk) == []


def test_a_block_in_which_nothing_happens_leaves_no_run(desk: Helpdesk, acme: Workspace) -> None:
    with desk._store.transaction() as tx, quietly(tx, acme.tickets._scope.workspace_id):
        pass
    assert runs(desk) == []
