"""What lists hold and in which order: every filter, every sort, every way to walk."""

from collections.abc import Callable
from typing import Any

import pytest

from cstar_core import PRIORITIES, Workspace
from tests.core.filling import (
    CUSTOMER_FILTERS,
    CUSTOMER_SORTS,
    TICKET_FILTERS,
    TICKET_SORTS,
    ticket_filters,
)
from tests.core.vocabulary import ManualClock, ids, walk_cursor, walk_pages


def naive(room: Workspace, query: dict[str, Any]) -> set[str]:
    """The tickets that match, found by looking at each."""
    return {one.id for one in walk_pages(room.tickets.list, page_size=100) if matches(one, query)}


def matches(one: Any, query: dict[str, Any]) -> bool:
    checks: dict[str, Callable[[Any], bool]] = {
        "status": lambda wanted: one.status in wanted,
        "priority": lambda wanted: one.priority in wanted,
        "customer_id": lambda wanted: one.customer_id == wanted,
        "assigned_to": lambda wanted: one.assigned_to == (None if wanted == "none" else wanted),
        "tags": lambda wanted: set(wanted.split(",")) <= set(one.tags),
        "created_after": lambda wanted: one.created_at > wanted,
        "updated_before": lambda wanted: one.updated_at < wanted,
        "custom_fields": lambda wanted: all(
            compares(one.custom_fields[key], value) for key, value in wanted.items()
        ),
        "search": lambda wanted: {
            "refund": "Refund" in one.title,
            "-login": "Login" not in one.title,
            "#3": one.number == 3,
        }[wanted],
    }
    return all(checks[name](wanted) for name, wanted in query.items())


def compares(value: Any, wanted: Any) -> bool:
    if not isinstance(wanted, dict):
        return str(value) == str(wanted)
    ways: dict[str, Callable[[Any, Any], bool]] = {
        "gte": lambda a, b: a >= b,
        "gt": lambda a, b: a > b,
        "lte": lambda a, b: a <= b,
        "lt": lambda a, b: a < b,
    }
    return all(ways[how](value, bound) for how, bound in wanted.items())


def order_of(sort: str) -> Callable[[Any], Any]:
    name = sort.removeprefix("-")
    if name == "priority":
        return lambda one: (PRIORITIES.index(one.priority), one.created_at, one.number)
    if name == "number":
        return lambda one: one.number
    return lambda one: (getattr(one, name), getattr(one, "number", 0))


@pytest.mark.parametrize("name", TICKET_FILTERS)
def test_every_filter_finds_what_looking_at_each_ticket_finds(filled: Workspace, name: str) -> None:
    query = ticket_filters(filled)[name]
    found = ids(walk_pages(filled.tickets.list, page_size=100, **query))
    assert len(found) == len(set(found))
    assert set(found) == naive(filled, query)
    assert filled.tickets.list(**query).total == len(found) > 0


@pytest.mark.parametrize("name", TICKET_FILTERS)
def test_every_sort_of_every_filter_is_in_order(filled: Workspace, name: str) -> None:
    query = ticket_filters(filled)[name]
    for sort in TICKET_SORTS:
        found = filled.tickets.list(sort=sort, page_size=100, **query).items
        assert list(found) == sorted(found, key=order_of(sort), reverse=sort.startswith("-"))


@pytest.mark.parametrize("name", TICKET_FILTERS)
def test_a_walk_gives_every_ticket_once_in_every_sort(filled: Workspace, name: str) -> None:
    query = ticket_filters(filled)[name]
    for sort in TICKET_SORTS:
        whole = ids(filled.tickets.list(sort=sort, page_size=100, **query).items)
        assert ids(walk_pages(filled.tickets.list, sort=sort, page_size=4, **query)) == whole
        assert ids(walk_cursor(filled.tickets.list, sort=sort, page_size=4, **query)) == whole


@pytest.mark.parametrize("name", ["none", "status", "tag", "field", "range", "search", "tags"])
def test_a_walk_by_cursor_loses_and_repeats_nothing_while_tickets_are_made(
    filled: Workspace, clock: ManualClock, name: str
) -> None:
    query = ticket_filters(filled)[name]

    def between() -> None:
        clock.tick()
        filled.tickets.create(
            title="Refund late",
            status="open",
            tags="a,b",
            custom_fields={"region": "EU", "seats": 2, "due": "2025-01-01"},
        )

    for sort in ("-created_at", "-number", "-updated_at", "priority", "-priority"):
        before = ids(filled.tickets.list(sort=sort, page_size=100, **query).items)
        found = ids(walk_cursor(filled.tickets.list, between, sort=sort, page_size=5, **query))
        assert len(found) == len(set(found))
        assert set(before) <= set(found)


@pytest.mark.parametrize("query", CUSTOMER_FILTERS)
def test_a_walk_gives_every_customer_once_in_every_sort(
    filled: Workspace, query: dict[str, Any]
) -> None:
    for sort in CUSTOMER_SORTS:
        page = filled.customers.list(sort=sort, page_size=100, **query)
        key = order_by_name(sort)
        assert [key(one) for one in page.items] == sorted(
            (key(one) for one in page.items), reverse=sort.startswith("-")
        )
        whole = ids(page.items)
        assert len(set(whole)) == page.total > 0
        assert ids(walk_pages(filled.customers.list, sort=sort, page_size=2, **query)) == whole
        assert ids(walk_cursor(filled.customers.list, sort=sort, page_size=2, **query)) == whole


def order_by_name(sort: str) -> Callable[[Any], Any]:
    return lambda one: getattr(one, sort.removeprefix("-"))


def test_relevance_is_a_complete_walk_too(filled: Workspace) -> None:
    query: dict[str, Any] = {"search": "refund", "sort": "relevance"}
    whole = ids(filled.tickets.list(page_size=100, **query).items)
    assert set(whole) == naive(filled, {"search": "refund"})
    assert ids(walk_pages(filled.tickets.list, page_size=4, **query)) == whole
    assert ids(walk_cursor(filled.tickets.list, page_size=4, **query)) == whole
