"""Reading one ticket: by which ids it is found, and what comes with it."""

from dataclasses import FrozenInstanceError

import pytest

from cstar_core import Helpdesk, NotFound, Ticket, Workspace
from tests.core.vocabulary import NOTHING, START, ids

ZEROES = "0" * 32
NOT_THERE: list[object] = [
    "",
    "tkt_",
    "x",
    "1",
    "#1",
    "tkt_%",
    f"tkt_{ZEROES}",
    f"TKT_{ZEROES}",
    f"tkt_{ZEROES}\n",
    f"tkt_{'0' * 33}",
    NOTHING,
    ZEROES,
    "\0",
    "\ud800",
    None,
    5,
    b"tkt_",
]


@pytest.fixture
def ticket(acme: Workspace) -> Ticket:
    return acme.tickets.create(title="Help", customer_name="Jane Smith", notes="Be kind")


def dashed(id: str) -> str:
    hex = id.partition("_")[2]
    return "-".join((hex[:8], hex[8:12], hex[12:16], hex[16:20], hex[20:]))


def test_a_ticket_is_read_by_its_id(acme: Workspace, ticket: Ticket) -> None:
    assert acme.tickets.get(ticket.id) == ticket


@pytest.mark.parametrize("form", [str.lower, str.upper])
def test_a_ticket_is_read_by_its_uuid(acme: Workspace, ticket: Ticket, form: type[str]) -> None:
    assert acme.tickets.get(form(dashed(ticket.id))) == ticket


@pytest.mark.parametrize("id", NOT_THERE, ids=repr)
def test_what_is_not_there_is_not_found(acme: Workspace, ticket: Ticket, id: str) -> None:
    with pytest.raises(NotFound, match="Ticket not found"):
        acme.tickets.get(id)


@pytest.mark.parametrize("id", NOT_THERE, ids=repr)
def test_finding_what_is_not_there_gives_none(acme: Workspace, ticket: Ticket, id: str) -> None:
    assert acme.tickets.find(id) is None


@pytest.mark.parametrize("prefix", ["msg_", "cus_", "cf_", "mem_", "key_", "evt_", "team_", "req_"])
def test_the_prefix_of_another_kind_is_not_found(
    acme: Workspace, ticket: Ticket, prefix: str
) -> None:
    assert acme.tickets.find(ticket.id.replace("tkt_", prefix)) is None


def test_the_id_of_a_customer_finds_no_ticket(acme: Workspace, ticket: Ticket) -> None:
    assert acme.tickets.find(dashed(str(ticket.customer_id))) is None


@pytest.mark.parametrize("elsewhere", ["globex", "sandbox"])
def test_a_ticket_of_another_workspace_is_not_found(
    ticket: Ticket, elsewhere: str, request: pytest.FixtureRequest
) -> None:
    assert request.getfixturevalue(elsewhere).tickets.find(ticket.id) is None


def test_a_foreign_ticket_and_none_at_all_are_refused_alike(
    globex: Workspace, ticket: Ticket
) -> None:
    refusals = []
    for id in (ticket.id, f"tkt_{ZEROES}"):
        with pytest.raises(NotFound) as caught:
            globex.tickets.get(id)
        refusals.append((str(caught.value), caught.value.kind))
    assert refusals[0] == refusals[1]


def test_finding_gives_what_getting_does(acme: Workspace, ticket: Ticket) -> None:
    assert acme.tickets.find(ticket.id) == acme.tickets.get(ticket.id)


def test_a_ticket_comes_with_its_messages(acme: Workspace, ticket: Ticket) -> None:
    made = [acme.messages.create(ticket.id, content=str(i)) for i in range(3)]
    assert ids(acme.tickets.get(ticket.id).messages or ()) == ids(made)


def test_a_ticket_in_a_list_comes_without_its_messages(acme: Workspace, ticket: Ticket) -> None:
    acme.messages.create(ticket.id, content="Hello")
    assert [one.messages for one in acme.tickets.list().items] == [None]


def test_a_ticket_in_a_list_is_otherwise_the_same(acme: Workspace, ticket: Ticket) -> None:
    (listed,) = acme.tickets.list().items
    differing = [
        name
        for name in Ticket.__slots__
        if getattr(listed, name) != getattr(ticket, name) and name != "messages"
    ]
    assert differing == []


def test_a_customer_comes_only_if_asked_for(acme: Workspace, ticket: Ticket) -> None:
    assert acme.tickets.get(ticket.id).customer is None


def test_a_customer_that_is_asked_for_is_the_whole_customer(
    acme: Workspace, ticket: Ticket
) -> None:
    found = acme.tickets.get(ticket.id, expand_customer=True)
    assert found.customer == acme.customers.get(str(ticket.customer_id))


def test_a_ticket_without_a_customer_has_none_to_show(acme: Workspace) -> None:
    made = acme.tickets.create(title="Help")
    assert acme.tickets.get(made.id, expand_customer=True).customer is None


def test_every_ticket_of_a_list_brings_its_customer(acme: Workspace, ticket: Ticket) -> None:
    acme.tickets.create(title="Bob's", customer_name="Bob")
    acme.tickets.create(title="Nobody's")
    listed = acme.tickets.list(expand_customer=True, sort="number").items
    assert [one.customer and one.customer.name for one in listed] == ["Jane Smith", "Bob", None]


def test_a_renamed_customer_has_the_new_name_on_its_tickets(
    acme: Workspace, ticket: Ticket
) -> None:
    acme.customers.update(str(ticket.customer_id), name="Jane Doe")
    assert acme.tickets.get(ticket.id).customer_name == "Jane Doe"


def test_a_ticket_that_was_read_cannot_be_changed_in_place(ticket: Ticket) -> None:
    with pytest.raises(FrozenInstanceError):
        ticket.title = "New"  # type: ignore[misc]


def test_changing_what_was_read_changes_nothing_that_is_kept(
    acme: Workspace, ticket: Ticket
) -> None:
    acme.tickets.get(ticket.id).metadata["a"] = 1
    assert acme.tickets.get(ticket.id).metadata == {}


def test_what_was_kept_is_there_when_the_file_is_opened_again(
    desk: Helpdesk, ticket: Ticket
) -> None:
    with Helpdesk.open(desk.path) as again:
        assert again.workspace("acme").tickets.get(ticket.id) == ticket


def test_instants_are_aware_and_in_whole_seconds(ticket: Ticket) -> None:
    assert (ticket.created_at, ticket.created_at.microsecond) == (START, 0)
