"""HTML written anew so that every tag is closed, in order and not too deep.

A cleaner that parses what anybody may send takes minutes for a page of tags that are never closed.
What is written here it reads as it stands.
"""

from collections import defaultdict
from html import escape
from math import ceil

from cstar_web.html.letters.allowed import (
    ATTRIBUTES,
    BLOCKS,
    ENDED,
    TAGS,
    VOID,
    boundaries,
)
from cstar_web.html.letters.tokens import Token, attributes, read, tokens
from cstar_web.html.links import host_of, safe_link

SIZE_MAX = 512 * 1024
NESTING_MAX = 200

# What the body of a document says of itself is kept on a block of its own.
_ROOT = "body"
_LINE = 85


class TooMuch(Exception):
    """HTML that is too long or too deep to be shown: `what` is `size` or `nesting`."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what


class Nested:
    """Well-formed HTML of what may stay, with about how many lines it takes."""

    def __init__(self, html: str) -> None:
        if len(html) > SIZE_MAX:
            raise TooMuch("size")
        self._out: list[str] = []
        self._open: list[str] = []
        # Where each element is open, by its name.
        self._at: defaultdict[str, list[int]] = defaultdict(list)
        # Of the links that are open: what is said in them, and where they lead.
        self._said: list[str] = []
        self._link = ""
        self._column, self._lines = 0, 0
        self._has_root = False
        for token in tokens(html):
            self._take(token)
        self._close_from(0)
        self._end_line()
        self.html = "".join(self._out)

    @property
    def lines(self) -> int:
        """How many lines of text it takes at the width of a conversation."""
        return self._lines

    def _take(self, token: Token) -> None:
        name = token.said
        if token.kind == "text":
            self._write(name)
        elif token.kind == "end":
            self._end(name)
        elif name == _ROOT and not self._has_root:
            self._has_root = True
            self._start("div", token)
        elif name in TAGS:
            self._start(name, token)

    def _write(self, text: str) -> None:
        self._out.append("&lt;" if text == "<" else text)
        self._column += len(text) if text.strip() else 1
        if self._link:
            self._said.append(text)

    def _start(self, name: str, token: Token) -> None:
        ended, between = ENDED.get(name, ((), ()))
        least = self._last(between)
        places = (self._last((each,)) for each in ended)
        self._close_from(min((place for place in places if place > least), default=None))
        if name in BLOCKS:
            self._end_line()
        self._out.append(f"<{name}{self._attributes(name, token)}>")
        if name in VOID:
            return
        if len(self._open) == NESTING_MAX:
            raise TooMuch("nesting")
        self._at[name].append(len(self._open))
        self._open.append(name)

    def _attributes(self, name: str, token: Token) -> str:
        found = attributes(token.inside) if token.inside else {}
        allowed = ATTRIBUTES[name]
        if name == "a":
            link = found["href"] = safe_link(found.get("href", ""))
            self._link, self._said = link, []
            if not link:
                del found["href"]
        if name == "img":
            self._lines += _height(found.get("height", ""))
        return "".join(
            f' {key}="{escape(value)}"' for key, value in found.items() if key in allowed
        )

    def _end(self, name: str) -> None:
        place = self._last((name,))
        if name == "br":
            self._out.append("<br>")
        elif place >= 0 and place > self._last(boundaries(name)):
            self._close_from(place)

    def _last(self, names: tuple[str, ...]) -> int:
        """Where the innermost of some elements is open; -1 if none is."""
        return max((self._at[name][-1] for name in names if self._at[name]), default=-1)

    def _close_from(self, place: int | None) -> None:
        if place is None:
            return
        while len(self._open) > place:
            name = self._open.pop()
            self._at[name].pop()
            self._out.append(f"</{name}>")
            if name in BLOCKS:
                self._end_line()
            if name == "a" and self._link:
                self._out.append(_where_to(self._link, "".join(self._said)))
                self._link = ""

    def _end_line(self) -> None:
        self._lines += ceil(self._column / _LINE)
        self._column = 0


def _where_to(link: str, said: str) -> str:
    """The host of a link behind it, unless what is said is where it leads."""
    shown = read(said).strip().casefold()
    is_mail = link[:7].lower() == "mailto:"
    place = link[7:].partition("?")[0] if is_mail else host_of(link) or ""
    bare = place.removeprefix("www.")
    beginnings = (
        f"{scheme}{www}{bare}" for scheme in ("", "http://", "https://") for www in ("", "www.")
    )
    if any(shown == each or shown.startswith((f"{each}/", f"{each}?")) for each in beginnings):
        return ""
    return f'<span class="host"> ({escape(place)})</span>'


def _height(said: str) -> int:
    """About as many lines as a picture takes that says how high it is in pixels."""
    pixels = said.strip().removesuffix("px")
    return int(pixels) // 20 if pixels.isascii() and pixels.isdecimal() and len(pixels) < 5 else 0
