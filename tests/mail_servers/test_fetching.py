"""Fetching: every message once, in order, whatever ends a session and whatever a server does."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from cstar_core import Helpdesk, Letter, Mailbox, Workspace, read_letter
from cstar_web.mail import folder
from cstar_web.mail.fetching import Fetcher, FetchPace
from cstar_web.mail.folder import arrived_at
from cstar_web.mail.imap import Imap
from cstar_web.mail.service import MailService
from cstar_web.mail.settling import Settler
from cstar_web.mail.trying import connected
from tests.core.posting import mail
from tests.mail_servers.hostile_imap import MOODS, HostileImap
from tests.web.sockets import wait_until

QUICK = FetchPace(ask=0.05, wait=0.05, first=0.01, most=0.05, refused=0.01, connect=0.3, answer=0.3)
ADDRESS = "help@acme.example"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Helpdesk]:
    with Helpdesk.open(tmp_path / "desk.db") as desk:
        desk.teams.create("Acme")
        yield desk


@pytest.fixture
def acme(desk: Helpdesk) -> Workspace:
    return desk.workspace("acme")


def mailbox(acme: Workspace, server: HostileImap, **more: Any) -> Mailbox:
    imap = {"host": "127.0.0.1", "port": server.port, "security": "none", "user": "help"}
    return acme.mailboxes.create(address=ADDRESS, incoming={**imap, "password": "x", **more})


@contextmanager
def fetching(desk: Helpdesk, box: Mailbox) -> Iterator[Fetcher]:
    fetcher = Fetcher(desk, box.id, lambda: None, QUICK)
    fetcher.start()
    try:
        yield fetcher
    finally:
        fetcher.ask_to_stop()
        fetcher.join(10)
        assert not fetcher.is_alive


def subjects(acme: Workspace) -> list[str]:
    """Of what was fetched, in the order in which it came."""
    room = acme.mail
    found = sorted(
        room.list(page_size=100).items, key=lambda one: one.place.uid if one.place else 0
    )
    return [read_letter(room.raw(each.id)).subject for each in found if each.size]


def numbered(*numbers: int) -> list[bytes]:
    return [mail(subject=str(number)) for number in numbers]


def test_what_is_there_and_what_comes_is_fetched_once(desk: Helpdesk, acme: Workspace) -> None:
    with HostileImap("well", *numbered(1, 2, 3)) as server:
        box = mailbox(acme, server)
        with fetching(desk, box):
            wait_until(lambda: len(subjects(acme)) == 3)
            server.letters.append((4, mail(subject="4")))
            wait_until(lambda: len(subjects(acme)) == 4)
        with fetching(desk, box):
            server.letters.append((9, mail(subject="9")))
            wait_until(lambda: len(subjects(acme)) == 5)
    assert subjects(acme) == ["1", "2", "3", "4", "9"]
    account = desk.mail_accounts.get(box.id)
    assert (account.uid_validity, account.last_uid) == (7, 9)
    assert account.mailbox.fetched_at and account.mailbox.failing_since is None


def test_a_folder_that_was_numbered_anew_is_read_anew_and_kept_once(
    desk: Helpdesk, acme: Workspace
) -> None:
    with HostileImap("well", *numbered(1, 2)) as server:
        box = mailbox(acme, server)
        with fetching(desk, box):
            wait_until(lambda: len(subjects(acme)) == 2)
        server.uid_validity = 8
        server.letters.append((3, mail(subject="3")))
        with fetching(desk, box):
            wait_until(lambda: desk.mail_accounts.get(box.id).last_uid == 3)
    settle(desk)
    assert acme.tickets.list().total == 3
    verdicts = [each.verdict for each in acme.mail.list().items]
    assert sorted(verdicts) == ["duplicate", "duplicate", "ticket", "ticket", "ticket"]


def settle(desk: Helpdesk) -> None:
    for each in desk.waiting_mail(100):
        desk.workspace(each.team_id, each.environment).mail.work(each.id)


def test_a_message_that_is_too_large_is_known_by_its_headers(
    desk: Helpdesk, acme: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folder, "LETTER_BYTES_MAX", 2_000)
    large = mail(subject="2", text="x" * 2_000)
    with (
        HostileImap("well", numbered(1)[0], large, numbered(3)[0]) as server,
        fetching(desk, mailbox(acme, server)),
    ):
        wait_until(lambda: len(subjects(acme)) == 3)
    refused = acme.mail.list(verdict="failed").items[0]
    assert (
        refused.explanation
        == f"It could not be read: it has {len(large):,} bytes, too many to be stored."
    )
    assert subjects(acme) == ["1", "2", "3"] and refused.size < 1_000
    assert refused.ticket_id is not None


def test_what_came_before_an_instant_is_left_alone(desk: Helpdesk, acme: Workspace) -> None:
    # The server says of each that it came when 2026 began.
    with HostileImap("well", *numbered(1, 2)) as server:
        box = mailbox(acme, server, since=datetime(2026, 1, 2, tzinfo=UTC))
        with fetching(desk, box):
            wait_until(lambda: desk.mail_accounts.get(box.id).last_uid == 2)
            assert subjects(acme) == []
        acme.mailboxes.update(box.id, incoming={
            "host": "127.0.0.1", "port": server.port, "security": "none", "user": "help",
            "folder": "Other", "since": datetime(2026, 1, 1, tzinfo=UTC),
        })  # fmt: skip
        with fetching(desk, box):
            wait_until(lambda: len(subjects(acme)) == 2)


def test_however_much_is_left_alone_is_passed_in_one_step(desk: Helpdesk, acme: Workspace) -> None:
    with HostileImap("well", *numbered(1, 2, 3)) as server:
        box = mailbox(acme, server, since=datetime(2026, 1, 2, tzinfo=UTC))
        account = desk.mail_accounts.get(box.id)
        incoming = account.mailbox.incoming
        assert incoming is not None
        with connected(incoming) as wire:
            imap = Imap(wire)
            imap.begin(incoming, "x")
            reader = folder.Reader(desk, account, incoming, imap, {}, lambda: False)
            reader.open()
            assert list(reader.new()) == [0]
    assert desk.mail_accounts.get(box.id).last_uid == 3


# Of these a UID may be another message's later, or is beyond those that are given out.
LYING = ("lists other UIDs", "lists one UID twice", "lists mails without end")


@pytest.mark.parametrize("mood", [each for each in MOODS if each not in LYING])
def test_whatever_a_server_does_all_is_fetched_once_it_behaves(
    desk: Helpdesk, acme: Workspace, mood: str
) -> None:
    with HostileImap(mood, *numbered(1, 2)) as server:
        box = mailbox(acme, server)
        with fetching(desk, box), suppress(AssertionError):
            wait_until(lambda: server.connections > 2 or len(subjects(acme)) >= 2, 1)
        server.behave()
        server.letters.append((server.next_uid, mail(subject="last")))
        with fetching(desk, box):
            wait_until(lambda: "last" in subjects(acme), 10)
    found = [each for each in subjects(acme) if each != "last"]
    failed = acme.mail.list(verdict="failed").total
    assert set(found) | {"1", "2"} == {"1", "2"} and len(set(found)) + failed >= 2


def test_a_message_that_breaks_every_session_does_not_stop_the_others(
    desk: Helpdesk, acme: Workspace
) -> None:
    with (
        HostileImap("brings a mail without end", *numbered(1, 2)) as server,
        fetching(desk, mailbox(acme, server)),
    ):
        wait_until(lambda: acme.mail.list(verdict="failed").total == 2, 20)
        server.behave()
        server.letters.append((3, mail(subject="3")))
        wait_until(lambda: "3" in subjects(acme), 10)
    first = acme.mail.list(verdict="failed").items[-1]
    assert first.explanation == "It could not be read: it could not be fetched in 3 tries."


def test_what_goes_wrong_is_shown_with_the_mailbox(desk: Helpdesk, acme: Workspace) -> None:
    with HostileImap("refuses LOGIN") as server:
        box = mailbox(acme, server)
        with fetching(desk, box):
            wait_until(lambda: acme.mailboxes.get(box.id).failure is not None)
    found = acme.mailboxes.get(box.id)
    assert found.failing_since is not None and found.fetched_at is None
    assert found.failure == "signing in failed: the server says NO no"


def test_a_mailbox_without_a_password_says_so(desk: Helpdesk, acme: Workspace) -> None:
    with HostileImap() as server:
        box = mailbox(acme, server, password=None)
        with fetching(desk, box):
            wait_until(lambda: acme.mailboxes.get(box.id).failure is not None)
        assert server.connections == 0
    assert "there is no password" in str(acme.mailboxes.get(box.id).failure)


# --- the service


@contextmanager
def reading() -> Iterator[Any]:
    yield read_letter


@contextmanager
def serving(desk: Helpdesk) -> Iterator[None]:
    with MailService(desk, reading, pace=QUICK):
        yield


def test_a_mailbox_that_is_added_changed_or_removed_is_followed(
    desk: Helpdesk, acme: Workspace
) -> None:
    with HostileImap("well", *numbered(1)) as one, HostileImap("well", *numbered(2)) as other:
        with serving(desk):
            box = mailbox(acme, one)
            wait_until(lambda: acme.tickets.list().total == 1, 10)
            changed = {"host": "127.0.0.1", "port": other.port, "security": "none", "user": "u"}
            acme.mailboxes.update(box.id, incoming={**changed, "password": "x"})
            wait_until(lambda: acme.tickets.list().total == 2, 10)
            acme.mailboxes.delete(box.id)
            connections = one.connections + other.connections
            one.letters.append((9, mail(subject="9")))
        assert one.connections + other.connections == connections
    assert acme.tickets.list().total == 2


def test_of_two_programs_one_sees_to_mail_and_the_other_takes_over(
    desk: Helpdesk, acme: Workspace, tmp_path: Path
) -> None:
    with HostileImap("well", *numbered(1)) as server, Helpdesk.open(tmp_path / "desk.db") as twin:
        mailbox(acme, server)
        with serving(twin):
            with serving(desk):
                wait_until(lambda: acme.tickets.list().total == 1, 10)
            server.letters.append((2, mail(subject="2")))
            wait_until(lambda: acme.tickets.list().total == 2, 10)
    assert sorted(each.title for each in acme.tickets.list().items) == ["1", "2"]


def test_without_a_mailbox_nothing_is_begun(desk: Helpdesk, tmp_path: Path) -> None:
    with serving(desk):
        pass
    assert not os.path.exists(tmp_path / "desk.db-mailboxes")


def test_one_mail_that_cannot_be_settled_does_not_stop_the_others(
    desk: Helpdesk, acme: Workspace
) -> None:
    def read(raw: bytes) -> Letter:
        if b"bad" in raw:
            raise RuntimeError("unforeseen")
        return read_letter(raw)

    acme.mail.take(mail(subject="bad"))
    acme.mail.take(mail(subject="good"))
    settler = Settler(desk, read)
    settler.start()
    try:
        wait_until(lambda: acme.tickets.list().total == 1)
    finally:
        settler.stop()
    (bad,) = acme.mail.waiting()
    assert bad.attempts == 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b" 3-Feb-2026 10:22:10 +0100", "2026-02-03T10:22:10+01:00"),
        (b"13-DEC-2026 23:59:59 -0330", "2026-12-13T23:59:59-03:30"),
        (b"13-Dec-2026 23:59:59 +9999", "2026-12-13T23:59:59+00:00"),
        (b"31-Feb-2026 10:22:10 +0100", None),
        (b"3-Foo-2026 10:22:10 +0100", None),
        (b"", None),
        ("\u0663-Feb-2026 10:22:10 +0100".encode(), None),
    ],
)
def test_when_a_message_arrived_is_read(text: bytes, expected: str | None) -> None:
    found = arrived_at(text)
    assert (found and found.isoformat()) == expected
