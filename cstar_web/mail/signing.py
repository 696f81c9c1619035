"""DKIM: a mail is signed with the key of its mailbox, by the extra ``dkim``."""

import base64
import os
import stat
from dataclasses import dataclass
from typing import Any

from cstar_core import DkimKey, Helpdesk, MailAccount, Unsendable
from cstar_web.mail.trying import Tried

try:
    import dkim
    from dkim.crypto import parse_pem_private_key
except ImportError:  # the extra is not installed
    dkim = None

INSTALL = "pip install 'cstar[dkim]'"
# Whoever names a file of the server in a form is not told more: what is there is not theirs to see.
UNREADABLE = "must be a file with an RSA private key (PEM) that the server can read"
LACKING = f"needs more to be installed: {INSTALL}"
_KEY_BYTES_MAX = 16_384
# From and Subject once more than they occur: nobody can add another one on the way.
_SIGNED = [
    *(b"from", b"from", b"to", b"cc", b"reply-to", b"subject", b"subject", b"date", b"message-id"),
    *(b"in-reply-to", b"references", b"mime-version", b"content-type", b"auto-submitted"),
]
_RSA = bytes.fromhex("300d06092a864886f70d0101010500")
_INTEGER, _BITS, _SEQUENCE = 0x02, 0x03, 0x30


class Unusable(Exception):
    """Why a key cannot sign, as a rule about the file that was named."""


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """What the domain must say of a key: the name and the text of its TXT record."""

    name: str
    text: str


def sign_mail(key: DkimKey, raw: bytes) -> bytes:
    """The mail with a signature before it.

    Raises Unsendable, for now: what was to be signed does not go out without that.
    """
    if dkim is None:
        raise Unsendable(f"it cannot be signed: {INSTALL}", for_now=True)
    try:
        secret = _content(key.key_file)
        domain, selector = key.domain.encode("idna"), key.selector.encode("ascii")
        made: bytes = dkim.sign(raw, selector, domain, secret, include_headers=list(_SIGNED))
    except Exception as error:
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise Unsendable(f"it cannot be signed: {reason}", for_now=True) from error
    return made + raw


def record_of(key: DkimKey) -> KeyRecord:
    """What is to be published for a key; raises Unusable if nothing can be signed with it."""
    if dkim is None:
        raise Unusable(LACKING)
    try:
        found = parse_pem_private_key(_content(key.key_file))
        text = f"v=DKIM1; k=rsa; p={_public(found)}"
        domain = key.domain.encode("idna").decode("ascii")
    except Exception as error:
        raise Unusable(UNREADABLE) from error
    return KeyRecord(f"{key.selector}._domainkey.{domain}", text)


def require_own(desk: Helpdesk, team_id: str, file: str) -> None:
    """Raises Unusable for the key of another team, whose domain it would sign for."""
    named = os.path.realpath(file)
    others = (each.mailbox.dkim for each in desk.mail_accounts.list() if each.team_id != team_id)
    if any(key and os.path.realpath(key.key_file) == named for key in others):
        raise Unusable(UNREADABLE)


def try_dkim(account: MailAccount) -> list[Tried]:
    """Whether what a mailbox sends can be signed, and what is to be published for that."""
    key = account.mailbox.dkim
    if key is None:
        return []
    name = f"DKIM {key.selector}._domainkey.{key.domain}"
    try:
        record = record_of(key)
    except Unusable as error:
        return [Tried(name, False, f"key_file {error}")]
    return [Tried(name, True, f"can sign, once there is a TXT record: {record.text}")]


def _content(file: str) -> bytes:
    """What is in a file of a usual size; neither a device nor a pipe, which may have no end."""
    opened = os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(opened, "rb") as content:
        if not stat.S_ISREG(os.fstat(opened).st_mode):
            raise ValueError("the key is no plain file")
        return content.read(_KEY_BYTES_MAX)


def _public(key: dict[str, Any]) -> str:
    """The public key of a private one, as DNS has it: a SubjectPublicKeyInfo in base64."""
    numbers = [_der(_INTEGER, _signed(key[name])) for name in ("modulus", "publicExponent")]
    inner = _der(_SEQUENCE, b"".join(numbers))
    whole = _der(_SEQUENCE, _RSA + _der(_BITS, b"\0" + inner))
    return base64.b64encode(whole).decode("ascii")


def _signed(number: int) -> bytes:
    return number.to_bytes(number.bit_length() // 8 + 1)


def _der(tag: int, content: bytes) -> bytes:
    """A value as DER writes it.

    >>> _der(0x02, b"abc").hex(), _der(0x02, bytes(200))[:3].hex()
    ('0203616263', '0281c8')
    """
    size = len(content)
    if size < 128:
        return bytes((tag, size)) + content
    length = size.to_bytes((size.bit_length() + 7) // 8)
    return bytes((tag, 0x80 | len(length))) + length + content
