"""Making anew what is kept twice, while others use it."""

import os
import signal
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from cstar_core import Helpdesk, Refused, StorageFull, Workspace
from cstar_core.store import Store
from tests.core.limits import file_size_limit
from tests.forks import fork, status_of

DAMAGE = [
    "UPDATE ticket_counts SET tickets = tickets + 1",
    "DELETE FROM ticket_counts",
    "INSERT INTO ticket_counts VALUES (1, -1, -1, 4, 3, 2)",
    "UPDATE tags SET uses = 9",
    "UPDATE workspaces SET customer_count = 9",
    "UPDATE tickets SET message_count = 9, internal_count = 9",
    "UPDATE tickets SET first_response_at = 9",
    "INSERT INTO ticket_search_1 (ticket_search_1) VALUES ('delete-all')",
    "INSERT INTO customer_search_1 (customer_search_1) VALUES ('delete-all')",
    "INSERT INTO ticket_search_1 (rowid, title) VALUES (99, 'left over')",
    "INSERT INTO ticket_search_1 (rowid, title) VALUES (1, 'twice')",
    "DELETE FROM ticket_search_1_data WHERE id > 10",
    "DELETE FROM ticket_search_1_docsize",
    "INSERT INTO ticket_changes (id, workspace_id, indexed, title) VALUES (98, 1, 1, 'never was')",
]


@pytest.fixture
def some(acme: Workspace, sandbox: Workspace) -> Workspace:
    """A workspace with something of everything, all of it indexed, beside others."""
    for number in range(5):
        ticket = acme.tickets.create(
            title=f"Refund {number}", customer_name=f"Jane {number}", tags="money"
        )
        acme.messages.create(ticket.id, content="internal", is_internal=True)
    sandbox.tickets.create(title="Refund elsewhere", customer_name="Jane elsewhere")
    for workspace in (acme, sandbox):
        workspace.tickets.list(search="refund")
        workspace.customers.list(search="jane")
    return acme


def damage(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as file:
        file.execute(statement)


@pytest.mark.parametrize("statement", DAMAGE)
def test_what_disagrees_is_found_and_mended(
    desk: Helpdesk, some: Workspace, path: Path, statement: str
) -> None:
    damage(path, statement)
    assert not desk.check().ok
    desk.reindex()
    assert desk.check(deep=True).ok
    assert (some.tickets.list(search="refund").total, some.tickets.list(tags="money").total) == (
        5,
        5,
    )
    assert some.customers.list(search="jane").total == 5


def test_it_says_how_much_was_indexed(desk: Helpdesk, some: Workspace) -> None:
    made = desk.reindex()
    assert (made.documents, made.workspaces) == (12, 4)


def test_what_waited_is_indexed_too(desk: Helpdesk, some: Workspace) -> None:
    some.tickets.create(title="Waiting")
    desk.reindex()
    assert some.tickets.list(search="waiting").total == 1


def test_a_sound_desk_stays_as_it_is(desk: Helpdesk, some: Workspace) -> None:
    before = some.tickets.list(), some.customers.list(), some.events.list()
    desk.reindex()
    assert (some.tickets.list(), some.customers.list(), some.events.list()) == before


def test_many_documents_are_indexed(desk: Helpdesk, acme: Workspace) -> None:
    list(acme.tickets.import_many({"title": f"Many {number}"} for number in range(450)))
    desk.reindex()
    assert acme.tickets.list(search="many").total == 450
    assert desk.check(deep=True).ok


def test_others_write_and_search_meanwhile(desk: Helpdesk, some: Workspace) -> None:
    stop = threading.Event()
    totals: list[int] = []

    def use() -> None:
        while not stop.is_set():
            some.tickets.create(title="Refund again")
            totals.append(some.tickets.list(search="refund").total)

    user = threading.Thread(target=use)
    user.start()
    try:
        for _ in range(10):
            desk.reindex()
    finally:
        stop.set()
        user.join()
    assert totals == list(range(6, 6 + len(totals)))
    assert desk.check(deep=True).ok


def test_a_full_disk_leaves_the_index_as_it_was(
    desk: Helpdesk, some: Workspace, path: Path
) -> None:
    with file_size_limit(path.stat().st_size), pytest.raises(StorageFull):
        list(some.tickets.import_many({"title": "x " * 200} for _ in range(900)))
    with file_size_limit(0), pytest.raises(StorageFull):
        desk.reindex()
    assert desk.check(deep=True).ok


def kill_at(number: int) -> Callable[[sqlite3.Connection], None]:
    left = [number]

    def fatal(_statement: str) -> None:
        left[0] -= 1
        if left[0] < 0:
            os.kill(os.getpid(), signal.SIGKILL)

    return lambda connection: connection.set_trace_callback(fatal)


@pytest.mark.no_cover
def test_killed_at_any_statement_it_can_be_done_again(
    desk: Helpdesk, some: Workspace, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.close()
    number, alive = 0, False
    while not alive:
        damage(path, "INSERT INTO ticket_search_1 (rowid, title) VALUES (99, 'left over')")
        alive = status_of(fork(partial(_reindex_until, path, number))) == 0
        with Helpdesk.open(path) as again:
            again.reindex()
            assert again.check(deep=True).ok
        number += 9
    assert number > 40


def _reindex_until(path: Path, number: int) -> None:
    with Helpdesk.open(path) as killed:
        _watch(killed._store, kill_at(number))
        killed.reindex()


def _watch(store: Store, watch: Callable[[sqlite3.Connection], None]) -> None:
    with store._connections.one() as connection:
        watch(connection)


def test_nothing_is_made_anew_from_text_that_cannot_be_read(
    desk: Helpdesk, some: Workspace, path: Path
) -> None:
    """A flipped bit in a text leaves pages and counters sound."""
    with closing(sqlite3.connect(path, isolation_level=None)) as file:
        file.execute("UPDATE messages SET content = CAST(x'53656372657420ff' AS TEXT) WHERE id = 1")
    assert desk.check().ok
    [found] = [each for each in desk.check(deep=True).findings if not each.ok]
    assert found.detail == "cannot be read: Could not decode to UTF-8 column 'internal'"
    assert found.remedy.startswith("stop the server and restore a backup")
    with pytest.raises(Refused, match=r"is damaged: Could not decode to UTF-8 column 'internal'$"):
        desk.reindex()
    assert some.tickets.list(search="refund").total == 5
