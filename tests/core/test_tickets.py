"""Tickets: made, read, changed and removed."""

import uuid
from typing import Any

import pytest

from cstar_core import Customer, Member, NotFound, StaleVersion, Ticket, Workspace
from tests.core.vocabulary import NOTHING, START, ManualClock, messages, refusal

LONG = "x" * 501
ONE_OF_STATUS = "status must be one of: new, open, pending, resolved, closed"
ONE_OF_PRIORITY = "priority must be one of: low, normal, high, urgent"
TAGS = "tags must be an array of strings or a comma-separated string"

PROBLEMS: list[tuple[dict[str, Any], list[str]]] = [
    ({"title": "x"}, []),
    ({"title": "x" * 500}, []),
    ({}, ["title is required"]),
    ({"title": ""}, ["title is required"]),
    ({"title": " \n "}, ["title is required"]),
    ({"title": None}, ["title is required"]),
    ({"title": 5}, ["title must be a string"]),
    ({"title": LONG}, ["title must be at most 500 characters"]),
    ({"title": "a\0"}, ["title must be Unicode text without U+0000"]),
    ({"title": "x", "status": "opne"}, [ONE_OF_STATUS]),
    ({"title": "x", "status": None}, [ONE_OF_STATUS]),
    ({"title": "x", "priority": "High"}, [ONE_OF_PRIORITY]),
    ({"title": "x", "tags": 5}, [TAGS]),
    ({"title": "x", "tags": ["a,b"]}, ["tags.0 must not contain a comma"]),
    ({"title": "x", "notes": 5}, ["notes must be a string"]),
    ({"title": "x", "notes": "n" * 65_537}, ["notes must be at most 65,536 characters"]),
    ({"title": "x", "metadata": None}, ["metadata must be an object"]),
    ({"title": "x", "metadata": {"a": float("nan")}}, ["metadata.a must be a finite number"]),
    ({"title": "x", "metadata": {"a": "\ud800"}}, ["metadata.a must be text without U+0000"]),
    ({"title": "x", "metadata": {"a": object()}}, ["metadata.a must be a JSON value"]),
    (
        {"title": "x", "metadata": {str(i): 1 for i in range(51)}},
        ["metadata must have at most 50 keys"],
    ),
    ({"title": "x", "customer_id": 5}, ["customer_id must be a string"]),
    ({"title": "x", "assigned_to": 5}, ["assigned_to must be a string"]),
    ({"title": "x", "customer_name": ""}, ["customer_name must not be blank"]),
    ({"title": "x", "customer_name": "n" * 256}, ["customer_name must be at most 255 characters"]),
    ({"title": "x", "customer_email": "x"}, ["customer_email must be an email address"]),
    ({"title": "x", "initial_message": " "}, ["initial_message must not be blank"]),
    (
        {"title": "x", "initial_message": "m" * 100_001},
        ["initial_message must be at most 100,000 characters"],
    ),
    ({"title": "x", "custom_fields": {"a": 1}}, ["custom_fields.a is not known"]),
    ({"title": "x", "titel": 1}, ["titel is not known; did you mean title?"]),
    ({"status": "x", "priority": 1}, ["title is required", ONE_OF_STATUS, ONE_OF_PRIORITY]),
]

UPDATE_PROBLEMS: list[tuple[dict[str, Any], list[str]]] = [
    ({"title": " "}, ["title is required"]),
    ({"title": None}, ["title is required"]),
    ({"status": None}, [ONE_OF_STATUS]),
    ({"tags": None}, [TAGS]),
    ({"metadata": None}, ["metadata must be an object"]),
    ({"metadata": {"a": float("inf")}}, ["metadata.a must be a finite number"]),
    ({"custom_fields": None}, ["custom_fields must be an object"]),
    ({"customer_id": f"cus_{'0' * 32}"}, ["customer_id must be the id of an existing customer"]),
    ({"customer_id": "x"}, ["customer_id must be the id of an existing customer"]),
    ({"assigned_to": NOTHING}, ["assigned_to must be the id of an existing member"]),
    ({"customer_name": "x"}, ["customer_name is not known"]),
    ({"initial_message": "x"}, ["initial_message is not known"]),
    ({"number": 5}, ["number is not known"]),
    ({"title": "", "status": "x"}, ["title is required", ONE_OF_STATUS]),
]


@pytest.fixture
def jane(acme: Workspace) -> Customer:
    return acme.customers.create(name="Jane Smith", email="Jane@Example.com")


@pytest.fixture
def ada(acme: Workspace) -> Member:
    return acme.members.create(name="Ada", email="ada@example.com")


@pytest.fixture
def ticket(acme: Workspace) -> Ticket:
    return acme.tickets.create(
        title="Cannot log in", tags="login, VIP", notes="calm", metadata={"plan": "pro", "seats": 5}
    )


@pytest.mark.parametrize(("values", "problems"), PROBLEMS)
def test_a_ticket_has_rules(acme: Workspace, values: dict[str, Any], problems: list[str]) -> None:
    found = messages(acme.tickets.check(values))
    assert [
        one.split("; did you mean")[0] if "titel" not in one else one for one in found
    ] == problems


@pytest.mark.parametrize(("changes", "problems"), UPDATE_PROBLEMS)
def test_an_update_has_rules(
    acme: Workspace, ticket: Ticket, changes: dict[str, Any], problems: list[str]
) -> None:
    found = refusal(acme.tickets.update, ticket.id, **changes)
    assert [one.split("; did you mean")[0] for one in found] == problems
    assert acme.tickets.get(ticket.id) == ticket


def test_checking_an_update_needs_no_title(acme: Workspace) -> None:
    assert acme.tickets.check({"status": "open"}, updating=True) == []


def test_everything_wrong_is_said_at_once(acme: Workspace) -> None:
    assert refusal(acme.tickets.create, title="", priority="x", metadata={"a": float("nan")}) == [
        "title is required",
        ONE_OF_PRIORITY,
        "metadata.a must be a finite number",
    ]


def test_a_ticket_needs_only_a_title(acme: Workspace) -> None:
    made = acme.tickets.create(title="x")
    assert (made.status, made.priority, made.tags, made.notes) == ("new", "normal", (), None)
    assert (made.customer_id, made.customer_name, made.assigned_to) == (None, None, None)
    assert (made.custom_fields, made.metadata) == ({}, {})
    assert (made.message_count, made.messages) == (0, ())
    assert (made.created_at, made.updated_at) == (START, START)
    assert (made.resolved_at, made.closed_at, made.version) == (None, None, 1)


def test_a_ticket_comes_back_as_it_was_made(acme: Workspace, ticket: Ticket) -> None:
    assert acme.tickets.get(ticket.id) == ticket
    assert (ticket.tags, ticket.notes, ticket.metadata) == (
        ("login", "VIP"),
        "calm",
        {"plan": "pro", "seats": 5},
    )


@pytest.mark.parametrize("title", [" x  y ", "e\u0301", "\ufeffx", "日本語", "a\tb\r\nc", "🚲"])
def test_text_is_stored_as_it_was_sent(acme: Workspace, title: str) -> None:
    assert acme.tickets.get(acme.tickets.create(title=title).id).title == title


def test_numbers_count_up_in_each_workspace(
    acme: Workspace, sandbox: Workspace, globex: Workspace
) -> None:
    rooms = [room.tickets for room in (acme, acme, sandbox, globex, acme)]
    assert [room.create(title="x").number for room in rooms] == [1, 2, 1, 1, 3]


def test_a_number_is_never_used_again(acme: Workspace) -> None:
    acme.tickets.delete(acme.tickets.create(title="x").id)
    assert acme.tickets.create(title="y").number == 2


def test_a_ticket_is_found_by_a_plain_uuid(acme: Workspace, ticket: Ticket) -> None:
    assert acme.tickets.get(str(uuid.UUID(ticket.id[4:]))) == ticket


@pytest.mark.parametrize("id", [f"tkt_{'0' * 32}", NOTHING, f"cus_{'0' * 32}", "1", ""])
def test_an_unknown_ticket_is_not_found(acme: Workspace, id: str) -> None:
    assert acme.tickets.find(id) is None
    for act in (acme.tickets.get, acme.tickets.update, acme.tickets.delete):
        with pytest.raises(NotFound, match="Ticket not found"):
            act(id)


def test_a_malformed_id_that_is_no_text_is_not_found(acme: Workspace) -> None:
    assert acme.tickets.find(None) is None  # type: ignore[arg-type]


@pytest.mark.parametrize("other", ["globex", "sandbox"])
def test_a_ticket_is_unknown_elsewhere(
    other: str, ticket: Ticket, request: pytest.FixtureRequest
) -> None:
    elsewhere: Workspace = request.getfixturevalue(other)
    for act in (elsewhere.tickets.get, elsewhere.tickets.update, elsewhere.tickets.delete):
        with pytest.raises(NotFound, match="Ticket not found"):
            act(ticket.id)


# Customers and members


def test_a_ticket_may_name_its_customer_by_id(acme: Workspace, jane: Customer) -> None:
    made = acme.tickets.create(title="x", customer_id=jane.id)
    assert (made.customer_id, made.customer_name) == (jane.id, "Jane Smith")


def test_a_customers_id_goes_before_its_name(acme: Workspace, jane: Customer) -> None:
    made = acme.tickets.create(title="x", customer_id=jane.id, customer_name="Other")
    assert (made.customer_id, acme.customers.list().total) == (jane.id, 1)


def test_a_name_makes_a_new_customer_each_time(acme: Workspace) -> None:
    made = {acme.tickets.create(title="x", customer_name="Jane").customer_id for _ in range(2)}
    assert len(made) == acme.customers.list().total == 2


@pytest.mark.parametrize("email", ["Jane@Example.com", "jane@EXAMPLE.com"])
def test_an_address_takes_the_customer_who_has_it(
    acme: Workspace, jane: Customer, email: str
) -> None:
    made = acme.tickets.create(title="x", customer_name="J. Smith", customer_email=email)
    assert (made.customer_id, made.customer_name) == (jane.id, "Jane Smith")


def test_an_address_that_nobody_has_makes_a_customer(acme: Workspace) -> None:
    made = acme.tickets.create(title="x", customer_name="Zoe", customer_email="zoe@example.com")
    assert made.customer_id is not None
    zoe = acme.customers.get(made.customer_id)
    assert (zoe.name, zoe.email, zoe.ticket_count) == ("Zoe", "zoe@example.com", 1)


@pytest.mark.parametrize("other", ["globex", "sandbox"])
def test_a_customer_of_elsewhere_does_not_exist(
    acme: Workspace, other: str, request: pytest.FixtureRequest
) -> None:
    elsewhere: Workspace = request.getfixturevalue(other)
    stranger = elsewhere.customers.create(name="Jane", email="jane@example.com")
    assert refusal(acme.tickets.create, title="x", customer_id=stranger.id) == [
        "customer_id must be the id of an existing customer"
    ]
    made = acme.tickets.create(title="x", customer_email="jane@example.com")
    assert made.customer_id != stranger.id


def test_a_refused_ticket_makes_no_customer(acme: Workspace) -> None:
    refusal(acme.tickets.create, title="x", customer_name="Jane", assigned_to="x")
    assert acme.customers.list().total == 0


def test_a_ticket_may_be_assigned(acme: Workspace, ada: Member) -> None:
    assert acme.tickets.create(title="x", assigned_to=ada.id).assigned_to == ada.id


def test_a_member_of_another_team_does_not_exist(globex: Workspace, ada: Member) -> None:
    assert refusal(globex.tickets.create, title="x", assigned_to=ada.id) == [
        "assigned_to must be the id of an existing member"
    ]


def test_both_references_that_do_not_exist_are_named(acme: Workspace) -> None:
    assert refusal(acme.tickets.create, title="x", assigned_to="a", customer_id="b") == [
        "customer_id must be the id of an existing customer",
        "assigned_to must be the id of an existing member",
    ]


def test_a_reference_may_be_a_plain_uuid(acme: Workspace, jane: Customer, ada: Member) -> None:
    made = acme.tickets.create(
        title="x",
        customer_id=str(uuid.UUID(jane.id[4:])),
        assigned_to=str(uuid.UUID(ada.id[4:])),
    )
    assert (made.customer_id, made.assigned_to) == (jane.id, ada.id)
    same = acme.tickets.update(made.id, assigned_to=str(uuid.UUID(ada.id[4:])).upper())
    assert same == made


def test_a_ticket_may_be_unassigned(acme: Workspace, ada: Member) -> None:
    made = acme.tickets.create(title="x", assigned_to=ada.id)
    assert acme.tickets.update(made.id, assigned_to=None).assigned_to is None


def test_the_customer_is_expanded_on_request(acme: Workspace, jane: Customer) -> None:
    made = acme.tickets.create(title="x", customer_id=jane.id)
    expanded = acme.tickets.get(made.id, expand_customer=True)
    assert made.customer is None
    assert expanded.customer == acme.customers.get(jane.id)


def test_a_ticket_without_a_customer_expands_to_none(acme: Workspace, ticket: Ticket) -> None:
    assert acme.tickets.get(ticket.id, expand_customer=True).customer is None


# The first message


def test_a_first_message_is_the_customers(acme: Workspace, jane: Customer) -> None:
    made = acme.tickets.create(title="x", customer_id=jane.id, initial_message="Help!")
    assert made.messages is not None
    [message] = made.messages
    assert (message.content, message.sender, message.sender_name) == (
        "Help!",
        "customer",
        "Jane Smith",
    )
    assert (made.message_count, made.status, made.version) == (1, "new", 1)


def test_a_first_message_of_nobody_is_a_customers(acme: Workspace) -> None:
    made = acme.tickets.create(title="x", initial_message="Help!")
    assert made.messages is not None
    assert made.messages[0].sender_name == "Customer"


def test_a_first_message_does_not_reopen_what_is_made_closed(acme: Workspace) -> None:
    made = acme.tickets.create(title="x", status="closed", initial_message="Help!")
    assert made.status == "closed"


# Updates


CHANGES: list[tuple[str, Any, Any]] = [
    ("title", "New", "New"),
    ("status", "open", "open"),
    ("priority", "urgent", "urgent"),
    ("tags", "a,b", ("a", "b")),
    ("tags", [], ()),
    ("tags", ["vip", "login"], ("vip", "login")),
    ("notes", "hot", "hot"),
    ("notes", None, None),
    ("notes", "", ""),
    ("metadata", {"seats": 6}, {"plan": "pro", "seats": 6}),
    ("metadata", {"seats": None}, {"plan": "pro"}),
    ("metadata", {"new": {"a": None}}, {"plan": "pro", "seats": 5, "new": {"a": None}}),
    ("metadata", {"seats": 5.0}, {"plan": "pro", "seats": 5.0}),
]


@pytest.mark.parametrize(("name", "given", "after"), CHANGES)
def test_an_update_changes_one_thing(
    acme: Workspace, ticket: Ticket, clock: ManualClock, name: str, given: Any, after: Any
) -> None:
    clock.tick()
    changed = acme.tickets.update(ticket.id, **{name: given})
    assert getattr(changed, name) == after
    assert (changed.version, changed.updated_at, changed.created_at) == (2, clock.now, START)
    assert acme.tickets.get(ticket.id) == changed


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"title": "Cannot log in"},
        {"status": "new", "priority": "normal"},
        {"tags": "login,VIP,vip"},
        {"metadata": {}},
        {"metadata": {"plan": "pro", "nothing": None}},
        {"custom_fields": {}},
        {"customer_id": None, "assigned_to": None},
    ],
)
def test_an_update_that_changes_nothing_leaves_no_trace(
    acme: Workspace, ticket: Ticket, clock: ManualClock, changes: dict[str, Any]
) -> None:
    events = acme.events.list().total
    clock.tick()
    assert acme.tickets.update(ticket.id, **changes) == ticket
    assert acme.events.list().total == events


def test_metadata_holds_fifty_keys_after_the_merge(acme: Workspace, ticket: Ticket) -> None:
    many = {str(i): i for i in range(48)}
    assert len(acme.tickets.update(ticket.id, metadata=many).metadata) == 50
    assert refusal(acme.tickets.update, ticket.id, metadata={"one": "more"}) == [
        "metadata must have at most 50 keys"
    ]
    assert len(acme.tickets.update(ticket.id, metadata={"one": 1, "plan": None}).metadata) == 50


def test_an_update_of_an_older_version_is_stale(acme: Workspace, ticket: Ticket) -> None:
    acme.tickets.update(ticket.id, expected_version=1, title="A")
    with pytest.raises(StaleVersion, match="The ticket is at version 2"):
        acme.tickets.update(ticket.id, expected_version=1, title="B")
    assert acme.tickets.get(ticket.id).title == "A"


def test_a_delete_of_an_older_version_is_stale(acme: Workspace, ticket: Ticket) -> None:
    with pytest.raises(StaleVersion):
        acme.tickets.delete(ticket.id, expected_version=2)
    acme.tickets.delete(ticket.id, expected_version=1)


def test_a_deleted_ticket_is_gone_with_its_messages(acme: Workspace, ticket: Ticket) -> None:
    acme.messages.create(ticket.id, content="hello")
    acme.tickets.delete(ticket.id)
    assert acme.tickets.find(ticket.id) is None
    with pytest.raises(NotFound):
        acme.messages.list(ticket.id)


@pytest.mark.parametrize(
    "query", [{}, {"status": "new"}, {"tags": "vip"}, {"search": "log"}, {"search": "hello"}]
)
def test_a_deleted_ticket_is_in_no_list(
    acme: Workspace, ticket: Ticket, query: dict[str, Any]
) -> None:
    acme.messages.create(ticket.id, content="hello", is_internal=True)
    assert acme.tickets.list(**query).total == 1
    acme.tickets.delete(ticket.id)
    page = acme.tickets.list(**query)
    assert (page.items, page.total) == ((), 0)


# What a publishable key sees


def test_a_publishable_key_does_not_see_what_is_internal(
    acme: Workspace, public: Workspace, ticket: Ticket
) -> None:
    acme.messages.create(ticket.id, content="for all")
    acme.messages.create(ticket.id, content="for us", is_internal=True)
    seen = public.tickets.get(ticket.id)
    assert (seen.notes, seen.metadata, seen.message_count) == (None, {}, 1)
    assert seen.messages is not None
    assert [message.content for message in seen.messages] == ["for all"]
    [listed] = public.tickets.list().items
    assert (listed.notes, listed.metadata, listed.message_count) == (None, {}, 1)
    assert acme.tickets.get(ticket.id).message_count == 2


def test_a_publishable_key_does_not_see_internals_of_the_customer(
    acme: Workspace, public: Workspace
) -> None:
    jane = acme.customers.create(name="Jane", notes="secret", metadata={"a": 1})
    acme.tickets.create(title="x", customer_id=jane.id)
    [listed] = public.tickets.list(expand_customer=True).items
    assert listed.customer is not None
    assert (listed.customer.notes, listed.customer.metadata) == (None, {})
