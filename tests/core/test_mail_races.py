"""Two at once, and killed in between: a mail is taken once, and becomes one message."""

import os
import signal
from pathlib import Path

import pytest

from cstar_core import Helpdesk, Workspace, read_letter
from tests.core.posting import mail, with_file
from tests.core.vocabulary import ManualClock
from tests.forks import fork, status_of

TOGETHER = 4


def in_copies(path: Path, work: object) -> None:
    """Do this in so many copies of the process at once, each with a desk of its own."""

    def one() -> None:
        with Helpdesk.open(path, clock=ManualClock()) as desk:
            work(desk.workspace("acme"))  # type: ignore[operator]

    for child in [fork(one) for _ in range(TOGETHER)]:
        assert status_of(child) == 0


def test_the_same_mail_taken_at_once_is_one_message(path: Path) -> None:
    raw = with_file("a.png", "png")
    in_copies(path, lambda acme: acme.mail.receive(raw))
    with Helpdesk.open(path) as desk:
        acme = desk.workspace("acme")
        assert (acme.mail.list().total, acme.tickets.list().total) == (1, 1)
        assert acme.tickets.list().items[0].message_count == 1
        assert desk.check(deep=True).ok


def test_the_same_mail_by_several_ways_at_once_is_one_message(path: Path) -> None:
    raw = mail()

    def receive(acme: Workspace) -> None:
        acme.mail.receive(f"Received: by {os.getpid()}\r\n".encode() + raw)

    in_copies(path, receive)
    with Helpdesk.open(path) as desk:
        acme = desk.workspace("acme")
        assert (acme.mail.list().total, acme.tickets.list().total) == (TOGETHER, 1)
        assert acme.mail.list(verdict="duplicate").total == TOGETHER - 1


def test_what_waits_is_settled_once_by_all_who_try(path: Path) -> None:
    with Helpdesk.open(path) as desk:
        taken = [desk.workspace("acme").mail.take(mail()) for _ in range(5)]
    in_copies(path, lambda acme: [acme.mail.work(each.id) for each in taken])
    with Helpdesk.open(path) as desk:
        acme = desk.workspace("acme")
        assert acme.tickets.list().total == 5
        assert acme.mail.list(verdict="ticket").total == 5


@pytest.mark.parametrize("moment", ["taken", "begun", "read"])
def test_who_is_killed_leaves_a_mail_that_is_settled_later(path: Path, moment: str) -> None:
    raw = with_file("a.png", "png")

    def work() -> None:
        with Helpdesk.open(path) as desk:
            acme = desk.workspace("acme")
            taken = acme.mail.take(raw)
            if moment != "taken":
                acme.mail.begin(taken.id)
            if moment == "read":
                # Its files are stored, and nothing refers to them yet.
                acme.mail._store_parts(read_letter(raw))
            os.kill(os.getpid(), signal.SIGKILL)

    assert status_of(fork(work)) == -signal.SIGKILL
    with Helpdesk.open(path) as desk:
        acme = desk.workspace("acme")
        (waiting,) = desk.waiting_mail()
        found = acme.mail.work(waiting.id)
        assert found.verdict == "ticket"
        assert acme.mail.receive(raw).id == found.id
        assert desk.check(deep=True).ok


def test_a_ticket_that_is_merged_or_deleted_while_a_mail_is_read(
    desk: Helpdesk, acme: Workspace
) -> None:
    first = acme.mail.receive(mail(id="a@x"))
    other = acme.mail.receive(mail(id="b@x", subject="Other"))
    survivor = acme.tickets.create(title="Survivor")
    assert first.ticket_id and other.ticket_id
    answers = [acme.mail.take(mail(In_Reply_To=f"<{name}@x>")) for name in "ab"]
    read = [read_letter(acme.mail.raw(each.id)) for each in answers]
    acme.tickets.merge(first.ticket_id, survivor.id)
    acme.tickets.delete(other.ticket_id)
    settled = [acme.mail.settle(a.id, r) for a, r in zip(answers, read, strict=True)]
    assert settled[0].ticket_id == survivor.id
    assert (settled[1].verdict, settled[1].threaded_by) == ("ticket", "new")
    assert desk.check(deep=True).ok
