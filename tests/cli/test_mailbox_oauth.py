"""Mailboxes with tokens on the command line: the options, and the command that authorizes."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from click.testing import CliRunner

from cstar_core import Helpdesk, ImapServer, MailAccount, MailOAuth, SmtpServer
from cstar_web.cli import main
from tests.cli.commands import ROOT, run
from tests.web.mail.token_giver import giving, refusal, token

ADDRESS = "help@example.com"
Cstar = Callable[..., str]
GOOGLE = ("--oauth", "google", "--oauth-client-id", "cstar")


@pytest.fixture
def secret(tmp_path: Path) -> str:
    file = tmp_path / "secret"
    file.write_text("c-hidden\n", encoding="utf-8")
    return str(file)


def account(database: Path) -> MailAccount:
    with Helpdesk.open(database) as desk:
        (found,) = desk.mail_accounts.list()
    return found


def add(cstar: Cstar, *options: str) -> str:
    return cstar("mailbox", "add", "acme", ADDRESS, *options)


def change(cstar: Cstar, *options: str) -> str:
    return cstar("mailbox", "change", ADDRESS, *options)


def test_a_provider_brings_its_servers(database: Path, cstar: Cstar, secret: str) -> None:
    said = add(cstar, *GOOGLE, "--oauth-secret-file", secret)
    assert f"Authorize it: cstar mailbox authorize {ADDRESS}" in said
    found = account(database)
    assert found.mailbox.incoming == ImapServer("imap.gmail.com", 993, "tls", ADDRESS, auth="oauth")
    assert found.mailbox.outgoing == SmtpServer("smtp.gmail.com", 465, "tls", ADDRESS, "oauth")
    assert (found.client_secret, found.refresh_token) == ("c-hidden", None)
    for line in ((), ("--json",)):
        assert "hidden" not in cstar("mailbox", "list", *line)


def test_what_is_named_goes_before_what_a_provider_brings(
    database: Path, cstar: Cstar, secret: str
) -> None:
    add(
        cstar,
        *("--oauth", "microsoft", "--oauth-client-id", "c", "--oauth-tenant", "acme.example"),
        *("--imap", "outlook.office365.com", "--imap-user", "shared@example.com"),
        *("--smtp", "relay.example.com", "--smtp-user", "r", "--smtp-password-file", secret),
        *("--oauth-scope", "a b", "--oauth-scope", "c"),
    )
    found = account(database)
    assert found.mailbox.incoming and found.mailbox.incoming.auth == "oauth"
    assert found.mailbox.outgoing == SmtpServer("relay.example.com", 465, "tls", "r")
    assert found.outgoing_password == "c-hidden"
    assert found.mailbox.oauth and found.mailbox.oauth.scopes == ("a", "b", "c")
    assert "/acme.example/" in found.mailbox.oauth.token_url


REFUSED: list[tuple[tuple[str, ...], str]] = [
    (("--oauth", "google"), "oauth.client-id is required"),
    (("--oauth-client-id", "x"), "say who gives tokens with --oauth"),
    ((*GOOGLE, "--oauth-grant", "client_credentials"), "must be refresh_token with google"),
    ((*GOOGLE, "--password-file", "x"), "--password-file does not go with --oauth"),
    ((*GOOGLE, "--oauth-secret-file", "none"), "cannot be read from none"),
    (("--oauth", "custom", "--oauth-client-id", "x"), "oauth.token-url is required"),
    ((*GOOGLE, "--oauth-token-url", "http://example.com/"), "must begin with https://"),
    (("--oauth", "yahoo"), "'yahoo' is not one of"),
]


@pytest.mark.parametrize(("options", "said"), REFUSED)
def test_what_gives_no_tokens_is_refused(
    database: Path, options: tuple[str, ...], said: str
) -> None:
    result = run("mailbox", "add", "acme", ADDRESS, *options, "--database", str(database))
    assert result.exit_code == 2 and said in result.stderr, result.stderr
    with Helpdesk.open(database) as desk:
        assert desk.mail_accounts.list() == ()


def test_a_mailbox_changes_to_tokens_and_back(database: Path, cstar: Cstar, secret: str) -> None:
    servers = ("--imap", "imap.gmail.com", "--smtp", "smtp.gmail.com:587")
    add(cstar, *servers, "--password-file", secret)
    assert "Authorize it" in change(cstar, *GOOGLE)
    found = account(database)
    assert found.mailbox.outgoing and found.mailbox.outgoing.port == 587
    assert found.mailbox.incoming
    assert found.mailbox.incoming.auth == "oauth" and found.incoming_password is None
    assert found.mailbox.outgoing and found.mailbox.outgoing.auth == "oauth"
    with Helpdesk.open(database) as desk:
        room = desk.workspace("acme").mailboxes
        given = {"provider": "google", "client_id": "cstar", "refresh_token": "r"}
        room.update(found.mailbox.id, oauth=given)
    change(cstar, "--folder", "Help")
    assert account(database).refresh_token == "r"
    change(cstar, "--oauth-scope", "x")
    assert account(database).refresh_token == "r"
    assert "Authorize it" in change(cstar, "--imap", "evil.example.com")
    assert account(database).refresh_token is None
    change(cstar, "--smtp-anonymous")
    found = account(database)
    assert found.mailbox.outgoing and found.mailbox.outgoing.auth == "password"
    change(cstar, "--no-oauth", "--password-file", secret)
    found = account(database)
    assert (found.mailbox.oauth, found.incoming_password) == (None, "c-hidden")
    assert found.mailbox.incoming and found.mailbox.incoming.auth == "password"


def test_other_options_leave_the_rest_of_who_gives_tokens(database: Path, cstar: Cstar) -> None:
    add(cstar, "--oauth", "microsoft", "--oauth-client-id", "c")
    change(cstar, "--oauth-tenant", "acme.example", "--oauth-client-id", "d")
    before = account(database).mailbox.oauth
    assert before and before.client_id == "d" and before.token_url.count("acme.example") == 1
    change(cstar, "--oauth-grant", "client_credentials")
    after = account(database).mailbox.oauth
    assert after and after.scopes == ("https://outlook.office365.com/.default",)
    change(cstar, *GOOGLE, "--imap", "imap.gmail.com", "--smtp", "smtp.gmail.com")
    after = account(database).mailbox.oauth
    assert after and after.grant == "refresh_token" and "google" in after.token_url


ELSEWHERE: list[tuple[tuple[str, ...], str]] = [
    ((), "imap.example.com is not the server of google: name one with --imap"),
    (("--imap", "imap.gmail.com"), "smtp.example.com is not the server of google"),
    (("--no-oauth", "--imap", "imap.gmail.com"), "--no-oauth does not go with"),
]


@pytest.mark.parametrize(("options", "said"), ELSEWHERE)
def test_servers_of_others_are_shown_no_tokens_of_a_provider(
    database: Path, cstar: Cstar, secret: str, options: tuple[str, ...], said: str
) -> None:
    servers = ("--imap", "imap.example.com", "--smtp", "smtp.example.com")
    add(cstar, *servers, "--password-file", secret)
    line = ("mailbox", "change", ADDRESS, *GOOGLE, *options)
    result = run(*line, "--database", str(database))
    assert result.exit_code == 2 and said in result.stderr, result.stderr
    assert account(database).mailbox.version == 1
    more = ("--imap", "imap.gmail.com", "--smtp-password-file", secret)
    change(cstar, *GOOGLE, *more)
    found = account(database).mailbox
    assert found.incoming and (found.incoming.host, found.incoming.auth) == (
        "imap.gmail.com",
        "oauth",
    )
    assert found.outgoing and found.outgoing.auth == "password"
    # Also where the other server is shown tokens of this provider already.
    result = run("mailbox", "change", ADDRESS, *GOOGLE, "--database", str(database))
    assert result.exit_code == 2 and "smtp.example.com is not" in result.stderr, result.stderr


# --- authorizing


def custom(url: str) -> tuple[str, ...]:
    urls = ("--oauth-token-url", url, "--oauth-device-url", url)
    authorization = ("--oauth-authorization-url", "https://id.example.com/authorize")
    return ("--oauth", "custom", "--oauth-client-id", "c", *urls, *authorization)


SERVER = ("--imap", "imap.example.com")


def authorize(database: Path, *options: str, typed: str = "") -> Any:
    line = ["mailbox", "authorize", ADDRESS, *options, "--database", str(database)]
    return CliRunner().invoke(main, line, input=typed)


def test_the_address_at_which_the_browser_ended_authorizes_a_mailbox(
    database: Path, cstar: Cstar
) -> None:
    with giving(token("t", refresh_token="r-hidden")) as giver:
        add(cstar, *SERVER, *custom(giver.url))
        line = ["mailbox", "authorize", ADDRESS, "--database", str(database)]
        with subprocess.Popen(
            [sys.executable, "-m", "cstar_web", *line],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as program:
            assert program.stderr
            url = next(each for each in program.stderr if each.startswith("https://")).strip()
            (state,) = parse_qs(urlsplit(url).query)["state"]
            told = program.communicate(f"http://localhost/?state={state}&code=c\n", timeout=60)
    assert program.returncode == 0, told
    assert told[0].startswith("127.0.0.1 gives tokens for") and "hidden" not in "".join(told)
    assert giver.forms[0]["code"] == "c" and account(database).refresh_token == "r-hidden"


def test_who_declined_in_the_browser_is_told_and_nothing_changes(
    database: Path, cstar: Cstar
) -> None:
    with giving(token()) as giver:
        add(cstar, *SERVER, *custom(giver.url))
        result = authorize(database, typed="http://localhost/?code=c&state=x\n")
    assert result.exit_code == 1 and "not the answer to this request" in result.stderr
    (url,) = (line for line in result.stderr.split() if line.startswith("https://id.example.com/"))
    assert parse_qs(urlsplit(url).query)["login_hint"] == [ADDRESS]
    assert giver.forms == [] and account(database).mailbox.version == 1


def test_a_code_authorizes_a_mailbox(database: Path, cstar: Cstar) -> None:
    told = {"device_code": "d", "user_code": "ABCD", "verification_uri": "https://id.example.com"}
    said = iter([(200, told | {"interval": 1}), token("t", refresh_token="r-hidden")])
    with giving(lambda form: next(said)) as giver:
        add(cstar, *SERVER, *custom(giver.url))
        result = authorize(database, "--device")
    assert result.exit_code == 0, result.stderr
    assert "Tokens will be shown to imap.example.com.\n" in result.stderr
    assert "Open https://id.example.com in a browser, and type the code ABCD" in result.stderr
    assert result.stdout.startswith(f"127.0.0.1 gives tokens for {ADDRESS}. Try it:")
    assert "hidden" not in result.output + result.stderr
    found = account(database)
    assert (found.refresh_token, found.mailbox.is_authorized) == ("r-hidden", True)


def test_client_credentials_need_nobody(database: Path, cstar: Cstar, secret: str) -> None:
    with giving(refusal("invalid_client", "c-hidden is wrong", 401)) as giver:
        grant = ("--oauth-grant", "client_credentials")
        said = add(cstar, *SERVER, *custom(giver.url), *grant)
        assert "Give the secret of its client" in said
        change(cstar, "--oauth-secret-file", secret)
        result = authorize(database)
        assert result.exit_code == 1 and "(secret) is wrong" in result.stderr
        assert "c-hidden" not in result.stderr
        assert "failing since" in cstar("mailbox", "list")
        giver.answer = lambda form: token()
        assert authorize(database).exit_code == 0
        assert "failing since" not in cstar("mailbox", "list")


def test_what_has_passwords_is_not_authorized(database: Path, cstar: Cstar) -> None:
    add(cstar)
    result = authorize(database)
    assert result.exit_code == 2 and "has passwords" in result.stderr


def test_what_was_changed_meanwhile_is_not_authorized(database: Path, cstar: Cstar) -> None:
    def answer(form: Any) -> Any:
        if "device_code" in form:
            with Helpdesk.open(database) as desk:
                (found,) = desk.mail_accounts.list()
                imap = {"host": "other.example.com", "user": ADDRESS, "auth": "oauth"}
                desk.workspace("acme").mailboxes.update(found.mailbox.id, incoming=imap)
            return token("t", refresh_token="r")
        told = {"device_code": "d", "user_code": "A", "verification_uri": "https://x.example/"}
        return 200, told | {"interval": 1}

    with giving(answer) as giver:
        add(cstar, *SERVER, *custom(giver.url))
        result = authorize(database, "--device")
    assert result.exit_code == 2 and "changed meanwhile" in result.stderr
    found = account(database)
    assert isinstance(found.mailbox.oauth, MailOAuth) and found.refresh_token is None
