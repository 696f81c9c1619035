"""One view: what a page needs of it, and the rules of what is saved."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypedDict

from peewee import JOIN, fn

from cstar_core.checks import Rule, check_all, check_flag, check_text
from cstar_core.clock import from_seconds
from cstar_core.errors import Problem
from cstar_core.ids import public_id
from cstar_core.search import has_words
from cstar_core.store import SqlRow, prepare, slot
from cstar_core.tables import MemberRow, ViewRow
from cstar_core.tickets import TicketFilter
from cstar_core.views.language import Query, read_query
from cstar_core.views.meaning import VIEW_TEXT_MAX, Known, shown_text, understand

VIEW_NAME_MAX = 100
# Of a team's shared views, and of each member's own ones.
VIEWS_MAX = 100
# Ids are longer than the names that they stand for.
STORED_MAX = 4 * VIEW_TEXT_MAX
STEP = 1 << 16


@dataclass(frozen=True, slots=True)
class View:
    """Tickets that somebody looks at again and again: a text that finds them, under a name.

    ``filter`` and ``sort`` are what ``tickets.list`` takes. With ``problems`` it finds nothing:
    something that the text names is gone. One that is built in has its key as ``id``;
    ``member_id`` is who made it, None if that member is gone.
    """

    id: str
    name: str
    text: str
    filter: TicketFilter
    sort: str | None
    problems: tuple[Problem, ...]
    is_shared: bool
    is_built_in: bool
    member_id: str | None
    position: int
    created_at: datetime | None
    updated_at: datetime | None
    version: int

    @property
    def searches(self) -> bool:
        """Whether it has words, so that finding its tickets needs the search index."""
        return has_words(self.filter.get("search"))


@dataclass(frozen=True, slots=True)
class ViewCount:
    """How many tickets a view has; with ``more`` at least so many."""

    tickets: int
    more: bool = False


class ViewChanges(TypedDict, total=False):
    """What may change; an absent key means "leave it"."""

    name: str
    text: str
    shared: bool


@dataclass(frozen=True, slots=True)
class BuiltIn:
    """A view that every team has."""

    key: str
    name: str
    text: str


BUILT_IN = (
    BuiltIn("mine", "Mine", "assignee:me status:new,open,pending"),
    BuiltIn("unassigned", "Unassigned", "is:unassigned status:new,open,pending"),
    BuiltIn("open", "Open", "status:new,open"),
    BuiltIn("pending", "Pending", "status:pending"),
    BuiltIn("resolved", "Resolved", "status:resolved,closed"),
    BuiltIn("all", "All", ""),
)


def _name(param: str, value: object) -> list[Problem]:
    return check_text(param, value, VIEW_NAME_MAX, blank=False)


def _text(param: str, value: object) -> list[Problem]:
    return check_text(param, value, VIEW_TEXT_MAX)


RULES: dict[str, Rule] = {"name": _name, "text": _text, "shared": check_flag}


def check_view(values: Mapping[str, object], *, updating: bool) -> list[Problem]:
    """Every rule that the values break, apart from what the text means."""
    return check_all(values, RULES, () if updating else ("name",))


COLUMNS = (
    ViewRow.id,
    ViewRow.uid,
    ViewRow.name,
    ViewRow.query,
    ViewRow.is_shared,
    MemberRow.uid,
    ViewRow.position,
    ViewRow.created_at,
    ViewRow.updated_at,
    ViewRow.version,
)
_MADE = ViewRow.select(*COLUMNS).join(
    MemberRow, JOIN.LEFT_OUTER, on=(MemberRow.id == ViewRow.member_id)
)
_MINE = ViewRow.workspace_id == slot("workspace")
# Shared ones, and those of the member who asks.
_SEEN = _MINE & ((ViewRow.is_shared == 1) | (MemberRow.uid == slot("member")))
SHARED_ONES = prepare(_MADE.where(_MINE & (ViewRow.is_shared == 1)))
OWN_ONES = prepare(
    _MADE.where(_MINE & (ViewRow.is_shared == 0) & (MemberRow.uid == slot("member")))
)
BY_UID = prepare(_MADE.where(_SEEN & (ViewRow.uid == slot("uid"))))
PLACES = prepare(
    ViewRow.select(ViewRow.id, ViewRow.position).where(_MINE).order_by(ViewRow.position, ViewRow.id)
)
LAST = prepare(ViewRow.select(fn.COALESCE(fn.MAX(ViewRow.position), 0)).where(_MINE))
SHARED = prepare(ViewRow.select(fn.COUNT(1)).where(_MINE & (ViewRow.is_shared == 1)))
PRIVATE = prepare(
    ViewRow.select(fn.COUNT(1)).where(
        _MINE & (ViewRow.is_shared == 0) & (ViewRow.member_id == slot("member"))
    )
)
PLACE = prepare(ViewRow.update({ViewRow.position: slot("place")}).where(ViewRow.id == slot("id")))
DELETE = prepare(ViewRow.delete().where(ViewRow.id == slot("id")))


def view_of(row: SqlRow, known: Known) -> View:
    """The value that a row of ``COLUMNS`` holds."""
    _, uid, name, query, is_shared, member, position, created_at, updated_at, version = row
    parsed = read_query(query)
    reading = understand(parsed, known, saved=True)
    return View(
        public_id("view", uid),
        name,
        shown_text(parsed, known),
        reading.filter,
        reading.sort,
        reading.problems,
        bool(is_shared),
        False,
        None if member is None else public_id("member", member),
        position,
        from_seconds(created_at),
        from_seconds(updated_at),
        version,
    )


def built_in(known: Known) -> tuple[View, ...]:
    """The views that every team has; "Mine" only for a member."""
    views = (_built_in(place, one, known) for place, one in enumerate(BUILT_IN))
    return tuple(view for view in views if not view.problems)


def _built_in(place: int, one: BuiltIn, known: Known) -> View:
    query: Query = read_query(one.text)
    reading = understand(query, known)
    about = (one.key, one.name, one.text, reading.filter, reading.sort, reading.problems)
    return View(*about, True, True, None, place, None, None, 1)
