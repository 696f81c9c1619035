"""Who a mail is from and to: addresses as mail programs write them, in one walk over a header."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from cstar_core.checks import NAME_MAX, check_email
from cstar_core.letters.charsets import decoded
from cstar_core.letters.letter import Correspondent
from cstar_core.letters.words import words_read

_TOKENS = re.compile(
    r"""(?P<word>=\?[^?\s]{1,60}\?[bBqQ]\?[^?]{0,500}\?=)|(?P<quoted>"(?:[^"\\]|\\.)*"?)"""
    r"""|(?P<angle><[^<>]*>?)|(?P<literal>\[[^\[\]]*\]?)|(?P<mark>[(),;:])"""
    r"""|(?P<text>[^"(),;:<>\[=]+|.)""",
    re.DOTALL,
)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_MAILTO = "mailto:"


@dataclass(slots=True)
class _Entry:
    """What was found of one address so far."""

    words: list[str] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)
    angle: str = ""

    def made(self) -> Correspondent | None:
        """The address and its name, if there is a valid one."""
        text = "".join(self.words)
        if found := _address(self.angle):
            return _named(text if text.strip() else "".join(self.comments), found)
        for word in text.split():
            if found := _address(word):
                return _named(text.replace(word, " ") + "".join(self.comments), found)
        # Some write blanks around the sign.
        found = _address(text)
        return _named("".join(self.comments), found) if found else None


def correspondents(values: Iterable[bytes], most: int) -> tuple[Correspondent, ...]:
    """The valid addresses in the headers of a name, each once, at most so many.

    >>> correspondents([b'"Doe, Jane" <jane@example.com>, bob@example.com (Bob)'], 9)[1].name
    'Bob'
    """
    found: dict[str, Correspondent] = {}
    for value in values:
        for each in _read(value):
            if len(found) >= most:
                return tuple(found.values())
            found.setdefault(each.address.lower(), each)
    return tuple(found.values())


def _read(value: bytes) -> Iterator[Correspondent]:
    text = decoded(value)
    entries = [each for entry in _entries(text) if (each := entry.made())]
    if not entries and "=?" in text:
        # Some programs encode the address with its name.
        entries = [each for entry in _entries(words_read(text)) if (each := entry.made())]
    yield from entries


def _entries(text: str) -> Iterator[_Entry]:
    entry, depth = _Entry(), 0
    for token in _TOKENS.finditer(text):
        kind, piece = token.lastgroup, token[0]
        if kind == "mark" and piece in "()":
            depth = max(0, depth + (1 if piece == "(" else -1))
            entry.comments.append(" ")
        elif depth:
            entry.comments.append(piece)
        elif kind == "mark" and piece in ",;":
            yield entry
            entry = _Entry()
        elif kind == "mark":
            # What stood before the colon is the name of a group.
            entry.words.clear()
        elif kind == "angle" and not entry.angle:
            entry.angle = piece.strip("<>")
        elif kind == "quoted":
            entry.words.append(_ESCAPED.sub(r"\1", piece.strip('"')))
        else:
            entry.words.append(piece)
    yield entry


def _address(text: str) -> str:
    bare = "".join(text.split())
    if bare[: len(_MAILTO)].lower() == _MAILTO:
        bare = bare[len(_MAILTO) :]
    # A route, as mail of old may have it, ends with a colon.
    bare = bare.rpartition(":")[2].strip("<>'\".,;")
    return "" if check_email("address", bare) else bare


def _named(name: str, address: str) -> Correspondent:
    bare = " ".join(words_read(name).split()).strip("<>'\" ")
    return Correspondent("" if bare.lower() == address.lower() else bare[:NAME_MAX], address)
