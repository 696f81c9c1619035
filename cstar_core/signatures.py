"""How a webhook's receiver knows who sent it: two signatures, made and verified.

``X-Signature`` is ``t=<Unix seconds>,v1=<hex HMAC-SHA256 of "t.body">``; its key is the secret as
it is written, ``whsec_`` included. ``webhook-signature`` is that of Standard Webhooks
(standardwebhooks.com): ``v1,<base64 HMAC-SHA256 of "id.t.body">``, with the bytes that the secret
encodes as the key. While two secrets are valid, there is one of each for either.
"""

import base64
import hashlib
import hmac
import secrets as random
from collections.abc import Iterable, Mapping, Sequence

from cstar_core.clock import Clock, to_seconds, utc_now
from cstar_core.errors import Problem

SECRET_PREFIX = "whsec_"  # noqa: S105
TOLERANCE_SECONDS = 300
_SECRET_BYTES = 32
_DIGITS_MAX = 15


class InvalidSignature(ValueError):
    """What was received is not what the holder of the secret has sent, or is too old."""


def new_secret(random_bytes: bytes | None = None) -> str:
    """A new signing secret of 32 random bytes; they may be given instead.

    >>> new_secret(bytes(32))
    'whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA='
    """
    content = random.token_bytes(_SECRET_BYTES) if random_bytes is None else random_bytes
    return SECRET_PREFIX + base64.b64encode(content).decode("ascii")


def check_secret(param: str, value: object) -> list[Problem]:
    """A secret to sign with: ``whsec_`` and Base64.

    >>> check_secret("secret", "whsec_no")[0].message
    'secret must be whsec_ and Base64'
    """
    try:
        _key(str(value))
    except ValueError:
        return [Problem(param, "PARAMETER_INVALID", f"must be {SECRET_PREFIX} and Base64")]
    return []


def sign(secrets: Sequence[str], id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The headers that sign a message: ``id`` is its name, ``timestamp`` Unix seconds.

    Raises ValueError for a secret that is none.

    >>> sign([new_secret(bytes(32))], "evt_1", 1700000000, b"{}")["X-Signature"][:16]
    't=1700000000,v1='
    """
    ours = [f"v1={_hex(secret, timestamp, body)}" for secret in secrets]
    standard = [f"v1,{_base64(secret, id, timestamp, body)}" for secret in secrets]
    return {
        "X-Signature": ",".join([f"t={timestamp}", *ours]),
        "webhook-id": id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(standard),
    }


def verify_signature(
    headers: Mapping[str, str],
    body: bytes | str,
    secret: str,
    *,
    tolerance: int = TOLERANCE_SECONDS,
    clock: Clock = utc_now,
) -> None:
    """Make sure that a webhook's request was signed with the secret, and lately.

    ``headers`` are those of the request, in any case, and ``body`` is exactly what came, before any
    parsing. Either signature will do; if both are there, both must be right. ``tolerance`` is how
    many seconds the signed instant may lie before or after now, so that nobody can send an old
    request again later; within it, remember ids (``webhook-id``). Raises InvalidSignature, and
    ValueError for a secret that is none.
    """
    given = {name.lower(): value for name, value in headers.items()}
    raw = _bytes(body) if isinstance(body, str) else bytes(body)
    found = [name for name in ("x-signature", "webhook-signature") if given.get(name)]
    if not found:
        raise InvalidSignature("there is no X-Signature and no webhook-signature header")
    _key(secret)
    now = to_seconds(clock())
    if "x-signature" in found:
        _verify_ours(given["x-signature"], raw, secret, now, tolerance)
    if "webhook-signature" in found:
        _verify_standard(given, raw, secret, now, tolerance)


def _verify_ours(header: str, body: bytes, secret: str, now: int, tolerance: int) -> None:
    parts = [part.strip().partition("=") for part in header.split(",")]
    instants = [value for name, _, value in parts if name == "t"]
    if len(instants) != 1:
        raise InvalidSignature("X-Signature must have one t")
    timestamp = _timestamp("X-Signature's t", instants[0])
    wanted = _hex(secret, timestamp, body)
    _compare("X-Signature", wanted, (value for name, _, value in parts if name == "v1"))
    _check_age(timestamp, now, tolerance)


def _verify_standard(
    given: Mapping[str, str], body: bytes, secret: str, now: int, tolerance: int
) -> None:
    id = given.get("webhook-id")
    if not id:
        raise InvalidSignature("there is no webhook-id header")
    timestamp = _timestamp("webhook-timestamp", given.get("webhook-timestamp", ""))
    wanted = _base64(secret, id, timestamp, body)
    parts = (part.partition(",") for part in given["webhook-signature"].split())
    found = (value for version, _, value in parts if version == "v1")
    _compare("webhook-signature", wanted, found)
    _check_age(timestamp, now, tolerance)


def _compare(header: str, wanted: str, found: Iterable[str]) -> None:
    right = [hmac.compare_digest(_bytes(wanted), _bytes(value)) for value in found]
    if not any(right):
        raise InvalidSignature(f"{header} does not fit the body and the secret")


def _check_age(timestamp: int, now: int, tolerance: int) -> None:
    if abs(now - timestamp) > tolerance:
        raise InvalidSignature(f"it was signed {now - timestamp} seconds ago; {tolerance} may pass")


def _timestamp(name: str, text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= _DIGITS_MAX):
        raise InvalidSignature(f"{name} must be Unix seconds")
    return int(text)


def _hex(secret: str, timestamp: int, body: bytes) -> str:
    _key(secret)
    signed = f"{timestamp}.".encode() + body
    return hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


def _base64(secret: str, id: str, timestamp: int, body: bytes) -> str:
    signed = _bytes(f"{id}.{timestamp}.") + body
    digest = hmac.new(_key(secret), signed, hashlib.sha256).digest()
    return base64.b64encode(digest).decode("ascii")


def _bytes(text: str) -> bytes:
    """A text in UTF-8; some servers hand on headers that are none as lone surrogates."""
    return text.encode("utf-8", "surrogatepass")


def _key(secret: str) -> bytes:
    """The bytes that a secret encodes."""
    encoded = secret.removeprefix(SECRET_PREFIX)
    try:
        content = base64.b64decode(encoded, validate=True)
    except ValueError:
        content = b""
    if encoded == secret or not content:
        raise ValueError(f"a signing secret is {SECRET_PREFIX} and Base64")
    return content
