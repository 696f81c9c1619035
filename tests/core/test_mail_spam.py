"""Filing a mail as spam by hand: it is kept, what it became goes, and it comes back."""

import os
import signal
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from cstar_core import Forbidden, Helpdesk, Mail, MailConflict, NotFound, Unreadable, Workspace
from tests.core.posting import box, mail, message_of, notice, sent, ticket_of, with_file
from tests.core.vocabulary import ManualClock, ids, refusal
from tests.core.witness import happened, types
from tests.forks import fork, status_of

FIRST = "first@x"


def begun(acme: Workspace, **more: Any) -> Mail:
    """A mail that has made a ticket."""
    return acme.mail.receive(mail(id=FIRST, text="Buy zqxpills", **more))


def answer(acme: Workspace, sender: str = "Jane Smith <jane@example.com>", **more: Any) -> Mail:
    return acme.mail.receive(mail(sender, In_Reply_To=f"<{FIRST}>", text="Buy zqxmore", **more))


def test_its_ticket_goes_and_the_mail_is_kept_as_it_came(desk: Helpdesk, acme: Workspace) -> None:
    raw = with_file("zqxprices.png", "png", id=FIRST)
    before = acme.mail.receive(raw)
    after = acme.mail.spam(before.id)
    assert (after.verdict, after.reason, after.threaded_by) == ("spam", "marked", None)
    assert after.explanation == "Somebody has filed it as spam."
    assert (after.ticket_id, after.message_id, after.is_released) == (None, None, False)
    kept = ("header_id", "subject", "sender", "sender_name", "facts", "envelope", "received_at")
    assert [getattr(after, each) for each in kept] == [getattr(before, each) for each in kept]
    assert acme.mail.raw(before.id) == raw
    assert acme.tickets.find(before.ticket_id or "") is None
    assert acme.tickets.list(search="zqxprices").total == 0
    assert ids(acme.mail.list(verdict="spam").items) == [before.id]
    assert desk.check(deep=True).ok


def test_all_mails_of_the_sender_on_the_ticket_are_filed(desk: Helpdesk, acme: Workspace) -> None:
    first, more = begun(acme), answer(acme)
    filing = acme.mail.would_spam(first.id)
    assert (filing.ticket_id, filing.takes_ticket, filing.mails) == (first.ticket_id, True, 2)
    events = happened(acme, acme.mail.spam, first.id)
    assert types(events) == ["ticket.deleted"]
    assert [acme.mail.get(each.id).verdict for each in (first, more)] == ["spam", "spam"]
    assert desk.check(deep=True).ok


def test_a_reply_takes_no_ticket_though_all_of_it_is_its_senders(acme: Workspace) -> None:
    first, more = begun(acme), answer(acme)
    assert not acme.mail.would_spam(more.id).takes_ticket
    acme.mail.spam(more.id)
    assert ticket_of(acme, first).message_count == 1
    assert acme.mail.would_spam(first.id).takes_ticket


def _agent(acme: Workspace, first: Mail) -> None:
    acme.messages.create(first.ticket_id or "", content="No thanks")


def _note(acme: Workspace, first: Mail) -> None:
    acme.messages.create(first.ticket_id or "", content="Odd", is_internal=True)


def _system(acme: Workspace, first: Mail) -> None:
    acme.messages.create(first.ticket_id or "", content="Odd", sender="system")


def _portal(acme: Workspace, first: Mail) -> None:
    acme.messages.create(first.ticket_id or "", content="Hello?", sender="customer")


def _notes(acme: Workspace, first: Mail) -> None:
    acme.tickets.update(first.ticket_id or "", notes="Ask Ann")


def _other(acme: Workspace, first: Mail) -> None:
    assert answer(acme, "bob@example.net").ticket_id == first.ticket_id


def _bounce(acme: Workspace, first: Mail) -> None:
    box(acme)
    acme.mail.receive(notice(sent(acme, first.ticket_id or ""), "jane@example.com"))


def _merged(acme: Workspace, first: Mail) -> None:
    other = acme.tickets.create(title="Of somebody else")
    acme.tickets.merge(other.id, first.ticket_id or "")


def _moved(acme: Workspace, first: Mail) -> None:
    bare = acme.tickets.create(title="Made by hand")
    acme.messages.move(first.ticket_id or "", first.message_id or "", bare.id)


def _moved_and_deleted(acme: Workspace, first: Mail) -> None:
    _moved(acme, first)
    acme.tickets.delete(first.ticket_id or "")


def _forgotten(acme: Workspace, first: Mail) -> None:
    more = answer(acme)
    with acme._store.transaction() as tx:
        tx.write_sql("UPDATE mails SET blob_id = NULL WHERE id = 2")
    assert not acme.mail.get(more.id).has_raw


OF_OTHERS: list[Callable[[Workspace, Mail], None]] = [
    *(_agent, _note, _system, _portal, _notes, _other, _bounce),
    *(_merged, _moved, _moved_and_deleted, _forgotten),
]


@pytest.mark.parametrize("others", OF_OTHERS)
def test_only_its_message_goes_where_something_is_of_others(
    desk: Helpdesk, acme: Workspace, others: Callable[[Workspace, Mail], None]
) -> None:
    first = begun(acme)
    others(acme, first)
    first = acme.mail.get(first.id)
    before = ticket_of(acme, first)
    acme.tickets.list(search="zqxpills")
    filing = acme.mail.would_spam(first.id)
    assert (filing.ticket_id, filing.takes_ticket, filing.mails) == (before.id, False, 1)
    events = happened(acme, acme.mail.spam, first.id)
    assert types(events) == ["message.deleted"]
    (told,) = events
    data = {"ticketId": before.id, "sender": "customer", "isInternal": False}
    assert (told.object_id, told.data) == (first.message_id, data)
    after = acme.tickets.get(before.id)
    assert after.message_count == before.message_count - 1
    kept = [each.id for each in before.messages or () if each.id != first.message_id]
    assert [each.id for each in after.messages or ()] == kept
    assert (after.status, after.version) == (before.status, before.version + 1)
    assert acme.tickets.list(search="zqxpills").total == 0
    assert acme.tickets.list(search=f"#{after.number}").total == 1
    assert acme.mail.get(first.id).verdict == "spam"
    assert desk.check(deep=True).ok


def test_a_ticket_that_began_without_it_stays_when_empty(acme: Workspace) -> None:
    made = acme.tickets.create(title="Made by hand", customer_email="jane@example.com")
    found = acme.mail.receive(mail(subject=f"Re: [#{made.number}]"))
    assert found.ticket_id == made.id
    acme.mail.spam(found.id)
    assert acme.tickets.get(made.id).message_count == 0


def test_a_mail_that_names_no_sender_takes_its_own_ticket_only(acme: Workspace) -> None:
    found = acme.mail.receive(mail(None, id=FIRST))
    assert acme.mail.receive(mail(None, In_Reply_To=f"<{FIRST}>")).ticket_id == found.ticket_id
    assert not acme.mail.would_spam(found.id).takes_ticket


def test_the_ticket_keeps_its_words_that_wait_for_the_index(acme: Workspace) -> None:
    first = begun(acme)
    assert first.ticket_id
    acme.tickets.list(search="zqxpills")
    acme.messages.create(first.ticket_id, content="zqxanswer")
    acme.tickets.update(first.ticket_id, title="zqxtitle")
    acme.mail.spam(first.id)
    for words, total in (("zqxanswer", 1), ("zqxtitle", 1), ("zqxpills", 0), ("late", 0)):
        assert acme.tickets.list(search=words).total == total, words


@pytest.mark.parametrize("kind", ["automatic", "reply"])
def test_what_a_program_wrote_and_replies_are_filed_too(acme: Workspace, kind: str) -> None:
    begun(acme)
    more = {"Auto_Submitted": "auto-replied"} if kind == "automatic" else {}
    found = answer(acme, "bob@example.net", **more)
    assert found.verdict == kind
    assert acme.mail.spam(found.id).verdict == "spam"


# --- back again


def test_released_it_is_a_ticket_once_more_and_once(desk: Helpdesk, acme: Workspace) -> None:
    raw = with_file("a.png", "png", id=FIRST)
    first = acme.mail.receive(raw)
    acme.mail.spam(first.id, block="domain")
    assert acme.mail.release(first.id).verdict == "waiting"
    assert acme.mail.release(first.id).verdict == "waiting"
    again = acme.mail.work(first.id)
    assert (again.verdict, again.threaded_by, again.is_released) == ("ticket", "new", True)
    assert acme.mail.work(first.id) == again
    assert len(message_of(acme, again).attachments) == 1
    assert (acme.tickets.list().total, acme.mail.list().total) == (1, 1)
    assert acme.customers.list().total == 1
    with pytest.raises(MailConflict):
        acme.mail.release(first.id)
    assert acme.mail.spam(first.id).is_released is False
    assert desk.check(deep=True).ok


def test_replies_that_are_released_are_on_one_ticket_again(acme: Workspace) -> None:
    first, more = begun(acme), answer(acme)
    acme.mail.spam(first.id)
    for each in (first, more):
        acme.mail.release(each.id)
        acme.mail.work(each.id)
    assert acme.mail.get(more.id).ticket_id == acme.mail.get(first.id).ticket_id
    assert acme.mail.get(more.id).verdict == "reply"


def test_what_comes_again_is_still_known(acme: Workspace) -> None:
    raw = mail(id=FIRST)
    first = acme.mail.receive(raw)
    again = acme.mail.receive(b"Received: again\r\n" + raw)
    acme.mail.spam(first.id)
    assert acme.mail.get(again.id).has_raw
    assert acme.mail.receive(raw).id == first.id
    third = acme.mail.receive(b"Received: once more\r\n" + raw)
    assert (third.verdict, third.original_id, third.has_raw) == ("duplicate", first.id, True)
    assert acme.tickets.list().total == 0


def test_what_answers_it_later_is_a_ticket_of_its_own(acme: Workspace) -> None:
    first = begun(acme)
    acme.mail.spam(first.id)
    assert answer(acme).threaded_by == "new"


def test_an_erased_person_leaves_nothing_in_what_was_filed(acme: Workspace) -> None:
    first = begun(acme)
    customer = ticket_of(acme, first).customer_id
    acme.mail.spam(first.id)
    acme.customers.erase(customer or "")
    left = acme.mail.get(first.id)
    assert (left.verdict, left.has_raw, left.sender) == ("spam", False, None)
    with pytest.raises(MailConflict, match="forgotten"):
        acme.mail.release(first.id)


# --- blocking besides


@pytest.mark.parametrize(
    ("block", "value"), [("sender", "Jane@x.Example"), ("domain", "x.Example")]
)
def test_the_sender_or_the_domain_is_blocked_besides(
    acme: Workspace, block: str, value: str
) -> None:
    found = begun(acme, sender="Jane@x.Example")
    events = happened(acme, acme.mail.spam, found.id, block=block)
    assert types(events) == ["ticket.deleted", "mail_block.created"]
    assert [each.value for each in acme.mail_blocks.list().items] == [value]
    assert acme.mail.receive(mail("jane@x.example")).verdict == "ignored"
    assert happened(acme, acme.mail.spam, found.id, block=block) == []


UNNAMED = "block must be left out: the mail names no sender that can be blocked"
REFUSED: list[tuple[str, str | None, str]] = [
    ("sender", None, UNNAMED),
    ("domain", "x@localhost", UNNAMED),
    ("everybody", "jane@example.com", "block must be one of: sender, domain"),
]


@pytest.mark.parametrize(("block", "sender", "rule"), REFUSED)
def test_what_cannot_be_blocked_files_nothing(
    acme: Workspace, block: str, sender: str | None, rule: str
) -> None:
    found = acme.mail.receive(mail(sender))
    assert refusal(acme.mail.spam, found.id, block=block) == [rule]
    assert acme.mail.get(found.id) == found
    assert acme.mail_blocks.list().total == 0


# --- what cannot be filed


def test_only_what_is_a_message_is_filed(acme: Workspace) -> None:
    first = begun(acme)
    waiting = acme.mail.take(mail())
    again = acme.mail.receive(b"Received: again\r\n" + acme.mail.raw(first.id))
    failed = acme.mail.settle(acme.mail.take(mail()).id, Unreadable("too_slow", "takes too long"))
    gone = acme.mail.receive(mail())
    acme.tickets.delete(gone.ticket_id or "")
    for found, why in (
        (waiting, "waits to be read"),
        (again, f"repeats {first.id}"),
        (failed, "settled: failed"),
        (gone, "forgotten"),
    ):
        for act in (acme.mail.spam, acme.mail.would_spam):
            with pytest.raises(MailConflict, match=why):
                act(found.id)
    assert acme.mail.list(verdict="spam").total == 0


def spoil(path: Path, room: Workspace, mail: Mail) -> None:
    """Give the file of a mail other bytes, as many as it has."""
    raw = room.mail.raw(mail.id)
    (file,) = Path(f"{path}-files").rglob(sha256(raw).hexdigest())
    file.write_bytes(raw.replace(b"zqx", b"xxx"))


def lose(path: Path, room: Workspace, mail: Mail) -> None:
    (file,) = Path(f"{path}-files").rglob(sha256(room.mail.raw(mail.id)).hexdigest())
    file.unlink()


@pytest.mark.parametrize("harm", [spoil, lose])
def test_a_message_whose_mail_has_lost_its_file_stays(
    acme: Workspace, path: Path, harm: Callable[[Path, Workspace, Mail], None]
) -> None:
    first, more = begun(acme), answer(acme)
    harm(path, acme, more)
    acme.mail.spam(first.id)
    assert [each.id for each in ticket_of(acme, more).messages or ()] == [more.message_id]
    with pytest.raises(MailConflict, match="file of the mail is lost"):
        acme.mail.spam(more.id)
    assert ticket_of(acme, more).message_count == 1


def test_others_do_not_file(acme: Workspace, globex: Workspace, public: Workspace) -> None:
    first = begun(acme)
    for room, error in ((globex, NotFound), (public, Forbidden)):
        for act in (room.mail.spam, room.mail.would_spam):
            with pytest.raises(error):
                act(first.id)
    assert acme.mail.get(first.id).verdict == "ticket"


# --- twice at once, killed half-way


def test_filed_twice_at_once_and_released_twice_at_once_it_is_one(path: Path) -> None:
    def each(act: Callable[[Workspace], object]) -> None:
        def one() -> None:
            with Helpdesk.open(path, clock=ManualClock()) as desk:
                act(desk.workspace("acme"))

        for child in [fork(one) for _ in range(3)]:
            assert status_of(child) == 0

    with Helpdesk.open(path, clock=ManualClock()) as desk:
        id = begun(desk.workspace("acme")).id
    each(lambda acme: acme.mail.spam(id, block="sender"))
    with Helpdesk.open(path) as desk:
        acme = desk.workspace("acme")
        assert (acme.tickets.list().total, acme.mail_blocks.list().total) == (0, 1)
        acme.mail.release(id)
    each(lambda acme: acme.mail.work(id))
    with Helpdesk.open(path) as desk:
        acme = desk.workspace("acme")
        assert (acme.tickets.list().total, acme.mail.get(id).verdict) == (1, "ticket")
        assert desk.check(deep=True).ok


def test_who_is_killed_half_way_has_filed_nothing(path: Path) -> None:
    with Helpdesk.open(path, clock=ManualClock()) as desk:
        first = begun(desk.workspace("acme"))

    def work() -> None:
        with Helpdesk.open(path) as desk, desk.transaction():
            desk.workspace("acme").mail.spam(first.id, block="sender")
            os.kill(os.getpid(), signal.SIGKILL)

    assert status_of(fork(work)) == -signal.SIGKILL
    with Helpdesk.open(path) as desk:
        acme = desk.workspace("acme")
        assert acme.mail.get(first.id) == first
        assert ticket_of(acme, first).message_count == 1
        assert acme.mail_blocks.list().total == 0
        assert desk.check(deep=True).ok
