"""What went out to a person, or names them as somebody to answer, goes with them."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from cstar_core import Correspondent, Envelope, Helpdesk, MailReply, Workspace
from tests.core.correspondence import (
    JANE,
    SENDER,
    Server,
    answered_first,
    letter,
    mailbox,
    received,
    ticket_of_jane,
)
from tests.core.posting import mail
from tests.core.witness import happened, log, types

BOB = Correspondent("Bob", "bob@example.com")


def texts(path: Path) -> Iterator[str]:
    """All that is in the tables of a file."""
    with closing(sqlite3.connect(path)) as file:
        names = file.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        for (name,) in names:
            for row in file.execute(f'SELECT * FROM "{name}"').fetchall():  # noqa: S608
                yield f"{name} {row}"


def test_nothing_of_an_erased_person_is_left_in_mail_that_goes_out(
    desk: Helpdesk, acme: Workspace, path: Path
) -> None:
    box = mailbox(acme, answers_first=True)
    ticket = ticket_of_jane(acme)
    other = acme.tickets.create(title="Other", customer_email=BOB.address)
    answered_first(acme, box, ticket)
    received(acme, box, ticket)
    received(acme, box, other, letter(message_id="2@x.example", sender=BOB, cc=(SENDER,)))
    for each in (ticket, other):
        acme.messages.create(each.id, content="Hello")
    Server({JANE: MailReply("failed", "550 5.1.1", f"no {JANE} here")}).run(desk)
    assert ticket.customer_id is not None
    acme.customers.erase(ticket.customer_id)
    desk.collect_files()
    assert [each for each in texts(path) if JANE in each] == []
    (gone,) = acme.outgoing_mail.list().items
    assert [each.address for each in gone.recipients] == [BOB.address]
    answer = acme.messages.create(other.id, content="Hello again").delivery
    assert answer is not None
    people = acme.outgoing_mail.get(answer.id).recipients
    assert [each.address for each in people] == [BOB.address]
    assert all(JANE.encode() not in file.read_bytes() for file in _files(path))


def _files(path: Path) -> list[Path]:
    return [each for each in Path(f"{path}-files").rglob("*") if each.is_file()]


# How the person's address is written, and how somebody's is who is another.
SPELLED = [
    ("jürgen@example.com", "JÜRGEN@Example.COM", "jürgen@example.org"),
    ("jürgen@example.com", "Ju\u0308rgen@example.com", "jurgen@example.com"),
    ("straße@example.com", "STRASSE@example.com", "strase@example.com"),
    ("kay@example.com", "\u212aay@example.com", "kai@example.com"),
    ("ann@example.com", "ANN@example.com", "joann@example.com"),
]


@pytest.mark.parametrize(("address", "spelled", "another"), SPELLED)
def test_an_address_is_forgotten_in_any_spelling(
    acme: Workspace, address: str, spelled: str, another: str
) -> None:
    box = mailbox(acme)
    person = acme.customers.create(name="Somebody", email=address)
    ticket = acme.tickets.create(title="Other", customer_email="bob@example.com")
    people = (Correspondent("Ä", another), Correspondent("Ä", spelled))
    received(acme, box, ticket, letter(sender=Correspondent("Bob", "bob@example.com"), cc=people))
    mails = [
        acme.mail.receive(mail(f"<{more}>", id=f"{more}@x"), envelope=Envelope(sender))
        for more, sender in (("a@x.example", spelled), ("b@x.example", another))
    ]
    acme.customers.erase(person.id)
    assert [acme.mail.get(each.id).has_raw for each in mails] == [False, True]
    with acme._store.snapshot() as snap:
        ((kept,),) = snap.sql("SELECT people FROM mail_heads WHERE instr(people, 'bob@')")
    assert another in kept and spelled not in kept


# --- blocks of them


@pytest.mark.parametrize("unblock", [False, True])
def test_a_block_of_exactly_their_address_is_told_and_goes_if_asked(
    acme: Workspace, path: Path, unblock: bool
) -> None:
    person = acme.customers.create(name="Jürgen", email="jürgen@münchen.example")
    for value in ("JÜRGEN@xn--mnchen-3ya.example", "münchen.example", "ann@münchen.example"):
        acme.mail_blocks.create(value=value)
    before = acme.mail_blocks.list().total
    assert acme.customers.erase(person.id, dry_run=True, unblock=unblock).blocks == 1
    assert acme.mail_blocks.list().total == before
    events = happened(acme, lambda: acme.customers.erase(person.id, unblock=unblock))
    assert types(events) == ["mail_block.deleted"] * unblock + [
        "customer.deleted",
        "customer.erased",
    ]
    left = [each.value for each in acme.mail_blocks.list().items]
    assert len(left) == before - unblock
    named = [each for each in texts(path) if "jürgen@" in each.casefold()]
    assert [each.split()[0] for each in named] == ([] if unblock else ["events", "mail_blocks"])


def test_the_log_forgets_of_whom_a_block_was_that_is_gone(acme: Workspace, path: Path) -> None:
    person = acme.customers.create(name="Jane", email=JANE)
    acme.mail_blocks.delete(acme.mail_blocks.create(value=JANE).id)
    kept = acme.mail_blocks.create(value=BOB.address)
    assert acme.customers.erase(person.id).blocks == 0
    assert [each for each in texts(path) if JANE in each] == []
    told = [each.data for each in log(acme) if each.object_id == kept.id]
    assert told == [{"value": BOB.address}]
