"""How lists are queried: filters, order and position become SQL, made once for each shape.

A list is two steps. The first finds the integer keys of a page along one index; the table that
leads (a tag, a field's value, the full-text index, else the table itself) also gives the order,
except where what a search finds is sorted by something else than its creation.
The second, the room's own, reads those rows.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache, reduce
from operator import and_
from typing import Any

from peewee import (
    JOIN,
    OP,
    Expression,
    Field,
    Join,
    Node,
    Query,
    Select,
    Table,
    Tuple,
    Value,
    fn,
)

from cstar_core.documents import Index
from cstar_core.store import Prepared, prepare, slot
from cstar_core.tables import FieldValueRow, TagUseRow

Condition = Callable[[], Node]
_Joined = tuple[Any, list[Expression]]  # a table and its own conditions
_EQUAL = ("eq",)
_COMPARE = {"eq": OP.EQ, "gte": OP.GTE, "lte": OP.LTE, "gt": OP.GT, "lt": OP.LT}


@dataclass(frozen=True)
class Listed:
    """A table that is listed: its sort orders and the conditions it knows by name.

    ``counters`` know totals; ``watched`` says that its workspace notes whether rows were ever
    made out of order, so that else the order of keys is the order of creation.
    """

    model: Any
    index: Index
    sorts: Mapping[str, tuple[Field, ...]]
    conditions: Mapping[str, Condition]
    counters: Any = None
    watched: bool = False

    def __hash__(self) -> int:
        return hash(self.index.kind)


@dataclass(frozen=True, slots=True)
class Shape:
    """What a listing's SQL depends on, apart from the values.

    ``fields`` holds the comparisons of each filter on a custom field: ("eq",), ("gte", "lt").
    """

    workspace_id: int
    sort: str
    descending: bool
    conditions: tuple[str, ...] = ()
    choices: tuple[tuple[str, int], ...] = ()
    tags: int = 0
    fields: tuple[tuple[str, ...], ...] = ()
    match: bool = False
    exclude: bool = False
    index_ordered: bool = False

    @property
    def single(self) -> bool:
        """Whether one tag, value or search is all that is asked."""
        facets = self.tags + len(self.fields) + self.match
        return facets == 1 and not (self.conditions or self.choices or self.exclude)

    @property
    def countable(self) -> bool:
        """Whether the counters know the total: no filter but the choices."""
        return not (self.conditions or self.tags or self.fields or self.match or self.exclude)


@lru_cache(maxsize=512)
def keys_query(listed: Listed, shape: Shape, after: bool) -> Prepared:
    """SQL for the integer keys of a page, each followed by its position in the order."""
    plan = _Plan(listed, shape)
    order = plan.order()
    query = plan.select(plan.key(), *order)
    if after:
        query = query.where(_beyond(order, shape.descending))
    ordered = [column.desc() if shape.descending else column.asc() for column in order]
    return prepare(query.order_by(*ordered).limit(slot("limit")).offset(slot("offset")))


@lru_cache(maxsize=512)
def count_query(listed: Listed, shape: Shape) -> Prepared:
    """SQL for the exact number of rows, from counters where they are enough."""
    if listed.counters is not None and shape.countable:
        return prepare(_counted(listed.counters, shape))
    plan = _Plan(listed, replace(shape, sort="created_at", index_ordered=True))
    return prepare(plan.select(fn.COUNT(1)))


@lru_cache(maxsize=512)
def ranked_query(listed: Listed, shape: Shape) -> Prepared:
    """SQL for the newest matches of a search with their rank (smaller is better)."""
    plan = _Plan(listed, shape)
    query = plan.select(plan.key(), plan.rank())
    return prepare(query.order_by(plan.key().desc()).limit(slot("limit")))


def _counted(counters: Any, shape: Shape) -> Select:
    query: Select = counters.select(fn.COALESCE(fn.SUM(counters.tickets), 0))
    query = query.where(counters.workspace_id == slot("workspace"), counters.assigned_to == -1)
    for name, number in shape.choices:
        query = query.where(getattr(counters, name).in_(_places(name, number)))
    return query


def _places(name: str, number: int) -> list[Value]:
    return [slot(f"{name}{i}") for i in range(number)]


def _beyond(order: tuple[Any, ...], descending: bool) -> Expression:
    places = [slot(f"after{i}") for i in range(len(order))]
    return Expression(Tuple(*order), OP.LT if descending else OP.GT, Tuple(*places))


def _equal_values(shape: Shape) -> Iterator[_Joined]:
    for i, how in enumerate(shape.fields):
        if how == _EQUAL:
            rows = FieldValueRow.alias(f"v{i}")
            yield rows, _compared(rows, i, how)


def _tags(shape: Shape) -> Iterator[_Joined]:
    for i in range(shape.tags):
        rows = TagUseRow.alias(f"g{i}")
        yield rows, [rows.tag_id == slot(f"tag{i}")]


def _compared(rows: Any, i: int, comparisons: tuple[str, ...]) -> list[Expression]:
    """The conditions of the filter ``i`` on its rows."""
    compared = [
        Expression(rows.value, _COMPARE[how], slot(f"value{i}{how}")) for how in comparisons
    ]
    return [rows.field_id == slot(f"field{i}"), *compared]


def _within(i: int, comparisons: tuple[str, ...]) -> Select:
    """The owners of the values in a range: looked up once, where a join would walk the range
    for each row again."""
    rows = FieldValueRow.alias(f"v{i}")
    query: Select = rows.select(rows.owner_id).where(*_compared(rows, i, comparisons))
    return query


class _Plan:
    """One shape's tables, joined in the order in which SQLite shall walk them."""

    def __init__(self, listed: Listed, shape: Shape) -> None:
        self.listed = listed
        self.shape = shape
        self.facets = [*_equal_values(shape), *_tags(shape)]
        name = listed.index.table(shape.workspace_id)
        self.matches: Any = Table(name).alias("s") if shape.match else None

    def lead(self) -> Any:
        """The table that is walked first: a search always, since the full-text index asked for
        one row at a time reads all its matches again for each."""
        if self.matches is not None:
            return self.matches
        by_creation = self.shape.sort == "created_at"
        return self.facets[0][0] if by_creation and self.facets else None

    def ordered(self) -> bool:
        """Whether the leading table gives the order, so that nothing needs sorting."""
        return self.lead() is not None and (self.matches is None or self.shape.index_ordered)

    def key(self) -> Any:
        """The integer key of the listed row, as the leading table has it."""
        lead = self.lead()
        if lead is None:
            return self.listed.model.id
        return lead.c.rowid if lead is self.matches else lead.owner_id

    def bare(self) -> bool:
        """Whether the leading table decides alone, so that the listed one is not needed."""
        return self.shape.single and self.ordered()

    def rank(self) -> Any:
        """How well a row matches the search; nothing ranks where nothing is searched."""
        if self.matches is None:
            return Value(0)
        return fn.bm25(self.matches.c[self.listed.index.table(self.shape.workspace_id)])

    def order(self) -> tuple[Any, ...]:
        """The columns of the order, the last one unique."""
        if not self.ordered():
            return self.listed.sorts[self.shape.sort]
        lead = self.lead()
        return (lead.c.rowid,) if lead is self.matches else (lead.created_at, lead.owner_id)

    def select(self, *columns: Any) -> Select:
        """A query over the joined tables with every condition."""
        model, lead = self.listed.model, self.lead()
        source = model if lead is None else lead
        conditions = self._conditions()
        if lead is not None and not self.bare():
            source = Join(source, model, JOIN.CROSS)
            conditions.append(Expression(model.id, OP.EQ, self.key()))
        for table, own in self._facets_and_matches():
            if table is lead:
                conditions += own
            else:
                how = JOIN.INNER if lead is None else JOIN.CROSS
                source = Join(source, table, how, on=reduce(and_, [*own, *self._links(table)]))
        return Select([source], columns).where(*conditions)

    def _facets_and_matches(self) -> list[_Joined]:
        if self.matches is None:
            return self.facets
        name = self.listed.index.table(self.shape.workspace_id)
        match = Expression(self.matches.c[name], "MATCH", slot("match"))
        return [(self.matches, [match]), *self.facets]

    def _links(self, table: Any) -> list[Expression]:
        """How a table follows the listed one: by all of its key, so that each row is one seek."""
        model = self.listed.model
        return [
            Expression(table.created_at, OP.EQ, model.created_at),
            Expression(table.owner_id, OP.EQ, model.id),
        ]

    def _conditions(self) -> list[Any]:
        conditions: list[Any] = []
        model = self.listed.model
        if not self.bare():
            conditions.append(model.workspace_id == slot("workspace"))
        ranges = [(i, how) for i, how in enumerate(self.shape.fields) if how != _EQUAL]
        conditions += [model.id.in_(_within(i, how)) for i, how in ranges]
        conditions += [self.listed.conditions[name]() for name in self.shape.conditions]
        for name, number in self.shape.choices:
            conditions.append(getattr(model, name).in_(_places(name, number)))
        return [*conditions, self._exclusion()] if self.shape.exclude else conditions

    def _exclusion(self) -> Expression:
        name = self.listed.index.table(self.shape.workspace_id)
        unwanted = Table(name).alias("x")
        rows: Query = unwanted.select(unwanted.c.rowid).where(
            Expression(unwanted.c[name], "MATCH", slot("exclude"))
        )
        excluded: Expression = self.listed.model.id.not_in(rows)
        return excluded
