"""Transfer encodings: what the bytes of a part are, also where they are not as they should."""

import binascii

from cstar_core.letters.uu import split_uu

_BASE64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_="
_NOT_BASE64 = bytes(byte for byte in range(256) if byte not in _BASE64)
_URL_SAFE = bytes.maketrans(b"-_", b"+/")
_PIECES_MAX = 1_000
_MAY_UU = ("x-uuencode", "uuencode", "x-uue", "uue")


def transferred(raw: bytes, encoding: str) -> bytes:
    """The content of a part's bytes; what cannot be in an encoding is taken as it is.

    >>> transferred(b"SGVs\\nbG8", "base64"), transferred(b"a=3D=\\nb=zz", "quoted-printable")
    (b'Hello', b'a=b=zz')
    """
    name = encoding.strip().strip("\"'").lower()
    if name.startswith(("base64", "base-64", "b64")):
        return from_base64(raw)
    if name.startswith(("quoted-printable", "quoted_printable", "qp")):
        return binascii.a2b_qp(raw)
    if name in _MAY_UU:
        _, files = split_uu(raw)
        return files[0][1] if files else raw
    return raw


def from_base64(raw: bytes) -> bytes:
    """Base64 with whatever stands between, without its padding, or in several pieces.

    >>> from_base64(b"SG k=SGk"), from_base64(b"SGk_IQ"), from_base64(b"A")
    (b'HiHi', b'Hi?!', b'')
    """
    # Two dashes are a signature, or a boundary.
    is_url_safe = b"+" not in raw and b"/" not in raw and b"--" not in raw
    table = _URL_SAFE if is_url_safe else None
    plain = raw.translate(table, _NOT_BASE64 + (b"" if is_url_safe else b"-_")).rstrip(b"=")
    if plain.count(b"=") > _PIECES_MAX:
        plain = plain.replace(b"=", b"")
    return b"".join(_base64(piece) for piece in plain.split(b"="))


def _base64(plain: bytes) -> bytes:
    # A letter too many has less than a byte.
    bare = plain[:-1] if len(plain) % 4 == 1 else plain
    return binascii.a2b_base64(bare + b"=" * (-len(bare) % 4))
