"""An SMTP server that keeps what it takes, and does wrong what its mood says."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from dataclasses import dataclass

from tests.mail_servers.hostile import WELL, Gone, HostileServer, Session


@dataclass(frozen=True)
class Taken:
    """A mail that it said it took."""

    sender: str
    recipients: tuple[str, ...]
    raw: bytes


# What it does wrong, and at which command; "." is the end of a mail's text.
MOODS: dict[str, tuple[str, Callable[[SmtpSession], None]]] = {
    "hangs at the greeting": ("", lambda it: it.hang()),
    "closes at the greeting": ("", lambda it: it.leave()),
    "greets in a line without end": ("", lambda it: it.pour(b"220 ")),
    "greets in lines without end": ("", lambda it: it.pour(b"220-welcome\r\n")),
    "greets a byte at a time": ("", lambda it: it.drip(b"220-welcome\r\n")),
    "greets with what is no SMTP": ("", lambda it: it.pour(b"\xff\x00\r\n")),
    "is not at home": ("", lambda it: it.say("554 go away")),
    "hangs at EHLO": ("EHLO", lambda it: it.hang()),
    "lies about STARTTLS": ("STARTTLS", lambda it: it.say("454 not now")),
    "hides STARTTLS": ("never", lambda it: None),
    "goes on plainly after STARTTLS": ("STARTTLS", lambda it: it.say("220 go", "250 more")),
    "says more before TLS": ("STARTTLS", lambda it: it.inject()),
    "hangs at MAIL": ("MAIL", lambda it: it.hang()),
    "answers MAIL with 421": ("MAIL", lambda it: it.say("421 closing")),
    "answers MAIL with 550": ("MAIL", lambda it: it.say("550 not you")),
    "answers RCPT with 450": ("RCPT", lambda it: it.say("450 not now")),
    "answers RCPT with 550": ("RCPT", lambda it: it.say("550 nobody here")),
    "answers RCPT with words": ("RCPT", lambda it: it.say("yes of course")),
    "answers DATA with 451": ("DATA", lambda it: it.say("451 not now")),
    "closes after DATA": ("DATA", lambda it: it.leave()),
    "hangs at the end": (".", lambda it: it.hang()),
    "closes at the end": (".", lambda it: it.leave()),
    "answers the end with 452": (".", lambda it: it.say("452 4.3.1 no room")),
    "answers the end with 554": (".", lambda it: it.say("554 5.7.1 looks like spam")),
    "answers the end without end": (".", lambda it: it.pour(b"250-well\r\n")),
    "answers the end a byte at a time": (".", lambda it: it.drip(b"250-well\r\n")),
}


class SmtpSession(Session):
    """A session of somebody who may send, with any password."""

    server: HostileSmtp

    def talk(self) -> None:
        at, act = MOODS.get(self.mood, ("never", _well))
        if not at:
            act(self)
            raise Gone
        self.say("220 hostile.test ESMTP")
        self.sender, self.recipients = "", list[str]()
        for line in self.lines():
            verb = line.partition(" ")[0].upper()
            if verb == at or (at == "EHLO" and verb == "HELO"):
                act(self)
            else:
                self.answer(verb, line)

    def answer(self, verb: str, line: str) -> None:
        """Do it well."""
        if verb == "EHLO":
            offers = ["SIZE 60000000", "AUTH PLAIN LOGIN", "8BITMIME"]
            offers += ["STARTTLS"] * (
                self.server.context is not None and self.mood != "hides STARTTLS"
            )
            self.say(*(f"250-{each}" for each in ("hostile.test", *offers)), "250 HELP")
        elif verb == "STARTTLS" and self.server.context is not None:
            self.say("220 go")
            self.secure()
        elif verb == "AUTH":
            self.authenticate(line)
        elif verb == "MAIL":
            self.sender, self.recipients = _address(line), []
            self.say("250 ok")
        elif verb == "RCPT":
            self.receive(_address(line))
        elif verb == "DATA":
            self.take()
        elif verb == "QUIT":
            self.say("221 bye")
            raise Gone
        elif verb in ("HELO", "RSET", "NOOP"):
            self.say("250 ok")
        else:
            self.say("502 what?")

    def authenticate(self, line: str) -> None:
        words = line.split()
        for _ in range(
            {("PLAIN", 2): 1, ("LOGIN", 2): 2, ("LOGIN", 3): 1}.get(
                (words[1].upper(), len(words)), 0
            )
        ):
            self.say("334 ")
            self.heard()
        self.say("235 ok")

    def receive(self, address: str) -> None:
        """Take a recipient, unless the address itself says with which code it is refused."""
        code = address.partition("@")[0].rpartition("-")[2]
        if code.isdigit() and len(code) == 3:
            self.say(f"{code} {code[0]}.0.0 as you like")
        else:
            self.recipients.append(address)
            self.say("250 ok")

    def take(self) -> None:
        """Take the text of a mail."""
        if not self.recipients:
            self.say("554 no valid recipients")
            return
        self.say("354 go on")
        lines = []
        while (line := self.heard()) != b".":
            lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
        at, act = MOODS.get(self.mood, ("never", _well))
        if at == ".":
            act(self)
            return
        taken = Taken(self.sender, tuple(self.recipients), b"\r\n".join(lines))
        with self.server.lock:
            self.server.taken.append(taken)
        self.say("250 ok")

    def secure(self) -> None:
        """Go on over TLS."""
        assert self.server.context is not None
        self.connection = self.server.context.wrap_socket(self.connection, server_side=True)
        self.setup_files()

    def setup_files(self) -> None:
        """Read and write through the connection as it is now."""
        self.rfile = self.connection.makefile("rb", -1)
        self.wfile = self.connection.makefile("wb", 0)

    def inject(self) -> None:
        """Say plainly what would be taken for said over TLS."""
        self.send(b"220 go\r\n250-injected.test\r\n250 AUTH PLAIN\r\n")
        if self.server.context is None:
            raise Gone
        self.secure()

    def leave(self) -> None:
        """Close the connection."""
        raise Gone


class HostileSmtp(HostileServer):
    """The server; ``taken`` has what it took. It offers TLS if it is given a context."""

    handler = SmtpSession

    def __init__(self, mood: str = WELL, context: ssl.SSLContext | None = None) -> None:
        super().__init__(mood)
        self.context = context
        self.taken: list[Taken] = []


def _address(line: str) -> str:
    return line.partition("<")[2].partition(">")[0]


def _well(session: SmtpSession) -> None:
    raise AssertionError("nothing goes wrong")
