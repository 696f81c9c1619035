"""The commands for the texts around mail, and for bad addresses."""

import json
from pathlib import Path

import pytest

from cstar_core import Helpdesk, MailReply
from tests.cli.commands import run

REPLY = ("template", "acme", "reply", "de")


def shown(database: Path, *line: str, **more: str) -> str:
    return run("mail", *line, "--database", str(database), **more).output


def test_a_template_is_shown_tried_set_and_taken_back(database: Path, tmp_path: Path) -> None:
    with Helpdesk.open(database) as desk:
        ticket = desk.workspace("acme").tickets.create(title="Late", customer_name="Jane").id
    file = tmp_path / "reply.txt"
    file.write_bytes(b"Hallo {{customer.name}},\r\n{{message}}\r\n")
    assert shown(database, *REPLY).startswith("{{message}}")
    tried = shown(database, *REPLY, "--file", str(file), "--preview", ticket)
    assert tried == "Hallo Jane,\n…\n"
    assert "own" not in shown(database, "templates", "acme")
    assert "Set the text for reply in de" in shown(database, *REPLY, "--file", str(file))
    listed = json.loads(shown(database, "templates", "acme", "--json"))
    assert [(each["kind"], each["language"]) for each in listed if each["isOwn"]] == [
        ("reply", "de")
    ]
    assert shown(database, *REPLY) == "Hallo {{customer.name}},\n{{message}}\n"
    assert "Took back" in shown(database, *REPLY, "--reset")
    assert shown(database, *REPLY).startswith("{{message}}")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ((*REPLY, "--reset"), "no mail template reply"),
        ((*REPLY, "--reset", "--preview", "x"), "--reset goes with neither"),
        ((*REPLY, "--file", "/nowhere/at/all"), "the text cannot be read from /nowhere/at/all"),
        ((*REPLY, "--preview", "x"), "ticket-id must be the id of an existing ticket"),
        (("template", "acme", "reply", "it"), "no mail template reply"),
        (("trust", "acme", "jane@example.com"), "no bad address jane@example.com"),
        (("bad-addresses", "nobody"), "no team nobody"),
    ],
)
def test_what_cannot_be_done_is_told(database: Path, line: tuple[str, ...], said: str) -> None:
    assert said in shown(database, *line)


def test_bad_addresses_are_listed_and_trusted(database: Path) -> None:
    with Helpdesk.open(database) as desk:
        acme = desk.workspace("acme")
        server = {"host": "127.0.0.1", "security": "none"}
        acme.mailboxes.create(address="help@acme.example", outgoing=server)
        for each in ("jane@example.com", "sam@example.com"):
            ticket = acme.tickets.create(title="Late", customer_email=each)
            acme.messages.create(ticket.id, content="Soon.")
        refused = MailReply("failed", "550 5.1.1", "no such user")
        desk.send_mail_due(lambda parcel, _: dict.fromkeys(parcel.recipients, refused))
    text = shown(database, "bad-addresses", "acme", "--limit", "1")
    assert "jane@example.com  no such user" in text and text.endswith("1 more\n")
    assert "The next mail" in shown(database, "trust", "acme", "Jane@example.com")
    told = json.loads(shown(database, "bad-addresses", "acme", "--json"))
    assert [each["address"] for each in told["addresses"]] == ["sam@example.com"]
    assert "no bad address" in shown(database, "bad-addresses", "acme", "--environment", "test")
