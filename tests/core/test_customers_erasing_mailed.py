"""What went out to a person, or names them as somebody to answer, goes with them."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from cstar_core import Correspondent, Helpdesk, MailReply, Workspace
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
    (mail,) = acme.outgoing_mail.list().items
    assert [each.address for each in mail.recipients] == [BOB.address]
    answer = acme.messages.create(other.id, content="Hello again").delivery
    assert answer is not None
    people = acme.outgoing_mail.get(answer.id).recipients
    assert [each.address for each in people] == [BOB.address]
    assert all(JANE.encode() not in file.read_bytes() for file in _files(path))


def _files(path: Path) -> list[Path]:
    return [each for each in Path(f"{path}-files").rglob("*") if each.is_file()]
