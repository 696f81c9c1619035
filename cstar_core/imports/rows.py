"""Reading CSV: the columns of its first row, then an entry for each row below."""

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Protocol, TextIO

from cstar_core.checks import invalid, raise_any
from cstar_core.imports.drafts import Entry
from cstar_core.imports.text import Lines, is_whole

DELIMITERS = (",", ";", "\t", "|")
COLUMNS_MAX = 1_000


class Reader(Protocol):
    """A reader of the standard library, which has no type of its own."""

    @property
    def line_num(self) -> int:
        """How many lines have been read."""

    def __next__(self) -> list[str]:
        """The cells of the next row."""


_QUOTED = re.compile(r'"[^"]*"')


@dataclass(frozen=True, slots=True)
class Table:
    """The columns of a CSV file, its delimiter, and its rows, read as they are asked for."""

    columns: tuple[str, ...]
    delimiter: str
    entries: Iterator[Entry]


def read_table(text: TextIO, delimiter: str | None) -> Table:
    """The columns and rows of a CSV file. Raises Invalid for a file without usable columns."""
    lines = Lines(text)
    first = next((line for line in lines if line.strip() or lines.cut), "")
    if lines.cut:
        raise_any(invalid("file", "must have columns in its first line, which is far too long"))
    if not first:
        raise_any(invalid("file", "must not be empty"))
    used = delimiter or find_delimiter(first)
    # Strict: a quote that is never closed would otherwise swallow the rows after it.
    reader = csv.reader(chain([first], lines), delimiter=used, strict=True)
    try:
        head = next(reader)
    except csv.Error as error:
        raise_any(invalid("file", f"must have columns in its first line, which is broken: {error}"))
    if len(head) > COLUMNS_MAX:
        raise_any(invalid("file", f"must have at most {COLUMNS_MAX:,} columns"))
    if not all(map(is_whole, head)):
        rule = "has columns that do not fit the encoding; name the right one"
        raise_any(invalid("file", rule))
    columns = name_columns(head)
    return Table(columns, used, _entries(reader, lines, len(columns)))


def find_delimiter(line: str) -> str:
    """What separates the columns of a first line: the likeliest mark outside of quotes.

    >>> find_delimiter('Subject;"Name, first"'), find_delimiter("text")
    (';', ',')
    """
    plain = _QUOTED.sub("", line)
    return max(DELIMITERS, key=plain.count)


def name_columns(head: Sequence[str]) -> tuple[str, ...]:
    """The names of columns: trimmed, none empty, none twice.

    >>> name_columns(["Id", " Tags", "", "Tags"])
    ('Id', 'Tags', 'column 3', 'Tags (2)')
    """
    names: list[str] = []
    for place, cell in enumerate(head, 1):
        name = cell.strip() or f"column {place}"
        number, chosen = 1, name
        while chosen in names:
            number += 1
            chosen = f"{name} ({number})"
        names.append(chosen)
    return tuple(names)


def _entries(reader: Reader, lines: Lines, width: int) -> Iterator[Entry]:
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield Entry(line, (), problem=f"is not a row of CSV: {error}")
            continue
        if lines.cut:
            lines.cut = False
            yield Entry(line, (), problem="is far too long")
        elif any(cells):
            yield Entry(line, cells, sum(map(len, cells)), _wrong(cells, width))


def _wrong(cells: Sequence[str], width: int) -> str:
    if len(cells) > width:
        return f"has {len(cells):,} cells, but there are {width:,} columns"
    if not all(map(is_whole, cells)):
        return "has bytes that do not fit the encoding; name the right one"
    return ""
