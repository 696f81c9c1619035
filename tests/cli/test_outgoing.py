"""The commands for mail that goes out."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from cstar_core import Helpdesk
from tests.cli.commands import run


@pytest.fixture
def desk(database: Path) -> Iterator[Helpdesk]:
    """A desk with one mail that waits and, after twenty on the same ticket, one that is held."""
    with Helpdesk.open(database) as desk:
        acme = desk.workspace("acme")
        server = {"host": "127.0.0.1", "security": "none"}
        acme.mailboxes.create(address="help@acme.example", outgoing=server)
        ticket = acme.tickets.create(title="Cannot log in", customer_email="jane@example.com")
        for _ in range(21):
            acme.messages.create(ticket.id, content="Hello")
        yield desk


def shown(database: Path, *line: str) -> str:
    return run("mail", *line, "--database", str(database)).output


def test_mail_that_goes_out_is_listed(desk: Helpdesk, database: Path) -> None:
    text = shown(database, "outgoing", "acme", "--limit", "2")
    first, second, more = text.splitlines()
    assert "held" in first
    assert "queued  jane@example.com  Re: Cannot log in [#1]" in second
    assert more == "19 more"
    told = json.loads(shown(database, "outgoing", "acme", "--state", "held", "--json"))
    assert (told["total"], told["mails"][0]["state"]) == (1, "held")
    assert "There is no such mail." in shown(database, "outgoing", "acme", "--state", "sent")


def test_what_is_held_goes_once_somebody_says_so(desk: Helpdesk, database: Path) -> None:
    assert "1 will be sent" in shown(database, "let-go", "--held")
    assert "0 will be sent" in shown(database, "let-go", "--held")
    assert desk.workspace("acme").outgoing_mail.list(state="queued").total == 21


def test_a_mail_is_cancelled_and_sent_again(desk: Helpdesk, database: Path) -> None:
    room = desk.workspace("acme").outgoing_mail
    mail = room.list().items[0].id
    assert f"{mail} is failed" in shown(database, "cancel", mail)
    assert f"{mail} is queued" in shown(database, "send-again", mail)
    assert room.get(mail).state == "queued"


WRONG = [
    (("let-go",), "name one mail, or give --held"),
    (("let-go", "x", "--held"), "name one mail, or give --held"),
    (("cancel", "oml_1"), "there is no mail oml_1 that goes out"),
]


@pytest.mark.parametrize(("line", "said"), WRONG)
def test_what_is_wrong_is_said(
    desk: Helpdesk, database: Path, line: tuple[str, ...], said: str
) -> None:
    result = run("mail", *line, "--database", str(database))
    assert result.exit_code == 2
    assert said in result.output
