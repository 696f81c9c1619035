"""What stands beside a conversation: what is known of the ticket and its customer."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from cstar_core import Customer, CustomField, Ticket, came_by_form
from cstar_web.inbox.history import newest
from cstar_web.inbox.tickets import names
from cstar_web.inbox.visits import TeamVisit

_OTHERS_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Shown:
    """A custom field with its value, and whether it is the one that is wrong in a form."""

    field: CustomField
    value: Any
    is_wrong: bool = False

    @property
    def id(self) -> str:
        """What tells it from all other fields; no key has a hyphen."""
        return f"{self.field.entity_type}-{self.field.key}"

    @property
    def text(self) -> str:
        """The value as one types it."""
        if isinstance(self.value, bool):
            return "true" if self.value else "false"
        return "" if self.value is None else str(self.value)

    @property
    def choices(self) -> list[str]:
        """The options, and those that are chosen and were taken away since."""
        chosen = self.value if isinstance(self.value, list) else [self.value]
        options = list(self.field.options or ())
        return options + [each for each in chosen if isinstance(each, str) and each not in options]


def details(visit: TeamVisit, ticket: Ticket, editing: str) -> dict[str, object]:
    """All of it. `editing` is the id of the custom field whose form is shown once more."""
    defined = visit.workspace.custom_fields.list()
    deeds, is_long = newest(visit, ticket.id, names(visit))
    return {
        "fields": _shown(defined, ticket, editing),
        "customer_fields": _shown(defined, ticket.customer, editing),
        "is_unproved": came_by_form(ticket.metadata),
        "others": others(visit, ticket),
        "deeds": deeds,
        "has_earlier_deeds": is_long,
        "notes_digest": digest(ticket.notes),
    }


def digest(notes: str | None) -> str:
    """What tells whether notes are still those that somebody has seen."""
    return hashlib.sha256((notes or "").encode("utf-8", "surrogatepass")).hexdigest()[:16]


def others(visit: TeamVisit, ticket: Ticket) -> list[Ticket]:
    """The newest tickets of the same customer, but this one."""
    if ticket.customer_id is None:
        return []
    found = visit.workspace.tickets.list(
        customer_id=ticket.customer_id, page_size=_OTHERS_SHOWN + 1
    ).items
    return [each for each in found if each.id != ticket.id][:_OTHERS_SHOWN]


def _shown(
    defined: Sequence[CustomField], holder: Ticket | Customer | None, editing: str
) -> list[Shown]:
    """The fields of a ticket or a customer, with their values."""
    if holder is None:
        return []
    kind = "customers" if isinstance(holder, Customer) else "tickets"
    return [
        Shown(each, holder.custom_fields.get(each.key), f"{kind}-{each.key}" == editing)
        for each in defined
        if each.entity_type == kind and _is_shown(each, holder)
    ]


def _is_shown(field: CustomField, holder: Ticket | Customer) -> bool:
    """A field that takes no values any more is shown for the ones it has."""
    return field.archived_at is None or field.key in holder.custom_fields
