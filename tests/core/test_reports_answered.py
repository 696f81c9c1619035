"""When a ticket was first answered: kept whatever happens to messages, and to where they are."""

from pathlib import Path

import pytest

from cstar_core import Helpdesk, Workspace
from tests.core.vocabulary import START, ManualClock


def answered(desk: Helpdesk, room: Workspace) -> list[int | None]:
    """Minutes after the start, in the order of the tickets, once all of it has been checked."""
    assert [each.name for each in desk.check().findings if not each.ok] == []
    with desk._store.snapshot() as snap:
        rows = snap.sql(
            "SELECT first_response_at FROM tickets WHERE workspace_id = ? ORDER BY number",
            (room._scope.workspace_id,),
        )
    start = int(START.timestamp())
    return [None if at is None else (at - start) // 60 for (at,) in rows]


@pytest.fixture
def three(acme: Workspace, clock: ManualClock) -> list[str]:
    """Tickets of which the first was answered after 1 minute, the second after 2."""
    made = [acme.tickets.create(title="t", initial_message="Help").id for _ in range(3)]
    for id in made[:2]:
        clock.tick(minutes=1)
        acme.messages.create(id, content="Hello")
    clock.tick(minutes=1)
    return made


def test_only_public_messages_of_agents_answer(
    desk: Helpdesk, acme: Workspace, clock: ManualClock
) -> None:
    id = acme.tickets.create(title="t", initial_message="Help").id
    for given in (
        {"sender": "customer"},
        {"sender": "system"},
        {"sender": "agent", "is_internal": True},
    ):
        clock.tick(minutes=1)
        acme.messages.create(id, content="x", **given)  # type: ignore[arg-type]
    assert answered(desk, acme) == [None]
    for _ in range(2):
        clock.tick(minutes=1)
        acme.messages.create(id, content="Hello")
    assert answered(desk, acme) == [4]


def test_the_earliest_answer_counts_though_the_clock_was_set_back(
    desk: Helpdesk, acme: Workspace, three: list[str], clock: ManualClock
) -> None:
    clock.now = START
    acme.messages.create(three[1], content="Hello")
    assert answered(desk, acme) == [1, 0, None]


def test_merging_and_its_undoing_change_nothing(
    desk: Helpdesk, acme: Workspace, three: list[str]
) -> None:
    one, two, three_ = three
    for act in (
        lambda: acme.tickets.merge(one, three_),
        lambda: acme.tickets.merge(three_, two),
        lambda: acme.tickets.unmerge(one),
        lambda: acme.tickets.unmerge(three_),
    ):
        act()
        assert answered(desk, acme) == [1, 2, None]


def test_what_is_posted_to_a_merged_ticket_answers_the_one_that_has_it(
    desk: Helpdesk, acme: Workspace, three: list[str]
) -> None:
    acme.tickets.merge(three[0], three[2])
    acme.messages.create(three[0], content="Hello")
    assert answered(desk, acme) == [1, 2, 3]
    acme.tickets.unmerge(three[0])
    assert answered(desk, acme) == [1, 2, 3]


def test_answers_go_with_the_ticket_that_has_them(
    desk: Helpdesk, acme: Workspace, three: list[str]
) -> None:
    acme.tickets.merge(three[0], three[1])
    acme.tickets.merge(three[1], three[2])
    acme.tickets.delete(three[2])
    assert answered(desk, acme) == [None, None]


@pytest.mark.parametrize("chained", [False, True])
def test_answers_stay_where_they_are_once_their_own_ticket_is_deleted(
    desk: Helpdesk, acme: Workspace, three: list[str], chained: bool
) -> None:
    one, two, three_ = three
    acme.tickets.merge(one, two if chained else three_)
    if chained:
        acme.tickets.merge(two, three_)
    acme.tickets.delete(one)
    assert answered(desk, acme) == [2, 1]


def test_an_answer_from_before_does_not_become_a_later_one(
    desk: Helpdesk, acme: Workspace, three: list[str]
) -> None:
    acme.tickets.merge(three[1], three[0])
    acme.tickets.delete(three[1])
    assert answered(desk, acme) == [1, None]


def test_loaded_tickets_have_it(desk: Helpdesk, acme: Workspace) -> None:
    thread = [
        {"content": "Help", "sender": "customer", "created_at": START},
        {"content": "Note", "is_internal": True},
        {"content": "Hello", "created_at": START.replace(minute=50)},
        {"content": "Again", "created_at": START.replace(minute=55)},
    ]
    list(acme.tickets.import_many([{"title": "t", "messages": thread}, {"title": "u"}]))
    assert answered(desk, acme) == [20, None]


def test_an_export_that_is_taken_in_has_it(
    desk: Helpdesk, acme: Workspace, other: Helpdesk, three: list[str], tmp_path: Path
) -> None:
    acme.tickets.merge(three[0], three[2])
    desk.export(tmp_path / "out")
    other.import_export(tmp_path / "out")
    assert answered(other, other.workspace("acme")) == [1, 2, None]


def test_an_erased_customers_tickets_keep_it(
    desk: Helpdesk, acme: Workspace, clock: ManualClock
) -> None:
    ticket = acme.tickets.create(title="t", customer_name="Jane", initial_message="Help")
    clock.tick(minutes=5)
    acme.messages.create(ticket.id, content="Hello Jane")
    assert ticket.customer_id is not None
    acme.customers.erase(ticket.customer_id)
    assert answered(desk, acme) == [5]
