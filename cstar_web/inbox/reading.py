"""What a message says, in pieces that can be shown: text, links, and quotes to be folded."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from urllib.parse import urlsplit

from cstar_core import quoted_lines
from cstar_web.html.links import host_of

# A link ends where something would turn the direction of the text, or be shown as nothing.
_LINK = re.compile(
    r"(?:https?://|mailto:)[^\s<>\"'`\\\x00-\x1f\x7f-\x9f"
    r"\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\u3000-\u3002]+",
    re.IGNORECASE,
)
# What ends a sentence is not part of a link that ends it; a bracket is, if the link opens it.
_AFTER = (
    ".,;:!?*_~\u2026\u00ab\u00bb\u2018\u2019\u201c\u201d"
    "\uff0c\uff1b\uff1a\uff01\uff1f\uff09\u3011\u300d\u300f"
)
_BRACKETS = {")": "(", "]": "[", "}": "{"}


@dataclass(frozen=True, slots=True)
class Piece:
    """Some text, and where it leads if it is a link."""

    text: str
    link: str = ""
    # The name of the host that it leads to, where its letters may look like others.
    host: str = ""


@dataclass(frozen=True, slots=True)
class Block:
    """Lines that belong together: what somebody says, or quotes of somebody else."""

    is_quote: bool
    pieces: tuple[Piece, ...]


def blocks(text: str) -> tuple[Block, ...]:
    """The blocks of a message, in their order.

    >>> [(block.is_quote, [piece.text for piece in block.pieces]) for block in blocks("Hi\\n> So?")]
    [(False, ['Hi']), (True, ['> So?'])]
    """
    lines = text.strip().split("\n")
    grouped = groupby(zip(quoted_lines(lines), lines, strict=True), key=lambda pair: pair[0])
    joined = ((quote, "\n".join(line for _, line in pairs).strip("\n")) for quote, pairs in grouped)
    return tuple(Block(quote, tuple(pieces(said))) for quote, said in joined if said.strip())


def pieces(text: str) -> Iterator[Piece]:
    """The text and the links in it.

    >>> [piece.link for piece in pieces("See https://example.com/a.") if piece.link]
    ['https://example.com/a']
    """
    begin = 0
    for match in _LINK.finditer(text):
        link = _bare(match[0])
        shown = _host(link)
        if shown is None:
            continue
        if match.start() > begin:
            yield Piece(text[begin : match.start()])
        yield Piece(link, link, shown)
        begin = match.start() + len(link)
    if begin < len(text):
        yield Piece(text[begin:])


def _bare(link: str) -> str:
    """A link without what ends the sentence around it.

    >>> _bare("https://example.com/a_(b))."), _bare("https://example.com/(a)")
    ('https://example.com/a_(b)', 'https://example.com/(a)')
    """
    open_ = {close: link.count(opens) - link.count(close) for close, opens in _BRACKETS.items()}
    end = len(link)
    while end:
        last = link[end - 1]
        if last in open_ and open_[last] < 0:
            open_[last] += 1
        elif last not in _AFTER:
            break
        end -= 1
    return link[:end]


def _host(link: str) -> str | None:
    """How the host of a link is really called, where its letters may look like others.

    It is empty where the link shows it, and None for what leads nowhere, or not where it seems to.

    >>> _host("https://example.com/a"), _host("https://p\u0430ypal.com"), _host("https://a@b.com")
    ('', 'xn--pypal-4ve.com', None)
    """
    if link[:7].lower() == "mailto:":
        return "" if "@" in link else None
    real = host_of(link)
    return "" if real and urlsplit(link).netloc.isascii() else real
