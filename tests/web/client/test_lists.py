"""Lists, page by page, and their filters."""

from datetime import date, datetime
from typing import Any

import pytest

from cstar_web.client import Client
from tests.web.vocabulary import ManualClock


def test_going_through_a_list_goes_through_all_its_pages(acme: Client) -> None:
    for number in range(1, 8):
        acme.tickets.create(title=f"Ticket {number}")

    page = acme.tickets.list(sort="number", page_size=3)

    assert [len(page.items), page.total, page.has_more] == [3, 7, True]
    assert [ticket.number for ticket in page] == [1, 2, 3, 4, 5, 6, 7]
    second = acme.tickets.list(sort="number", page_size=3, page=2)
    assert [ticket.number for ticket in second] == [4, 5, 6, 7]
    last = acme.tickets.list(sort="number", page_size=3, page=3)
    assert ([ticket.number for ticket in last], last.next_page()) == ([7], None)


def test_pages_are_fetched_as_they_are_needed(acme: Client) -> None:
    for number in range(1, 5):
        acme.tickets.create(title=f"Ticket {number}")

    tickets = iter(acme.tickets.list(sort="number", page_size=2))
    assert next(tickets).number == 1
    acme.tickets.create(title="Ticket 5")

    assert [ticket.number for ticket in tickets] == [2, 3, 4, 5]


def test_what_is_added_meanwhile_neither_skips_nor_repeats(acme: Client) -> None:
    for number in range(1, 6):
        acme.tickets.create(title=f"Ticket {number}")

    tickets = iter(acme.tickets.list(page_size=2))
    seen = [next(tickets).number, next(tickets).number]
    acme.tickets.create(title="Newer")

    assert [*seen, *(ticket.number for ticket in tickets)] == [5, 4, 3, 2, 1]


def test_filters_are_keyword_arguments(acme: Client, clock: ManualClock) -> None:
    acme.custom_fields.create(name="Seats", key="seats", type="number", entity_type="tickets")
    acme.custom_fields.create(name="Due", key="due_on", type="date", entity_type="tickets")
    acme.custom_fields.create(name="Paid", key="paid", type="boolean", entity_type="tickets")
    values = {"seats": 12, "due_on": date(2026, 2, 28), "paid": True}
    found = acme.tickets.create(title="Quote", tags="a, b", priority="high", custom_fields=values)
    clock.tick(hours=1)
    acme.tickets.create(title="Other", status="closed")

    def numbers(**filters: Any) -> list[int]:
        return [ticket.number for ticket in acme.tickets.list(**filters)]

    assert found.custom_fields == {"seats": 12, "due_on": "2026-02-28", "paid": True}
    assert numbers(status=["new", "open"]) == numbers(status="new,open") == [1]
    assert numbers(tag=("a", "b")) == numbers(search="quo") == numbers(priority="high") == [1]
    assert numbers(custom_fields={"seats": {"gte": 10, "lt": 12.5}}) == [1]
    assert numbers(custom_fields={"paid": True, "due_on": date(2026, 2, 28)}) == [1]
    assert numbers(created_after=found.created_at) == [2]
    assert numbers(assigned_to="none", customer_id=None, sort="-created_at") == [2, 1]
    assert numbers(search="quote", sort="relevance", status="closed") == []


def test_an_instant_without_a_time_zone_is_refused(acme: Client) -> None:
    with pytest.raises(ValueError, match="has no time zone"):
        acme.tickets.list(created_after=datetime(2025, 12, 10))
