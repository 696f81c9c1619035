"""The commands for mail: exit codes for mail servers, the ledger, and a server beside it."""

import json
import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from cstar_core import Helpdesk, MailPlace, StorageFull, Unreadable
from cstar_core.mail import Mails
from cstar_web.cli import mail as module
from cstar_web.cli import main
from cstar_web.mail.listening import listening
from tests.cli.commands import run
from tests.core.posting import mail
from tests.mail_servers.hostile_imap import HostileImap

HELP = "help@acme.example"
Cstar = Callable[..., str]


@pytest.fixture
def desk(database: Path) -> Iterator[Helpdesk]:
    with Helpdesk.open(database) as desk:
        desk.workspace("acme").mailboxes.create(address=HELP)
        yield desk


def pipe(database: Path | str, raw: bytes, *options: str) -> Result:
    line = ["mail", "pipe", *(options or ("--mailbox", HELP)), "--database", str(database)]
    return CliRunner().invoke(main, line, input=raw)


# --- taking one in


def test_a_piped_mail_is_stored_with_its_envelope(desk: Helpdesk, database: Path) -> None:
    raw = mail()
    done = pipe(database, raw, "--mailbox", "help+x@acme.example", "--sender", "<jane@example.com>")
    assert (done.exit_code, done.output) == (0, "")
    room = desk.workspace("acme").mail
    (taken,) = room.waiting()
    assert room.raw(taken.id) == raw and taken.source == "pipe"
    assert taken.envelope.sender == "jane@example.com"
    assert taken.envelope.recipients == ("help+x@acme.example",)
    assert pipe(database, raw, "--mailbox", HELP, "--sender", "").exit_code == 0
    assert len(room.waiting()) == 1


def test_the_exit_codes_are_those_of_mail_servers(
    desk: Helpdesk, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert pipe(database, b" \r\n").exit_code == os.EX_DATAERR
    assert pipe(database, mail(), "--mailbox", "nobody@acme.example").exit_code == os.EX_NOUSER
    monkeypatch.setattr(module, "LETTER_BYTES_MAX", 1_000)
    assert pipe(database, mail(text="x" * 2_000)).exit_code == os.EX_DATAERR
    assert desk.workspace("acme").mail.list().total == 0


LONG = f"{'j' * 300}@example.com"
ODD = [
    (("--mailbox", HELP, "--sender", LONG), os.EX_OK, (None, (HELP,))),
    (("--mailbox", HELP, "--sender", "j\udcff@example.com"), os.EX_OK, (None, (HELP,))),
    (("--mailbox", HELP, "--sender", " "), os.EX_OK, ("", (HELP,))),
    (("--mailbox", f"help+{'x' * 300}@acme.example"), os.EX_OK, (None, ())),
    (("--mailbox", LONG), os.EX_NOUSER, None),
    (("--mailbox", "help\udcff@acme.example"), os.EX_NOUSER, None),
    (("--mailbox", "help+\udcff@acme.example"), os.EX_NOUSER, None),
    (("--mailbox", ""), os.EX_NOUSER, None),
]


@pytest.mark.parametrize(("options", "code", "envelope"), ODD)
def test_an_address_that_can_be_none_is_not_tried_for_ever(
    desk: Helpdesk,
    database: Path,
    options: tuple[str, ...],
    code: int,
    envelope: tuple[str | None, tuple[str, ...]] | None,
) -> None:
    assert pipe(database, mail(), *options).exit_code == code
    taken = [each.envelope for each in desk.workspace("acme").mail.waiting()]
    assert [(each.sender, each.recipients) for each in taken] == ([envelope] if envelope else [])


@pytest.mark.parametrize(
    "options",
    [(), ("--mailbox",), ("--mailbx", HELP), ("--mailbox", HELP, "more")],
)
def test_a_wrong_command_line_sends_no_mail_back(database: Path, options: tuple[str, ...]) -> None:
    line = ["mail", "pipe", *options]
    done = CliRunner().invoke(main, line, input=mail())
    assert done.exit_code == os.EX_TEMPFAIL
    assert done.stderr.startswith("cstar: ") and done.stderr.count("\n") == 1


def test_what_may_pass_is_to_be_tried_again(
    desk: Helpdesk, database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert pipe(tmp_path / "none.db", mail()).exit_code == os.EX_TEMPFAIL
    (tmp_path / "other.db").write_bytes(b"no database at all" * 100)
    assert pipe(tmp_path / "other.db", mail()).exit_code == os.EX_TEMPFAIL
    with monkeypatch.context() as patch:
        patch.setenv("CSTAR_PROT", "1")
        assert pipe(database, mail()).exit_code == os.EX_TEMPFAIL
    for error in (StorageFull("The disk is full"), RuntimeError("x"), KeyboardInterrupt()):

        def fail(*_: Any, error: BaseException = error, **__: Any) -> None:
            raise error

        with monkeypatch.context() as patch:
            patch.setattr(Mails, "take", fail)
            done = pipe(database, mail())
        assert done.exit_code == os.EX_TEMPFAIL and done.stderr.count("\n") == 1
    assert desk.workspace("acme").mail.list().total == 0


# --- the ledger


def test_the_ledger_is_listed_and_shown(
    desk: Helpdesk, database: Path, cstar: Cstar, cstar_json: Callable[..., Any]
) -> None:
    assert cstar("mail", "list", "acme") == "There is no such mail.\n"
    raw = mail(subject="Late \x1b[2J parcel")
    made = desk.workspace("acme").mail.receive(raw)
    desk.workspace("acme").mail.take(mail())
    assert "ticket" in cstar("mail", "list", "acme", "--verdict", "ticket")
    assert cstar("mail", "list", "acme", "--limit", "1").endswith("1 more\n")
    listed = cstar_json("mail", "list", "acme")
    assert listed["total"] == 2 and listed["mails"][1]["mailId"] == made.id
    shown = cstar("mail", "show", made.id)
    assert "Nothing in it belongs to an earlier ticket." in shown and "\x1b" not in shown
    assert cstar_json("mail", "show", made.id)["ticketId"] == made.ticket_id
    line = ["mail", "show", made.id, "--raw", "--database", str(database)]
    assert CliRunner().invoke(main, line).stdout_bytes == raw
    assert run("mail", "show", "eml_" + "0" * 32, "--database", str(database)).exit_code == 2


def test_what_failed_is_tried_again(desk: Helpdesk, database: Path, cstar: Cstar) -> None:
    room = desk.workspace("acme").mail
    ids = [room.take(mail()).id for _ in range(3)]
    for id, code in zip(ids, ("too_many_headers", "timeout", "headers_only"), strict=True):
        room.settle(id, Unreadable(code, "has too much"))
    assert cstar("mail", "retry", ids[0]) == "1 wait to be read again\n"
    assert cstar("mail", "retry", "--failed") == "1 wait to be read again\n"
    assert [room.get(id).verdict for id in ids] == ["waiting", "waiting", "failed"]
    refused = run("mail", "retry", ids[2], "--database", str(database))
    assert refused.exit_code == 2 and "Only the headers" in refused.stderr
    for line in ((), ("x", "--failed")):
        assert run("mail", "retry", *line, "--database", str(database)).exit_code == 2


# --- the server and the ledger


def test_a_folder_is_compared_with_the_ledger(
    desk: Helpdesk, database: Path, cstar: Cstar, cstar_json: Callable[..., Any]
) -> None:
    raws = [mail(subject=str(number)) for number in range(4)]
    with HostileImap("well", *raws) as server:
        imap = {"host": "127.0.0.1", "port": server.port, "security": "none", "user": "u"}
        acme = desk.workspace("acme")
        (box,) = acme.mailboxes.list()
        acme.mailboxes.update(box.id, incoming={**imap, "password": "x"})
        desk.mail_accounts.note_opened(desk.mail_accounts.get(box.id), 7)
        acme.mail.receive(raws[0], source="imap", mailbox=box.id, place=MailPlace(7, 1))
        lost = acme.mail.take(raws[0][:50], source="imap", mailbox=box.id, place=MailPlace(7, 2))
        acme.mail.settle(lost.id, Unreadable("headers_only", "could not be fetched"))
        desk.mail_accounts.note_passed(box.id, 7, 3)
        line = ("mail", "reconcile", HELP, "--json", "--database", str(database))
        found = run(*line)
        assert found.exit_code == 1
        told = json.loads(found.stdout)
        assert (told["onServer"], told["inLedger"], told["toCome"]) == (4, 2, 1)
        assert (told["missing"], told["failed"]) == ([3], [2])
        text = cstar("mail", "reconcile", HELP, "--fetch")
        assert "1 MISSING: UID 3" in text and "2 fetched now: UID 2, 3" in text
        assert "everything that was read is accounted for" in text
        again = cstar_json("mail", "reconcile", HELP, "--fetch")
        assert (again["missing"], again["failed"]) == ([], [2])
    subjects = {acme.mail.raw(each.id) for each in acme.mail.waiting()}
    assert subjects == {raws[1], raws[2]}


def test_a_server_that_cannot_be_asked_is_told(desk: Helpdesk, database: Path) -> None:
    assert run("mail", "reconcile", HELP, "--database", str(database)).exit_code == 2
    with HostileImap("refuses LOGIN") as server:
        acme = desk.workspace("acme")
        (box,) = acme.mailboxes.list()
        imap = {"host": "127.0.0.1", "port": server.port, "security": "none", "user": "u"}
        acme.mailboxes.update(box.id, incoming={**imap, "password": "x"})
        done = run("mail", "reconcile", HELP, "--database", str(database))
        assert done.exit_code == 1 and "signing in failed" in done.stderr
        tried = run("mailbox", "test", HELP, "--database", str(database))
    assert tried.exit_code == 1
    assert tried.stdout.splitlines()[0].startswith("ok") and "FAILED" in tried.stdout


def test_the_server_that_sends_is_tried_too(desk: Helpdesk, cstar: Cstar, database: Path) -> None:
    acme = desk.workspace("acme")
    (box,) = acme.mailboxes.list()
    with socket.create_server(("127.0.0.1", 0)) as sock, listening(desk, "smtp", sock, print):
        smtp = {"host": "127.0.0.1", "port": sock.getsockname()[1], "security": "none"}
        acme.mailboxes.update(box.id, outgoing=smtp)
        assert cstar("mailbox", "test", HELP).startswith("ok")
    done = run("mailbox", "test", HELP, "--database", str(database))
    assert done.exit_code == 1 and "SMTP 127.0.0.1" in done.stdout


def test_a_mailbox_that_works_is_said_to(desk: Helpdesk, cstar: Cstar) -> None:
    with HostileImap("well", mail()) as server:
        acme = desk.workspace("acme")
        (box,) = acme.mailboxes.list()
        imap = {"host": "127.0.0.1", "port": server.port, "security": "none", "user": "u"}
        acme.mailboxes.update(box.id, incoming={**imap, "password": "x"})
        told = cstar("mailbox", "test", HELP)
    assert "open INBOX: 1 messages, told of news at once (IDLE)" in told and "FAILED" not in told


# --- what nobody wants


def test_a_mail_is_filed_as_spam_and_released(
    desk: Helpdesk, database: Path, cstar: Cstar, cstar_json: Callable[..., Any]
) -> None:
    acme = desk.workspace("acme")
    first, other = acme.mail.receive(mail()), acme.mail.receive(mail("bob@example.net"))
    acme.messages.create(other.ticket_id or "", content="Hello")
    said = cstar("mail", "spam", first.id, "--block", "domain")
    assert f"its ticket {first.ticket_id} is gone" in said and "Mail of the domain" in said
    assert "stays, with what else is on it" in cstar("mail", "spam", other.id)
    assert cstar("mail", "spam", other.id) == f"{other.id} is filed as spam\n"
    assert cstar_json("mail", "show", first.id)["verdict"] == "spam"
    assert "waits to be read" in cstar("mail", "release", first.id)
    refused = run("mail", "spam", first.id, "--database", str(database))
    assert refused.exit_code == 2 and "waits to be read" in refused.stderr


def test_senders_are_blocked_and_taken_again(
    desk: Helpdesk, database: Path, cstar: Cstar, cstar_json: Callable[..., Any]
) -> None:
    assert cstar("mail", "blocks", "acme") == "Nobody is blocked.\n"
    made = cstar_json("mail", "block", "acme", "@M\u00fcnchen.example", "--note", "Noise \x1b[2J")
    assert made["value"] == "M\u00fcnchen.example"
    cstar("mail", "block", "acme", "jane@example.com")
    shown = cstar("mail", "blocks", "acme")
    assert "jane@example.com" in shown and "Noise" in shown and "\x1b" not in shown
    assert cstar("mail", "blocks", "acme", "--environment", "test") == "Nobody is blocked.\n"
    for value, why in (("JANE@example.com", "blocked already"), ("x", "or a domain")):
        refused = run("mail", "block", "acme", value, "--database", str(database))
        assert refused.exit_code == 2 and why in refused.stderr, value
    assert "is taken again" in cstar("mail", "unblock", "acme", "xn--mnchen-3ya.example")
    jane = desk.workspace("acme").mail_blocks.list().items[0]
    assert cstar_json("mail", "unblock", "acme", jane.id)["value"] == "jane@example.com"
    refused = run("mail", "unblock", "acme", "jane@example.com", "--database", str(database))
    assert refused.exit_code == 2 and "is not blocked" in refused.stderr
