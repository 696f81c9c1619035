"""Events: what happened, in the order in which it happened."""

import re
import uuid
from typing import Any

import pytest

from cstar_core import EVENT_TYPES, SYSTEM, Actor, Helpdesk, NotFound, Ticket, Workspace
from cstar_core.events import difference
from tests.core.vocabulary import NOTHING, START, ids, refusal, walk_cursor, walk_pages


def types(events: Any) -> list[str]:
    return [event.type for event in events.items]


@pytest.fixture
def ticket(acme: Workspace) -> Ticket:
    return acme.tickets.create(title="Refund", customer_name="Jane")


def test_the_types_are_fixed_and_in_the_past() -> None:
    assert all(re.fullmatch(r"[a-z_]+\.([a-z_]+ed(_in)?|held|reset)", type) for type in EVENT_TYPES)
    assert len(set(EVENT_TYPES)) == len(EVENT_TYPES)


def test_events_are_listed_oldest_first(acme: Workspace, ticket: Ticket) -> None:
    assert types(acme.events.list()) == [
        "team.created",
        "key.created",
        "customer.created",
        "ticket.created",
    ]


def test_an_event_says_what_happened(acme: Workspace, ticket: Ticket) -> None:
    event = acme.events.of_ticket(ticket.id).items[0]
    assert (event.type, event.object_id, event.created_at) == ("ticket.created", ticket.id, START)
    assert (event.changes, event.actor) == ({}, SYSTEM)
    assert event.data == {
        "number": 1,
        "title": "Refund",
        "status": "new",
        "priority": "normal",
        "customerId": ticket.customer_id,
        "assignedTo": None,
    }


def test_an_events_id_is_a_uuid_with_a_prefix(acme: Workspace) -> None:
    for event in acme.events.list().items:
        made = uuid.UUID(event.id.removeprefix("evt_"))
        assert (made.version, made.variant) == (8, uuid.RFC_4122)


def test_the_ids_of_two_workspaces_differ(acme: Workspace, globex: Workspace) -> None:
    assert acme.events.list().items[0].id != globex.events.list().items[0].id


def test_an_update_says_what_was_before_and_after(acme: Workspace, ticket: Ticket) -> None:
    acme.tickets.update(ticket.id, title="Refund 2", tags="a", customer_id=None, metadata={"x": 1})
    last = acme.events.of_ticket(ticket.id).items[-1]
    assert last.type == "ticket.updated"
    assert last.changes == {
        "title": {"from": "Refund", "to": "Refund 2"},
        "tags": {"from": [], "to": ["a"]},
        "customerId": {"from": ticket.customer_id, "to": None},
        "metadata": {"from": {}, "to": {"x": 1}},
    }
    assert (last.data["title"], last.data["customerId"]) == ("Refund 2", None)


NARROWER: list[tuple[dict[str, Any], list[str]]] = [
    ({"status": "open"}, ["ticket.updated"]),
    ({"status": "resolved"}, ["ticket.updated", "ticket.resolved"]),
    ({"status": "closed"}, ["ticket.updated", "ticket.closed"]),
    ({"priority": "high"}, ["ticket.updated"]),
]


@pytest.mark.parametrize(("changes", "expected"), NARROWER)
def test_a_change_may_raise_a_narrower_event_too(
    acme: Workspace, ticket: Ticket, changes: dict[str, Any], expected: list[str]
) -> None:
    acme.tickets.update(ticket.id, **changes)
    assert types(acme.events.of_ticket(ticket.id))[1:] == expected


def test_reopening_is_an_event(acme: Workspace, ticket: Ticket) -> None:
    acme.tickets.update(ticket.id, status="closed")
    acme.tickets.update(ticket.id, status="open")
    last = acme.events.of_ticket(ticket.id).items[-1]
    assert (last.type, last.changes) == (
        "ticket.reopened",
        {"status": {"from": "closed", "to": "open"}},
    )


def test_assigning_is_an_event(acme: Workspace, ticket: Ticket) -> None:
    ada = acme.members.create(name="Ada", email="ada@example.com")
    acme.tickets.update(ticket.id, assigned_to=ada.id)
    last = acme.events.of_ticket(ticket.id).items[-1]
    assert (last.type, last.changes) == (
        "ticket.assigned",
        {"assignedTo": {"from": None, "to": ada.id}},
    )


def test_a_ticket_made_assigned_is_assigned(acme: Workspace) -> None:
    ada = acme.members.create(name="Ada", email="ada@example.com")
    ticket = acme.tickets.create(title="x", assigned_to=ada.id)
    assert types(acme.events.of_ticket(ticket.id)) == ["ticket.created", "ticket.assigned"]


def test_a_message_is_an_event_of_its_ticket(acme: Workspace, ticket: Ticket) -> None:
    message = acme.messages.create(ticket.id, content="secret text", is_internal=True)
    last = acme.events.of_ticket(ticket.id).items[-1]
    assert (last.type, last.object_id) == ("message.created", message.id)
    assert last.data == {"ticketId": ticket.id, "sender": "agent", "isInternal": True}


def test_the_events_of_one_ticket_are_its_own(acme: Workspace, ticket: Ticket) -> None:
    other = acme.tickets.create(title="other")
    acme.messages.create(other.id, content="x")
    page = acme.events.of_ticket(ticket.id)
    assert (types(page), page.total) == (["ticket.created"], 1)


def test_a_deleted_ticket_leaves_no_text(desk: Helpdesk, acme: Workspace, ticket: Ticket) -> None:
    acme.tickets.update(ticket.id, title="Very private", notes="quite", tags="odd")
    acme.messages.create(ticket.id, content="x")
    acme.tickets.delete(ticket.id)
    events = acme.events.list(types="ticket.*,message.*").items
    assert [event.type for event in events][-1] == "ticket.deleted"
    assert [(event.data, event.changes) for event in events[:-1]] == [({}, {})] * 4
    assert (events[-1].data, events[-1].object_id) == ({"number": 1}, ticket.id)


def test_a_deleted_ticket_has_no_history_of_its_own(acme: Workspace, ticket: Ticket) -> None:
    acme.tickets.delete(ticket.id)
    with pytest.raises(NotFound, match="Ticket not found"):
        acme.events.of_ticket(ticket.id)


@pytest.mark.parametrize("id", [f"tkt_{'0' * 32}", NOTHING, "x"])
def test_an_unknown_ticket_has_no_history(acme: Workspace, id: str) -> None:
    with pytest.raises(NotFound, match="Ticket not found"):
        acme.events.of_ticket(id)


def test_the_history_of_elsewhere_is_not_shown(
    sandbox: Workspace, globex: Workspace, ticket: Ticket
) -> None:
    for elsewhere in (sandbox, globex):
        assert "ticket.created" not in types(elsewhere.events.list())
        with pytest.raises(NotFound):
            elsewhere.events.of_ticket(ticket.id)


@pytest.mark.parametrize("kind", ["key", "member"])
def test_an_event_names_who_acted(desk: Helpdesk, acme: Workspace, kind: str) -> None:
    if kind == "key":
        made = desk.keys.create("acme", type="secret", environment="live")
        access = desk.keys.authenticate(made.secret)
        assert access is not None
        room, actor = desk.workspace_of(access), Actor("key", made.key.id)
    else:
        ada = acme.members.create(name="Ada", email="ada@example.com")
        actor = Actor("member", ada.id)
        room = desk.workspace("acme", actor=actor)
    ticket = room.tickets.create(title="x")
    assert acme.events.of_ticket(ticket.id).items[0].actor == actor


PATTERNS: list[tuple[Any, list[str]]] = [
    ("ticket.*", ["ticket.created"]),
    ("ticket.created,customer.*", ["customer.created", "ticket.created"]),
    ([" ticket.created ", "team.*"], ["team.created", "ticket.created"]),
    (("key.created",), ["key.created"]),
    ("*", ["team.created", "key.created", "customer.created", "ticket.created"]),
    ((), ["team.created", "key.created", "customer.created", "ticket.created"]),
    ("member.*", []),
]


@pytest.mark.parametrize(("patterns", "expected"), PATTERNS)
def test_events_are_listed_by_type(
    acme: Workspace, ticket: Ticket, patterns: Any, expected: list[str]
) -> None:
    page = acme.events.list(types=patterns)
    assert (types(page), page.total) == (expected, len(expected))


@pytest.mark.parametrize("pattern", ["ticket", "ticket.", "tick*", "ticket.opened", "", "a,b"])
def test_a_type_that_does_not_exist_is_refused(acme: Workspace, pattern: str) -> None:
    [problem] = refusal(acme.events.list, types=pattern)
    assert problem.startswith("types must be patterns such as ticket.* or of: ticket.created, ")


def test_events_after_one_are_listed(acme: Workspace, ticket: Ticket) -> None:
    events = acme.events.list().items
    page = acme.events.list(after=events[1].id)
    assert (ids(page.items), page.total) == (ids(events[2:]), 2)
    assert acme.events.list(after=events[-1].id).items == ()


def test_events_after_one_may_be_of_some_types(acme: Workspace, ticket: Ticket) -> None:
    events = acme.events.list().items
    page = acme.events.list(after=events[1].id, types="ticket.*")
    assert (types(page), page.total) == (["ticket.created"], 1)


def test_an_event_may_be_named_by_a_plain_uuid(acme: Workspace) -> None:
    first = acme.events.list().items[0]
    plain = str(uuid.UUID(first.id.removeprefix("evt_")))
    assert acme.events.list(after=plain).total == 1


@pytest.mark.parametrize("after", ["", "x", NOTHING, f"evt_{'0' * 32}", f"tkt_{'0' * 32}"])
def test_after_must_be_an_event(acme: Workspace, after: str) -> None:
    assert refusal(acme.events.list, after=after) == ["after must be the id of an event"]


def test_an_event_of_another_workspace_is_no_event(acme: Workspace, globex: Workspace) -> None:
    foreign = globex.events.list().items[0].id
    assert refusal(acme.events.list, after=foreign) == ["after must be the id of an event"]


@pytest.mark.parametrize("query", [{}, {"types": "ticket.*"}, {"types": "ticket.*,key.*"}])
def test_a_walk_gives_every_event_once(acme: Workspace, query: dict[str, Any]) -> None:
    for i in range(7):
        acme.tickets.create(title=str(i))
    whole = ids(acme.events.list(page_size=100, **query).items)
    assert ids(walk_pages(acme.events.list, page_size=3, **query)) == whole
    assert ids(walk_cursor(acme.events.list, page_size=3, **query)) == whole


def test_a_walk_by_cursor_meets_what_happens_meanwhile(acme: Workspace) -> None:
    for i in range(4):
        acme.tickets.create(title=str(i))
    late: list[str] = []

    def between() -> None:
        if len(late) < 3:
            late.append(acme.tickets.create(title="late").id)

    found = walk_cursor(acme.events.list, between, page_size=2, types="ticket.*")
    assert late
    assert len(ids(found)) == len(set(ids(found))) == 4 + len(late)


def test_a_walk_through_a_history_gives_every_event_once(acme: Workspace, ticket: Ticket) -> None:
    for i in range(5):
        acme.messages.create(ticket.id, content=str(i), is_internal=True)

    def history(**query: Any) -> Any:
        return acme.events.of_ticket(ticket.id, **query)

    whole = ids(history(page_size=100).items)
    assert len(whole) == 6
    assert ids(walk_pages(history, page_size=4)) == whole
    assert ids(walk_cursor(history, page_size=4)) == whole


def test_a_cursor_of_another_history_is_refused(acme: Workspace, ticket: Ticket) -> None:
    acme.messages.create(ticket.id, content="x")
    other = acme.tickets.create(title="other")
    cursor = acme.events.of_ticket(ticket.id, page_size=1).next_cursor
    assert refusal(acme.events.of_ticket, other.id, cursor=cursor) == [
        "cursor must be a nextCursor of an earlier answer to the same query"
    ]


def test_the_difference_of_two_objects_is_what_was_before_and_after() -> None:
    assert difference({"a": 1, "b": 2}, {"a": 1, "b": 2.0, "c": None}) == {
        "b": {"from": 2, "to": 2.0}
    }


def test_the_numbers_of_events_have_no_gaps(desk: Helpdesk, acme: Workspace) -> None:
    for i in range(3):
        ticket = acme.tickets.create(title=str(i), customer_name="Jane", initial_message="x")
        acme.tickets.update(ticket.id, status="closed", tags="a")
        acme.tickets.delete(ticket.id)
    with desk._store.snapshot() as snap:
        found = snap.sql(
            "SELECT min(number), max(number), count(*) FROM events WHERE workspace_id = 1"
        )
    assert found[0][0] == 1
    assert found[0][1] == found[0][2] == acme.events.list().total


PARTS: list[dict[str, Any]] = [
    {},
    {"types": "ticket.created"},
    {"types": "ticket.*,message.created"},
    {"types": "ticket.deleted"},
]


@pytest.mark.parametrize("query", PARTS)
def test_every_page_of_events_is_a_part_of_all(acme: Workspace, query: dict[str, Any]) -> None:
    for i in range(9):
        ticket = acme.tickets.create(title=str(i), initial_message="x" if i % 2 else None)
        if i % 4 == 0:
            acme.tickets.delete(ticket.id)
    whole = ids(acme.events.list(page_size=100, **query).items)
    every = acme.events.list(page_size=100).items
    for page in range(1, len(whole) + 2):
        part = acme.events.list(page=page, page_size=2, **query)
        assert ids(part.items) == whole[(page - 1) * 2 : page * 2]
        assert part.total == len(whole)
    for place, event in enumerate(every):
        later = acme.events.list(after=event.id, page=2, page_size=2, **query)
        rest = [id for id in whole if id in ids(every[place + 1 :])]
        assert (ids(later.items), later.total) == (rest[2:4], len(rest))
