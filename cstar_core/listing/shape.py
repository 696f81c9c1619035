"""What is listed, what a list is asked for, and how a query walks: all that its SQL depends on."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cstar_core.documents import Index
from cstar_core.store import Prepared

EQUAL = ("eq",)
# Whose tickets are counted: everybody's or nobody's; a block of -1 stands for all of them.
ALL, NOBODY = -1, 0
# The order in which rows were made: by created_at and key, or by number.
AGE = "age"
# Where a stream begins: after a place, or in two parts, after a place among the rows of the same
# instant (or name) and after all of these. SQLite looks a key up only where the rest is equal.
PLACE, SAME, REST = "place", "same", "rest"

_INDEXES = {AGE: "created_at", "priority": "state"}
_COVERED: dict[str, tuple[str, ...]] = {
    "created_at": ("created_at",),
    "updated_at": ("updated_at", "status", "priority", "assigned_to"),
    "number": ("number",),
    "name": ("name",),
    "state": ("status", "priority", "created_at"),
    "assigned": ("assigned_to", "status", "created_at"),
    "customer": ("customer_id", "status", "created_at"),
    "tag": ("created_at",),
    "value": ("created_at",),
    "range": ("created_at",),
    "row": ("number", "uid"),
}
_CELLS = {"state": ("status", "priority"), "assigned": ("status",), "customer": ("status",)}


# Columns and how many of their values are chosen.
Choices = tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Compared:
    """A condition on a column; its value has the condition's name, unless it is NULL."""

    column: str
    how: str


@dataclass(frozen=True, slots=True)
class Counters:
    """A table of exact totals, and how many numbers a block has in it."""

    model: Any
    block_size: int


@dataclass(frozen=True)
class Listed:
    """A table that is listed.

    ``sorts`` are the columns of each order, the last one unique: a place in the list.
    ``codes`` says how many values a column that is chosen from has. ``everything`` counts a
    workspace's rows; ``in_order`` says whether their keys follow their creation.
    """

    model: Any
    index: Index
    sorts: Mapping[str, tuple[str, ...]]
    conditions: Mapping[str, Compared]
    codes: Mapping[str, int]
    everything: Prepared
    in_order: Prepared
    counters: Counters | None = None

    def __hash__(self) -> int:
        return hash(self.index.kind)


@dataclass(frozen=True, slots=True)
class Shape:
    """What a list is asked for, apart from the values.

    ``fields`` holds the comparisons of each filter on a custom field: ("eq",), ("gte", "lt").
    """

    workspace_id: int
    sort: str
    descending: bool
    conditions: tuple[str, ...] = ()
    choices: Choices = ()
    tags: int = 0
    fields: tuple[tuple[str, ...], ...] = ()
    match: bool = False
    exclude: bool = False

    @property
    def assigned(self) -> bool:
        """Whether it asks for a member's tickets, or nobody's."""
        return "assigned" in self.conditions or "unassigned" in self.conditions

    @property
    def referring(self) -> bool:
        """Whether it names one row by its number or id."""
        return "number" in self.conditions or "uid" in self.conditions

    @property
    def counted(self) -> bool:
        """Whether the counters know the total."""
        others = self.tags or self.fields or self.match or self.exclude
        return not others and set(self.conditions) <= {"assigned", "unassigned"}

    @property
    def single_tag(self) -> bool:
        """Whether one tag is all that is asked for."""
        others = self.fields or self.match or self.exclude or self.conditions or self.choices
        return self.tags == 1 and not others

    @property
    def ranges(self) -> int:
        """How many filters are a range of a field's values."""
        return sum(how != EQUAL for how in self.fields)


@dataclass(frozen=True, slots=True)
class Lead:
    """The index that a query walks; ``place`` tells which tag or filter."""

    kind: str
    place: int = 0

    @property
    def covers(self) -> tuple[str, ...]:
        """The columns of the listed row that stand in the index."""
        return _COVERED.get(self.kind, ())

    @property
    def elsewhere(self) -> bool:
        """Whether it is an index of a table of its own, and not of the listed one."""
        return self.kind in ("tag", "value", "range", "match")

    @property
    def cells(self) -> tuple[str, ...]:
        """The columns by which the index falls into streams that are in order."""
        return _CELLS.get(self.kind, ())

    def yields(self, order: str, in_order: bool) -> bool:
        """Whether its rows come out in an order, so that nothing needs sorting."""
        if self.kind == "match":
            return order == "number" or (order == AGE and in_order)
        if self.kind == "state":
            return order in (AGE, "priority")
        aged = ("created_at", "assigned", "customer", "tag", "value")
        return order == AGE if self.kind in aged else order == self.kind


def plain(order: str) -> Lead:
    """The index of the whole table in an order."""
    return Lead(_INDEXES.get(order, order))


@dataclass(frozen=True, slots=True)
class Leg:
    """A stream of rows: where it begins and whether it ends at a place."""

    after: str = ""
    until: bool = False


@dataclass(frozen=True, slots=True)
class Walk:
    """How the rows of a page are found: through the streams of a lead, merged.

    ``sorts``: what the lead yields is not in order. ``probes``: excluded words are looked up row
    by row, and not found all at once. ``alone``: only what the lead itself asks for counts.
    """

    lead: Lead
    order: str
    descending: bool
    legs: tuple[Leg, ...]
    sorts: bool = False
    probes: bool = False
    alone: bool = False

    def columns(self, place: tuple[str, ...]) -> tuple[str, ...]:
        """The columns of a place that put the rows in order; none where no order is asked for."""
        if self.lead.kind == "match" and not self.sorts:
            return ("id",)
        return ("created_at", "id") if self.order == AGE else place if self.order else ()


@dataclass(frozen=True, slots=True)
class Asked:
    """A list that is asked for: its shape, and the values.

    ``uses`` says how often each of its tags is used; ``terms`` counts the words that are searched
    for or excluded; ``prefix`` says whether one of them is only the beginning of a word.
    """

    shape: Shape
    values: Mapping[str, Any]
    uses: tuple[int, ...] = ()
    terms: int = 0
    prefix: bool = False
