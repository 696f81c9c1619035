"""What a message says, in pieces that can be shown: text, links, and quotes to be folded."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

_LINK = re.compile(r"https?://[^\s<>\"'`]+", re.IGNORECASE)
# What ends a sentence is not part of a link that ends it.
_AFTER = ".,;:!?)]}"


@dataclass(frozen=True, slots=True)
class Piece:
    """Some text, which is a link or not."""

    text: str
    is_link: bool


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
    grouped = groupby(text.strip().split("\n"), key=lambda line: line.startswith(">"))
    joined = ((quote, "\n".join(lines).strip("\n")) for quote, lines in grouped)
    return tuple(Block(quote, tuple(pieces(said))) for quote, said in joined if said.strip())


def pieces(text: str) -> Iterator[Piece]:
    """The text and the links in it.

    >>> [piece.text for piece in pieces("See https://example.com/a.") if piece.is_link]
    ['https://example.com/a']
    """
    begin = 0
    for match in _LINK.finditer(text):
        end = match.start() + len(match[0].rstrip(_AFTER))
        if match.start() > begin:
            yield Piece(text[begin : match.start()], False)
        yield Piece(text[match.start() : end], True)
        begin = end
    if begin < len(text):
        yield Piece(text[begin:], False)
