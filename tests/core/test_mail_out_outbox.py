"""Sending: what is due when, that each try sends the same, and what a crash in between leaves."""

import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from cstar_core import (
    Busy,
    DkimKey,
    Helpdesk,
    MailPace,
    MailReply,
    Unsendable,
    Workspace,
)
from tests.core.correspondence import JANE, PACE, Server, mailbox, ticket_of_jane
from tests.core.vocabulary import ManualClock

LATER = MailReply("deferred", "450 4.2.1", "try later")
WAITS = [
    (1, 60),
    (2, 300),
    (5, 3600),
    (8, 21_600),
    (30, 21_600),
]


@pytest.mark.parametrize(("attempts", "wait"), WAITS)
def test_the_waits_grow(attempts: int, wait: int) -> None:
    assert PACE.next_due(0, attempts, 1000) == 1000 + wait


def test_the_last_try_is_at_the_end_of_three_days() -> None:
    assert PACE.next_due(0, 20, 258_000) == PACE.give_up
    assert PACE.next_due(0, 20, PACE.give_up) is None


def test_a_part_of_the_wait_is_added_by_chance() -> None:
    pace = MailPace(chance=lambda: 1.0)
    assert pace.next_due(0, 1, 0) == 66


def test_what_is_deferred_is_tried_for_three_days_and_then_given_up(
    desk: Helpdesk, acme: Workspace, clock: ManualClock
) -> None:
    mailbox(acme)
    ticket = ticket_of_jane(acme)
    acme.messages.create(ticket.id, content="Hello")
    server = Server({JANE: LATER})
    began = clock()
    for _ in range(100):
        server.run(desk)
        mail = acme.outgoing_mail.list().items[0]
        if mail.next_attempt_at is None:
            break
        assert mail.state == "deferred"
        clock.tick(seconds=(mail.next_attempt_at - clock()).total_seconds())
    assert (mail.state, mail.attempts) == ("failed", len(server.sent))
    assert (clock() - began).total_seconds() == PACE.give_up
    assert mail.failure == "jane@example.com: try later"
    assert len({raw for _, raw in server.sent}) == 1
    assert acme.events.of_ticket(ticket.id, page_size=100).items[-1].type == "message.bounced"


def test_a_mailbox_that_is_off_for_three_days_gives_its_mails_up(
    desk: Helpdesk, acme: Workspace, clock: ManualClock
) -> None:
    box = mailbox(acme)
    acme.messages.create(ticket_of_jane(acme).id, content="Hello")
    acme.mailboxes.update(box.id, is_active=False)
    assert Server().run(desk) == []
    assert acme.outgoing_mail.list().items[0].state == "queued"
    clock.tick(days=3, seconds=61)
    Server().run(desk)
    assert acme.outgoing_mail.list().items[0].state == "failed"


def test_what_was_due_while_nobody_has_sent_is_tried_before_it_is_given_up(
    desk: Helpdesk, acme: Workspace, clock: ManualClock
) -> None:
    mailbox(acme)
    for _ in range(2):
        acme.messages.create(ticket_of_jane(acme).id, content="Hello")
    clock.tick(days=4)
    with desk.mail_outbox(PACE) as outbox:
        outbox.tidy(late=False)
        (parcel,) = outbox.take(1)
        outbox.settle(parcel, {JANE: LATER})
    assert [each.state for each in acme.outgoing_mail.list().items] == ["queued", "failed"]
    assert len(Server().run(desk)) == 1
    assert [each.state for each in acme.outgoing_mail.list().items] == ["sent", "failed"]


def test_what_waits_for_somebody_to_sign_in_is_not_given_up_while_nobody_sends(
    desk: Helpdesk, acme: Workspace, clock: ManualClock
) -> None:
    mailbox(acme)
    acme.messages.create(ticket_of_jane(acme).id, content="Hello")
    waits = MailReply("waiting", None, "authorize it again", of_server=True)
    for _ in range(3):
        assert len(Server({JANE: waits}).run(desk)) == 1
        clock.tick(days=4)
    assert len(Server().run(desk)) == 1
    assert acme.outgoing_mail.list().items[0].state == "sent"


def test_each_try_sends_the_same_although_the_texts_have_changed(
    desk: Helpdesk, acme: Workspace, clock: ManualClock
) -> None:
    box = mailbox(acme)
    acme.messages.create(ticket_of_jane(acme).id, content="Hello")
    server = Server({JANE: LATER})
    server.run(desk)
    acme.mailboxes.update(box.id, signature="new")
    acme.mail_templates.update("reply", "en", content="New: {{message}}")
    clock.tick(minutes=2)
    server.run(desk)
    (_, one), (_, two) = server.sent
    assert one == two


def test_what_was_sent_and_not_noted_is_sent_again_as_it_was(
    desk: Helpdesk, acme: Workspace
) -> None:
    mailbox(acme)
    acme.messages.create(ticket_of_jane(acme).id, content="Hello")
    seen: list[bytes] = []
    for _ in range(2):  # the first one ends before it has noted what came of it
        with desk.mail_outbox(PACE) as outbox:
            (parcel,) = outbox.take(10)
            assert outbox.take(10) == []
            seen.append(outbox.render(parcel))
    assert seen[0] == seen[1]


def test_only_one_program_sends(desk: Helpdesk, path: Path) -> None:
    with (
        desk.mail_outbox(),
        Helpdesk.open(path) as other,
        pytest.raises(Busy, match="Another program sends"),
        other.mail_outbox(),
    ):
        pytest.fail("two programs send")


def test_a_program_that_was_killed_leaves_the_mail_to_the_next(
    desk: Helpdesk, acme: Workspace, path: Path
) -> None:
    mailbox(acme)
    acme.messages.create(ticket_of_jane(acme).id, content="Hello")
    code = (
        "import os, sys\n"
        "from cstar_core import Helpdesk\n"
        "with Helpdesk.open(sys.argv[1]) as desk, desk.mail_outbox() as outbox:\n"
        "    outbox.render(outbox.take(1)[0])\n"
        "    os._exit(9)\n"
    )
    # The desk's clock stands still, so by the system's what waits is long due, or not yet.
    done = subprocess.run([sys.executable, "-c", code, path], timeout=60, check=False)
    assert done.returncode == 9
    assert len(Server().run(desk)) == 1


def test_a_mailbox_whose_server_hangs_leaves_room_for_others(
    desk: Helpdesk, acme: Workspace, globex: Workspace
) -> None:
    mailbox(acme)
    mailbox(globex, "support@globex.example")
    for _ in range(6):
        acme.messages.create(ticket_of_jane(acme).id, content="Hello")
    globex.messages.create(ticket_of_jane(globex).id, content="Hello")
    with desk.mail_outbox(PACE) as outbox:
        parcels = outbox.take(8)
        assert len(parcels) == 5
        assert len({each.mailbox for each in parcels}) == 2
        outbox.settle(parcels[0], {JANE: LATER})
        assert outbox.flying == 4
        assert len(outbox.take(8)) == 1


def test_what_is_given_back_is_taken_again(desk: Helpdesk, acme: Workspace) -> None:
    mailbox(acme)
    acme.messages.create(ticket_of_jane(acme).id, content="Hello")
    with desk.mail_outbox(PACE) as outbox:
        (parcel,) = outbox.take(1)
        outbox.give_back(parcel)
        assert outbox.take(1) == [parcel]


def test_nothing_is_noted_of_what_is_gone_or_was_cancelled(desk: Helpdesk, acme: Workspace) -> None:
    mailbox(acme)
    one, two = ticket_of_jane(acme), ticket_of_jane(acme)
    for ticket in (one, two):
        acme.messages.create(ticket.id, content="Hello")
    with desk.mail_outbox(PACE) as outbox:
        parcels = outbox.take(2)
        acme.tickets.delete(one.id)
        acme.outgoing_mail.cancel(acme.outgoing_mail.list().items[0].id)
        for each in parcels:
            outbox.settle(each, {JANE: MailReply("sent")})
    assert [each.state for each in acme.outgoing_mail.list().items] == ["failed"]


def test_the_password_of_a_mailbox_is_in_the_parcel_and_shown_nowhere(
    desk: Helpdesk, acme: Workspace
) -> None:
    outgoing = {"host": "mail.acme.example", "user": "acme", "password": "s3cret"}
    mailbox(acme, outgoing=outgoing)
    acme.messages.create(ticket_of_jane(acme).id, content="Hello")
    with desk.mail_outbox(PACE) as outbox:
        (parcel,) = outbox.take(1)
    assert parcel.password == "s3cret"
    assert "s3cret" not in repr(parcel)


CLOSED = MailReply("deferred", "554", "the server does not let us in: no", of_server=True)


def test_what_a_server_has_against_us_stands_with_the_mailbox(
    desk: Helpdesk, acme: Workspace, clock: ManualClock
) -> None:
    box = mailbox(acme)
    acme.messages.create(ticket_of_jane(acme).id, content="Hello")
    began = clock()
    for answer in (CLOSED, replace(CLOSED, code=None, text="timed out")):
        Server({JANE: answer}).run(desk)
        clock.tick(hours=1)
    found = acme.mailboxes.get(box.id)
    assert (found.failing_since, found.failure) == (began, "it cannot send: timed out")
    assert found.version == box.version
    assert acme.outgoing_mail.list().items[0].state == "deferred"
    for answer in (LATER, MailReply("deferred", None, "the server ended the connection")):
        Server({JANE: answer}).run(desk)
        clock.tick(hours=3)
        found = acme.mailboxes.get(box.id)
        assert (found.failing_since, found.failure) == (None, None)


def test_another_server_for_a_mailbox_has_not_failed_yet(desk: Helpdesk, acme: Workspace) -> None:
    box = mailbox(acme)
    acme.messages.create(ticket_of_jane(acme).id, content="Hello")
    Server({JANE: CLOSED}).run(desk)
    assert acme.mailboxes.get(box.id).failure
    acme.mailboxes.update(box.id, outgoing={"host": "mail.acme.example"})
    assert acme.mailboxes.get(box.id).failure is None


def signed(key: DkimKey, raw: bytes) -> bytes:
    return f"DKIM-Signature: {key.selector}\r\n".encode() + raw


def unsigned(key: DkimKey, raw: bytes) -> bytes:
    raise Unsendable("no key", for_now=True)


DKIM = {"domain": "acme.example", "selector": "mail", "key_file": "/nowhere"}


def test_a_mail_is_signed_once(desk: Helpdesk, acme: Workspace, clock: ManualClock) -> None:
    mailbox(acme, dkim=DKIM)
    acme.messages.create(ticket_of_jane(acme).id, content="Hello")
    server = Server({JANE: LATER})
    for sign in (signed, unsigned):
        desk.send_mail_due(server, sign=sign, pace=PACE)
        clock.tick(minutes=2)
    (_, one), (_, two) = server.sent
    assert one == two
    assert one.startswith(b"DKIM-Signature: mail\r\nFrom:")


def test_what_cannot_be_signed_waits(desk: Helpdesk, acme: Workspace) -> None:
    mailbox(acme, dkim=DKIM)
    acme.messages.create(ticket_of_jane(acme).id, content="Hello")
    server = Server()
    desk.send_mail_due(server, sign=unsigned, pace=PACE)
    (mail,) = acme.outgoing_mail.list().items
    assert (mail.state, mail.failure, server.sent) == ("deferred", "jane@example.com: no key", [])


def broken(key: DkimKey, raw: bytes) -> bytes:
    raise ZeroDivisionError


def test_a_fault_of_the_program_keeps_nothing_else_from_being_sent(
    desk: Helpdesk, acme: Workspace, globex: Workspace
) -> None:
    mailbox(acme, dkim=DKIM)
    mailbox(globex, "support@globex.example")
    for room in (acme, globex):
        room.messages.create(ticket_of_jane(room).id, content="Hello")
    desk.send_mail_due(Server(), sign=broken, pace=PACE)
    assert [room.outgoing_mail.list().items[0].state for room in (acme, globex)] == [
        "deferred",
        "sent",
    ]


def test_a_file_that_is_lost_fails_its_mail_in_words(
    desk: Helpdesk, acme: Workspace, path: Path
) -> None:
    mailbox(acme)
    ticket = ticket_of_jane(acme)
    file = acme.attachments.upload(ticket.id, name="a.txt", content=b"content")
    acme.messages.create(ticket.id, content="Hello", attachments=[file.id])
    next(Path(f"{path}-files").glob(f"*/{file.sha256}")).unlink()
    Server().run(desk)
    (mail,) = acme.outgoing_mail.list().items
    assert mail.state == "failed"
    assert "a.txt is lost" in str(mail.failure)


def test_a_mail_that_cannot_be_put_together_says_nothing_of_the_server(
    desk: Helpdesk, acme: Workspace
) -> None:
    mailbox(acme, dkim=DKIM)
    for _ in range(6):
        acme.messages.create(ticket_of_jane(acme).id, content="Hello")
    with desk.mail_outbox(PACE) as outbox:
        for sign in (broken, unsigned):
            (parcel,) = outbox.take(1)
            with pytest.raises(Unsendable):
                outbox.render(parcel, sign)
        assert len(outbox.take(8)) == 4


def test_the_figures_tell_what_waits(desk: Helpdesk, acme: Workspace, clock: ManualClock) -> None:
    mailbox(acme)
    answers: Mapping[str, MailReply] = {
        "a@example.com": LATER,
        "b@example.com": MailReply("failed", "550", "no"),
        "c@example.com": MailReply("sent"),
    }
    began = int(clock().timestamp())
    for address in answers:
        ticket = ticket_of_jane(acme, customer_email=address)
        acme.messages.create(ticket.id, content="Hello")
    assert desk.figures().mail_line.queued == 3
    clock.tick(minutes=1)
    Server(dict(answers)).run(desk)
    line = desk.figures().mail_line
    assert (line.queued, line.deferred, line.held, line.lost) == (0, 1, 0, 1)
    assert line.oldest_at == began
    clock.tick(days=2)
    assert desk.figures().mail_line.lost == 0
