"""One customer: its shape, its rules, and how it is read and first written."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from peewee import SQL, fn

from cstar_core.checks import Rule, check_all, check_email, check_name, check_notes, or_none
from cstar_core.clock import from_seconds
from cstar_core.errors import Conflict, Problem
from cstar_core.fields import Definition, check_values
from cstar_core.ids import parse_id, public_id
from cstar_core.members import fold_email
from cstar_core.metadata import check_merged, check_metadata, from_json
from cstar_core.scope import Scope
from cstar_core.store import Slot, Snapshot, SqlRow, Transaction, prepare, slot
from cstar_core.tables import CustomerRow, TicketRow
from cstar_core.tags import check_tags
from cstar_core.values import maker

ENTITY = "customers"


@dataclass(frozen=True, slots=True)
class Customer:
    """One customer; ``ticket_count`` is how many tickets it has now."""

    id: str
    name: str
    email: str | None
    tags: tuple[str, ...]
    notes: str | None
    custom_fields: dict[str, Any]
    metadata: dict[str, Any]
    ticket_count: int
    created_at: datetime
    updated_at: datetime
    version: int


_make = maker(Customer)

RULES: dict[str, Rule] = {
    "name": check_name,
    "email": or_none(check_email),
    "tags": check_tags,
    "notes": check_notes,
    "metadata": check_metadata,
}

_TICKETS = TicketRow.select(fn.COUNT(TicketRow.id)).where(TicketRow.customer_id == CustomerRow.id)
COLUMNS = (
    CustomerRow.id,
    CustomerRow.uid,
    CustomerRow.name,
    CustomerRow.email,
    CustomerRow.tags,
    CustomerRow.notes,
    CustomerRow.custom_fields,
    CustomerRow.metadata,
    _TICKETS,
    CustomerRow.created_at,
    CustomerRow.updated_at,
    CustomerRow.version,
)
_MINE = CustomerRow.workspace_id == slot("workspace")
BY_UID = prepare(CustomerRow.select(*COLUMNS).where((CustomerRow.uid == slot("uid")) & _MINE))
_KEY_BY_UID = prepare(
    CustomerRow.select(CustomerRow.id).where((CustomerRow.uid == slot("uid")) & _MINE)
)
_KEY_BY_EMAIL = prepare(
    CustomerRow.select(CustomerRow.id).where(_MINE & (CustomerRow.email_key == slot("email")))
)
_BY_KEYS = prepare(
    CustomerRow.select(*COLUMNS).where(
        CustomerRow.id.in_(SQL("(SELECT value FROM json_each(?))", [Slot("keys")]))
    )
)


def check_new(
    values: Mapping[str, object], known: Mapping[str, Definition], rules: Mapping[str, Rule] = RULES
) -> list[Problem]:
    """Every rule that the values of a new customer break; ``known`` are the custom fields."""
    plain = {name: value for name, value in values.items() if name != "custom_fields"}
    given = values.get("custom_fields")
    return (
        check_all(plain, rules, ("name",))
        + check_merged("metadata", {}, values.get("metadata"))
        + check_values("custom_fields", {} if given is None else given, known, {})
    )


def customer_key(snap: Snapshot, scope: Scope, id: object) -> int | None:
    """The integer key of a customer of this workspace, or None."""
    uid = parse_id("customer", id)
    if uid is None:
        return None
    key: int | None = snap.value(_KEY_BY_UID, uid=uid, workspace=scope.workspace_id)
    return key


def customers_by_key(snap: Snapshot, scope: Scope, keys: Collection[int]) -> dict[int, Customer]:
    """Customers by their integer keys, in one query."""
    rows = snap.all(_BY_KEYS, keys=json.dumps(sorted(keys)))
    return {row[0]: customer_of(row, scope) for row in rows}


def refuse_taken(tx: Transaction, scope: Scope, email: str | None, own: int | None) -> None:
    """Raise Conflict if another customer than ``own`` has the address."""
    if email is None:
        return
    found = tx.value(_KEY_BY_EMAIL, workspace=scope.workspace_id, email=fold_email(email))
    if found not in (None, own):
        raise Conflict("A customer with this email exists already", "email")


def customer_of(row: SqlRow, scope: Scope) -> Customer:
    """The value that a row of ``COLUMNS`` holds, as the scope may see it."""
    _, uid, name, email, tags, notes, custom_fields, metadata, *more = row
    tickets, created, updated, version = more
    internal = scope.internal
    return _make(
        public_id("customer", uid),
        name,
        email,
        tuple(from_json(tags)),
        notes if internal else None,
        from_json(custom_fields),
        from_json(metadata) if internal else {},
        tickets,
        from_seconds(created),
        from_seconds(updated),
        version,
    )


def stored_values(row: SqlRow) -> dict[str, Any]:
    """The changeable values of a row of ``COLUMNS``."""
    return {
        "name": row[2],
        "email": row[3],
        "tags": from_json(row[4]),
        "notes": row[5],
        "custom_fields": from_json(row[6]),
        "metadata": from_json(row[7]),
    }
