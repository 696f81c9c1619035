"""A mail server that takes what it is told to take, and remembers it."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword

from cstar_core import DkimKey, MailAccount, Mailbox, MailParcel, SmtpServer

CERTIFICATE = Path(__file__).parents[1] / "localhost.pem"
USER, PASSWORD = "acme", "secret"


@dataclass
class PostOffice:
    """Answers by recipient (``answers``), to the sender and to the mail itself.

    ``of_senders`` has what is said otherwise to one sender, and at which of these three.
    """

    answers: dict[str, str] = field(default_factory=dict)
    to_sender: str = "250 OK"
    to_data: str = "250 2.0.0 taken"
    of_senders: dict[str, tuple[str, str]] = field(default_factory=dict)
    mails: list[Envelope] = field(default_factory=list)
    senders: list[str] = field(default_factory=list)
    port: int = 0

    def server(self, security: str = "none", user: str | None = None) -> SmtpServer:
        """How to reach it."""
        return SmtpServer("127.0.0.1", self.port, security, user)

    async def handle_MAIL(
        self, _s: Any, _c: Any, envelope: Envelope, address: str, options: Any
    ) -> str:
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        self.senders.append(address)
        return self._said("to_sender", envelope, self.to_sender)

    async def handle_RCPT(self, _s: Any, _c: Any, envelope: Envelope, address: str, _o: Any) -> str:
        answer = self._said("to_rcpt", envelope, self.answers.get(address, "250 OK"))
        if answer.startswith("2"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Envelope) -> str:
        answer = self._said("to_data", envelope, self.to_data)
        if answer.startswith("2"):
            self.mails.append(envelope)
        return answer

    def _said(self, at: str, envelope: Envelope, otherwise: str) -> str:
        place, answer = self.of_senders.get(str(envelope.mail_from), ("", ""))
        return answer if place == at else otherwise


def account(
    server: SmtpServer | None, password: str | None = None, dkim: DkimKey | None = None
) -> MailAccount:
    """A mailbox that sends by a server."""
    lacking: dict[str, Any] = dict.fromkeys(each.name for each in fields(Mailbox))
    box = Mailbox(**lacking | {"address": "support@acme.example", "outgoing": server, "dkim": dkim})
    return MailAccount(box, "team_1", "live", None, 0, None, password)


def certified() -> ssl.SSLContext:
    """What a server on localhost shows itself with."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    return context


def believing() -> ssl.SSLContext:
    """What believes that server."""
    return ssl.create_default_context(cafile=str(CERTIFICATE))


def _authenticated(*given: Any) -> AuthResult:
    login = given[-1]
    good = isinstance(login, LoginPassword) and login == LoginPassword(
        USER.encode(), PASSWORD.encode()
    )
    return AuthResult(success=good, handled=False)


class _Anywhere(Controller):
    """One that listens on a port that is free."""

    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@contextmanager
def post_office(security: str = "none", **options: Any) -> Iterator[PostOffice]:
    """A mail server for the time of the block; ``options`` are those of aiosmtpd."""
    office = PostOffice()
    tls = {"tls": {"ssl_context": certified()}, "starttls": {"tls_context": certified()}}
    controller = _Anywhere(
        office,
        hostname="127.0.0.1",
        port=0,
        auth_require_tls=security != "none",
        **tls.get(security, {}),
        **{"authenticator": _authenticated, **options},
    )
    controller.start()
    try:
        office.port = controller.port
        yield office
    finally:
        controller.stop()


def parcel(
    server: SmtpServer,
    *recipients: str,
    sender: str = "support@acme.example",
    password: str | None = None,
) -> MailParcel:
    """A mail to hand over."""
    return MailParcel(1, 1, server, password, None, sender, recipients or ("jane@example.com",))
