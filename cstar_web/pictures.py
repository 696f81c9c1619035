"""Which files a browser is shown as pictures: by their bytes, not by what they say they are.

Only kinds that can hold nothing but a picture, and none that would fill a reader's memory once it
is unpacked. An SVG is a document with scripts, so it is none of them.
"""

import struct
from collections.abc import Callable
from typing import BinaryIO

# What is read to find out; of a JPEG the size of the picture comes after what a camera noted.
HEAD = 256 * 1024
SIZE_MAX = 10 * 1024 * 1024
# A picture of so many points takes four times as many bytes.
POINTS_MAX = 50_000_000
_SIDE_MAX = 16_384
KINDS = ("image/png", "image/jpeg", "image/gif", "image/webp")

Size = tuple[int, int]


def picture_kind(head: bytes) -> str | None:
    """The kind of the picture that begins so; None for what is none that may be shown.

    >>> picture_kind(b"GIF89a" + bytes([1, 0, 1, 0])), picture_kind(b"<svg/>")
    ('image/gif', None)
    """
    for kind, beginning, measure in _KINDS:
        if head.startswith(beginning):
            size = measure(head)
            return kind if size and _is_bearable(*size) else None
    return None


def kind_of_file(file: BinaryIO, size: int) -> str | None:
    """The kind of picture that a file has; it is left at its beginning."""
    if size > SIZE_MAX:
        return None
    kind = picture_kind(file.read(HEAD))
    file.seek(0)
    return kind


def _is_bearable(width: int, height: int) -> bool:
    sides = 0 < min(width, height) <= max(width, height) <= _SIDE_MAX
    return sides and width * height <= POINTS_MAX


def _png(head: bytes) -> Size | None:
    return _unpacked(">II", head, 16) if head[12:16] == b"IHDR" else None


def _gif(head: bytes) -> Size | None:
    return _unpacked("<HH", head, 6) if head[3:6] in (b"87a", b"89a") else None


def _webp(head: bytes) -> Size | None:
    if head[8:12] != b"WEBP":
        return None
    form, data = head[12:16], head[20:30]
    if len(data) < 10:
        return None
    if form == b"VP8X":
        return 1 + int.from_bytes(data[4:7], "little"), 1 + int.from_bytes(data[7:10], "little")
    if form == b"VP8L" and data[0] == 0x2F:
        sides = int.from_bytes(data[1:5], "little")
        return 1 + (sides & 0x3FFF), 1 + (sides >> 14 & 0x3FFF)
    if form == b"VP8 " and data[3:6] == b"\x9d\x01\x2a":
        width, height = struct.unpack("<HH", data[6:10])
        return width & 0x3FFF, height & 0x3FFF
    return None


def _jpeg(head: bytes) -> Size | None:
    """The size that the first frame names; the segments before it are walked over."""
    place = 2
    while place + 9 <= len(head) and head[place] == 0xFF:
        mark = head[place + 1]
        if mark == 0xFF:
            place += 1
            continue
        # Frames, but for the marks between theirs that mean something else.
        if 0xC0 <= mark <= 0xCF and mark not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack(">HH", head[place + 5 : place + 9])
            return width, height
        place += 2 + max(2, int.from_bytes(head[place + 2 : place + 4], "big"))
    return None


def _unpacked(form: str, head: bytes, place: int) -> Size | None:
    try:
        width, height = struct.unpack_from(form, head, place)
    except struct.error:
        return None
    return width, height


_KINDS: tuple[tuple[str, bytes, Callable[[bytes], Size | None]], ...] = (
    ("image/png", b"\x89PNG\r\n\x1a\n", _png),
    ("image/jpeg", b"\xff\xd8\xff", _jpeg),
    ("image/gif", b"GIF8", _gif),
    ("image/webp", b"RIFF", _webp),
)
