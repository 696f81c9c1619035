"""Deleting a ticket: it is gone for good, and what it touched stays right."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from cstar_core import Actor, Helpdesk, NotFound, StaleVersion, Ticket, Workspace
from tests.core.vocabulary import NOTHING, ids
from tests.core.witness import happened, log

SECRET = "marmalade"
ROWS = {
    "tickets": "SELECT count(*) FROM tickets",
    "messages": "SELECT count(*) FROM messages",
    "tag_uses": "SELECT count(*) FROM tag_uses",
    "field_values": "SELECT count(*) FROM field_values",
    "ticket_counts": "SELECT coalesce(sum(tickets), 0) FROM ticket_counts",
    "ticket_changes": "SELECT count(*) FROM ticket_changes",
}


@pytest.fixture
def ticket(acme: Workspace) -> Ticket:
    """A ticket that says its secret wherever it can."""
    acme.custom_fields.create(name="Jam", key="jam", type="text", entity_type="tickets")
    made = acme.tickets.create(
        title=SECRET,
        tags=[SECRET],
        notes=SECRET,
        custom_fields={"jam": SECRET},
        metadata={"jam": SECRET},
        initial_message=SECRET,
    )
    acme.messages.create(made.id, content=SECRET, is_internal=True)
    return acme.tickets.update(made.id, title=f"{SECRET} again", notes=f"{SECRET} too")


def test_a_deleted_ticket_is_not_found(acme: Workspace, ticket: Ticket) -> None:
    acme.tickets.delete(ticket.id)
    assert acme.tickets.find(ticket.id) is None


def test_a_deleted_ticket_cannot_be_deleted_again(acme: Workspace, ticket: Ticket) -> None:
    acme.tickets.delete(ticket.id)
    with pytest.raises(NotFound, match="Ticket not found"):
        acme.tickets.delete(ticket.id)


def test_the_thread_of_a_deleted_ticket_is_not_found(acme: Workspace, ticket: Ticket) -> None:
    acme.tickets.delete(ticket.id)
    with pytest.raises(NotFound):
        acme.messages.list(ticket.id)


def test_the_history_of_a_deleted_ticket_is_not_found(acme: Workspace, ticket: Ticket) -> None:
    acme.tickets.delete(ticket.id)
    with pytest.raises(NotFound):
        acme.events.of_ticket(ticket.id)


LISTS: list[Callable[[Workspace], object]] = [
    lambda acme: acme.tickets.list().total,
    lambda acme: acme.tickets.list(search=SECRET).total,
    lambda acme: acme.tickets.list(tags=SECRET).total,
    lambda acme: acme.tickets.list(status="new").total,
    lambda acme: acme.tickets.list(custom_fields={"jam": SECRET}).total,
    lambda acme: acme.tickets.list(search="#1").total,
]


@pytest.mark.parametrize("total", LISTS)
def test_no_list_has_a_deleted_ticket(
    acme: Workspace, ticket: Ticket, total: Callable[[Workspace], object]
) -> None:
    before = total(acme)
    acme.tickets.delete(ticket.id)
    assert (before, total(acme)) == (1, 0)


@pytest.mark.parametrize("table", ROWS)
def test_no_row_is_left_of_a_deleted_ticket(
    acme: Workspace, ticket: Ticket, path: Path, table: str
) -> None:
    acme.tickets.delete(ticket.id)
    with closing(sqlite3.connect(path)) as file:
        assert file.execute(ROWS[table]).fetchone() == (0,)


def test_the_log_quotes_nothing_of_a_deleted_ticket(acme: Workspace, ticket: Ticket) -> None:
    before = repr(log(acme))
    acme.tickets.delete(ticket.id)
    assert (SECRET in before, SECRET in repr(log(acme))) == (True, False)


def test_the_bare_facts_stay_in_the_log(acme: Workspace, ticket: Ticket) -> None:
    before = [(event.id, event.type, event.created_at, event.actor) for event in log(acme)]
    acme.tickets.delete(ticket.id)
    after = [(event.id, event.type, event.created_at, event.actor) for event in log(acme)]
    assert after[:-1] == before


def test_the_log_of_another_ticket_stays_whole(acme: Workspace, ticket: Ticket) -> None:
    other = acme.tickets.create(title="Other")
    before = acme.events.of_ticket(other.id)
    acme.tickets.delete(ticket.id)
    assert acme.events.of_ticket(other.id) == before


def test_deleting_is_an_event_with_the_number_alone(acme: Workspace, ticket: Ticket) -> None:
    (event,) = happened(acme, acme.tickets.delete, ticket.id)
    assert (event.type, event.object_id, event.data, event.changes) == (
        "ticket.deleted",
        ticket.id,
        {"number": 1},
        {},
    )


def test_the_event_says_who_deleted(desk: Helpdesk, acme: Workspace, ticket: Ticket) -> None:
    ada = Actor("member", acme.members.create(name="Ada", email="ada@example.com").id)
    delete = desk.workspace("acme", actor=ada).tickets.delete
    assert [event.actor for event in happened(acme, delete, ticket.id)] == [ada]


def test_the_customer_of_a_deleted_ticket_stays_and_counts_one_less(acme: Workspace) -> None:
    jane = acme.customers.create(name="Jane")
    kept, gone = (acme.tickets.create(title="Help", customer_id=jane.id) for _ in range(2))
    acme.tickets.delete(gone.id)
    assert acme.customers.get(jane.id).ticket_count == 1
    assert ids(acme.tickets.list(customer_id=jane.id).items) == [kept.id]


def test_other_tickets_stay(acme: Workspace, ticket: Ticket) -> None:
    other = acme.tickets.create(title=SECRET, tags=[SECRET], initial_message=SECRET)
    acme.tickets.delete(ticket.id)
    assert acme.tickets.list(search=SECRET, tags=SECRET).items[0].id == other.id


def test_the_file_is_sound_afterwards(desk: Helpdesk, acme: Workspace, ticket: Ticket) -> None:
    acme.tickets.delete(ticket.id)
    assert desk.check().ok


@pytest.mark.parametrize("id", ["", "x", "tkt_", f"tkt_{'0' * 32}", NOTHING])
def test_a_ticket_that_is_not_there_cannot_be_deleted(acme: Workspace, id: str) -> None:
    with pytest.raises(NotFound):
        acme.tickets.delete(id)


@pytest.mark.parametrize("elsewhere", ["globex", "sandbox"])
def test_a_ticket_of_another_workspace_cannot_be_deleted_from_here(
    acme: Workspace, ticket: Ticket, elsewhere: str, request: pytest.FixtureRequest
) -> None:
    with pytest.raises(NotFound):
        request.getfixturevalue(elsewhere).tickets.delete(ticket.id)
    assert acme.tickets.get(ticket.id) == ticket


def test_another_version_than_the_one_read_is_not_deleted(acme: Workspace, ticket: Ticket) -> None:
    with pytest.raises(StaleVersion):
        acme.tickets.delete(ticket.id, expected_version=ticket.version - 1)
    assert acme.tickets.get(ticket.id) == ticket


def test_the_version_that_was_read_may_be_deleted(acme: Workspace, ticket: Ticket) -> None:
    acme.tickets.delete(ticket.id, expected_version=ticket.version)
    assert acme.tickets.list().total == 0


def test_a_deletion_that_is_undone_brings_everything_back(
    desk: Helpdesk, acme: Workspace, ticket: Ticket
) -> None:
    before = log(acme)
    with pytest.raises(RuntimeError, match="changed my mind"), desk.transaction():
        acme.tickets.delete(ticket.id)
        raise RuntimeError("changed my mind")
    found = acme.tickets.list(search=SECRET, tags=SECRET, custom_fields={"jam": SECRET})
    assert (acme.tickets.get(ticket.id), ids(found.items), log(acme)) == (
        ticket,
        [ticket.id],
        before,
    )


def test_what_is_made_and_deleted_in_one_unit_of_work_leaves_no_document(
    desk: Helpdesk, acme: Workspace
) -> None:
    with desk.transaction():
        acme.tickets.delete(acme.tickets.create(title=SECRET, initial_message=SECRET).id)
    assert (acme.tickets.list(search=SECRET).total, desk.check().ok) == (0, True)
