"""Moving a message: it goes to another ticket, and comes back as if nothing had been."""

from itertools import pairwise
from typing import Any

import pytest

from cstar_core import Helpdesk, HelpdeskError, Message, NotFound, Ticket, Workspace
from tests.core.threads import contents, fresh
from tests.core.vocabulary import ManualClock, ids, refusal
from tests.core.witness import happened, log, types

Pair = tuple[Ticket, Ticket]


@pytest.fixture
def pair(acme: Workspace, clock: ManualClock) -> Pair:
    """Two tickets of two customers with a message of each, the second one resolved."""
    made = []
    for name in ("Jane", "Max"):
        ticket = acme.tickets.create(title=name, customer_name=name, initial_message=f"by {name}")
        clock.tick(minutes=1)
        made.append(ticket)
    acme.tickets.update(made[1].id, status="resolved")
    return acme.tickets.get(made[0].id), acme.tickets.get(made[1].id)


def first(ticket: Ticket) -> Message:
    assert ticket.messages
    return ticket.messages[0]


def both(acme: Workspace, pair: Pair) -> tuple[Ticket, ...]:
    return tuple(fresh(acme.tickets.get(each.id)) for each in pair)


def test_it_is_in_the_other_thread_in_the_order_of_time(acme: Workspace, pair: Pair) -> None:
    one, other = pair
    moved = acme.messages.move(one.id, first(one).id, other.id)
    found = acme.tickets.get(other.id)
    assert (moved.ticket_id, moved.id) == (other.id, first(one).id)
    assert (contents(found), found.message_count) == (["by Jane", "by Max"], 2)
    left = acme.tickets.get(one.id)
    assert (left.messages, left.message_count) == ((), 0)


def test_a_customers_message_opens_the_ticket(acme: Workspace, pair: Pair) -> None:
    one, other = pair
    events = happened(acme, acme.messages.move, one.id, first(one).id, other.id)
    assert acme.tickets.get(other.id).status == "open"
    assert types(events) == ["message.moved", "message.moved", "ticket.updated", "ticket.reopened"]
    data = {"from": one.id, "to": other.id, "sender": "customer", "isInternal": False}
    assert [event.data for event in events[:2]] == [data, data]
    assert [event.object_id for event in events[:2]] == [first(one).id] * 2
    for ticket in pair:
        assert "message.moved" in types(list(acme.events.of_ticket(ticket.id).items))


def test_moved_back_both_are_as_they_were(acme: Workspace, clock: ManualClock, pair: Pair) -> None:
    one, other = pair
    before = both(acme, pair)
    acme.messages.move(one.id, first(one).id, other.id)
    clock.tick(days=1)
    acme.messages.move(other.id, first(one).id, one.id)
    assert both(acme, pair) == before


def test_it_goes_back_step_by_step(desk: Helpdesk, acme: Workspace, pair: Pair) -> None:
    one, other = pair
    third = acme.tickets.create(title="Third", status="closed")
    for ticket, to in pairwise((one.id, other.id, third.id, other.id, one.id)):
        acme.messages.move(ticket, first(one).id, to)
        assert desk.check(deep=True).ok
    assert acme.tickets.get(third.id).status == "closed"
    assert [acme.tickets.get(each.id).messages for each in pair] == [one.messages, other.messages]


def test_what_happened_meanwhile_stays(acme: Workspace, pair: Pair) -> None:
    one, other = pair
    acme.messages.move(one.id, first(one).id, other.id)
    acme.messages.create(other.id, content="Hello both")
    acme.messages.move(other.id, first(one).id, one.id)
    assert acme.tickets.get(other.id).status == "open"


def test_an_answer_counts_for_the_ticket_that_it_is_at(
    desk: Helpdesk, acme: Workspace, clock: ManualClock, pair: Pair
) -> None:
    one, other = pair
    answer = acme.messages.create(one.id, content="Answer")
    acme.messages.move(one.id, answer.id, other.id)
    assert desk.check(deep=True).ok
    acme.messages.move(other.id, answer.id, one.id)
    assert desk.check(deep=True).ok


@pytest.mark.parametrize("indexed", [True, False])
def test_a_search_finds_it_where_it_is(
    desk: Helpdesk, acme: Workspace, pair: Pair, indexed: bool
) -> None:
    one, other = pair
    if indexed:
        acme.tickets.list(search="by")
    acme.messages.move(one.id, first(one).id, other.id)
    acme.messages.create(one.id, content="later", is_internal=True)
    assert ids(acme.tickets.list(search='"by jane"').items) == [other.id]
    assert desk.check(deep=True).ok


def test_what_is_moved_to_a_merged_ticket_goes_to_the_one_that_has_its_thread(
    desk: Helpdesk, acme: Workspace, pair: Pair
) -> None:
    one, other = pair
    survivor = acme.tickets.create(title="Survivor")
    acme.tickets.merge(other.id, survivor.id)
    moved = acme.messages.move(one.id, first(one).id, other.id)
    assert moved.ticket_id == survivor.id
    assert desk.check(deep=True).ok


def test_back_from_a_merged_thread_it_is_at_home_in_its_own_ticket(
    desk: Helpdesk, acme: Workspace, pair: Pair
) -> None:
    one, other = pair
    survivor = acme.tickets.create(title="Survivor")
    acme.tickets.merge(one.id, survivor.id)
    before = both(acme, (one, other))
    acme.messages.move(one.id, first(one).id, other.id)
    acme.messages.move(other.id, first(one).id, survivor.id)
    assert both(acme, (one, other)) == before
    acme.tickets.unmerge(one.id)
    assert contents(acme.tickets.get(one.id)) == ["by Jane"]
    assert desk.check(deep=True).ok


def test_whose_it_is_does_not_change(acme: Workspace, pair: Pair) -> None:
    one, other = pair
    acme.messages.move(one.id, first(one).id, other.id)
    assert one.customer_id
    assert acme.customers.erase(one.customer_id).messages == 1
    assert contents(acme.tickets.get(other.id)) == ["Erased", "by Max"]


def test_the_other_ticket_may_be_deleted_or_the_first(
    desk: Helpdesk, acme: Workspace, pair: Pair
) -> None:
    one, other = pair
    acme.messages.move(one.id, first(one).id, other.id)
    acme.tickets.delete(one.id)
    third = acme.tickets.create(title="Third")
    acme.messages.move(other.id, first(one).id, third.id)
    acme.tickets.delete(third.id)
    assert desk.check(deep=True).ok


REFUSED: dict[str, tuple[Any, type[Exception] | str]] = {
    "the same ticket": (lambda one, other: (one.id, first(one).id, one.id), "must be another"),
    "nothing": (lambda one, other: (one.id, first(one).id, ""), "must be the id of an existing"),
    "another message": (lambda one, other: (one.id, first(other).id, other.id), NotFound),
    "no message": (lambda one, other: (one.id, "msg", other.id), NotFound),
    "no ticket": (lambda one, other: ("tkt", first(one).id, other.id), NotFound),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_moved_is_refused(acme: Workspace, pair: Pair, case: str) -> None:
    given, wanted = REFUSED[case]
    before, events = both(acme, pair), len(log(acme))
    with pytest.raises(HelpdeskError) as error:
        acme.messages.move(*given(*pair))
    if isinstance(wanted, str):
        assert wanted in str(error.value)
    else:
        assert error.type is wanted
    assert (both(acme, pair), len(log(acme))) == (before, events)


def test_a_ticket_of_another_team_is_none(acme: Workspace, globex: Workspace, pair: Pair) -> None:
    theirs = globex.tickets.create(title="Theirs")
    error = refusal(acme.messages.move, pair[0].id, first(pair[0]).id, theirs.id)
    assert "must be the id of an existing ticket" in str(error)
