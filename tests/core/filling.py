"""A workspace filled with what can be filtered and sorted by, and the filters to try on it."""

import random
from datetime import timedelta
from typing import Any

from cstar_core import PRIORITIES, STATUSES, Workspace
from tests.core.vocabulary import START, ManualClock

TICKET_SORTS = [
    f"{minus}{name}"
    for name in ("created_at", "updated_at", "number", "priority")
    for minus in ("", "-")
]
CUSTOMER_SORTS = [
    f"{minus}{name}" for name in ("created_at", "updated_at", "name") for minus in ("", "-")
]


def fill(room: Workspace, clock: ManualClock) -> None:
    chance = random.Random(7)
    ada = room.members.create(name="Ada", email="ada@example.com")
    for entity in ("tickets", "customers"):
        for key, type in (("region", "select"), ("seats", "number"), ("due", "date")):
            options = ["EU", "US"] if type == "select" else None
            room.custom_fields.create(
                name=key, key=key, type=type, entity_type=entity, options=options
            )
    people = []
    for i in range(5):
        made = room.customers.create(
            name=f"Jane {chance.choice('abc')}",
            email=f"c{i}@example.com",
            tags=["vip"] if i % 2 else [],
            custom_fields={"region": "EU"} if i % 2 else {"seats": i},
        )
        people.append(made.id)
        clock.tick(seconds=chance.choice((0, 1)))
    for i in range(23):
        room.tickets.create(
            title=f"Refund {i}" if i % 3 else f"Login {i}",
            status=chance.choice(STATUSES),
            priority=chance.choice(PRIORITIES),
            customer_id=chance.choice(people) if i % 4 else None,
            assigned_to=ada.id if i % 2 else None,
            tags=[tag for tag in ("a", "b") if chance.random() < 0.6],
            custom_fields={
                "region": chance.choice(("EU", "US")),
                "seats": chance.randrange(5),
                "due": f"2025-0{chance.randrange(1, 4)}-01",
            },
        )
        clock.tick(seconds=chance.choice((0, 0, 1)))
    for ticket in chance.sample(room.tickets.list(page_size=100).items, 9):
        clock.tick(seconds=chance.choice((0, 1)))
        room.tickets.update(ticket.id, notes="touched")


def customer_and_member(room: Workspace) -> tuple[str, str]:
    customer = next(one for one in room.customers.list().items if one.ticket_count)
    return customer.id, room.members.list().items[0].id


def ticket_filters(room: Workspace) -> dict[str, dict[str, Any]]:
    customer, member = customer_and_member(room)
    return {
        "none": {},
        "status": {"status": "open"},
        "statuses": {"status": "open,new"},
        "priority": {"priority": "high"},
        "status and priority": {"status": ["open", "new"], "priority": ["high", "low"]},
        "customer": {"customer_id": customer},
        "assigned": {"assigned_to": member},
        "unassigned": {"assigned_to": "none"},
        "tag": {"tags": "a"},
        "tags": {"tags": "a,b"},
        "field": {"custom_fields": {"region": "EU"}},
        "fields": {"custom_fields": {"region": "EU", "seats": "2"}},
        "range": {"custom_fields": {"seats": {"gte": 1, "lt": 4}}},
        "ranges": {"custom_fields": {"seats": {"gte": 1}, "due": {"lte": "2025-02-01"}}},
        "tag and field": {"tags": "a", "custom_fields": {"region": "EU"}},
        "tag and range": {"tags": "a", "custom_fields": {"seats": {"gt": 1}}},
        "tag and status": {"tags": "a", "status": "open,new,closed"},
        "instants": {"created_after": START, "updated_before": START + timedelta(days=1)},
        "search": {"search": "refund"},
        "search and status": {"search": "refund", "status": "open,new"},
        "search and tag": {"search": "refund", "tags": "a"},
        "search and fields": {"search": "refund", "custom_fields": {"seats": {"gte": 1}}},
        "exclusion": {"search": "-login"},
        "number": {"search": "#3"},
    }


TICKET_FILTERS = [
    "none", "status", "statuses", "priority", "status and priority", "customer", "assigned",
    "unassigned", "tag", "tags", "field", "fields", "range", "ranges", "tag and field",
    "tag and range", "tag and status", "instants", "search", "search and status",
    "search and tag", "search and fields", "exclusion", "number",
]  # fmt: skip
CUSTOMER_FILTERS: list[dict[str, Any]] = [
    {},
    {"search": "jane"},
    {"tags": "vip"},
    {"custom_fields": {"region": "EU"}},
    {"custom_fields": {"seats": {"gte": 0}}},
    {"search": "example", "tags": "vip"},
]
