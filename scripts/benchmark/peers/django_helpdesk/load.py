"""Write the exported rows through django-helpdesk's models; prints the headers of a login."""

import json
import os
import secrets
import sys
from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "settings")
django.setup()

from django.contrib.auth.models import User  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection, transaction  # noqa: E402
from django.test import Client  # noqa: E402
from helpdesk.models import (  # noqa: E402
    CustomField,
    FollowUp,
    Queue,
    Ticket,
    TicketCustomFieldValue,
)

BATCH = 500
STATUSES = {
    "open": Ticket.OPEN_STATUS,
    "new": Ticket.REOPENED_STATUS,
    "resolved": Ticket.RESOLVED_STATUS,
    "closed": Ticket.CLOSED_STATUS,
    "pending": Ticket.DUPLICATE_STATUS,
}
PRIORITIES = {"urgent": 1, "high": 2, "normal": 3, "low": 4}
TYPES = {"number": "integer", "select": "list", "text": "text"}
Row = dict[str, Any]


def main() -> None:
    """Load the rows of the folder named on the command line."""
    rows = Path(sys.argv[1])
    call_command("migrate", verbosity=0)
    # The rows keep their own times.
    Ticket._meta.get_field("created").auto_now_add = False
    Ticket._meta.get_field("modified").auto_now = False
    agent = User.objects.create_superuser("agent", "agent@example.com", secrets.token_hex(16))
    setup = json.loads((rows / "setup.json").read_text(encoding="utf-8"))
    with transaction.atomic():
        loader = Loader(agent, setup)
        for batch in _batches(rows / "tickets.jsonl"):
            loader.write(batch)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    print(json.dumps(_login(agent)))


class Loader:
    """Writes tickets in batches."""

    def __init__(self, agent: User, setup: dict[str, list[Row]]) -> None:
        self._agent = agent
        self._queue = Queue.objects.create(title="Support", slug="support")
        self._fields = {field["key"]: _custom_field(field) for field in setup["fields"]}
        self._members = {member["id"]: _member(member) for member in setup["members"]}

    def write(self, batch: list[Row]) -> None:
        """The tickets, with their follow-ups and values."""
        tickets = [self._ticket(row) for row in batch]
        Ticket.objects.bulk_create(tickets)
        pairs = list(zip(batch, tickets, strict=True))
        FollowUp.objects.bulk_create(
            self._follow_up(ticket, message) for row, ticket in pairs for message in row["messages"]
        )
        TicketCustomFieldValue.objects.bulk_create(
            TicketCustomFieldValue(ticket=ticket, field=self._fields[key], value=str(value))
            for row, ticket in pairs
            for key, value in row["custom_fields"].items()
        )

    def _ticket(self, row: Row) -> Ticket:
        return Ticket(
            id=row["number"],
            title=row["title"][:200],
            queue=self._queue,
            created=datetime.fromisoformat(row["created_at"]),
            modified=datetime.fromisoformat(row["updated_at"]),
            submitter_email=row["customer"] and row["customer"]["email"],
            assigned_to=self._members.get(row["assigned_to"]),
            status=STATUSES[row["status"]],
            priority=PRIORITIES[row["priority"]],
            description=row["messages"][0]["content"],
            resolution=row["notes"],
        )

    def _follow_up(self, ticket: Ticket, message: Row) -> FollowUp:
        return FollowUp(
            ticket=ticket,
            date=datetime.fromisoformat(message["created_at"]),
            title="Comment",
            comment=message["content"],
            public=not message["is_internal"],
            user=self._agent if message["sender"] == "agent" else None,
        )


def _custom_field(field: Row) -> CustomField:
    return CustomField.objects.create(
        name=field["key"],
        label=field["key"],
        data_type=TYPES[field["type"]],
        list_values="\n".join(field["options"] or ()),
        required=False,
    )


def _member(member: Row) -> User:
    return User.objects.create(username=member["email"], email=member["email"], is_staff=True)


def _login(agent: User) -> dict[str, str]:
    client = Client()
    client.force_login(agent)
    session, token = client.cookies["sessionid"].value, secrets.token_hex(16)
    return {"Cookie": f"sessionid={session}; csrftoken={token}", "X-CSRFToken": token}


def _batches(path: Path) -> Iterator[list[Row]]:
    with path.open(encoding="utf-8") as lines:
        while batch := [json.loads(line) for line in islice(lines, BATCH)]:
            yield batch


if __name__ == "__main__":
    main()
