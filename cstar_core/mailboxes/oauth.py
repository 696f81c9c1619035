"""How a mailbox signs in without passwords: with tokens of OAuth 2, and who gives them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from cstar_core.addresses import check_url
from cstar_core.checks import Rule, check_all, check_choice, invalid, missing, or_none
from cstar_core.errors import Problem
from cstar_core.mailboxes.servers import LOCAL_HOSTS, check_domain, one_line

OAUTH_PROVIDERS = ("google", "microsoft", "custom")
OAUTH_GRANTS = ("refresh_token", "client_credentials")
OAUTH_SECRET_MAX = 8_192
CLIENT_ID_MAX = 500
SCOPES_MAX = 20
TENANT_DEFAULT = "common"
_SCOPE = re.compile(r"[!#-\[\]-~]{1,500}\Z")
_MICROSOFT = "https://login.microsoftonline.com/{}/oauth2/v2.0/{}"
_OUTLOOK = "https://outlook.office.com/"
_SCOPES: dict[tuple[str, str], tuple[str, ...]] = {
    ("google", "refresh_token"): ("https://mail.google.com/",),
    ("microsoft", "refresh_token"): (
        f"{_OUTLOOK}IMAP.AccessAsUser.All",
        f"{_OUTLOOK}SMTP.Send",
        "offline_access",
    ),
    ("microsoft", "client_credentials"): ("https://outlook.office365.com/.default",),
}
_GOOGLE = {
    "token_url": "https://oauth2.googleapis.com/token",
    "authorization_url": "https://accounts.google.com/o/oauth2/v2/auth",
}


@dataclass(frozen=True, slots=True)
class MailOAuth:
    """Who gives a mailbox the tokens with which it signs in, and for what.

    ``provider`` is google, microsoft or custom. ``grant`` is ``refresh_token``, which somebody who
    may read the mailbox authorizes once, or ``client_credentials``, for which the secret of the
    client is enough.
    """

    provider: str
    client_id: str
    grant: str
    scopes: tuple[str, ...]
    token_url: str
    authorization_url: str | None = None
    device_url: str | None = None


def _url(param: str, value: object) -> list[Problem]:
    """Secrets are sent there, so never without encryption to another machine."""
    problems = check_url(param, value)
    if problems:
        return problems
    parts = urlsplit(str(value))
    if parts.scheme == "https" or parts.hostname in LOCAL_HOSTS:
        return []
    return invalid(param, "must begin with https://")


def _scopes(param: str, value: object) -> list[Problem]:
    if not isinstance(value, (list, tuple)):
        return invalid(param, "must be a list")
    if len(value) > SCOPES_MAX:
        return invalid(param, f"must have at most {SCOPES_MAX} entries")
    if all(isinstance(each, str) and _SCOPE.match(each) for each in value):
        return []
    return invalid(param, "must be names of scopes, without blanks")


_SECRET = or_none(one_line(OAUTH_SECRET_MAX))
_RULES: dict[str, Rule] = {
    "provider": lambda param, value: check_choice(param, value, OAUTH_PROVIDERS),
    "client_id": one_line(CLIENT_ID_MAX),
    "grant": or_none(lambda param, value: check_choice(param, value, OAUTH_GRANTS)),
    "tenant": or_none(check_domain),
    "scopes": or_none(_scopes),
    "token_url": or_none(_url),
    "authorization_url": or_none(_url),
    "device_url": or_none(_url),
    "client_secret": _SECRET,
    "refresh_token": _SECRET,
}


def check_oauth(param: str, value: object) -> list[Problem]:
    """Who gives tokens: provider and client_id, and if need be the others of MailOAuth.

    ``tenant`` is that of Microsoft. ``client_secret`` and ``refresh_token`` are kept apart.

    >>> check_oauth("oauth", {"provider": "custom", "client_id": "x"})[0].message
    'oauth.token_url is required'
    """
    if not isinstance(value, Mapping):
        return invalid(param, "must be an object")
    problems = check_all(
        {f"{param}.{name}": each for name, each in value.items()},
        {f"{param}.{name}": rule for name, rule in _RULES.items()},
        (f"{param}.provider", f"{param}.client_id"),
    )
    return problems or _check_together(param, value)


def _check_together(param: str, value: Mapping[str, Any]) -> list[Problem]:
    provider, is_placed = value["provider"], value.get("token_url") is not None
    if value.get("tenant") is not None and provider != "microsoft":
        return invalid(f"{param}.tenant", "must go with microsoft")
    if provider == "custom" and not is_placed:
        return missing(f"{param}.token_url")
    if value.get("grant") != "client_credentials":
        return []
    if provider == "google":
        return invalid(f"{param}.grant", "must be refresh_token with google")
    if provider == "microsoft" and value.get("tenant") is None and not is_placed:
        return missing(f"{param}.tenant")
    return []


def oauth_of(values: Mapping[str, Any]) -> MailOAuth:
    """Who gives tokens, from checked values, with what was not given.

    >>> made = oauth_of({"provider": "google", "client_id": "x"})
    >>> made.grant, made.scopes, made.token_url
    ('refresh_token', ('https://mail.google.com/',), 'https://oauth2.googleapis.com/token')
    """
    provider, grant = values["provider"], values.get("grant") or "refresh_token"
    urls = _places(provider, values.get("tenant") or TENANT_DEFAULT)
    names = ("token_url", "authorization_url", "device_url")
    urls |= {name: values[name] for name in names if values.get(name) is not None}
    scopes = values.get("scopes")
    if scopes is None:
        scopes = _SCOPES.get((provider, grant), ())
    return MailOAuth(provider, values["client_id"], grant, tuple(scopes), **urls)


def _places(provider: str, tenant: str) -> dict[str, str]:
    if provider == "microsoft":
        return {
            "token_url": _MICROSOFT.format(tenant, "token"),
            "authorization_url": _MICROSOFT.format(tenant, "authorize"),
            "device_url": _MICROSOFT.format(tenant, "devicecode"),
        }
    # Google lets nobody read mail who was authorized by a device (RFC 8628).
    return dict(_GOOGLE) if provider == "google" else {}
