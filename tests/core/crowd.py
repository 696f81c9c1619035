"""A workspace of several hundred tickets, uneven enough that lists of it are found in every way.

Some filters match nearly all, some a few, some only the oldest; numbers fall into three blocks.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from cstar_core import PRIORITIES, STATUSES, Customer, Helpdesk, Ticket, Workspace
from tests.core.vocabulary import START, ManualClock, walk_pages

NUMBER = 640
BLOCK = 1 << 16
Matches = Callable[[Ticket], bool]


@dataclass(frozen=True)
class Crowd:
    """The workspace, and what is in it."""

    desk: Helpdesk
    room: Workspace
    tickets: list[Ticket]
    filters: dict[str, tuple[dict[str, Any], Matches]]
    customers: list[Customer]


def gather(desk: Helpdesk, clock: ManualClock, *, in_order: bool) -> Crowd:
    """Make the crowd; ``in_order=False``: some tickets are loaded with earlier times."""
    room = desk.workspace("acme")
    with desk.transaction():
        _define(room)
    for start in range(0, 120, 15):
        late = not in_order and start == 45
        with desk.transaction(at=clock() - timedelta(days=9) if late else clock()):
            _people(room, start)
        clock.tick(seconds=start % 2)
    for start in range(0, NUMBER, 40):
        _skip_numbers(desk, start)
        late = not in_order and start % 120 == 0
        at = clock() - timedelta(days=3) if late else clock()
        with desk.transaction(at=at):
            _some(room, start)
        clock.tick(seconds=random.Random(start).choice((0, 1, 5)))
    _touch(room, clock)
    tickets = walk_pages(room.tickets.list, page_size=100, sort="number")
    customers = walk_pages(room.customers.list, page_size=100)
    return Crowd(desk, room, tickets, _filters(room), customers)


def _define(room: Workspace) -> None:
    for name in ("Ada", "Bo"):
        room.members.create(name=name, email=f"{name}@example.com")
    for key, type in (("region", "select"), ("seats", "number"), ("due", "date")):
        options = ["EU", "US", "MOON"] if type == "select" else None
        room.custom_fields.create(
            name=key, key=key, type=type, entity_type="tickets", options=options
        )
    room.custom_fields.create(name="Seats", key="seats", type="number", entity_type="customers")


def _people(room: Workspace, start: int) -> None:
    """Fifteen customers; many have the same name."""
    for i in range(start, start + 15):
        room.customers.create(
            name=f"Jane {i % 7}",
            email=f"c{i}@example.com",
            tags=["all", *(["few"] if i % 30 == 4 else [])],
            custom_fields={"seats": i % 10},
        )


def _skip_numbers(desk: Helpdesk, start: int) -> None:
    """Let the numbers go on in the next block, which else takes 65,536 tickets."""
    if start in (200, 400):
        with desk._store.transaction() as tx:
            number = start // 200 * BLOCK - 17
            tx.write_sql("UPDATE workspaces SET ticket_number = ? WHERE id = 1", (number,))


def _some(room: Workspace, start: int) -> None:
    """Forty tickets."""
    chance = random.Random(start)
    people = [one.id for one in room.customers.list(page_size=30, sort="created_at").items]
    ada, bo = (one.id for one in room.members.list().items)
    for i in range(start, start + 40):
        old = i < NUMBER // 10
        title = "omni"
        title += " seldom" if i % 90 == 3 else ""
        title += " bygone" if old else ""
        title += chance.choice((" order", " ordered", " ordering"))
        room.tickets.create(
            title=title,
            status=chance.choices(STATUSES, (1 + 3 * old, 5, 3, 8, 20))[0],
            priority=chance.choices(PRIORITIES, (5, 20, 5, 1 if old else 0))[0],
            customer_id=people[0] if i % 3 == 0 else chance.choice(people),
            assigned_to=chance.choice((ada, ada, ada, bo, None)),
            tags=["all", *(["half"] if i % 2 else []), *(["old"] if old else [])]
            + (["few"] if i % 200 == 7 else []),
            custom_fields={
                "region": "MOON" if i % 150 == 11 else chance.choice(("EU", "US")),
                "seats": chance.choice((chance.randrange(50), 0.1 + 0.2, 1e-7, 2**60 + 1)),
                **({} if i % 5 == 0 else {"due": f"2025-{1 + i * 11 // NUMBER:02}-01"}),
            },
        )


def _touch(room: Workspace, clock: ManualClock) -> None:
    """Update some, so that their order differs from the one in which they were made."""
    for customer in walk_pages(room.customers.list, page_size=100)[::9]:
        clock.tick(seconds=1)
        room.customers.update(customer.id, notes="touched")
    tickets = walk_pages(room.tickets.list, page_size=100, sort="number")
    for ticket in random.Random(1).sample(tickets, 60):
        clock.tick(seconds=1)
        room.tickets.update(ticket.id, notes="touched")


def _filters(room: Workspace) -> dict[str, tuple[dict[str, Any], Matches]]:
    """What can be asked for, and how to tell from a ticket whether it is meant."""
    ada = room.members.list().items[0].id
    first, other = (room.tickets.list(sort="number", page_size=2).items[i] for i in (0, 1))
    whale, customer = first.customer_id, other.customer_id
    half, end = START + timedelta(seconds=12), START + timedelta(seconds=40)
    fields = "custom_fields"
    return {
        "everything": ({}, lambda t: True),
        "a status": ({"status": "open"}, lambda t: t.status == "open"),
        "statuses": ({"status": "new,open,closed"}, lambda t: t.status in "new open closed"),
        "a priority": ({"priority": "low"}, lambda t: t.priority == "low"),
        "a rare priority": ({"priority": "urgent"}, lambda t: t.priority == "urgent"),
        "statuses and priorities": (
            {"status": "closed,new", "priority": "low,urgent"},
            lambda t: t.status in "closed new" and t.priority in "low urgent",
        ),
        "a member": ({"assigned_to": ada}, lambda t: t.assigned_to == ada),
        "nobody": ({"assigned_to": "none"}, lambda t: t.assigned_to is None),
        "a member and status": (
            {"assigned_to": ada, "status": "open,new"},
            lambda t: t.assigned_to == ada and t.status in "open new",
        ),
        "a member and priority": (
            {"assigned_to": ada, "priority": "urgent"},
            lambda t: t.assigned_to == ada and t.priority == "urgent",
        ),
        "a customer": ({"customer_id": customer}, lambda t: t.customer_id == customer),
        "a customer and status": (
            {"customer_id": whale, "status": "closed"},
            lambda t: t.customer_id == whale and t.status == "closed",
        ),
        "a tag of all": ({"tags": "all"}, lambda t: "all" in t.tags),
        "a tag of a few": ({"tags": "few"}, lambda t: "few" in t.tags),
        "a tag of the oldest": ({"tags": "old"}, lambda t: "old" in t.tags),
        "tags": ({"tags": "half,old"}, lambda t: {"half", "old"} <= set(t.tags)),
        "a tag and a status": (
            {"tags": "half", "status": "pending"},
            lambda t: "half" in t.tags and t.status == "pending",
        ),
        "a value": ({fields: {"region": "EU"}}, lambda t: t.custom_fields["region"] == "EU"),
        "a rare value": (
            {fields: {"region": "MOON"}},
            lambda t: t.custom_fields["region"] == "MOON",
        ),
        "a value and a tag": (
            {fields: {"region": "EU"}, "tags": "half"},
            lambda t: t.custom_fields["region"] == "EU" and "half" in t.tags,
        ),
        "a wide range": ({fields: {"seats": {"gt": 0}}}, lambda t: t.custom_fields["seats"] > 0),
        "an exact bound": (
            {fields: {"seats": {"lte": 0.1 + 0.2}}, "tags": "half"},
            lambda t: t.custom_fields["seats"] <= 0.1 + 0.2 and "half" in t.tags,
        ),
        "large numbers": (
            {fields: {"seats": {"gt": 2**60}}, "status": "closed"},
            lambda t: t.custom_fields["seats"] > 2**60 and t.status == "closed",
        ),
        "old dates": (
            {fields: {"due": {"lt": "2025-03-01"}}},
            lambda t: t.custom_fields.get("due", "3") < "2025-03-01",
        ),
        "ranges": (
            {fields: {"due": {"gte": "2025-02-01"}, "seats": {"lt": 20, "gte": 3}}},
            lambda t: (
                t.custom_fields.get("due", "1") >= "2025-02-01"
                and 3 <= t.custom_fields["seats"] < 20
            ),
        ),
        "made after": ({"created_after": half}, lambda t: t.created_at > half),
        "made between": (
            {"created_after": START, "created_before": half, "status": "closed"},
            lambda t: START < t.created_at < half and t.status == "closed",
        ),
        "updated after": ({"updated_after": end}, lambda t: t.updated_at > end),
        "updated before": (
            {"updated_before": end, "tags": "half"},
            lambda t: t.updated_at < end and "half" in t.tags,
        ),
        "a word of all": ({"search": "omni"}, lambda t: True),
        "a word of a few": ({"search": "seldom"}, lambda t: "seldom" in t.title),
        "a word of the oldest": ({"search": "bygone"}, lambda t: "bygone" in t.title),
        "a beginning": ({"search": "ordere"}, lambda t: "ordered" in t.title),
        "a word and a status": (
            {"search": "omni", "status": "new"},
            lambda t: t.status == "new",
        ),
        "a word and a tag": ({"search": "omni", "tags": "few"}, lambda t: "few" in t.tags),
        "a word and a range": (
            {"search": "order", fields: {"seats": {"gte": 25}}},
            lambda t: t.custom_fields["seats"] >= 25,
        ),
        "not a word of a few": ({"search": "-seldom"}, lambda t: "seldom" not in t.title),
        "not a word of the oldest": ({"search": "-bygone"}, lambda t: "bygone" not in t.title),
        "not a word, and a status": (
            {"search": "-ordered", "status": "open"},
            lambda t: "ordered" not in t.title and t.status == "open",
        ),
        "a number and a word": (
            {"search": f"#{other.number} omni"},
            lambda t: t.number == other.number,
        ),
    }


CUSTOMER_FILTERS: dict[str, tuple[dict[str, Any], Callable[[Customer], bool]]] = {
    "everyone": ({}, lambda c: True),
    "a tag of all": ({"tags": "all"}, lambda c: "all" in c.tags),
    "a tag of a few": ({"tags": "few"}, lambda c: "few" in c.tags),
    "a value": ({"custom_fields": {"seats": "3"}}, lambda c: c.custom_fields["seats"] == 3),
    "a range": (
        {"custom_fields": {"seats": {"gte": 2}}, "tags": "all"},
        lambda c: c.custom_fields["seats"] >= 2,
    ),
    "a name": ({"search": "jane 3"}, lambda c: c.name == "Jane 3"),
    "a word of all": ({"search": "example"}, lambda c: True),
    "not a word": ({"search": "-5"}, lambda c: c.name != "Jane 5"),
}
