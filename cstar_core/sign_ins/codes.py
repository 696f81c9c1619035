"""Codes that change every half minute (TOTP, RFC 6238), and codes that stand in for them."""

import base64
import hmac
import secrets
from urllib.parse import quote, urlencode

STEP_SECONDS = 30
DIGITS = 6
SECRET_BYTES = 20
RECOVERY_CODES = 10
# A phone's clock may be as much off, either way.
_STEPS_OFF = 1
# A phone shows no more of a name; and of longer ones, in other scripts, no QR code can be made.
_SHOWN = 40
# Without what one reads as something else.
_RECOVERY_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
_RECOVERY_LENGTH = 10


def new_secret() -> bytes:
    """A secret for a phone, from the operating system's random source."""
    return secrets.token_bytes(SECRET_BYTES)


def code_at(secret: bytes, step: int, digits: int = DIGITS) -> str:
    """The code of one step of half a minute since 1970.

    >>> code_at(b"12345678901234567890", 59 // STEP_SECONDS, digits=8)
    '94287082'
    """
    mac = hmac.digest(secret, step.to_bytes(8, "big"), "sha1")
    start = mac[-1] & 0xF
    number = int.from_bytes(mac[start : start + 4], "big") & 0x7FFF_FFFF
    return f"{number % 10**digits:0{digits}}"


def matching_step(secret: bytes, code: str, now: int, last_step: int) -> int | None:
    """The step that has this code, of those around now and after the last one used; else None.

    >>> secret = b"12345678901234567890"
    >>> matching_step(secret, "287082", 59, 0), matching_step(secret, "287082", 59, 1)
    (1, None)
    """
    given = code.encode("utf-8", "surrogatepass")
    middle = now // STEP_SECONDS
    found = None
    for step in range(max(middle - _STEPS_OFF, 0), middle + _STEPS_OFF + 1):
        same = hmac.compare_digest(code_at(secret, step).encode(), given)
        found = step if same and step > last_step else found
    return found


def readable(secret: bytes) -> str:
    """A secret as one types it into a phone.

    >>> readable(b"12345678901234567890")
    'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ'
    """
    return base64.b32encode(secret).decode()


def enrolment_uri(secret: bytes, issuer: str, account: str) -> str:
    """What a phone reads from a QR code.

    >>> enrolment_uri(bytes(5), "Acme Bikes", "ada@example.com")
    'otpauth://totp/Acme%20Bikes:ada%40example.com?secret=AAAAAAAA&issuer=Acme%20Bikes'
    """
    # A colon stands between the two.
    issuer, account = issuer[:_SHOWN].replace(":", " "), account[:_SHOWN]
    query = urlencode({"secret": readable(secret), "issuer": issuer}, quote_via=quote)
    return f"otpauth://totp/{quote(issuer, safe='')}:{quote(account, safe='')}?{query}"


def new_recovery_codes() -> tuple[str, ...]:
    """Ten codes of some 50 bits each, as one writes them down."""
    return tuple(_new_recovery_code() for _ in range(RECOVERY_CODES))


def _new_recovery_code() -> str:
    code = "".join(secrets.choice(_RECOVERY_LETTERS) for _ in range(_RECOVERY_LENGTH))
    return f"{code[:5]}-{code[5:]}"


def plain_code(text: str) -> str:
    """A code without what is only there to be read: spaces, dashes and capitals.

    >>> plain_code(" 123 456 "), plain_code("ABCDE-fghjk")
    ('123456', 'abcdefghjk')
    """
    return "".join(text.split()).replace("-", "").casefold()
