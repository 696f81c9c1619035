"""Trying the servers of a mailbox, step by step, without changing anything."""

import ssl
from dataclasses import dataclass
from time import monotonic

from cstar_core import ImapServer, MailAccount
from cstar_web.connecting import Unreachable, why
from cstar_web.mail.granting import NoToken, host_of
from cstar_web.mail.imap import Imap, Refusal
from cstar_web.mail.tokens import Tokens, secret_of
from cstar_web.mail.wire import Broken, Wire

CONNECT_SECONDS = 20.0
NO_TOKEN = "there is no token to sign in with"  # noqa: S105 - a sentence
NO_PASSWORD = "there is no password; set one with cstar mailbox change"  # noqa: S105 - a sentence
TROUBLES = (Unreachable, Broken, Refusal, NoToken, OSError, UnicodeError)


@dataclass(frozen=True, slots=True)
class Tried:
    """One step: what was tried of which server, whether it worked, and what to know of it."""

    server: str
    ok: bool
    said: str


def connected(
    server: ImapServer,
    context: ssl.SSLContext | None = None,
    seconds: float = CONNECT_SECONDS,
) -> Wire:
    """A connection to an IMAP server, within so many seconds; the caller closes it."""
    place = (server.host, server.port)
    return Wire.to(place, monotonic() + seconds, server.security == "tls", context)


def explain(error: Exception, server: str) -> str:
    """What an error with a server means, in a line that says what to do where that is known."""
    if isinstance(error, NoToken):
        return str(error)
    if isinstance(error, ssl.SSLCertVerificationError):
        reason = error.verify_message or why(error)
        return f"the certificate of {server} is not believed: {reason}"
    if isinstance(error, ssl.SSLError):
        return f"TLS failed: {why(error)}; is it the right port and security (tls or starttls)?"
    if isinstance(error, TimeoutError):
        return "no answer in time; is it the right port, and does a firewall let it through?"
    if isinstance(error, ConnectionRefusedError):
        return "nothing listens there; is it the right port?"
    return why(error)


def try_tokens(account: MailAccount, tokens: Tokens) -> list[Tried]:
    """Ask for a token, if any server of the mailbox is shown one; what that gave."""
    box = account.mailbox
    if box.oauth is None or not any(
        each is not None and each.auth == "oauth" for each in (box.incoming, box.outgoing)
    ):
        return []
    name, step = f"OAuth {host_of(box.oauth.token_url)}", f"ask for a token ({box.oauth.grant})"
    try:
        tokens.get(box.id)
    except NoToken as error:
        return [Tried(name, False, f"{step}: {error}")]
    return [Tried(name, True, step)]


def try_imap(
    account: MailAccount,
    context: ssl.SSLContext | None = None,
    tokens: Tokens | None = None,
) -> list[Tried]:
    """Connect, sign in and open the folder, all of it in 20 seconds; what each step gave."""
    server = account.mailbox.incoming
    if server is None:
        return []
    name = f"IMAP {server.host}:{server.port}"
    try:
        secret, another = secret_of(account, server, tokens)
    except NoToken:
        return [Tried(name, False, NO_TOKEN)]
    if secret is None:
        return [Tried(name, False, NO_PASSWORD)]
    steps = [f"connect ({server.security})", f"sign in as {server.user}", f"open {server.folder}"]
    done: list[Tried] = []
    try:
        with connected(server, context) as wire:
            imap = Imap(wire, until=wire.deadline)
            done.append(Tried(name, True, steps[0]))
            imap.begin(server, secret, context, another)
            done.append(Tried(name, True, steps[1]))
            folder = imap.open(server.folder, writing=server.delete)
            news = "told of news at once (IDLE)" if imap.can_wait else "asked every minute"
            done.append(Tried(name, True, f"{steps[2]}: {folder.messages:,} messages, {news}"))
            if server.delete and "UIDPLUS" not in imap.capabilities:
                done.append(Tried(name, True, "can only mark messages as deleted (no UIDPLUS)"))
            imap.end()
    except TROUBLES as error:
        if len(done) < len(steps):
            done.append(Tried(name, False, f"{steps[len(done)]}: {explain(error, server.host)}"))
    return done
