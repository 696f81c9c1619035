"""The customer and the member that a new ticket names."""

import pytest

from cstar_core import Customer, Member, Workspace
from tests.core.vocabulary import refusal


@pytest.fixture
def jane(acme: Workspace) -> Customer:
    return acme.customers.create(name="Jane Smith", email="jane@example.com")


@pytest.fixture
def ada(acme: Workspace) -> Member:
    return acme.members.create(name="Ada Park", email="ada@example.com")


# --- its customer


def test_the_customer_who_is_named_by_id_is_the_customer(acme: Workspace, jane: Customer) -> None:
    made = acme.tickets.create(title="Help", customer_id=jane.id)
    assert (made.customer_id, made.customer_name) == (jane.id, "Jane Smith")


def test_the_uuid_of_a_customer_names_it_too(acme: Workspace, jane: Customer) -> None:
    hex = jane.id.removeprefix("cus_")
    dashed = "-".join((hex[:8], hex[8:12], hex[12:16], hex[16:20], hex[20:]))
    assert acme.tickets.create(title="Help", customer_id=dashed.upper()).customer_id == jane.id


def test_an_id_of_another_kind_names_no_customer(acme: Workspace, jane: Customer) -> None:
    wrong = jane.id.replace("cus_", "mem_")
    assert refusal(acme.tickets.create, title="Help", customer_id=wrong) == [
        "customer_id must be the id of an existing customer"
    ]


@pytest.mark.parametrize("elsewhere", ["globex", "sandbox"])
def test_a_customer_of_another_workspace_is_not_there(
    acme: Workspace, elsewhere: str, request: pytest.FixtureRequest
) -> None:
    stranger = request.getfixturevalue(elsewhere).customers.create(name="Jane")
    assert refusal(acme.tickets.create, title="Help", customer_id=stranger.id) == [
        "customer_id must be the id of an existing customer"
    ]


def test_a_name_makes_a_customer(acme: Workspace) -> None:
    made = acme.tickets.create(title="Help", customer_name="Jane Smith")
    (customer,) = acme.customers.list().items
    assert (made.customer_id, customer.name, customer.email) == (customer.id, "Jane Smith", None)


def test_a_name_makes_a_new_customer_each_time(acme: Workspace) -> None:
    for _ in range(2):
        acme.tickets.create(title="Help", customer_name="Jane Smith")
    assert acme.customers.list().total == 2


def test_an_id_goes_before_a_name_and_an_address(acme: Workspace, jane: Customer) -> None:
    made = acme.tickets.create(
        title="Help", customer_id=jane.id, customer_name="Bob", customer_email="bob@example.com"
    )
    assert (made.customer_id, acme.customers.list().total) == (jane.id, 1)


def test_an_address_finds_the_one_who_has_it_without_regard_to_case(
    acme: Workspace, jane: Customer
) -> None:
    made = acme.tickets.create(
        title="Help", customer_name="J. S.", customer_email="JANE@Example.com"
    )
    assert (made.customer_id, made.customer_name) == (jane.id, "Jane Smith")


def test_an_address_that_nobody_has_makes_a_customer_with_it(acme: Workspace) -> None:
    acme.tickets.create(title="Help", customer_name="Bob", customer_email="Bob@example.com")
    (customer,) = acme.customers.list().items
    assert (customer.name, customer.email) == ("Bob", "Bob@example.com")


def test_an_address_without_a_name_is_the_name_too(acme: Workspace) -> None:
    made = acme.tickets.create(title="Help", customer_email="bob@example.com")
    assert made.customer_name == "bob@example.com"


def test_the_address_of_another_teams_customer_is_free_here(
    acme: Workspace, globex: Workspace
) -> None:
    stranger = globex.customers.create(name="Jane", email="jane@example.com")
    made = acme.tickets.create(title="Help", customer_email="jane@example.com")
    assert made.customer_id not in (None, stranger.id)


def test_a_customer_counts_its_tickets(acme: Workspace, jane: Customer) -> None:
    for _ in range(2):
        acme.tickets.create(title="Help", customer_id=jane.id)
    assert acme.customers.get(jane.id).ticket_count == 2


# --- its member


def test_a_ticket_can_be_assigned_at_once(acme: Workspace, ada: Member) -> None:
    assert acme.tickets.create(title="Help", assigned_to=ada.id).assigned_to == ada.id


def test_a_member_works_in_test_data_too(sandbox: Workspace, ada: Member) -> None:
    assert sandbox.tickets.create(title="Help", assigned_to=ada.id).assigned_to == ada.id


def test_a_member_of_another_team_is_not_there(globex: Workspace, ada: Member) -> None:
    assert refusal(globex.tickets.create, title="Help", assigned_to=ada.id) == [
        "assigned_to must be the id of an existing member"
    ]
