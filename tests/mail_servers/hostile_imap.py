"""An IMAP server that has one folder, and does wrong what its mood says."""

from __future__ import annotations

import re
import select
from collections.abc import Callable, Iterator
from itertools import count

from tests.mail_servers.hostile import WELL, Gone, HostileServer, Session

_HUGE = 10_000_000_000

# What it does wrong, and at which command. Everything before that goes well.
MOODS: dict[str, tuple[str, Callable[[ImapSession, str, str], None]]] = {
    "hangs at the greeting": ("", lambda it, tag, line: it.hang()),
    "closes at the greeting": ("", lambda it, tag, line: it.leave()),
    "greets in a line without end": ("", lambda it, tag, line: it.pour(b"* OK ")),
    "greets a byte at a time": ("", lambda it, tag, line: it.drip(b"* OK ")),
    "greets with what is no IMAP": ("", lambda it, tag, line: it.pour(b"\xff\x00\r\n")),
    "turns away": ("", lambda it, tag, line: it.say("* BYE too many")),
    "hangs at LOGIN": ("LOGIN", lambda it, tag, line: it.hang()),
    "refuses LOGIN": ("LOGIN", lambda it, tag, line: it.say(f"{tag} NO no")),
    "repeats LOGIN": ("LOGIN", lambda it, tag, line: it.say(f"{tag} BAD {tag} {line}")),
    "answers LOGIN to another": ("LOGIN", lambda it, tag, line: it.say("zz99 OK")),
    "hangs at SELECT": ("SELECT", lambda it, tag, line: it.hang()),
    "closes at SELECT": ("SELECT", lambda it, tag, line: it.leave()),
    "tells without end of SELECT": ("SELECT", lambda it, tag, line: it.pour(b"* 1 RECENT\r\n")),
    "has no UIDVALIDITY": ("SELECT", lambda it, tag, line: it.say("* 2 EXISTS", f"{tag} OK")),
    "has an odd UIDVALIDITY": (
        "SELECT",
        lambda it, tag, line: it.say("* 2 EXISTS", "* OK [UIDVALIDITY -7]", f"{tag} OK"),
    ),
    "has more mails than there are": (
        "SELECT",
        lambda it, tag, line: it.say(
            "* 4000000000 EXISTS", "* OK [UIDVALIDITY 7]", "* OK [UIDNEXT 1]", f"{tag} OK"
        ),
    ),
    "hangs at the list": ("LIST", lambda it, tag, line: it.hang()),
    "says BAD to the list": ("LIST", lambda it, tag, line: it.say(f"{tag} BAD what?")),
    "lists other UIDs": (
        "LIST",
        lambda it, tag, line: it.fetched(tag, line, uid=lambda uid: uid + 1000),
    ),
    "lists UID 0": ("LIST", lambda it, tag, line: it.fetched(tag, line, uid=lambda uid: 0)),
    "lists one UID twice": ("LIST", lambda it, tag, line: it.fetched(tag, line, uid=lambda uid: 1)),
    "lists no UIDs": ("LIST", lambda it, tag, line: it.fetched(tag, line, uid=None)),
    "lists mails without end": ("LIST", lambda it, tag, line: it.list_endlessly()),
    "has a line without end": ("LIST", lambda it, tag, line: it.pour(b"* 1 FETCH (UID 1 FLAGS ")),
    "has lists within lists": (
        "LIST",
        lambda it, tag, line: it.pour(b"* 1 FETCH " + b"(" * 60_000),
    ),
    "hangs at a mail": ("BODY", lambda it, tag, line: it.hang()),
    "closes at a mail": ("BODY", lambda it, tag, line: it.leave()),
    "drips a mail": ("BODY", lambda it, tag, line: it.drip(b"* 1 FETCH (UID 1 BODY[] {3}\r\n...")),
    "says NO to a mail": ("BODY", lambda it, tag, line: it.say(f"{tag} NO gone")),
    "brings no mail": ("BODY", lambda it, tag, line: it.say(f"{tag} OK")),
    "brings other mails": (
        "BODY",
        lambda it, tag, line: it.fetched(tag, line, uid=lambda uid: uid + 1000),
    ),
    "brings a mail without end": ("BODY", lambda it, tag, line: it.literal(tag, said=_HUGE)),
    "brings a mail of odd size": ("BODY", lambda it, tag, line: it.literal(tag, said=-5)),
    "hangs within a mail": ("BODY", lambda it, tag, line: it.literal(tag, said=10_000)),
    "brings a mail that is longer": ("BODY", lambda it, tag, line: it.literal(tag, said=3)),
    "tells of a mail while it lists": ("LIST", lambda it, tag, line: it.receive(tag, line)),
    "hangs at IDLE": ("IDLE", lambda it, tag, line: it.hang()),
    "tells without end at IDLE": ("IDLE", lambda it, tag, line: it.pour(b"* 1 EXISTS\r\n")),
    "refuses IDLE": ("IDLE", lambda it, tag, line: it.say(f"{tag} NO not today")),
}


class ImapSession(Session):
    """A session of somebody who may do all, with any password."""

    server: HostileImap

    def talk(self) -> None:
        at, act = MOODS.get(self.mood, ("never", _well))
        if not at:
            act(self, "*", "")
            raise Gone
        self.say("* OK ready")
        for line in self.lines():
            tag, _, command = line.partition(" ")
            verb = command.upper().removeprefix("UID ").partition(" ")[0]
            while command.endswith("}"):  # an argument that comes by itself
                size = int(re.sub(r".*\{(\d+)\+?\}$", r"\1", command))
                self.say("+ go on")
                command = self.rfile.read(size).decode() + self.heard().decode()
            if _step(verb, command) == at:
                act(self, tag, command)
            else:
                self.answer(tag, verb, command)

    def answer(self, tag: str, verb: str, command: str) -> None:
        """Do it well."""
        box = self.server
        if verb == "CAPABILITY":
            self.say("* CAPABILITY IMAP4rev1 IDLE UIDPLUS")
        elif verb in ("SELECT", "EXAMINE"):
            self.say("* FLAGS (\\Seen \\Deleted)", f"* {len(box.letters)} EXISTS")
            self.say(f"* OK [UIDVALIDITY {box.uid_validity}]", f"* OK [UIDNEXT {box.next_uid}]")
        elif verb == "FETCH":
            return self.fetched(tag, command)
        elif verb == "IDLE":
            self.idle()
        elif verb == "AUTHENTICATE" and len(command.split()) == 2:
            self.say("+ ")
            self.heard()
        elif verb == "LOGOUT":
            self.say("* BYE", f"{tag} OK")
            raise Gone
        self.say(f"{tag} OK done")

    def fetched(
        self,
        tag: str,
        command: str,
        *,
        uid: Callable[[int], int] | None = lambda uid: uid,
    ) -> None:
        """The mails that were asked for, each with its UID or with another one."""
        for number, (own, raw) in self.server.chosen(command):
            told = f"UID {uid(own)} " if uid else ""
            about = f'RFC822.SIZE {len(raw)} FLAGS () INTERNALDATE "01-Jan-2026 00:00:00 +0000" '
            if "HEADER" in command.upper():
                head = raw.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
                said = f"* {number} FETCH ({told}BODY[HEADER]<0> {{{len(head)}}}\r\n".encode()
                self.send(said + head + b")\r\n")
            elif "BODY" in command.upper():
                self.send(f"* {number} FETCH ({told}{about}BODY[] {{{len(raw)}}}\r\n".encode())
                self.send(raw + b")\r\n")
            else:
                self.say(f"* {number} FETCH ({told}{about.rstrip()})")
        self.say(f"{tag} OK done")

    def idle(self) -> None:
        """Tell of new mails until the other side has enough."""
        self.say("+ idling")
        known = len(self.server.letters)
        while not select.select([self.connection], [], [], 0.05)[0]:
            if self.let_go.is_set():
                raise Gone
            if known != len(self.server.letters):
                known = len(self.server.letters)
                self.say(f"* {known} EXISTS")
        self.heard()

    def literal(self, tag: str, *, said: int) -> None:
        """A mail of another size than it is said to have."""
        own, raw = self.server.letters[0]
        self.send(f"* 1 FETCH (UID {own} RFC822.SIZE 10 BODY[] {{{said}}}\r\n".encode() + raw)
        if said == _HUGE:
            self.pour(b"more and more\r\n")
        if said > len(raw):
            self.hang()
        self.say(")", f"{tag} OK done")

    def list_endlessly(self) -> None:
        """So many mails that they do not end."""
        for uid in range(1, 10_000_000):
            if self.let_go.is_set():
                break
            self.say(f"* {uid} FETCH (UID {uid} RFC822.SIZE 10)")
        raise Gone

    def receive(self, tag: str, line: str) -> None:
        """Say what is there, and then that there is one more."""
        listed = "".join(
            f"* {place} FETCH (UID {uid})\r\n" for place, (uid, _) in self.server.chosen(line)
        )
        letters = self.server.letters
        letters.append((self.server.next_uid, letters[0][1]))
        self.send(f"{listed}* {len(letters)} EXISTS\r\n{tag} OK\r\n".encode())

    def leave(self) -> None:
        """Close the connection."""
        raise Gone


class HostileImap(HostileServer):
    """The server; ``letters`` are its mails with their UIDs."""

    handler = ImapSession

    def __init__(self, mood: str = WELL, *raws: bytes) -> None:
        super().__init__(mood)
        self.letters: list[tuple[int, bytes]] = list(enumerate(raws, 1))
        self.uid_validity = 7

    @property
    def next_uid(self) -> int:
        """The UID of the next mail."""
        return max((uid for uid, _ in self.letters), default=0) + 1

    def wanted(self, command: str) -> Iterator[int]:
        """The UIDs that a command names as a set, as "3:*" or "1,5:7"; all, if it names none."""
        named = re.search(r"(?:UID|FETCH) ([\d:*,]+)", command, re.IGNORECASE)
        last = self.next_uid - 1
        for uid, _ in self.letters:
            if named is None or any(_has(part, uid, last) for part in named[1].split(",")):
                yield uid

    def chosen(self, command: str) -> Iterator[tuple[int, tuple[int, bytes]]]:
        """The mails whose UIDs a command names, with their places."""
        wanted = set(self.wanted(command))
        for number, letter in zip(count(1), self.letters, strict=False):
            if letter[0] in wanted:
                yield number, letter


def _step(verb: str, command: str) -> str:
    if verb == "FETCH":
        return "BODY" if "BODY" in command.upper() else "LIST"
    return {"EXAMINE": "SELECT", "AUTHENTICATE": "LOGIN"}.get(verb, verb)


def _has(part: str, uid: int, last: int) -> bool:
    first, _, end = part.partition(":")
    low, high = sorted(last if each == "*" else int(each) for each in (first, end or first))
    return low <= uid <= high


def _well(session: ImapSession, tag: str, line: str) -> None:
    raise AssertionError("nothing goes wrong")
