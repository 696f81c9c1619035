"""What rooms read and write through: a consistent view, and a unit of writing."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any

from peewee import Query

from cstar_core.engine import sqlite3
from cstar_core.store.statements import AT_ONCE, Prepared, prepare, widened

SqlRow = tuple[Any, ...]


class Snapshot:
    """A consistent view of the file; it only reads.

    ``settled`` says that the search index is up to date in it, once somebody has made sure.
    """

    __slots__ = ("connection", "settled")

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection
        self.settled = False

    def all(self, query: Prepared | Query, **values: object) -> list[SqlRow]:
        """Every row of a query."""
        return self._execute(query, values).fetchall()

    def each(self, query: Prepared | Query, **values: object) -> Iterator[SqlRow]:
        """The rows of a query one after another, so that there may be more than fit in memory."""
        return iter(self._execute(query, values))

    def first(self, query: Prepared | Query, **values: object) -> SqlRow | None:
        """The first row, or None."""
        row: SqlRow | None = self._execute(query, values).fetchone()
        return row

    def value(self, query: Prepared | Query, **values: object) -> Any:
        """The first column of the first row, or None."""
        row = self.first(query, **values)
        return None if row is None else row[0]

    def sql(self, text: str, params: Iterable[object] = ()) -> list[SqlRow]:
        """Rows of a statement in SQLite's own words (pragmas and the full-text index)."""
        self._check(text.lstrip()[:6].upper() in ("SELECT", "PRAGMA", "EXPLAI"))
        return self.connection.execute(text, tuple(params)).fetchall()

    def _execute(self, query: Prepared | Query, values: Mapping[str, object]) -> sqlite3.Cursor:
        prepared = query if isinstance(query, Prepared) else prepare(query)
        self._check(prepared.reads)
        return self.connection.execute(prepared.sql, prepared.bind(values))

    def _check(self, reads: bool) -> None:
        if not reads:
            raise RuntimeError("A snapshot only reads; open a transaction to write.")


class Transaction(Snapshot):
    """A unit of writing; ``now`` is its one instant, in whole seconds since 1970."""

    __slots__ = ("now",)

    def __init__(self, connection: sqlite3.Connection, now: int) -> None:
        super().__init__(connection)
        self.now = now

    def run(self, query: Prepared | Query, **values: object) -> int:
        """Run a write; the number of rows it touched."""
        return self._execute(query, values).rowcount

    def insert(self, query: Prepared | Query, **values: object) -> int:
        """Insert one row; its integer key."""
        return self._execute(query, values).lastrowid or 0

    def many(self, query: Prepared, rows: Iterable[Sequence[object]]) -> None:
        """Run a prepared insert for rows of values, given in the order of its slots."""
        waiting = iter(rows)
        while group := list(islice(waiting, AT_ONCE)):
            if len(group) < AT_ONCE:
                self.connection.executemany(query.sql, group)
            else:
                self.connection.execute(widened(query), list(chain.from_iterable(group)))

    def next_key(self, table: str) -> int:
        """The integer key of the next row of a table that never gives a key twice."""
        found = self.sql("SELECT seq FROM sqlite_sequence WHERE name = ?", (table,))
        return int(found[0][0]) + 1 if found else 1

    def write_sql(self, text: str, params: Iterable[object] = ()) -> int:
        """Run a write in SQLite's own words; the number of rows it touched."""
        return self.connection.execute(text, tuple(params)).rowcount

    def write_many_sql(self, text: str, rows: Iterable[Sequence[object]]) -> None:
        """Run a write in SQLite's own words for each row of values."""
        self.connection.executemany(text, rows)

    def _check(self, reads: bool) -> None:
        return


@dataclass(frozen=True, slots=True)
class Upkeep:
    """What follows the rows in groups instead of in each transaction: the search index.

    ``waits`` tells whether it is behind, ``some`` runs at the end of each outermost transaction
    and catches up if there is much to do, ``everything`` catches up.
    """

    waits: Callable[[Snapshot], bool]
    some: Callable[[Transaction], None]
    everything: Callable[[Transaction], None]
