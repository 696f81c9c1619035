"""What the IMAP client makes of servers that are slow, broken or lying."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic

from cstar_core import ImapServer
from cstar_web.mail.imap import Imap
from cstar_web.mail.wire import Wire
from tests.mail_servers.hostile_imap import HostileImap

RAW = b"Subject: Hello\r\n\r\nIs anybody there?\r\n"
LONG = 30.0


@contextmanager
def session(mood: str) -> Iterator[Imap]:
    """A session in the folder of a server in a mood."""
    with HostileImap(mood, RAW) as server:
        place = ("127.0.0.1", server.port)
        with Wire.to(place, monotonic() + LONG, False, None) as wire:
            imap = Imap(wire)
            imap.begin(ImapServer(*place, "none", "support"), "a password")
            imap.open("INBOX")
            yield imap


def test_what_came_while_the_server_listed_is_not_waited_for() -> None:
    with session("tells of a mail while it lists") as imap:
        assert [each.uid for each in imap.after(0, 10)] == [1]
        began = monotonic()
        one, other = socket.socketpair()
        with one, other:
            imap.wait(LONG, one.fileno())
        assert monotonic() - began < LONG / 2
        assert [each.uid for each in imap.after(1, 10)] == [2]
