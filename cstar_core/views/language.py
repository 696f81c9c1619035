"""The text that finds tickets, taken apart and put together again: names with values, and words.

Any text can be read, and nothing of it is lost: what is no name with a value is a word.
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

NAMES = (
    *("status", "priority", "tag", "assignee", "customer"),
    *("created", "updated", "is", "sort"),
)
# Stands before the key of a custom field; it has to where the key is one of the names above.
FIELD = "field."

_NAME = r"(?:field\.)?[A-Za-z][A-Za-z0-9_]{0,63}"
_VALUE = r'"(?:[^"\\]|\\.?)*"?|[^\s,"][^\s,]*'
_TERM = re.compile(rf"(-?)({_NAME}):(>=|<=|[<>=])?((?:{_VALUE})?(?:,(?:{_VALUE})?)*)", re.DOTALL)
_EACH = re.compile(_VALUE, re.DOTALL)
# As a search text is taken apart; a backslash before a name makes a word of it.
_WORD = re.compile(r'-?"[^"]*"?|\S+')
_NAMED = re.compile(rf"(-?)(\\*)({_NAME}):")
_ESCAPED = re.compile(r'\\(["\\])')
_TO_QUOTE = re.compile(r'["<>=]|.*[\s,]|\Z', re.DOTALL)


@dataclass(frozen=True, slots=True)
class Term:
    """A name with what it is compared to; that of a custom field is ``field.`` and its key."""

    name: str
    values: tuple[str, ...]
    comparison: str = ""
    negated: bool = False

    @property
    def key(self) -> str | None:
        """The key of a custom field, if it is one."""
        return self.name.removeprefix(FIELD) if self.name.startswith(FIELD) else None


@dataclass(frozen=True, slots=True)
class Query:
    """A text taken apart: its terms, and the words that are left for ``search``."""

    terms: tuple[Term, ...] = ()
    words: str = ""


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a text, from its first character to after its last; a word has no term."""

    start: int
    end: int
    word: str
    term: Term | None


def read_query(text: str, keys: Collection[str] | None = None) -> Query:
    """Take a text apart. ``keys`` are the custom fields; without them every name is taken as one.

    >>> read_query('status:open http://x "a phrase"', []).words
    'http://x "a phrase"'
    >>> read_query("seats:>5 tag:a", ["seats"]).terms[0]
    Term(name='field.seats', values=('5',), comparison='>', negated=False)
    """
    pieces = list(pieces_of(text, keys))
    terms = tuple(piece.term for piece in pieces if piece.term is not None)
    return Query(terms, " ".join(piece.word for piece in pieces if piece.term is None))


def write_query(query: Query, keys: Collection[str] | None = None) -> str:
    r"""The text that is read as this query, with the same keys.

    >>> write_query(Query((Term("tag", ("a b",)),), "status:open x"), [])
    'tag:"a b" \\status:open x'
    """
    words = [_escaped(word[0], keys) for word in _WORD.finditer(query.words)]
    return " ".join([*(write_term(term) for term in query.terms), *words])


def write_term(term: Term) -> str:
    """One term as text.

    >>> write_term(Term("field.seats", ("5",), ">="))
    'seats:>=5'
    """
    key = term.key
    name = term.name if key is None or key in NAMES else key
    values = ",".join(map(quoted, term.values))
    return f"{'-' if term.negated else ''}{name}:{term.comparison}{values}"


def quoted(value: str) -> str:
    r"""A value as it stands in a text, in quotes if it must.

    >>> quoted("EU"), quoted("a, b"), quoted('"x"')
    ('EU', '"a, b"', '"\\"x\\""')
    """
    if not _TO_QUOTE.match(value):
        return value
    inner = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{inner}"'


def pieces_of(text: str, keys: Collection[str] | None) -> Iterator[Piece]:
    """The parts of a text in their order, without the space between them."""
    place = 0
    while place < len(text):
        if text[place].isspace():
            place += 1
            continue
        piece = _term_at(text, place, keys) or _word_at(text, place)
        yield piece
        place = piece.end


def values_of(piece: Piece) -> list[tuple[str, int]]:
    """The values of a term and where each begins; at its end an empty one may begin.

    >>> values_of(next(pieces_of("status:open,", [])))
    [('open', 7), ('', 12)]
    """
    found = _TERM.match(piece.word)
    start = len(piece.word) if found is None else found.start(4)
    each = list(_EACH.finditer(piece.word, start))
    values = [(_unquoted(value[0]), piece.start + value.start()) for value in each]
    if not each or each[-1].end() < len(piece.word):
        values.append(("", piece.end))
    return values


def _term_at(text: str, place: int, keys: Collection[str] | None) -> Piece | None:
    found = _TERM.match(text, place)
    name = None if found is None else _name_of(found[2], keys)
    if found is None or name is None:
        return None
    minus, _, comparison, values = found.groups()
    each = tuple(_unquoted(value[0]) for value in _EACH.finditer(values))
    term = Term(name, each, comparison or "", bool(minus))
    return Piece(place, found.end(), found[0], term)


def _word_at(text: str, place: int) -> Piece:
    found = _WORD.match(text, place)
    end = place + 1 if found is None else found.end()
    word = text[place:end]
    named = _NAMED.match(word)
    if named and named[2]:
        word = word[: named.start(2)] + word[named.start(2) + 1 :]
    return Piece(place, end, word, None)


def _name_of(name: str, keys: Collection[str] | None) -> str | None:
    """The name of a term; None if there is none of this name."""
    name = name.lower()
    key = name.removeprefix(FIELD)
    if key == name and name in NAMES:
        return name
    return f"{FIELD}{key}" if keys is None or key in keys else None


def _escaped(word: str, keys: Collection[str] | None) -> str:
    named = _NAMED.match(word)
    if named is None or not (named[2] or _name_of(named[3], keys)):
        return word
    return f"{word[: named.start(2)]}\\{word[named.start(2) :]}"


def _unquoted(value: str) -> str:
    if not value.startswith('"'):
        return value
    closed = len(value) > 1 and value.endswith('"') and not _ends_escaped(value[:-1])
    return _ESCAPED.sub(r"\1", value[1:-1] if closed else value[1:])


def _ends_escaped(text: str) -> bool:
    """Whether an odd number of backslashes stands at the end."""
    return (len(text) - len(text.rstrip("\\"))) % 2 == 1
