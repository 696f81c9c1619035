"""Words for the search index: how text is folded, and what a search text means.

Folding rests on tables that never change between Python versions (Unicode 3.2 as frozen in
``unicodedata``, fixed ranges below), since taking a document out of the index needs exactly the
words that went in. What is left, case and rarer accents, the index's own tokenizer folds.
"""

import re
from dataclasses import dataclass, field
from unicodedata import ucd_3_2_0 as frozen

from cstar_core.ids import parse_id

SEARCH_MAX = 500

_CJK = (
    "\u1100-\u11ff\u2e80-\u2fdf\u3005-\u3007\u3031-\u3035\u3040-\u309a\u309d-\u30fa\u30fc-\u312f"
    "\u3130-\u318f\u31a0-\u31bf\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\ua960-\ua97f\uac00-\ud7ff"
    "\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003ffff"
)
_RUN = re.compile(f"[{_CJK}]+")
_ACCENTS = re.compile("[\u0300-\u036f]+")
# Putting accents in order takes time by the square of their number, so long text is folded piece
# by piece; what joins the letter before it (accents, Hangul vowels, kana marks) stays with it.
_PART = re.compile(".{1,256}[\u0300-\u036f\u1160-\u11ff\u3099\u309a\uff9e\uff9f]{0,8}", re.DOTALL)
_LETTERS = str.maketrans(
    {"ß": "ss", "ẞ": "ss", "æ": "ae", "Æ": "ae", "œ": "oe", "Œ": "oe", "ø": "o", "Ø": "o"}
    | {"ł": "l", "Ł": "l", "đ": "d", "Đ": "d", "ð": "d", "Ð": "d", "þ": "th", "Þ": "th"}
    | {"ħ": "h", "Ħ": "h", "\u0131": "i", "\u03c2": "\u03c3", "\0": " "}
)
_PIECE = re.compile(r'(-?)"([^"]*)"?|(\S+)')
PHRASED_MAX = 32
# Those of ASCII separate words in the index whatever stands beside them.
_MARKS = {code: " " for code in range(128) if not chr(code).isalnum()}
_NUMBER = re.compile(r"#(\d{1,18})\Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class Search:
    """What a search text asks for; every part must hold."""

    match: str = ""
    exclude: str = ""
    numbers: tuple[int, ...] = ()
    ids: tuple[bytes, ...] = ()
    impossible: bool = False


@dataclass(slots=True)
class _Parts:
    wanted: list[str] = field(default_factory=list)
    unwanted: list[str] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    ids: list[bytes] = field(default_factory=list)
    room: int = PHRASED_MAX


def fold(text: str) -> str:
    """The words of a text as they go into the index: no accents, East Asian text in pairs.

    >>> fold("Łódź été")
    'lodz ete'
    >>> fold("東京都へ")
    ' 東京 京都 都へ へ '
    """
    plain = _plain(text)
    if plain.isascii():
        return plain
    return _RUN.sub(lambda run: f" {' '.join(_pairs(run[0]))} {run[0][-1]} ", plain)


def parse_search(text: str, *, references: bool = True) -> Search:
    """What the words, "phrases", -exclusions, #numbers and ticket ids of a search text mean.

    Any text is a valid search; one without a single word finds nothing. ``references=False``
    reads #numbers and ids as plain words.

    >>> parse_search('refund "card payment" -paypal').match
    '"refund" AND "card payment"'
    >>> parse_search("#42 refu").numbers, parse_search("#42 refu").match
    ((42,), '"refu"*')
    """
    pieces = list(_PIECE.finditer(text))
    parts = _Parts()
    for piece in pieces:
        if not (references and _is_reference(parts, piece[0])):
            _sort_in(parts, piece, last=piece is pieces[-1])
    nothing = not (parts.wanted or parts.unwanted or parts.numbers or parts.ids)
    # A word asked for again changes nothing, but the index would look it up again.
    return Search(
        " AND ".join(dict.fromkeys(parts.wanted)),
        " OR ".join(dict.fromkeys(parts.unwanted)),
        tuple(parts.numbers),
        tuple(parts.ids),
        nothing,
    )


def _is_reference(parts: _Parts, word: str) -> bool:
    """Take in a #number or a ticket's id."""
    if number := _NUMBER.match(word):
        parts.numbers.append(int(number[1]))
    elif (uid := parse_id("ticket", word)) is not None:
        parts.ids.append(uid)
    else:
        return False
    return True


def _sort_in(parts: _Parts, piece: re.Match[str], *, last: bool) -> None:
    minus, phrase, word = piece.groups()
    if word is None:
        target = parts.unwanted if minus else parts.wanted
        target += _expression(parts, phrase, prefix=False)
    elif word.startswith("-"):
        parts.unwanted += _expression(parts, word[1:], prefix=False)
    else:
        parts.wanted += _expression(parts, word, prefix=last)


def _expression(parts: _Parts, text: str, *, prefix: bool) -> list[str]:
    """One quoted phrase of the index's query language, or none if the text has no word."""
    expression = _phrase(text, prefix=prefix)
    words = expression.translate(_MARKS).split()
    room, parts.room = max(1, parts.room), parts.room - len(words) * (len(words) > 1)
    if len(words) <= room:
        return [expression] if expression else []
    # The index looks for each word of a phrase in every document that has them all: a hundred times
    # "the" takes a second. So the words that are too many need only occur.
    phrases = [" ".join(words[:room]), *dict.fromkeys(words[room:])]
    end = "*" if expression.endswith("*") else ""
    return [f"({' AND '.join(_quoted(phrases))}{end})"]


def _quoted(phrases: list[str]) -> list[str]:
    return [f'"{phrase}"' for phrase in phrases]


def _phrase(text: str, *, prefix: bool) -> str:
    plain = _plain(text).replace('"', " ").strip()
    if not any(char.isalnum() for char in plain):
        return ""
    # Backwards, since a search for what stands at the end would begin anew at every character.
    tail = _RUN.match(plain[::-1])
    if tail is None:
        return f'"{_spaced(fold(plain))}"{"*" if prefix else ""}'
    run = tail[0][::-1]
    head = fold(plain[: -len(run)])
    last = " ".join(_pairs(run)) or run
    return f'"{_spaced(f"{head} {last}")}"{"*" if len(run) == 1 else ""}'


def _plain(text: str) -> str:
    if text.isascii():
        return text.replace("\0", " ")
    return "".join(_plain_part(part[0]) for part in _PART.finditer(text))


def _plain_part(text: str) -> str:
    bare = _ACCENTS.sub("", frozen.normalize("NFKD", text.translate(_LETTERS)))
    return frozen.normalize("NFKC", bare).translate(_LETTERS)


def _pairs(run: str) -> list[str]:
    return [run[i : i + 2] for i in range(len(run) - 1)]


def _spaced(text: str) -> str:
    return " ".join(text.split())
