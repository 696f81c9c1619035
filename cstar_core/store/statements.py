"""Queries written in Peewee, turned into SQL once and run often."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeVar

from peewee import SQL, Model, NodeList, Query, SelectBase, Value

# A statement that writes several rows costs half of as many that write one.
AT_ONCE = 40

Rows = TypeVar("Rows", bound=Query)


@dataclass(frozen=True, slots=True)
class Slot:
    """The place of a value that is given when a prepared query runs."""

    name: str


def slot(name: str) -> Value:
    """A named place for a value in a query that is prepared once and run often."""
    return Value(Slot(name), converter=False, unpack=False)


def limited(query: Rows) -> Rows:
    """The first rows of a query; how many at most is its slot ``limit``."""
    limited: Rows = query.limit(_sum_of("limit"))
    return limited


def paged(query: Rows) -> Rows:
    """The first rows after the first so many of a query: its slots ``limit`` and ``offset``."""
    paged: Rows = limited(query).offset(_sum_of("offset"))
    return paged


def _sum_of(name: str) -> NodeList:
    """A slot whose value SQLite does not look at before the statement runs.

    Where a limit is a bare parameter, versions from 3.47 on compile its value into the statement,
    and compile it anew when it runs again, which takes several times as long as to run it. 3.54.0
    may keep the first value for good if it is the 33rd parameter or a later one and several streams
    are merged: all pages are then as long as the first one was.
    """
    return NodeList((SQL("0 +"), slot(name)))


@dataclass(frozen=True, slots=True)
class Prepared:
    """A Peewee query turned into SQL once: building one costs twenty times running it."""

    sql: str
    params: tuple[object, ...]
    reads: bool

    def bind(self, values: Mapping[str, object]) -> list[object]:
        """The parameters in order, slots filled; a missing name is a KeyError."""
        return [values[p.name] if isinstance(p, Slot) else p for p in self.params]


def prepare(query: Query) -> Prepared:
    """Compile a query written in Peewee."""
    sql, params = query.sql()
    return Prepared(sql, tuple(params), isinstance(query, SelectBase))


def prepare_insert(model: type[Model], names: Sequence[str]) -> Prepared:
    """An insert of rows whose values come in the order of the names, for ``many``."""
    columns = [getattr(model, name) for name in names]
    return prepare(model.insert_many([[slot(name) for name in names]], fields=columns))


@lru_cache(64)
def widened(query: Prepared) -> str:
    """The SQL of an insert of one row, for ``AT_ONCE`` of them."""
    return query.sql + f", ({', '.join('?' * len(query.params))})" * (AT_ONCE - 1)
