"""One customer: its shape, its rules, and how it is read and first written."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from peewee import SQL, fn

from cstar_core import events, facets
from cstar_core.checks import (
    Rule,
    check_email,
    check_name,
    check_notes,
    invalid,
    or_none,
    raise_any,
)
from cstar_core.clock import from_seconds
from cstar_core.errors import Conflict, Invalid
from cstar_core.fields import check_values
from cstar_core.ids import new_uid, parse_id, public_id
from cstar_core.members import fold_email
from cstar_core.metadata import check_merged, check_metadata, from_json, merge_metadata, to_json
from cstar_core.scope import Scope
from cstar_core.store import Slot, Snapshot, SqlRow, Transaction, prepare, slot
from cstar_core.tables import CustomerRow, TicketRow
from cstar_core.tags import check_tags, parse_tags

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
_INSERT = prepare(
    CustomerRow.insert(
        {
            CustomerRow.uid: slot("uid"),
            CustomerRow.workspace_id: slot("workspace"),
            CustomerRow.name: slot("name"),
            CustomerRow.email: slot("email"),
            CustomerRow.email_key: slot("email_key"),
            CustomerRow.tags: slot("tags"),
            CustomerRow.notes: slot("notes"),
            CustomerRow.custom_fields: slot("custom_fields"),
            CustomerRow.metadata: slot("metadata"),
            CustomerRow.created_at: slot("now"),
            CustomerRow.updated_at: slot("now"),
            CustomerRow.version: 1,
        }
    )
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


def find_or_create(tx: Transaction, scope: Scope, name: str | None, email: str | None) -> int:
    """The integer key of the customer with the address, or of a new one; values are checked.

    Raises Invalid if customers have required fields, which a ticket cannot fill for them.
    """
    if email is not None:
        key = tx.value(_KEY_BY_EMAIL, workspace=scope.workspace_id, email=fold_email(email))
        if key is not None:
            return int(key)
    try:
        return insert(tx, scope, {"name": name or email, "email": email})
    except Invalid as error:
        needed = ", ".join(problem.param.partition(".")[2] for problem in error.problems)
        given = "customer_name" if name else "customer_email"
        rule = f"is not enough for a new customer, who needs: {needed}"
        raise Invalid(invalid(given, rule)) from error


def insert(tx: Transaction, scope: Scope, values: Mapping[str, Any]) -> int:
    """Write a new customer from checked values; its integer key.

    Raises Invalid for custom fields or metadata that break a rule, Conflict for a taken address.
    """
    known = facets.definitions(tx, scope.workspace_id, ENTITY)
    custom_fields = merge_metadata({}, values.get("custom_fields") or {})
    metadata = merge_metadata({}, values.get("metadata") or {})
    raise_any(
        check_values("custom_fields", values.get("custom_fields") or {}, known, {})
        + check_merged("metadata", {}, metadata)
    )
    email = values.get("email")
    refuse_taken(tx, scope, email, None)
    uid, tags = new_uid(tx.now), parse_tags(values.get("tags") or ())
    key = tx.insert(
        _INSERT,
        uid=uid,
        workspace=scope.workspace_id,
        name=values["name"],
        email=email,
        email_key=None if email is None else fold_email(email),
        tags=to_json(tags),
        notes=values.get("notes"),
        custom_fields=to_json(custom_fields),
        metadata=to_json(metadata),
        now=tx.now,
    )
    facets.replace_tags(tx, scope.workspace_id, ENTITY, (key, tx.now), (), tags)
    facets.replace_values(tx, known, (key, tx.now), {}, custom_fields)
    data = {"name": values["name"], "email": email}
    events.record(tx, scope, "customer.created", uid, data=data)
    return key


def refuse_taken(tx: Transaction, scope: Scope, email: str | None, own: int | None) -> None:
    """Raise Conflict if another customer than ``own`` has the address."""
    if email is None:
        return
    found = tx.value(_KEY_BY_EMAIL, workspace=scope.workspace_id, email=fold_email(email))
    if found not in (None, own):
        raise Conflict("A customer with this email exists already", "email")


def customer_of(row: SqlRow, scope: Scope) -> Customer:
    """The value that a row of ``COLUMNS`` holds, as the scope may see it."""
    stored = stored_values(row)
    return Customer(
        id=public_id("customer", row[1]),
        name=row[2],
        email=row[3],
        tags=tuple(stored["tags"]),
        notes=row[5] if scope.internal else None,
        custom_fields=stored["custom_fields"],
        metadata=stored["metadata"] if scope.internal else {},
        ticket_count=row[8],
        created_at=from_seconds(row[9]),
        updated_at=from_seconds(row[10]),
        version=row[11],
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
