"""The commands for mailboxes: what the options mean, where passwords come from, what is shown."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from cstar_core import Helpdesk, ImapServer, MailAccount, SmtpServer, TicketDefaults
from cstar_web.cli import main
from tests.cli.commands import run

ADDRESS = "support@example.com"
Cstar = Callable[..., str]


@pytest.fixture
def password(tmp_path: Path) -> str:
    file = tmp_path / "password"
    file.write_text("p ä\n", encoding="utf-8")
    return str(file)


@pytest.fixture
def added(cstar: Cstar, password: str) -> str:
    servers = ("--imap", "imap.example.com", "--smtp", "smtp.example.com:2525")
    cstar("mailbox", "add", "acme", ADDRESS, *servers, "--password-file", password)
    return ADDRESS


def account(database: Path) -> MailAccount:
    with Helpdesk.open(database) as desk:
        (found,) = desk.mail_accounts.list()
    return found


def test_the_options_say_what_a_mailbox_is(
    database: Path, cstar: Cstar, tmp_path: Path, password: str
) -> None:
    other = tmp_path / "other"
    other.write_text("q", encoding="utf-8")
    ada = cstar("member", "add", "acme", "Ada", "ada@example.com").rpartition(" ")[2].strip()
    cstar(
        *("mailbox", "add", "acme", ADDRESS, "--name", "Acme", "--language", "de"),
        *(
            "--imap",
            "[::1]:1143",
            "--imap-user",
            "u",
            "--imap-security",
            "none",
            "--folder",
            "Help",
        ),
        *("--delete-fetched", "on", "--smtp", "smtp.example.com", "--smtp-security", "starttls"),
        *("--password-file", password, "--smtp-password-file", str(other)),
        *(
            "--plus-addressing",
            "off",
            "--answers-first",
            "on",
            "--priority",
            "high",
            "--tag",
            "mail",
        ),
        *("--assigned-to", ada, "--dkim-domain", "example.com", "--dkim-selector", "s"),
        *("--dkim-key", "key.pem"),
    )
    found = account(database)
    mailbox = found.mailbox
    assert mailbox.incoming == ImapServer("::1", 1143, "none", "u", "Help", True)
    assert mailbox.outgoing == SmtpServer("smtp.example.com", 587, "starttls", "u")
    assert (found.incoming_password, found.outgoing_password) == ("p ä", "q")
    assert mailbox.defaults == TicketDefaults("high", ("mail",), ada)
    assert (mailbox.name, mailbox.language, mailbox.is_default) == ("Acme", "de", True)
    assert (mailbox.plus_addressing, mailbox.answers_first) == (False, True)
    assert mailbox.dkim and mailbox.dkim.key_file == str(tmp_path / "key.pem")


def test_who_signs_in_is_the_address_unless_another_is_named(database: Path, added: str) -> None:
    found = account(database)
    assert found.mailbox.incoming == ImapServer("imap.example.com", 993, "tls", ADDRESS)
    assert found.mailbox.outgoing == SmtpServer("smtp.example.com", 2525, "tls", ADDRESS)
    assert (found.incoming_password, found.outgoing_password) == ("p ä", "p ä")


def test_a_password_comes_from_standard_input(database: Path) -> None:
    line = ["mailbox", "add", "acme", ADDRESS, "--imap", "imap.example.com", "--password-file", "-"]
    line += ["--database", str(database)]
    assert CliRunner().invoke(main, line, input="secret\r\n").exit_code == 0
    assert account(database).incoming_password == "secret"


def test_no_password_is_an_argument_or_shown(cstar: Cstar, added: str) -> None:
    for line in ((), ("--json",)):
        shown = cstar("mailbox", "list", *line)
        assert ADDRESS in shown and "p ä" not in shown
    assert " --password " not in run("help", "mailbox", "add").stdout


REFUSED: list[tuple[tuple[str, ...], str]] = [
    (("--imap", "imap.example.com"), "there is no terminal to ask for the password on"),
    (("--imap", "imap.example.com", "--password-file", "none"), "cannot be read from none"),
    (("--imap", "a:b"), "is not a host such as mail.example.com:993"),
    (("--folder", "Help"), "say which server with --imap"),
    (("--smtp-anonymous",), "say which server with --smtp"),
    (("--since", "yesterday"), "is not now, a day such as 2026-01-31 or an instant"),
    (("--field", "x"), "is not KEY=VALUE"),
    (("--field", "x=1"), "defaults.custom-fields.x is not known"),
    (("--dkim-domain", "example.com"), "dkim.selector is required"),
]


@pytest.mark.parametrize(("options", "said"), REFUSED)
def test_what_cannot_be_a_mailbox_is_refused(
    database: Path, options: tuple[str, ...], said: str
) -> None:
    result = run("mailbox", "add", "acme", ADDRESS, *options, "--database", str(database))
    assert result.exit_code == 2 and said in result.stderr
    with Helpdesk.open(database) as desk:
        assert desk.mail_accounts.list() == ()


CHANGES: list[tuple[tuple[str, ...], Callable[[MailAccount], Any], Any]] = [
    (("--folder", "Help"), lambda one: one.mailbox.incoming,
     ImapServer("imap.example.com", 993, "tls", ADDRESS, "Help")),
    (("--folder", "Help"), lambda one: one.incoming_password, "p ä"),
    (("--smtp-anonymous", "--smtp", "localhost"), lambda one: one.mailbox.outgoing,
     SmtpServer("localhost", 465, "tls", None)),
    (("--no-imap",), lambda one: (one.mailbox.incoming, one.incoming_password), (None, None)),
    (("--inactive",), lambda one: one.mailbox.is_active, False),
    (("--address", "help@example.com"), lambda one: one.mailbox.address, "help@example.com"),
    (("--tag", "a", "--tag", "b"), lambda one: one.mailbox.defaults.tags, ("a", "b")),
    (("--since", "2026-01-31"), lambda one: str(one.mailbox.incoming.since),  # type: ignore[union-attr]
     "2026-01-31 00:00:00+00:00"),
]  # fmt: skip


@pytest.mark.parametrize(("options", "read", "expected"), CHANGES)
def test_what_is_given_changes_and_all_else_stays(
    database: Path,
    cstar: Cstar,
    added: str,
    options: tuple[str, ...],
    read: Callable[[MailAccount], Any],
    expected: Any,
) -> None:
    cstar("mailbox", "change", ADDRESS, *options)
    assert read(account(database)) == expected


def test_another_password_is_for_both_servers(
    database: Path, cstar: Cstar, added: str, tmp_path: Path
) -> None:
    file = tmp_path / "new"
    file.write_text("new", encoding="utf-8")
    cstar("mailbox", "change", ADDRESS.upper(), "--password-file", str(file))
    found = account(database)
    assert (found.incoming_password, found.outgoing_password) == ("new", "new")


def test_another_server_needs_its_password_again(database: Path, added: str) -> None:
    line = ("mailbox", "change", ADDRESS, "--imap", "evil.example.com")
    result = run(*line, "--database", str(database))
    assert result.exit_code == 2 and "ask for the password" in result.stderr
    assert account(database).mailbox.version == 1


def test_nothing_to_change_is_said(database: Path, added: str) -> None:
    result = run("mailbox", "change", ADDRESS, "--database", str(database))
    assert result.exit_code == 2 and "say what changes" in result.stderr


def test_a_mailbox_is_removed(cstar: Cstar, added: str, database: Path) -> None:
    assert cstar("mailbox", "remove", ADDRESS) == f"Removed {ADDRESS}\n"
    assert cstar("mailbox", "list").startswith("No mailbox yet")
    for command in ("remove", "change", "test"):
        result = run("mailbox", command, ADDRESS, "--database", str(database))
        assert result.exit_code == 2 and "there is no mailbox" in result.stderr


def test_a_list_says_how_fetching_goes(
    database: Path, cstar: Cstar, cstar_json: Callable[..., Any], added: str
) -> None:
    assert "never fetched" in cstar("mailbox", "list", "acme")
    mailbox = account(database).mailbox.id
    with Helpdesk.open(database) as desk:
        desk.mail_accounts.note_failed(mailbox, "no \x1b[2J route")
    assert ": no ?[2J route" in cstar("mailbox", "list")
    (listed,) = cstar_json("mailbox", "list")
    assert (listed["address"], listed["incoming"]["host"]) == (ADDRESS, "imap.example.com")
    assert listed["failure"] == "no \x1b[2J route" and listed["failingSince"]
    with Helpdesk.open(database) as desk:
        desk.mail_accounts.note_fetched(listed["mailboxId"])
    assert "fetched 20" in cstar("mailbox", "list")
    cstar("mailbox", "change", ADDRESS, "--inactive")
    assert "inactive" in cstar("mailbox", "list")
