"""Public ids: a prefix that names the kind and the 32 hex digits of a UUIDv7 (RFC 9562)."""

import os
import re
import secrets
import string

PREFIXES = {
    "team": "team_",
    "ticket": "tkt_",
    "message": "msg_",
    "customer": "cus_",
    "custom field": "cf_",
    "member": "mem_",
    "key": "key_",
    "event": "evt_",
    "webhook": "whk_",
    "delivery": "dlv_",
    "canned reply": "cr_",
    "session": "ses_",
    "view": "view_",
    "mailbox": "mbx_",
    "mail": "eml_",
    "mail block": "mbk_",
    "attachment": "att_",
    "outgoing mail": "oml_",
    "mail template": "mtl_",
}
_HEX = re.compile(r"[0-9a-f]{32}\Z")
_DASHED = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z", re.IGNORECASE)
_TOKEN_ALPHABET = string.ascii_letters + string.digits
_VERSION_7 = 0x7 << 76
_VARIANT = 0x2 << 62
_COUNTED = 1 << 63


def new_uid(seconds: int) -> bytes:
    """Sixteen bytes of a UUIDv7 for an instant: sorted by time, otherwise random."""
    stamp = (max(seconds, 0) * 1000) & 0xFFFF_FFFF_FFFF
    noise = int.from_bytes(os.urandom(10), "big") >> 6
    rand_a, rand_b = noise >> 62, noise & ((1 << 62) - 1)
    return (stamp << 80 | _VERSION_7 | rand_a << 64 | _VARIANT | rand_b).to_bytes(16, "big")


def public_id(kind: str, uid: bytes) -> str:
    """The id as the API prints it.

    >>> public_id("ticket", bytes(16))
    'tkt_00000000000000000000000000000000'
    """
    return PREFIXES[kind] + uid.hex()


def parse_id(kind: str, text: object) -> bytes | None:
    """The bytes of a prefixed id or of the same UUID with dashes; None for anything else.

    >>> parse_id("ticket", "tkt_550e8400e29b41d4a716446655440000").hex()
    '550e8400e29b41d4a716446655440000'
    >>> parse_id("ticket", "550e8400-e29b-41d4-a716-446655440000").hex()
    '550e8400e29b41d4a716446655440000'
    >>> parse_id("ticket", "cus_550e8400e29b41d4a716446655440000") is None
    True
    """
    if not isinstance(text, str):
        return None
    prefix = PREFIXES[kind]
    if text.startswith(prefix) and _HEX.match(text, len(prefix)):
        return bytes.fromhex(text[len(prefix) :])
    if _DASHED.match(text):
        return bytes.fromhex(text.replace("-", ""))
    return None


def numbered_id(kind: str, salt: bytes, number: int) -> str:
    """The id of what a workspace counts: its eight random bytes and the number.

    >>> numbered_id("event", bytes(8), 5)
    'evt_00000000000000008000000000000005'
    """
    return public_id(kind, salt + (_COUNTED | number).to_bytes(8, "big"))


def numbered(kind: str, salt: bytes, text: object) -> int | None:
    """The number in an id that ``numbered_id`` made with the same salt; None for anything else.

    >>> numbered("event", bytes(8), "evt_00000000000000008000000000000005")
    5
    """
    uid = parse_id(kind, text)
    if uid is None or uid[:8] != salt:
        return None
    number = int.from_bytes(uid[8:], "big") ^ _COUNTED
    return number if number < _COUNTED >> 1 else None


def looks_like_id(text: str) -> bool:
    """Whether the text is a well-formed id of any kind.

    >>> looks_like_id("cus_550e8400e29b41d4a716446655440000"), looks_like_id("42")
    (True, False)
    """
    return any(parse_id(kind, text) is not None for kind in PREFIXES)


def new_token(length: int = 32) -> str:
    """Unguessable text of letters and digits, from the operating system's random source."""
    return "".join(secrets.choice(_TOKEN_ALPHABET) for _ in range(length))
