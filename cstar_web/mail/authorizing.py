"""Letting somebody authorize a mailbox: in a browser with PKCE (RFC 7636), or by a code (RFC 8628).

Nothing listens for the browser: it ends at an address of its machine at which nothing is, and
whoever has authorized hands that address over. What it says is only good for who has asked, by its
state, and only together with what has never left this process, by PKCE.
"""

import hashlib
import hmac
import math
import re
import secrets
import ssl
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic
from urllib.parse import parse_qs, urlencode, urlsplit

from cstar_core import MailOAuth
from cstar_web.mail.granting import (
    Granted,
    NotNow,
    NoToken,
    TokenRefused,
    ask,
    form_of,
    granted,
    host_of,
    shown_words,
)

REDIRECT = "http://localhost"
PASTED_MAX = 16_384
_DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
_INTERVAL, _INTERVAL_MAX = 5, 60
_PATIENCE, _PATIENCE_MAX = 900, 1_800
_CODE = re.compile(r"[!-~]{1,64}\Z")
_NOT_OURS = (
    "that is not the answer to this request; open the address that is shown, and paste the whole "
    "address at which the browser ends"
)
# Without these Google gives a refresh token the first time alone.
_MORE = {"google": {"access_type": "offline", "prompt": "consent"}}


@dataclass(frozen=True, slots=True)
class AskedInBrowser:
    """What somebody is to open in a browser, and what only who asked knows."""

    url: str
    redirect: str
    state: str = field(repr=False)
    verifier: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class AskedByCode:
    """Where somebody is to type which code, within how many seconds."""

    url: str
    user_code: str
    device_code: str = field(repr=False)
    interval: float
    seconds: float


def ask_in_browser(oauth: MailOAuth, user: str, redirect: str = REDIRECT) -> AskedInBrowser:
    """Where somebody authorizes a mailbox in a browser; raises NoToken if that is not known."""
    if oauth.authorization_url is None:
        raise NoToken("it is not said where one authorizes; see --oauth-authorization-url")
    state, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(48)
    digest = urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
    query = {
        "response_type": "code",
        "client_id": oauth.client_id,
        "redirect_uri": redirect,
        "scope": " ".join(oauth.scopes),
        "state": state,
        "code_challenge": digest,
        "code_challenge_method": "S256",
        "login_hint": user,
        **_MORE.get(oauth.provider, {}),
    }
    joint = "&" if urlsplit(oauth.authorization_url).query else "?"
    url = f"{oauth.authorization_url}{joint}{urlencode(query)}"
    return AskedInBrowser(url, redirect, state, verifier)


def redeem(
    oauth: MailOAuth,
    client_secret: str | None,
    asked: AskedInBrowser,
    pasted: str,
    context: ssl.SSLContext | None = None,
) -> Granted:
    """The tokens for the address at which a browser ended; raises NoToken."""
    told = _answered(pasted)
    if not hmac.compare_digest(told.get("state", "").encode(), asked.state.encode()):
        raise NoToken(_NOT_OURS)
    if "error" in told:
        words = shown_words(f"{told['error']} {told.get('error_description', '')}", [])
        raise NoToken(f"it was not authorized: {words}")
    if not told.get("code"):
        raise NoToken("that address has no code; paste the whole address at which the browser ends")
    form = form_of(oauth, client_secret) | {
        "grant_type": "authorization_code",
        "code": told["code"],
        "code_verifier": asked.verifier,
        "redirect_uri": asked.redirect,
    }
    return _lasting(oauth, granted(oauth.token_url, ask(oauth.token_url, form, context)))


def ask_by_code(oauth: MailOAuth, context: ssl.SSLContext | None = None) -> AskedByCode:
    """A code with which somebody authorizes a mailbox on any device; raises NoToken."""
    if oauth.device_url is None:
        raise NoToken("this provider has no codes for devices; see --oauth-device-url")
    told = ask(oauth.device_url, form_of(oauth, None), context)
    url = told.get("verification_uri", told.get("verification_url"))
    user_code, device_code = told.get("user_code"), told.get("device_code")
    strings = (url, user_code, device_code)
    if not all(isinstance(each, str) and each.isascii() and each.isprintable() for each in strings):
        raise NoToken(f"{host_of(oauth.device_url)} gave no code")
    if not (_CODE.match(str(user_code)) and str(url).startswith(("https://", "http://"))):
        raise NoToken(f"{host_of(oauth.device_url)} gave what is no code")
    interval = _number(told.get("interval"), _INTERVAL, _INTERVAL_MAX)
    seconds = _number(told.get("expires_in"), _PATIENCE, _PATIENCE_MAX)
    return AskedByCode(str(url)[:500], str(user_code), str(device_code), interval, seconds)


def wait_for_code(
    oauth: MailOAuth,
    client_secret: str | None,
    asked: AskedByCode,
    context: ssl.SSLContext | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> Granted:
    """The tokens, once somebody has typed the code; raises NoToken."""
    form = form_of(oauth, client_secret)
    form |= {"grant_type": _DEVICE_GRANT, "device_code": asked.device_code}
    interval, until = asked.interval, monotonic() + asked.seconds
    while monotonic() < until:
        sleep(interval)
        try:
            return _lasting(oauth, granted(oauth.token_url, ask(oauth.token_url, form, context)))
        except NotNow:
            continue
        except TokenRefused as error:
            if error.code not in ("authorization_pending", "slow_down"):
                raise
            interval = min(interval + 5 * (error.code == "slow_down"), _INTERVAL_MAX)
    raise NoToken("nobody has typed the code in time")


def _answered(pasted: str) -> dict[str, str]:
    """What the address at which a browser ended says; of a name that comes twice nothing."""
    text = pasted[:PASTED_MAX].encode("utf-8", "replace").decode().strip()
    try:
        found = parse_qs(urlsplit(text).query, max_num_fields=50)
    except ValueError:
        return {}
    return {name: values[0] for name, values in found.items() if len(values) == 1}


def _lasting(oauth: MailOAuth, found: Granted) -> Granted:
    if found.refresh_token is None:
        raise NoToken(
            f"{host_of(oauth.token_url)} gave no refresh token, so it would end within the hour; "
            "does the client have offline access, and is its scope (offline_access) asked for?"
        )
    return found


def _number(told: object, usual: float, most: float) -> float:
    if isinstance(told, bool) or not isinstance(told, (int, float)) or not math.isfinite(told):
        return usual
    return min(max(told, 1.0), most)
