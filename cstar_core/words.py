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
CJK_RUN = re.compile(f"[{_CJK}]+")
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
class _Terms:
    """Expressions of the index, and how many words more may be looked for as phrases."""

    found: list[str] = field(default_factory=list)
    room: int = PHRASED_MAX


@dataclass(slots=True)
class _Parts:
    wanted: _Terms = field(default_factory=_Terms)
    unwanted: _Terms = field(default_factory=_Terms)
    numbers: list[int] = field(default_factory=list)
    ids: list[bytes] = field(default_factory=list)


def fold(text: str) -> str:
    """The words of a text as they go into the index: no accents, East Asian text in pairs.

    >>> fold("Łódź été")
    'lodz ete'
    >>> fold("東京都へ")
    ' 東京 京都 都へ へ '
    """
    plain = bare(text)
    if plain.isascii():
        return plain
    return CJK_RUN.sub(lambda run: f" {' '.join(_pairs(run[0]))} {run[0][-1]} ", plain)


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
    wanted, unwanted = parts.wanted.found, parts.unwanted.found
    nothing = not (wanted or unwanted or parts.numbers or parts.ids)
    # A word asked for again changes nothing, but the index would look it up again.
    return Search(
        " AND ".join(dict.fromkeys(wanted)),
        " OR ".join(dict.fromkeys(unwanted)),
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
    if minus or (word or "").startswith("-"):
        excluded = phrase if word is None else word[1:]
        # With no room for its order, it would exclude what has its words anywhere.
        if parts.unwanted.room > 1 or len(_words(_phrase(excluded, prefix=False))) == 1:
            _add(parts.unwanted, excluded, prefix=False)
    elif word is None:
        _add(parts.wanted, phrase, prefix=False)
    else:
        _add(parts.wanted, word, prefix=last)


def _add(terms: _Terms, text: str, *, prefix: bool) -> None:
    """Add one quoted phrase of the index's query language, or none if the text has no word."""
    expression = _phrase(text, prefix=prefix)
    words = _words(expression)
    room, terms.room = max(1, terms.room), terms.room - len(words) * (len(words) > 1)
    if len(words) > room:
        expression = _loosened(words, room, "*" if expression.endswith("*") else "")
    terms.found += [expression] if expression else []


def _words(expression: str) -> list[str]:
    """The words of a phrase; a sign that stands alone is none."""
    words = expression.translate(_MARKS).split()
    return [word for word in words if any(char.isalnum() for char in word)]


def _loosened(words: list[str], room: int, end: str) -> str:
    """A phrase of the first words, and the others; ``end`` belongs to the last one."""
    # The index looks for each word of a phrase in every document that has them all: a hundred times
    # "the" takes a second. So the words that are too many need only occur.
    others = [*dict.fromkeys(reversed(words[room:]))][::-1]
    phrases = [f'"{phrase}"' for phrase in (" ".join(words[:room]), *others)]
    return f"({' AND '.join(phrases)}{end})"


def _phrase(text: str, *, prefix: bool) -> str:
    plain = bare(text).replace('"', " ").strip()
    if not any(char.isalnum() for char in plain):
        return ""
    # Backwards, since a search for what stands at the end would begin anew at every character.
    tail = CJK_RUN.match(plain[::-1])
    if tail is None:
        return f'"{_spaced(fold(plain))}"{"*" if prefix else ""}'
    run = tail[0][::-1]
    head = fold(plain[: -len(run)])
    last = " ".join(_pairs(run)) or run
    return f'"{_spaced(f"{head} {last}")}"{"*" if len(run) == 1 else ""}'


def bare(text: str) -> str:
    """A text without accents, each letter in one form; East Asian text is not yet in pairs.

    >>> bare("Łódź ｶﾞ")
    'lodz ガ'
    """
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
