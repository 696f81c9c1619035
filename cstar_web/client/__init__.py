"""A client of the HTTP API, which needs the standard library alone.

>>> Client("https://desk.example.com", "sk_live_your_key")
<Client of https://desk.example.com/api/v1>
"""

import ssl
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from cstar_web.client.calls import Calls, NewFile, one
from cstar_web.client.connections import Address, Connections, Key
from cstar_web.client.errors import (
    AnswerError,
    ApiError,
    AuthenticationError,
    AuthorizationError,
    ConflictError,
    CStarError,
    NetworkError,
    NotFoundError,
    Problem,
    RateLimitError,
    TimedOut,
    ValidationError,
)
from cstar_web.client.mail_values import BadAddress, Mailbox, MailTemplate
from cstar_web.client.mailing import BadAddresses, Mailboxes, MailTemplates
from cstar_web.client.outgoing import OutgoingMails
from cstar_web.client.pages import Page
from cstar_web.client.resources import (
    Attachments,
    Customers,
    CustomFields,
    Events,
    MailBlocks,
    Mails,
    Members,
    Messages,
    Tickets,
    Webhooks,
)
from cstar_web.client.values import (
    Actor,
    Attachment,
    Attempt,
    Bulk,
    BulkItem,
    Customer,
    CustomField,
    Delivery,
    Event,
    Mail,
    MailBlock,
    MailDelivery,
    MailRecipient,
    Member,
    Message,
    OutgoingMail,
    Ticket,
    Webhook,
    Whoami,
    read,
)

__all__ = [
    "Actor",
    "AnswerError",
    "ApiError",
    "Attachment",
    "Attempt",
    "AuthenticationError",
    "AuthorizationError",
    "BadAddress",
    "Bulk",
    "BulkItem",
    "CStarError",
    "Client",
    "ConflictError",
    "CustomField",
    "Customer",
    "Delivery",
    "Event",
    "Mail",
    "MailBlock",
    "MailDelivery",
    "MailRecipient",
    "MailTemplate",
    "Mailbox",
    "Member",
    "Message",
    "NetworkError",
    "NewFile",
    "NotFoundError",
    "OutgoingMail",
    "Page",
    "Problem",
    "RateLimitError",
    "Ticket",
    "TimedOut",
    "ValidationError",
    "Webhook",
    "Whoami",
]

ANSWER_MAX = 64 * 1024 * 1024


class Client:
    """One team's live or test data, as its API key opens it. Safe to share between threads."""

    def __init__(
        self,
        url: str,
        key: str,
        *,
        team: str | None = None,
        timeout: float = 30.0,
        retries: int = 3,
        answer_max: int = ANSWER_MAX,
        tls: ssl.SSLContext | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """``url`` is where the server is; nothing is sent before the first call.

        ``team`` is the id or slug of the key's team; without it the server is asked once.
        ``timeout`` is in seconds, for each try as a whole; ``retries`` is how many tries may follow
        the first. An answer of more than ``answer_max`` bytes is refused. ``tls`` says which
        certificates to trust, the system's unless it is given. Raises ValueError for what cannot be
        right.
        """
        if timeout <= 0 or retries < 0:
            raise ValueError("timeout must be more than 0, and retries not less")
        address = Address.parse(url)
        self._team_path = f"/teams{one(team)}" if team is not None else None
        self._connections = Connections(
            address, Key(key), timeout=timeout, answer_max=answer_max, tls=tls
        )
        self._calls = Calls(self._connections, retries=retries, sleep=sleep)
        self.tickets = Tickets(self._calls, self._path)
        self.messages = Messages(self._calls, self._path)
        self.attachments = Attachments(self._calls, self._path)
        self.mail = Mails(self._calls, self._path)
        self.mail_blocks = MailBlocks(self._calls, self._path)
        self.outgoing_mail = OutgoingMails(self._calls, self._path)
        self.mail_templates = MailTemplates(self._calls, self._path)
        self.bad_addresses = BadAddresses(self._calls, self._path)
        self.customers = Customers(self._calls, self._path)
        self.mailboxes = Mailboxes(self._calls, self._path)
        self.members = Members(self._calls, self._path)
        self.custom_fields = CustomFields(self._calls, self._path)
        self.events = Events(self._calls, self._path)
        self.webhooks = Webhooks(self._calls, self._path)

    def whoami(self) -> Whoami:
        """What the key opens."""
        return read(Whoami, self._calls.call("GET", "/auth/whoami").data)

    def close(self) -> None:
        """Close the connections; a client that is closed raises RuntimeError."""
        self._connections.close()

    def _path(self) -> str:
        if self._team_path is None:
            self._team_path = f"/teams{one(self.whoami().team_id)}"
        return self._team_path

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Client of {self._connections.address.url}>"
