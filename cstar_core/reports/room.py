"""The room of reports: how much there was to do, how long it took, and whose it was."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Unpack

from cstar_core import facets
from cstar_core.checks import noting, raise_any
from cstar_core.clock import from_seconds
from cstar_core.errors import Forbidden, Problem
from cstar_core.reports import walks
from cstar_core.reports.grouping import OTHER, Choice, Grouping, read_grouping
from cstar_core.reports.narrowing import Narrowing, ReportFilter, read_narrowing
from cstar_core.reports.period import Period, read_period, read_zone
from cstar_core.reports.report import Breakdown, Count, Group, ResponseTimes, Volume
from cstar_core.reports.spread import Spread
from cstar_core.scope import Scope
from cstar_core.store import Snapshot, SqlRow, Store
from cstar_core.tickets import ENTITY

GROUPS_MAX = 100
_PARTS = 64
_FOR_EVER = 1 << 62
_EVERYBODY, _NOBODY = -1, 0
_TIMES = ("first_response_at", "resolved_at")


class Reports:
    """What the tickets of one workspace tell of a time.

    ``start`` and ``end`` are dates, as such or as text; both days count. A day is that of ``zone``,
    an IANA name or an offset such as +02:00. Each ticket counts as it is now: on the day on which
    it was created, first answered, and resolved if it is. Raises Invalid, and Forbidden in a
    workspace that a publishable key opened.
    """

    def __init__(self, store: Store, scope: Scope) -> None:
        self._store = store
        self._scope = scope

    def today(self, zone: str = "UTC") -> date:
        """The day it is now in a time zone. Raises Invalid."""
        place, problems = read_zone(zone)
        raise_any(problems)
        return from_seconds(self._store.now()).astimezone(place).date()

    def volume(
        self,
        start: date | str,
        end: date | str,
        *,
        zone: str = "UTC",
        interval: str = "day",
        **narrowed: Unpack[ReportFilter],
    ) -> Volume:
        """How many tickets were created, resolved and reopened in each interval, and left open.

        ``interval`` is day, week (from Monday) or month; there are at most 366. The ``backlog``
        is what was created, less what was resolved, up to the end of the interval.
        """
        with self._reading((start, end, zone, interval), narrowed) as (read, _):
            spans = [(span.begins, span.ends) for span in read.period.spans]
            # What came after the period leads from what is open now to what was open then.
            spans.append((read.period.ends, _FOR_EVER))
            found = {what: read.counts(what, spans) for what in ("created", "resolved", "reopened")}
            return _volume(read.period, found, read.open())

    def times(
        self,
        start: date | str,
        end: date | str,
        *,
        zone: str = "UTC",
        **narrowed: Unpack[ReportFilter],
    ) -> ResponseTimes:
        """How long it took to answer first, and to resolve, what was answered or resolved then.

        Both count from the creation, in seconds. The first answer is the first public message of
        an agent.
        """
        with self._reading((start, end, zone, "month"), narrowed) as (read, _):
            first, resolution = (read.spread(column) for column in _TIMES)
        return ResponseTimes(first.durations(), resolution.durations())

    def breakdown(
        self,
        by: str,
        start: date | str,
        end: date | str,
        *,
        zone: str = "UTC",
        **narrowed: Unpack[ReportFilter],
    ) -> Breakdown:
        """The same by member, tag, priority, or a custom field (``custom_fields.region``).

        The field is a select, multiselect or boolean. A ticket counts for each of its tags and
        chosen options. There are at most 100 groups, and ``other`` for the rest; one for which
        nothing happened is left out.
        """
        with self._reading((start, end, zone, "month"), narrowed, by) as (read, grouping):
            return read.breakdown(grouping)

    @contextmanager
    def _reading(
        self,
        days: tuple[object, object, object, object],
        narrowed: ReportFilter,
        by: object = "priority",
    ) -> Iterator[tuple["_Reading", Grouping]]:
        """Read all that is asked for; raises Invalid with everything that is wrong with it."""
        if not self._scope.internal:
            raise Forbidden("A publishable key does not open the reports")
        problems: list[Problem] = []
        with noting(problems):
            period = read_period(*days)
        with self._store.snapshot() as snap:
            known = facets.definitions(snap, self._scope.workspace_id, ENTITY)
            with noting(problems):
                narrowing = read_narrowing(snap, self._scope, narrowed, known)
            with noting(problems):
                grouping = read_grouping(snap, self._scope, by, known)
            raise_any(problems)
            yield _Reading(snap, self._scope.workspace_id, narrowing, period), grouping


@dataclass(frozen=True, slots=True)
class _Reading:
    """One consistent state, and what is asked of it."""

    snap: Snapshot
    workspace_id: int
    narrowing: Narrowing
    period: Period

    def counts(self, what: str, spans: Sequence[tuple[int, int]]) -> list[int]:
        """How many there were in each span."""
        rows = self._run(walks.counted_by_span(what, self._shape), spans=json.dumps(spans))
        return _in_order(rows)

    def open(self) -> int:
        """How many tickets are open now."""
        given = self.narrowing.values.get("assigned", _EVERYBODY)
        counted = _NOBODY if "unassigned" in self._shape else given
        ((number,),) = self._run(walks.counted_open(self._shape), counted=counted)
        return int(number)

    def spread(
        self,
        column: str,
        where: tuple[str, str] = ("0", ""),
        values: Mapping[str, object] | None = None,
    ) -> Spread:
        """How long it took, of what was done in the period."""
        return self._spread(walks.durations(column, self._shape, *where), values or {})

    def breakdown(self, grouping: Grouping) -> Breakdown:
        """The groups of the period."""
        created = self._created(grouping)
        order = sorted(created, key=lambda each: (-each[1], each[0].name, each[0].key or ""))
        shown = [choice for choice, _ in order[:GROUPS_MAX]]
        where, values = self._told_apart(grouping, shown)
        spreads = [self.spread(column, where, values) for column in _TIMES]
        groups = [
            _group(choice.key, choice.name, number, spreads, grouping.number(place, choice))
            for place, (choice, number) in enumerate(order[:GROUPS_MAX])
        ]
        left = sum(number for _, number in order[GROUPS_MAX:])
        other = _group(None, OTHER, left, spreads, 0)
        return Breakdown(
            tuple([group for group in groups if _happened(group)]),
            other if _happened(other) else None,
        )

    def _told_apart(
        self, grouping: Grouping, shown: Sequence[Choice]
    ) -> tuple[tuple[str, str], dict[str, object]]:
        """The SQL that tells the group of a ticket, if these are shown, and its values."""
        values = {**grouping.values, **grouping.top(shown)}
        return (grouping.group(shown), grouping.joined), values

    def _created(self, grouping: Grouping) -> list[tuple[Choice, int]]:
        choices = grouping.choices
        if self._shape:
            where, values = self._told_apart(grouping, choices)
            text = walks.told_apart(self._shape, *where)
            counts = self._spread(text, values).counts()
            numbers = enumerate(choices)
            return [(one, counts.get(grouping.number(place, one), 0)) for place, one in numbers]
        rows = self._run(
            walks.counted_by_group(grouping.lead),
            groups=json.dumps([choice.indexed for choice in choices]),
            begins=self.period.begins,
            ends=self.period.ends,
            **grouping.values,
        )
        return list(zip(choices, _in_order(rows), strict=True))

    def _spread(self, text: str, values: Mapping[str, object]) -> Spread:
        parts = json.dumps(walks.parts(self.period.begins, self.period.ends, _PARTS))
        return Spread(numbers for (numbers,) in self._run(text, parts=parts, **values))

    @property
    def _shape(self) -> walks.Shape:
        return self.narrowing.conditions

    def _run(self, text: str, **values: object) -> list[SqlRow]:
        given = {"workspace": self.workspace_id, **self.narrowing.values, **values}
        return walks.run(self.snap, text, given)


def _in_order(rows: Iterable[SqlRow]) -> list[int]:
    """The numbers of an array's elements, in the order of the array."""
    found: dict[int, int] = dict(rows)
    return [found[place] for place in range(len(found))]


def _volume(period: Period, found: Mapping[str, Sequence[int]], backlog: int) -> Volume:
    counts: list[Count] = []
    backlog += found["resolved"][-1] - found["created"][-1]
    for place, span in reversed(list(enumerate(period.spans))):
        numbers = {what: counted[place] for what, counted in found.items()}
        counts.append(Count(span.first, span.last, **numbers, backlog=backlog))
        backlog += numbers["resolved"] - numbers["created"]
    totals = {what: sum(counted[:-1]) for what, counted in found.items()}
    return Volume(tuple(reversed(counts)), **totals)


def _group(
    key: str | None, name: str, created: int, spreads: Sequence[Spread], number: int
) -> Group:
    first, resolution = spreads
    resolved = resolution.count(number)
    return Group(key, name, created, resolved, first.median(number), resolution.median(number))


def _happened(group: Group) -> bool:
    return group.created > 0 or group.resolved > 0 or group.first_response is not None
