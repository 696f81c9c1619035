"""What a message says, in pieces that can be shown: text, links, and quotes to be folded."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

_LINK = re.compile(r"https?://[^\s<>\"'`]+|mailto:[^\s<>\"'`]+", re.IGNORECASE)
# What ends a sentence is not part of a link that ends it.
_AFTER = ".,;:!?)]}"
# How programs begin the message that they answer, in the languages of the pages.
_HEADS = (("On ", " wrote:"), ("Am ", " schrieb:"))
_DASHES = "-----Original Message-----"
_HEAD_MAX = 300


@dataclass(frozen=True, slots=True)
class Piece:
    """Some text, and where it leads if it is a link."""

    text: str
    link: str = ""


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
    grouped = groupby(zip(_quoted(lines), lines, strict=True), key=lambda pair: pair[0])
    joined = ((quote, "\n".join(line for _, line in pairs).strip("\n")) for quote, pairs in grouped)
    return tuple(Block(quote, tuple(pieces(said))) for quote, said in joined if said.strip())


def pieces(text: str) -> Iterator[Piece]:
    """The text and the links in it.

    >>> [piece.link for piece in pieces("See https://example.com/a.") if piece.link]
    ['https://example.com/a']
    """
    begin = 0
    for match in _LINK.finditer(text):
        end = match.start() + len(match[0].rstrip(_AFTER))
        if match.start() > begin:
            yield Piece(text[begin : match.start()])
        link = text[match.start() : end]
        yield Piece(link, link)
        begin = end
    if begin < len(text):
        yield Piece(text[begin:])


def _quoted(lines: list[str]) -> list[bool]:
    """Which lines are somebody else's: what a program has marked, or all below its head."""
    quoted = [line.startswith(">") for line in lines]
    place, length = _head(lines)
    end = place + length if any(quoted[place:]) else len(lines)
    quoted[place:end] = [True] * (end - place)
    for number in range(1, len(lines)):
        quoted[number] |= quoted[number - 1] and not lines[number].strip()
    return quoted


def _head(lines: list[str]) -> tuple[int, int]:
    """Where the head of a message that is answered stands, and in how many lines; below a text."""
    for place in range(1, len(lines)):
        for length in (1, 2):
            some = lines[place : place + length]
            if sum(map(len, some)) <= _HEAD_MAX and _is_head(" ".join(some).strip()):
                return place, length
    return len(lines), 0


def _is_head(line: str) -> bool:
    begun = any(line.startswith(begin) and line.endswith(end) for begin, end in _HEADS)
    return begun or line == _DASHES
