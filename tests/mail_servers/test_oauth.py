"""Signing in with tokens: to servers that fetch and send, that refuse, and that are no good."""

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult

from cstar_core import (
    Helpdesk,
    ImapServer,
    Mailbox,
    MailPace,
    SmtpServer,
    Workspace,
    read_letter,
)
from cstar_web.mail.fetching import FetchPace
from cstar_web.mail.imap import Imap, Refusal
from cstar_web.mail.sending import send_mail, try_smtp
from cstar_web.mail.service import MailService
from cstar_web.mail.tokens import Tokens
from cstar_web.mail.trying import try_imap, try_tokens
from cstar_web.mail.wire import Broken, Wire
from tests.core.posting import mail
from tests.mail_servers.hostile_imap import HostileImap, ImapSession
from tests.web.mail.post_office import believing, parcel, post_office
from tests.web.mail.token_giver import Giver, giving, refusal, token
from tests.web.sockets import wait_until

USER = "help@acme.example"
STATUS = base64.b64encode(json.dumps({"status": "401", "schemes": "bearer"}).encode()).decode()
RAW = b"Subject: x\r\n\r\nHello\r\n"


class TokenSession(ImapSession):
    """A session of who shows a token that the server takes."""

    def answer(self, tag: str, verb: str, command: str) -> None:
        """Offer what the server offers, and look at what is shown."""
        if verb == "CAPABILITY":
            self.say(f"* CAPABILITY IMAP4rev1 IDLE UIDPLUS {self.server.offers}", f"{tag} OK done")
        elif verb == "AUTHENTICATE":
            self.authenticate(tag, command.split())
        else:
            super().answer(tag, verb, command)

    def authenticate(self, tag: str, words: list[str]) -> None:
        """Take a token, or ask what the refusal is answered with."""
        if len(words) == 2:
            self.say("+ ")
            words.append(self.heard().decode().strip())
        shown = base64.b64decode(words[2]).decode()
        self.server.shown.append(shown)
        if f"auth=Bearer {self.server.good}\1" in shown:
            self.say("* 0 EXISTS", f"{tag} OK welcome")
        else:
            self.say(f"+ {STATUS}")
            self.server.ends.append(self.heard().decode().strip())
            self.say(f"{tag} NO {self.server.says.format(words[2])}")


class TokenImap(HostileImap):
    """The server; ``good`` is the token that it takes."""

    handler = TokenSession

    def __init__(self, *raws: bytes, good: str = "t1", offers: str = "AUTH=XOAUTH2") -> None:
        super().__init__("well", *raws)
        self.good, self.offers, self.says = good, offers, "AUTHENTICATE failed."
        self.shown: list[str] = []
        self.ends: list[str] = []


@contextmanager
def greeted(server: TokenImap) -> Iterator[tuple[Imap, ImapServer]]:
    place = ("127.0.0.1", server.port)
    with Wire.to(place, monotonic() + 10, False, None) as wire:
        yield Imap(wire, 5), ImapServer(*place, "none", USER, auth="oauth")


WAYS = [
    ("AUTH=XOAUTH2", f"user={USER}\1auth=Bearer t1\1\1", ""),
    ("AUTH=XOAUTH2 SASL-IR AUTH=OAUTHBEARER", f"user={USER}\1auth=Bearer t1\1\1", ""),
    ("AUTH=OAUTHBEARER SASL-IR", f"n,a={USER},\1host=127.0.0.1\1port=", "AQ=="),
    ("AUTH=PLAIN AUTH=OAUTHBEARER", f"n,a={USER},\1host=127.0.0.1\1port=", "AQ=="),
]


@pytest.mark.parametrize(("offers", "shown", "end"), WAYS)
def test_a_token_is_shown_by_what_the_server_offers(offers: str, shown: str, end: str) -> None:
    with TokenImap(RAW, offers=offers) as server:
        with greeted(server) as (imap, place):
            imap.begin(place, "t1")
            assert imap.open("INBOX").messages == 1
        assert server.shown[0].startswith(shown)
        server.says = "[AUTHENTICATIONFAILED] no {}"
        with greeted(server) as (imap, place), pytest.raises(Refusal) as refused:
            imap.begin(place, "another-token")
    assert server.ends == [end]
    assert str(refused.value) == (
        "signing in failed: the server does not take the token: "
        "NO [AUTHENTICATIONFAILED] no (password) (status 401)"
    )


def test_one_more_token_is_shown_and_no_third() -> None:
    asked: list[str] = []

    def another(refused: str) -> str | None:
        asked.append(refused)
        return "t2"

    with TokenImap(RAW, good="t2") as server:
        with greeted(server) as (imap, place):
            imap.begin(place, "t1", another=another)
        server.good = "t3"
        with greeted(server) as (imap, place), pytest.raises(Refusal):
            imap.begin(place, "t1", another=another)
    assert asked == ["t1", "t1"] and len(server.shown) == 4


def test_no_token_is_shown_where_none_is_taken() -> None:
    with TokenImap(offers="AUTH=PLAIN") as server, greeted(server) as (imap, place):
        with pytest.raises(Refusal, match="no way to sign in with a token"):
            imap.begin(place, "t1")
        assert server.shown == []


@pytest.mark.parametrize("said", ["+ x\r\n+ y\r\n+ z", "* BYE too many", "zz OK", "* 1 EXISTS"])
def test_a_server_that_says_something_else_ends_the_session(said: str) -> None:
    class Odd(TokenSession):
        def authenticate(self, tag: str, words: list[str]) -> None:
            self.say(said)
            self.heard()

    with TokenImap() as server:
        server.RequestHandlerClass = Odd
        with greeted(server) as (imap, place), pytest.raises((Broken, TimeoutError)):
            imap._patience = 0.3
            imap.begin(place, "t1")


# --- fetching


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Helpdesk]:
    with Helpdesk.open(tmp_path / "desk.db") as desk:
        desk.teams.create("Acme")
        yield desk


@pytest.fixture
def acme(desk: Helpdesk) -> Workspace:
    return desk.workspace("acme")


@pytest.fixture
def giver() -> Iterator[Giver]:
    with giving(token("t1")) as giver:
        yield giver


def mailbox(acme: Workspace, giver: Giver, **servers: Any) -> Mailbox:
    oauth = {"provider": "custom", "client_id": "c", "token_url": giver.url, "refresh_token": "r1"}
    return acme.mailboxes.create(address=USER, oauth=oauth, **servers)


def place(port: int) -> dict[str, Any]:
    return {"host": "127.0.0.1", "port": port, "security": "none", "user": USER, "auth": "oauth"}


def test_mail_is_fetched_with_tokens_and_why_not_is_shown(
    desk: Helpdesk, acme: Workspace, giver: Giver
) -> None:
    giver.answer = lambda form: refusal("invalid_grant", "revoked")
    with TokenImap(mail(id="1@x")) as server:
        box = mailbox(acme, giver, incoming=place(server.port))
        # So slow that what was authorized is only seen if the fetcher begins anew for it.
        with MailService(desk, reading, pace=FetchPace(refused=600)):
            wait_until(lambda: acme.mailboxes.get(box.id).failure is not None, 20)
            failure = acme.mailboxes.get(box.id).failure or ""
            assert failure.startswith(f"authorize it again: cstar mailbox authorize {USER}")
            assert server.connections == 0
            giver.answer = lambda form: token("t1")
            oauth = {"provider": "custom", "client_id": "c", "token_url": giver.url}
            acme.mailboxes.update(box.id, oauth=oauth | {"refresh_token": "r2"})
            wait_until(lambda: acme.mail.list().total == 1, 20)
            wait_until(lambda: acme.mailboxes.get(box.id).failure is None, 20)


@contextmanager
def reading() -> Iterator[Any]:
    yield read_letter


def test_a_mailbox_is_tried_step_by_step(desk: Helpdesk, acme: Workspace, giver: Giver) -> None:
    with TokenImap(RAW) as server:
        box = mailbox(acme, giver, incoming=place(server.port))
        account, tokens = desk.mail_accounts.get(box.id), Tokens(desk)
        tried = try_tokens(account, tokens) + try_imap(account, tokens=tokens)
        assert [each.ok for each in tried] == [True] * 4
        assert tried[0].said == "ask for a token (refresh_token)"
        giver.answer = lambda form: refusal("invalid_grant", "revoked")
        tokens = Tokens(desk)
        failed = try_tokens(account, tokens) + try_imap(account, tokens=tokens)
    assert [each.ok for each in failed] == [False, False]
    assert "authorize it again" in failed[0].said
    assert failed[1].said == "there is no token to sign in with"


# --- sending


class Taking:
    """What an office does with a token that is shown to it; it takes one."""

    def __init__(self, good: str) -> None:
        self.good = good
        self.ends: list[Any] = []

    async def __call__(self, server: SMTP, args: list[str]) -> AuthResult:
        shown = base64.b64decode(args[1])
        if f"auth=Bearer {self.good}\1".encode() in shown:
            return AuthResult(success=True)
        self.ends.append(await server.challenge_auth(STATUS, encode_to_b64=False))
        return AuthResult(success=False, handled=False)


@contextmanager
def office(good: str) -> Iterator[tuple[SmtpServer, Any]]:
    """A mail server that takes a token, and what it got."""
    with post_office("starttls", auth_required=True) as made:
        taking = Taking(good)
        made.auth_XOAUTH2 = taking  # type: ignore[attr-defined]
        yield SmtpServer("127.0.0.1", made.port, "starttls", USER, "oauth"), made


def test_mail_is_sent_with_tokens_and_waits_without(
    desk: Helpdesk, acme: Workspace, giver: Giver
) -> None:
    with office("t2") as (server, made):
        answers = iter((token("t1"), token("t2"), refusal("invalid_grant", "revoked")))
        giver.answer = lambda form: next(answers)
        box = mailbox(acme, giver, outgoing=place(made.port) | {"security": "starttls"})
        now = [0.0]
        tokens = Tokens(desk, clock=lambda: now[0])
        assert tokens.get(box.id) == "t1"
        now[0] = 61.0
        send = partial(send_mail, raw=RAW, context=believing(), tokens=tokens)
        sent = replace(parcel(server), mailbox_id=box.id)
        (reply,) = send(sent).values()
        assert reply.state == "sent", reply
        assert len(made.mails) == 1 and made.auth_XOAUTH2.ends == [b""]
        # The server takes neither what is there nor what would be given.
        made.auth_XOAUTH2.good = "t3"
        (reply,) = send(sent).values()
        assert (reply.state, reply.code, reply.of_server) == ("waiting", None, True)
        assert "does not take the token: 535" in reply.text and "(status 401)" in reply.text
        now[0] = 7200.0
        (reply,) = send(sent).values()
        assert reply.state == "waiting" and "authorize it again" in reply.text
        assert (acme.mailboxes.get(box.id).failure or "").startswith("authorize it again")
        (reply,) = send_mail(sent, RAW, context=believing()).values()
        assert reply.state == "waiting"
        account = desk.mail_accounts.get(box.id)
        (tried,) = try_smtp(account, believing(), tokens=tokens)
        assert (tried.ok, tried.said) == (False, "there is no token to sign in with")


def test_queued_mail_outlives_a_provider_that_refuses(
    desk: Helpdesk, acme: Workspace, giver: Giver
) -> None:
    with office("t1") as (_, made):
        giver.answer = lambda form: refusal("invalid_grant", "revoked")
        box = mailbox(acme, giver, outgoing=place(made.port) | {"security": "starttls"})
        ticket = acme.tickets.create(title="Cannot log in", customer_email="jane@example.com")
        acme.messages.create(ticket.id, content="Hello")

        def run() -> None:
            post = partial(send_mail, context=believing(), tokens=Tokens(desk))
            desk.send_mail_due(post, pace=MailPace(waits=(1,), jitter=0))

        run()
        (waits,) = acme.outgoing_mail.list().items
        assert (waits.state, waits.attempts) == ("deferred", 0)
        assert "authorize it again" in (waits.failure or "")
        assert "authorize it again" in (acme.mailboxes.get(box.id).failure or "")
        giver.answer = lambda form: token("t1")
        oauth = {"provider": "custom", "client_id": "c", "token_url": giver.url}
        acme.mailboxes.update(box.id, oauth=oauth | {"refresh_token": "r2"})
        assert acme.mailboxes.get(box.id).failure is None
        acme.outgoing_mail.retry(waits.id)
        run()
        assert acme.outgoing_mail.list().items[0].state == "sent"
        assert len(made.mails) == 1
