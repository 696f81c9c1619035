"""What was written last on each of several tickets."""

import pytest

from cstar_core import Helpdesk, Workspace
from tests.core.tracing import plan, queries, scans, unbounded
from tests.core.vocabulary import ManualClock, refusal


def test_the_message_that_came_last_is_given_by_its_ticket(
    acme: Workspace, clock: ManualClock
) -> None:
    one = acme.tickets.create(title="One", initial_message="First", customer_name="Jane").id
    other = acme.tickets.create(title="Other").id
    silent = acme.tickets.create(title="Silent").id
    acme.messages.create(one, content="Second", sender_name="Ada")
    last = acme.messages.create(other, content="Hello", sender="customer")
    found = acme.messages.newest([one, other, silent, one])
    assert set(found) == {one, other}
    assert (found[one].text, found[one].sender, found[one].sender_name) == (
        "Second",
        "agent",
        "Ada",
    )
    assert (found[other].id, found[other].created_at) == (last.id, last.created_at)
    assert (found[other].sender, found[other].is_internal) == ("customer", False)


@pytest.mark.parametrize(
    ("most", "text", "goes_on"), [(3, "äöü", True), (4, "äöü😀", False), (9, "äöü😀", False)]
)
def test_it_is_given_as_far_as_asked_for(
    acme: Workspace, most: int, text: str, goes_on: bool
) -> None:
    ticket = acme.tickets.create(title="One", initial_message="äöü😀").id
    found = acme.messages.newest([ticket], most)[ticket]
    assert (found.text, found.goes_on) == (text, goes_on)


def test_who_must_not_see_internal_messages_gets_the_last_one_that_is_none(
    acme: Workspace, public: Workspace
) -> None:
    ticket = acme.tickets.create(title="One", initial_message="Hello").id
    hidden = acme.tickets.create(title="Other").id
    for each in (ticket, hidden):
        acme.messages.create(each, content="Between us", is_internal=True)
    assert acme.messages.newest([ticket])[ticket].is_internal
    found = public.messages.newest([ticket, hidden])
    assert {id: each.text for id, each in found.items()} == {ticket: "Hello"}


def test_what_is_not_here_has_none(acme: Workspace, globex: Workspace, sandbox: Workspace) -> None:
    foreign = [
        room.tickets.create(title="Foreign", initial_message="Secret").id
        for room in (globex, sandbox)
    ]
    assert acme.messages.newest([*foreign, "tkt_x", "", "tkt_" + "0" * 32]) == {}
    assert acme.messages.newest([]) == {}


def test_a_merged_ticket_has_none_and_the_other_one_the_last_of_both(acme: Workspace) -> None:
    one = acme.tickets.create(title="One", initial_message="Early").id
    other = acme.tickets.create(title="Other", initial_message="Late").id
    acme.tickets.merge(other, one)
    assert {id: each.text for id, each in acme.messages.newest([one, other]).items()} == {
        one: "Late"
    }


@pytest.mark.parametrize(
    ("ids", "most", "told"),
    [
        (["x"] * 101, 200, "ticket_ids must be a list of at most 100 ids"),
        ("tkt_x", 200, "ticket_ids must be a list of at most 100 ids"),
        ([], 0, "most must be an integer from 1 to 10000"),
        ([], 10_001, "most must be an integer from 1 to 10000"),
    ],
)
def test_what_cannot_be_asked_for_is_refused(
    acme: Workspace, ids: list[str], most: int, told: str
) -> None:
    assert refusal(lambda: acme.messages.newest(ids, most)) == [told]


def test_it_is_one_query_that_walks_through_nothing(desk: Helpdesk, acme: Workspace) -> None:
    made = [acme.tickets.create(title="T", initial_message="M").id for _ in range(40)]
    for ids in (made[:1], made):
        assert len(queries(desk, lambda ids=ids: acme.messages.newest(ids))) == 1  # type: ignore[misc]
        steps = plan(desk, lambda ids=ids: acme.messages.newest(ids))  # type: ignore[misc]
        assert scans(steps) == unbounded(steps) == []
        assert not any("TEMP B-TREE" in step for step in steps)
