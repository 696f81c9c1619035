"""A mailbox, and what its values may be."""

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, TypedDict

from peewee import fn

from cstar_core.checks import (
    Rule,
    check_all,
    check_choice,
    check_email,
    check_flag,
    check_given,
    check_text,
    invalid,
    missing,
    or_none,
)
from cstar_core.clock import from_seconds, from_seconds_or_none
from cstar_core.errors import Problem
from cstar_core.ids import public_id
from cstar_core.mailboxes.oauth import MailOAuth, check_oauth
from cstar_core.mailboxes.servers import (
    DkimKey,
    ImapServer,
    SmtpServer,
    check_dkim,
    check_incoming,
    check_outgoing,
)
from cstar_core.store import SqlRow, prepare, slot
from cstar_core.tables import PRIORITIES, MailboxRow
from cstar_core.tags import check_tags, parse_tags

MAILBOXES_MAX = 50
MAILBOX_NAME_MAX = 100
MAIL_SIGNATURE_MAX = 2_000
LANGUAGE_DEFAULT = "en"
_NAMES = {
    "assigned_to": "assignedTo",
    "custom_fields": "customFields",
    "key_file": "keyFile",
    "client_id": "clientId",
    "token_url": "tokenUrl",
    "authorization_url": "authorizationUrl",
    "device_url": "deviceUrl",
}
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}\Z")


@dataclass(frozen=True, slots=True)
class TicketDefaults:
    """What tickets get that begin with a mail to a mailbox."""

    priority: str | None = None
    tags: tuple[str, ...] = ()
    assigned_to: str | None = None
    custom_fields: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Mailbox:
    """An address that customers write to, with its servers; passwords are never shown.

    ``name`` and ``signature`` are those of what is sent, in ``language``. One mailbox of a
    workspace is the default, which sends what belongs to no other. ``answers_first`` says whether
    who writes is told at once that it arrived; ``plus_addressing`` whether mail to
    ``support+anything@…`` comes here too. ``fetched_at`` is when fetching last worked;
    ``failing_since`` and ``failure`` are None while it does, while ``oauth`` gives tokens and the
    server for sending lets us in.
    ``is_authorized`` says whether the secret is there with which these are asked for.
    """

    id: str
    address: str
    name: str
    language: str
    signature: str
    defaults: TicketDefaults
    is_default: bool
    answers_first: bool
    plus_addressing: bool
    is_active: bool
    incoming: ImapServer | None
    outgoing: SmtpServer | None
    dkim: DkimKey | None
    oauth: MailOAuth | None
    is_authorized: bool
    fetched_at: datetime | None
    failing_since: datetime | None
    failure: str | None
    created_at: datetime
    updated_at: datetime
    version: int


class MailboxChanges(TypedDict, total=False):
    """What may change; an absent key means "leave it"."""

    address: str
    name: str
    language: str
    signature: str
    defaults: Mapping[str, Any]
    is_default: bool
    answers_first: bool
    plus_addressing: bool
    is_active: bool
    incoming: Mapping[str, Any] | None
    outgoing: Mapping[str, Any] | None
    dkim: Mapping[str, Any] | None
    oauth: Mapping[str, Any] | None


def _name(param: str, value: object) -> list[Problem]:
    """It stands in the header of a mail, so it is one line."""
    problems = check_text(param, value, MAILBOX_NAME_MAX, blank=False)
    if problems or str(value).isprintable():
        return problems
    return invalid(param, "must be one line of printable text")


def _address(param: str, value: object) -> list[Problem]:
    blank = value is None or (isinstance(value, str) and not value.strip())
    return missing(param) if blank else check_email(param, value)


def check_language(param: str, value: object) -> list[Problem]:
    """The code of a language."""
    if isinstance(value, str) and _LANGUAGE.match(value):
        return []
    return invalid(param, "must be the code of a language such as en or pt-BR")


def _signature(param: str, value: object) -> list[Problem]:
    return check_text(param, value, MAIL_SIGNATURE_MAX)


_DEFAULTS: dict[str, Rule] = {
    "priority": or_none(lambda param, value: check_choice(param, value, PRIORITIES)),
    "tags": check_tags,
    # What they name must be there too, which the room looks up.
    "assigned_to": lambda param, value: [],
    "custom_fields": lambda param, value: [],
}


def _check_defaults(param: str, value: object) -> list[Problem]:
    if not isinstance(value, Mapping):
        return invalid(param, "must be an object")
    return check_given(param, len(value)) or check_all(
        {f"{param}.{name}": each for name, each in value.items()},
        {f"{param}.{name}": rule for name, rule in _DEFAULTS.items()},
    )


RULES: dict[str, Rule] = {
    "address": _address,
    "name": _name,
    "language": check_language,
    "signature": _signature,
    "defaults": _check_defaults,
    "is_default": check_flag,
    "answers_first": check_flag,
    "plus_addressing": check_flag,
    "is_active": check_flag,
    "incoming": or_none(check_incoming),
    "outgoing": or_none(check_outgoing),
    "dkim": or_none(check_dkim),
    "oauth": or_none(check_oauth),
}


def defaults_of(values: Mapping[str, Any]) -> TicketDefaults:
    """The defaults that checked values are."""
    return TicketDefaults(
        values.get("priority"),
        parse_tags(values.get("tags") or ()),
        values.get("assigned_to"),
        dict(values.get("custom_fields") or {}),
    )


COLUMNS = (
    MailboxRow.id,
    MailboxRow.uid,
    MailboxRow.address,
    MailboxRow.name,
    MailboxRow.language,
    MailboxRow.signature,
    MailboxRow.defaults,
    MailboxRow.is_default,
    MailboxRow.answers_first,
    MailboxRow.plus_addressing,
    MailboxRow.is_active,
    MailboxRow.incoming,
    MailboxRow.outgoing,
    MailboxRow.dkim,
    MailboxRow.oauth,
    MailboxRow.oauth_client_secret.is_null(False),
    MailboxRow.oauth_refresh_token.is_null(False),
    MailboxRow.fetched_at,
    fn.COALESCE(
        MailboxRow.failing_since,
        MailboxRow.oauth_failing_since,
        MailboxRow.sending_failing_since,
    ),
    fn.COALESCE(MailboxRow.failure, MailboxRow.oauth_failure, MailboxRow.sending_failure),
    MailboxRow.created_at,
    MailboxRow.updated_at,
    MailboxRow.version,
)
MINE = MailboxRow.workspace_id == slot("workspace")
BY_UID = prepare(MailboxRow.select(*COLUMNS).where((MailboxRow.uid == slot("uid")) & MINE))
ALL = prepare(MailboxRow.select(*COLUMNS).where(MINE).order_by(MailboxRow.id))
COUNT = prepare(MailboxRow.select(fn.COUNT(MailboxRow.id)).where(MINE))


def mailbox_of(row: SqlRow) -> Mailbox:
    """The value that a row of ``COLUMNS`` holds."""
    _, uid, address, name, language, signature, defaults, *rest = row
    is_default, answers_first, plus_addressing, is_active, *rest = rest
    incoming, outgoing, dkim, oauth, has_secret, has_token, *rest = rest
    fetched_at, failing_since, failure, created_at, updated_at, version = rest
    signing_in = _oauth(oauth)
    return Mailbox(
        public_id("mailbox", uid),
        address,
        name,
        language,
        signature,
        defaults_of(json.loads(defaults)),
        bool(is_default),
        bool(answers_first),
        bool(plus_addressing),
        bool(is_active),
        _incoming(incoming),
        None if outgoing is None else SmtpServer(**json.loads(outgoing)),
        None if dkim is None else DkimKey(**json.loads(dkim)),
        signing_in,
        bool(has_secret if signing_in and signing_in.grant == "client_credentials" else has_token),
        from_seconds_or_none(fetched_at),
        from_seconds_or_none(failing_since),
        failure,
        from_seconds(created_at),
        from_seconds(updated_at),
        version,
    )


def _incoming(stored: str | None) -> ImapServer | None:
    if stored is None:
        return None
    values = json.loads(stored)
    return ImapServer(**values | {"since": from_seconds_or_none(values["since"])})


def _oauth(stored: str | None) -> MailOAuth | None:
    if stored is None:
        return None
    values = json.loads(stored)
    return MailOAuth(**values | {"scopes": tuple(values["scopes"])})


def shown(mailbox: Mailbox) -> dict[str, object]:
    """The members that events quote, as the API names them: without passwords."""
    return {
        "address": mailbox.address,
        "name": mailbox.name,
        "language": mailbox.language,
        "signature": mailbox.signature,
        "defaults": _shown(mailbox.defaults),
        "isDefault": mailbox.is_default,
        "answersFirst": mailbox.answers_first,
        "plusAddressing": mailbox.plus_addressing,
        "isActive": mailbox.is_active,
        "incoming": _shown(mailbox.incoming),
        "outgoing": _shown(mailbox.outgoing),
        "dkim": _shown(mailbox.dkim),
        "oauth": _shown(mailbox.oauth),
    }


def _shown(part: Any) -> dict[str, object] | None:
    if part is None:
        return None
    values = asdict(part)
    if values.get("since") is not None:
        values["since"] = values["since"].isoformat().replace("+00:00", "Z")
    return {
        _NAMES.get(name, name): list(value) if isinstance(value, tuple) else value
        for name, value in values.items()
    }
