"""To whom an answer goes after mails came in, as they really do, and what it says of whom."""

import pytest

from cstar_core import Helpdesk, NotFound, Workspace
from tests.core.correspondence import Server
from tests.core.posting import box, mail, sent, ticket_of

JANE, BOB, CAROL, EVE = (f"{name}@example.com" for name in ("jane", "bob", "carol", "eve"))


@pytest.fixture
def ticket(acme: Workspace) -> str:
    """A ticket of Jane's, whose first mail had a copy for Carol."""
    box(acme)
    found = acme.mail.receive(mail(id="a@x", Cc=CAROL))
    assert found.ticket_id
    return found.ticket_id


def answered(acme: Workspace, ticket: str) -> tuple[list[str], list[str]]:
    """Who gets an answer, and who a copy of it; the same was told before."""
    route = acme.outgoing_mail.route(ticket)
    sent(acme, ticket)
    people = acme.outgoing_mail.list().items[0].recipients
    to = [each.address for each in people if not each.is_copy]
    copies = [each.address for each in people if each.is_copy]
    assert route is not None and route.sender == acme.mailboxes.list()[0].address
    assert ([each.address for each in route.to], [each.address for each in route.copies]) == (
        to,
        copies,
    )
    return to, copies


def test_who_writes_to_the_ticket_of_another_is_answered_too(acme: Workspace, ticket: str) -> None:
    """Jane has passed our mail on to Bob, who asks something."""
    header = sent(acme, ticket)
    acme.mail.receive(mail(BOB, id="b@x", In_Reply_To=f"<{header}>"))
    assert answered(acme, ticket) == ([JANE], [BOB])


def test_who_guesses_a_number_and_a_sender_is_not_answered(acme: Workspace, ticket: str) -> None:
    number = acme.tickets.get(ticket).number
    forged = mail(subject=f"Re: Late [#{number}]", Reply_To=EVE, Cc=EVE)
    found = acme.mail.receive(forged)
    assert (found.ticket_id, found.threaded_by) == (ticket, "subject")
    assert answered(acme, ticket) == ([JANE], [CAROL])


def test_that_somebody_is_away_changes_nobody(acme: Workspace, ticket: str) -> None:
    header = sent(acme, ticket)
    away = mail(
        CAROL,
        subject="Away: Late",
        In_Reply_To=f"<{header}>",
        Auto_Submitted="auto-replied",
    )
    assert acme.mail.receive(away).verdict == "automatic"
    assert answered(acme, ticket) == ([JANE], [CAROL])
    answer = acme.outgoing_mail.list().items[0]
    assert answer.subject.startswith("Re: Late")


def test_what_a_program_begins_is_answered(acme: Workspace) -> None:
    box(acme)
    found = acme.mail.receive(mail(Auto_Submitted="auto-generated", Reply_To=BOB))
    assert found.verdict == "automatic"
    assert answered(acme, ticket_of(acme, found).id) == ([BOB], [])


def test_an_answer_on_a_merged_ticket_names_its_own_customer(
    desk: Helpdesk, acme: Workspace, ticket: str
) -> None:
    """And nothing of the ticket that it was merged into."""
    frame = "{{customer.name}}, #{{ticket.number}} {{ticket.title}}: {{message}}"
    acme.mail_templates.update("reply", "en", content=frame)
    other = acme.mail.receive(mail(f"Bob <{BOB}>", subject="Divorce", id="b@x"))
    assert other.ticket_id
    acme.tickets.merge(ticket, other.ticket_id)
    sent(acme, ticket, "Hello")
    server = Server()
    server.run(desk)
    ((_, raw),) = server.sent
    assert b"Jane Smith, #1 Late: Hello" in raw
    assert b"Divorce" not in raw


def test_no_way_is_told_where_an_answer_would_not_go_out(acme: Workspace) -> None:
    ticket = acme.tickets.create(title="Late", customer_name="Jane", customer_email=JANE)
    assert acme.outgoing_mail.route(ticket.id) is None
    box(acme)
    assert acme.outgoing_mail.route(ticket.id) is not None
    nobody = acme.tickets.create(title="Late", customer_name="Joe")
    assert acme.outgoing_mail.route(nobody.id) is None
    with pytest.raises(NotFound):
        acme.outgoing_mail.route("tkt_" + 32 * "0")
