"""Where in a text the words of a search stand: as the search index finds them, in its own places.

Folding changes lengths (ß is two letters, an accent none), so each folded letter knows where in the
text it came from. Time grows with the length of the text.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from unicodedata import ucd_3_2_0 as frozen

from cstar_core.checks import check_integer, raise_any
from cstar_core.words import CJK_RUN, bare, parse_search

SNIPPET_MAX = 200
_PHRASE = re.compile(r'"([^"]*)"(\*?)')
_ASCII = re.compile("[\0-\x7f]+")
# What the index's tokenizer takes for a part of a word, private characters too.
_WORD = re.compile("(?:[^\\W_]|[\ue000-\uf8ff\U000f0000-\U000ffffd\U00100000-\U0010fffd])+")

# From the first character to after the last.
Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Snippet:
    """A part of a text, with the places in it of what was searched for.

    ``cut_before`` and ``cut_after`` say whether the text has more on that side.
    """

    text: str
    spans: tuple[Span, ...]
    cut_before: bool
    cut_after: bool


@dataclass(frozen=True, slots=True)
class _Token:
    """A word of the index; ``ends`` has for each letter the place after what it came from."""

    word: str
    start: int
    ends: Sequence[int]


class _Wanted:
    """The words and phrases of a search, by how they begin."""

    def __init__(self, search: str) -> None:
        self.phrases: dict[str, list[tuple[list[str], bool]]] = {}
        self.beginnings: dict[int, set[str]] = {}
        for phrase, star in _PHRASE.findall(parse_search(search).match):
            words = [_lower(found[0]) for found in _WORD.finditer(phrase)]
            if len(words) == 1 and star:
                self.beginnings.setdefault(len(words[0]), set()).add(words[0])
            elif words:
                self.phrases.setdefault(words[0], []).append((words, bool(star)))

    def found(self, tokens: list[_Token]) -> Iterator[Span]:
        """Where they stand, in the order of where they begin."""
        for place, token in enumerate(tokens):
            for length, beginnings in self.beginnings.items():
                if token.word[:length] in beginnings:
                    yield token.start, token.ends[length - 1]
            for words, begins in self.phrases.get(token.word, ()):
                end = _end_of(tokens[place : place + len(words)], words, begins)
                if end is not None:
                    yield token.start, end


def _end_of(tokens: list[_Token], words: list[str], begins: bool) -> int | None:
    """Where a phrase ends that stands there; with ``begins`` its last word may go on."""
    *first, last = words
    if len(tokens) < len(words) or [token.word for token in tokens[:-1]] != first:
        return None
    if tokens[-1].word == last or (begins and tokens[-1].word.startswith(last)):
        return tokens[-1].ends[len(last) - 1]
    return None


def highlights(text: str, search: str) -> tuple[Span, ...]:
    """The places of a search's words and phrases in a text, in order, without overlaps.

    Words that are excluded, numbers and ids have none.

    >>> highlights("Refund for the Straße", 'strasse "refund for"')
    ((0, 10), (15, 21))
    """
    wanted = _Wanted(search)
    if not (wanted.phrases or wanted.beginnings):
        return ()
    return tuple(_merged(wanted.found(list(_tokens(text)))))


def snippet(text: str, search: str, most: int = SNIPPET_MAX) -> Snippet:
    """At most so many characters around the first place of what was searched for.

    >>> snippet("The parcel never came, so I want a refund", "refund", 20)
    Snippet(text='so I want a refund', spans=((12, 18),), cut_before=True, cut_after=False)
    """
    raise_any(check_integer("most", most, 1, len(text) + SNIPPET_MAX))
    spans = highlights(text, search)
    start, end = _window(text, spans, most)
    inside = tuple(
        (max(first, start) - start, min(last, end) - start)
        for first, last in spans
        if first < end and last > start
    )
    return Snippet(text[start:end], inside, start > 0, end < len(text))


def _tokens(text: str) -> Iterator[_Token]:
    """The words of a text as the index has them, East Asian ones as pairs that overlap."""
    if text.isascii():
        for found in _WORD.finditer(text):
            start, end = found.span()
            yield _Token(_lower(found[0]), start, range(start + 1, end + 1))
        return
    letters, starts, ends = _letters(text)
    place = 0
    for run in CJK_RUN.finditer(letters):
        yield from _words(letters, starts, ends, place, run.start())
        for at in range(run.start(), run.end()):
            pair = letters[at : min(at + 2, run.end())]
            if pair.isalnum():
                yield _Token(pair, starts[at], ends[at : at + len(pair)])
            else:
                yield from _words(letters, starts, ends, at, at + len(pair))
        place = run.end()
    yield from _words(letters, starts, ends, place, len(letters))


def _words(
    letters: str, starts: list[int], ends: list[int], place: int, end: int
) -> Iterator[_Token]:
    """The words between two places of the folded letters."""
    for found in _WORD.finditer(letters, place, end):
        yield _Token(_lower(found[0]), starts[found.start()], ends[found.start() : found.end()])


def _letters(text: str) -> tuple[str, list[int], list[int]]:
    """The folded letters of a text, where each begins in it, and where it ends."""
    folded: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    for start, end in _clusters(text):
        letters = text[start:end]
        letters = letters if letters.isascii() else _folded(letters)
        folded.append(letters)
        single = len(letters) == end - start and letters.isascii()
        starts += range(start, end) if single else [start] * len(letters)
        ends += range(start + 1, end + 1) if single else [end] * len(letters)
    return "".join(folded), starts, ends


def _clusters(text: str) -> Iterator[Span]:
    """Letters that are folded together: plain ones as long as they go, others with their marks."""
    place = 0
    while place < len(text):
        plain = _ASCII.match(text, place)
        end = place + 1 if plain is None else plain.end()
        if plain is not None and end < len(text) and _joins(text[end]):
            if end - 1 > place:
                yield place, end - 1
            place = end - 1
        while (plain is None or place == end - 1) and end < len(text) and _joins(text[end]):
            end += 1
        yield place, end
        place = end


@lru_cache(4096)
def _joins(char: str) -> bool:
    """Whether a character is one letter with what stands before it."""
    if char.isascii():
        return False
    first = frozen.normalize("NFKD", char)[0]
    return unicodedata.category(first).startswith("M") or "\u1160" <= first <= "\u11ff"


@lru_cache(4096)
def _folded(letters: str) -> str:
    return bare(letters)


def _lower(word: str) -> str:
    """A word without case; the sigma at its end is like any other."""
    return word.lower().replace("\u03c2", "\u03c3")


def _merged(spans: Iterable[Span]) -> Iterator[Span]:
    """Places in order, those that touch as one."""
    before: Span | None = None
    for start, end in spans:
        if before is not None and start <= before[1]:
            before = before[0], max(before[1], end)
        else:
            if before is not None:
                yield before
            before = start, end
    if before is not None:
        yield before


def _window(text: str, spans: Sequence[Span], most: int) -> Span:
    """The part of a text to show: from shortly before the first place, whole words if they fit."""
    if len(text) <= most:
        return 0, len(text)
    first, last = spans[0] if spans else (0, 0)
    start = max(0, min(first - max(0, most - (last - first)) // 4, len(text) - most))
    if start > 0:
        start = _after_space(text, start, first)
    end = min(len(text), start + most)
    return start, end if end == len(text) else _before_space(text, max(start, last), end)


def _after_space(text: str, start: int, first: int) -> int:
    """Where the first whole word begins, up to a place."""
    for place in range(start - 1, first):
        if text[place].isspace():
            return place + 1
    while start < first and _continues(text, start):
        start += 1
    return start


def _before_space(text: str, least: int, end: int) -> int:
    """Where the last whole word ends, from a place on."""
    for place in range(end, least, -1):
        if text[place].isspace():
            return place
    while end > least + 1 and _continues(text, end):
        end -= 1
    return end


def _continues(text: str, place: int) -> bool:
    """Whether a cut there would take something apart that is shown as one."""
    return _joins(text[place]) or "\u200d" in text[place - 1 : place + 1]
