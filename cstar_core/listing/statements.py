"""The SQL of lists: written in Peewee, made once for each shape and way to walk."""

from functools import lru_cache, reduce
from typing import Any

from peewee import OP, SQL, Expression, NodeList, Select, Tuple, fn

from cstar_core.listing.shape import ALL, PLACE, SAME, Choices, Lead, Leg, Listed, Shape, Walk
from cstar_core.listing.walked import Walked, plus
from cstar_core.store import Prepared, limited, paged, prepare, slot

ONE_LEG = (Leg(),)


@lru_cache(maxsize=1024)
def page_query(listed: Listed, shape: Shape, walk: Walk) -> Prepared:
    """SQL for what puts the rows of a page in order; the last is the row's key."""
    order = walk.columns(listed.sorts[shape.sort])
    legs = [Walked(listed, shape, walk, leg) for leg in range(len(walk.legs))]
    streams: list[Any] = [_leg(one, order) for one in legs]
    query = reduce(lambda one, other: one.union_all(other), streams)
    if walk.sorts:
        columns: list[Any] = [plus(legs[0].column(name)) for name in order]
    else:
        columns = [SQL(str(place + 1)) for place in range(len(order))]
    direction = SQL("DESC" if walk.descending else "ASC")
    ordered = [NodeList((column, direction)) for column in columns]
    return prepare(paged(query.order_by(*ordered)))


@lru_cache(maxsize=16)
def place_query(listed: Listed, sort: str) -> Prepared:
    """SQL for the place of one row in a list."""
    model = listed.model
    columns = [getattr(model, name) for name in listed.sorts[sort]]
    return prepare(model.select(*columns).where(model.id == slot("key")))


@lru_cache(maxsize=64)
def cells_query(listed: Listed, choices: Choices) -> Prepared:
    """SQL for how many rows a member has of each status and priority."""
    rows, mine = _counted(listed, choices)
    whole = (rows.block == ALL) & (rows.tickets > 0)
    return prepare(rows.select(rows.status, rows.priority, rows.tickets).where(*mine, whole))


@lru_cache(maxsize=64)
def blocks_query(listed: Listed, choices: Choices, *, of_priority: bool) -> Prepared:
    """SQL for how many rows a member has in each block of numbers."""
    rows, mine = _counted(listed, choices)
    mine.append(rows.block > ALL)
    if of_priority:
        mine.append(rows.priority == slot("after_priority"))
    query = rows.select(rows.block, fn.SUM(rows.tickets)).where(*mine)
    return prepare(query.group_by(rows.block).order_by(rows.block))


@lru_cache(maxsize=4)
def neighbour_query(listed: Listed, *, before: bool) -> Prepared:
    """SQL for the time and key of the last row before a number, or of the first from it on."""
    model = listed.model
    aside = model.number < slot("number") if before else model.number >= slot("number")
    order = model.number.desc() if before else model.number
    query = model.select(model.created_at, model.id)
    return prepare(query.where(_mine(model), aside).order_by(order).limit(1))


@lru_cache(maxsize=512)
def count_query(listed: Listed, shape: Shape, lead: Lead) -> Prepared:
    """SQL for the exact number of rows."""
    walked = Walked(listed, shape, _whole(lead), 0)
    return prepare(walked.select(fn.COUNT(1)))


@lru_cache(maxsize=512)
def measure_query(listed: Listed, shape: Shape, lead: Lead) -> Prepared:
    """SQL for the number of rows that a lead has by itself, counted up to a limit."""
    walked = Walked(listed, shape, _whole(lead, alone=True), 0)
    counted = limited(walked.select(SQL("1"))).alias("counted")
    return prepare(Select([counted], [fn.COUNT(1)]))


@lru_cache(maxsize=512)
def ranked_query(listed: Listed, shape: Shape) -> Prepared:
    """SQL for the newest matches of a search with their rank (smaller is better)."""
    walked = Walked(listed, shape, _whole(Lead("match")), 0)
    key = walked.column("id")
    return prepare(limited(walked.select(key, walked.rank()).order_by(key.desc())))


def _counted(listed: Listed, choices: Choices) -> tuple[Any, list[Any]]:
    """The counters, and which of them are a member's and of what is chosen."""
    rows: Any = listed.counters.model if listed.counters else None
    conditions = [_mine(rows), rows.assigned_to == slot("member")]
    for name, number in choices:
        places = [slot(f"{name}{i}") for i in range(number)]
        conditions.append(Expression(getattr(rows, name), OP.IN, places))
    return rows, conditions


def _mine(model: Any) -> Expression:
    return Expression(model.workspace_id, OP.EQ, slot("workspace"))


def _whole(lead: Lead, *, alone: bool = False) -> Walk:
    """A walk through all that a lead has, in no order."""
    return Walk(lead, "", False, ONE_LEG, sorts=True, alone=alone)


def _leg(walked: Walked, order: tuple[str, ...]) -> Select:
    """One stream of rows between two places. One of a single priority is placed by age alone."""
    leg, down = walked.leg, walked.walk.descending
    beyond, within = (OP.LT, OP.GTE) if down else (OP.GT, OP.LTE)
    names = [one for one in order if not (one == "priority" and walked.by_cell)]
    query = walked.select(*map(walked.column, order))
    if leg.after == PLACE:
        query = query.where(_beside(walked, names, beyond, "after"))
    elif leg.after:
        first, key = names
        same = _beside(walked, [first], OP.EQ, "after"), _beside(walked, [key], beyond, "after")
        rest = (_beside(walked, [first], beyond, "after"),)
        query = query.where(*(same if leg.after == SAME else rest))
    return query.where(_beside(walked, names, within, "until")) if leg.until else query


def _beside(walked: Walked, names: list[str], how: str, edge: str) -> Expression:
    """Rows on one side of a place."""
    columns = [walked.column(name) for name in names]
    if walked.walk.sorts:
        columns = [plus(column) for column in columns]
    places = [slot(f"{edge}_{name}") for name in names]
    if len(names) == 1:
        return Expression(columns[0], how, places[0])
    return Expression(Tuple(*columns), how, Tuple(*places))
