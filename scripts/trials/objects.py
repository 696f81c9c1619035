"""What made-up requests are about: an object of each kind, and what a body needs at least."""

import itertools
import json
from collections.abc import Callable, Mapping
from typing import Any

from cstar_core import Workspace
from cstar_web.operations import Operation

Json = dict[str, Any]

_ROOMS = {
    "ticketId": "tickets",
    "customerId": "customers",
    "memberId": "members",
    "customFieldId": "custom_fields",
    "webhookId": "webhooks",
}
_HOOK = {"name": "Hook", "url": "https://hook.example/", "events": ["*"]}
_numbers = itertools.count(1)


def is_there(rooms: Workspace, name: str, id: str) -> bool:
    """Whether what a parameter of a path named is still there."""
    return name == "deliveryId" or getattr(rooms, _ROOMS[name]).find(id) is not None


def made(rooms: Workspace, name: str) -> str:
    """The id of a new object, for a parameter of a path."""
    if name == "deliveryId":
        return rooms.webhooks.test(made(rooms, "webhookId")).id
    new = getattr(rooms, _ROOMS[name]).create(**_values(name))
    return str(new.webhook.id if name == "webhookId" else new.id)


def needed(operation: Operation, existing: Callable[[str], str]) -> dict[str, str]:
    """What a body needs at least, each value as JSON."""
    number = next(_numbers)
    if operation.method != "POST":
        return {}
    bodies: Mapping[str, Callable[[], Json]] = {
        "createTicket": lambda: {"title": f"Ticket {number}"},
        "createMessage": lambda: {"content": f"Message {number}"},
        "createCustomer": lambda: {"name": f"Customer {number}"},
        "createMember": lambda: {"name": f"Member {number}", "email": f"{number}@example.com"},
        "createCustomField": lambda: {
            "name": "Made",
            "key": f"made{number}",
            "type": "select",
            "entityType": "tickets",
            "options": ["a", "b"],
        },
        "createWebhook": lambda: _HOOK,
        "rotateWebhookSecret": dict,
        "replayWebhook": lambda: {"after": f"evt_{number:032x}"},
        "bulkTickets": lambda: {"ids": [existing("ticketId")], "update": {"priority": "high"}},
        "mergeTicket": lambda: {"into": existing("ticketId")},
    }
    return {name: json.dumps(value) for name, value in bodies[operation.name]().items()}


def _values(name: str) -> Json:
    number = next(_numbers)
    field = {"key": f"new{number}", "type": "select", "options": ["a", "b"]}
    address = {"name": f"Someone {number}", "email": f"{number}@example.com"}
    values: Mapping[str, Json] = {
        "ticketId": {"title": f"Ticket {number}", "tags": ["refund"]},
        "customerId": address,
        "memberId": address,
        "customFieldId": {"name": "New", "entity_type": "tickets", **field},
        "webhookId": _HOOK,
    }
    return values[name]
