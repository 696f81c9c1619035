"""Many tickets changed or deleted in one transaction, each as a call for it alone would do it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, NamedTuple, Protocol, TypeVar

from cstar_core import facets
from cstar_core import search as searching
from cstar_core.checks import invalid, raise_any
from cstar_core.errors import MISSING, HelpdeskError, Invalid, MergeConflict, NotFound, Problem
from cstar_core.ids import parse_id, public_id
from cstar_core.importing import PROBLEMS_MAX, within
from cstar_core.pages import next_cursor
from cstar_core.scope import Scope
from cstar_core.store import Snapshot, Transaction
from cstar_core.tickets.changing import MANY_RULES, Change
from cstar_core.tickets.filters import TicketFilter, check_filter, criteria, narrows
from cstar_core.tickets.listed import LISTED
from cstar_core.tickets.ticket import ENTITY, Stored, read_many, read_many_by_uid
from cstar_core.tickets.writing import delete_tickets

BULK_MAX = 1_000
# So many tickets are read, and their events written, at once: their notes may be long.
CHUNK = 100
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class BulkItem:
    """What became of one ticket: ``status`` is updated, unchanged, deleted or failed.

    ``error`` is what the call for this ticket alone would have raised.
    """

    id: str
    status: str
    error: HelpdeskError | None = None


@dataclass(frozen=True, slots=True)
class BulkResult:
    """What became of many tickets, in the order of the ids given, or by number.

    ``total`` is how many there were to do; with a filter they may be more than ``items`` has, and
    ``next_cursor`` goes on.
    """

    items: tuple[BulkItem, ...]
    total: int
    next_cursor: str | None = None

    @property
    def has_more(self) -> bool:
        """Whether tickets that match are left for another call."""
        return self.next_cursor is not None

    def count(self, status: str) -> int:
        """How many items have a status."""
        return sum(item.status == status for item in self.items)


@dataclass(frozen=True, slots=True)
class Which:
    """Which tickets are meant: by ids, or by a filter from a cursor on; ``atomic``: all or none."""

    ids: Sequence[str] | None
    filter: TicketFilter | None
    cursor: str | None
    atomic: bool

    def check(self) -> None:
        """Raises Invalid for what cannot be."""
        if self.ids is None and self.filter is None:
            raise Invalid([Problem("ids", MISSING, "is required, unless there is a filter")])
        if self.ids is not None and self.filter is not None:
            raise_any(invalid("ids", "must not be given together with filter"))
        raise_any(_check_ids(self.ids) if self.filter is None else _check_filter(self.filter))
        if self.cursor is not None and self.filter is None:
            raise_any(invalid("cursor", "can be given only together with filter"))
        if self.cursor is not None and self.atomic:
            raise_any(invalid("cursor", "must not be given together with atomic"))

    @property
    def searches(self) -> bool:
        """Whether finding them needs the search index."""
        return self.filter is not None and searching.has_words(self.filter.get("search"))


class Step(Protocol):
    """What is done to each ticket; ``write`` ends a group of them."""

    def apply(self, ticket: Stored) -> str:
        """Do it, or raise what stands against it; the status of the item."""

    def write(self) -> None:
        """Write what is written for all together."""


class Updating:
    """A change to each."""

    def __init__(self, tx: Transaction, scope: Scope, changes: Mapping[str, Any]) -> None:
        self._change = Change(tx, scope, changes, MANY_RULES)
        raise_any(within("changes", self._change.check() or self._change.unknown_fields()))
        try:
            self._change.resolve()
        except Invalid as error:
            raise Invalid(within("changes", error.problems)) from error

    def apply(self, ticket: Stored) -> str:
        """Change it."""
        raise_any(self._change.against(ticket))
        return "updated" if self._change.apply(ticket) else "unchanged"

    def write(self) -> None:
        """Record the events."""
        self._change.write()


class Deleting:
    """Each is deleted."""

    def __init__(self, tx: Transaction, scope: Scope) -> None:
        self._tx = tx
        self._scope = scope
        self._known = facets.definitions(tx, scope.workspace_id, ENTITY)
        self._tickets: list[Stored] = []

    def apply(self, ticket: Stored) -> str:
        """Take it in."""
        self._tickets.append(ticket)
        return "deleted"

    def write(self) -> None:
        """Delete what was taken in."""
        delete_tickets(self._tx, self._scope, self._tickets, self._known)
        self._tickets.clear()


class Target(NamedTuple):
    """A ticket that is meant: where it is named, its id, and its row if there is one."""

    place: str
    id: str
    stored: Stored | None


def do_all(tx: Transaction, scope: Scope, which: Which, step: Step) -> BulkResult:
    """Do the step to each of the tickets.

    Raises Invalid with the problems of at most 100 of them if ``atomic`` allows none.
    """
    targets, total, cursor = _targets(tx, scope, which)
    items: list[BulkItem] = []
    refused: list[Problem] = []
    for group in targets:
        for target in group:
            item = _item(target, step)
            items.append(item)
            if which.atomic and item.error is not None:
                refused += _problems(target.place, item.error)
        if len(refused) >= PROBLEMS_MAX:
            break
        if not refused:
            step.write()
    raise_any(refused[:PROBLEMS_MAX])
    return BulkResult(tuple(items), total, cursor)


def _item(target: Target, step: Step) -> BulkItem:
    try:
        if target.stored is None:
            raise NotFound("ticket", target.id)
        return BulkItem(target.id, step.apply(target.stored))
    except (Invalid, NotFound, MergeConflict) as error:
        return BulkItem(target.id, "failed", error)


def _problems(place: str, error: HelpdeskError) -> list[Problem]:
    """What one ticket stands in the way of all with."""
    if isinstance(error, Invalid):
        return within(place, error.problems)
    if isinstance(error, MergeConflict):
        return invalid(place, "is merged into another ticket, and stays closed")
    return invalid(place, "must be the id of an existing ticket")


def _targets(
    tx: Transaction, scope: Scope, which: Which
) -> tuple[Iterator[list[Target]], int, str | None]:
    """The tickets in groups, how many there are, and the cursor to those that are left."""
    if which.filter is None:
        ids = which.ids or ()
        return _by_id(tx, scope, ids), len(ids), None
    found = _found(tx, scope, which.filter, which.cursor)
    keys, window = found.keys[:BULK_MAX], found.window
    more = len(found.keys) > BULK_MAX
    if more and which.atomic:
        rule = f"matches {found.total:,} tickets; an atomic call takes at most {BULK_MAX:,}"
        raise Invalid(invalid("filter", rule))
    cursor = next_cursor(window, found.query, found.positions[BULK_MAX - 1]) if more else None
    return _by_key(tx, keys), found.total, cursor


def _found(
    snap: Snapshot, scope: Scope, given: TicketFilter, cursor: str | None
) -> searching.Found:
    """The matches by number, which no change to them changes, so that none is passed over."""
    try:
        asked = criteria(snap, scope, given, "number")
        return searching.find(snap, scope, LISTED, asked, 1, BULK_MAX, cursor, BULK_MAX)
    except Invalid as error:
        ours = [problem for problem in error.problems if problem.param == "cursor"]
        raise Invalid(ours or within("filter", error.problems)) from error


def _by_id(snap: Snapshot, scope: Scope, ids: Iterable[str]) -> Iterator[list[Target]]:
    for group in _groups(enumerate(ids)):
        uids = {id: parse_id("ticket", id) for _, id in group}
        rows = read_many_by_uid(snap, scope, [uid for uid in uids.values() if uid])
        found = {id: rows.get(uid) if uid else None for id, uid in uids.items()}
        yield [Target(f"ids.{place}", _printed(found[id], id), found[id]) for place, id in group]


def _by_key(snap: Snapshot, keys: Iterable[int]) -> Iterator[list[Target]]:
    for group in _groups(keys):
        rows = read_many(snap, group)
        tickets = [Stored._make(rows[key]) for key in group]
        yield [Target(id, id, one) for one in tickets for id in [_printed(one, "")]]


def _groups(them: Iterable[T]) -> Iterator[list[T]]:
    left = iter(them)
    while group := list(islice(left, CHUNK)):
        yield group


def _printed(ticket: Stored | None, given: str) -> str:
    return given if ticket is None else public_id("ticket", ticket.uid)


def _check_ids(ids: object) -> list[Problem]:
    if not isinstance(ids, list | tuple):
        return invalid("ids", "must be an array of ids")
    if not 1 <= len(ids) <= BULK_MAX:
        return invalid("ids", f"must have 1 to {BULK_MAX:,} ids")
    problems: list[Problem] = []
    first: dict[object, int] = {}
    for place, id in enumerate(ids):
        if not isinstance(id, str):
            problems += invalid(f"ids.{place}", "must be a string")
        elif (before := first.setdefault(parse_id("ticket", id) or id, place)) != place:
            problems += invalid(f"ids.{place}", f"must not be the same ticket as ids.{before}")
    return problems[:PROBLEMS_MAX]


def _check_filter(given: object) -> list[Problem]:
    if not isinstance(given, Mapping):
        return invalid("filter", "must be an object")
    asked: TicketFilter = given  # type: ignore[assignment] # its names are checked
    problems = within("filter", check_filter(asked))
    # Nobody means everything who leaves out what to look for.
    return problems or ([] if narrows(asked) else invalid("filter", "must have a condition"))
