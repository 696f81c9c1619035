"""The room of tickets: create, read, list, change, remove."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import Any, Unpack

from cstar_core import facets
from cstar_core import search as searching
from cstar_core.attached import NewFile, taken
from cstar_core.blobs import Blobs
from cstar_core.checks import raise_any
from cstar_core.customers import customers_by_key
from cstar_core.errors import NotFound, Problem, StaleVersion
from cstar_core.importing import BATCH_SIZE_DEFAULT, Batch, import_batches, within
from cstar_core.pages import PAGE_SIZE_DEFAULT, Page, close_page
from cstar_core.scope import Scope
from cstar_core.store import Snapshot, SqlRow, Store, Transaction
from cstar_core.tickets.bulk import BulkResult, Deleting, Step, Updating, Which, do_all
from cstar_core.tickets.changing import (
    MANY_RULES,
    Change,
    ManyChanges,
    TicketChanges,
    check_changes,
)
from cstar_core.tickets.filters import TicketFilter, check_filter, criteria
from cstar_core.tickets.importing import TicketsLoading
from cstar_core.tickets.listed import LISTED
from cstar_core.tickets.merging import merge_ticket, unmerge_ticket
from cstar_core.tickets.neighbours import Neighbours, neighbours_of
from cstar_core.tickets.ticket import (
    ENTITY,
    Stored,
    Ticket,
    check_first_files,
    check_new,
    read_by_key,
    read_many,
    read_messages,
    read_stored,
    ticket_of,
)
from cstar_core.tickets.writing import delete_tickets, insert_ticket

TICKET_SORTS = ("created_at", "updated_at", "number", "priority", "relevance")


class _TakenBack(Exception):
    """Undoes what was only tried."""


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
        attachments: Sequence[NewFile] = (),
    ) -> Ticket:
        """Make a ticket.

        ``customer_id`` must exist; else ``customer_name`` makes a customer, and
        ``customer_email`` takes the one who has that address or makes one. ``initial_message``
        is a first message from the customer, to which ``attachments`` go: files that
        ``attachments.put`` has stored. Raises Invalid with every broken rule.
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
            files = check_first_files(attachments, initial_message)
            raise_any(check_new(values, known) + files)
            attaching = taken(tx, self._scope, Blobs(self._store), None, attachments)
            stored, messages = insert_ticket(tx, self._scope, values, known, attaching)
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
            return check_changes(values)
        with self._store.snapshot() as snap:
            known = facets.definitions(snap, self._scope.workspace_id, ENTITY)
        return check_new(values, known)

    def check_many(self, changes: Mapping[str, object]) -> list[Problem]:
        """Every rule that changes to many tickets break whatever the ticket (``changes.title``)."""
        return within("changes", check_changes(changes, MANY_RULES))

    def get(self, id: str, *, expand_customer: bool = False, with_messages: bool = True) -> Ticket:
        """The ticket with its messages, or without them; raises NotFound."""
        with self._store.snapshot() as snap:
            stored = read_stored(snap, self._scope, id)
            messages = read_messages(snap, self._scope, stored) if with_messages else None
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
        given: TicketFilter = {
            "status": status,
            "priority": priority,
            "search": search,
            "customer_id": customer_id,
            "assigned_to": assigned_to,
            "tags": tags,
            "custom_fields": custom_fields,
            "created_after": created_after,
            "created_before": created_before,
            "updated_after": updated_after,
            "updated_before": updated_before,
        }
        searching.check_list(sort, TICKET_SORTS, search, {"page": page, "cursor": cursor})
        raise_any(check_filter(given))
        with self._store.snapshot(settled=searching.has_words(search)) as snap:
            asked = criteria(snap, self._scope, given, sort)
            part = searching.find(snap, self._scope, LISTED, asked, page, page_size, cursor)
            return self._page(snap, part, expand_customer)

    def neighbours(
        self, id: str, *, filter: TicketFilter | None = None, sort: str = "-created_at"
    ) -> Neighbours:
        """The tickets before and after one, in the list with this ``filter`` and ``sort``.

        The ticket itself need not be in the list any more: its place is where it would stand.
        Relevance is no such order. Raises Invalid, NotFound.
        """
        given: TicketFilter = filter or {}
        search = given.get("search")
        searching.check_list(sort, TICKET_SORTS[:-1], search, {})
        raise_any(check_filter(given))
        with self._store.snapshot(settled=searching.has_words(search)) as snap:
            return neighbours_of(snap, self._scope, id, given, sort)

    def update(
        self, id: str, *, expected_version: int | None = None, **changes: Unpack[TicketChanges]
    ) -> Ticket:
        """Change a ticket; metadata and custom fields are merged, None removes a key.

        What changes nothing leaves no trace. Raises Invalid, NotFound, StaleVersion.
        """
        with self._store.transaction(brief=True) as tx:
            before = read_stored(tx, self._scope, id)
            _expect(before, expected_version)
            change = Change(tx, self._scope, changes)
            raise_any(change.check() + change.against(before))
            change.resolve()
            if change.apply(before):
                change.write()
                before = read_by_key(tx, before.id)
            return ticket_of(before, self._scope, read_messages(tx, self._scope, before))

    def delete(self, id: str, *, expected_version: int | None = None) -> None:
        """Remove a ticket with its messages for good. Raises NotFound, StaleVersion."""
        with self._store.transaction(brief=True, reserved=True) as tx:
            stored = read_stored(tx, self._scope, id)
            _expect(stored, expected_version)
            known = facets.definitions(tx, self._scope.workspace_id, ENTITY)
            delete_tickets(tx, self._scope, [stored], known)

    def merge(self, id: str, into: str, *, expected_version: int | None = None) -> Ticket:
        """Move the messages of a ticket to another one, ``into``, and close it.

        It keeps its own values and names the other as ``merged_into``; ``unmerge`` undoes it.
        Raises Invalid, NotFound, StaleVersion, and MergeConflict if one of them is merged already.
        """
        with self._store.transaction() as tx:
            ticket = read_stored(tx, self._scope, id)
            _expect(ticket, expected_version)
            merge_ticket(tx, self._scope, ticket, into)
            return self._with_messages(tx, ticket.id)

    def unmerge(self, id: str, *, expected_version: int | None = None) -> Ticket:
        """Undo ``merge``: the messages come back, and the ticket is what it was before.

        What came to the other ticket since stays there. Raises NotFound, StaleVersion, and
        MergeConflict if the ticket is not merged.
        """
        with self._store.transaction() as tx:
            ticket = read_stored(tx, self._scope, id)
            _expect(ticket, expected_version)
            unmerge_ticket(tx, self._scope, ticket)
            return self._with_messages(tx, ticket.id)

    def update_many(
        self,
        changes: ManyChanges,
        *,
        ids: Sequence[str] | None = None,
        filter: TicketFilter | None = None,
        cursor: str | None = None,
        atomic: bool = False,
        dry_run: bool = False,
    ) -> BulkResult:
        """Change up to 1,000 tickets in one transaction, each as ``update`` would.

        They are named by ``ids``, or by a ``filter`` with the names of ``list``: then by number,
        and ``cursor`` is the ``next_cursor`` of the call before. ``changes`` may also have
        ``remove_tags`` and ``add_tags``, done in this order. What stands against one ticket is in
        its item; with ``atomic`` it is raised, and nothing is changed. ``dry_run`` takes
        everything back at the end. Raises Invalid.
        """
        which = Which(ids, filter, cursor, atomic)
        step = partial(Updating, scope=self._scope, changes=changes)
        return self._do_all(which, step, dry_run=dry_run)

    def delete_many(
        self,
        *,
        ids: Sequence[str] | None = None,
        filter: TicketFilter | None = None,
        cursor: str | None = None,
        atomic: bool = False,
        dry_run: bool = False,
    ) -> BulkResult:
        """Remove up to 1,000 tickets for good; they are named as for ``update_many``."""
        which = Which(ids, filter, cursor, atomic)
        step = partial(Deleting, scope=self._scope)
        return self._do_all(which, step, dry_run=dry_run, reserved=True)

    def _do_all(
        self,
        which: Which,
        step: Callable[[Transaction], Step],
        *,
        dry_run: bool,
        reserved: bool = False,
    ) -> BulkResult:
        which.check()
        with suppress(_TakenBack), self._store.transaction(reserved=reserved) as tx:
            # In the transaction, a snapshot is a view of it; the index is brought up to date.
            with self._store.snapshot(settled=which.searches):
                result = do_all(tx, self._scope, which, step(tx))
            if dry_run:
                raise _TakenBack
        return result

    def _with_messages(self, snap: Snapshot, key: int) -> Ticket:
        stored = read_by_key(snap, key)
        return ticket_of(stored, self._scope, read_messages(snap, self._scope, stored))

    def _page(self, snap: Snapshot, part: searching.Found, expand_customer: bool) -> Page[Ticket]:
        """The tickets of what was found, in its order."""
        keys = part.keys[: part.window.size]
        rows = read_many(snap, keys)
        customers = self._customers(snap, rows.values()) if expand_customer else None
        tickets = [ticket_of(rows[key], self._scope, None, customers) for key in keys]
        return close_page(tickets, part.positions, part.total, part.window, part.query)

    def _customers(self, snap: Snapshot, rows: Iterable[SqlRow]) -> dict[int, Any]:
        keys = [Stored._make(row).customer_key for row in rows]
        return customers_by_key(snap, self._scope, {key for key in keys if key is not None})


def _expect(stored: Stored, version: int | None) -> None:
    if version not in (None, stored.version):
        raise StaleVersion(f"The ticket is at version {stored.version}")
