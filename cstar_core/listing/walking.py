"""The rows of one page: read along an index, or sorted where few match."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from math import isqrt
from typing import Any

from cstar_core.listing.far import Part, approached, part_of, turned
from cstar_core.listing.shape import AGE, ALL, PLACE, REST, SAME, Lead, Leg, Walk, plain
from cstar_core.listing.statements import page_query, place_query
from cstar_core.listing.survey import Candidate, Survey
from cstar_core.pages import Position, Window, bad_cursor

Place = Mapping[str, Any]
# How much longer a walk is tried the next time, if it was too short.
LONGER = 4
_WHOLE = Leg()
# The order in which a lead is walked to be counted: its own.
_OWN_ORDER = {"match": "number", "updated_at": "updated_at"}


@dataclass(frozen=True, slots=True)
class Counted:
    """How many rows a list has; with ``more`` at least so many."""

    rows: int
    more: bool = False


def places_of(survey: Survey, window: Window) -> list[Position]:
    """The rows of a window and one more; each ends with its key, the last has its whole place."""
    rows = rows_of(survey, part_of(survey, window))
    last, sort = window.size - 1, survey.shape.sort
    if len(rows) > window.size and len(rows[last]) < len(survey.listed.sorts[sort]):
        rows[last] = survey.snap.all(place_query(survey.listed, sort), key=rows[last][-1])[0]
    return rows


def rows_of(survey: Survey, part: Part) -> list[Position]:
    """Some rows of the list, by what puts them in order; each ends with its key."""
    if part.limit == 0 or survey.total == 0:
        return []
    near = approached(survey, turned(part, survey.total))
    rows = _rows(survey, near)
    return rows if near.descending == part.descending else rows[::-1]


def count_up_to(survey: Survey, most: int) -> Counted:
    """How many rows a list has, for no more than the survey's effort.

    What would cost more is walked as far as that goes, or until so many are found.
    """
    shape = survey.shape
    if shape.counted or shape.single_tag or shape.referring:
        return Counted(survey.total)
    if shape.exclude:
        return _count_without(survey, most)
    lead, size = survey.best
    if size is None:
        size = survey.measure(lead, int(survey.effort))
    if size * survey.weight(lead) <= survey.effort:
        return Counted(survey.total)
    return _count_along(survey, plain(AGE) if lead.kind == "range" else lead, most)


def _count_without(survey: Survey, most: int) -> Counted:
    """All but those that have excluded words; if both are many, looked up row by row."""
    included, unwanted = (count_up_to(each, most) for each in (survey.including, survey.unwanted))
    if not (included.more or unwanted.more):
        return Counted(included.rows - unwanted.rows)
    return _count_along(survey, plain(AGE), most)


def _count_along(survey: Survey, lead: Lead, most: int) -> Counted:
    """The rows on a part of an index, in its own order."""
    order = _OWN_ORDER.get(lead.kind, "created_at")
    shape = replace(survey.shape, sort=order, descending=True)
    walked = survey.of(replace(survey.asked, shape=shape))
    weight = survey.weight(lead) + (survey.words if shape.exclude else 0)
    part = Part(True, 0, most + 1)
    until = _place_after(walked, lead, part, max(1, int(survey.effort / weight)))
    rows = len(_walk(walked, lead, part, until, probes=True))
    return Counted(min(rows, most), until is not None or rows > most)


def _rows(survey: Survey, part: Part) -> list[Position]:
    """Along the index that leads, if it is in order; else along another one, or sorted."""
    best, quick = survey.best, survey.ordered
    if quick.lead == best.lead and not survey.shape.exclude:
        return _walk(survey, best.lead, part)
    rows = _tried(survey, quick, part)
    return _walk(survey, best.lead, part) if rows is None else rows


def _tried(survey: Survey, quick: Candidate, part: Part) -> list[Position] | None:
    """The rows, along an index where others may have to be passed over; None if too many.

    What is searched may all lie at the far end. So the walk first goes as far as it should have
    to, then farther, while that costs less than the way that is sure.
    """
    size, weight, sure = survey.size(quick), survey.weight(quick.lead), _sure_cost(survey)
    if survey.shape.exclude:
        weight += survey.words
    if size * weight <= sure:
        return _walk(survey, quick.lead, part, probes=True)
    wanted = part.offset + part.limit
    steps = max(1, (wanted + 4 * isqrt(wanted)) * size // survey.total)
    while steps * weight <= sure:
        until = _place_after(survey, quick.lead, part, steps)
        rows = _walk(survey, quick.lead, part, until, probes=True)
        if until is None or len(rows) == part.limit:
            return rows
        steps *= LONGER
    return None


def _sure_cost(survey: Survey) -> float:
    """What it costs to look at all that the best lead has, and to sort it."""
    cost = survey.size(survey.best) * survey.weight(survey.best.lead, sorts=True)
    return cost + 4 * survey.everything if survey.shape.exclude else cost


def _place_after(survey: Survey, lead: Lead, part: Part, steps: int) -> Place | None:
    """The place of the row so many steps down an index, None if it ends before."""
    names = Walk(lead, survey.order, True, ()).columns(survey.listed.sorts[survey.shape.sort])
    edge = Part(part.descending, steps, 1, part.after)
    found = _walk(survey, lead, edge, alone=True)
    return dict(zip((f"until_{name}" for name in names), found[0], strict=True)) if found else None


def _walk(
    survey: Survey,
    lead: Lead,
    part: Part,
    until: Place | None = None,
    *,
    probes: bool = False,
    alone: bool = False,
) -> list[Position]:
    """Run one walk."""
    sorts = not survey.yields(lead)
    whole: list[tuple[Leg, dict[str, int]]] = [(Leg(PLACE if part.after else ""), {})]
    legs = whole if sorts else sorted(_legs(survey, lead, part, until), key=_likeness)
    if not legs:
        return []
    flags = tuple(leg for leg, _ in legs)
    walk = Walk(lead, survey.order, part.descending, flags, sorts, probes, alone)
    values: dict[str, Any] = {**survey.asked.values, **(part.after or {}), **(until or {})}
    for number, (_, cell) in enumerate(legs):
        values |= {f"{name}_{number}": code for name, code in cell.items()}
    query = page_query(survey.listed, survey.shape, walk)
    return survey.snap.all(query, **values, limit=part.limit, offset=part.offset)


def _likeness(leg: tuple[Leg, object]) -> tuple[str, bool]:
    """Streams that are alike stand together, so that there are fewer statements."""
    return leg[0].after, leg[0].until


def _legs(
    survey: Survey, lead: Lead, part: Part, until: Place | None
) -> Iterator[tuple[Leg, dict[str, int]]]:
    """The streams of a lead, each with the cell of the counters that it is."""
    for cell in _cells(survey, lead):
        if part.after is None and until is None:
            yield _WHOLE, cell
            continue
        priority = cell.get("priority", 0)
        after = _side(survey, part.after, "after_priority", priority)
        ends = _side(survey, until, "until_priority", priority)
        down = 1 if part.descending else -1
        if after * down > 0 or ends * down < 0:
            continue
        for begins in _beginnings(lead, part.after is not None and after == 0):
            yield Leg(begins, until is not None and ends == 0), cell


def _cells(survey: Survey, lead: Lead) -> list[dict[str, int]]:
    """What the streams of a lead have in common: a status, or a status and a priority."""
    if lead.kind == "state":
        cells = survey.cells(ALL)
        return [{"status": status, "priority": priority} for status, priority, _ in cells]
    if lead.kind == "assigned":
        return [{"status": status} for status in {cell[0]: None for cell in survey.by_member}]
    if lead.kind == "customer":
        number = dict(survey.shape.choices).get("status")
        if number is None:
            return [{"status": status} for status in range(survey.listed.codes["status"])]
        return [{"status": survey.asked.values[f"status{i}"]} for i in range(number)]
    return [{}]


def _beginnings(lead: Lead, cut: bool) -> tuple[str, ...]:
    if not cut:
        return ("",)
    return (PLACE,) if lead.elsewhere or lead.kind == "number" else (SAME, REST)


def _side(survey: Survey, place: Place | None, name: str, priority: int) -> int:
    """Where a stream of one priority lies: 0 at a place, else the priority's difference to it."""
    if place is None or survey.order != "priority":
        return 0
    there = place[name]
    if not isinstance(there, int):
        raise bad_cursor()
    return priority - there
