"""The rows of a filled desk, written by `executemany` alone: what SQLite itself takes for them."""

import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from itertools import islice
from pathlib import Path

from scripts.benchmark.data import Data, Entry

_PRAGMAS = ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = OFF")
_ORDINARY = (
    "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' "
    "AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
)
_FULL_TEXT = "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'virtual'"
_MADE_BY = "SELECT sql FROM sqlite_schema WHERE tbl_name = ? AND type <> 'trigger' AND sql NOT NULL"


def write_rows(source: Path, target: Path, steps: int) -> Iterator[float]:
    """Write every row of the source's tables into a new file with the same tables and indexes,
    in so many steps; yields the seconds that each took, without those for reading."""
    with closing(sqlite3.connect(source)) as reader, _made(target) as writer:
        tables = [name for (name,) in reader.execute(_ORDINARY)]
        for name in tables:
            _make_like(reader, writer, name)
        copies = [_Copy(reader, name, steps) for name in tables]
        for _ in range(steps):
            parts = [(copy.statement, copy.next_rows()) for copy in copies]
            yield _write(writer, parts)
        yield _close(writer)


def write_documents(source: Path, target: Path, data: Data, steps: int) -> Iterator[float]:
    """Index the text of every ticket in a full-text table like the source's, as above."""
    with closing(sqlite3.connect(source)) as reader, _made(target) as writer:
        names = [name for (name,) in reader.execute(_FULL_TEXT)]
        name = next(each for each in names if each.startswith("ticket"))
        _make_like(reader, writer, name)
        column = writer.execute("SELECT name FROM pragma_table_info(?)", (name,)).fetchone()[0]
        statement = f"INSERT INTO {name} (rowid, {column}) VALUES (?, ?)"  # noqa: S608
        documents = enumerate(map(_text, data.tickets([None], [None])), 1)
        for step in range(steps):
            rows = list(islice(documents, _share(data.size, step, steps)))
            yield _write(writer, [(statement, rows)])
        yield _close(writer)


class _Copy:
    """A table that is read in as many parts as there are steps."""

    def __init__(self, reader: sqlite3.Connection, name: str, steps: int) -> None:
        self._rows = reader.execute(f"SELECT * FROM {name}")  # noqa: S608 - a name of ours
        self._number = reader.execute(f"SELECT count(*) FROM {name}").fetchone()[0]  # noqa: S608
        self._steps = steps
        self._step = 0
        marks = ", ".join("?" * len(self._rows.description))
        self.statement = f"INSERT INTO {name} VALUES ({marks})"  # noqa: S608

    def next_rows(self) -> list[tuple[object, ...]]:
        """The rows of the next part."""
        number = _share(self._number, self._step, self._steps)
        self._step += 1
        return list(islice(self._rows, number))


def _share(number: int, step: int, steps: int) -> int:
    """How many of so many rows come in a step; all of them in all steps together."""
    return number * (step + 1) // steps - number * step // steps


def _made(target: Path) -> closing[sqlite3.Connection]:
    writer = sqlite3.connect(target, isolation_level=None)
    for pragma in _PRAGMAS:
        writer.execute(f"PRAGMA {pragma}")
    return closing(writer)


def _make_like(reader: sqlite3.Connection, writer: sqlite3.Connection, name: str) -> None:
    """The same table with its indexes, but without triggers."""
    for (statement,) in reader.execute(_MADE_BY, (name,)):
        writer.execute(statement)


def _write(
    writer: sqlite3.Connection, parts: Sequence[tuple[str, Sequence[Sequence[object]]]]
) -> float:
    started = time.perf_counter()
    writer.execute("BEGIN IMMEDIATE")
    for statement, rows in parts:
        writer.executemany(statement, rows)
    writer.execute("COMMIT")
    return time.perf_counter() - started


def _close(writer: sqlite3.Connection) -> float:
    """Closing the last connection folds the write-ahead log into the file."""
    started = time.perf_counter()
    writer.close()
    return time.perf_counter() - started


def _text(entry: Entry) -> str:
    return " ".join([entry["title"], *(message["content"] for message in entry["messages"])])
