"""What is left of a mail whose ticket was deleted: that it came, and what makes it known again."""

from pathlib import Path

import pytest

from cstar_core import Helpdesk, MailConflict, NotFound, Unreadable, Workspace
from cstar_core.mail import Envelope, MailPlace
from tests.core.posting import mail

SECRET = "zqxsecret"


def test_a_deleted_ticket_takes_its_mails_and_their_repetitions_along(
    desk: Helpdesk, acme: Workspace, path: Path
) -> None:
    raw = mail(f"{SECRET} <{SECRET}@example.com>", subject=SECRET, text=SECRET, id=f"{SECRET}@x")
    first = acme.mail.receive(raw)
    again = acme.mail.receive(b"Received: again\r\n" + raw)
    assert first.ticket_id and first.sender_name == again.sender_name == SECRET
    acme.tickets.delete(first.ticket_id)
    for id in (first.id, again.id):
        left = acme.mail.get(id)
        assert not left.has_raw and left.facts == {}
        assert (left.header_id, left.subject, left.sender, left.sender_name) == (None,) * 4
        assert (left.ticket_id, left.message_id, left.threaded_by) == (None, None, None)
        with pytest.raises(NotFound):
            acme.mail.raw(id)
    assert acme.mail.get(first.id).verdict == "ticket"
    assert desk.check(deep=True).ok


def test_it_is_known_if_it_comes_again(acme: Workspace) -> None:
    raw = mail()
    first = acme.mail.receive(raw)
    assert first.ticket_id
    acme.tickets.delete(first.ticket_id)
    assert acme.mail.receive(raw).id == first.id
    again = acme.mail.receive(b"Received: again\r\n" + raw)
    assert (again.verdict, again.original_id) == ("duplicate", first.id)
    assert acme.tickets.list().total == 0


def test_nothing_of_it_is_kept_if_it_comes_again(acme: Workspace) -> None:
    raw = mail(f"{SECRET} <{SECRET}@example.com>", subject=SECRET, text=SECRET, id=f"{SECRET}@x")
    first = acme.mail.receive(raw)
    assert first.ticket_id
    acme.tickets.delete(first.ticket_id)
    envelope = Envelope(f"{SECRET}@example.com", (f"{SECRET}@acme.example",))
    again = acme.mail.receive(b"Received: again\r\n" + raw, envelope=envelope)
    assert (again.verdict, again.has_raw, SECRET in str(again)) == ("duplicate", False, False)


def test_nothing_of_what_cannot_be_read_is_kept_if_it_comes_again(acme: Workspace) -> None:
    box = acme.mailboxes.create(address="help@acme.example").id
    slow = Unreadable("too_slow", "takes too long")
    first, again = (
        acme.mail.take(mail(id="a@x"), source="imap", mailbox=box, place=MailPlace(1, uid))
        for uid in (1, 2)
    )
    failed = acme.mail.settle(first.id, slow)
    assert failed.ticket_id
    acme.tickets.delete(failed.ticket_id)
    again = acme.mail.settle(again.id, slow)
    assert (again.verdict, again.original_id, again.has_raw) == ("duplicate", first.id, False)


def test_what_was_forgotten_cannot_be_tried_again(acme: Workspace) -> None:
    taken = acme.mail.take(mail())
    failed = acme.mail.settle(taken.id, Unreadable("too_slow", "takes too long"))
    assert failed.ticket_id
    acme.tickets.delete(failed.ticket_id)
    with pytest.raises(MailConflict, match="nothing is left"):
        acme.mail.retry(failed.id)


def test_a_mail_on_its_way_is_settled_though_its_file_is_lost(
    desk: Helpdesk, acme: Workspace, path: Path
) -> None:
    taken = acme.mail.take(mail())
    for file in Path(f"{path}-files").rglob("*"):
        if file.is_file() and len(file.name) == 64:
            file.unlink()
    found = acme.mail.work(taken.id)
    assert (found.verdict, found.reason) == ("failed", "lost")
    assert found.ticket_id
    (message,) = acme.messages.list(found.ticket_id)
    assert (message.attachments, "Its file is lost." in message.content) == ((), True)
