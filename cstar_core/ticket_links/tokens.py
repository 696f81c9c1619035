"""Signed tokens for URLs and forms: what they are for, of what, until or since when, and a proof.

A token is 56 characters of ``A-Za-z0-9-_``: a byte for the purpose, the 16 bytes of an id, 5 of an
instant, and 20 of the HMAC-SHA-256 of these and of what else it is bound to.
"""

import base64
import hashlib
import hmac
from typing import NamedTuple

# A link that the team gives away, one for whoever filled in a form, and when a form was opened.
TEAM_LINK, FORM_LINK, STAMP = 1, 2, 3
_UID = 16
_INSTANT = 5
_PROOF = 20
_LENGTH = 56
_HEAD = 1 + _UID + _INSTANT


class Token(NamedTuple):
    """What a token says; whether that is true is known by ``is_genuine`` alone."""

    purpose: int
    uid: bytes
    at: int
    proof: bytes

    def is_genuine(self, secret: str, bound: bytes = b"") -> bool:
        """Whether it was sealed with the secret, and bound to this."""
        wanted = _proof(secret, _head(self.purpose, self.uid, self.at), bound)
        return hmac.compare_digest(wanted, self.proof)


def seal(secret: str, purpose: int, uid: bytes, at: int, bound: bytes = b"") -> str:
    """A token; ``at`` is in Unix seconds. It does not tell what it is ``bound`` to.

    >>> seal("secret", STAMP, bytes(16), 1765377000)
    'AwAAAAAAAAAAAAAAAAAAAAAAaTmD6LlmydJWvlBSbtBUTpAIVDIuJuJ_'
    """
    head = _head(purpose, uid, at)
    return base64.urlsafe_b64encode(head + _proof(secret, head, bound)).decode("ascii")


def parse_token(text: object) -> Token | None:
    """What a text says if it has the form of a token, whoever made it; else None.

    >>> parse_token("A" * 56).purpose, parse_token("A" * 55), parse_token("=" * 56)
    (0, None, None)
    """
    if not (isinstance(text, str) and len(text) == _LENGTH and text.isascii()):
        return None
    try:
        raw = base64.urlsafe_b64decode(text)
    except ValueError:
        return None
    # The decoder passes over what is no Base64, and takes another spelling of it.
    if base64.urlsafe_b64encode(raw).decode("ascii") != text:
        return None
    uid, at = raw[1 : 1 + _UID], raw[1 + _UID : _HEAD]
    return Token(raw[0], uid, int.from_bytes(at, "big"), raw[_HEAD:])


def _head(purpose: int, uid: bytes, at: int) -> bytes:
    return bytes([purpose]) + uid + at.to_bytes(_INSTANT, "big")


def _proof(secret: str, head: bytes, bound: bytes) -> bytes:
    return hmac.new(secret.encode(), head + bound, hashlib.sha256).digest()[:_PROOF]
