"""Handing a mail to a server: TLS that is verified, within a budget of time for all of it.

`smtplib` does the protocol over a connection that has one deadline for all steps together. A server
that drips, or says more than any server has to say, holds nothing for longer.
"""

import base64
import re
import smtplib
import socket
import ssl
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from time import monotonic

from cstar_core import MailAccount, MailParcel, MailReply, SmtpServer
from cstar_web.connecting import Unreachable, connect, secure, why
from cstar_web.mail.granting import NoToken
from cstar_web.mail.sasl import Another
from cstar_web.mail.smtp_tokens import sign_in_with_token
from cstar_web.mail.timed import Timed
from cstar_web.mail.tokens import Tokens, secret_of, secret_to_send
from cstar_web.mail.trying import CONNECT_SECONDS, NO_PASSWORD, NO_TOKEN, Tried, explain
from cstar_web.redaction import without

BUDGET_SECONDS = 300.0
# Of these, until it has said who it is and TLS is agreed on. What follows may take long.
GREETING_SECONDS = 30.0
_ENHANCED = re.compile(r"([245]\.\d{1,3}\.\d{1,3})(?:\s|\Z)")
_SENT, _DEFERRED, _WAITING, _FAILED = "sent", "deferred", "waiting", "failed"
_GO_ON = 354
_FOR_GOOD = 500
_PIECE = 64 * 1024
# Of an enhanced status (RFC 3463, and what Exchange says for "may not send as").
_OF_SENDER = ("5.1.0", "5.1.7", "5.1.8", "5.2.252", "5.5.0", "5.5.4")
# That we have not shown who we are, or not as wanted (RFC 4954): no fault of the mail.
_OF_SIGNING_IN = (530, 534, 535, 538)


class _Refused(Exception):
    """What ends the conversation, and for whom it holds: all who were not settled before."""

    def __init__(self, reply: MailReply) -> None:
        self.reply = reply
        super().__init__(reply.text)


def send_mail(
    parcel: MailParcel,
    raw: bytes,
    *,
    budget: float = BUDGET_SECONDS,
    context: ssl.SSLContext | None = None,
    tokens: Tokens | None = None,
) -> dict[str, MailReply]:
    """Hand a mail over; what became of each recipient. It raises nothing.

    ``budget`` is how many seconds all of it may take. ``context`` says which certificates are
    believed: those that the system believes, if it is not given. ``tokens`` are those of all
    mailboxes: mail waits while there is none for a server that is shown one, nor a password.
    """
    deadline = monotonic() + budget
    replies = _handed_over(parcel, raw, budget, deadline, context, tokens)
    refused = tuple(each for each, reply in replies.items() if _may_mean_sender(reply))
    is_sent = any(each.state == _SENT for each in replies.values())
    if parcel.bare_sender is None or is_sent or not refused:
        return replies
    bare = replace(parcel, sender=parcel.bare_sender, recipients=refused)
    return {**replies, **_handed_over(bare, raw, budget, deadline, context, tokens)}


def _handed_over(
    parcel: MailParcel,
    raw: bytes,
    budget: float,
    deadline: float,
    context: ssl.SSLContext | None,
    tokens: Tokens | None,
) -> dict[str, MailReply]:
    refused: dict[str, MailReply] = {}
    heard = False
    try:
        secret, another = secret_to_send(parcel, tokens)
        if parcel.server.user is not None and secret is None:
            # An empty one would be refused, and some servers shut out who tries often.
            raise _Refused(MailReply(_WAITING, None, NO_PASSWORD))
        with _Session(parcel.server, deadline, context) as session:
            if parcel.server.user is not None:
                session.sign_in(parcel.server.user, secret, another)
            heard = True
            refused = session.offer(parcel, raw)
            taken = [each for each in parcel.recipients if each not in refused]
            reply = session.hand_over(raw) if taken else None
    except _Refused as error:
        reply = replace(error.reply, of_server=error.reply.of_server or not heard)
    except NoToken as error:
        reply = MailReply(_WAITING, None, str(error), of_server=True)
    except Exception as error:
        told = _told(error, budget, deadline)
        reply = MailReply(_DEFERRED, None, told, of_server=not heard)
    rest = {} if reply is None else dict.fromkeys(parcel.recipients, reply)
    return {**rest, **refused}


def try_smtp(
    account: MailAccount,
    context: ssl.SSLContext | None = None,
    seconds: float = CONNECT_SECONDS,
    tokens: Tokens | None = None,
) -> list[Tried]:
    """Connect, sign in and begin a mail that is not sent, all of it in 20 seconds; each step."""
    server, sender = account.mailbox.outgoing, account.mailbox.address
    if server is None:
        return []
    name = f"SMTP {server.host}:{server.port}"
    steps = [f"connect ({server.security})", f"sign in as {server.user}", f"send from {sender}"]
    if server.user is None:
        del steps[1]
    done: list[Tried] = []
    try:
        signing_in = secret_of(account, server, tokens)
    except NoToken:
        return [Tried(name, False, NO_TOKEN)]
    if server.user is not None and signing_in[0] is None:
        return [Tried(name, False, NO_PASSWORD)]
    deadline = monotonic() + seconds
    try:
        for said in _tried(sender, server, signing_in, deadline, context):
            done.append(Tried(name, True, f"{steps[len(done)]}: {_line(said)}"))
    except Exception as error:
        reason = _told(error, seconds, deadline)
        if isinstance(error, ssl.SSLError | ConnectionRefusedError):
            reason = explain(error, server.host)
        if len(done) < len(steps):
            done.append(Tried(name, False, f"{steps[len(done)]}: {reason}"))
    return done


def _tried(
    sender: str,
    server: SmtpServer,
    signing_in: tuple[str | None, Another | None],
    deadline: float,
    context: ssl.SSLContext | None,
) -> Iterator[str]:
    """What the server says to each step."""
    with _Session(server, deadline, context) as session:
        yield session.greeting
        if server.user is not None:
            yield session.sign_in(server.user, *signing_in)
        yield session.begin(sender)


def _line(said: str) -> str:
    """What a server said, as a line that can be shown anywhere."""
    return why(Exception(said or "ok"))


class _Session:
    """A conversation with a server, greeted and secured."""

    def __init__(self, server: SmtpServer, deadline: float, context: ssl.SSLContext | None) -> None:
        self._server = server
        self._deadline = deadline
        self._context = context
        self._client = smtplib.SMTP(local_hostname="localhost")
        self.greeting = ""
        self._soon = min(deadline, monotonic() + GREETING_SECONDS)

    def __enter__(self) -> "_Session":
        server = self._server
        connection = connect(server.host, server.port, self._soon)
        try:
            self._begin(connection)
        except BaseException as error:
            connection.close()
            self._client.close()
            # The library takes a deadline for a connection that was closed.
            if isinstance(error, OSError) and self._soon <= monotonic() < self._deadline:
                words = f"the server did not greet within {GREETING_SECONDS:g} s"
                raise Unreachable(words) from None
            raise
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(Exception):
            self._client.quit()
        self._client.close()

    def sign_in(self, user: str, password: str | None, another: Another | None = None) -> str:
        """Show who we are, by a password or a token; what the server says to that."""
        if self._server.auth == "oauth":
            return sign_in_with_token(self._client, self._server, password or "", another)
        try:
            return _hidden(self._login(user, password or ""), user, password)
        except smtplib.SMTPAuthenticationError as error:
            said = _hidden(_text(error.smtp_error), user, password)
            words = f"the user or the password is refused: {said}"
            raise _Refused(MailReply(_DEFERRED, str(error.smtp_code), words)) from None

    def begin(self, sender: str) -> str:
        """Say from whom a mail is, and take it back; what the server says to that."""
        options = [] if sender.isascii() else ["smtputf8"]
        answer = self._client.mail(sender, options)
        self._expect(answer)
        self._client.rset()
        return _text(answer[1])

    def offer(self, parcel: MailParcel, raw: bytes) -> dict[str, MailReply]:
        """Say from and to whom the mail is; whom the server refuses."""
        most = self._client.esmtp_features.get("size", "")
        if most.isdecimal() and 0 < int(most) < len(raw):
            words = f"the mail has {len(raw):,} bytes, the server takes {int(most):,}"
            raise _Refused(MailReply(_FAILED, "552 5.3.4", words))
        options = [f"size={len(raw)}"] if self._client.has_extn("size") else []
        if not (raw.isascii() and all(map(str.isascii, (parcel.sender, *parcel.recipients)))):
            if not self._client.has_extn("smtputf8"):
                words = "an address has other letters than ASCII, which the server does not take"
                raise _Refused(MailReply(_FAILED, "553 5.6.7", words))
            options += ["smtputf8", "body=8bitmime"]
        self._expect(self._client.mail(parcel.sender, options))
        refused = {}
        for each in parcel.recipients:
            code, said = self._client.rcpt(each)
            if not 200 <= code < 300:
                refused[each] = _reply(code, said)
        return refused

    def hand_over(self, raw: bytes) -> MailReply:
        """Send the mail itself."""
        code, said = self._client.docmd("DATA")
        if code != _GO_ON:
            refusal = _reply(code, said)
            # It has taken nothing, whatever it says.
            return replace(refusal, state=_DEFERRED) if refusal.state == _SENT else refusal
        # The library would look through all of it in one step, while no other thread could run.
        for piece in _dotted(raw):
            self._client.send(piece)
        return _reply(*self._client.getreply())

    def _login(self, user: str, password: str) -> str:
        if f"{user}{password}".isascii():
            return _text(self._client.login(user, password)[1])
        # The library sends ASCII alone, and its error tells which letter of the password is none.
        said = base64.b64encode(f"\0{user}\0{password}".encode()).decode()
        code, answer = self._client.docmd("AUTH", f"PLAIN {said}")
        if not 200 <= code < 300:
            raise smtplib.SMTPAuthenticationError(code, answer)
        return _text(answer)

    def _begin(self, connection: socket.socket) -> None:
        server, client = self._server, self._client
        if server.security == "tls":
            connection = secure(connection, server.host, self._soon, self._context)
        # The address that the server sees: a name would have to be looked up.
        address = connection.getsockname()[0]
        client.local_hostname = f"[IPv6:{address}]" if ":" in address else f"[{address}]"
        self._speak(connection)
        answer = client.getreply()
        self._let_in(answer, "the server does not let us in")
        self.greeting = _text(answer[1])
        self._greet()
        if server.security == "starttls":
            self._start_tls(connection)
        self._timed.deadline = self._deadline

    def _start_tls(self, connection: socket.socket) -> None:
        client = self._client
        if not client.has_extn("starttls"):
            words = "the server offers no STARTTLS, and nothing is sent in clear text"
            raise _Refused(MailReply(_DEFERRED, None, words))
        self._let_in(client.docmd("STARTTLS"), "the server refuses STARTTLS")
        # What was said in clear text before does not count, nor what came along with the answer.
        self._speak(secure(connection, self._server.host, self._soon, self._context))
        client.helo_resp = client.ehlo_resp = None
        client.esmtp_features = {}
        client.does_esmtp = False
        self._greet()

    def _greet(self) -> None:
        try:
            self._client.ehlo_or_helo_if_needed()
        except smtplib.SMTPHeloError as error:
            answer = (error.smtp_code, error.smtp_error)
            self._let_in(answer, "the server refuses our greeting")

    def _speak(self, connection: socket.socket) -> None:
        self._timed = Timed(connection, self._soon)
        self._client.sock = self._timed  # type: ignore[assignment]
        self._client.file = None

    def _let_in(self, answer: tuple[int, bytes | str], refusal: str) -> None:
        """What a server says before it has heard of a mail is of the connection: it may pass."""
        code, said = answer
        if not 200 <= code < 300:
            reply = _reply(code, said)
            words = f"{refusal}: {reply.text}"
            raise _Refused(replace(reply, state=_DEFERRED, text=words))

    def _expect(self, answer: tuple[int, bytes]) -> None:
        code, said = answer
        if not 200 <= code < 300:
            raise _Refused(_reply(code, said))


def _dotted(raw: bytes) -> Iterator[bytes]:
    """A mail as DATA takes it, piece by piece: with one dot more where a line begins with one.

    >>> b"".join(_dotted(b".a\\r\\n..b"))
    b'..a\\r\\n...b\\r\\n.\\r\\n'
    """
    begins = True
    for at in range(0, len(raw), _PIECE):
        piece = raw[at : at + _PIECE]
        dot = b"." if begins and piece.startswith(b".") else b""
        yield dot + piece.replace(b"\n.", b"\n..")
        begins = piece.endswith(b"\n")
    yield b".\r\n" if raw.endswith(b"\r\n") else b"\r\n.\r\n"


def _reply(code: int, said: bytes | str) -> MailReply:
    """What an answer on a mail means: 2xx taken, 5xx never, anything else not now."""
    text = _text(said)
    enhanced = _ENHANCED.match(text)
    shown = f"{code} {enhanced[1]}" if enhanced else str(code)
    if 200 <= code < 300:
        return MailReply(_SENT, shown, text)
    of_us = code in _OF_SIGNING_IN
    is_final = code >= _FOR_GOOD and not of_us
    return MailReply(_FAILED if is_final else _DEFERRED, shown, text, of_server=of_us)


def _may_mean_sender(reply: MailReply) -> bool:
    """Whether it may be the sender that a server refuses for good.

    Many say so only of a recipient or at the end, and some without any code of RFC 3463.

    >>> [_may_mean_sender(MailReply("failed", code)) for code in ("553 5.7.1", "550", "550 5.1.1")]
    [True, True, False]
    """
    enhanced = (reply.code or "").partition(" ")[2]
    about = not enhanced or enhanced.startswith("5.7.") or enhanced in _OF_SENDER
    return reply.state == _FAILED and about


def _hidden(said: str, user: str, password: str | None) -> str:
    """What a server says, without the password: some repeat a line that they do not take.

    >>> _hidden("syntax error: AUTH PLAIN AHUAc2VjcmV0", "u", "secret")
    'syntax error: AUTH PLAIN (password)'
    """
    if not password:
        return said
    forms = (f"\0{user}\0{password}", password)
    coded = (base64.b64encode(each.encode()).decode() for each in forms)
    return without(said, (*coded, password), "(password)")


def _text(said: bytes | str) -> str:
    return said.decode("utf-8", "replace") if isinstance(said, bytes) else said


def _told(error: Exception, budget: float, deadline: float) -> str:
    if isinstance(error, _Refused):
        return why(error)
    # The library takes a deadline for a connection that was closed.
    if isinstance(error, TimeoutError) or monotonic() >= deadline:
        return f"the server was not done within {budget:g} s"
    if isinstance(error, Unreachable):
        return str(error)
    if isinstance(error, ssl.SSLError):
        return f"TLS failed: {why(error)}"
    if isinstance(error, smtplib.SMTPServerDisconnected):
        return "the server ended the connection"
    return why(error)
