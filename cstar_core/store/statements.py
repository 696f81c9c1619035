"""Queries written in Peewee, turned into SQL once and run often."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from peewee import Model, Query, SelectBase, Value

# A statement that writes several rows costs half of as many that write one.
AT_ONCE = 40


@dataclass(frozen=True, slots=True)
class Slot:
    """The place of a value that is given when a prepared query runs."""

    name: str


def slot(name: str) -> Value:
    """A named place for a value in a query that is prepared once and run often."""
    return Value(Slot(name), converter=False, unpack=False)


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
