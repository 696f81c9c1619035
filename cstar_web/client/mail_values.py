"""What the API answers with about how mail is set up, as frozen values."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cstar_web.client.values import Value


@dataclass(frozen=True, kw_only=True, slots=True)
class Mailbox(Value):
    """An address that customers write to, and how fetching its mail goes."""

    id: str
    address: str
    name: str
    language: str
    signature: str
    is_default: bool
    answers_first: bool
    plus_addressing: bool
    is_active: bool
    defaults: Mapping[str, Any]
    fetches: bool
    sends: bool
    oauth_provider: str | None
    is_authorized: bool
    fetched_at: datetime | None
    failing_since: datetime | None
    failure: str | None
    created_at: datetime
    updated_at: datetime
    etag: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class MailTemplate(Value):
    """A text around what is sent, in a language; ``is_own`` says that the team wrote it."""

    kind: str
    language: str
    content: str
    is_own: bool
    updated_at: datetime | None
    etag: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class BadAddress(Value):
    """An address to which nothing can be delivered: what a server said, and when."""

    address: str
    code: str | None
    reason: str
    noted_at: datetime
