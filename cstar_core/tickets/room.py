"""The room of tickets: create, read, list, change, remove."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any, TypedDict, Unpack

from cstar_core import facets
from cstar_core import search as searching
from cstar_core.checks import check_all, check_choice, invalid, raise_any
from cstar_core.clock import to_seconds
from cstar_core.customers import customer_key, customers_by_key
from cstar_core.errors import NotFound, Problem, StaleVersion
from cstar_core.fields import Definition
from cstar_core.ids import looks_like_id, parse_id, public_id
from cstar_core.importing import BATCH_SIZE_DEFAULT, Batch, import_batches
from cstar_core.members import member_key
from cstar_core.pages import PAGE_SIZE_DEFAULT, Page, close_page
from cstar_core.scope import Scope
from cstar_core.store import Snapshot, SqlRow, Store
from cstar_core.tables import PRIORITIES, STATUSES
from cstar_core.tags import check_tags, parse_tags
from cstar_core.tickets.importing import TicketsLoading
from cstar_core.tickets.listed import LISTED
from cstar_core.tickets.ticket import (
    ENTITY,
    UPDATE_RULES,
    Stored,
    Ticket,
    check_new,
    plain,
    read_by_key,
    read_many,
    read_messages,
    read_stored,
    ticket_of,
)
from cstar_core.tickets.writing import delete_ticket, insert_ticket, write_changes

TICKET_SORTS = ("created_at", "updated_at", "number", "priority", "relevance")


class TicketChanges(TypedDict, total=False):
    """What may change after a ticket is made; an absent key means "leave it"."""

    title: str
    status: str
    priority: str
    customer_id: str | None
    assigned_to: str | None
    tags: str | Sequence[str]
    notes: str | None
    metadata: Mapping[str, Any]
    custom_fields: Mapping[str, Any]


class Tickets:
    """The tickets of one workspace."""

    def __init__(self, store: Store, scope: Scope) -> None:
        self._store = store
        self._scope = scope

    def create(
        self,
        *,
        title: str,
        status: str = "new",
        priority: str = "normal",
        customer_id: str | None = None,
        customer_name: str | None = None,
        customer_email: str | None = None,
        assigned_to: str | None = None,
        tags: str | Sequence[str] = (),
        notes: str | None = None,
        custom_fields: Mapping[str, Any] | None = None,
        metadata: Mapping[str, Any] | None = None,
        initial_message: str | None = None,
    ) -> Ticket:
        """Make a ticket.

        ``customer_id`` must exist; else ``customer_name`` makes a customer, and
        ``customer_email`` takes the one who has that address or makes one. ``initial_message``
        is a first message from the customer. Raises Invalid with every broken rule.
        """
        values: dict[str, Any] = {
            "title": title,
            "status": status,
            "priority": priority,
            "customer_id": customer_id,
            "customer_name": customer_name,
            "customer_email": customer_email,
            "assigned_to": assigned_to,
            "tags": tags,
            "notes": notes,
            "custom_fields": {} if custom_fields is None else custom_fields,
            "metadata": {} if metadata is None else metadata,
            "initial_message": initial_message,
        }
        with self._store.transaction(brief=True) as tx:
            known = facets.definitions(tx, self._scope.workspace_id, ENTITY)
            raise_any(check_new(values, known))
            stored, messages = insert_ticket(tx, self._scope, values, known)
            return ticket_of(stored, self._scope, messages)

    def import_many(
        self,
        tickets: Iterable[Mapping[str, Any]],
        *,
        batch_size: int = BATCH_SIZE_DEFAULT,
        notify: bool = False,
    ) -> Iterator[Batch]:
        """Load tickets as they are, so many in each transaction; nothing happens until iterated.

        Each has the names that ``create`` takes, ``messages`` (with the names that
        ``messages.create`` takes and ``created_at``), ``created_at``, ``updated_at``,
        ``resolved_at`` and ``closed_at``. Messages do not change the status. The events are
        in the log; webhooks tell of them only with ``notify``. Raises Invalid with the places of
        what is wrong (``tickets.17.title``, from 0); then nothing of that batch is written, and
        what was before it stays.
        """
        begin = partial(TicketsLoading, self._scope)
        quiet = None if notify else self._scope.workspace_id
        return import_batches(self._store, ENTITY, tickets, batch_size, begin, quiet=quiet)

    def check(self, values: Mapping[str, object], *, updating: bool = False) -> list[Problem]:
        """Every rule that the values break; nothing is written.

        With ``updating`` custom fields are left out: what they may be depends on the ticket.
        """
        if updating:
            return check_all(plain(values), UPDATE_RULES)
        with self._store.snapshot() as snap:
            known = facets.definitions(snap, self._scope.workspace_id, ENTITY)
        return check_new(values, known)

    def get(self, id: str, *, expand_customer: bool = False) -> Ticket:
        """The ticket with its messages; raises NotFound."""
        with self._store.snapshot() as snap:
            stored = read_stored(snap, self._scope, id)
            messages = read_messages(snap, self._scope, stored)
            customers = self._customers(snap, [stored]) if expand_customer else None
        return ticket_of(stored, self._scope, messages, customers)

    def find(self, id: str) -> Ticket | None:
        """The ticket with its messages, or None."""
        try:
            return self.get(id)
        except NotFound:
            return None

    def list(
        self,
        *,
        status: str | Sequence[str] | None = None,
        priority: str | Sequence[str] | None = None,
        search: str | None = None,
        customer_id: str | None = None,
        assigned_to: str | None = None,
        tags: str | Sequence[str] = (),
        custom_fields: Mapping[str, object] | None = None,
        created_after: datetime | None = None,
        created_before: datetime | None = None,
        updated_after: datetime | None = None,
        updated_before: datetime | None = None,
        sort: str = "-created_at",
        page: int = 1,
        page_size: int = PAGE_SIZE_DEFAULT,
        cursor: str | None = None,
        expand_customer: bool = False,
    ) -> Page[Ticket]:
        """Tickets that match every filter, without their messages; the newest first.

        ``status`` and ``priority`` take one or several; ``assigned_to`` a member's id or "none";
        ``tags`` must all be there; ``custom_fields`` maps keys to a value or to comparisons
        (``{"seats": {"gte": 10}}``); the instants are exclusive. ``search`` takes words,
        "phrases", -exclusions, #numbers and ids. ``sort`` is created_at, updated_at, number or
        priority, with a minus for descending, or relevance. ``cursor`` continues an earlier page.
        Raises Invalid.
        """
        bounds = {
            "created_after": created_after,
            "created_before": created_before,
            "updated_after": updated_after,
            "updated_before": updated_before,
        }
        searching.check_list(sort, TICKET_SORTS, search, {"page": page, "cursor": cursor})
        _check_filters(status, priority, tags, bounds, customer_id, assigned_to)
        with self._store.snapshot(settled=searching.has_words(search)) as snap:
            conditions, possible = self._conditions(snap, customer_id, assigned_to, bounds)
            choices = _choices(status, priority)
            criteria = searching.Criteria(
                ENTITY, sort, search, parse_tags(tags), custom_fields, conditions, choices, possible
            )
            part = searching.find(snap, self._scope, LISTED, criteria, page, page_size, cursor)
            return self._page(snap, part, expand_customer)

    def update(
        self, id: str, *, expected_version: int | None = None, **changes: Unpack[TicketChanges]
    ) -> Ticket:
        """Change a ticket; metadata and custom fields are merged, None removes a key.

        What changes nothing leaves no trace. Raises Invalid, NotFound, StaleVersion.
        """
        with self._store.transaction(brief=True) as tx:
            before = read_stored(tx, self._scope, id)
            _expect(before, expected_version)
            known = self._definitions(tx, "custom_fields" in changes)
            values = before.values()
            problems = self.check(changes, updating=True)
            raise_any(problems + facets.check_merge(values, changes, known))
            after = facets.merge(values, self._canonical(changes))
            if after:
                write_changes(tx, self._scope, before, after, known)
                before = read_by_key(tx, before.id)
            return ticket_of(before, self._scope, read_messages(tx, self._scope, before))

    def delete(self, id: str, *, expected_version: int | None = None) -> None:
        """Remove a ticket with its messages for good. Raises NotFound, StaleVersion."""
        with self._store.transaction(brief=True, reserved=True) as tx:
            stored = read_stored(tx, self._scope, id)
            _expect(stored, expected_version)
            known = facets.definitions(tx, self._scope.workspace_id, ENTITY)
            delete_ticket(tx, self._scope, stored, known)

    def _page(self, snap: Snapshot, part: searching.Found, expand_customer: bool) -> Page[Ticket]:
        """The tickets of what was found, in its order."""
        keys = part.keys[: part.window.size]
        rows = read_many(snap, keys)
        customers = self._customers(snap, rows.values()) if expand_customer else None
        tickets = [ticket_of(rows[key], self._scope, None, customers) for key in keys]
        return close_page(tickets, part.positions, part.total, part.window, part.query)

    def _definitions(self, snap: Snapshot, needed: bool) -> dict[str, Definition]:
        return facets.definitions(snap, self._scope.workspace_id, ENTITY) if needed else {}

    def _canonical(self, changes: TicketChanges) -> dict[str, Any]:
        """The changes with references in the form in which ids are printed."""
        named: dict[str, Any] = dict(changes)
        for name, kind in (("customer_id", "customer"), ("assigned_to", "member")):
            uid = parse_id(kind, named.get(name))
            if uid is not None:
                named[name] = public_id(kind, uid)
        return named

    def _conditions(
        self,
        snap: Snapshot,
        customer_id: str | None,
        assigned_to: str | None,
        bounds: Mapping[str, datetime | None],
    ) -> tuple[dict[str, dict[str, object]], bool]:
        """The plain conditions with their values; False if one names an object not here."""
        conditions: dict[str, dict[str, object]] = {
            name: {name: to_seconds(instant)} for name, instant in bounds.items() if instant
        }
        if customer_id is not None:
            conditions["customer"] = {"customer": customer_key(snap, self._scope, customer_id)}
        if assigned_to == "none":
            conditions["unassigned"] = {}
        elif assigned_to is not None:
            conditions["assigned"] = {"assigned": member_key(snap, self._scope, assigned_to)}
        values = [value for given in conditions.values() for value in given.values()]
        return conditions, None not in values

    def _customers(self, snap: Snapshot, rows: Iterable[SqlRow]) -> dict[int, Any]:
        keys = [Stored._make(row).customer_key for row in rows]
        return customers_by_key(snap, self._scope, {key for key in keys if key is not None})


def _expect(stored: Stored, version: int | None) -> None:
    if version not in (None, stored.version):
        raise StaleVersion(f"The ticket is at version {stored.version}")


def _check_filters(
    status: str | Sequence[str] | None,
    priority: str | Sequence[str] | None,
    tags: str | Sequence[str],
    bounds: Mapping[str, datetime | None],
    customer_id: str | None,
    assigned_to: str | None,
) -> None:
    raise_any(
        _check_several("status", status, STATUSES)
        + _check_several("priority", priority, PRIORITIES)
        + check_tags("tags", tags)
        + _check_instants(bounds)
        + _check_reference("customer_id", customer_id)
        + _check_reference("assigned_to", None if assigned_to == "none" else assigned_to)
    )


def _several(value: Collection[str] | None) -> list[str]:
    return [] if value is None else value.split(",") if isinstance(value, str) else list(value)


def _check_several(param: str, value: Any, allowed: Sequence[str]) -> list[Problem]:
    if value is not None and not isinstance(value, Collection):
        return check_choice(param, value, allowed)
    for one in _several(value):
        problems = check_choice(param, one, allowed)
        if problems:
            return problems
    return []


def _choices(
    status: str | Sequence[str] | None, priority: str | Sequence[str] | None
) -> dict[str, list[int]]:
    asked = {
        "status": sorted({STATUSES.index(one) for one in _several(status)}),
        "priority": sorted({PRIORITIES.index(one) for one in _several(priority)}),
    }
    return {name: codes for name, codes in asked.items() if codes}


def _check_instants(bounds: Mapping[str, datetime | None]) -> list[Problem]:
    return [
        problem
        for name, instant in bounds.items()
        if instant is not None and getattr(instant, "tzinfo", None) is None
        for problem in invalid(name, "must be an instant with a time zone")
    ]


def _check_reference(param: str, id: str | None) -> list[Problem]:
    return [] if id is None or looks_like_id(id) else invalid(param, "must be an id")
