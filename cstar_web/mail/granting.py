"""Asking a provider for tokens of OAuth 2 (RFC 6749): what is sent, and what its answers mean.

Nothing is believed of an answer but what has the right type and size; redirects are not followed,
and what was secret is not in what is told of a refusal.
"""

import json
import math
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote_plus, urlencode, urlsplit

from cstar_core import OAUTH_SECRET_MAX, MailAccount, MailOAuth
from cstar_web.connecting import ANYWHERE
from cstar_web.redaction import without
from cstar_web.sending import send

BUDGET_SECONDS = 20.0
ANSWER_MAX = 65_536
_TOKEN_MAX = 16_384
_LIFE_SECONDS = 600
_LIFE_MAX = 86_400
_WORDS_MAX = 250
_OK, _TOO_MANY, _FAULT = 200, 429, 500
_HEADERS = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
_SECRETS = ("refresh_token", "client_secret", "code", "code_verifier", "device_code")
_AGAIN = "authorize it again: cstar mailbox authorize {}"
_CLIENT = "see its client id and secret: cstar mailbox change {} --oauth-secret-file FILE"
_HINTS = {
    "invalid_grant": _AGAIN,
    "interaction_required": _AGAIN,
    "consent_required": _AGAIN,
    "invalid_client": _CLIENT,
    "unauthorized_client": _CLIENT,
}


class NoToken(Exception):
    """There is no token; the message is one line that says why, and what to do if that is known."""


class NotNow(NoToken):
    """Whether there is a token could not be found out; it says nothing of the mailbox."""


class TokenRefused(NoToken):
    """The provider has answered, and said no: ``code`` is its word for it."""

    def __init__(self, code: str, words: str) -> None:
        self.code = code
        super().__init__(words)


@dataclass(frozen=True, slots=True)
class Granted:
    """A token, for how many seconds it is good, and what the next one is asked for with."""

    access_token: str = field(repr=False)
    seconds: float
    refresh_token: str | None = field(default=None, repr=False)


def fetch_token(
    account: MailAccount,
    context: ssl.SSLContext | None = None,
    budget: float = BUDGET_SECONDS,
) -> Granted:
    """A token for a mailbox, by the secret that it has for that; raises NoToken."""
    oauth, address = account.mailbox.oauth, account.mailbox.address
    if oauth is None:
        raise NoToken("the mailbox has no provider of tokens; see cstar mailbox change --oauth")
    form = form_of(oauth, account.client_secret)
    if oauth.grant == "client_credentials":
        if account.client_secret is None:
            raise NoToken(f"there is no secret of the client; {_CLIENT.format(address)}")
        form["grant_type"] = oauth.grant
    else:
        if account.refresh_token is None:
            raise NoToken(f"it is not authorized yet: cstar mailbox authorize {address}")
        form |= {"grant_type": oauth.grant, "refresh_token": account.refresh_token}
    try:
        return granted(oauth.token_url, ask(oauth.token_url, form, context, budget))
    except TokenRefused as error:
        hint = _HINTS.get(error.code)
        words = f"{hint.format(address)}; {error}" if hint else str(error)
        raise TokenRefused(error.code, words) from None


def form_of(oauth: MailOAuth, client_secret: str | None) -> dict[str, str]:
    """What every request for a token says."""
    form = {"client_id": oauth.client_id}
    if oauth.scopes:
        form["scope"] = " ".join(oauth.scopes)
    if client_secret is not None:
        form["client_secret"] = client_secret
    return form


def ask(
    url: str,
    form: Mapping[str, str],
    context: ssl.SSLContext | None = None,
    budget: float = BUDGET_SECONDS,
) -> dict[str, Any]:
    """Send a form; the object that was answered. Raises TokenRefused and NoToken."""
    body, host = urlencode(form).encode(), host_of(url)
    answer = send(
        url,
        _HEADERS,
        body,
        allowed=ANYWHERE,
        budget=budget,
        context=context,
        most=ANSWER_MAX,
    )
    if answer.status is None:
        raise NotNow(f"{host} cannot be asked for a token: {answer.error}")
    if answer.status >= _FAULT or answer.status == _TOO_MANY:
        raise NotNow(f"{host} gives no tokens at the moment: it answered with {answer.status}")
    told = _object(answer.body)
    if told is not None and isinstance(told.get("error"), str):
        secrets = [form[name] for name in _SECRETS if name in form]
        code, words = (
            shown_words(told.get(name), secrets) for name in ("error", "error_description")
        )
        raise TokenRefused(code, f"{host} says {code}{f': {words}' if words else ''}")
    if answer.status != _OK or told is None:
        raise NoToken(
            f"{host} answered with {answer.status} and what is no token; is the token URL right?"
        )
    return told


def granted(url: str, told: Mapping[str, Any]) -> Granted:
    """The token in an answer; raises NoToken if there is none that could be shown to a server."""
    token, kind = told.get("access_token"), told.get("token_type", "bearer")
    is_bearer = isinstance(kind, str) and kind.lower() == "bearer"
    if not (is_bearer and _is_token(token, _TOKEN_MAX)):
        raise NoToken(f"{host_of(url)} gave what is no token of the kind bearer")
    refresh = told.get("refresh_token")
    if refresh is not None and not _is_token(refresh, OAUTH_SECRET_MAX):
        raise NoToken(f"{host_of(url)} gave what is no refresh token")
    return Granted(str(token), _seconds(told.get("expires_in")), refresh)


def host_of(url: str) -> str:
    """The host of a URL, which was checked before."""
    return urlsplit(url).hostname or url


def _object(body: bytes) -> dict[str, Any] | None:
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return told if isinstance(told, dict) else None


def _is_token(value: object, most: int) -> bool:
    """Visible ASCII: with anything else in it, more than a token would be said to a server."""
    return (
        isinstance(value, str)
        and 0 < len(value) <= most
        and value.isascii()
        and value.isprintable()
        and " " not in value
    )


def _seconds(told: object) -> float:
    """For how long a token is good; some providers say that in a string, some not at all."""
    try:
        seconds = float(told) if isinstance(told, (int, float, str)) else math.nan
    except (ValueError, OverflowError):
        seconds = math.nan
    return min(max(seconds, 0.0), _LIFE_MAX) if math.isfinite(seconds) else _LIFE_SECONDS


def shown_words(told: object, secrets: list[str]) -> str:
    """What a provider says, as one line that can be shown anywhere; some repeat what they got."""
    text = " ".join(told.split()) if isinstance(told, str) else ""
    forms = (form for each in secrets for form in (each, quote_plus(each)))
    text = without(text, forms, "(secret)")
    return "".join(each if each.isprintable() else "?" for each in text[:_WORDS_MAX])
