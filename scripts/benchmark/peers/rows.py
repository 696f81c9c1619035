"""All tickets of a workspace as JSON lines, so that every peer holds the same data."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from cstar_core import Page, Ticket, Workspace

CHECKED = 20


@dataclass(frozen=True)
class Export:
    """Where the rows are, what will be asked about them, and what the product answers."""

    folder: Path
    numbers: dict[str, int]
    words: list[str]
    bodies: list[Mapping[str, Any]]
    messages: dict[str, list[str]]
    open_normal: int
    found: dict[str, tuple[int, list[str]]]


def export(
    workspace: Workspace, folder: Path, words: Sequence[str], bodies: Sequence[Mapping[str, Any]]
) -> Export:
    """Write the tickets, oldest first, with messages and customers; the members; the fields.

    ``words`` are searched for, ``bodies`` are what tickets are created with, as the API takes it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    numbers, messages = _write_tickets(workspace, folder / "tickets.jsonl")
    (folder / "setup.json").write_text(json.dumps(_setup(workspace)), encoding="utf-8")
    some = list(messages)[:: max(1, len(messages) // CHECKED)]
    return Export(
        folder=folder,
        numbers=numbers,
        words=list(words),
        bodies=list(bodies),
        messages={id: messages[id] for id in some},
        open_normal=workspace.tickets.list(status="open", priority="normal").total,
        found={word: _found(workspace.tickets.list(search=word)) for word in words[:CHECKED]},
    )


def _setup(workspace: Workspace) -> dict[str, list[dict[str, Any]]]:
    """What tickets refer to."""
    fields = workspace.custom_fields.list(entity_type="tickets")
    members = workspace.members.list(page_size=100).items
    return {
        "fields": [{"key": one.key, "type": one.type, "options": one.options} for one in fields],
        "members": [{"id": one.id, "name": one.name, "email": one.email} for one in members],
    }


def _found(page: Page[Ticket]) -> tuple[int, list[str]]:
    return page.total, [ticket.id for ticket in page.items]


def _write_tickets(workspace: Workspace, path: Path) -> tuple[dict[str, int], dict[str, list[str]]]:
    """The numbers of the tickets, and the contents of their messages."""
    numbers, contents = {}, {}
    with path.open("w", encoding="utf-8") as lines:
        for id in _ids(workspace):
            ticket = workspace.tickets.get(id, expand_customer=True)
            numbers[id] = ticket.number
            contents[id] = [message.content for message in ticket.messages or ()]
            lines.write(json.dumps(_row(ticket), default=datetime.isoformat) + "\n")
    return numbers, contents


def _ids(workspace: Workspace) -> Iterator[str]:
    page = workspace.tickets.list(sort="number", page_size=100)
    yield from (ticket.id for ticket in page.items)
    while page.next_cursor is not None:
        page = workspace.tickets.list(sort="number", page_size=100, cursor=page.next_cursor)
        yield from (ticket.id for ticket in page.items)


def _row(ticket: Ticket) -> dict[str, Any]:
    row = asdict(ticket)
    customer = ticket.customer
    row["customer"] = customer and {
        "id": customer.id,
        "name": customer.name,
        "email": customer.email,
    }
    for message in row["messages"]:
        del message["ticket_id"]
    for name in ("customer_id", "customer_name", "version"):
        row.pop(name, None)
    return row
