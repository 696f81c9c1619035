"""Dovecot and Postfix for the tests of this folder; without them each says what it did not try."""

from __future__ import annotations

from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from uuid import uuid4

import pytest

from scripts.trials.correspondence.between import Between, between
from scripts.trials.correspondence.ledger import Kept, kept
from scripts.trials.mail_servers import Exchange, missing
from tests.web.sockets import wait_until

ANN, FULL = "ann@customers.test", "full@customers.test"
# Whatever goes through a server that was started anew has so long.
PATIENCE = 20.0


@pytest.fixture(scope="session")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Between]:
    """A desk that is served, between both servers. Whoever stops one of them starts it again."""
    reason = missing()
    if reason:
        pytest.skip(f"NOT TESTED: real mail servers. To test them: {reason}")
    folder: Path = tmp_path_factory.mktemp("between")
    with between(folder, [ANN, FULL], "scripts.trials.hasty", quotas={FULL: 1}) as made:
        made.start()
        yield made


@pytest.fixture
def servers(desk: Between) -> Exchange:
    """Both servers."""
    return desk.exchange


def letter(to: str, **headers: str) -> EmailMessage:
    """A mail of Ann's; its text begins with a word of its own."""
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = ANN, to, "Hello"
    made["Message-ID"] = f"<{uuid4()}@customers.test>"
    for name, value in headers.items():
        del made[name.replace("_", "-")]
        made[name.replace("_", "-")] = value
    made.set_content(f"letter-{uuid4().hex}: is anybody there?")
    return made


def word(mail: EmailMessage) -> str:
    """What the text of a mail begins with."""
    return str(mail.get_content()).partition(":")[0]


def on_desk(desk: Between, mail: EmailMessage) -> list[Kept]:
    """The messages that the desk has of a mail."""
    return [each for each in kept(desk.desk.path) if each.word == word(mail)]


def arrived(desk: Between, mail: EmailMessage) -> Kept:
    """The one message that a mail has become, once it has."""
    wait_until(lambda: bool(on_desk(desk, mail)), PATIENCE)
    (found,) = on_desk(desk, mail)
    return found


def received(servers: Exchange, user: str, text: str) -> EmailMessage:
    """The mail in a user's mailbox that has this text, once it has come."""

    def found() -> list[bytes]:
        return [raw for raw in servers.dovecot.letters(user) if text.encode() in raw]

    wait_until(lambda: bool(found()), PATIENCE)
    return message_from_bytes(found()[0], policy=policy.default)


def answer(desk: Between, ticket: str, text: str) -> str:
    """Answer a ticket as the team; the id of the message."""
    assert desk.server is not None
    with desk.server.client() as client:
        told = client.send("POST", f"{desk.desk.tickets}/{ticket}/messages", {"content": text})
    assert told.status == 201, told
    return str(told.body["data"]["id"])
