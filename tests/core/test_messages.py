"""The thread of a ticket: what a message is, and what it does to its ticket."""

from typing import Any

import pytest

from cstar_core import CONTENT_MAX, NAME_MAX, STATUSES, Actor, Helpdesk, NotFound, Workspace
from tests.core.vocabulary import NOTHING, START, ManualClock, ids, messages, refusal
from tests.core.witness import happened, types

LONG = "must be at most"
REFUSED: list[tuple[dict[str, Any], list[str]]] = [
    ({"content": ""}, ["content is required"]),
    ({"content": " \n"}, ["content is required"]),
    ({"content": None}, ["content is required"]),
    ({"content": 5}, ["content must be a string"]),
    ({"content": "x" * (CONTENT_MAX + 1)}, [f"content {LONG} 100,000 characters"]),
    ({"content": "a\0b"}, ["content must be Unicode text without U+0000"]),
    ({"sender": "robot"}, ["sender must be one of: customer, agent, system"]),
    ({"sender": None}, ["sender must be one of: customer, agent, system"]),
    ({"sender_name": "  "}, ["sender_name must not be blank"]),
    ({"sender_name": ""}, ["sender_name must not be blank"]),
    ({"sender_name": 5}, ["sender_name must be a string"]),
    ({"sender_name": "x" * (NAME_MAX + 1)}, [f"sender_name {LONG} 255 characters"]),
    ({"is_internal": 1}, ["is_internal must be true or false"]),
    ({"is_internal": None}, ["is_internal must be true or false"]),
    (
        {"sender": "customer", "is_internal": True},
        ["is_internal must be false for a customer's message"],
    ),
    (
        {"content": "", "sender": "x", "is_internal": "no"},
        [
            "content is required",
            "sender must be one of: customer, agent, system",
            "is_internal must be true or false",
        ],
    ),
]

# Which status a message leaves: sender, internal, then one for each of STATUSES.
EFFECTS = [
    ("agent", False, ("open", "open", "pending", "resolved", "closed")),
    ("agent", True, ("new", "open", "pending", "resolved", "closed")),
    ("system", False, ("new", "open", "pending", "resolved", "closed")),
    ("system", True, ("new", "open", "pending", "resolved", "closed")),
    ("customer", False, ("new", "open", "open", "open", "open")),
]
TRANSITIONS = [
    (sender, internal, before, after)
    for sender, internal, row in EFFECTS
    for before, after in zip(STATUSES, row, strict=True)
]


@pytest.fixture
def ticket(acme: Workspace) -> str:
    return acme.tickets.create(title="Cannot log in", customer_name="Jane Smith").id


@pytest.mark.parametrize(("values", "problems"), REFUSED)
def test_a_message_that_breaks_a_rule_is_refused(
    acme: Workspace, ticket: str, values: dict[str, Any], problems: list[str]
) -> None:
    assert refusal(acme.messages.create, ticket, **({"content": "Hello"} | values)) == problems


@pytest.mark.parametrize(("values", "problems"), REFUSED)
def test_checking_a_message_says_what_making_it_would(
    acme: Workspace, values: dict[str, Any], problems: list[str]
) -> None:
    assert messages(acme.messages.check({"content": "Hello"} | values)) == problems


def test_checking_a_message_without_content_says_so(acme: Workspace) -> None:
    assert messages(acme.messages.check({})) == ["content is required"]


def test_an_unknown_member_of_a_message_suggests_the_nearest_one(acme: Workspace) -> None:
    problems = acme.messages.check({"content": "x", "contnet": "y"})
    assert messages(problems) == ["contnet is not known; did you mean content?"]


def test_a_refused_message_leaves_the_ticket_as_it_was(acme: Workspace, ticket: str) -> None:
    before = acme.tickets.get(ticket)
    refusal(acme.messages.create, ticket, content="")
    assert acme.tickets.get(ticket) == before


def test_a_refused_message_leaves_no_event(acme: Workspace, ticket: str) -> None:
    assert happened(acme, acme.messages.create, ticket, content="") == []


def test_the_longest_content_is_kept_whole(acme: Workspace, ticket: str) -> None:
    content = "é" * CONTENT_MAX
    assert acme.messages.create(ticket, content=content).content == content


def test_content_is_kept_as_it_was_sent(acme: Workspace, ticket: str) -> None:
    content = "  e\u0301 \r\n\t<b>\U0001f600 "
    acme.messages.create(ticket, content=content)
    assert acme.messages.list(ticket)[0].content == content


def test_a_message_is_from_an_agent_and_public_unless_it_says_otherwise(
    acme: Workspace, ticket: str
) -> None:
    made = acme.messages.create(ticket, content="Hello")
    assert (made.sender, made.is_internal) == ("agent", False)


def test_a_message_names_its_ticket_and_its_instant(
    acme: Workspace, ticket: str, clock: ManualClock
) -> None:
    clock.tick(minutes=5)
    made = acme.messages.create(ticket, content="Hello")
    assert (made.ticket_id, made.created_at) == (ticket, clock.now)


def test_what_is_made_is_what_is_read(acme: Workspace, ticket: str) -> None:
    made = acme.messages.create(
        ticket, content="Hello", sender="system", sender_name="Bot", is_internal=True
    )
    assert acme.messages.list(ticket) == (made,)


@pytest.mark.parametrize(
    ("sender", "name"), [("customer", "Jane Smith"), ("agent", "Acme"), ("system", "System")]
)
def test_each_sender_has_a_name_of_its_own(
    acme: Workspace, ticket: str, sender: str, name: str
) -> None:
    assert acme.messages.create(ticket, content="Hello", sender=sender).sender_name == name


def test_a_name_that_is_given_stands(acme: Workspace, ticket: str) -> None:
    made = acme.messages.create(ticket, content="Hello", sender_name="x" * NAME_MAX)
    assert made.sender_name == "x" * NAME_MAX


def test_a_customer_of_a_ticket_without_one_is_called_customer(acme: Workspace) -> None:
    ticket = acme.tickets.create(title="No customer").id
    made = acme.messages.create(ticket, content="Hello", sender="customer")
    assert made.sender_name == "Customer"


def test_a_message_keeps_the_name_that_its_customer_had(acme: Workspace, ticket: str) -> None:
    acme.messages.create(ticket, content="Hello", sender="customer")
    customer = acme.tickets.get(ticket).customer_id
    assert customer is not None
    acme.customers.update(customer, name="Jane Doe")
    assert acme.messages.list(ticket)[0].sender_name == "Jane Smith"


def test_a_thread_is_listed_oldest_first(acme: Workspace, ticket: str) -> None:
    made = [acme.messages.create(ticket, content=str(i)) for i in range(3)]
    assert ids(acme.messages.list(ticket)) == ids(made)


def test_a_thread_is_what_its_ticket_shows(acme: Workspace, ticket: str) -> None:
    acme.messages.create(ticket, content="Hello")
    assert acme.tickets.get(ticket).messages == acme.messages.list(ticket)


def test_a_thread_has_only_its_own_messages(acme: Workspace, ticket: str) -> None:
    other = acme.tickets.create(title="Other").id
    acme.messages.create(other, content="Hello")
    assert acme.messages.list(ticket) == ()


@pytest.mark.parametrize(("sender", "internal", "before", "after"), TRANSITIONS)
def test_a_message_moves_the_status_as_it_must(
    acme: Workspace, ticket: str, sender: str, internal: bool, before: str, after: str
) -> None:
    acme.tickets.update(ticket, status=before)
    acme.messages.create(ticket, content="Hello", sender=sender, is_internal=internal)
    assert acme.tickets.get(ticket).status == after


@pytest.mark.parametrize("status", ["resolved", "closed"])
def test_a_customers_message_clears_the_stamps_of_what_was_done(
    acme: Workspace, ticket: str, status: str
) -> None:
    acme.tickets.update(ticket, status=status)
    acme.messages.create(ticket, content="Hello", sender="customer")
    after = acme.tickets.get(ticket)
    assert (after.resolved_at, after.closed_at) == (None, None)


def test_each_message_raises_the_count(acme: Workspace, ticket: str) -> None:
    acme.messages.create(ticket, content="Hello")
    acme.messages.create(ticket, content="Psst", is_internal=True)
    assert acme.tickets.get(ticket).message_count == 2


@pytest.mark.parametrize("internal", [False, True])
def test_each_message_moves_the_time_of_the_last_update(
    acme: Workspace, ticket: str, clock: ManualClock, internal: bool
) -> None:
    clock.tick(hours=1)
    acme.messages.create(ticket, content="Hello", is_internal=internal)
    assert acme.tickets.get(ticket).updated_at == clock.now


def test_a_message_leaves_the_time_of_making(
    acme: Workspace, ticket: str, clock: ManualClock
) -> None:
    clock.tick(hours=1)
    acme.messages.create(ticket, content="Hello")
    assert acme.tickets.get(ticket).created_at == START


def test_a_message_makes_a_new_version_of_its_ticket(acme: Workspace, ticket: str) -> None:
    before = acme.tickets.get(ticket).version
    acme.messages.create(ticket, content="Hello")
    assert acme.tickets.get(ticket).version == before + 1


def test_a_message_is_an_event_of_its_own(acme: Workspace, ticket: str) -> None:
    acme.tickets.update(ticket, status="open")
    (event,) = happened(acme, acme.messages.create, ticket, content="Hello", is_internal=True)
    assert (event.type, event.data, event.changes) == (
        "message.created",
        {"ticketId": ticket, "sender": "agent", "isInternal": True},
        {},
    )


def test_the_event_names_the_message(acme: Workspace, ticket: str) -> None:
    events = happened(acme, acme.messages.create, ticket, content="Hello")
    assert events[0].object_id == acme.messages.list(ticket)[0].id


def test_the_event_does_not_quote_the_message(acme: Workspace, ticket: str) -> None:
    events = happened(acme, acme.messages.create, ticket, content="hunter2")
    assert "hunter2" not in repr(events)


def test_a_first_answer_is_an_update_of_the_status_too(acme: Workspace, ticket: str) -> None:
    events = happened(acme, acme.messages.create, ticket, content="Hello")
    assert [(event.type, event.changes) for event in events] == [
        ("message.created", {}),
        ("ticket.updated", {"status": {"from": "new", "to": "open"}}),
    ]


def test_a_customers_message_reopens_what_was_closed(acme: Workspace, ticket: str) -> None:
    acme.tickets.update(ticket, status="closed")
    events = happened(acme, acme.messages.create, ticket, content="Hello", sender="customer")
    assert types(events) == ["message.created", "ticket.updated", "ticket.reopened"]


def test_the_events_of_a_message_stand_in_the_history_of_its_ticket(
    acme: Workspace, ticket: str
) -> None:
    events = happened(acme, acme.messages.create, ticket, content="Hello")
    assert list(acme.events.of_ticket(ticket).items[-2:]) == events


def test_the_event_says_who_wrote(desk: Helpdesk, acme: Workspace, ticket: str) -> None:
    ada = Actor("member", acme.members.create(name="Ada", email="ada@example.com").id)
    events = happened(
        acme, desk.workspace("acme", actor=ada).messages.create, ticket, content="Hello"
    )
    assert {event.actor for event in events} == {ada}


FOREIGN = ["", "tkt_", "x", "1", f"tkt_{'0' * 32}", NOTHING]


@pytest.mark.parametrize("id", FOREIGN)
def test_a_ticket_that_is_not_there_has_no_thread(acme: Workspace, id: str) -> None:
    with pytest.raises(NotFound, match="Ticket not found"):
        acme.messages.list(id)


@pytest.mark.parametrize("id", FOREIGN)
def test_a_ticket_that_is_not_there_takes_no_message(acme: Workspace, id: str) -> None:
    with pytest.raises(NotFound, match="Ticket not found"):
        acme.messages.create(id, content="Hello")


@pytest.mark.parametrize("elsewhere", ["globex", "sandbox"])
def test_a_ticket_of_another_workspace_has_no_thread_here(
    ticket: str, elsewhere: str, request: pytest.FixtureRequest
) -> None:
    with pytest.raises(NotFound):
        request.getfixturevalue(elsewhere).messages.list(ticket)


@pytest.mark.parametrize("elsewhere", ["globex", "sandbox"])
def test_a_ticket_of_another_workspace_takes_no_message_from_here(
    ticket: str, elsewhere: str, request: pytest.FixtureRequest
) -> None:
    with pytest.raises(NotFound):
        request.getfixturevalue(elsewhere).messages.create(ticket, content="Hello")


def test_the_uuid_of_a_ticket_opens_its_thread(acme: Workspace, ticket: str) -> None:
    hex = ticket.removeprefix("tkt_")
    dashed = "-".join((hex[:8], hex[8:12], hex[12:16], hex[16:20], hex[20:]))
    made = acme.messages.create(dashed, content="Hello")
    assert made.ticket_id == ticket


def test_who_must_not_see_internal_messages_gets_the_public_ones(
    acme: Workspace, public: Workspace, ticket: str
) -> None:
    shown = acme.messages.create(ticket, content="Hello")
    acme.messages.create(ticket, content="Psst", is_internal=True)
    assert public.messages.list(ticket) == (shown,)


def test_a_message_can_be_searched_for_at_once(acme: Workspace, ticket: str) -> None:
    acme.messages.create(ticket, content="The marmalade is stuck")
    assert ids(acme.tickets.list(search="marmalade").items) == [ticket]
