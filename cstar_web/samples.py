"""Samples: each type of event that webhooks are told of, made to happen for real.

A sample goes through the rooms as anything else does, so the rules, the numbers and the other
events that belong to it are the real ones.
"""

import secrets
from collections.abc import Callable, Mapping
from typing import Any

from cstar_core import Customer, CustomField, Event, Helpdesk, Ticket, Workspace

_AT_ONCE = 100
_MEMBER_EMAIL = "sample-agent@example.com"
_VALUES: Mapping[str, Callable[[CustomField], object]] = {
    "text": lambda _: "Sample",
    "number": lambda _: 1,
    "select": lambda field: (field.options or ("",))[0],
    "multiselect": lambda field: list((field.options or ())[:1]),
    "date": lambda _: "2024-02-29",
    "boolean": lambda _: True,
}


def make_sample(desk: Helpdesk, workspace: Workspace, type: str) -> list[Event]:
    """Let an event of a type of `SAMPLES` happen; it, with what else happened for it.

    All of it or nothing. Raises what the rooms raise.
    """
    with desk.transaction():
        known = workspace.events.list(page_size=1).total
        SAMPLES[type](workspace)
        # Numbers of events have no gaps, so the place in the log is known beforehand.
        last = workspace.events.list(page=known, page_size=1).items[0].id if known else None
        return list(workspace.events.list(after=last, page_size=_AT_ONCE).items)


def _ticket(workspace: Workspace) -> Ticket:
    return workspace.tickets.create(
        title="Sample: the coffee machine does not start",
        tags=["sample"],
        custom_fields=_required(workspace, "tickets"),
    )


def _customer(workspace: Workspace) -> Customer:
    return workspace.customers.create(
        name="Sample Customer", tags=["sample"], custom_fields=_required(workspace, "customers")
    )


def _field(workspace: Workspace) -> CustomField:
    key = f"sample_{secrets.token_hex(4)}"
    return workspace.custom_fields.create(
        name="Sample field", key=key, type="text", entity_type="tickets"
    )


def _required(workspace: Workspace, entity_type: str) -> dict[str, object]:
    """A value for each field without which nothing of the kind can be made."""
    fields = workspace.custom_fields.list(entity_type=entity_type)
    needed = (field for field in fields if field.required and field.archived_at is None)
    return {field.key: _VALUES[field.type](field) for field in needed}


def _update_ticket(workspace: Workspace, **changes: Any) -> None:
    workspace.tickets.update(_ticket(workspace).id, **changes)


def _assign(workspace: Workspace) -> None:
    """To the team's first member. If there is none, to one that is taken away at once, since
    members are the same in live and test."""
    members = workspace.members.list(page_size=1).items
    if members:
        _update_ticket(workspace, assigned_to=members[0].id)
        return
    member = workspace.members.create(name="Sample Agent", email=_MEMBER_EMAIL)
    _update_ticket(workspace, assigned_to=member.id)
    workspace.members.delete(member.id)


def _reopen(workspace: Workspace) -> None:
    ticket = _ticket(workspace)
    workspace.tickets.update(ticket.id, status="resolved")
    workspace.tickets.update(ticket.id, status="open")


def _merge(workspace: Workspace) -> str:
    """The id of a ticket that is merged into another one."""
    return workspace.tickets.merge(_ticket(workspace).id, _ticket(workspace).id).id


def _write(workspace: Workspace) -> None:
    content = "Sample: it worked yesterday, and today it only hums."
    workspace.messages.create(_ticket(workspace).id, content=content, sender="customer")


def _move(workspace: Workspace) -> None:
    ticket = _ticket(workspace)
    message = workspace.messages.create(ticket.id, content="Sample: of another matter.")
    workspace.messages.move(ticket.id, message.id, _ticket(workspace).id)


def _rename_customer(workspace: Workspace) -> None:
    workspace.customers.update(_customer(workspace).id, name="Sample Customer, renamed")


def _rename_field(workspace: Workspace) -> None:
    workspace.custom_fields.update(_field(workspace).id, name="Sample field, renamed")


# Each type of event, and what makes it happen.
SAMPLES: Mapping[str, Callable[[Workspace], object]] = {
    "ticket.created": _ticket,
    "ticket.updated": lambda workspace: _update_ticket(workspace, priority="high"),
    "ticket.assigned": _assign,
    "ticket.resolved": lambda workspace: _update_ticket(workspace, status="resolved"),
    "ticket.closed": lambda workspace: _update_ticket(workspace, status="closed"),
    "ticket.reopened": _reopen,
    "ticket.deleted": lambda workspace: workspace.tickets.delete(_ticket(workspace).id),
    "ticket.merged": _merge,
    "ticket.unmerged": lambda workspace: workspace.tickets.unmerge(_merge(workspace)),
    "message.created": _write,
    "message.moved": _move,
    "customer.created": _customer,
    "customer.updated": _rename_customer,
    "customer.deleted": lambda workspace: workspace.customers.delete(_customer(workspace).id),
    "customer.erased": lambda workspace: workspace.customers.erase(_customer(workspace).id),
    "custom_field.created": _field,
    "custom_field.updated": _rename_field,
    "custom_field.deleted": lambda workspace: workspace.custom_fields.delete(_field(workspace).id),
}
