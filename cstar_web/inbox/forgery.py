"""Whether a form was sent from a page of ours, and not by another site with the visitor's cookies.

Two proofs are asked for. The browser says where a request comes from, and the form has a token that
is made from a cookie which no other site can read.
"""

import hmac
from hashlib import sha256

from flask import request

from cstar_web.calls import services
from cstar_web.inbox.stopping import Stopped
from cstar_web.remote import host_of

# The header in which a script sends the token.
HEADER = "X-Form-Token"

_PURPOSE = b"cstar form token 1"
# A form that is sent again by reloading the page comes from "none".
_OWN = ("same-origin", "none")


def token_of(cookie: str) -> str:
    """The token of all forms under a cookie; it does not tell the cookie."""
    return hmac.new(cookie.encode(), _PURPOSE, sha256).hexdigest()


def require_own_page() -> None:
    """Raises Stopped for a form that the browser says comes from elsewhere."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        if site not in _OWN:
            raise Stopped(403, "foreign")
        return
    # Browsers tell the site over https and to localhost only, the origin always.
    origin = request.headers.get("Origin")
    own = host_of(request, services().settings)
    if origin is not None and origin.partition("://")[2] != own:
        raise Stopped(403, "foreign")


def require_token(sent: str, cookie: str) -> None:
    """Raises Stopped unless the token, from a field or the header, belongs to the cookie."""
    sent = sent or request.headers.get(HEADER, "")
    if not cookie or not hmac.compare_digest(sent.encode(), token_of(cookie).encode()):
        raise Stopped(403, "stale")
