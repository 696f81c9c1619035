"""How lists are run: along an index, and with a fixed number of queries."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from cstar_core import Helpdesk, Page, Workspace
from tests.core.filling import (
    CUSTOMER_FILTERS,
    CUSTOMER_SORTS,
    TICKET_FILTERS,
    TICKET_SORTS,
    ticket_filters,
)
from tests.core.tracing import plan, queries, scans, sorted_by, steps_of, unbounded

IN_INDEX_ORDER = [
    "none", "status", "priority", "customer", "assigned", "unassigned", "tag", "field", "search",
]  # fmt: skip


@pytest.mark.parametrize("name", TICKET_FILTERS)
def test_no_list_walks_through_a_whole_table(
    filled_desk: Helpdesk, filled: Workspace, name: str
) -> None:
    query = ticket_filters(filled)[name]
    for sort in TICKET_SORTS:
        assert scans(plan(filled_desk, lambda: filled.tickets.list(sort=sort, **query))) == []  # noqa: B023


@pytest.mark.parametrize("name", IN_INDEX_ORDER)
def test_the_newest_of_one_filter_are_read_in_the_order_of_an_index(
    filled_desk: Helpdesk, filled: Workspace, name: str
) -> None:
    query = ticket_filters(filled)[name]
    first = filled.tickets.list(page_size=1, **query)
    for more in ({}, {"cursor": first.next_cursor}):
        assert sorted_by(filled_desk, lambda: filled.tickets.list(**query, **more)) == []  # noqa: B023


@pytest.mark.parametrize("sort", TICKET_SORTS)
def test_a_plain_list_is_read_in_the_order_of_an_index(
    filled_desk: Helpdesk, filled: Workspace, sort: str
) -> None:
    first = filled.tickets.list(page_size=1, sort=sort)
    for more in ({}, {"cursor": first.next_cursor}):
        assert sorted_by(filled_desk, lambda: filled.tickets.list(sort=sort, **more)) == []  # noqa: B023


@pytest.mark.parametrize("sort", CUSTOMER_SORTS)
def test_a_plain_list_of_customers_is_read_in_the_order_of_an_index(
    filled_desk: Helpdesk, filled: Workspace, sort: str
) -> None:
    assert sorted_by(filled_desk, lambda: filled.customers.list(sort=sort)) == []


@pytest.mark.parametrize("query", CUSTOMER_FILTERS)
def test_no_list_of_customers_walks_through_a_whole_table(
    filled_desk: Helpdesk, filled: Workspace, query: dict[str, Any]
) -> None:
    assert scans(plan(filled_desk, lambda: filled.customers.list(**query))) == []


def test_several_tags_are_each_looked_up_by_their_whole_key(
    filled_desk: Helpdesk, filled: Workspace
) -> None:
    steps = plan(filled_desk, lambda: filled.tickets.list(tags="a,b"))
    whole = "USING PRIMARY KEY (tag_id=? AND created_at=? AND owner_id=?)"
    assert {f"SEARCH g0 {whole}", f"SEARCH g1 {whole}"}.intersection(steps)


@pytest.mark.parametrize("query", [{"status": "open"}, {"status": "open", "priority": "high"}, {}])
def test_common_totals_come_from_counters(
    filled_desk: Helpdesk, filled: Workspace, query: dict[str, Any]
) -> None:
    run = queries(filled_desk, lambda: filled.tickets.list(**query))
    assert sum("ticket_counts" in text for text in run) == 1
    assert not any("COUNT(" in text for text in run)


def other_reads(room: Workspace) -> dict[str, Callable[[], object]]:
    ticket = room.tickets.list().items[0]
    return {
        "a ticket": lambda: room.tickets.get(ticket.id, expand_customer=True),
        "a thread": lambda: room.messages.list(ticket.id),
        "a history": lambda: room.events.of_ticket(ticket.id),
        "events": lambda: room.events.list(),
        "events of a type": lambda: room.events.list(types="ticket.updated"),
        "events of some types": lambda: room.events.list(types="ticket.*"),
        "members": lambda: room.members.list(),
        "a customer": lambda: room.customers.get(room.customers.list().items[0].id),
        "custom fields": lambda: room.custom_fields.list(),
    }


@pytest.mark.parametrize(
    "name",
    ["a ticket", "a thread", "a history", "events", "events of a type", "events of some types",
     "members", "a customer", "custom fields"],
)  # fmt: skip
def test_no_other_read_walks_through_a_whole_table(
    filled_desk: Helpdesk, filled: Workspace, name: str
) -> None:
    assert scans(plan(filled_desk, other_reads(filled)[name])) == []


def test_a_key_is_authenticated_by_one_indexed_query(desk: Helpdesk) -> None:
    made = desk.keys.create("acme", type="secret", environment="live")
    assert len(queries(desk, lambda: desk.keys.authenticate(made.secret))) == 1
    assert scans(plan(desk, lambda: desk.keys.authenticate(made.secret))) == []


def lists(room: Workspace) -> dict[str, Callable[[int], Page[Any]]]:
    return {
        "tickets": lambda size: room.tickets.list(page_size=size),
        "tickets with customers": lambda size: room.tickets.list(
            page_size=size, expand_customer=True
        ),
        "found tickets": lambda size: room.tickets.list(page_size=size, search="refund"),
        "ranked tickets": lambda size: room.tickets.list(
            page_size=size, search="refund", sort="relevance"
        ),
        "filtered tickets": lambda size: room.tickets.list(
            page_size=size, tags="a", custom_fields={"region": "EU"}
        ),
        "customers": lambda size: room.customers.list(page_size=size),
        "found customers": lambda size: room.customers.list(page_size=size, search="jane"),
        "members": lambda size: room.members.list(page_size=size),
        "events": lambda size: room.events.list(page_size=size),
    }


@pytest.mark.parametrize(
    ("name", "number"),
    [("tickets", 3), ("tickets with customers", 4), ("found tickets", 7), ("ranked tickets", 5),
     ("filtered tickets", 7), ("customers", 3), ("found customers", 7), ("members", 2),
     ("events", 3)],
)  # fmt: skip
def test_the_number_of_queries_does_not_depend_on_the_page_size(
    filled_desk: Helpdesk, filled: Workspace, name: str, number: int
) -> None:
    for i in range(20):
        filled.members.create(name="M", email=f"m{i}@example.com")
    read = lists(filled)[name]
    read(1)  # the full-text index reads its own settings at first
    counted = {size: len(queries(filled_desk, partial(read, size))) for size in (1, 2, 3)}
    assert len(set(counted.values())) == 1
    assert counted[1] == number


def test_a_ticket_with_its_thread_is_three_queries(
    filled_desk: Helpdesk, filled: Workspace
) -> None:
    ticket = filled.tickets.list().items[0]
    for i in range(30):
        filled.messages.create(ticket.id, content=str(i))
    assert len(queries(filled_desk, lambda: filled.tickets.get(ticket.id))) == 3


EVENTS = [
    ({}, "PRIMARY KEY (workspace_id=? AND number>?)"),
    ({"types": "ticket.updated"}, "events_type (workspace_id=? AND type=? AND number>?)"),
    ({"types": "ticket.*"}, "events_type (workspace_id=? AND type=? AND number>?)"),
]


@pytest.mark.parametrize(("query", "walk"), EVENTS)
def test_events_are_walked_in_the_order_of_an_index(
    filled_desk: Helpdesk, filled: Workspace, query: dict[str, Any], walk: str
) -> None:
    first = filled.events.list(page_size=2, **query)
    for more in ({}, {"cursor": first.next_cursor}, {"page": 3}):
        act = partial(filled.events.list, page_size=2, **query, **more)
        assert sorted_by(filled_desk, act) == []
        assert any(step.endswith(walk) for step in plan(filled_desk, act))


def test_the_total_of_all_events_is_not_counted(filled_desk: Helpdesk, filled: Workspace) -> None:
    run = queries(filled_desk, filled.events.list)
    assert not any("COUNT(" in text for text in run)


@pytest.mark.parametrize("query", CUSTOMER_FILTERS)
@pytest.mark.parametrize("sort", CUSTOMER_SORTS)
def test_no_list_of_customers_walks_on_without_a_bound_to_count(
    filled_desk: Helpdesk, filled: Workspace, query: dict[str, Any], sort: str
) -> None:
    run = queries(filled_desk, lambda: filled.customers.list(sort=sort, **query))
    for text in run:
        if "COUNT(1)" in text:
            assert unbounded(steps_of(filled_desk, text)) == []
