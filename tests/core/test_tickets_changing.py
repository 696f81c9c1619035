"""Changing a ticket: what is merged, what is refused, what changes nothing."""

from typing import Any

import pytest

from cstar_core import (
    METADATA_KEYS_MAX,
    NOTES_MAX,
    TAGS_MAX,
    TITLE_MAX,
    Actor,
    Customer,
    Helpdesk,
    Member,
    NotFound,
    StaleVersion,
    Ticket,
    Workspace,
)
from tests.core.vocabulary import NOTHING, START, ManualClock, messages, refusal
from tests.core.witness import happened, types

STATUS = "status must be one of: new, open, pending, resolved, closed"
FULL = {f"k{i}": i for i in range(METADATA_KEYS_MAX)}

REFUSED: list[tuple[dict[str, Any], list[str]]] = [
    ({"title": None}, ["title is required"]),
    ({"title": " "}, ["title is required"]),
    ({"title": 5}, ["title must be a string"]),
    ({"title": "x" * (TITLE_MAX + 1)}, ["title must be at most 500 characters"]),
    ({"status": "opne"}, [STATUS]),
    ({"status": None}, [STATUS]),
    ({"priority": None}, ["priority must be one of: low, normal, high, urgent"]),
    ({"tags": None}, ["tags must be an array of strings or a comma-separated string"]),
    ({"tags": ["a,b"]}, ["tags.0 must not contain a comma"]),
    ({"tags": [str(i) for i in range(TAGS_MAX + 1)]}, ["tags must be at most 50 tags"]),
    ({"notes": 5}, ["notes must be a string"]),
    ({"notes": "x" * (NOTES_MAX + 1)}, ["notes must be at most 65,536 characters"]),
    ({"metadata": None}, ["metadata must be an object"]),
    ({"metadata": []}, ["metadata must be an object"]),
    ({"metadata": {"a": float("inf")}}, ["metadata.a must be a finite number"]),
    ({"metadata": FULL}, ["metadata must have at most 50 keys"]),
    ({"metadata": {"a": "x" * 65_536}}, ["metadata must be at most 65536 bytes as JSON"]),
    ({"custom_fields": None}, ["custom_fields must be an object"]),
    ({"custom_fields": {"x": 1}}, ["custom_fields.x is not known"]),
    ({"customer_id": NOTHING}, ["customer_id must be the id of an existing customer"]),
    ({"customer_id": 5}, ["customer_id must be a string"]),
    ({"assigned_to": NOTHING}, ["assigned_to must be the id of an existing member"]),
    ({"assigned_to": "none"}, ["assigned_to must be the id of an existing member"]),
    ({"customer_name": "Jane"}, ["customer_name is not known; did you mean customer_id?"]),
    ({"number": 7}, ["number is not known"]),
    ({"titel": "x"}, ["titel is not known; did you mean title?"]),
    ({"title": "", "status": "x"}, ["title is required", STATUS]),
]
UNCHANGED: list[dict[str, Any]] = [
    {},
    {"title": "Help"},
    {"status": "new"},
    {"priority": "normal"},
    {"tags": ["a", "B"]},
    {"tags": " a, B, A"},
    {"notes": "Be kind"},
    {"metadata": {}},
    {"metadata": {"plan": "pro"}},
    {"metadata": {"gone": None}},
    {"custom_fields": {}},
    {"customer_id": None},
    {"assigned_to": None},
    {"title": "Help", "status": "new", "metadata": {"plan": "pro"}},
]
# What is given, then the member that changes, and from what to what.
CHANGED: list[tuple[dict[str, Any], str, object, object]] = [
    ({"title": "New"}, "title", "Help", "New"),
    ({"title": "help"}, "title", "Help", "help"),
    ({"status": "pending"}, "status", "new", "pending"),
    ({"priority": "urgent"}, "priority", "normal", "urgent"),
    ({"tags": []}, "tags", ["a", "B"], []),
    ({"tags": "b,a"}, "tags", ["a", "B"], ["b", "a"]),
    ({"tags": ["a", "b"]}, "tags", ["a", "B"], ["a", "b"]),
    ({"notes": None}, "notes", "Be kind", None),
    ({"notes": ""}, "notes", "Be kind", ""),
    ({"metadata": {"seats": 5}}, "metadata", {"plan": "pro"}, {"plan": "pro", "seats": 5}),
    ({"metadata": {"plan": None}}, "metadata", {"plan": "pro"}, {}),
    ({"metadata": {"plan": {"a": None}}}, "metadata", {"plan": "pro"}, {"plan": {"a": None}}),
]


@pytest.fixture
def ticket(acme: Workspace) -> Ticket:
    return acme.tickets.create(
        title="Help", tags=["a", "B"], notes="Be kind", metadata={"plan": "pro"}
    )


@pytest.fixture
def jane(acme: Workspace) -> Customer:
    return acme.customers.create(name="Jane Smith")


@pytest.fixture
def ada(acme: Workspace) -> Member:
    return acme.members.create(name="Ada Park", email="ada@example.com")


@pytest.mark.parametrize(("changes", "problems"), REFUSED)
def test_a_change_that_breaks_a_rule_is_refused(
    acme: Workspace, ticket: Ticket, changes: dict[str, Any], problems: list[str]
) -> None:
    assert refusal(acme.tickets.update, ticket.id, **changes) == problems


@pytest.mark.parametrize(("changes", "problems"), REFUSED)
def test_a_refused_change_leaves_the_ticket_as_it_was(
    acme: Workspace, ticket: Ticket, changes: dict[str, Any], problems: list[str]
) -> None:
    refusal(acme.tickets.update, ticket.id, **({"priority": "urgent"} | changes))
    assert acme.tickets.get(ticket.id) == ticket


def test_a_refused_change_leaves_no_event(acme: Workspace, ticket: Ticket) -> None:
    changes = {"title": "New", "assigned_to": NOTHING}
    assert happened(acme, acme.tickets.update, ticket.id, **changes) == []


@pytest.mark.parametrize("changes", UNCHANGED)
def test_what_changes_nothing_leaves_version_and_time(
    acme: Workspace, ticket: Ticket, clock: ManualClock, changes: dict[str, Any]
) -> None:
    clock.tick(hours=1)
    assert acme.tickets.update(ticket.id, **changes) == ticket


@pytest.mark.parametrize("changes", UNCHANGED)
def test_what_changes_nothing_leaves_no_event(
    acme: Workspace, ticket: Ticket, changes: dict[str, Any]
) -> None:
    assert happened(acme, acme.tickets.update, ticket.id, **changes) == []


@pytest.mark.parametrize(("changes", "name", "before", "after"), CHANGED)
def test_a_change_is_kept(
    acme: Workspace,
    ticket: Ticket,
    changes: dict[str, Any],
    name: str,
    before: object,
    after: object,
) -> None:
    acme.tickets.update(ticket.id, **changes)
    kept = getattr(acme.tickets.get(ticket.id), name)
    assert (list(kept) if name == "tags" else kept) == after


@pytest.mark.parametrize(("changes", "name", "before", "after"), CHANGED)
def test_a_change_is_one_event_that_says_from_what_to_what(
    acme: Workspace,
    ticket: Ticket,
    changes: dict[str, Any],
    name: str,
    before: object,
    after: object,
) -> None:
    (event,) = happened(acme, acme.tickets.update, ticket.id, **changes)
    assert (event.type, event.changes) == ("ticket.updated", {name: {"from": before, "to": after}})


def test_a_change_makes_a_new_version_at_a_new_time(
    acme: Workspace, ticket: Ticket, clock: ManualClock
) -> None:
    clock.tick(hours=1)
    after = acme.tickets.update(ticket.id, title="New")
    assert (after.version, after.created_at, after.updated_at) == (2, START, clock.now)


def test_what_a_change_answers_is_what_is_read(acme: Workspace, ticket: Ticket) -> None:
    acme.messages.create(ticket.id, content="Hello")
    assert acme.tickets.update(ticket.id, title="New") == acme.tickets.get(ticket.id)


def test_what_is_not_named_stays(acme: Workspace, ticket: Ticket) -> None:
    after = acme.tickets.update(ticket.id, title="New")
    assert (after.tags, after.notes, after.metadata) == (
        ticket.tags,
        ticket.notes,
        ticket.metadata,
    )


def test_an_event_quotes_only_what_really_changed(acme: Workspace, ticket: Ticket) -> None:
    (event,) = happened(
        acme, acme.tickets.update, ticket.id, title="New", status="new", notes="Be kind"
    )
    assert list(event.changes) == ["title"]


def test_the_data_of_an_event_is_the_ticket_after_the_change(
    acme: Workspace, ticket: Ticket
) -> None:
    (event,) = happened(acme, acme.tickets.update, ticket.id, title="New", priority="low")
    assert event.data == {
        "number": 1,
        "title": "New",
        "status": "new",
        "priority": "low",
        "customerId": None,
        "assignedTo": None,
    }


def test_an_event_says_who_changed_the_ticket(
    desk: Helpdesk, acme: Workspace, ticket: Ticket, ada: Member
) -> None:
    actor = Actor("member", ada.id)
    update = desk.workspace("acme", actor=actor).tickets.update
    assert [event.actor for event in happened(acme, update, ticket.id, title="New")] == [actor]


# --- metadata


def test_the_fiftieth_key_may_be_added(acme: Workspace, ticket: Ticket) -> None:
    most = {f"k{i}": i for i in range(METADATA_KEYS_MAX - 1)}
    assert acme.tickets.update(ticket.id, metadata=most).metadata == {"plan": "pro"} | most


def test_a_key_that_is_removed_makes_room_for_another(acme: Workspace, ticket: Ticket) -> None:
    after = acme.tickets.update(ticket.id, metadata={"plan": None} | FULL)
    assert after.metadata == FULL


def test_true_is_not_one(acme: Workspace, ticket: Ticket) -> None:
    acme.tickets.update(ticket.id, metadata={"flag": True})
    assert acme.tickets.update(ticket.id, metadata={"flag": 1}).metadata["flag"] is not True


def test_a_second_merge_keeps_what_the_first_one_brought(acme: Workspace, ticket: Ticket) -> None:
    acme.tickets.update(ticket.id, metadata={"a": 1})
    after = acme.tickets.update(ticket.id, metadata={"b": 2})
    assert after.metadata == {"plan": "pro", "a": 1, "b": 2}


# --- customer and member


def test_a_ticket_can_be_given_a_customer(acme: Workspace, ticket: Ticket, jane: Customer) -> None:
    after = acme.tickets.update(ticket.id, customer_id=jane.id)
    assert (after.customer_id, after.customer_name) == (jane.id, "Jane Smith")


def test_a_ticket_can_lose_its_customer(acme: Workspace, ticket: Ticket, jane: Customer) -> None:
    acme.tickets.update(ticket.id, customer_id=jane.id)
    after = acme.tickets.update(ticket.id, customer_id=None)
    assert (after.customer_id, after.customer_name) == (None, None)


def test_a_change_of_customer_is_counted_on_both(
    acme: Workspace, ticket: Ticket, jane: Customer
) -> None:
    bob = acme.customers.create(name="Bob")
    acme.tickets.update(ticket.id, customer_id=jane.id)
    acme.tickets.update(ticket.id, customer_id=bob.id)
    counts = [acme.customers.get(one.id).ticket_count for one in (jane, bob)]
    assert counts == [0, 1]


def test_the_same_customer_by_its_uuid_changes_nothing(
    acme: Workspace, ticket: Ticket, jane: Customer
) -> None:
    before = acme.tickets.update(ticket.id, customer_id=jane.id)
    hex = jane.id.removeprefix("cus_")
    dashed = "-".join((hex[:8], hex[8:12], hex[12:16], hex[16:20], hex[20:]))
    assert acme.tickets.update(ticket.id, customer_id=dashed) == before


def test_a_customer_of_another_workspace_is_not_there(
    acme: Workspace, sandbox: Workspace, ticket: Ticket
) -> None:
    stranger = sandbox.customers.create(name="Jane")
    assert refusal(acme.tickets.update, ticket.id, customer_id=stranger.id) == [
        "customer_id must be the id of an existing customer"
    ]


def test_an_assignment_is_an_update_and_an_event_of_its_own(
    acme: Workspace, ticket: Ticket, ada: Member
) -> None:
    events = happened(acme, acme.tickets.update, ticket.id, assigned_to=ada.id)
    changes = {"assignedTo": {"from": None, "to": ada.id}}
    assert [(event.type, event.changes) for event in events] == [
        ("ticket.updated", changes),
        ("ticket.assigned", changes),
    ]


def test_taking_a_ticket_from_its_member_is_an_assignment_to_nobody(
    acme: Workspace, ticket: Ticket, ada: Member
) -> None:
    acme.tickets.update(ticket.id, assigned_to=ada.id)
    events = happened(acme, acme.tickets.update, ticket.id, assigned_to=None)
    assert (types(events), events[-1].changes) == (
        ["ticket.updated", "ticket.assigned"],
        {"assignedTo": {"from": ada.id, "to": None}},
    )


def test_the_same_member_again_changes_nothing(
    acme: Workspace, ticket: Ticket, ada: Member
) -> None:
    before = acme.tickets.update(ticket.id, assigned_to=ada.id)
    assert acme.tickets.update(ticket.id, assigned_to=ada.id) == before


# --- which ticket, and which version of it

FOREIGN = ["", "tkt_", "x", "1", "#1", f"tkt_{'0' * 32}", f"tkt_{'0' * 31}g", NOTHING]


@pytest.mark.parametrize("id", FOREIGN)
def test_a_ticket_that_is_not_there_cannot_be_changed(acme: Workspace, id: str) -> None:
    with pytest.raises(NotFound, match="Ticket not found"):
        acme.tickets.update(id, title="New")


def test_a_ticket_that_is_not_there_is_not_found_before_the_values_are_looked_at(
    acme: Workspace,
) -> None:
    with pytest.raises(NotFound):
        acme.tickets.update(NOTHING, title="")


@pytest.mark.parametrize("elsewhere", ["globex", "sandbox"])
def test_a_ticket_of_another_workspace_cannot_be_changed_from_here(
    ticket: Ticket, elsewhere: str, request: pytest.FixtureRequest
) -> None:
    with pytest.raises(NotFound):
        request.getfixturevalue(elsewhere).tickets.update(ticket.id, title="New")


def test_the_version_that_was_read_may_be_changed(acme: Workspace, ticket: Ticket) -> None:
    assert acme.tickets.update(ticket.id, expected_version=1, title="New").version == 2


@pytest.mark.parametrize("version", [0, 1, 3])
def test_another_version_may_not(acme: Workspace, ticket: Ticket, version: int) -> None:
    acme.tickets.update(ticket.id, title="New")
    with pytest.raises(StaleVersion, match="The ticket is at version 2"):
        acme.tickets.update(ticket.id, expected_version=version, title="Newer")


def test_a_stale_change_is_refused_even_if_it_changes_nothing(
    acme: Workspace, ticket: Ticket
) -> None:
    with pytest.raises(StaleVersion):
        acme.tickets.update(ticket.id, expected_version=7)


def test_a_stale_change_leaves_no_event(acme: Workspace, ticket: Ticket) -> None:
    assert happened(acme, acme.tickets.update, ticket.id, expected_version=7, title="New") == []


# --- checking without changing


def test_checking_a_change_names_every_problem(acme: Workspace) -> None:
    values = {"title": "", "status": "x", "tags": [5], "titel": "x"}
    assert messages(acme.tickets.check(values, updating=True)) == [
        "title is required",
        STATUS,
        "tags.0 must be a string",
        "titel is not known; did you mean title?",
    ]


def test_checking_a_change_leaves_custom_fields_to_the_change(acme: Workspace) -> None:
    assert acme.tickets.check({"custom_fields": {"x": 1}}, updating=True) == []
