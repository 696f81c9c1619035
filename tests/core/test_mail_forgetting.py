"""What is left of a mail whose ticket was deleted: that it came, and what makes it known again."""

from collections.abc import Callable
from pathlib import Path

import pytest

from cstar_core import FileLost, Helpdesk, MailConflict, NotFound, Unreadable, Workspace
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


def _vanish(file: Path) -> None:
    file.unlink()


def _shorten(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-1])


def _rot(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-1] + b"\0")


def _be_a_folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


DAMAGES = [_vanish, _shorten, _rot, _be_a_folder]


def damage(path: Path, how: Callable[[Path], None]) -> None:
    for file in [*Path(f"{path}-files").glob("??/*")]:
        how(file)


@pytest.mark.parametrize("how", DAMAGES)
def test_a_mail_on_its_way_is_settled_though_its_file_is_lost(
    desk: Helpdesk, acme: Workspace, path: Path, how: Callable[[Path], None]
) -> None:
    taken = acme.mail.take(mail())
    damage(path, how)
    found = acme.mail.work(taken.id)
    assert (found.verdict, found.reason) == ("failed", "lost")
    assert found.ticket_id
    (message,) = acme.messages.list(found.ticket_id)
    assert (message.attachments, "Its file is lost." in message.content) == ((), True)
    with pytest.raises(FileLost):
        acme.mail.raw(taken.id)
    with pytest.raises(FileLost):
        acme.mail.open(taken.id)


@pytest.mark.parametrize("how", DAMAGES)
def test_what_was_known_of_a_mail_stays_though_it_is_lost_when_it_is_released(
    acme: Workspace, path: Path, how: Callable[[Path], None]
) -> None:
    filed = acme.mail.receive(mail(X_Spam_Flag="YES"))
    assert filed.verdict == "spam"
    damage(path, how)
    released = acme.mail.work(acme.mail.release(filed.id).id)
    assert (released.verdict, released.reason) == ("failed", "lost")
    assert (released.sender, released.subject, released.header_id) == (
        filed.sender,
        filed.subject,
        filed.header_id,
    )
    assert released.facts["spam"] is True and "lost" in released.facts["failure"]
    again = acme.mail.work(acme.mail.retry(filed.id).id)
    assert (again.verdict, again.reason, again.ticket_id) == ("failed", "lost", released.ticket_id)


def test_a_lost_mail_is_read_once_its_bytes_come_again(acme: Workspace, path: Path) -> None:
    raw = mail()
    taken = acme.mail.take(raw)
    damage(path, _rot)
    lost = acme.mail.work(taken.id)
    assert acme.mail.take(raw).id == taken.id
    found = acme.mail.work(acme.mail.retry(taken.id).id)
    assert (found.verdict, found.ticket_id) == ("ticket", lost.ticket_id)
