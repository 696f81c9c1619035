"""How a token of OAuth 2 is shown to a mail server: XOAUTH2, or OAUTHBEARER (RFC 7628)."""

import base64
import json
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

# What gives another token in place of one that a server refuses, or None if there is none.
Another = Callable[[str], str | None]
OFFERS_NONE = "the server offers no way to sign in with a token (XOAUTH2 or OAUTHBEARER)"
_CHALLENGE_MAX = 2_000
_STATUS = re.compile(r"[a-z_]{1,30}\Z|[0-9]{3}\Z")


@dataclass(frozen=True, slots=True)
class ShownToken:
    """What to say to a server: ``said`` first, and ``end`` to a challenge, which is a refusal."""

    mechanism: str
    said: str = field(repr=False)
    end: str


def shown_token(
    offered: Collection[str], user: str, token: str, place: tuple[str, int]
) -> ShownToken | None:
    """How to show a token to a server at a place that offers some ways; None if by none of them.

    XOAUTH2 goes first: it is what the large providers document.

    >>> shown_token(("PLAIN", "XOAUTH2"), "jane", "t", ("imap.example.com", 993)).said
    'dXNlcj1qYW5lAWF1dGg9QmVhcmVyIHQBAQ=='
    """
    if "XOAUTH2" in offered:
        return ShownToken("XOAUTH2", _base64(f"user={user}\1auth=Bearer {token}\1\1"), "")
    if "OAUTHBEARER" in offered:
        name = user.replace("=", "=3D").replace(",", "=2C")
        where = f"host={place[0]}\1port={place[1]}"
        said = f"n,a={name},\1{where}\1auth=Bearer {token}\1\1"
        return ShownToken("OAUTHBEARER", _base64(said), _base64("\1"))
    return None


def refusal_in(challenge: bytes) -> str:
    """The status that a challenge tells, such as invalid_token; empty if it tells none.

    It is a word, so what a server repeats of a token is none, nor what would break a line.

    >>> refusal_in(b"eyJzdGF0dXMiOiI0MDEiLCJzY2hlbWVzIjoiYmVhcmVyIn0=")
    '401'
    """
    try:
        told = json.loads(base64.b64decode(challenge[:_CHALLENGE_MAX], validate=True))
    except (ValueError, RecursionError):
        return ""
    status = told.get("status") if isinstance(told, dict) else None
    return status if isinstance(status, str) and _STATUS.match(status) else ""


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
