"""What an S/MIME signature is wrapped around, where it is not a part of its own.

Nothing is verified: this reads past a dozen tags of DER or BER to the content, and no further.
"""

from collections.abc import Iterator

_SEQUENCE, _SET, _INTEGER, _OID, _OCTETS, _OCTETS_IN_PIECES, _EXPLICIT = (
    *(0x30, 0x31, 0x02, 0x06, 0x04, 0x24, 0xA0),
)
_SIGNED = bytes.fromhex("2a864886f70d010702")
_DATA = bytes.fromhex("2a864886f70d010701")
_PIECES_MAX = 100_000
_UNKNOWN = -1


class _Odd(ValueError):
    """Not what is looked for."""


def signed_content(raw: bytes) -> bytes | None:
    """The mail in an application/pkcs7-mime that is signed only; None if it is sealed or broken."""
    reader = _Reader(raw)
    try:
        reader.enter(_SEQUENCE)
        reader.expect(_OID, _SIGNED)
        reader.enter(_EXPLICIT)
        reader.enter(_SEQUENCE)
        reader.skip(_INTEGER)
        reader.skip(_SET)
        reader.enter(_SEQUENCE)
        reader.expect(_OID, _DATA)
        reader.enter(_EXPLICIT)
        return b"".join(reader.octets())
    except (_Odd, IndexError):
        return None


class _Reader:
    def __init__(self, raw: bytes) -> None:
        self._raw = raw
        self._place = 0

    def enter(self, tag: int) -> None:
        """Go into what has this tag."""
        self._header(tag)

    def skip(self, tag: int) -> None:
        """Go behind what has this tag."""
        self._value(tag)

    def expect(self, tag: int, value: bytes) -> None:
        """Go behind what has this tag and is this."""
        if self._value(tag) != value:
            raise _Odd

    def octets(self) -> Iterator[bytes]:
        """The content, which may be in pieces."""
        if self._raw[self._place] != _OCTETS_IN_PIECES:
            yield self._value(_OCTETS)
            return
        size = self._header(_OCTETS_IN_PIECES)
        end = len(self._raw) if size == _UNKNOWN else self._place + size
        for _ in range(_PIECES_MAX):
            if self._place >= end or self._raw[self._place] != _OCTETS:
                return
            yield self._value(_OCTETS)

    def _value(self, tag: int) -> bytes:
        size = self._header(tag)
        if size == _UNKNOWN:
            raise _Odd
        begin, self._place = self._place, self._place + size
        return self._raw[begin : begin + size]

    def _header(self, tag: int) -> int:
        """The size of what has this tag; its place is the place now."""
        if self._raw[self._place] != tag:
            raise _Odd
        first = self._raw[self._place + 1]
        self._place += 2
        if first < 0x80:
            return first
        if first == 0x80:
            return _UNKNOWN
        count = first & 0x7F
        if count > 4:
            raise _Odd
        size = int.from_bytes(self._raw[self._place : self._place + count], "big")
        self._place += count
        return size
