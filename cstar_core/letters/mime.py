"""The parts of a mail, as places in its bytes: nothing is copied, and each level is one walk."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from cstar_core.letters.headers import Headers, Valued, media_type, split_headers, valued
from cstar_core.letters.limits import DEPTH_MAX, HEADER_BYTES_MAX, PARTS_MAX, Unreadable
from cstar_core.letters.transfer import transferred

_BOUNDARY_MAX = 1_000
# What looks like a boundary and is none: a mail that is made of it would take seconds.
_LOOKS_MAX = 100_000
_REST = re.compile(rb"(--)?[ \t]*(?:\r\n|\r|\n|\Z)")


@dataclass(frozen=True, slots=True)
class Entity:
    """A part, or the whole mail: its headers, and where its body is."""

    raw: bytes = field(repr=False)
    headers: Headers
    kind: Valued
    begin: int
    end: int
    children: tuple["Entity", ...] = ()

    @property
    def content(self) -> bytes:
        """The body without its transfer encoding."""
        return transferred(self.raw[self.begin : self.end], self.encoding)

    @property
    def encoding(self) -> str:
        """The transfer encoding."""
        return valued(self.headers.raw("content-transfer-encoding")).value

    @property
    def disposition(self) -> Valued:
        """How it is to be shown, with the name of its file."""
        return valued(self.headers.raw("content-disposition"))

    @property
    def type(self) -> str:
        """The media type, in small letters."""
        return self.kind.value


class Parsing:
    """One mail that is taken apart: how many parts there were, and what was wrong."""

    def __init__(self, raw: bytes) -> None:
        self._raw = raw
        self._left = PARTS_MAX
        self._looks = _LOOKS_MAX
        self.defects: list[str] = []

    def whole(self) -> Entity:
        """The mail; raises Unreadable if its header is beyond the limits, or none."""
        begin = len(self._raw) - len(self._raw.lstrip(b"\r\n"))
        headers, place = split_headers(self._raw[begin : begin + HEADER_BYTES_MAX + 4])
        if not headers.fields:
            raise Unreadable("no_header", "has no header")
        return self._entity(headers, begin + place, len(self._raw), 0, "text/plain")

    def _entity(self, headers: Headers, begin: int, end: int, depth: int, default: str) -> Entity:
        kind = media_type(headers, default)
        if not kind.value.startswith("multipart/"):
            return Entity(self._raw, headers, kind, begin, end)
        children: tuple[Entity, ...] = ()
        if depth >= DEPTH_MAX:
            self._note(f"has parts in more than {DEPTH_MAX} levels")
            kind = Valued("application/octet-stream", {"name": "parts.eml"})
        else:
            children = tuple(self._children(kind, begin, end, depth))
            if not children:
                self._note("has a multipart without parts")
                kind = Valued("text/plain", kind.parameters)
        return Entity(self._raw, headers, kind, begin, end, children)

    def _children(self, kind: Valued, begin: int, end: int, depth: int) -> Iterator[Entity]:
        default = "message/rfc822" if kind.value == "multipart/digest" else "text/plain"
        boundary = kind.get("boundary").encode("utf-8", "replace")[:_BOUNDARY_MAX]
        boundary = boundary.rstrip() or self._guessed(begin, end)
        if not boundary:
            return
        for first, last in self._pieces(b"--" + boundary, begin, end):
            if self._left <= 0:
                self._note(f"has more than {PARTS_MAX} parts; the others are in the original")
                return
            self._left -= 1
            yield self._part(first, last, depth, default)

    def _part(self, begin: int, end: int, depth: int, default: str) -> Entity:
        try:
            headers, place = split_headers(
                self._raw[begin : min(end, begin + HEADER_BYTES_MAX + 4)]
            )
        except Unreadable as error:
            self._note(f"has a part that {error.reason}")
            opaque = Valued("application/octet-stream", {"name": "part.eml"})
            return Entity(self._raw, Headers(), opaque, begin, end)
        return self._entity(headers, begin + place, end, depth + 1, default)

    def _pieces(self, line: bytes, begin: int, end: int) -> Iterator[tuple[int, int]]:
        """Where what stands between the lines of a boundary begins and ends."""
        inside = -1
        for start, after, closes in self._lines(line, begin, end):
            if inside >= 0:
                yield inside, self._before_line_end(inside, start)
            if closes:
                return
            inside = after
        if inside >= 0:
            self._note("ends before its last part does")
            if inside < end:
                yield inside, end

    def _lines(self, line: bytes, begin: int, end: int) -> Iterator[tuple[int, int, bool]]:
        """Each line of a boundary: its place, the place after it, and whether it is the last."""
        raw, place = self._raw, begin
        while self._looks and (start := raw.find(line, place, end)) >= 0:
            self._looks -= 1
            place = start + len(line)
            rest = _REST.match(raw, place, end)
            if rest and (start == begin or raw[start - 1] in b"\r\n"):
                place = rest.end()
                yield start, place, bool(rest[1])

    def _before_line_end(self, begin: int, end: int) -> int:
        """The end of a line belongs to the boundary below it."""
        for mark in (b"\r\n", b"\n", b"\r"):
            if self._raw.endswith(mark, begin, end):
                return end - len(mark)
        return end

    def _guessed(self, begin: int, end: int) -> bytes:
        """The boundary of a multipart that does not tell it: its first line with two dashes."""
        self._note("has a multipart without a boundary")
        start = begin if self._raw.startswith(b"--", begin) else self._raw.find(b"\n--", begin, end)
        if start < 0:
            return b""
        start += 2 if self._raw.startswith(b"--", start) else 3
        stop = self._raw.find(b"\n", start, min(end, start + _BOUNDARY_MAX))
        return self._raw[start:stop].strip() if stop >= 0 else b""

    def _note(self, what: str) -> None:
        if what not in self.defects:
            self.defects.append(what)
