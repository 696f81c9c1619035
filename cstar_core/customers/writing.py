"""How new customers are written: their rows, what follows them, and the events."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any, NamedTuple

from cstar_core import facets
from cstar_core.checks import invalid, raise_any
from cstar_core.customers.customer import ENTITY, check_new, refuse_taken, stored_values
from cstar_core.errors import Problem
from cstar_core.events import Log
from cstar_core.fields import Definition, check_values
from cstar_core.ids import new_uid, parse_id, public_id
from cstar_core.members import fold_email
from cstar_core.metadata import merge_metadata, to_json
from cstar_core.scope import Scope
from cstar_core.store import SqlRow, Transaction, prepare, prepare_insert, slot
from cstar_core.tables import CustomerRow
from cstar_core.tags import parse_tags


class Known(NamedTuple):
    """A customer that tickets can be given to."""

    key: int
    uid: bytes
    name: str

    @property
    def id(self) -> str:
        """The id as it is printed."""
        return public_id("customer", self.uid)


_MINE = CustomerRow.workspace_id == slot("workspace")
_KNOWN = CustomerRow.select(CustomerRow.id, CustomerRow.uid, CustomerRow.name)
_BY_UID = prepare(_KNOWN.where((CustomerRow.uid == slot("uid")) & _MINE))
_BY_EMAIL = prepare(_KNOWN.where(_MINE & (CustomerRow.email_key == slot("email"))))


class CustomerLine(NamedTuple):
    """A row of the table."""

    id: int
    uid: bytes
    workspace_id: int
    name: str
    email: str | None
    email_key: str | None
    tags: str
    notes: str | None
    custom_fields: str
    metadata: str
    created_at: int
    updated_at: int
    version: int = 1


_INSERT = prepare_insert(CustomerRow, CustomerLine._fields)
_REMOVE = prepare(CustomerRow.delete().where(CustomerRow.id == slot("customer")))


class NewCustomers:
    """Customers on their way into the file: each is known at once, all are written together.

    What happens is added to ``log``, which the caller records. ``lines`` are the rows.
    """

    def __init__(self, tx: Transaction, scope: Scope, log: Log) -> None:
        self._tx = tx
        self._scope = scope
        self._log = log
        self.lines: list[CustomerLine] = []
        self._by_uid: dict[bytes, Known | None] = {}
        self._by_email: dict[str, Known | None] = {}

    # Most tickets are for a customer who exists: what only new ones need is read when one comes.
    @cached_property
    def definitions(self) -> dict[str, Definition]:
        """The custom fields of customers."""
        return facets.definitions(self._tx, self._scope.workspace_id, ENTITY)

    @cached_property
    def _facets(self) -> facets.NewRows:
        return facets.NewRows(self._tx, self._scope.workspace_id, ENTITY, self.definitions)

    @cached_property
    def _next(self) -> int:
        return self._tx.next_key("customers")

    def find(self, id: object) -> Known | None:
        """The customer of this workspace with an id."""
        uid = parse_id("customer", id)
        if uid is None:
            return None
        if uid not in self._by_uid:
            row = self._tx.first(_BY_UID, uid=uid, workspace=self._scope.workspace_id)
            self._by_uid[uid] = None if row is None else Known._make(row)
        return self._by_uid[uid]

    def find_email(self, email: str) -> Known | None:
        """The customer with an address, in the file or on the way into it."""
        key = fold_email(email)
        if key not in self._by_email:
            row = self._tx.first(_BY_EMAIL, email=key, workspace=self._scope.workspace_id)
            self._by_email[key] = None if row is None else Known._make(row)
        return self._by_email[key]

    def find_or_add(self, name: str | None, email: str | None, at: int) -> Known:
        """The customer with the address or a new one, for a ticket; see ``check_named``."""
        found = None if email is None else self.find_email(email)
        return found or self.add({"name": name or email, "email": email}, at, at)

    def check_named(self, name: str | None, email: str | None) -> list[Problem]:
        """Whether a ticket may make the customer that its checked values name, if none is there.

        A ticket cannot fill the required fields of its customer.
        """
        if email is not None and self.find_email(email) is not None:
            return []
        needed = check_values("custom_fields", {}, self.definitions, {})
        if not needed:
            return []
        keys = ", ".join(problem.param.partition(".")[2] for problem in needed)
        rule = f"is not enough for a new customer, who needs: {keys}"
        return invalid("customer_name" if name else "customer_email", rule)

    def add(self, values: Mapping[str, Any], created_at: int, updated_at: int) -> Known:
        """Take in a new customer from checked values."""
        made = Known(self._next, new_uid(created_at), values["name"])
        self._next += 1
        email, tags = values.get("email"), parse_tags(values.get("tags") or ())
        custom_fields = merge_metadata({}, values.get("custom_fields") or {})
        line = CustomerLine(
            id=made.key,
            uid=made.uid,
            workspace_id=self._scope.workspace_id,
            name=made.name,
            email=email,
            email_key=None if email is None else fold_email(email),
            tags=to_json(tags),
            notes=values.get("notes"),
            custom_fields=to_json(custom_fields),
            metadata=to_json(merge_metadata({}, values.get("metadata") or {})),
            created_at=created_at,
            updated_at=updated_at,
        )
        self.lines.append(line)
        self._facets.add((made.key, created_at), tags, custom_fields)
        self._by_uid[made.uid] = made
        if line.email_key is not None:
            self._by_email[line.email_key] = made
        data = {"name": made.name, "email": email}
        self._log.add("customer.created", made.uid, created_at, data=data)
        return made

    def write(self) -> None:
        """Write the rows; the log is the caller's."""
        if not self.lines:
            return
        self._tx.many(_INSERT, self.lines)
        self._facets.write()


def insert(tx: Transaction, scope: Scope, values: Mapping[str, Any]) -> int:
    """Check and write a new customer; its integer key.

    Raises Invalid, and Conflict for a taken address.
    """
    log = Log(scope)
    customers = NewCustomers(tx, scope, log)
    raise_any(check_new(values, customers.definitions))
    refuse_taken(tx, scope, values.get("email"), None)
    key = customers.add(values, tx.now, tx.now).key
    customers.write()
    log.write(tx)
    return key


def remove(tx: Transaction, scope: Scope, row: SqlRow) -> None:
    """Remove a customer's row, and its rows for filters; the tickets have been left before."""
    stored, owner = stored_values(row), (row[0], row[9])
    known = facets.definitions(tx, scope.workspace_id, ENTITY)
    facets.replace_tags(tx, scope.workspace_id, ENTITY, owner, stored["tags"], ())
    facets.replace_values(tx, known, owner, stored["custom_fields"], {})
    tx.run(_REMOVE, customer=row[0])
