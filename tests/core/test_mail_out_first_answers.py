"""The automatic first answer: who gets one, who does not, and that two desks fall silent."""

import email
import email.policy
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from cstar_core import Correspondent, Helpdesk, MailPace, MailParcel, MailReply, Workspace
from cstar_core.mail_out.breaker import LIMITS
from tests.core.correspondence import (
    JANE,
    SUPPORT,
    Server,
    answered_first,
    letter,
    mailbox,
    ticket_of_jane,
)
from tests.core.vocabulary import ManualClock

PACE = MailPace(jitter=0)


def first_answers(room: Workspace) -> int:
    return sum(mail.kind == "first_answer" for mail in room.outgoing_mail.list().items)


def test_who_begins_a_ticket_is_answered_once(desk: Helpdesk, acme: Workspace) -> None:
    box = mailbox(acme, answers_first=True, language="de", signature="Das Team")
    assert answered_first(acme, box, ticket_of_jane(acme))
    server = Server()
    (parcel,) = server.run(desk)
    assert (parcel.sender, parcel.recipients) == ("", (JANE,))
    found = email.message_from_bytes(
        server.sent[0][1], _class=EmailMessage, policy=email.policy.default
    )
    assert found["Auto-Submitted"] == "auto-replied"
    assert found["In-Reply-To"] is None or "first@example.com" in found["In-Reply-To"]
    assert len(found.get_all("X-cStar-Loop")) == 1
    body = found.get_body(("plain",))
    assert body is not None
    text = body.get_content()
    assert "Ihre Nummer ist #1." in text
    assert text.splitlines()[-2:] == ["-- ", "Das Team"]


SILENT: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("no return path", {}, {"return_path": ""}),
    ("no sender", {"sender": None}, {}),
    ("our own address", {"sender": Correspondent("", SUPPORT)}, {}),
    ("two other desks", {"loops": ("aaaa", "bbbb")}, {}),
    ("a domain that cannot be written", {"sender": Correspondent("", "a@straße.example")}, {}),
]


@pytest.mark.parametrize(("values", "facts"), [each[1:] for each in SILENT])
def test_some_are_not_answered(
    acme: Workspace, values: dict[str, Any], facts: dict[str, Any]
) -> None:
    box = mailbox(acme, answers_first=True)
    assert not answered_first(acme, box, ticket_of_jane(acme), letter(**values), **facts)
    assert first_answers(acme) == 0


def test_a_mailbox_may_answer_nobody(acme: Workspace) -> None:
    assert not answered_first(acme, mailbox(acme), ticket_of_jane(acme))


def test_nobody_is_answered_twice_within_an_hour(
    acme: Workspace, globex: Workspace, clock: ManualClock
) -> None:
    box = mailbox(acme, answers_first=True)
    assert answered_first(acme, box, ticket_of_jane(acme))
    again = letter(sender=Correspondent("Jane", JANE.upper()))
    clock.tick(minutes=59)
    assert not answered_first(acme, box, ticket_of_jane(acme), again)
    other = mailbox(globex, "support@globex.example", answers_first=True)
    assert answered_first(globex, other, ticket_of_jane(globex))
    clock.tick(minutes=2)
    assert answered_first(acme, box, ticket_of_jane(acme), again)


def test_a_person_who_is_named_in_many_ways_is_answered_once(acme: Workspace) -> None:
    box = mailbox(acme, answers_first=True)
    ticket = ticket_of_jane(acme)
    named = [letter(sender=Correspondent("", f"jane+{each}@example.com")) for each in ("a", "b")]
    assert [answered_first(acme, box, ticket, each) for each in (*named, letter())] == [
        True,
        False,
        False,
    ]


def test_strangers_who_are_answered_keep_no_persons_answer_back(acme: Workspace) -> None:
    """Whoever forges their addresses can make any number of them."""
    box, ticket = mailbox(acme, answers_first=True), ticket_of_jane(acme)
    for number in range(LIMITS.in_workspace):
        sender = Correspondent("", f"{number}@example.com")
        strange = acme.tickets.create(title="x", customer_email=sender.address)
        assert answered_first(acme, box, strange, letter(sender=sender))
    assert acme.outgoing_mail.list(state="held").total == LIMITS.in_workspace - LIMITS.automatic
    delivery = acme.messages.create(ticket.id, content="Hello").delivery
    assert delivery is not None
    assert delivery.state == "queued"


def test_a_clock_that_was_set_back_silences_nobody_for_long(
    acme: Workspace, clock: ManualClock
) -> None:
    box = mailbox(acme, answers_first=True)
    assert answered_first(acme, box, ticket_of_jane(acme))
    clock.tick(days=-2)
    assert answered_first(acme, box, ticket_of_jane(acme))


def test_a_ticket_that_is_deleted_does_not_let_its_sender_be_answered_again(
    acme: Workspace,
) -> None:
    box = mailbox(acme, answers_first=True)
    ticket = ticket_of_jane(acme)
    assert answered_first(acme, box, ticket)
    acme.tickets.delete(ticket.id)
    assert not answered_first(acme, box, ticket_of_jane(acme))


def test_a_team_writes_its_own(desk: Helpdesk, acme: Workspace) -> None:
    acme.mail_templates.update("first_answer", "en", content="Got it: {{ticket.title}}")
    assert answered_first(acme, mailbox(acme, answers_first=True), ticket_of_jane(acme))
    server = Server()
    server.run(desk)
    assert b"Got it: Cannot log in" in server.sent[0][1]


# --- two desks, each of which answers what the other one sends


@pytest.fixture
def desks(tmp_path: Path, clock: ManualClock) -> Iterator[dict[str, Helpdesk]]:
    """Two desks by the addresses of their mailboxes."""
    found = {}
    for name in ("left", "right"):
        desk = Helpdesk.open(tmp_path / f"{name}.db", clock=clock)
        desk.teams.create(name)
        mailbox(desk.workspace(name), f"help@{name}.example", answers_first=True)
        found[f"help@{name}.example"] = desk
    yield found
    for desk in found.values():
        desk.close()


def room_of(desks: dict[str, Helpdesk], address: str) -> Workspace:
    return desks[address].workspace(address.partition("@")[2].partition(".")[0])


STRIPPED = [
    (),
    ("Auto-Submitted", "X-Auto-Response-Suppress"),
    ("X-cStar-Loop",),
    ("Auto-Submitted", "X-Auto-Response-Suppress", "X-cStar-Loop"),
]


@pytest.mark.parametrize("stripped", STRIPPED)
@pytest.mark.parametrize("path_is_kept", [True, False])
def test_two_desks_that_answer_each_other_fall_silent_within_three_hops(
    desks: dict[str, Helpdesk], stripped: tuple[str, ...], path_is_kept: bool
) -> None:
    """Also if something on the way takes off what says that a program wrote it."""
    hops: list[str] = []

    def post(parcel: MailParcel, raw: bytes) -> dict[str, MailReply]:
        mail = email.message_from_bytes(raw, policy=email.policy.default)
        for name in stripped:
            del mail[name]
        for address in parcel.recipients:
            hops.append(address)
            room = room_of(desks, address)
            (box,) = room.mailboxes.list()
            arrived = bytes(mail)
            if not path_is_kept:
                arrived = b"Return-Path: <someone@else.example>\r\n" + arrived
            room.mail.receive(arrived, mailbox=box.id)
        return {each: MailReply("sent") for each in parcel.recipients}

    left, right = desks
    begun = (
        f"From: {right}\r\nTo: {left}\r\nSubject: Hello\r\nMessage-ID: <1@right.example>\r\n\r\nHi"
    )
    room_of(desks, left).mail.receive(begun.encode())
    for _ in range(10):
        if not sum(desk.send_mail_due(post, pace=PACE) for desk in desks.values()):
            break
    assert 1 <= len(hops) <= 3
