"""Transfer encodings: what the bytes of a part are, also where they are not as they should."""

import binascii
import re

_BASE64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_="
_NOT_BASE64 = bytes(byte for byte in range(256) if byte not in _BASE64)
_URL_SAFE = bytes.maketrans(b"-_", b"+/")
_PIECES_MAX = 1_000
_UU_BEGIN = re.compile(rb"^begin(?:-base64)?[ \t]+[0-7]{3,4}[ \t]+([^\r\n]{1,255})", re.MULTILINE)
_UU_LINE_MAX = 120
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
        return from_uu(raw)
    return raw


def from_base64(raw: bytes) -> bytes:
    """Base64 with whatever stands between, without its padding, or in several pieces.

    >>> from_base64(b"SG k=SGk"), from_base64(b"SGk_IQ"), from_base64(b"A")
    (b'HiHi', b'Hi?!', b'')
    """
    plain = raw.translate(_URL_SAFE, _NOT_BASE64).rstrip(b"=")
    if plain.count(b"=") > _PIECES_MAX:
        plain = plain.replace(b"=", b"")
    return b"".join(_base64(piece) for piece in plain.split(b"="))


def _base64(plain: bytes) -> bytes:
    # A letter too many has less than a byte.
    bare = plain[:-1] if len(plain) % 4 == 1 else plain
    return binascii.a2b_base64(bare + b"=" * (-len(bare) % 4))


def from_uu(raw: bytes) -> bytes:
    """The file in a text that is uuencoded; the text as it is if there is none.

    >>> from_uu(b"begin 644 a\\n%2&5L;&\\\\\\n`\\nend\\n")
    b'Hello'
    """
    begin = _UU_BEGIN.search(raw)
    if begin is None:
        return raw
    content, _ = uu_content(raw, begin.end())
    return content


def uu_begin(raw: bytes, place: int) -> "re.Match[bytes] | None":
    """Where the next uuencoded file may begin; its first group is the name."""
    return _UU_BEGIN.search(raw, place)


def uu_content(raw: bytes, place: int) -> tuple[bytes, int]:
    """What stands in the lines from here on, and where the last of them ends; 0 if it has no end.

    >>> uu_content(b"\\n%2&5L;&\\\\\\n`\\nend\\nBye", 0)
    (b'Hello', 15)
    """
    pieces: list[bytes] = []
    place = _next_line(raw, place)
    while place < len(raw):
        end = _next_line(raw, place)
        line = raw[place : min(end, place + _UU_LINE_MAX)].rstrip(b"\r\n")
        if line.strip() == b"end":
            return b"".join(pieces), place + len(line)
        piece = _uu_line(line)
        if piece is None:
            break
        pieces.append(piece)
        place = end
    return b"".join(pieces), 0


def _next_line(raw: bytes, place: int) -> int:
    found = raw.find(b"\n", place)
    return found + 1 if found >= 0 else len(raw)


def _uu_line(line: bytes) -> bytes | None:
    try:
        return binascii.a2b_uu(line)
    except binascii.Error:
        pass
    if not line or not 0x20 < line[0] <= 0x60:
        return None
    try:  # Some programs write more than they say.
        return binascii.a2b_uu(line[: 1 + ((line[0] - 32 & 63) * 4 + 5) // 3])
    except binascii.Error:
        return None
