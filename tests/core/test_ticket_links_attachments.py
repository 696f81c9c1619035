"""What customers see of files, and send with an answer or a form."""

from datetime import timedelta

import pytest

from cstar_core import CustomersTicket, Helpdesk, Invalid, NotFound, Ticket, Workspace
from tests.core.vocabulary import ManualClock


@pytest.fixture
def ticket(acme: Workspace) -> Ticket:
    return acme.tickets.create(title="Refund", customer_name="Jane", initial_message="Please")


@pytest.fixture
def seen(acme: Workspace, ticket: Ticket) -> CustomersTicket:
    return acme.ticket_links.open(acme.ticket_links.link(ticket.id))


def attach(acme: Workspace, ticket: Ticket, name: str, *, internal: bool = False) -> str:
    file = acme.attachments.put(name=name, content=name.encode())
    made = acme.messages.create(ticket.id, content=name, is_internal=internal, attachments=[file])
    return made.attachments[0].id


def test_a_customer_sees_the_files_of_what_they_see(
    acme: Workspace, ticket: Ticket, seen: CustomersTicket
) -> None:
    shown = attach(acme, ticket, "shown.txt")
    hidden = attach(acme, ticket, "hidden.txt", internal=True)
    waiting = acme.attachments.upload(ticket.id, name="waiting", content=b"x").id
    files = [each.id for message in seen.read().messages for each in message.attachments]
    assert files == [shown]
    found, file = seen.open_attachment(shown)
    with file:
        assert (found.name, file.read()) == ("shown.txt", b"shown.txt")
    for id in (hidden, waiting, "att_" + "0" * 32, "nonsense"):
        with pytest.raises(NotFound):
            seen.open_attachment(id)


def test_files_of_others_are_not_seen_through_a_merge(
    acme: Workspace, globex: Workspace, ticket: Ticket, seen: CustomersTicket
) -> None:
    other = acme.tickets.create(title="Of Bo", customer_name="Bo")
    foreign = globex.tickets.create(title="Foreign", customer_name="Jane")
    own, bos = attach(acme, ticket, "own.txt"), attach(acme, other, "bo.txt")
    acme.tickets.merge(ticket.id, other.id)
    with seen.open_attachment(own)[1] as file:
        assert file.read() == b"own.txt"
    for id in (bos, attach(globex, foreign, "foreign.txt")):
        with pytest.raises(NotFound):
            seen.open_attachment(id)


def test_an_answer_takes_files_once(acme: Workspace, ticket: Ticket, seen: CustomersTicket) -> None:
    one, two = (acme.attachments.put(name=name, content=b"x") for name in ("1.txt", "2.txt"))
    for file in (one, one, two):
        seen.answer("Here", once="a", attachments=[file])
    answers = acme.messages.list(ticket.id)[1:]
    assert [message.attachments[0].name for message in answers] == ["1.txt", "2.txt"]
    assert {message.sender for message in answers} == {"customer"}


def test_a_customer_takes_no_uploads(
    acme: Workspace, ticket: Ticket, seen: CustomersTicket
) -> None:
    id = acme.attachments.upload(ticket.id, name="notes.txt", content=b"internal").id
    with pytest.raises(Invalid, match="attachments must be a list of files that are stored"):
        seen.answer("Mine", attachments=[id])  # type: ignore[list-item]


def test_a_form_takes_files(desk: Helpdesk, acme: Workspace, clock: ManualClock) -> None:
    stamp = acme.customer_form.stamp()
    clock.tick(seconds=5)
    file = acme.attachments.put(name="a.txt", content=b"abc")
    tokens = [
        acme.customer_form.submit(
            stamp,
            name="Jane",
            email="jane@example.com",
            title="Help",
            content="Please",
            attachments=[file],
        )
        for _ in range(2)
    ]
    assert acme.tickets.list().total == 1
    opened = acme.ticket_links.open(tokens[0])
    (message,) = opened.read().messages
    with opened.open_attachment(message.attachments[0].id)[1] as content:
        assert content.read() == b"abc"
    clock.tick(**{"seconds": timedelta(days=91).total_seconds()})
    with pytest.raises(NotFound):
        opened.open_attachment(message.attachments[0].id)
    assert desk.check(deep=True).ok
