"""Servers that hang, drip, lie and pour: other mailboxes go on, and memory stays as it is."""

from __future__ import annotations

import re
import ssl
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from email.parser import HeaderParser
from pathlib import Path
from uuid import uuid4

import pytest

from cstar_core import Helpdesk
from scripts.trials.correspondence.ledger import kept
from scripts.trials.mail_servers.authority import make_authority
from scripts.trials.server import Desk, Server, new_desk, serving
from tests.mail_servers import hostile_imap, hostile_smtp
from tests.mail_servers.hostile import WELL
from tests.mail_servers.hostile_imap import HostileImap
from tests.mail_servers.hostile_smtp import HostileSmtp
from tests.web.sockets import wait_until

HASTY = "scripts.trials.hasty"
PATIENCE = 40.0
HARMLESS = "says more before TLS"
_REFUSED = re.compile("with 55[0-9]")
# What a desk may grow by, in bytes, while fifty connections go wrong again and again.
GROWTH = 64 * 1024 * 1024


def raw(name: str) -> bytes:
    """A mail whose text begins with a word."""
    lines = [f"From: {name}@customers.test", f"Message-ID: <{uuid4()}@customers.test>"]
    return "\r\n".join([*lines, f"Subject: {name}", "", f"letter-{name}: hello", ""]).encode()


def resident(server: Server) -> int:
    """How many bytes of memory the server's process has."""
    lines = Path(f"/proc/{server.process.pid}/status").read_text(encoding="ascii").splitlines()
    (line,) = (line for line in lines if line.startswith("VmRSS:"))
    return int(line.split()[1]) * 1024


def counted(desk: Desk, word: str) -> int:
    """How many messages begin with a word."""
    return sum(each.word == word for each in kept(desk.path))


@dataclass(frozen=True)
class Fetched:
    """A desk that fetches from servers, one of which is well."""

    desk: Desk
    server: Server
    places: Mapping[str, HostileImap]
    memory: int


@pytest.fixture(scope="module")
def fetched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fetched]:
    desk = new_desk(tmp_path_factory.mktemp("fetched"))
    moods = [WELL, *hostile_imap.MOODS]
    with ExitStack() as stack:
        places = {
            mood: stack.enter_context(HostileImap(mood, raw(f"a{number}")))
            for number, mood in enumerate(moods)
        }
        with Helpdesk.open(desk.path) as held:
            for number, place in enumerate(places.values()):
                incoming = {"host": "127.0.0.1", "port": place.port, "security": "none"}
                held.workspace(desk.team).mailboxes.create(
                    address=f"box{number}@desk.test",
                    incoming={**incoming, "user": "somebody", "password": "a word"},
                )
        server = stack.enter_context(serving(desk, module=HASTY))
        yield Fetched(desk, server, places, resident(server))


def test_mail_is_fetched_beside_servers_that_are_no_good(fetched: Fetched) -> None:
    good = fetched.places[WELL]
    wait_until(lambda: counted(fetched.desk, "letter-a0") == 1, PATIENCE)
    # All have been tried, and the bad ones again, before the next mail comes.
    wait_until(lambda: all(each.connections for each in fetched.places.values()), PATIENCE)
    good.letters.append((good.next_uid, raw("next")))
    wait_until(lambda: counted(fetched.desk, "letter-next") == 1, PATIENCE)
    assert counted(fetched.desk, "letter-a0") == 1


def test_what_is_wrong_is_shown_with_the_mailbox(fetched: Fetched) -> None:
    with Helpdesk.open(fetched.desk.path) as held:
        boxes = held.workspace(fetched.desk.team).mailboxes.list()
    failing = {each.incoming.port: each.failure for each in boxes if each.incoming}
    assert failing[fetched.places["refuses LOGIN"].port] is not None
    assert failing[fetched.places[WELL].port] is None


def test_all_is_fetched_once_the_servers_are_well(fetched: Fetched) -> None:
    for each in fetched.places.values():
        # They may have said anything of what has which number.
        each.uid_validity += 1
        each.behave()
    words = [f"letter-a{number}" for number in range(len(fetched.places))]
    wait_until(lambda: all(counted(fetched.desk, word) for word in words), PATIENCE)
    assert [word for word in words if counted(fetched.desk, word) != 1] == []


def test_a_server_that_pours_does_not_fill_the_memory(fetched: Fetched) -> None:
    assert resident(fetched.server) < fetched.memory + GROWTH


@dataclass(frozen=True)
class Posted:
    """A desk that answers through servers, one of which is well; the messages by their moods."""

    desk: Desk
    server: Server
    places: Mapping[str, HostileSmtp]
    messages: Mapping[str, tuple[str, str]]
    memory: int


@pytest.fixture(scope="module")
def posted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Posted]:
    folder = tmp_path_factory.mktemp("posted")
    desk, authority = new_desk(folder), make_authority(folder)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(authority.server, authority.key)
    messages: dict[str, tuple[str, str]] = {}
    with ExitStack() as stack:
        places = {
            mood: stack.enter_context(HostileSmtp(mood, context if "TLS" in mood else None))
            for mood in (WELL, *hostile_smtp.MOODS)
        }
        with Helpdesk.open(desk.path) as held:
            team = held.workspace(desk.team)
            for number, (mood, place) in enumerate(places.items()):
                security = "starttls" if "TLS" in mood else "none"
                outgoing = {"host": "127.0.0.1", "port": place.port, "security": security}
                address = f"box{number}@desk.test"
                box = team.mailboxes.create(
                    address=address,
                    outgoing={**outgoing, "user": "somebody", "password": "a word"},
                )
                ticket = team.mail.receive(raw(f"b{number}"), mailbox=box.id).ticket_id
                assert ticket is not None
                made = team.messages.create(ticket, content=f"answer-b{number}: hello")
                messages[mood] = (ticket, made.id)
        environ = {"SSL_CERT_FILE": str(authority.certificate)}
        server = stack.enter_context(serving(desk, module=HASTY, environ=environ))
        yield Posted(desk, server, places, messages, resident(server))


def test_answers_are_sent_beside_servers_that_are_no_good(posted: Posted) -> None:
    wait_until(lambda: len(posted.places[WELL].taken) == 1, PATIENCE)
    wait_until(lambda: all(each.connections for each in posted.places.values()), PATIENCE)
    with Helpdesk.open(posted.desk.path) as held:
        held.workspace(posted.desk.team).messages.create(
            posted.messages[WELL][0], content="And another thing"
        )
    wait_until(lambda: len(posted.places[WELL].taken) == 2, PATIENCE)
    assert b"And another thing" in posted.places[WELL].taken[1].raw


def test_what_was_not_refused_for_good_is_sent_once_the_servers_are_well(posted: Posted) -> None:
    # What is said before TLS does not count, so that there is nothing wrong then.
    assert {mood for mood, each in posted.places.items() if each.taken} <= {WELL, HARMLESS}
    for each in posted.places.values():
        each.behave()
    for_good = {mood for mood in posted.places if _REFUSED.search(mood)}
    awaited = [place for mood, place in posted.places.items() if mood not in for_good]
    wait_until(lambda: all(each.taken for each in awaited), PATIENCE)
    ids = [
        HeaderParser().parsestr(taken.raw.decode())["Message-ID"]
        for place in awaited
        for taken in place.taken
    ]
    assert len(ids) == len(set(ids))
    assert [mood for mood in for_good if posted.places[mood].taken] == []


def test_a_server_that_answers_without_end_does_not_fill_the_memory(posted: Posted) -> None:
    assert resident(posted.server) < posted.memory + GROWTH
