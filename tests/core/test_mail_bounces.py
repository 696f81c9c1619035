"""Notices of what became of a mail: put on its ticket, and believed only of what was sent."""

from dataclasses import replace
from typing import Any

import pytest

from cstar_core import (
    DeliveryReport,
    Envelope,
    FailedRecipient,
    Helpdesk,
    Mail,
    Workspace,
    read_letter,
)
from tests.core.correspondence import Server
from tests.core.posting import box, mail, message_of, notice, sent, ticket_of
from tests.core.vocabulary import ManualClock
from tests.core.witness import happened, types


@pytest.fixture
def ticket(acme: Workspace) -> str:
    """A ticket that began with a mail of Jane's, and is closed since it was answered."""
    box(acme)
    found = acme.mail.receive(mail(id="a@x"))
    assert found.ticket_id
    return found.ticket_id


def test_a_notice_is_an_internal_message_of_the_ticket(acme: Workspace, ticket: str) -> None:
    header = sent(acme, ticket)
    acme.tickets.update(ticket, status="closed")
    found = acme.mail.receive(notice(header, "jane@example.com"), envelope=Envelope("", ()))
    assert (found.verdict, found.reason, found.ticket_id) == ("bounce", "delivery_failed", ticket)
    message = message_of(acme, found)
    assert (message.sender, message.is_internal) == ("system", True)
    assert message.content.startswith("Not delivered: jane@example.com (5.1.1")
    assert "Your mail could not be delivered." in message.content
    # Nobody has written, so it opens nothing and is nobody's.
    assert ticket_of(acme, found).status == "closed"
    assert acme.customers.list().total == 1


def test_the_address_and_the_mail_are_marked(desk: Helpdesk, acme: Workspace, ticket: str) -> None:
    header = sent(acme, ticket)
    Server().run(desk)
    events = happened(acme, acme.mail.receive, notice(header, "jane@example.com"))
    (mail_out,) = acme.outgoing_mail.list().items
    assert mail_out.state == "bounced"
    assert [each.address for each in acme.outgoing_mail.bad_addresses().items] == [
        "jane@example.com"
    ]
    assert "message.created" in types(events)


def bare(to: str, *failed: str) -> bytes:
    """A notice that says nothing of the mail which it is of, but who did not get it."""
    blocks = "".join(
        f"Final-Recipient: rfc822; {each}\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n"
        for each in failed
    )
    parts = (
        "--b\r\nContent-Type: text/plain\r\n\r\nIt could not be delivered.\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\n"
        f"Reporting-MTA: dns; mx.example.com\r\n\r\n{blocks}--b--"
    )
    kind = 'multipart/report; report-type=delivery-status; boundary="b"'
    sender = "MAILER-DAEMON@mx.example.com"
    return mail(sender, text=parts, to=to, subject="Undelivered", Content_Type=kind)


def return_path(desk: Helpdesk) -> str:
    """Where the next mail that is sent is given back to."""
    (parcel,) = Server().run(desk)
    assert parcel.bare_sender == "help@acme.example"
    return parcel.sender


@pytest.mark.parametrize("by", ["header", "envelope"])
def test_a_notice_that_names_no_mail_is_known_by_the_address_it_comes_to(
    desk: Helpdesk, acme: Workspace, ticket: str, by: str
) -> None:
    sent(acme, ticket)
    path = return_path(desk)
    assert path.startswith("help+") and path.endswith("@acme.example")
    to = path if by == "header" else "postmaster@acme.example"
    envelope = Envelope("", (path,)) if by == "envelope" else None
    found = acme.mail.receive(bare(to, "jane@example.com"), envelope=envelope)
    assert (found.verdict, found.reason, found.ticket_id, found.threaded_by) == (
        *("bounce", "delivery_failed", ticket),
        "reply_address",
    )
    assert acme.outgoing_mail.list().items[0].state == "bounced"
    assert acme.outgoing_mail.bad_address("jane@example.com")
    assert desk.check(deep=True).ok


def test_of_several_mails_the_newest_that_was_sent_to_them_has_come_back(
    desk: Helpdesk, acme: Workspace, ticket: str
) -> None:
    sent(acme, ticket, "one")
    Server().run(desk)
    sent(acme, ticket, "two")
    path = return_path(desk)
    sent(acme, ticket, "three")
    acme.mail.receive(bare(path, "jane@example.com"))
    states = [each.state for each in acme.outgoing_mail.list().items]
    assert states == ["queued", "bounced", "sent"]


def test_who_has_the_address_of_one_ticket_marks_nobody_of_another(
    desk: Helpdesk, acme: Workspace, ticket: str
) -> None:
    sent(acme, ticket)
    path = return_path(desk)
    other = acme.mail.receive(mail("Eve <eve@example.org>")).ticket_id
    assert other is not None
    sent(acme, other)
    Server().run(desk)
    acme.tickets.merge(other, ticket)
    found = acme.mail.receive(bare(path, "eve@example.org", "nobody@example.net"))
    assert (found.verdict, found.ticket_id) == ("bounce", ticket)
    assert {each.state for each in acme.outgoing_mail.list().items} == {"sent"}
    assert acme.outgoing_mail.bad_addresses().items == ()


@pytest.mark.parametrize("to", ["help@acme.example", f"help+{'a' * 24}@acme.example"])
def test_a_notice_that_names_nothing_is_in_the_ledger_alone(
    desk: Helpdesk, acme: Workspace, ticket: str, to: str
) -> None:
    sent(acme, ticket)
    Server().run(desk)
    found = acme.mail.receive(bare(to, "jane@example.com"))
    assert (found.verdict, found.reason) == ("bounce", "unknown_delivery")
    assert acme.outgoing_mail.bad_addresses().items == ()


def test_without_plus_addressing_it_is_given_back_to_the_mailbox(
    desk: Helpdesk, acme: Workspace, ticket: str
) -> None:
    sent(acme, ticket)
    acme.mailboxes.update(acme.mailboxes.list()[0].id, plus_addressing=False)
    (parcel,) = Server().run(desk)
    assert (parcel.sender, parcel.bare_sender) == ("help@acme.example", None)


def test_an_address_that_was_not_written_to_is_not_marked(
    desk: Helpdesk, acme: Workspace, ticket: str
) -> None:
    header = sent(acme, ticket)
    Server().run(desk)
    two = DeliveryReport(
        (
            FailedRecipient("else@example.com", "failed", "5.1.1", ""),
            FailedRecipient("more@example.com", "failed", "5.1.1", ""),
        ),
        header,
    )
    acme.mail.receive(
        notice(header, "else@example.com"), read=lambda raw: replace(read_letter(raw), report=two)
    )
    assert acme.outgoing_mail.bad_addresses().items == ()


def test_what_is_late_marks_nobody(acme: Workspace, ticket: str) -> None:
    header = sent(acme, ticket)
    found = acme.mail.receive(notice(header, "jane@example.com", "delayed"))
    assert (found.verdict, found.reason) == ("bounce", "delivery_report")
    assert "Not delivered yet: jane@example.com" in message_of(acme, found).content
    assert acme.outgoing_mail.bad_addresses().items == ()


@pytest.mark.parametrize("original", ["never@sent.example", "a@x"])
def test_a_notice_of_a_mail_that_was_not_sent_is_in_the_ledger_alone(
    acme: Workspace, ticket: str, original: str
) -> None:
    found = acme.mail.receive(notice(original, "jane@example.com"))
    assert (found.verdict, found.reason, found.ticket_id) == ("bounce", "unknown_delivery", None)
    assert acme.outgoing_mail.bad_addresses().items == ()
    acme.mail.release(found.id)
    assert acme.mail.work(found.id).verdict == "automatic"


def test_another_teams_mail_is_not_marked(acme: Workspace, globex: Workspace, ticket: str) -> None:
    header = sent(acme, ticket)
    assert globex.mail.receive(notice(header, "jane@example.com")).ticket_id is None
    assert acme.outgoing_mail.bad_addresses().items == ()


def test_a_notice_follows_a_merge(desk: Helpdesk, acme: Workspace, ticket: str) -> None:
    header = sent(acme, ticket)
    survivor = acme.tickets.create(title="Survivor")
    acme.tickets.merge(ticket, survivor.id)
    found = acme.mail.receive(notice(header, "jane@example.com"))
    assert found.ticket_id == survivor.id
    assert desk.check(deep=True).ok


def test_a_mail_of_our_own_that_comes_back_is_no_message(acme: Workspace, ticket: str) -> None:
    header = sent(acme, ticket)
    before = acme.tickets.get(ticket).message_count
    found = acme.mail.receive(mail("help@acme.example", id=header))
    assert (found.verdict, found.reason) == ("ignored", "own_mail")
    assert acme.tickets.get(ticket).message_count == before


def test_somebody_who_uses_an_id_of_ours_is_heard(acme: Workspace, ticket: str) -> None:
    assert acme.mail.receive(mail(id=sent(acme, ticket))).verdict == "ticket"


# --- first answers


def answers(acme: Workspace) -> int:
    return sum(each.kind == "first_answer" for each in acme.outgoing_mail.list().items)


def received(acme: Workspace, raw: bytes, **said: Any) -> Mail:
    return acme.mail.receive(raw, read=lambda given: replace(read_letter(given), **said))


def test_a_new_ticket_is_answered_once_an_hour(acme: Workspace, clock: ManualClock) -> None:
    box(acme, answers_first=True)
    for expected in (1, 1):
        acme.mail.receive(mail())
        assert answers(acme) == expected
    clock.tick(hours=2)
    acme.mail.receive(mail())
    assert answers(acme) == 2


def test_what_a_program_sent_is_never_answered(acme: Workspace) -> None:
    box(acme, answers_first=True)
    received(acme, mail("a@x.example"), nature="automatic", automatic="Auto-Submitted")
    received(acme, mail("b@x.example"), nature="list", automatic="List-Id")
    received(acme, mail("c@x.example"), loops=("mark",))
    acme.mail.receive(mail("d@x.example"), envelope=Envelope("", ()))
    acme.mail.receive(notice("never@sent.example", "e@x.example"))
    acme.mail.receive(b"")
    assert answers(acme) == 0


def test_an_answer_goes_to_the_sender_of_the_mail(acme: Workspace, ticket: str) -> None:
    sent(acme, ticket)
    (found,) = acme.outgoing_mail.list().items
    assert [each.address for each in found.recipients] == ["jane@example.com"]


def test_what_is_imported_or_old_is_not_answered(acme: Workspace, clock: ManualClock) -> None:
    box(acme, answers_first=True)
    acme.mail.receive(mail("a@x.example"), source="import")
    clock.tick(days=4)
    acme.mail.receive(mail("b@x.example"))
    assert answers(acme) == 0
    acme.mail.receive(mail("c@x.example", Date=None))
    assert answers(acme) == 1
