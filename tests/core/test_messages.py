"""Messages: the thread of a ticket."""

from typing import Any

import pytest

from cstar_core import NotFound, Ticket, Workspace
from tests.core.vocabulary import NOTHING, START, ManualClock, messages, refusal

SENDER = "sender must be one of: customer, agent, system"
PROBLEMS: list[tuple[dict[str, Any], list[str]]] = [
    ({"content": "x"}, []),
    ({"content": "x" * 100_000}, []),
    ({"content": "x", "sender": "system", "is_internal": True}, []),
    ({"content": "x", "sender_name": None}, []),
    ({}, ["content is required"]),
    ({"content": ""}, ["content is required"]),
    ({"content": " \n"}, ["content is required"]),
    ({"content": None}, ["content is required"]),
    ({"content": 5}, ["content must be a string"]),
    ({"content": "x" * 100_001}, ["content must be at most 100,000 characters"]),
    ({"content": "\0"}, ["content must be Unicode text without U+0000"]),
    ({"content": "x", "sender": "bot"}, [SENDER]),
    ({"content": "x", "sender": None}, [SENDER]),
    ({"content": "x", "sender_name": " "}, ["sender_name must not be blank"]),
    ({"content": "x", "sender_name": "n" * 256}, ["sender_name must be at most 255 characters"]),
    ({"content": "x", "is_internal": 1}, ["is_internal must be true or false"]),
    (
        {"content": "x", "sender": "customer", "is_internal": True},
        ["is_internal must be false for a customer's message"],
    ),
    ({"content": "x", "body": 1}, ["body is not known"]),
]


@pytest.fixture
def ticket(acme: Workspace) -> Ticket:
    return acme.tickets.create(title="x", customer_name="Jane Smith")


@pytest.mark.parametrize(("values", "problems"), PROBLEMS)
def test_a_message_has_rules(acme: Workspace, values: dict[str, Any], problems: list[str]) -> None:
    assert messages(acme.messages.check(values)) == problems


def test_a_refused_message_leaves_no_trace(acme: Workspace, ticket: Ticket) -> None:
    assert refusal(acme.messages.create, ticket.id, content="") == ["content is required"]
    assert acme.tickets.get(ticket.id) == ticket


def test_a_message_is_a_public_one_of_an_agent_unless_said_otherwise(
    acme: Workspace, ticket: Ticket
) -> None:
    made = acme.messages.create(ticket.id, content=" Hello ")
    assert (made.ticket_id, made.content, made.created_at) == (ticket.id, " Hello ", START)
    assert (made.sender, made.sender_name, made.is_internal) == ("agent", "Acme", False)


@pytest.mark.parametrize(
    ("sender", "name"), [("agent", "Acme"), ("customer", "Jane Smith"), ("system", "System")]
)
def test_a_sender_has_a_name_by_default(
    acme: Workspace, ticket: Ticket, sender: str, name: str
) -> None:
    assert acme.messages.create(ticket.id, content="x", sender=sender).sender_name == name


def test_a_customer_without_a_name_is_called_customer(acme: Workspace) -> None:
    ticket = acme.tickets.create(title="x")
    made = acme.messages.create(ticket.id, content="x", sender="customer")
    assert made.sender_name == "Customer"


def test_a_sender_may_be_named(acme: Workspace, ticket: Ticket) -> None:
    assert acme.messages.create(ticket.id, content="x", sender_name="Ada").sender_name == "Ada"


def test_messages_are_listed_oldest_first(acme: Workspace, ticket: Ticket) -> None:
    made = tuple(acme.messages.create(ticket.id, content=str(i)) for i in range(5))
    assert acme.messages.list(ticket.id) == made
    assert acme.tickets.get(ticket.id).messages == made


def test_a_message_counts_and_touches_the_ticket(
    acme: Workspace, ticket: Ticket, clock: ManualClock
) -> None:
    clock.tick(hours=1)
    acme.messages.create(ticket.id, content="x", is_internal=True)
    after = acme.tickets.get(ticket.id)
    assert (after.message_count, after.updated_at, after.version) == (1, clock.now, 2)
    assert after.created_at == START


def test_a_public_agent_message_opens_a_new_ticket(acme: Workspace, ticket: Ticket) -> None:
    acme.messages.create(ticket.id, content="x")
    assert acme.tickets.get(ticket.id).status == "open"


def test_an_internal_message_does_not(acme: Workspace, ticket: Ticket) -> None:
    acme.messages.create(ticket.id, content="x", is_internal=True)
    assert acme.tickets.get(ticket.id).status == "new"


@pytest.mark.parametrize("status", ["pending", "resolved", "closed"])
def test_a_customers_message_opens_what_waits_or_is_done(acme: Workspace, status: str) -> None:
    ticket = acme.tickets.create(title="x", status=status)
    acme.messages.create(ticket.id, content="again", sender="customer")
    after = acme.tickets.get(ticket.id)
    assert (after.status, after.resolved_at, after.closed_at) == ("open", None, None)
    assert acme.tickets.list(status="open").total == 1


def test_a_message_that_reopens_is_in_the_tickets_history(acme: Workspace) -> None:
    ticket = acme.tickets.create(title="x", status="closed")
    acme.messages.create(ticket.id, content="again", sender="customer")
    history = [event.type for event in acme.events.of_ticket(ticket.id).items]
    assert history == ["ticket.created", "message.created", "ticket.updated", "ticket.reopened"]


@pytest.mark.parametrize("id", [f"tkt_{'0' * 32}", NOTHING, "x"])
def test_a_message_needs_a_ticket(acme: Workspace, id: str) -> None:
    with pytest.raises(NotFound, match="Ticket not found"):
        acme.messages.create(id, content="x")
    with pytest.raises(NotFound, match="Ticket not found"):
        acme.messages.list(id)


@pytest.mark.parametrize("other", ["globex", "sandbox"])
def test_a_ticket_of_elsewhere_takes_no_message(
    other: str, ticket: Ticket, request: pytest.FixtureRequest
) -> None:
    elsewhere: Workspace = request.getfixturevalue(other)
    with pytest.raises(NotFound):
        elsewhere.messages.create(ticket.id, content="x")
    with pytest.raises(NotFound):
        elsewhere.messages.list(ticket.id)


def test_a_publishable_key_does_not_see_internal_messages(
    acme: Workspace, public: Workspace, ticket: Ticket
) -> None:
    acme.messages.create(ticket.id, content="for us", is_internal=True)
    seen = acme.messages.create(ticket.id, content="for all")
    assert public.messages.list(ticket.id) == (seen,)
