"""A small IMAP client (RFC 9051): it reads a folder by UID, waits for news, and believes little.

Each command has a deadline, and whatever the server sends has a length that is looked at before it
is read. So a server that hangs, drips or lies costs a connection, never more.
"""

import base64
import re
import ssl
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from time import monotonic

from cstar_core import ImapServer
from cstar_web.mail.imap_syntax import Literal, folder_name, parse, quoted
from cstar_web.mail.sasl import OFFERS_NONE, Another, refusal_in, shown_token
from cstar_web.mail.wire import Broken, Wire
from cstar_web.redaction import without

COMMAND_SECONDS = 60.0
# A slow line may take so long for each megabyte of a message.
MEGABYTE_SECONDS = 30.0
# What a single response may hold beside the message that was asked for.
_SMALL = 65_536
_PIECES_MAX = 1_000
_RESPONSES_MAX = 1_000_000
_LITERAL = re.compile(rb"\{(\d{1,12})\}\Z")
_CODE = re.compile(rb"\[([A-Z-]+)(?: ([^\]]*))?\]")
_STATUSES = (b"OK", b"NO", b"BAD", b"BYE", b"PREAUTH")
_NUMBER_MAX = 2**32 - 1

Response = list[object]


class TooLong(Broken):
    """The server sends more than it may, such as a message that is larger than it said."""


class Refusal(Exception):
    """The server said no; the message is one line that quotes it."""


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder as the server describes it when it is opened."""

    uid_validity: int
    messages: int


@dataclass(frozen=True, slots=True)
class Found:
    """A message of a folder: its number there, its size, and when it arrived there, if told."""

    uid: int
    size: int
    arrived: bytes = b""


class Imap:
    """A session with an IMAP server. Raises Refusal, and Broken, TimeoutError and OSError."""

    def __init__(
        self, wire: Wire, patience: float = COMMAND_SECONDS, until: float = float("inf")
    ) -> None:
        """Take the greeting of the server at the other end of a connection.

        ``patience`` is how many seconds a command may take, beside what it brings; ``until`` is the
        monotonic instant by which the whole session must be over.
        """
        self._wire = wire
        self._patience = patience
        self._ends = until
        self._number = 0
        self._has_news = False
        self._secrets: tuple[str, ...] = ()
        self.capabilities: frozenset[str] = frozenset()
        greeting = self._response(_SMALL)
        if greeting[:2] != [b"*", b"OK"]:
            raise Refusal(f"the server does not greet: {self._said(greeting)}")

    def begin(
        self,
        server: ImapServer,
        password: str,
        context: ssl.SSLContext | None = None,
        another: Another | None = None,
    ) -> None:
        """Have TLS where that comes first, and sign in.

        For a server that is shown tokens, the password is one; if it is refused, one that
        ``another`` gives for it is shown.
        """
        if server.security == "starttls":
            self._command(b"STARTTLS")
            self._wire.secure(server.host, context)
        # What was said before TLS, or before signing in, may be untrue or another's.
        self._learn()
        if server.auth == "oauth":
            self._sign_in_with_token(server, password, another)
        elif not self._sign_in(server.user, password):
            raise Refusal("the server offers no way to sign in with a password")
        self._learn()

    def open(self, folder: str, *, writing: bool = False) -> Folder:
        """Open a folder; only where ``writing`` is set can anything in it be changed."""
        validity, messages = 0, 0
        verb = b"SELECT " if writing else b"EXAMINE "
        for response in self._run(verb + folder_name(folder)):
            code, value = _code(response)
            if code == b"UIDVALIDITY":
                validity = _number(value)
            if len(response) > 2 and response[2] == b"EXISTS":
                messages = _number(response[1])
        if not validity:
            raise Broken("the server does not say how it numbers messages (UIDVALIDITY)")
        return Folder(validity, messages)

    def after(self, uid: int, most: int) -> list[Found]:
        """What has a greater UID, in order: the first so many of it."""
        if uid >= _NUMBER_MAX:
            return []
        found: dict[int, Found] = {}
        self._has_news = False
        for response in self._run(f"UID FETCH {uid + 1}:* (UID RFC822.SIZE INTERNALDATE)".encode()):
            told = _fetched(response)
            each = Found(_number(told.get(b"UID")), _size(told), _arrived(told))
            # With "*" the last message is always named, whatever its UID is.
            if each.uid > uid:
                found[each.uid] = each
            if len(found) > 2 * most:
                found = {key: found[key] for key in sorted(found)[:most]}
        return [found[key] for key in sorted(found)[:most]]

    def has(self, uid: int) -> bool:
        """Whether a message is there."""
        found = self._run(f"UID FETCH {uid} (UID)".encode())
        return uid in [_number(_fetched(each).get(b"UID")) for each in found]

    def up_to(self, uid: int) -> list[int]:
        """The UIDs that are there, up to and with one."""
        if uid < 1:
            return []
        found = self._run(f"UID FETCH 1:{uid} (UID)".encode())
        numbers = {_number(_fetched(each).get(b"UID")) for each in found}
        return sorted(each for each in numbers if 0 < each <= uid)

    def messages(self, wanted: Sequence[Found], most: int) -> Iterator[tuple[int, bytes]]:
        """The UID and the bytes of some messages, none longer than ``most`` bytes.

        What is gone meanwhile is left out. It does not count as read by doing this.
        """
        megabytes = sum(each.size for each in wanted) / 1_000_000
        numbers = ",".join(str(each.uid) for each in wanted)
        line = f"UID FETCH {numbers} (UID BODY.PEEK[])".encode()
        asked = {each.uid for each in wanted}
        for response in self._run(line, most, megabytes * MEGABYTE_SECONDS):
            told = _fetched(response)
            uid, content = _number(told.get(b"UID")), told.get(b"BODY[]")
            if uid in asked and isinstance(content, bytes):
                asked.discard(uid)
                yield uid, content

    def beginning(self, uid: int, most: int) -> bytes:
        """The first bytes of a message's headers."""
        line = f"UID FETCH {uid} (UID BODY.PEEK[HEADER]<0.{most}>)".encode()
        content = b""
        for response in self._run(line, most):
            told = _fetched(response)
            for name, value in told.items():
                if name.startswith(b"BODY[HEADER]") and isinstance(value, bytes):
                    content = value
        return content

    def delete(self, uids: Sequence[int]) -> None:
        """Delete messages of a folder that was opened for writing.

        A server that cannot delete single ones (UIDPLUS) only marks them: others' marks are theirs.
        """
        numbers = ",".join(map(str, uids)).encode()
        self._command(b"UID STORE " + numbers + rb" +FLAGS.SILENT (\Deleted)")
        if "UIDPLUS" in self.capabilities:
            self._command(b"UID EXPUNGE " + numbers)

    @property
    def can_wait(self) -> bool:
        """Whether the server tells of news by itself (IDLE)."""
        return "IDLE" in self.capabilities

    def wait(self, seconds: float, wakeup: int) -> None:
        """Wait until the server tells of something, so many seconds, or a byte at ``wakeup``.

        What it told of while it listed messages it does not tell of again.
        """
        if not self._has_news:
            self._idle(seconds, wakeup)

    def nothing(self) -> None:
        """Let the server tell of news."""
        self._command(b"NOOP")

    def end(self) -> None:
        """Sign out; what the server says to that does not matter any more."""
        self._send(b"LOGOUT")

    def _idle(self, seconds: float, wakeup: int) -> None:
        tag = self._send(b"IDLE")
        response = self._heard()
        if response[:1] != [b"+"]:
            raise Refusal(f"the server refuses IDLE: {self._said(response)}")
        self._wire.wait(0 if self._has_news else seconds, wakeup)
        self._give(self._patience)
        self._wire.send(b"DONE\r\n")
        for _ in self._until(tag, _SMALL):
            pass

    def _learn(self) -> None:
        for response in self._run(b"CAPABILITY"):
            if response[1:2] == [b"CAPABILITY"]:
                words = (each for each in response[2:] if isinstance(each, bytes))
                self.capabilities = frozenset(each.decode("latin-1").upper() for each in words)

    def _sign_in(self, user: str, password: str) -> bool:
        """Sign in by what the server offers; False if that is nothing."""
        name, secret = quoted(user), quoted(password)
        said = base64.b64encode(f"\0{user}\0{password}".encode())
        self._secrets = (said.decode(), (secret or b"").decode().strip('"'), password)
        if "AUTH=PLAIN" in self.capabilities:
            if "SASL-IR" in self.capabilities:
                self._command(b"AUTHENTICATE PLAIN " + said, secret=True)
            else:
                self._ask(b"AUTHENTICATE PLAIN", said)
        elif "LOGINDISABLED" in self.capabilities or name is None or secret is None:
            return False
        else:
            self._command(b"LOGIN " + name + b" " + secret, secret=True)
        return True

    def _sign_in_with_token(self, server: ImapServer, token: str, another: Another | None) -> None:
        refused = self._show(server, token)
        if refused and another is not None and (other := another(token)):
            refused = self._show(server, other)
        if refused:
            raise Refusal(f"signing in failed: the server does not take the token: {refused}")

    def _show(self, server: ImapServer, token: str) -> str:
        """Show a token; what the server said if it refuses it."""
        offered = [each.removeprefix("AUTH=") for each in self.capabilities]
        shown = shown_token(offered, server.user, token, (server.host, server.port))
        if shown is None:
            raise Refusal(OFFERS_NONE)
        self._secrets += (shown.said, token)
        at_once = "SASL-IR" in self.capabilities
        line = f"AUTHENTICATE {shown.mechanism}{f' {shown.said}' if at_once else ''}"
        tag, status = self._send(line.encode()), ""
        for answer in (shown.end,) if at_once else (shown.said, shown.end):
            response = self._heard()
            if response[:1] != [b"+"]:
                break
            status = refusal_in(response[1]) if isinstance(response[1], bytes) else ""
            self._wire.send(answer.encode() + b"\r\n")
        else:
            response = self._heard()
        if response[:1] != [tag]:
            raise Broken("the server does not say whether somebody is signed in")
        if response[1:2] == [b"OK"]:
            return ""
        return f"{self._said(response)}{f' (status {status})' if status else ''}"

    def _heard(self) -> Response:
        """The next response that is to the command, and no news."""
        response = self._response(_SMALL)
        while response[:1] == [b"*"]:
            if response[1:2] == [b"BYE"]:
                raise Broken(f"the server ends the session: {self._said(response)}")
            response = self._response(_SMALL)
        return response

    def _ask(self, command: bytes, answer: bytes) -> None:
        """A command in two steps: the server asks, and is answered."""
        tag = self._send(command)
        response = self._response(_SMALL)
        if response[:1] != [b"+"]:
            raise Refusal(f"the server refuses to sign in: {self._said(response)}")
        self._wire.send(answer + b"\r\n")
        for _ in self._until(tag, _SMALL):
            pass

    def _command(self, line: bytes, *, secret: bool = False) -> None:
        try:
            for _ in self._run(line):
                pass
        except Refusal as error:
            raise Refusal(f"signing in failed: {error}" if secret else str(error)) from None

    def _run(self, line: bytes, most: int = _SMALL, seconds: float = 0.0) -> Iterator[Response]:
        """What the server says before a command is done, each with up to so many bytes.

        It may take so many seconds more than any other.
        """
        tag = self._send(line, seconds)
        return self._until(tag, most)

    def _send(self, line: bytes, seconds: float = 0.0) -> bytes:
        self._number += 1
        tag = f"c{self._number}".encode()
        self._give(self._patience + seconds)
        self._wire.send(tag + b" " + line + b"\r\n")
        return tag

    def _give(self, seconds: float) -> None:
        """Let the server have so many seconds, as far as the session has them."""
        self._wire.deadline = min(monotonic() + seconds, self._ends)

    def _until(self, tag: bytes, most: int) -> Iterator[Response]:
        for _ in range(_RESPONSES_MAX):
            response = self._response(most)
            if response[:1] == [tag]:
                if response[1:2] != [b"OK"]:
                    raise Refusal(f"the server says {self._said(response)}")
                return
            if response[:2] == [b"*", b"BYE"]:
                raise Broken(f"the server ends the session: {self._said(response)}")
            if response[:1] == [b"*"]:
                yield response
        raise Broken("the server does not stop to answer")

    def _said(self, response: Response) -> str:
        """What a response says, as a line that can be shown anywhere.

        Some servers repeat a command that they do not take, and with it the password.
        """
        words = (each for each in response[1:] if isinstance(each, bytes))
        text = b" ".join(words).decode("utf-8", "replace")
        text = without(text, self._secrets, "(password)")
        return "".join(each if each.isprintable() else "?" for each in text[:300])

    def _response(self, most: int) -> Response:
        """The next response: its words, or the text after OK, NO, BAD and BYE as one."""
        line = self._wire.line()
        head = line.split(b" ", 2)
        if len(head) > 1 and head[1].upper() in _STATUSES:
            return [head[0], head[1].upper(), *head[2:]]
        if line[:1] == b"+":
            return [b"+", line[1:].strip()]
        pieces: list[bytes] = []
        while literal := _LITERAL.search(line):
            size = int(literal[1])
            most -= size
            if most < 0 or len(pieces) > _PIECES_MAX:
                raise TooLong(f"the server sends {size:,} bytes, more than was asked for")
            pieces += (line[: literal.start()], Literal(self._wire.exactly(size)))
            line = self._wire.line()
        response = parse([*pieces, line])
        self._has_news |= response[:1] == [b"*"] and response[2:3] == [b"EXISTS"]
        return response


def _code(response: Response) -> tuple[bytes, bytes]:
    """The code in brackets of a status response and what is with it; empty if there is none."""
    text = response[2] if len(response) > 2 and response[1] == b"OK" else b""
    found = _CODE.match(text) if isinstance(text, bytes) else None
    return (found[1].upper(), found[2] or b"") if found else (b"", b"")


def _fetched(response: Response) -> dict[bytes, object]:
    """The names and values of a FETCH response; none of any other."""
    if len(response) < 4 or response[2] != b"FETCH" or not isinstance(response[3], list):
        return {}
    items = response[3]
    return {
        name.upper(): value
        for name, value in zip(items[::2], items[1::2], strict=False)
        if isinstance(name, bytes)
    }


def _number(value: object) -> int:
    """A number of 32 bits; 0 for anything else."""
    if isinstance(value, bytes) and value.isdigit() and len(value) < 11:
        return min(int(value), _NUMBER_MAX)
    return 0


def _size(told: dict[bytes, object]) -> int:
    """How many bytes a message has; some servers have sizes beyond 32 bits."""
    value = told.get(b"RFC822.SIZE")
    return int(value) if isinstance(value, bytes) and value.isdigit() and len(value) < 19 else 0


def _arrived(told: dict[bytes, object]) -> bytes:
    value = told.get(b"INTERNALDATE")
    return value if isinstance(value, bytes) else b""
