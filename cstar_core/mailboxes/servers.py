"""The servers of a mailbox: where its mail is fetched and sent, and with what it is signed."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cstar_core.checks import (
    Rule,
    check_all,
    check_choice,
    check_flag,
    check_integer,
    check_text,
    invalid,
    or_none,
)
from cstar_core.errors import Problem

SERVERS = ("incoming", "outgoing")
SECURITIES = ("tls", "starttls", "none")
SIGN_IN_WAYS = ("password", "oauth")
FOLDER_DEFAULT = "INBOX"
HOST_MAX = 253
USER_MAX = 320
PASSWORD_MAX = 4_096
FOLDER_MAX = 255
PATH_MAX = 4_096
_INCOMING_PORTS = {"tls": 993, "starttls": 143, "none": 143}
_OUTGOING_PORTS = {"tls": 465, "starttls": 587, "none": 25}
# Only here may a password go without encryption: it does not leave the machine.
LOCAL_HOSTS = ("localhost", "127.0.0.1", "::1")
_HOST = re.compile(r"[A-Za-z0-9_.:-]+\Z")
_DOMAIN = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*\Z")


@dataclass(frozen=True, slots=True)
class ImapServer:
    """The IMAP server of a mailbox; ``security`` is tls, starttls or none.

    ``folder`` is read. ``delete`` says to delete there what is stored here. What came before
    ``since`` is left alone. ``auth`` is password, or oauth for tokens.
    """

    host: str
    port: int
    security: str
    user: str
    folder: str = FOLDER_DEFAULT
    delete: bool = False
    since: datetime | None = None
    auth: str = "password"


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """The SMTP server of a mailbox; without ``user`` nobody signs in. ``auth`` is as of IMAP."""

    host: str
    port: int
    security: str
    user: str | None = None
    auth: str = "password"


@dataclass(frozen=True, slots=True)
class DkimKey:
    """With what mail is signed: a domain, a selector and the file of the private key."""

    domain: str
    selector: str
    key_file: str


def _host(param: str, value: object) -> list[Problem]:
    problems = check_text(param, value, HOST_MAX, blank=False)
    if problems or _HOST.match(str(value)):
        return problems
    return invalid(param, "must be the name or the address of a host")


def one_line(most: int) -> Rule:
    """One line of printable text."""

    def rule(param: str, value: object) -> list[Problem]:
        problems = check_text(param, value, most, blank=False)
        if problems or str(value).isprintable():
            return problems
        return invalid(param, "must be one line of printable text")

    return rule


def check_domain(param: str, value: object) -> list[Problem]:
    """A name of letters, digits and hyphens, with dots between its parts."""
    problems = check_text(param, value, HOST_MAX, blank=False)
    if problems or _DOMAIN.match(str(value)):
        return problems
    return invalid(param, "must be a name such as example.com")


def _since(param: str, value: object) -> list[Problem]:
    if isinstance(value, datetime) and value.tzinfo is not None:
        return []
    return invalid(param, "must be an instant with a time zone")


_SERVER: dict[str, Rule] = {
    "host": _host,
    "port": or_none(lambda param, value: check_integer(param, value, 1, 65_535)),
    "security": lambda param, value: check_choice(param, value, SECURITIES),
    "user": one_line(USER_MAX),
    "password": or_none(one_line(PASSWORD_MAX)),
    "auth": or_none(lambda param, value: check_choice(param, value, SIGN_IN_WAYS)),
}
_INCOMING: dict[str, Rule] = {
    **_SERVER,
    "folder": one_line(FOLDER_MAX),
    "delete": check_flag,
    "since": or_none(_since),
}
_OUTGOING: dict[str, Rule] = {**_SERVER, "user": or_none(one_line(USER_MAX))}
_DKIM: dict[str, Rule] = {
    "domain": check_domain,
    "selector": check_domain,
    "key_file": one_line(PATH_MAX),
}


def check_incoming(param: str, value: object) -> list[Problem]:
    """An IMAP server: host and user, port, security, password, auth, folder, delete and since.

    >>> [each.param for each in check_incoming("incoming", {"host": "imap.example.com"})]
    ['incoming.user']
    """
    return _check(param, value, _INCOMING, ("host", "user"))


def check_outgoing(param: str, value: object) -> list[Problem]:
    """An SMTP server: host, port, security, user, password and auth."""
    problems = _check(param, value, _OUTGOING, ("host",))
    if problems or not isinstance(value, Mapping) or value.get("user"):
        return problems
    if value.get("password"):
        return invalid(f"{param}.user", "must go with a password")
    return invalid(f"{param}.user", "must go with oauth") if is_by_oauth(value) else []


def check_dkim(param: str, value: object) -> list[Problem]:
    """With what to sign: a domain, a selector and the file of a private key."""
    return _check(param, value, _DKIM, tuple(_DKIM))


def _check(
    param: str, value: object, rules: Mapping[str, Rule], required: tuple[str, ...]
) -> list[Problem]:
    if not isinstance(value, Mapping):
        return invalid(param, "must be an object")
    problems = check_all(
        {f"{param}.{name}": each for name, each in value.items()},
        {f"{param}.{name}": rule for name, rule in rules.items()},
        tuple(f"{param}.{name}" for name in required),
    )
    if not problems and is_by_oauth(value) and value.get("password"):
        return invalid(f"{param}.password", "must not go with oauth")
    return problems or _check_security(param, value)


def is_by_oauth(server: Mapping[str, object]) -> bool:
    """Whether a server, as it is given or stored, is shown tokens and no password."""
    return server.get("auth") == "oauth"


def _check_security(param: str, value: Mapping[str, object]) -> list[Problem]:
    """Neither a password nor a token is ever sent in clear text to another machine."""
    if value.get("security") != "none" or value.get("user") is None:
        return []
    if str(value.get("host")).lower() in LOCAL_HOSTS:
        return []
    return invalid(f"{param}.security", "must be tls or starttls where somebody signs in")


def incoming_of(values: Mapping[str, object]) -> ImapServer:
    """An IMAP server from checked values, with what was not given."""
    given = _given(values, ImapServer.__slots__)
    security = given.setdefault("security", "tls")
    given.setdefault("port", _INCOMING_PORTS[security])
    return ImapServer(**given)


def outgoing_of(values: Mapping[str, object]) -> SmtpServer:
    """An SMTP server from checked values, with what was not given."""
    given = _given(values, SmtpServer.__slots__)
    security = given.setdefault("security", "tls")
    given.setdefault("port", _OUTGOING_PORTS[security])
    return SmtpServer(**given)


def _given(values: Mapping[str, object], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: values[name] for name in names if values.get(name) is not None}
