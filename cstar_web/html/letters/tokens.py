"""HTML in pieces, as browsers take it apart, however broken it is: each character is read once."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import unescape
from typing import Literal

from cstar_web.html.letters.allowed import DROPPED, RAW

# What a tag is made of; a quote that is not closed belongs to no value.
_SPACE = r"[\t\n\f\r ]"
_NAME = r"[^\t\n\f\r />][^\t\n\f\r />=]*+"
_BARE = r"[^\t\n\f\r >\"'][^\t\n\f\r >]*+"
_EQUALS = rf"{_SPACE}*+={_SPACE}*+"
_TAG = re.compile(
    r"<(/?)([a-zA-Z][^\t\n\f\r />]*+)"
    rf"((?:[\t\n\f\r /]++|{_NAME}(?:{_EQUALS}(?:\"[^\"]*+\"|'[^']*+'|{_BARE}))?+)*+)>"
)
_ATTRIBUTE = re.compile(rf"({_NAME})(?:{_EQUALS}(?:\"([^\"]*+)\"|'([^']*+)'|({_BARE})))?+")
_RAW_END = re.compile(rf"</({'|'.join(sorted(RAW))})(?=[\t\n\f\r />])", re.IGNORECASE | re.ASCII)
_COMMENT_END = re.compile(r"--!?>")
_DROPPED_END = re.compile(rf"</({'|'.join(sorted(DROPPED))})", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of HTML: text as it stands there, or a tag in small letters."""

    kind: Literal["text", "start", "end"]
    said: str
    # What stands in a start tag, not taken apart: most tags are dropped, or have nothing.
    inside: str = field(default="", repr=False)


def tokens(html: str) -> Iterator[Token]:
    """The text and the tags, without comments, what is hidden in scripts and styles, and drawings.

    >>> [(token.kind, token.said) for token in tokens("<B>1 < 2<!-- x --><script><i></script>")]
    [('start', 'b'), ('text', '1 '), ('text', '<'), ('text', ' 2')]
    """
    last_drawing = max((found.start() for found in _DROPPED_END.finditer(html)), default=0)
    place, within = 0, ""
    while place < len(html):
        begin = html.find("<", place)
        if begin != place:
            end = begin if begin >= 0 else len(html)
            if not within:
                yield Token("text", html[place:end])
            place = end
            continue
        tag = _TAG.match(html, begin)
        if tag is None:
            place = _after_no_tag(html, begin)
            if place == begin + 1 and not within:
                yield Token("text", "<")
            continue
        place, name = tag.end(), tag[2].lower()
        if within:
            within = "" if tag[1] and name == within else within
        elif not tag[1] and name in DROPPED and begin < last_drawing:
            within = name
        elif not tag[1] and name in RAW:
            place = _after_raw(html, place, name)
        elif name not in RAW:
            yield Token("end" if tag[1] else "start", name, tag[3])


def attributes(inside: str) -> dict[str, str]:
    """The attributes of a tag with their values; of two with one name the first counts.

    >>> attributes("Title='a &lt; b' x=1 x=2 checked")
    {'title': 'a < b', 'x': '1', 'checked': ''}
    """
    found: dict[str, str] = {}
    for match in _ATTRIBUTE.finditer(inside):
        found.setdefault(match[1].lower(), read(match[2] or match[3] or match[4] or ""))
    return found


def read(text: str) -> str:
    """A text with the characters that stand for themselves in HTML.

    >>> read("a &amp; b")
    'a & b'
    """
    try:
        return unescape(text)
    except ValueError:  # the number of a character that has thousands of digits
        return text


def _after_no_tag(html: str, begin: int) -> int:
    """Where it goes on after a mark that begins no whole tag; one further if it is text."""
    if html.startswith("<!--", begin):
        found = _COMMENT_END.search(html, begin + 2)
        return found.end() if found else len(html)
    following = html[begin + 1 : begin + 2]
    if following and following in "!?/":
        end = html.find(">", begin)
        return end + 1 if end >= 0 else len(html)
    if following.isascii() and following.isalpha():  # a tag that never ends
        return len(html)
    return begin + 1


def _after_raw(html: str, place: int, name: str) -> int:
    """Where an element ends in which no other one begins."""
    ends = _RAW_END.finditer(html, place)
    return next((end.start() for end in ends if end[1].lower() == name), len(html))
