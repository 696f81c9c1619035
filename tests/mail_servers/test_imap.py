"""What the IMAP client makes of servers that are slow, broken or lying."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic

import pytest

from cstar_core import ImapServer
from cstar_web.mail.imap import Imap, Refusal
from cstar_web.mail.wire import Wire
from tests.mail_servers.hostile_imap import HostileImap

RAW = b"Subject: Hello\r\n\r\nIs anybody there?\r\n"
LONG = 30.0


@contextmanager
def session(mood: str, *letters: bytes) -> Iterator[Imap]:
    """A session in the folder of a server in a mood."""
    with greeted(mood, *letters) as (imap, _, server):
        imap.begin(server, "a password")
        imap.open("INBOX")
        yield imap


@contextmanager
def greeted(
    mood: str, *letters: bytes, until: float = float("inf")
) -> Iterator[tuple[Imap, Wire, ImapServer]]:
    """A session in which nobody has signed in, its connection and the server."""
    with HostileImap(mood, *(letters or (RAW,))) as server:
        place = ("127.0.0.1", server.port)
        with Wire.to(place, monotonic() + LONG, False, None) as wire:
            yield Imap(wire, until=until), wire, ImapServer(*place, "none", "support")


def test_what_came_while_the_server_listed_is_not_waited_for() -> None:
    with session("tells of a mail while it lists") as imap:
        assert [each.uid for each in imap.after(0, 10)] == [1]
        began = monotonic()
        one, other = socket.socketpair()
        with one, other:
            imap.wait(LONG, one.fileno())
        assert monotonic() - began < LONG / 2
        assert [each.uid for each in imap.after(1, 10)] == [2]


def test_no_command_lasts_longer_than_its_session() -> None:
    until = monotonic() + LONG
    with greeted("well", until=until) as (imap, wire, server):
        imap.begin(server, "a password")
        imap.open("INBOX")
        assert wire.deadline == until


def test_a_message_is_looked_for_alone() -> None:
    with session("well", RAW, RAW, RAW) as imap:
        assert [imap.has(uid) for uid in (0, 1, 3, 4)] == [False, True, True, False]


@pytest.mark.parametrize("password", ["secret", 'se"cr\\et'])
def test_a_server_that_repeats_what_was_said_to_it_shows_no_password(password: str) -> None:
    with greeted("repeats LOGIN") as (imap, _, server), pytest.raises(Refusal) as refused:
        imap.begin(server, password)
    assert str(refused.value) == (
        'signing in failed: the server says BAD c2 LOGIN "support" "(password)"'
    )
