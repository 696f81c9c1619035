"""What the placeholders of a canned reply stand for, with a ticket and the member who answers."""

from collections.abc import Mapping
from typing import Any

from cstar_core import facets
from cstar_core.customers import Customer, customers_by_key
from cstar_core.members import member_name
from cstar_core.metadata import from_json
from cstar_core.placeholders import FIELDS_OF, PLACEHOLDERS, as_text, first_name
from cstar_core.scope import Scope
from cstar_core.store import Snapshot
from cstar_core.tickets import Stored


def placeholder_names(snap: Snapshot, scope: Scope) -> tuple[str, ...]:
    """The names that a text may have in this workspace, those of custom fields last."""
    fields = (
        f"{begin}{key}"
        for entity, begin in FIELDS_OF.items()
        for key in facets.definitions(snap, scope.workspace_id, entity)
    )
    return (*PLACEHOLDERS, *fields)


def placeholder_values(snap: Snapshot, scope: Scope, ticket: Stored) -> dict[str, str | None]:
    """Every name with what it stands for, None where there is nothing."""
    key = ticket.customer_key
    customer = None if key is None else customers_by_key(snap, scope, [key]).get(key)
    member = member_name(snap, scope)
    return {
        **dict.fromkeys(placeholder_names(snap, scope)),
        **_of_customer(customer),
        **_fields("tickets", from_json(ticket.custom_fields)),
        "ticket.number": str(ticket.number),
        "ticket.title": ticket.title,
        "member.name": member,
        "member.first_name": first_name(member),
        "team.name": scope.team_name,
    }


def _of_customer(customer: Customer | None) -> dict[str, str | None]:
    if customer is None:
        return {}
    return {
        "customer.name": customer.name,
        "customer.first_name": first_name(customer.name),
        "customer.email": customer.email,
        **_fields("customers", customer.custom_fields),
    }


def _fields(entity: str, given: Mapping[str, Any]) -> dict[str, str | None]:
    return {f"{FIELDS_OF[entity]}{key}": as_text(value) for key, value in given.items()}
