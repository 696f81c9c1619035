"""Messages of agents go out as mails: to whom, as part of which thread, and what is held back."""

import email
import email.policy
from email.message import EmailMessage
from typing import Any

import pytest

from cstar_core import (
    Conflict,
    Correspondent,
    Forbidden,
    Helpdesk,
    Invalid,
    MailReply,
    NotFound,
    Workspace,
)
from cstar_core.mail_out.breaker import LIMITS
from tests.core.correspondence import (
    JANE,
    SENDER,
    SUPPORT,
    Server,
    letter,
    mailbox,
    received,
    ticket_of_jane,
)
from tests.core.vocabulary import ManualClock

BOB = Correspondent("Bob", "bob@example.com")
NO_SUCH_USER = MailReply("failed", "550 5.1.1", "no such user")


def states(room: Workspace) -> list[str]:
    return [each.state for each in room.outgoing_mail.list().items]


def addressed(room: Workspace) -> tuple[list[str], list[str]]:
    """Who gets the newest mail, and who a copy of it."""
    mail = room.outgoing_mail.list().items[0]
    to = [each.address for each in mail.recipients if not each.is_copy]
    return to, [each.address for each in mail.recipients if each.is_copy]


def read(raw: bytes) -> EmailMessage:
    return email.message_from_bytes(raw, _class=EmailMessage, policy=email.policy.default)


def sent(desk: Helpdesk) -> EmailMessage:
    """The one mail that goes out."""
    server = Server()
    server.run(desk)
    ((_, raw),) = server.sent
    return read(raw)


def test_an_agents_message_is_queued_with_it(acme: Workspace) -> None:
    mailbox(acme)
    message = acme.messages.create(ticket_of_jane(acme).id, content="Hello")
    assert message.delivery is not None
    assert message.delivery.state == "queued"
    (mail,) = acme.outgoing_mail.list().items
    assert (mail.id, mail.message_id) == (message.delivery.id, message.id)
    assert (mail.kind, mail.subject) == ("reply", "Re: Cannot log in [#1]")
    assert addressed(acme) == ([JANE], [])


SILENT: list[tuple[str, dict[str, Any]]] = [
    ("an internal message", {"is_internal": True}),
    ("a customer's message", {"sender": "customer"}),
    ("a message of the system", {"sender": "system"}),
]


@pytest.mark.parametrize("values", [each[1] for each in SILENT], ids=[each[0] for each in SILENT])
def test_what_is_no_public_message_of_an_agent_stays(
    acme: Workspace, values: dict[str, Any]
) -> None:
    mailbox(acme)
    message = acme.messages.create(ticket_of_jane(acme).id, content="Hello", **values)
    assert message.delivery is None
    assert states(acme) == []


BOXES: list[tuple[str, dict[str, Any]]] = [
    ("one that does not send", {"outgoing": None}),
    ("one that is not active", {"is_active": False}),
]


@pytest.mark.parametrize("options", [each[1] for each in BOXES], ids=[each[0] for each in BOXES])
def test_without_a_mailbox_that_sends_nothing_is_queued(
    acme: Workspace, options: dict[str, Any]
) -> None:
    mailbox(acme, **options)
    assert acme.messages.create(ticket_of_jane(acme).id, content="Hello").delivery is None


def test_without_an_address_nothing_is_queued(acme: Workspace) -> None:
    mailbox(acme)
    ticket = acme.tickets.create(title="x", customer_name="Jane")
    assert acme.messages.create(ticket.id, content="Hello").delivery is None
    ticket = acme.tickets.create(title="x")
    assert acme.messages.create(ticket.id, content="Hello").delivery is None


def test_a_message_that_is_taken_back_takes_its_mail_along(desk: Helpdesk, acme: Workspace) -> None:
    mailbox(acme)
    ticket = ticket_of_jane(acme)
    with pytest.raises(ZeroDivisionError), desk.transaction():
        acme.messages.create(ticket.id, content="Hello")
        raise ZeroDivisionError
    assert states(acme) == []


def test_an_answer_belongs_to_the_thread_of_the_mail(desk: Helpdesk, acme: Workspace) -> None:
    box, ticket = mailbox(acme, signature="Jane's friends"), ticket_of_jane(acme)
    received(acme, box, ticket, letter(references=("older@example.com",), subject="RE: Login"))
    acme.messages.create(ticket.id, content="Hello\nthere", sender_name="Ann")
    found = sent(desk)
    assert found["In-Reply-To"] == "<first@example.com>"
    assert found["References"] == "<older@example.com> <first@example.com>"
    assert found["Subject"] == "Re: Login [#1]"
    assert found["To"] == "Jane <jane@example.com>"
    assert found["From"] == f'"Ann (Acme)" <{SUPPORT}>'
    assert str(found["Reply-To"]).startswith("support+")
    assert found["Auto-Submitted"] is None
    assert found["X-cStar-Loop"] is None
    body = found.get_body(("plain",))
    assert body is not None
    assert body.get_content().splitlines() == ["Hello", "there", "", "-- ", "Jane's friends"]


def test_the_next_answer_refers_to_the_one_before(desk: Helpdesk, acme: Workspace) -> None:
    mailbox(acme, plus_addressing=False)
    ticket = ticket_of_jane(acme)
    acme.messages.create(ticket.id, content="One")
    first = acme.outgoing_mail.list().items[0]
    server = Server()
    acme.messages.create(ticket.id, content="Two")
    server.run(desk)
    one, two = (read(raw) for _, raw in server.sent)
    assert one["Message-ID"] == f"<{first.header_id}>" == two["In-Reply-To"]
    assert one["In-Reply-To"] is None
    assert one["Reply-To"] is None


def test_a_reply_goes_to_everybody_whom_the_mail_was_from_and_to(acme: Workspace) -> None:
    box, ticket = mailbox(acme), ticket_of_jane(acme)
    other = mailbox(acme, "sales@acme.example")
    eu = mailbox(acme, "eu+sales@acme.example")
    ours = (SUPPORT, "Support+x@ACME.example", other.address, eu.address, "eu+sales+x@acme.example")
    own = [Correspondent("", each) for each in ours]
    carol = Correspondent("", "carol@example.com")
    received(acme, box, ticket, letter(to=(*own, BOB, SENDER), cc=(carol, BOB)))
    acme.messages.create(ticket.id, content="Hello")
    assert addressed(acme) == ([JANE], [BOB.address, carol.address])


def test_who_wrote_last_gets_a_copy_beside_the_customer(acme: Workspace) -> None:
    box, ticket = mailbox(acme), ticket_of_jane(acme)
    received(acme, box, ticket, letter(sender=BOB, reply_to=(Correspondent("", "x@y.example"),)))
    acme.messages.create(ticket.id, content="Hello")
    assert addressed(acme) == ([JANE], [BOB.address])


def test_a_customer_is_answered_where_they_ask_for_it(acme: Workspace) -> None:
    box, ticket = mailbox(acme), ticket_of_jane(acme)
    received(acme, box, ticket, letter(reply_to=(BOB,)))
    acme.messages.create(ticket.id, content="Hello")
    assert addressed(acme) == ([BOB.address], [])


def test_who_asks_to_be_answered_at_our_own_address_is_answered_at_theirs(acme: Workspace) -> None:
    box, ticket = mailbox(acme), ticket_of_jane(acme)
    received(acme, box, ticket, letter(reply_to=(Correspondent("", SUPPORT),)))
    acme.messages.create(ticket.id, content="Hello")
    assert addressed(acme) == ([JANE], [])


def test_the_mailbox_of_the_last_mail_answers(acme: Workspace) -> None:
    mailbox(acme)
    sales, ticket = mailbox(acme, "sales@acme.example"), ticket_of_jane(acme)
    received(acme, sales, ticket)
    acme.messages.create(ticket.id, content="Hello")
    assert acme.outgoing_mail.list().items[0].mailbox_id == sales.id


def test_of_a_merged_ticket_only_its_own_customer_is_told(acme: Workspace) -> None:
    """The thread that it was merged into has mails of somebody else, with their colleagues."""
    box, ticket = mailbox(acme), ticket_of_jane(acme)
    other = acme.tickets.create(title="Other", customer_email=BOB.address)
    received(acme, box, ticket, letter(cc=(Correspondent("", "janes@example.com"),)))
    received(
        acme,
        box,
        other,
        letter(message_id="b@example.com", sender=BOB, cc=(Correspondent("", "bobs@example.com"),)),
    )
    acme.tickets.merge(ticket.id, other.id)
    acme.messages.create(ticket.id, content="To Jane")
    assert addressed(acme) == ([JANE], ["janes@example.com"])
    acme.messages.create(other.id, content="To Bob")
    assert addressed(acme) == ([BOB.address], ["bobs@example.com"])


def test_an_address_that_cannot_be_written_fails_at_once(acme: Workspace) -> None:
    mailbox(acme)
    ticket = ticket_of_jane(acme, customer_email="jane@straße.example")
    message = acme.messages.create(ticket.id, content="Hello")
    assert message.delivery is not None
    assert (message.delivery.state, message.delivery.code) == ("failed", "unwritable_address")


def test_what_is_sent_says_so(desk: Helpdesk, acme: Workspace, clock: ManualClock) -> None:
    mailbox(acme)
    ticket = ticket_of_jane(acme)
    acme.messages.create(ticket.id, content="Hello")
    Server().run(desk)
    (message,) = acme.messages.list(ticket.id)
    assert message.delivery is not None
    assert (message.delivery.state, message.delivery.finished_at) == ("sent", clock())
    assert acme.events.of_ticket(ticket.id).items[-1].type == "message.delivered"
    assert Server().run(desk) == []


def test_what_is_refused_for_good_is_told_and_not_tried_again(
    desk: Helpdesk, acme: Workspace, clock: ManualClock
) -> None:
    mailbox(acme)
    ticket = ticket_of_jane(acme)
    acme.messages.create(ticket.id, content="Hello")
    Server({JANE: NO_SUCH_USER}).run(desk)
    (mail,) = acme.outgoing_mail.list().items
    assert (mail.state, mail.code) == ("failed", "550 5.1.1")
    assert mail.failure == "jane@example.com: no such user"
    event = acme.events.of_ticket(ticket.id).items[-1]
    assert (event.type, event.data["state"]) == ("message.bounced", "failed")
    assert JANE not in str(event.data)
    clock.tick(hours=5)
    assert Server().run(desk) == []


def test_the_next_message_to_an_address_that_is_bad_is_told_at_once(
    desk: Helpdesk, acme: Workspace
) -> None:
    mailbox(acme)
    ticket = ticket_of_jane(acme)
    acme.messages.create(ticket.id, content="Hello")
    Server({JANE: NO_SUCH_USER}).run(desk)
    message = acme.messages.create(ticket.id, content="Hello again")
    assert message.delivery is not None
    assert (message.delivery.state, message.delivery.code) == ("failed", "bad_address")
    assert "no such user" in str(message.delivery.failure)
    assert [each.address for each in acme.outgoing_mail.bad_addresses().items] == [JANE]
    acme.outgoing_mail.trust(JANE.upper())
    assert acme.outgoing_mail.bad_addresses().items == ()
    with pytest.raises(NotFound):
        acme.outgoing_mail.trust(JANE)


def test_what_is_tried_again_by_hand_forgets_that_the_address_was_bad(
    desk: Helpdesk, acme: Workspace
) -> None:
    mailbox(acme)
    acme.messages.create(ticket_of_jane(acme).id, content="Hello")
    failing, server = Server({JANE: NO_SUCH_USER}), Server()
    failing.run(desk)
    mail = acme.outgoing_mail.retry(acme.outgoing_mail.list().items[0].id)
    assert (mail.state, mail.failure) == ("queued", None)
    server.run(desk)
    assert states(acme) == ["sent"]
    assert server.sent[0][1] == failing.sent[0][1]
    with pytest.raises(Conflict):
        acme.outgoing_mail.retry(mail.id)


def test_a_recipient_who_is_refused_does_not_keep_the_others_from_it(
    desk: Helpdesk, acme: Workspace, clock: ManualClock
) -> None:
    box, ticket = mailbox(acme), ticket_of_jane(acme)
    received(acme, box, ticket, letter(cc=(BOB, Correspondent("", "carol@example.com"))))
    acme.messages.create(ticket.id, content="Hello")
    later = MailReply("deferred", "450 4.2.1", "later")
    Server({BOB.address: NO_SUCH_USER, "carol@example.com": later}).run(desk)
    assert states(acme) == ["deferred"]
    clock.tick(seconds=61)
    (parcel,) = Server().run(desk)
    assert parcel.recipients == ("carol@example.com",)
    (mail,) = acme.outgoing_mail.list().items
    assert mail.state == "sent"
    assert [each.state for each in mail.recipients] == ["sent", "failed", "sent"]
    assert mail.failure == "bob@example.com: no such user"


def test_too_many_mails_on_a_ticket_are_held_until_somebody_lets_them_go(
    desk: Helpdesk, acme: Workspace, clock: ManualClock
) -> None:
    mailbox(acme)
    ticket = ticket_of_jane(acme)
    for _ in range(LIMITS.on_ticket):
        acme.messages.create(ticket.id, content="Hello")
    held = acme.messages.create(ticket.id, content="Hello").delivery
    assert held is not None
    assert (held.state, held.code) == ("held", "too_many")
    assert "20 mails on one ticket" in str(held.failure)
    assert acme.events.of_ticket(ticket.id, page_size=100).items[-1].type == "message.held"
    server = Server()
    assert len(server.run(desk)) == LIMITS.on_ticket
    assert acme.outgoing_mail.list(state="held").total == 1
    acme.outgoing_mail.release(held.id)
    with pytest.raises(Conflict):
        acme.outgoing_mail.release(held.id)
    assert len(server.run(desk)) == 1
    clock.tick(hours=2)
    again = acme.messages.create(ticket.id, content="Hello").delivery
    assert again is not None
    assert again.state == "queued"


def test_too_many_mails_to_an_address_are_held(acme: Workspace) -> None:
    mailbox(acme)
    customer = acme.customers.create(name="Jane", email=JANE)
    for number in range(LIMITS.to_address + 1):
        ticket = acme.tickets.create(title="x", customer_id=customer.id)
        delivery = acme.messages.create(ticket.id, content="Hello").delivery
        assert delivery is not None
        assert delivery.state == ("queued" if number < LIMITS.to_address else "held")


def test_a_mail_can_be_cancelled(desk: Helpdesk, acme: Workspace) -> None:
    mailbox(acme)
    delivery = acme.messages.create(ticket_of_jane(acme).id, content="Hello").delivery
    assert delivery is not None
    mail = acme.outgoing_mail.cancel(delivery.id)
    assert (mail.state, mail.code) == ("failed", "cancelled")
    assert Server().run(desk) == []
    with pytest.raises(Conflict):
        acme.outgoing_mail.cancel(delivery.id)
    acme.outgoing_mail.retry(delivery.id)
    assert len(Server().run(desk)) == 1


def test_a_ticket_that_is_deleted_takes_its_mails_along(desk: Helpdesk, acme: Workspace) -> None:
    mailbox(acme)
    ticket = ticket_of_jane(acme)
    acme.messages.create(ticket.id, content="Hello")
    acme.tickets.delete(ticket.id)
    assert states(acme) == []
    assert Server().run(desk) == []


def test_a_mailbox_that_is_deleted_leaves_its_mails_as_failed(
    desk: Helpdesk, acme: Workspace
) -> None:
    box = mailbox(acme)
    acme.messages.create(ticket_of_jane(acme).id, content="Hello")
    acme.mailboxes.delete(box.id)
    Server().run(desk)
    (mail,) = acme.outgoing_mail.list().items
    assert (mail.state, mail.mailbox_id) == ("failed", None)
    assert "mailbox" in str(mail.failure)


def test_mails_are_listed_by_state_and_ticket(desk: Helpdesk, acme: Workspace) -> None:
    mailbox(acme)
    one, two = ticket_of_jane(acme), ticket_of_jane(acme)
    acme.messages.create(one.id, content="Hello")
    Server().run(desk)
    acme.messages.create(two.id, content="Hello")
    room = acme.outgoing_mail
    assert [each.ticket_id for each in room.list().items] == [two.id, one.id]
    assert [each.ticket_id for each in room.list(ticket_id=one.id).items] == [one.id]
    assert [each.ticket_id for each in room.list(state="queued").items] == [two.id]
    assert room.list(ticket_id=one.id, state="queued").total == 0
    page = room.list(page_size=1)
    assert [each.ticket_id for each in room.list(page_size=1, cursor=page.next_cursor).items] == [
        one.id
    ]
    with pytest.raises(Invalid):
        room.list(state="lost")
    with pytest.raises(Invalid):
        room.list(ticket_id="x")
    assert room.list(ticket_id=f"tkt_{32 * '0'}").total == 0
    acme.tickets.merge(one.id, two.id)
    assert room.list(ticket_id=one.id).total == 2


def test_others_see_nothing_of_it(acme: Workspace, globex: Workspace, public: Workspace) -> None:
    mailbox(acme)
    ticket = ticket_of_jane(acme)
    message = acme.messages.create(ticket.id, content="Hello")
    assert message.delivery is not None
    assert globex.outgoing_mail.find(message.delivery.id) is None
    with pytest.raises(NotFound):
        globex.outgoing_mail.cancel(message.delivery.id)
    for call in (public.outgoing_mail.list, public.outgoing_mail.bad_addresses):
        with pytest.raises(Forbidden):
            call()
    assert [each.delivery for each in public.messages.list(ticket.id)] == [None]


def test_the_files_of_a_message_go_with_it(desk: Helpdesk, acme: Workspace) -> None:
    mailbox(acme)
    ticket = ticket_of_jane(acme)
    file = acme.attachments.upload(ticket.id, name="ü.txt", content=b"content")
    acme.messages.create(ticket.id, content="Hello", attachments=[file.id])
    (found,) = sent(desk).iter_attachments()
    assert (found.get_filename(), found.get_payload(decode=True)) == ("ü.txt", b"content")
