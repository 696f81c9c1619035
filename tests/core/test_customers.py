"""Customers: who asks."""

import uuid
from typing import Any

import pytest

from cstar_core import Conflict, Customer, NotFound, StaleVersion, Workspace
from tests.core.vocabulary import NOTHING, START, ManualClock, messages, refusal

PROBLEMS: list[tuple[dict[str, Any], list[str]]] = [
    ({"name": "Jane"}, []),
    ({"name": "Jane", "email": None, "notes": None}, []),
    ({}, ["name is required"]),
    ({"name": "\n"}, ["name is required"]),
    ({"name": "x" * 256}, ["name must be at most 255 characters"]),
    ({"name": "Jane", "email": "jane"}, ["email must be an email address"]),
    ({"name": "Jane", "tags": ["a,b"]}, ["tags.0 must not contain a comma"]),
    (
        {"name": "Jane", "tags": None},
        ["tags must be an array of strings or a comma-separated string"],
    ),
    ({"name": "Jane", "notes": "x" * 65_537}, ["notes must be at most 65,536 characters"]),
    ({"name": "Jane", "metadata": {"a": float("nan")}}, ["metadata.a must be a finite number"]),
    (
        {"name": "Jane", "metadata": {str(i): 1 for i in range(51)}},
        ["metadata must have at most 50 keys"],
    ),
    ({"name": "Jane", "custom_fields": {"plan": 1}}, ["custom_fields.plan is not known"]),
    ({"name": "Jane", "custom_fields": []}, ["custom_fields must be an object"]),
    ({"name": "Jane", "phone": "1"}, ["phone is not known"]),
]


@pytest.fixture
def jane(acme: Workspace) -> Customer:
    return acme.customers.create(
        name="Jane Smith",
        email="Jane@Example.com",
        tags="VIP, beta",
        notes="pays late",
        metadata={"plan": "pro", "seats": 5},
    )


@pytest.mark.parametrize(("values", "problems"), PROBLEMS)
def test_a_customer_has_rules(acme: Workspace, values: dict[str, Any], problems: list[str]) -> None:
    assert messages(acme.customers.check(values)) == problems


def test_an_update_need_not_name_the_customer(acme: Workspace) -> None:
    assert acme.customers.check({"tags": "a"}, updating=True) == []


def test_everything_wrong_is_said_at_once(acme: Workspace) -> None:
    assert refusal(acme.customers.create, name="", email="x", tags=[1]) == [
        "name is required",
        "email must be an email address",
        "tags.0 must be a string",
    ]


def test_a_customer_comes_back_as_it_was_made(acme: Workspace, jane: Customer) -> None:
    assert acme.customers.get(jane.id) == jane
    assert (jane.name, jane.email, jane.tags) == ("Jane Smith", "Jane@Example.com", ("VIP", "beta"))
    assert (jane.notes, jane.metadata) == ("pays late", {"plan": "pro", "seats": 5})
    assert (jane.created_at, jane.updated_at, jane.version) == (START, START, 1)
    assert jane.ticket_count == 0


def test_a_customer_needs_only_a_name(acme: Workspace) -> None:
    made = acme.customers.create(name="Jo")
    assert (made.email, made.tags, made.notes, made.metadata) == (None, (), None, {})


def test_several_customers_may_have_no_address(acme: Workspace) -> None:
    acme.customers.create(name="A")
    assert acme.customers.create(name="B").email is None


def test_a_customer_is_found_by_a_plain_uuid(acme: Workspace, jane: Customer) -> None:
    assert acme.customers.get(str(uuid.UUID(jane.id[4:]))) == jane


@pytest.mark.parametrize("id", [f"cus_{'0' * 32}", NOTHING, f"tkt_{'0' * 32}", "x"])
def test_an_unknown_customer_is_not_found(acme: Workspace, id: str) -> None:
    assert acme.customers.find(id) is None
    for act in (acme.customers.get, acme.customers.update, acme.customers.delete):
        with pytest.raises(NotFound, match="Customer not found"):
            act(id)


@pytest.mark.parametrize("other", ["globex", "sandbox"])
def test_a_customer_is_unknown_elsewhere(
    other: str, jane: Customer, request: pytest.FixtureRequest
) -> None:
    elsewhere: Workspace = request.getfixturevalue(other)
    assert elsewhere.customers.find(jane.id) is None


def test_an_address_is_taken_without_regard_to_case(acme: Workspace, jane: Customer) -> None:
    with pytest.raises(Conflict, match="A customer with this email exists already") as caught:
        acme.customers.create(name="Other", email="jane@example.COM")
    assert caught.value.param == "email"


@pytest.mark.parametrize("other", ["globex", "sandbox"])
def test_an_address_is_free_elsewhere(
    other: str, jane: Customer, request: pytest.FixtureRequest
) -> None:
    elsewhere: Workspace = request.getfixturevalue(other)
    assert elsewhere.customers.create(name="Jane", email=jane.email).email == jane.email


def test_an_update_changes_what_is_given(
    acme: Workspace, jane: Customer, clock: ManualClock
) -> None:
    clock.tick()
    after = acme.customers.update(jane.id, name="Jane Doe", notes=None, tags="new")
    assert (after.name, after.notes, after.tags, after.email) == (
        "Jane Doe",
        None,
        ("new",),
        jane.email,
    )
    assert (after.updated_at, after.version) == (clock.now, 2)
    assert acme.customers.get(jane.id) == after


def test_metadata_is_merged(acme: Workspace, jane: Customer) -> None:
    after = acme.customers.update(jane.id, metadata={"seats": None, "since": 2020})
    assert after.metadata == {"plan": "pro", "since": 2020}


def test_an_address_may_be_removed_and_is_free_then(acme: Workspace, jane: Customer) -> None:
    assert acme.customers.update(jane.id, email=None).email is None
    assert acme.customers.create(name="B", email=jane.email).email == jane.email


def test_an_update_to_a_taken_address_is_a_conflict(acme: Workspace, jane: Customer) -> None:
    other = acme.customers.create(name="B", email="b@example.com")
    with pytest.raises(Conflict):
        acme.customers.update(other.id, email="JANE@example.com")


def test_an_address_may_change_its_case(acme: Workspace, jane: Customer) -> None:
    assert acme.customers.update(jane.id, email="jane@example.com").version == 2


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"name": "Jane Smith"},
        {"tags": ["VIP", "beta", "vip"]},
        {"metadata": {"plan": "pro", "gone": None}},
        {"custom_fields": {}},
    ],
)
def test_an_update_that_changes_nothing_leaves_no_trace(
    acme: Workspace, jane: Customer, clock: ManualClock, changes: dict[str, Any]
) -> None:
    clock.tick()
    assert acme.customers.update(jane.id, **changes) == jane
    assert acme.events.list(types="customer.updated").total == 0


def test_an_update_checks_the_rules(acme: Workspace, jane: Customer) -> None:
    assert refusal(acme.customers.update, jane.id, name="", metadata=None) == [
        "name is required",
        "metadata must be an object",
    ]


def test_an_update_of_an_older_version_is_stale(acme: Workspace, jane: Customer) -> None:
    acme.customers.update(jane.id, expected_version=1, name="B")
    with pytest.raises(StaleVersion, match="The customer is at version 2"):
        acme.customers.update(jane.id, expected_version=1, name="C")
    with pytest.raises(StaleVersion):
        acme.customers.delete(jane.id, expected_version=1)


def test_tickets_are_counted(acme: Workspace, jane: Customer) -> None:
    one = acme.tickets.create(title="x", customer_id=jane.id)
    acme.tickets.create(title="y", customer_id=jane.id)
    acme.tickets.create(title="z")
    assert acme.customers.get(jane.id).ticket_count == 2
    acme.tickets.delete(one.id)
    assert acme.customers.get(jane.id).ticket_count == 1


def test_a_customer_with_an_address_alone_is_named_by_it(acme: Workspace) -> None:
    ticket = acme.tickets.create(title="x", customer_email="zoe@example.com")
    assert ticket.customer_name == "zoe@example.com"


def test_a_deleted_customers_tickets_stay(
    acme: Workspace, jane: Customer, clock: ManualClock
) -> None:
    ticket = acme.tickets.create(title="x", customer_id=jane.id)
    clock.tick()
    acme.customers.delete(jane.id)
    after = acme.tickets.get(ticket.id)
    assert (after.customer_id, after.customer_name) == (None, "Deleted customer")
    assert (after.version, after.updated_at) == (2, clock.now)


def test_a_ticket_of_a_deleted_customer_may_get_another(acme: Workspace, jane: Customer) -> None:
    ticket = acme.tickets.create(title="x", customer_id=jane.id)
    acme.customers.delete(jane.id)
    other = acme.customers.create(name="Bo")
    assert acme.tickets.update(ticket.id, customer_id=other.id).customer_name == "Bo"
    assert acme.tickets.update(ticket.id, customer_id=None).customer_name is None


def test_deleting_a_customer_is_in_the_tickets_history(acme: Workspace, jane: Customer) -> None:
    ticket = acme.tickets.create(title="x", customer_id=jane.id)
    acme.customers.delete(jane.id)
    last = acme.events.of_ticket(ticket.id).items[-1]
    assert (last.type, last.changes) == (
        "ticket.updated",
        {"customerId": {"from": jane.id, "to": None}},
    )


def test_what_happens_to_a_customer_is_an_event(acme: Workspace, jane: Customer) -> None:
    acme.customers.update(jane.id, name="J", custom_fields={}, tags="x")
    created, updated = acme.events.list(types="customer.*").items
    assert (created.type, created.object_id) == ("customer.created", jane.id)
    assert created.data == {"name": "Jane Smith", "email": "Jane@Example.com"}
    assert updated.changes == {
        "name": {"from": "Jane Smith", "to": "J"},
        "tags": {"from": ["VIP", "beta"], "to": ["x"]},
    }


def test_a_deleted_customer_leaves_no_text_in_events(acme: Workspace, jane: Customer) -> None:
    acme.customers.update(jane.id, name="Jane Doe")
    acme.customers.delete(jane.id)
    events = acme.events.list(types="customer.*").items
    assert [(event.type, event.data, event.changes) for event in events] == [
        ("customer.created", {}, {}),
        ("customer.updated", {}, {}),
        ("customer.deleted", {}, {}),
    ]


def test_a_deleted_customer_is_gone(acme: Workspace, jane: Customer) -> None:
    acme.customers.delete(jane.id)
    assert acme.customers.find(jane.id) is None
    assert acme.customers.list(search="jane").total == acme.customers.list(tags="vip").total == 0


def test_renaming_a_customer_changes_the_version_of_its_tickets(
    acme: Workspace, jane: Customer
) -> None:
    ticket = acme.tickets.create(title="x", customer_id=jane.id)
    acme.customers.update(jane.id, name="J")
    after = acme.tickets.get(ticket.id)
    assert (after.customer_name, after.version, after.updated_at) == ("J", 2, ticket.updated_at)


def test_a_publishable_key_does_not_see_notes_and_metadata(
    public: Workspace, jane: Customer
) -> None:
    for seen in (public.customers.get(jane.id), public.customers.list().items[0]):
        assert (seen.name, seen.notes, seen.metadata) == ("Jane Smith", None, {})
