"""How much a query finds where: which index is best to lead, and the exact total.

All of it is read in the snapshot of the list itself. Sizes choose the way, never the answer.
"""

from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property
from math import inf
from typing import NamedTuple

from cstar_core.listing.shape import AGE, ALL, EQUAL, NOBODY, Asked, Lead, Listed, Walk, plain
from cstar_core.listing.statements import cells_query, count_query, measure_query
from cstar_core.listing.walked import needs_row
from cstar_core.store import Snapshot

# What things cost, in steps along an index (1 is about 50 ns): to read the listed row, to look up
# a tag or value of it, to find a number in its JSON, to ask the full-text index about one word of
# it, to sort it.
ROW, SEEK, JSON, WORD, SORT = 16, 12, 40, 700, 10
# To learn a size is worth so much of what it may save.
WORTH = 1 / 20
# A status, a priority, and how many tickets have both.
Cell = tuple[int, int, int]


class Candidate(NamedTuple):
    """An index that may lead, with the number of its rows; None if it is the only one."""

    lead: Lead
    size: int | None


class Survey:
    """The sizes that matter for one list; to learn one costs at most ``effort``, in steps."""

    def __init__(self, snap: Snapshot, listed: Listed, asked: Asked, effort: float = inf) -> None:
        self.snap = snap
        self.listed = listed
        self.asked = asked
        self.effort = effort
        self.shape = asked.shape
        self._cells: dict[tuple[int, bool], list[Cell]] = {}

    @cached_property
    def everything(self) -> int:
        """The number of rows in the workspace."""
        return int(self.snap.value(self.listed.everything, **self.asked.values))

    @cached_property
    def in_order(self) -> bool:
        """Whether keys and numbers rise with the time of creation."""
        return bool(self.snap.value(self.listed.in_order, **self.asked.values))

    @cached_property
    def order(self) -> str:
        """What the rows are sorted by. By number is by age where the two agree."""
        sort = self.shape.sort
        return AGE if sort == "created_at" or (sort == "number" and self.in_order) else sort

    @cached_property
    def member(self) -> int:
        """Whose tickets are asked for, as the counters know it."""
        if "assigned" in self.shape.conditions:
            return int(self.asked.values["assigned"])
        return NOBODY if self.shape.assigned else ALL

    @cached_property
    def best(self) -> Candidate:
        """The index that costs least to walk through; the first of equals."""
        found = self._filters
        if len(found) < 2:
            return found[0] if found else Candidate(plain(self.order), None)
        whole = Candidate(plain(self.order), self.everything)
        best = min((one for one in found if one.size is not None), key=self.cost, default=whole)
        for lead, size in found:
            if size is None:
                worth = int(min(self.cost(best) * WORTH, self.effort))
                measured = Candidate(lead, self.measure(lead, worth))
                best = min(measured, best, key=self.cost)
        return best

    @cached_property
    def ordered(self) -> Candidate:
        """The best index that yields the order of the list."""
        if self.yields(self.best.lead):
            return self.best
        known = [one for one in self._filters if one.size is not None and self.yields(one.lead)]
        return min(known, key=self.cost, default=Candidate(plain(self.order), self.everything))

    @cached_property
    def total(self) -> int:
        """The exact number of rows."""
        if self.shape.exclude:
            return self._total_without()
        if self.shape.counted:
            filtered = self.shape.choices or self.shape.assigned
            return _tickets(self.cells(self.member)) if filtered else self.everything
        if self.shape.single_tag:
            return self.asked.uses[0]
        query = count_query(self.listed, self.shape, self.best.lead)
        return int(self.snap.value(query, **self.asked.values))

    def yields(self, lead: Lead) -> bool:
        """Whether what a lead finds is in the order of the list."""
        return lead.yields(self.order, lead.kind == "match" and self.in_order)

    @cached_property
    def included(self) -> int:
        """The number of rows if no words were excluded."""
        return self.including.total if self.shape.exclude else self.total

    @property
    def including(self) -> "Survey":
        """The list without the exclusion of words."""
        return self.of(replace(self.asked, shape=replace(self.shape, exclude=False)))

    @property
    def unwanted(self) -> "Survey":
        """What the exclusion of words takes from the list."""
        values = {**self.asked.values, "match": self.asked.values["exclude"]}
        shape = replace(self.shape, exclude=False, match=True)
        return self.of(replace(self.asked, shape=shape, values=values))

    def of(self, asked: Asked) -> "Survey":
        """Another list, of the same state and for the same effort."""
        return Survey(self.snap, self.listed, asked, self.effort)

    def size(self, candidate: Candidate) -> int:
        """The rows of a lead; of the only one, all that is asked for."""
        return self.included if candidate.size is None else candidate.size

    def cost(self, candidate: Candidate) -> float:
        """What it costs to look at all rows of a lead."""
        return self.size(candidate) * self.weight(candidate.lead)

    def weight(self, lead: Lead, *, sorts: bool = False) -> float:
        """What it costs to look at one row of a lead, and to sort it if that is wanted."""
        shape = self.shape
        walk = Walk(lead, self.order if sorts else "", False, (), sorts)
        ranges = shape.ranges - (lead.kind == "range")
        facets = shape.tags + len(shape.fields) - shape.ranges - (lead.kind in ("tag", "value"))
        weight = 1 + ROW * needs_row(self.listed, shape, walk) + SEEK * facets + JSON * ranges
        weight += SORT if sorts else 0
        return weight + self.words if shape.match and lead.kind != "match" else weight

    @cached_property
    def words(self) -> float:
        """What it costs to look whether the searched or excluded words are in one row.

        A beginning of a word is looked for in the whole index, for each row again.
        """
        return inf if self.asked.prefix else WORD * self.asked.terms

    def cells(self, member: int, *, any_priority: bool = False) -> list[Cell]:
        """The tickets of a member, by what is asked for of status and priority."""
        key = (member, any_priority)
        if key not in self._cells:
            choices = self.shape.choices
            if any_priority:
                choices = tuple(one for one in choices if one[0] != "priority")
            query = cells_query(self.listed, choices)
            self._cells[key] = self.snap.all(query, **self.asked.values, member=member)
        return self._cells[key]

    @cached_property
    def by_member(self) -> list[Cell]:
        """The member's tickets of each status asked for, whatever their priority."""
        chosen = any(name == "priority" for name, _ in self.shape.choices)
        return self.cells(self.member, any_priority=chosen)

    @cached_property
    def _filters(self) -> list[Candidate]:
        """Every index that a filter could be led by."""
        if self.shape.referring:
            return [Candidate(Lead("row"), 1)]
        found = [*self._by_counters(), *self._uncounted()]
        if self.shape.match and self.asked.prefix:
            return [one for one in found if one.lead.kind == "match"]
        return found

    def _by_counters(self) -> Iterator[Candidate]:
        yield from (Candidate(Lead("tag", i), n) for i, n in enumerate(self.asked.uses))
        if self.shape.assigned:
            yield Candidate(Lead("assigned"), _tickets(self.by_member))
        names = [name for name, _ in self.shape.choices]
        if "priority" in names or (names and not self.shape.assigned):
            yield Candidate(Lead("state"), _tickets(self.cells(ALL)))

    def _uncounted(self) -> Iterator[Candidate]:
        for i, how in enumerate(self.shape.fields):
            yield Candidate(Lead("value" if how == EQUAL else "range", i), None)
        if "customer" in self.shape.conditions:
            yield Candidate(Lead("customer"), None)
        for column in ("created", "updated"):
            if {f"{column}_after", f"{column}_before"}.intersection(self.shape.conditions):
                yield Candidate(Lead(f"{column}_at"), None)
        if self.shape.match:
            yield Candidate(Lead("match"), None)

    def measure(self, lead: Lead, limit: int) -> int:
        """The rows of a lead; if there are many, as many as there can be."""
        limit = max(limit, 1)
        query = measure_query(self.listed, self.shape, lead)
        size = int(self.snap.value(query, **self.asked.values, limit=limit))
        return size if size < limit else self.everything

    def _total_without(self) -> int:
        """Without the excluded words: all but those that have one."""
        return self.included - self.unwanted.total


def _tickets(cells: list[Cell]) -> int:
    return sum(tickets for _, _, tickets in cells)
