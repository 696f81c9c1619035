"""The tables of one query, in the order in which SQLite shall walk them.

The lead comes first, by the index that INDEXED BY names: SQLite fails rather than take another.
CROSS JOIN keeps the order of the tables that follow.
"""

from collections.abc import Iterator
from functools import reduce
from operator import and_
from typing import Any

from peewee import (
    JOIN,
    OP,
    SQL,
    Case,
    Context,
    Expression,
    Join,
    Node,
    NodeList,
    Select,
    Table,
    fn,
)

from cstar_core.listing.shape import EQUAL, Leg, Listed, Shape, Walk
from cstar_core.store import slot
from cstar_core.tables import FieldValueRow, TagUseRow

_COMPARE = {"eq": OP.EQ, "gte": OP.GTE, "lte": OP.LTE, "gt": OP.GT, "lt": OP.LT}
_FACETS = ("tag", "value", "range")
# The conditions that the index of a lead answers, beside bounds of the instants it is sorted by.
_OWN = {
    "assigned": ("assigned", "unassigned"),
    "customer": ("customer",),
    "row": ("number", "uid"),
}


class IndexedBy(Node):
    """A table that is read by one index and no other."""

    def __init__(self, table: Any, index: str) -> None:
        self.table = table
        self.index = index

    def __sql__(self, ctx: Context) -> Context:
        named: Context = ctx.sql(self.table).literal(f' INDEXED BY "{self.index}"')  # type: ignore[no-untyped-call]
        return named


def plus(column: Any) -> NodeList:
    """A column that nothing is looked up by."""
    return NodeList((SQL("+"), column), glue="")


def needs_row(listed: Listed, shape: Shape, walk: Walk) -> bool:
    """Whether the listed row is read for each of a lead's, beside what stands in the index."""
    if walk.alone:
        return False
    lead = walk.lead
    compared = (listed.conditions[name].column for name in shape.conditions)
    read = {*compared, *(name for name, _ in shape.choices)}
    if walk.sorts:
        read.update(walk.columns(listed.sorts.get(shape.sort, ())))
    facets = shape.tags + len(shape.fields) - (lead.kind in _FACETS)
    if facets:
        read.add("created_at")
    ranges = shape.ranges > (lead.kind == "range")
    return ranges or not read <= {"id", *lead.covers}


class Walked:
    """One stream of a walk: its tables, joined, with every condition."""

    def __init__(self, listed: Listed, shape: Shape, walk: Walk, number: int) -> None:
        self.listed = listed
        self.shape = shape
        self.walk = walk
        self.number = number
        self.leg: Leg = walk.legs[number]
        self.model = listed.model
        self.lead = self._table(walk.lead.kind, walk.lead.place)
        self.led = not walk.lead.elsewhere
        self.joined = not self.led and needs_row(listed, shape, walk)
        self.by_cell = bool(walk.lead.cells) and not walk.sorts

    def select(self, *columns: Any) -> Select:
        """A query over the joined tables with every condition."""
        source = self._indexed() if self.led else self.lead
        conditions = [*self._own(), *self._bounds()]
        if self.joined:
            source = Join(source, self.model, JOIN.CROSS)
            conditions.append(Expression(self.model.id, OP.EQ, self.column("id")))
            mine = plus(self.model.workspace_id)
            conditions.append(Expression(mine, OP.EQ, slot("workspace")))
        if not self.walk.alone:
            for kind, place in self._facets():
                table = self._table(kind, place)
                links = [*self._asked(table, kind, place), *self._links(table, kind)]
                source = Join(source, table, JOIN.CROSS, on=reduce(and_, links))
            conditions += [*self._others(), *self._ranges(), *self._exclusion()]
        return Select([source], columns).where(*conditions)

    def column(self, name: str) -> Any:
        """A column of the listed row, from where it costs least."""
        if not self.led and name == "id":
            return self.lead.c.rowid if self.walk.lead.kind == "match" else self.lead.owner_id
        if not self.led and name in self.walk.lead.covers:
            return getattr(self.lead, name)
        return getattr(self.model, name)

    def rank(self) -> Any:
        """How well a row matches the search."""
        return fn.bm25(self.lead.c[self._index()])

    def _index(self) -> str:
        return self.listed.index.table(self.shape.workspace_id)

    def _indexed(self) -> Any:
        if self.walk.lead.kind == "row":
            return self.model
        name = self.walk.lead.kind.removesuffix("_at")
        return IndexedBy(self.model, f"{self.model._meta.table_name}_{name}")

    def _table(self, kind: str, place: int) -> Any:
        if kind == "tag":
            return TagUseRow.alias(f"g{place}")
        if kind in ("value", "range"):
            return FieldValueRow.alias(f"v{place}")
        return Table(self._index()).alias("s") if kind == "match" else self.model

    def _asked(self, table: Any, kind: str, place: int) -> list[Expression]:
        """The rows of a table that a filter asks for."""
        if kind == "match":
            return [Expression(table.c[self._index()], "MATCH", slot("match"))]
        if kind == "tag":
            return [table.tag_id == slot(f"tag{place}")]
        compared = [
            Expression(table.value, _COMPARE[how], slot(f"value{place}{how}"))
            for how in self.shape.fields[place]
        ]
        return [table.field_id == slot(f"field{place}"), *compared]

    def _links(self, table: Any, kind: str) -> list[Expression]:
        """How a table follows: by all of its key, so that each row is one seek."""
        if kind == "match":
            return [Expression(table.c.rowid, OP.EQ, self.column("id"))]
        return [
            Expression(table.created_at, OP.EQ, self.column("created_at")),
            Expression(table.owner_id, OP.EQ, self.column("id")),
        ]

    def _facets(self) -> Iterator[tuple[str, int]]:
        """The filters by a table of their own, except for the lead."""
        kinds = [("value", i) for i, how in enumerate(self.shape.fields) if how == EQUAL]
        kinds += [("tag", i) for i in range(self.shape.tags)]
        kinds += [("match", 0)] if self.shape.match else []
        lead = (self.walk.lead.kind, self.walk.lead.place)
        return (one for one in kinds if one != lead)

    def _own(self) -> list[Any]:
        """What the lead itself answers."""
        kind, model = self.walk.lead.kind, self.model
        if not self.led:
            return self._asked(self.lead, kind, self.walk.lead.place)
        # A customer is one workspace's, and its index does not say which.
        own = [] if kind == "customer" else [model.workspace_id == slot("workspace")]
        names = _OWN.get(kind, ())
        own += [self._compared(name) for name in self.shape.conditions if name in names]
        if self.by_cell:
            cells = self.walk.lead.cells
            return own + [getattr(model, name) == slot(f"{name}_{self.number}") for name in cells]
        return own + [self._one_of(name) for name in self.walk.lead.cells]

    def _others(self) -> Iterator[Expression]:
        """What is read from the listed row."""
        lead = self.walk.lead
        own = (*_OWN.get(lead.kind, ()), *self._bounded())
        yield from (self._compared(name) for name in self.shape.conditions if name not in own)
        yield from (self._one_of(name) for name, _ in self.shape.choices if name not in lead.cells)

    def _compared(self, name: str) -> Expression:
        compared = self.listed.conditions[name]
        value = None if compared.how == OP.IS else slot(name)
        return Expression(getattr(self.model, compared.column), compared.how, value)

    def _one_of(self, name: str) -> Expression:
        """A column that has one of the values chosen, or of all it can have."""
        number = dict(self.shape.choices).get(name)
        places: list[Any] = [slot(f"{name}{i}") for i in range(number or 0)]
        values = list(range(self.listed.codes[name])) if number is None else places
        return Expression(getattr(self.model, name), OP.IN, values)

    def _bounded(self) -> tuple[str, ...]:
        """The bounds of the instants that the lead is sorted by."""
        for column in ("created", "updated"):
            if f"{column}_at" in self.walk.lead.covers:
                return (f"{column}_after", f"{column}_before")
        return ()

    def _bounds(self) -> Iterator[Expression]:
        """Those bounds. Where a place bounds the walk already, it is the closer one."""
        for name in self._bounded():
            if name in self.shape.conditions:
                compared = self.listed.conditions[name]
                column = self.column(compared.column)
                ends = (compared.how == OP.GT) == self.walk.descending
                closer = self.leg.until if ends else bool(self.leg.after)
                column = plus(column) if closer and not self.walk.sorts else column
                yield Expression(column, compared.how, slot(name))

    def _ranges(self) -> Iterator[Case]:
        """Ranges of values, read from the row.

        SQLite may read a fraction from JSON with another last bit than Python. So one is only
        trusted where the index has the very same.
        """
        lead = self.walk.lead
        led = lead.place if lead.kind == "range" else None
        for i, how in enumerate(self.shape.fields):
            if how != EQUAL and i != led:
                yield self._range(i)

    def _range(self, i: int) -> Case:
        value = fn.json_extract(self.model.custom_fields, slot(f"path{i}"))
        compared = [
            Expression(value, _COMPARE[how], slot(f"value{i}{how}")) for how in self.shape.fields[i]
        ]
        rows, inside = FieldValueRow.alias(f"w{i}"), FieldValueRow.alias(f"v{i}")
        same = rows.select(SQL("1")).where(
            rows.field_id == slot(f"field{i}"), rows.value == value, *self._links(rows, "value")
        )
        owners = inside.select(inside.owner_id).where(*self._asked(inside, "range", i))
        meant, kind = reduce(and_, compared), fn.typeof(value)
        known = [
            (kind.in_(("integer", "text")), meant),
            (kind == "null", 0),
            (fn.EXISTS(same), meant),
        ]
        return Case(None, known, Expression(plus(self.model.id), OP.IN, owners))

    def _exclusion(self) -> Iterator[Expression]:
        """No row that the excluded words match."""
        if not self.shape.exclude:
            return
        table = Table(self._index()).alias("x")
        matching = Expression(table.c[self._index()], "MATCH", slot("exclude"))
        key = self.column("id")
        if self.walk.probes:
            found = table.select(SQL("1")).where(matching, Expression(table.c.rowid, OP.EQ, key))
            yield ~fn.EXISTS(found)
        else:
            yield Expression(plus(key), OP.NOT_IN, table.select(table.c.rowid).where(matching))
