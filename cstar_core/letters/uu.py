"""Files that stand in a text, as mail programs had it before there were parts: uuencode."""

import binascii
import re
from collections.abc import Iterator
from itertools import islice

_BEGIN = re.compile(rb"^begin[ \t]+[0-7]{3,4}[ \t]+([^ \t\r\n][^\r\n]{0,254})\r?\n", re.MULTILINE)
_LINE_MAX = 120
_LINES_MAX = 600_000
_FILES_MAX = 50
_BEGINS_MAX = 10_000


def split_uu(raw: bytes) -> tuple[bytes, list[tuple[bytes, bytes]]]:
    """A text without the files in it, and the name and content of each.

    >>> split_uu(b"Hi\\nbegin 644 a.txt\\n%2&5L;&\\\\\\n`\\nend\\nBye")
    (b'Hi\\nBye', [(b'a.txt', b'Hello')])
    """
    if b"begin" not in raw:
        return raw, []
    texts: list[bytes] = []
    files: list[tuple[bytes, bytes]] = []
    behind = 0
    lines = _Lines(raw)
    for begin in islice(_BEGIN.finditer(raw), _BEGINS_MAX):
        if begin.start() < behind or len(files) >= _FILES_MAX:
            continue
        content = lines.read(begin.end())
        if content is None:
            continue
        files.append((begin[1].strip(), content))
        texts.append(raw[behind : begin.start()])
        behind = lines.place
    return b"".join((*texts, raw[behind:])), files


class _Lines:
    """Reads the lines of files; of all files together no more than a mail can mean."""

    def __init__(self, raw: bytes) -> None:
        self._raw = raw
        self._left = _LINES_MAX
        self.place = 0

    def read(self, place: int) -> bytes | None:
        """The content of a file from here on, if it has an end."""
        self.place = place
        pieces: list[bytes] = []
        for line in self._lines():
            if line.strip() == b"end":
                # Without a line of it, these were two lines of a text.
                return b"".join(pieces) if pieces else None
            piece = _decoded(line)
            if piece is None:
                return None
            pieces.append(piece)
        return None

    def _lines(self) -> Iterator[bytes]:
        while self._left and self.place < len(self._raw):
            self._left -= 1
            end = self._raw.find(b"\n", self.place) + 1 or len(self._raw)
            line = self._raw[self.place : min(end, self.place + _LINE_MAX)]
            self.place = end
            yield line.rstrip(b"\r\n")


def _decoded(line: bytes) -> bytes | None:
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
