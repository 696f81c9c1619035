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
    "mailId": "mail",
    "mailBlockId": "mail_blocks",
    "mailboxId": "mailboxes",
}
# What a request uses up or may be gone with another object is made anew for each.
_USED_UP = frozenset(("messageId", "attachmentId", "outgoingMailId", "deliveryId"))
# What a path names that is no object with an id.
_WORDS = {"templateKind": "reply", "language": "en"}
_HOOK = {"name": "Hook", "url": "https://hook.example/", "events": ["*"]}
_numbers = itertools.count(1)


def is_there(rooms: Workspace, name: str, id: str) -> bool:
    """Whether what a parameter of a path named is still there."""
    if name in _USED_UP or name in _WORDS:
        return False
    return getattr(rooms, _ROOMS[name]).find(id) is not None


def made(rooms: Workspace, name: str, existing: Callable[[str], str]) -> str:
    """The id of a new object, for a parameter of a path; it may belong to one that exists."""
    number = next(_numbers)
    if name in _WORDS:
        return _WORDS[name]
    match name:
        case "deliveryId":
            return rooms.webhooks.test(existing("webhookId")).id
        case "messageId":
            return rooms.messages.create(existing("ticketId"), content=f"Message {number}").id
        case "attachmentId":
            ticket = existing("ticketId")
            return rooms.attachments.upload(ticket, name=f"{number}.txt", content=b"made").id
        case "mailId":
            raw = f"From: {number}@example.com\n\nrefund".encode()
            return (rooms.mail.take if number % 2 else rooms.mail.receive)(raw).id
        case "outgoingMailId":
            return _outgoing(rooms, existing)
    new = getattr(rooms, _ROOMS[name]).create(**_values(name))
    return str(new.webhook.id if name == "webhookId" else new.id)


def _outgoing(rooms: Workspace, existing: Callable[[str], str]) -> str:
    """A mail that is to be sent; every other one was cancelled."""
    existing("mailboxId")
    ticket = rooms.tickets.create(title="Made", customer_email=f"{next(_numbers)}@example.com")
    mail = rooms.messages.create(ticket.id, content="Hello").delivery
    if mail is None:
        raise LookupError("No mail was queued for the message.")
    if next(_numbers) % 2:
        rooms.outgoing_mail.cancel(mail.id)
    return mail.id


def needed(
    operation: Operation, rooms: Workspace, existing: Callable[[str], str]
) -> dict[str, str]:
    """What a body needs at least, each value as JSON."""
    number = next(_numbers)
    if operation.method not in ("POST", "PUT"):
        return {}
    bodies: Mapping[str, Callable[[], Json]] = {
        "createTicket": lambda: {"title": f"Ticket {number}"},
        "createMessage": lambda: {"content": f"Message {number}"},
        "moveMessage": lambda: {"to": made(rooms, "ticketId", existing)},
        "fileMailAsSpam": dict,
        "createMailBlock": lambda: {"value": f"{number}.example"},
        "createMailbox": lambda: {"address": f"new{number}@made.example"},
        "setMailTemplate": lambda: {"content": "Hello\n\n{{message}}"},
        "previewMailTemplate": lambda: {"ticketId": existing("ticketId")},
        "trustAddress": lambda: {"address": f"{number}@example.com"},
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
        "mailBlockId": {"value": f"made{number}.example"},
        "mailboxId": {
            "address": f"{number}@made.example",
            "outgoing": {"host": "127.0.0.1", "security": "none"},
            "is_default": True,
        },
    }
    return values[name]
