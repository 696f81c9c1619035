"""The index follows the rows in groups, and no search ever sees it behind them."""

import random
import sqlite3
from contextlib import suppress
from pathlib import Path

import pytest

from cstar_core import Conflict, Helpdesk, Invalid, StorageFull, Workspace
from cstar_core.documents import GROUP
from tests.core.limits import file_size_limit
from tests.core.vocabulary import ManualClock


def waiting(path: Path) -> int:
    """How many documents are not indexed as they are now."""
    with sqlite3.connect(path) as file:
        found: int = file.execute(
            "SELECT (SELECT count(*) FROM ticket_changes) + (SELECT count(*) FROM customer_changes)"
        ).fetchone()[0]
    file.close()
    return found


def found(workspace: Workspace, search: str) -> list[str]:
    return [ticket.title for ticket in workspace.tickets.list(search=search).items]


def test_a_new_ticket_waits_to_be_indexed(acme: Workspace, path: Path) -> None:
    acme.tickets.create(title="Refund")
    assert waiting(path) == 1


def test_a_search_finds_what_waited(acme: Workspace) -> None:
    acme.tickets.create(title="Refund")
    assert found(acme, "refund") == ["Refund"]


def test_a_search_leaves_nothing_waiting(acme: Workspace, path: Path) -> None:
    acme.tickets.create(title="Refund")
    found(acme, "refund")
    assert waiting(path) == 0


def test_a_full_group_is_indexed_with_the_write_that_fills_it(acme: Workspace, path: Path) -> None:
    for i in range(GROUP):
        assert waiting(path) == i
        acme.tickets.create(title=f"Refund {i}")
    assert waiting(path) == 0


def test_a_search_inside_a_transaction_finds_what_it_wrote(desk: Helpdesk, acme: Workspace) -> None:
    with desk.transaction():
        acme.tickets.create(title="Refund")
        assert found(acme, "refund") == ["Refund"]


def test_what_a_rolled_back_search_indexed_is_not_found(desk: Helpdesk, acme: Workspace) -> None:
    with pytest.raises(ZeroDivisionError), desk.transaction():
        acme.tickets.create(title="Refund")
        found(acme, "refund")
        raise ZeroDivisionError
    assert found(acme, "refund") == []


def test_a_snapshot_can_be_searched(desk: Helpdesk, acme: Workspace) -> None:
    acme.tickets.create(title="Refund")
    with desk.snapshot():
        assert found(acme, "refund") == ["Refund"]


def test_a_snapshot_not_meant_for_searching_refuses_a_search_that_would_miss_something(
    desk: Helpdesk, acme: Workspace
) -> None:
    acme.tickets.create(title="Refund")
    with desk.snapshot(search=False), pytest.raises(RuntimeError, match="opened for searching"):
        found(acme, "refund")


def test_messages_are_found_before_and_after_they_are_indexed(acme: Workspace) -> None:
    ticket = acme.tickets.create(title="Refund")
    for word in ("alpha", "beta", "gamma"):
        acme.messages.create(ticket.id, content=word)
        assert acme.tickets.list(search=f"alpha {word}").total == 1


def test_the_title_that_was_indexed_is_taken_out_after_two_changes(acme: Workspace) -> None:
    ticket = acme.tickets.create(title="first")
    found(acme, "first")
    acme.tickets.update(ticket.id, title="second")
    acme.tickets.update(ticket.id, title="third")
    assert [len(found(acme, word)) for word in ("first", "second", "third")] == [0, 0, 1]


def test_a_title_that_came_back_is_found_once(acme: Workspace) -> None:
    ticket = acme.tickets.create(title="first")
    found(acme, "first")
    acme.tickets.update(ticket.id, title="second")
    acme.tickets.update(ticket.id, title="first")
    assert found(acme, "first") == ["first"]


@pytest.mark.parametrize("indexed", [True, False])
def test_a_deleted_ticket_leaves_nothing_waiting(
    acme: Workspace, path: Path, *, indexed: bool
) -> None:
    ticket = acme.tickets.create(title="Refund", initial_message="secret")
    if indexed:
        found(acme, "secret")
    acme.messages.create(ticket.id, content="another")
    acme.tickets.delete(ticket.id)
    assert waiting(path) == 0


def test_a_deleted_ticket_is_taken_out_of_the_index_with_all_its_words(
    acme: Workspace, path: Path
) -> None:
    ticket = acme.tickets.create(title="Refund", initial_message="secret")
    found(acme, "secret")
    acme.messages.create(ticket.id, content="another", is_internal=True)
    acme.tickets.delete(ticket.id)
    assert vocabulary(path, "ticket_search_1") == []


def test_a_deleted_customer_leaves_nothing_waiting(acme: Workspace, path: Path) -> None:
    customer = acme.customers.create(name="Jane")
    acme.tickets.create(title="Refund", customer_id=customer.id)
    acme.customers.delete(customer.id)
    assert waiting(path) == 0


def test_another_connection_indexes_what_this_one_wrote(
    acme: Workspace, path: Path, clock: ManualClock
) -> None:
    acme.tickets.create(title="Refund")
    with Helpdesk.open(path, clock=clock) as other:
        assert found(other.workspace("acme"), "refund") == ["Refund"]


def test_a_search_on_a_full_disk_finds_what_waited(acme: Workspace, path: Path) -> None:
    acme.tickets.create(title="Refund")
    with file_size_limit(0):
        with pytest.raises(StorageFull):
            acme.tickets.create(title="Too much")
        assert found(acme, "refund") == ["Refund"]
        assert found(acme, "much") == []
    assert waiting(path) == 1


def test_after_a_full_disk_what_waited_is_indexed(acme: Workspace, path: Path) -> None:
    acme.tickets.create(title="Refund")
    with file_size_limit(0):
        found(acme, "refund")
    assert found(acme, "refund") == ["Refund"]
    assert waiting(path) == 0


def vocabulary(path: Path, table: str) -> list[tuple[str, str, int, int]]:
    """Every word that an index holds, in which column, in how many documents, how often."""
    with sqlite3.connect(path) as file:
        file.execute(f"CREATE VIRTUAL TABLE temp.words USING fts5vocab(main, {table}, 'col')")
        rows = file.execute("SELECT term, col, doc, cnt FROM temp.words ORDER BY 1, 2").fetchall()
    file.close()
    return rows


WORDS = ("alpha", "beta", "gamma", "Ärger", "東京都", "ß", "naïve", "x" * 40)


def churn(desk: Helpdesk, workspace: Workspace, chance: random.Random, steps: int) -> None:
    """Random writes, searches and failures."""
    customers = [
        workspace.customers.create(name="Jane").id,
        workspace.customers.create(name="B").id,
    ]
    tickets: list[str] = []

    def text() -> str:
        return " ".join(chance.choices(WORDS, k=chance.randint(1, 6)))

    def merged() -> list[str]:
        return [one.id for one in map(workspace.tickets.get, tickets) if one.merged_into]

    def step() -> None:
        what = chance.random()
        if not tickets or what < 0.3:
            message = text() if chance.random() < 0.5 else None
            customer = chance.choice([*customers, None])
            made = workspace.tickets.create(
                title=text(), customer_id=customer, initial_message=message
            )
            tickets.append(made.id)
        elif what < 0.6:
            internal = chance.random() < 0.3
            workspace.messages.create(chance.choice(tickets), content=text(), is_internal=internal)
        elif what < 0.75:
            workspace.tickets.update(chance.choice(tickets), title=text())
        elif what < 0.85:
            customer = chance.choice([*customers, None])
            workspace.tickets.update(chance.choice(tickets), customer_id=customer)
        elif what < 0.9:
            workspace.customers.update(chance.choice(customers), name=text())
        elif what < 0.94:
            with suppress(Conflict, Invalid):
                workspace.tickets.merge(chance.choice(tickets), chance.choice(tickets))
        elif what < 0.96:
            with suppress(Conflict):
                workspace.tickets.unmerge(chance.choice(merged() or tickets))
        elif what < 0.985:
            workspace.tickets.delete(tickets.pop(chance.randrange(len(tickets))))
        else:
            found(workspace, text())

    for _ in range(steps):
        before = list(tickets)
        try:
            with desk.transaction():
                for _ in range(chance.randint(1, 4)):
                    step()
                if chance.random() < 0.1:
                    raise ZeroDivisionError
        except ZeroDivisionError:
            tickets[:] = before


@pytest.mark.parametrize("seed", range(4))
def test_after_any_history_the_index_equals_one_made_anew(
    desk: Helpdesk, acme: Workspace, path: Path, seed: int
) -> None:
    churn(desk, acme, random.Random(seed), 150)
    assert desk.check(deep=True).ok
    found(acme, "alpha")
    assert desk.check(deep=True).ok
    grown = vocabulary(path, "ticket_search_1"), vocabulary(path, "customer_search_1")
    with sqlite3.connect(path) as file:
        for kind in ("ticket", "customer"):
            index, queue = f"{kind}_search_1", f"{kind}_changes (id, workspace_id, indexed)"
            mine = f"SELECT id, workspace_id, 0 FROM {kind}s WHERE workspace_id = 1"  # noqa: S608
            file.execute(f"INSERT INTO {index} ({index}) VALUES ('delete-all')")  # noqa: S608
            file.execute(f"INSERT INTO {queue} {mine}")
    file.close()
    found(acme, "alpha")
    acme.customers.list(search="alpha")
    anew = vocabulary(path, "ticket_search_1"), vocabulary(path, "customer_search_1")
    assert grown == anew
