"""Asking for tokens: what providers answer, and what is believed of it."""

import base64
import json
import socket
import time
from dataclasses import replace
from typing import Any

import pytest

from cstar_core import Helpdesk, MailAccount
from cstar_web.mail.granting import ANSWER_MAX, NoToken, TokenRefused, ask, fetch_token, granted
from cstar_web.mail.sasl import refusal_in, shown_token
from tests.web.mail.post_office import certified
from tests.web.mail.token_giver import Said, giving, refusal, token
from tests.web.receiver import Behaviour, receiving

ADDRESS = "help@acme.example"
SECRETS = {"client_secret": "c-hidden", "refresh_token": "r-hidden"}
URL = "https://id.example.com/token"


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> MailAccount:
    with Helpdesk.open(tmp_path_factory.mktemp("desk") / "desk.db") as desk:
        desk.teams.create("Acme")
        oauth = {"provider": "custom", "client_id": "cstar", "token_url": URL, "scopes": ["a", "b"]}
        imap = {"host": "imap.example.com", "user": "help", "auth": "oauth"}
        room = desk.workspace("acme").mailboxes
        made = room.create(address=ADDRESS, incoming=imap, oauth=oauth | SECRETS)
        return desk.mail_accounts.get(made.id)


def account(
    base: MailAccount, url: str, grant: str = "refresh_token", **secrets: None
) -> MailAccount:
    """The same with another provider, grant or without a secret."""
    assert base.mailbox.oauth
    oauth = replace(base.mailbox.oauth, token_url=url, grant=grant)
    return replace(base, mailbox=replace(base.mailbox, oauth=oauth), **secrets)


def test_a_token_is_asked_for_with_what_was_authorized(base: MailAccount) -> None:
    with giving(token("t", refresh_token="r2")) as giver:
        found = fetch_token(account(base, giver.url))
    assert (found.access_token, found.seconds, found.refresh_token) == ("t", 3600, "r2")
    assert giver.forms == [
        {"grant_type": "refresh_token", "refresh_token": "r-hidden", "client_id": "cstar",
         "client_secret": "c-hidden", "scope": "a b"}
    ]  # fmt: skip


def test_a_client_that_needs_nobody_shows_its_secret_alone(base: MailAccount) -> None:
    with giving(token()) as giver:
        fetch_token(account(base, giver.url, grant="client_credentials"))
    (form,) = giver.forms
    assert form["grant_type"] == "client_credentials" and "refresh_token" not in form


WITHOUT: list[tuple[dict[str, Any], str]] = [
    ({"refresh_token": None}, f"it is not authorized yet: cstar mailbox authorize {ADDRESS}"),
    ({"grant": "client_credentials", "client_secret": None}, "there is no secret of the client"),
]


@pytest.mark.parametrize(("given", "said"), WITHOUT)
def test_without_a_secret_nothing_is_asked(
    base: MailAccount, given: dict[str, Any], said: str
) -> None:
    with giving(token()) as giver, pytest.raises(NoToken, match=said):
        fetch_token(account(base, giver.url, **given))
    assert giver.forms == []


NONE: list[tuple[Said, str]] = [
    (refusal("invalid_grant", "AADSTS700082: expired"),
     f"authorize it again: cstar mailbox authorize {ADDRESS}; "
     "127.0.0.1 says invalid_grant: AADSTS700082: expired"),
    (refusal("invalid_grant", "r-hidden of c-hidden\r\n\x1b[2J"), "(secret) of (secret) ?[2J"),
    (refusal("invalid_client", status=401), "see its client id and secret"),
    (refusal("temporarily_unavailable", status=503), "no tokens at the moment: it answered with"),
    (refusal("too_many", status=429), "no tokens at the moment: it answered with 429"),
    (refusal("invalid_grant", status=200), "authorize it again"),
    ((200, b"<!DOCTYPE html><title>Sign in</title>"), "answered with 200 and what is no token"),
    ((503, b"busy"), "gives no tokens at the moment: it answered with 503"),
    ((404, b"no"), "answered with 404 and what is no token; is the token URL right?"),
    ((200, b"[" * 60_000), "answered with 200 and what is no token"),
    ((200, b'{"access_token": "' + b"x" * ANSWER_MAX), "what is no token"),
    ((200, b"\xff\xfe"), "what is no token"),
    ((200, ["t"]), "what is no token"),
    ((200, {}), "gave what is no token of the kind bearer"),
    ((200, {"access_token": 7}), "of the kind bearer"),
    ((200, {"access_token": ""}), "of the kind bearer"),
    ((200, {"access_token": "a\r\nb"}), "of the kind bearer"),
    ((200, {"access_token": "a\1b"}), "of the kind bearer"),
    ((200, {"access_token": "x" * 16_385}), "of the kind bearer"),
    ((200, {"access_token": "t", "token_type": "mac"}), "of the kind bearer"),
    ((200, {"access_token": "t", "token_type": ["bearer"]}), "of the kind bearer"),
    ((200, {"access_token": "t", "refresh_token": "a b"}), "gave what is no refresh token"),
    ((200, {"access_token": "t", "refresh_token": "x" * 8_193}), "no refresh token"),
    ((400, {"error": ["invalid_grant"]}), "answered with 400 and what is no token"),
    ((400, {"error": "x" * 60_000, "error_description": 7}), "127.0.0.1 says xxx"),
]  # fmt: skip


@pytest.mark.parametrize(("answer", "said"), NONE)
def test_what_is_no_token_is_told_in_words_without_secrets(
    base: MailAccount, answer: Said, said: str
) -> None:
    with giving(answer) as giver, pytest.raises(NoToken) as refused:
        fetch_token(account(base, giver.url))
    words = str(refused.value)
    assert said in words and words.isprintable() and len(words) < 700
    assert "hidden" not in words


LIVES: list[tuple[Any, float]] = [
    (3600, 3600), ("3599", 3599), (0, 0), (-5, 0), (1e300, 86_400), ("soon", 600), (None, 600),
    ("nan", 600), (10**400, 600), ([], 600), (True, 1),
]  # fmt: skip


@pytest.mark.parametrize(("told", "seconds"), LIVES)
def test_how_long_a_token_is_good_is_bounded(told: Any, seconds: float) -> None:
    assert granted(URL, {"access_token": "t", "expires_in": told}).seconds == seconds


def test_a_secret_goes_nowhere_else() -> None:
    with giving(token()) as other:
        moved = f"HTTP/1.1 307 Moved\r\nLocation: {other.url}\r\nContent-Length: 0\r\n\r\n".encode()
        with (
            receiving(lambda connection: connection.sendall(moved)) as first,
            pytest.raises(NoToken, match="answered with 307"),
        ):
            ask(first.url, SECRETS)
    assert other.forms == []


def silent(connection: socket.socket) -> None:
    connection.recv(1)


def dripping(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        connection.sendall(b" ")
        time.sleep(0.02)


def pouring(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        connection.sendall(b" " * 65_536)


def vanishing(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{")


@pytest.mark.parametrize("behave", [silent, dripping, pouring, vanishing])
def test_a_provider_that_misbehaves_holds_nothing_for_long(behave: Behaviour) -> None:
    began = time.monotonic()
    with receiving(behave) as receiver, pytest.raises(NoToken):
        ask(receiver.url, SECRETS, budget=0.3)
    assert time.monotonic() - began < 5


def test_a_certificate_that_is_not_believed_gets_no_secret() -> None:
    with receiving(silent, certified()) as receiver:
        url = f"https://localhost:{receiver.port}/token"
        with pytest.raises(NoToken, match="TLS failed"):
            ask(url, SECRETS)
    assert receiver.received == []


def test_a_refusal_has_the_word_of_the_provider() -> None:
    with giving(refusal("slow_down")) as giver, pytest.raises(TokenRefused) as refused:
        ask(giver.url, {})
    assert refused.value.code == "slow_down"


def test_a_name_with_commas_is_shown_as_it_has_to_be() -> None:
    shown = shown_token(("OAUTHBEARER",), "a,b=c", "t", ("mail.example", 993))
    assert shown and (shown.mechanism, shown.end) == ("OAUTHBEARER", "AQ==")
    assert base64.b64decode(shown.said).startswith(b"n,a=a=2Cb=3Dc,\1host=mail.example\1port=993\1")
    assert shown_token(("PLAIN", "LOGIN"), "a", "t", ("mail.example", 993)) is None


CHALLENGES = [
    *(b"", b"!", b"W10=", b"eyJzdGF0dXMiOjd9", b"/w==" * 9000),
    *(
        base64.b64encode(json.dumps({"status": each}).encode())
        for each in ("401 for eyJhbGci.a.b", "401\nERROR all is lost", "401\n", "\x1b[2J", "x" * 31)
    ),
]


@pytest.mark.parametrize("challenge", CHALLENGES)
def test_a_challenge_that_tells_nothing_tells_nothing(challenge: bytes) -> None:
    assert refusal_in(challenge) == ""
