"""The room of customers: create, read, list, change, remove."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, TypedDict, Unpack

from peewee import fn

from cstar_core import documents, events, facets
from cstar_core import search as searching
from cstar_core.blobs import collect_blobs
from cstar_core.checks import check_all, raise_any
from cstar_core.customers.customer import (
    BY_UID,
    ENTITY,
    RULES,
    Customer,
    check_new,
    customer_of,
    customers_by_key,
    refuse_taken,
    stored_values,
)
from cstar_core.customers.erasing import Erased, erase, find_person, would_erase
from cstar_core.customers.importing import CustomersLoading
from cstar_core.customers.writing import insert, remove
from cstar_core.documents import CUSTOMERS
from cstar_core.errors import Busy, NotFound, Problem, StaleVersion, StorageFull
from cstar_core.ids import public_id
from cstar_core.importing import BATCH_SIZE_DEFAULT, Batch, import_batches
from cstar_core.listing import Listed
from cstar_core.members import fold_email
from cstar_core.metadata import to_json
from cstar_core.pages import PAGE_SIZE_DEFAULT, Page, close_page
from cstar_core.scope import Scope, required_uid
from cstar_core.store import Snapshot, SqlRow, Store, Transaction, prepare, slot
from cstar_core.tables import CustomerRow, TicketRow, WorkspaceRow
from cstar_core.tags import check_tags, parse_tags


class CustomerChanges(TypedDict, total=False):
    """What may change; an absent key means "leave it"."""

    name: str
    email: str | None
    tags: str | Sequence[str]
    notes: str | None
    custom_fields: Mapping[str, Any]
    metadata: Mapping[str, Any]


_LISTED = Listed(
    model=CustomerRow,
    index=CUSTOMERS,
    sorts={
        "created_at": ("created_at", "id"),
        "updated_at": ("updated_at", "id"),
        "name": ("name", "id"),
    },
    conditions={},
    codes={},
    everything=prepare(
        WorkspaceRow.select(WorkspaceRow.customer_count).where(WorkspaceRow.id == slot("workspace"))
    ),
    in_order=prepare(
        WorkspaceRow.select(WorkspaceRow.customers_in_order).where(
            WorkspaceRow.id == slot("workspace")
        )
    ),
)


class Customers:
    """The customers of one workspace."""

    def __init__(self, store: Store, scope: Scope) -> None:
        self._store = store
        self._scope = scope

    def create(
        self,
        *,
        name: str,
        email: str | None = None,
        tags: str | Sequence[str] = (),
        notes: str | None = None,
        custom_fields: Mapping[str, Any] | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> Customer:
        """Add a customer. Raises Invalid, and Conflict for an address that is taken."""
        values = {
            "name": name,
            "email": email,
            "tags": tags,
            "notes": notes,
            "custom_fields": {} if custom_fields is None else custom_fields,
            "metadata": {} if metadata is None else metadata,
        }
        with self._store.transaction(brief=True) as tx:
            key = insert(tx, self._scope, values)
            return customers_by_key(tx, self._scope, [key])[key]

    def import_many(
        self,
        customers: Iterable[Mapping[str, Any]],
        *,
        batch_size: int = BATCH_SIZE_DEFAULT,
        notify: bool = False,
    ) -> Iterator[Batch]:
        """Load customers, so many in each transaction; nothing happens until it is iterated.

        Each has the names that ``create`` takes, and ``created_at`` and ``updated_at``. The
        events are in the log; webhooks tell of them only with ``notify``. Raises Invalid with the
        places of what is wrong (``customers.17.email``, from 0), a taken address among them; then
        nothing of that batch is written, and what was before it stays.
        """
        begin = partial(CustomersLoading, self._scope)
        quiet = None if notify else self._scope.workspace_id
        return import_batches(self._store, ENTITY, customers, batch_size, begin, quiet=quiet)

    def check(self, values: Mapping[str, object], *, updating: bool = False) -> list[Problem]:
        """Every rule that the values break; nothing is written.

        With ``updating`` custom fields are left out: what they may be depends on the customer.
        """
        if updating:
            plain = {name: value for name, value in values.items() if name != "custom_fields"}
            return check_all(plain, RULES)
        with self._store.snapshot() as snap:
            known = facets.definitions(snap, self._scope.workspace_id, ENTITY)
        return check_new(values, known)

    def get(self, id: str) -> Customer:
        """The customer with this id; raises NotFound."""
        with self._store.snapshot() as snap:
            return customer_of(self._row(snap, id), self._scope)

    def find(self, id: str) -> Customer | None:
        """The customer with this id, or None."""
        try:
            return self.get(id)
        except NotFound:
            return None

    def list(
        self,
        *,
        search: str | None = None,
        tags: str | Sequence[str] = (),
        custom_fields: Mapping[str, object] | None = None,
        sort: str = "-created_at",
        page: int = 1,
        page_size: int = PAGE_SIZE_DEFAULT,
        cursor: str | None = None,
    ) -> Page[Customer]:
        """Customers that match every filter; the newest first unless sorted otherwise.

        ``search`` looks for words in name and address; ``sort`` is created_at, updated_at or
        name, with a minus for descending. Raises Invalid.
        """
        searching.check_list(sort, list(_LISTED.sorts), search, {"page": page, "cursor": cursor})
        raise_any(check_tags("tags", tags))
        criteria = searching.Criteria(ENTITY, sort, search, parse_tags(tags), custom_fields)
        with self._store.snapshot(settled=searching.has_words(search)) as snap:
            part = searching.find(snap, self._scope, _LISTED, criteria, page, page_size, cursor)
            keys = part.keys[: part.window.size]
            by_key = customers_by_key(snap, self._scope, keys)
        items = [by_key[key] for key in keys]
        return close_page(items, part.positions, part.total, part.window, part.query)

    def update(
        self, id: str, *, expected_version: int | None = None, **changes: Unpack[CustomerChanges]
    ) -> Customer:
        """Change a customer; metadata and custom fields are merged, None removes a key.

        Raises Invalid, NotFound, Conflict (address taken), StaleVersion.
        """
        with self._store.transaction(brief=True) as tx:
            row = self._row(tx, id)
            _expect(customer_of(row, self._scope), expected_version)
            known = facets.definitions(tx, self._scope.workspace_id, ENTITY)
            before = stored_values(row)
            problems = self.check(changes, updating=True)
            raise_any(problems + facets.check_merge(before, changes, known))
            after = facets.merge(before, changes)
            if "email" in after:
                refuse_taken(tx, self._scope, after["email"], row[0])
            if after:
                self._write(tx, row, after, known)
            return customer_of(self._row(tx, id), self._scope)

    def delete(self, id: str, *, expected_version: int | None = None) -> None:
        """Remove a customer; its tickets stay, shown as of a deleted customer."""
        with self._store.transaction(brief=True, reserved=True) as tx:
            row = self._row(tx, id)
            _expect(customer_of(row, self._scope), expected_version)
            self._leave_tickets(tx, row)
            remove(tx, self._scope, row)
            # Nothing of its text may wait in the queue of what is to be indexed.
            documents.refresh(tx)
            types = ("customer.created", "customer.updated")
            events.forget_object(tx, self._scope, types, row[1])
            events.record(tx, self._scope, "customer.deleted", row[1])

    def erase(self, id: str, *, dry_run: bool = False, unblock: bool = False) -> Erased:
        """Erase a person, also one who was deleted before: what they wrote and what was written.

        Their tickets stay as figures, without any text of them. Events of them are emptied, and
        kept answers to idempotency keys that name them are dropped. ``dry_run`` only says what
        that would be. What blocks mail of exactly their address stays, so that it is still kept
        away, unless ``unblock`` drops it too. The file may still have old bytes of it until
        ``desk.compact()``; in a ``desk.transaction()`` attachments stay until
        ``desk.collect_files()``. Raises NotFound.
        """
        if dry_run:
            with self._store.snapshot() as snap:
                return would_erase(snap, self._scope, find_person(snap, self._scope, id))
        with self._store.transaction(reserved=True) as tx:
            person = find_person(tx, self._scope, id)
            erased = erase(tx, self._scope, person, unblock=unblock)
        if not self._store.is_nested:
            # What fails here is done by the next collection: the person is erased by now.
            with suppress(Busy, StorageFull, OSError):
                collect_blobs(self._store, strays=False)
        return erased

    def _row(self, snap: Snapshot, id: str) -> SqlRow:
        uid = required_uid("customer", id)
        row = snap.first(BY_UID, uid=uid, workspace=self._scope.workspace_id)
        if row is None:
            raise NotFound("customer", id)
        return row

    def _write(
        self, tx: Transaction, row: SqlRow, after: dict[str, Any], known: Mapping[str, Any]
    ) -> None:
        before, owner = stored_values(row), (row[0], row[9])
        workspace = self._scope.workspace_id
        if "tags" in after:
            facets.replace_tags(tx, workspace, ENTITY, owner, before["tags"], after["tags"])
        if "custom_fields" in after:
            facets.replace_values(tx, known, owner, before["custom_fields"], after["custom_fields"])
        columns = {
            name: to_json(value) if name in _JSON else value for name, value in after.items()
        }
        if "email" in after:
            columns["email_key"] = None if after["email"] is None else fold_email(after["email"])
        columns |= {"updated_at": max(tx.now, row[10]), "version": row[11] + 1}
        tx.run(CustomerRow.update(columns).where(CustomerRow.id == row[0]))
        if "name" in after:
            tx.run(_RENAMED, customer=row[0])
        events.record(
            tx,
            self._scope,
            "customer.updated",
            row[1],
            data={"name": after.get("name", row[2])},
            changes={
                _API_NAMES.get(name, name): {"from": before[name], "to": value}
                for name, value in after.items()
            },
        )

    def _leave_tickets(self, tx: Transaction, row: SqlRow) -> None:
        tickets = tx.all(_THEIR_TICKETS, customer=row[0])
        tx.run(_LEAVE, customer=row[0], now=tx.now)
        changes = {"customerId": {"from": public_id("customer", row[1]), "to": None}}
        for uid, number in tickets:
            data = {"number": number}
            events.record(
                tx, self._scope, "ticket.updated", uid, ticket=number, data=data, changes=changes
            )


_JSON = ("tags", "custom_fields", "metadata")
_API_NAMES = {"custom_fields": "customFields"}
_THEIR_TICKETS = prepare(
    TicketRow.select(TicketRow.uid, TicketRow.number).where(
        TicketRow.customer_id == slot("customer")
    )
)
_LEAVE = prepare(
    TicketRow.update(
        {
            TicketRow.customer_id: None,
            TicketRow.customer_gone: 1,
            TicketRow.updated_at: fn.MAX(TicketRow.updated_at, slot("now")),
            TicketRow.version: TicketRow.version + 1,
        }
    ).where(TicketRow.customer_id == slot("customer"))
)
_RENAMED = prepare(
    TicketRow.update({TicketRow.version: TicketRow.version + 1}).where(
        TicketRow.customer_id == slot("customer")
    )
)


def _expect(customer: Customer, version: int | None) -> None:
    if version not in (None, customer.version):
        raise StaleVersion(f"The customer is at version {customer.version}")
