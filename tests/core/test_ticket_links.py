"""Links to tickets: whom they let in, for how long, and what is done through them."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from cstar_core import Forbidden, Helpdesk, NotFound, Ticket, Workspace
from cstar_core.ticket_links import STAMP, parse_token, seal
from tests.core.vocabulary import NOTHING, ManualClock, refusal

DEAD = "Ticket link not found"


def ask(room: Workspace, name: str = "Jane", **more: Any) -> Ticket:
    """A ticket of a customer, with a first message."""
    values = {"title": "Help", "initial_message": f"{name} asks"} | more
    return room.tickets.create(**values, customer_email=f"{name}@example.com", customer_name=name)


def refuses(room: Workspace, token: str) -> bool:
    with pytest.raises(NotFound, match=DEAD):
        room.ticket_links.open(token)
    return True


def test_a_link_opens_its_ticket(acme: Workspace) -> None:
    ticket = ask(acme)
    seen = acme.ticket_links.open(acme.ticket_links.link(ticket.id)).read()
    assert (seen.number, seen.title, seen.status) == (ticket.number, "Help", "new")
    assert [(each.content, each.sender_name) for each in seen.messages] == [("Jane asks", "Jane")]
    assert (seen.earlier, seen.joined, seen.fields) == (False, False, ())


def test_a_link_ends_when_it_is_said_to(acme: Workspace, clock: ManualClock) -> None:
    ticket = ask(acme)
    token = acme.ticket_links.link(ticket.id, expires_in=timedelta(minutes=1))
    clock.tick(seconds=59)
    opened = acme.ticket_links.open(token)
    clock.tick(seconds=1)
    assert refuses(acme, token)
    for act in (opened.read, lambda: opened.answer("Too late")):
        with pytest.raises(NotFound, match=DEAD):
            act()
    assert len(acme.messages.list(ticket.id)) == 1


def test_a_link_lasts_ninety_days_if_nothing_is_said(acme: Workspace, clock: ManualClock) -> None:
    token = acme.ticket_links.link(ask(acme).id)
    clock.tick(days=89)
    assert acme.ticket_links.open(token).read().number == 1
    clock.tick(days=1)
    assert refuses(acme, token)


@pytest.mark.parametrize("span", [timedelta(0), timedelta(days=-1), timedelta(days=3651), 30])
def test_a_lifetime_has_bounds(acme: Workspace, span: Any) -> None:
    assert refusal(acme.ticket_links.link, ask(acme).id, expires_in=span) == [
        "expires_in must be more than nothing and at most ten years"
    ]


def test_the_shortest_lifetime_is_not_cut_to_nothing(acme: Workspace) -> None:
    token = acme.ticket_links.link(ask(acme).id, expires_in=timedelta(microseconds=1))
    assert acme.ticket_links.open(token).read().number == 1


def test_a_ticket_without_a_customer_has_no_link(acme: Workspace) -> None:
    ticket = acme.tickets.create(title="Ours")
    assert refusal(acme.ticket_links.link, ticket.id) == [
        "ticket_id must be the id of a ticket with a customer"
    ]


@pytest.mark.parametrize("id", [NOTHING, f"tkt_{'0' * 32}", "x", ""])
def test_an_unknown_ticket_has_no_link(acme: Workspace, id: str) -> None:
    with pytest.raises(NotFound, match="Ticket not found"):
        acme.ticket_links.link(id)


def test_a_publishable_key_makes_no_link_and_answers_nothing(
    desk: Helpdesk, acme: Workspace, template: tuple[Path, str]
) -> None:
    ticket = ask(acme)
    token = acme.ticket_links.link(ticket.id)
    access = desk.keys.authenticate(template[1])
    assert access is not None
    reader = desk.workspace_of(access)
    for act in (
        lambda: reader.ticket_links.link(ticket.id),
        reader.ticket_links.end_all,
        lambda: reader.ticket_links.open(token).answer("x"),
    ):
        with pytest.raises(Forbidden):
            act()


def test_a_link_is_unknown_elsewhere(
    acme: Workspace, sandbox: Workspace, globex: Workspace
) -> None:
    token = acme.ticket_links.link(ask(acme).id)
    for other in (sandbox, globex):
        assert refuses(other, token)
        other.ticket_links.link(ask(other).id)
        assert refuses(other, token)


@pytest.mark.parametrize("token", ["", "x", "A" * 56, "\ud800" * 56, "\0"])
def test_what_is_no_link_opens_nothing(acme: Workspace, token: str) -> None:
    assert refuses(acme, token)
    acme.ticket_links.link(ask(acme).id)
    assert refuses(acme, token)


def test_a_stamp_is_no_link(acme: Workspace) -> None:
    token = parse_token(acme.ticket_links.link(ask(acme).id))
    assert token is not None
    assert refuses(acme, acme.customer_form.stamp())
    assert refuses(acme, seal("guessed", STAMP, token.uid, token.at))


def merged(room: Workspace, ticket: Ticket) -> None:
    room.tickets.merge(ticket.id, into=ask(room).id)


GONE: list[Callable[[Workspace, Ticket], object]] = [
    lambda room, ticket: room.tickets.delete(ticket.id),
    lambda room, ticket: room.tickets.update(ticket.id, customer_id=None),
    lambda room, ticket: room.tickets.update(
        ticket.id, customer_id=room.customers.create(name="Other").id
    ),
    lambda room, ticket: room.customers.delete(str(ticket.customer_id)),
    lambda room, ticket: room.customers.erase(str(ticket.customer_id)),
    lambda room, _: room.ticket_links.end_all(),
]


@pytest.mark.parametrize("happens", GONE)
@pytest.mark.parametrize("before", [lambda room, ticket: None, merged])
def test_a_link_dies_with_what_it_was_for(
    acme: Workspace,
    before: Callable[[Workspace, Ticket], object],
    happens: Callable[[Workspace, Ticket], object],
) -> None:
    ticket = ask(acme)
    token = acme.ticket_links.link(ticket.id)
    before(acme, ticket)
    assert acme.ticket_links.open(token).read().number
    happens(acme, ticket)
    assert refuses(acme, token)


def test_links_go_on_after_others_ended(acme: Workspace, sandbox: Workspace) -> None:
    ticket, other = ask(acme), ask(sandbox)
    elsewhere = sandbox.ticket_links.link(other.id)
    acme.ticket_links.end_all()
    assert acme.ticket_links.open(acme.ticket_links.link(ticket.id)).read().number == 1
    assert sandbox.ticket_links.open(elsewhere).read().number == 1
    ended = acme.events.list(types="ticket_links.ended").items
    assert [event.object_id for event in ended] == [acme.team.id]


def test_an_answer_is_a_message_of_the_customer_that_reopens(acme: Workspace) -> None:
    ticket = ask(acme)
    acme.tickets.update(ticket.id, status="resolved")
    acme.ticket_links.open(acme.ticket_links.link(ticket.id)).answer("Still broken")
    after = acme.tickets.get(ticket.id)
    assert after.status == "open"
    last = acme.messages.list(ticket.id)[-1]
    assert (last.content, last.sender, last.sender_name) == ("Still broken", "customer", "Jane")
    told = [event.type for event in acme.events.list(page_size=100).items][-3:]
    assert told == ["message.created", "ticket.updated", "ticket.reopened"]
    assert acme.events.list(page_size=100).items[-1].actor.type == "system"


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("", "content is required"),
        (" \n", "content is required"),
        ("x" * 100_001, "content must be at most 100,000 characters"),
        ("a\0", "content must be Unicode text without U+0000"),
        ("\ud800", "content must be Unicode text without U+0000"),
        (None, "content is required"),
        (7, "content must be a string"),
    ],
)
def test_an_answer_has_the_rules_of_a_message(acme: Workspace, content: Any, problem: str) -> None:
    ticket = ask(acme)
    opened = acme.ticket_links.open(acme.ticket_links.link(ticket.id))
    assert refusal(opened.answer, content, once="1") == [problem]
    assert len(acme.messages.list(ticket.id)) == 1


def test_an_answer_that_is_sent_twice_is_added_once(acme: Workspace, clock: ManualClock) -> None:
    ticket = ask(acme)
    opened = acme.ticket_links.open(acme.ticket_links.link(ticket.id))
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda _: opened.answer("Yes", once="1"), range(8)))
    opened.answer("No", once="1")
    opened.answer("Yes", once="2")
    opened.answer("Yes")
    clock.tick(days=1)
    opened.answer("Yes", once="1")
    contents = [each.content for each in acme.messages.list(ticket.id)]
    assert contents == ["Jane asks", "Yes", "No", "Yes", "Yes", "Yes"]


def test_an_erased_customer_leaves_nothing_of_what_they_sent(acme: Workspace) -> None:
    ticket = ask(acme)
    acme.ticket_links.open(acme.ticket_links.link(ticket.id)).answer("Yes", once="1")
    assert acme.customers.erase(str(ticket.customer_id)).receipts == 1


def test_links_are_not_in_an_export(acme: Workspace, desk: Helpdesk, tmp_path: Path) -> None:
    acme.ticket_links.link(ask(acme).id)
    with desk._store.snapshot() as snap:
        secret = str(snap.sql("SELECT secret FROM link_secrets")[0][0]).encode()
    desk.export(tmp_path / "out")
    assert len(secret) == 43
    assert not any(secret in file.read_bytes() for file in (tmp_path / "out").iterdir())
