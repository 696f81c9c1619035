"""A file as text: in its encoding, line by line, with bounds on what is held at once."""

import codecs
import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO, Protocol, TextIO

from cstar_core.checks import invalid, raise_any

LINE_MAX = 16 * 1024 * 1024
HEAD = 1024 * 1024
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_WIDE = ("utf-16", "utf-32")


@dataclass(slots=True)
class Opened:
    """A file that is being read; ``done`` is how far, of ``size`` bytes."""

    text: TextIO
    binary: BinaryIO
    size: int
    encoding: str

    @property
    def done(self) -> int:
        """How many bytes have been read."""
        return self.binary.tell()


@contextmanager
def opened(path: str, encoding: str | None) -> Iterator[Opened]:
    """Open a file as text. Raises Invalid for what is no encoding or no plain file, and OSError.

    A byte that does not fit the encoding becomes a lone surrogate, so only the row that has it is
    refused, and comes out again as it went in.
    """
    if not os.path.isfile(path) and os.path.exists(path):
        raise_any(invalid("file", "must be a plain file"))
    with open(path, "rb") as binary:
        used = encoding or _marked(binary.read(4)) or "utf-8"
        _check_encoding(used)
        binary.seek(0)
        strict = codecs.lookup(used).name.startswith(_WIDE)
        errors = "strict" if strict else "surrogateescape"
        with io.TextIOWrapper(binary, used, errors, newline="") as text:
            yield Opened(text, binary, os.fstat(binary.fileno()).st_size, used)


def _marked(head: bytes) -> str | None:
    return next((name for mark, name in _MARKS if head.startswith(mark)), None)


def _check_encoding(name: str) -> None:
    try:
        io.TextIOWrapper(io.BytesIO(), name)
    except (LookupError, ValueError):  # also what is a codec, but not of text
        raise_any(invalid("encoding", "must be one that Python knows, such as utf-8 or cp1252"))


class Readable(Protocol):
    """What gives lines."""

    def readline(self, most: int, /) -> str:
        """The next line, or its first so many characters; "" at the end."""


class Lines:
    """The lines of a text; one that is too long becomes an empty one, and ``cut`` is set."""

    def __init__(self, text: Readable) -> None:
        self._text = text
        self.cut = False

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._text.readline(LINE_MAX)
        if not line:
            raise StopIteration
        if len(line) < LINE_MAX or line[-1] in "\r\n":
            return line
        self.cut = True
        while (rest := self._text.readline(LINE_MAX)) and rest[-1] not in "\r\n":
            pass
        return "\n"


def is_whole(text: str) -> bool:
    """Whether every byte that the text was read from fits the encoding."""
    return text.isascii() or not any("\ud800" <= mark <= "\udfff" for mark in text)
