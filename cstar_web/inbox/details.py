"""What stands beside a conversation: what is known of the ticket and of its customer."""

from typing import Any

from cstar_core import Ticket
from cstar_web.inbox.visits import TeamVisit

_OTHERS_SHOWN = 5


def field_values(visit: TeamVisit, ticket: Ticket) -> list[tuple[str, Any]]:
    """The custom fields of a ticket that have a value, by name, in their order."""
    values = ticket.custom_fields
    fields = visit.workspace.custom_fields.list(entity_type="tickets") if values else ()
    return [(each.name, values[each.key]) for each in fields if each.key in values]


def others(visit: TeamVisit, ticket: Ticket) -> list[Ticket]:
    """The newest tickets of the same customer, but this one."""
    if ticket.customer_id is None:
        return []
    found = visit.workspace.tickets.list(
        customer_id=ticket.customer_id, page_size=_OTHERS_SHOWN + 1
    ).items
    return [each for each in found if each.id != ticket.id][:_OTHERS_SHOWN]
