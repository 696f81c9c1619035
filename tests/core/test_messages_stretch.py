"""A part of a thread: the newest, those before one, those around one; and what is new of it."""

import random
from typing import Any

import pytest

from cstar_core import Helpdesk, NotFound, Workspace
from cstar_core.tickets.stretch import STRETCH_CHARACTERS_MAX
from tests.core.tracing import queries, scans, steps_of
from tests.core.vocabulary import NOTHING, ManualClock, ids, refusal


@pytest.fixture
def ticket(desk: Helpdesk, acme: Workspace) -> str:
    made = acme.tickets.create(title="Long", customer_name="Jane").id
    with desk.transaction():
        for number in range(10):
            acme.messages.create(made, content=str(number), sender="customer")
    return made


def said(room: Workspace, ticket: str, **asked: Any) -> tuple[str, int, int]:
    part = room.messages.stretch(ticket, **asked)
    return "".join(each.content for each in part.messages), part.earlier, part.later


def id_of(room: Workspace, ticket: str, number: int) -> str:
    return room.messages.list(ticket)[number].id


def test_the_newest_messages_are_the_first_that_one_sees(acme: Workspace, ticket: str) -> None:
    assert said(acme, ticket, size=3) == ("789", 7, 0)
    assert said(acme, ticket) == ("0123456789", 0, 0)


def test_those_before_one_come_next(acme: Workspace, ticket: str) -> None:
    assert said(acme, ticket, size=3, before=id_of(acme, ticket, 7)) == ("456", 4, 3)
    assert said(acme, ticket, size=3, before=id_of(acme, ticket, 1)) == ("0", 0, 9)
    assert said(acme, ticket, size=3, before=id_of(acme, ticket, 0)) == ("", 0, 10)


def test_one_is_shown_with_those_around_it(acme: Workspace, ticket: str) -> None:
    assert said(acme, ticket, size=7, at=id_of(acme, ticket, 6)) == ("1234567", 1, 2)
    assert said(acme, ticket, size=1, at=id_of(acme, ticket, 6)) == ("6", 6, 3)
    assert said(acme, ticket, size=3, at="first") == ("012", 0, 7)


def test_an_empty_thread_is_one_too(acme: Workspace) -> None:
    empty = acme.tickets.create(title="x").id
    for at in (None, "first"):
        part = acme.messages.stretch(empty, at=at, seen="none")
        assert (part.messages, part.earlier, part.later, part.newest) == ((), 0, 0, "none")
        assert (part.unseen, part.first_unseen) == (frozenset(), None)


def test_the_last_message_is_named_wherever_one_looks(acme: Workspace, ticket: str) -> None:
    newest = acme.messages.list(ticket)[-1].id
    for asked in ({}, {"at": "first"}, {"before": id_of(acme, ticket, 0)}):
        assert acme.messages.stretch(ticket, size=2, **asked).newest == newest


def test_what_was_not_seen_yet_is_told(acme: Workspace, ticket: str) -> None:
    thread = acme.messages.list(ticket)
    part = acme.messages.stretch(ticket, size=3, seen=thread[7].id)
    assert (part.unseen, part.first_unseen) == ({thread[8].id, thread[9].id}, thread[8].id)
    above = acme.messages.stretch(ticket, size=3, seen=thread[2].id)
    assert (above.unseen, above.first_unseen) == (set(ids(thread[7:])), thread[3].id)
    for seen in (thread[9].id, None, NOTHING):
        part = acme.messages.stretch(ticket, seen=seen)
        assert (part.unseen, part.first_unseen) == (frozenset(), None)
    assert acme.messages.stretch(ticket, seen="none").first_unseen == thread[0].id


def test_no_more_text_is_read_than_a_page_shows(acme: Workspace, ticket: str) -> None:
    for _ in range(7):
        acme.messages.create(ticket, content="x" * 100_000)
    part = acme.messages.stretch(ticket)
    assert sum(len(each.content) for each in part.messages) == STRETCH_CHARACTERS_MAX
    assert (len(part.messages), part.earlier, part.later) == (5, 12, 0)
    around = acme.messages.stretch(ticket, at=id_of(acme, ticket, 11))
    assert (len(around.messages), around.earlier + around.later) == (5, 12)


def test_what_came_by_the_form_is_unproved_wherever_it_is(acme: Workspace, ticket: str) -> None:
    claimed = acme.tickets.create(
        title="x", customer_name="J", metadata={"source": "form"}, initial_message="I am Jane"
    ).id
    asked = acme.messages.list(claimed)[0].id
    acme.messages.create(claimed, content="Are you?")
    assert acme.messages.stretch(claimed).unproved == {asked}
    acme.tickets.merge(claimed, into=ticket)
    assert acme.messages.stretch(ticket).unproved == {asked}
    assert acme.messages.stretch(claimed).messages == ()


WRONG: tuple[tuple[dict[str, Any], list[str]], ...] = (
    ({"size": 0}, ["size must be an integer from 1 to 200"]),
    ({"size": True, "at": 7}, ["size must be an integer", "at must be an id"]),
    ({"before": "x", "seen": "y"}, ["seen must be an id", "before must be an id"]),
    ({"before": NOTHING, "at": "first"}, ["at must not stand beside before"]),
)


@pytest.mark.parametrize(("asked", "told"), WRONG)
def test_what_cannot_be_asked_for_is_refused(
    acme: Workspace, ticket: str, asked: dict[str, Any], told: list[str]
) -> None:
    found = refusal(acme.messages.stretch, ticket, **asked)
    assert len(found) == len(told)
    assert all(one.startswith(other) for one, other in zip(found, told, strict=True))


def test_a_message_of_another_ticket_is_not_there(acme: Workspace, ticket: str) -> None:
    other = acme.tickets.create(title="x", customer_name="Bo", initial_message="y").id
    foreign = acme.messages.list(other)[0].id
    for asked in ({"before": foreign}, {"at": foreign}):
        with pytest.raises(NotFound, match="Message not found"):
            acme.messages.stretch(ticket, **asked)


def test_a_ticket_can_be_read_without_its_thread(
    desk: Helpdesk, acme: Workspace, ticket: str
) -> None:
    run = queries(desk, lambda: acme.tickets.get(ticket, with_messages=False))
    assert [text for text in run if 'FROM "messages"' in text] == []
    assert acme.tickets.get(ticket, with_messages=False).messages is None


@pytest.mark.parametrize("asked", [{}, {"at": "first"}, {"seen": "none"}])
def test_it_runs_as_many_queries_however_long_the_thread_is(
    desk: Helpdesk, acme: Workspace, ticket: str, asked: dict[str, str]
) -> None:
    def look() -> object:
        return acme.messages.stretch(ticket, size=5, **asked)

    few = queries(desk, look)
    with desk.transaction():
        for number in range(300):
            acme.messages.create(ticket, content=str(number), sender="customer")
    many = queries(desk, look)
    assert len(many) == len(few) <= 7
    assert [step for text in many for step in scans(steps_of(desk, text))] == []


@pytest.mark.parametrize("seed", range(6))
def test_going_through_it_in_steps_shows_the_whole_thread(
    seed: int, acme: Workspace, clock: ManualClock
) -> None:
    """Whatever was merged and loaded, so that keys and times go different ways."""
    chance = random.Random(seed)
    tickets = [acme.tickets.create(title="x", customer_name="J").id for _ in range(3)]
    for number in range(40):
        clock.tick(seconds=chance.choice((0, 1)))
        acme.messages.create(chance.choice(tickets), content=str(number))
    for other in tickets[1:]:
        acme.tickets.merge(other, into=tickets[0])
    whole = acme.messages.list(tickets[0])
    size = chance.randint(1, 9)
    part = acme.messages.stretch(tickets[0], size=size)
    found = part.messages
    while part.earlier:
        part = acme.messages.stretch(tickets[0], size=size, before=found[0].id)
        found = part.messages + found
        assert part.earlier + len(part.messages) + part.later == len(whole)
    assert found == whole
