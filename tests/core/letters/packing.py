"""Makes what other programs pack mail into: winmail.dat, and S/MIME around a text."""

import struct
from collections.abc import Sequence

_SIGNED = bytes.fromhex("06092a864886f70d010702")
_DATA = bytes.fromhex("06092a864886f70d010701")


def attribute(kind: int, data: bytes, level: int = 2, of: int = 6) -> bytes:
    """An attribute of a winmail.dat."""
    return (
        struct.pack("<BHHI", level, kind, of, len(data))
        + data
        + struct.pack("<H", sum(data) & 0xFFFF)
    )


def prop(kind: int, number: int, value: bytes) -> bytes:
    """A property of variable length."""
    return struct.pack("<HHII", kind, number, 1, len(value)) + value + b"\0" * (-len(value) % 4)


def props(*each: bytes) -> bytes:
    """A list of properties."""
    return struct.pack("<I", len(each)) + b"".join(each)


def unicode_(number: int, text: str) -> bytes:
    """A property that is text."""
    return prop(0x1F, number, text.encode("utf-16-le") + b"\0\0")


def winmail(*attributes: bytes) -> bytes:
    """A winmail.dat."""
    return struct.pack("<IH", 0x223E9F78, 1) + b"".join(attributes)


def packed_file(name: str, content: bytes, *more: bytes) -> bytes:
    """The attributes of a file."""
    return (
        attribute(0x9002, b"\0" * 14)
        + attribute(0x8010, name.encode("cp1252", "replace") + b"\0")
        + attribute(0x800F, content)
        + (attribute(0x9005, props(*more)) if more else b"")
    )


def der(tag: int, *inner: bytes) -> bytes:
    """A value in DER."""
    value = b"".join(inner)
    size = len(value)
    length = bytes([size]) if size < 128 else b"\x82" + size.to_bytes(2, "big")
    return bytes([tag]) + length + value


def signed_around(mail: bytes) -> bytes:
    """A mail, as S/MIME wraps a signature around it; nobody looks at that."""
    inner = der(0x30, _DATA, der(0xA0, der(0x04, mail)))
    return der(0x30, _SIGNED, der(0xA0, der(0x30, b"\x02\x01\x01", der(0x31), inner, der(0x31))))


def signed_in_pieces(pieces: Sequence[bytes]) -> bytes:
    """The same in BER, with lengths that are not said."""
    octets = b"\x24\x80" + b"".join(der(0x04, each) for each in pieces) + b"\0\0"
    inner = b"\x30\x80" + _DATA + b"\xa0\x80" + octets + b"\0\0\0\0"
    return b"\x30\x80" + _SIGNED + b"\xa0\x80\x30\x80\x02\x01\x01" + der(0x31) + inner + b"\0" * 8
