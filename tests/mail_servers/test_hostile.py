"""Servers that hang, drip, lie and pour: other mailboxes go on, and memory stays as it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest

from cstar_core import Helpdesk
from scripts.trials.correspondence.ledger import kept
from scripts.trials.server import Desk, Server, new_desk, serving
from tests.mail_servers import hostile_imap
from tests.mail_servers.hostile import WELL
from tests.mail_servers.hostile_imap import HostileImap
from tests.web.sockets import wait_until

HASTY = "scripts.trials.hasty"
PATIENCE = 40.0
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
