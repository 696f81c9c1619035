"""Erasing a person whose tickets were merged into those of others: all that is theirs, no more."""

from collections.abc import Callable
from pathlib import Path

import pytest

from cstar_core import Customer, Helpdesk, Ticket, Workspace
from tests.core.exported import content, rows
from tests.core.threads import contents


@pytest.fixture
def jane(acme: Workspace) -> Customer:
    return acme.customers.create(name="Jane", email="jane@example.com")


@pytest.fixture
def hers(acme: Workspace, jane: Customer) -> Ticket:
    """A ticket of Jane's."""
    return acme.tickets.create(title="Hers", customer_id=jane.id, initial_message="hers first")


@pytest.fixture
def his(acme: Workspace, hers: Ticket) -> Ticket:
    """A ticket of Bo's, which hers was merged into and posted to since, as his was."""
    made = acme.tickets.create(title="His", customer_name="Bo", initial_message="his first")
    acme.tickets.merge(hers.id, into=made.id)
    acme.messages.create(hers.id, content="hers since", sender="customer")
    acme.messages.create(hers.id, content="hers answered, dear Jane", sender_name="For Jane")
    acme.messages.create(made.id, content="his since", sender="customer")
    return acme.tickets.get(made.id)


def _merged_further(acme: Workspace, hers: Ticket, his: Ticket) -> Ticket:
    last = acme.tickets.create(title="Last", customer_name="Ann")
    acme.tickets.merge(his.id, into=last.id)
    return last


def _undone(acme: Workspace, hers: Ticket, his: Ticket) -> Ticket:
    acme.tickets.unmerge(hers.id)
    return his


def _hers_deleted(acme: Workspace, hers: Ticket, his: Ticket) -> Ticket:
    acme.tickets.delete(hers.id)
    return his


def _she_deleted(acme: Workspace, hers: Ticket, his: Ticket) -> Ticket:
    acme.tickets.delete(hers.id)
    acme.customers.delete(str(hers.customer_id))
    return his


def _merged_further_and_apart(acme: Workspace, hers: Ticket, his: Ticket) -> Ticket:
    _merged_further(acme, hers, his)
    acme.tickets.delete(hers.id)
    acme.tickets.unmerge(his.id)
    return his


SINCE: list[Callable[[Workspace, Ticket, Ticket], Ticket]] = [
    lambda acme, hers, his: his,
    _merged_further,
    _undone,
    _hers_deleted,
    _she_deleted,
    _merged_further_and_apart,
]


@pytest.mark.parametrize("since", SINCE)
def test_nothing_of_hers_is_left_in_his_thread_and_all_of_his_is(
    since: Callable[[Workspace, Ticket, Ticket], Ticket],
    desk: Helpdesk,
    acme: Workspace,
    path: Path,
    hers: Ticket,
    his: Ticket,
) -> None:
    holder = since(acme, hers, his)
    acme.tickets.list(search="hers")
    acme.customers.erase(str(hers.customer_id))
    left = contents(acme.tickets.get(holder.id))
    assert [text for text in left if text != "Erased"] == ["his first", "his since"]
    assert "Erased" in left
    names = {message.sender_name for message in acme.tickets.get(holder.id).messages or ()}
    assert names == {"Bo", "Deleted customer"}
    assert acme.tickets.list(search="hers").total == 0
    assert acme.tickets.list(search="since").items[0].id == holder.id
    assert desk.check(deep=True).ok
    desk.compact()
    data = b"".join(file.read_bytes() for file in path.parent.glob(f"{path.name}*")).lower()
    assert b"hers " not in data and b"jane" not in data


@pytest.mark.parametrize("since", [lambda acme, hers, his: his, _undone, _hers_deleted])
def test_erasing_him_leaves_what_is_hers(
    since: Callable[[Workspace, Ticket, Ticket], Ticket],
    desk: Helpdesk,
    acme: Workspace,
    hers: Ticket,
    his: Ticket,
) -> None:
    holder = since(acme, hers, his)
    before = contents(acme.tickets.get(holder.id))
    acme.customers.erase(str(his.customer_id))
    assert contents(acme.tickets.get(holder.id)) == [
        text if text.startswith("hers") else "Erased" for text in before
    ]
    assert desk.check(deep=True).ok


def test_a_dry_run_counts_what_is_in_his_thread(
    acme: Workspace, jane: Customer, his: Ticket
) -> None:
    told = acme.customers.erase(jane.id, dry_run=True)
    assert told.messages == 3
    assert acme.customers.erase(jane.id) == told


def test_what_receivers_answered_of_it_is_emptied(
    desk: Helpdesk, acme: Workspace, jane: Customer, his: Ticket
) -> None:
    acme.webhooks.create(name="Hook", url="https://example.com/x", events=["*"])
    with desk._store.transaction() as tx:
        tx.write_sql(
            "INSERT INTO deliveries (webhook_id, event_number, lane, status, due_at, attempts, "
            "tries, created_at) SELECT 1, number, x'00', 2, 0, 1, 1, 0 FROM events "
            "WHERE workspace_id = 1 AND type = 7"
        )
        tx.write_sql("INSERT INTO attempts SELECT id, 1, 0, 200, NULL, x'41', 5 FROM deliveries")
    acme.customers.erase(jane.id)
    with desk._store.snapshot() as snap:
        found = snap.sql("SELECT answer FROM attempts ORDER BY delivery_id")
    assert [bytes(answer) for (answer,) in found] == [b"", b"A", b"", b"", b"A"]


@pytest.mark.parametrize("since", [lambda acme, hers, his: his, _undone, _hers_deleted])
def test_her_own_data_have_it_and_his_have_not(
    since: Callable[[Workspace, Ticket, Ticket], Ticket],
    desk: Helpdesk,
    acme: Workspace,
    jane: Customer,
    hers: Ticket,
    his: Ticket,
    tmp_path: Path,
) -> None:
    since(acme, hers, his)
    desk.export(tmp_path / "hers", customer=jane.id)
    desk.export(tmp_path / "his", customer=str(his.customer_id))
    texts = ["hers first", "hers since", "hers answered, dear Jane"]
    assert [each["content"] for each in rows(tmp_path / "hers", "messages")] == texts
    assert [each["content"] for each in rows(tmp_path / "his", "messages")] == [
        "his first",
        "his since",
    ]
    readable = (tmp_path / "hers" / "readable.txt").read_text()
    head, others = readable.split("\nIn tickets of others\n")
    assert [text for text in texts if text not in readable] == []
    assert "hers since" in others and "hers since" not in head
    assert "In tickets of others" not in (tmp_path / "his" / "readable.txt").read_text()


@pytest.mark.parametrize("since", [lambda acme, hers, his: his, _hers_deleted, _she_deleted])
def test_she_can_be_erased_from_another_desk_too(
    since: Callable[[Workspace, Ticket, Ticket], Ticket],
    desk: Helpdesk,
    acme: Workspace,
    hers: Ticket,
    his: Ticket,
    tmp_path: Path,
) -> None:
    since(acme, hers, his)
    desk.export(tmp_path / "out")
    with Helpdesk.open(tmp_path / "other.db") as other:
        other.import_export(tmp_path / "out")
        other.export(tmp_path / "again")
        assert content(tmp_path / "again") == content(tmp_path / "out")
        there = other.workspace("acme")
        there.customers.erase(str(hers.customer_id))
        left = contents(there.tickets.get(his.id))
        assert [text for text in left if text != "Erased"] == ["his first", "his since"]
        assert other.check(deep=True).ok
