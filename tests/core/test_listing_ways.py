"""By which way lists of many tickets are found: walked along an index, or sorted if few."""

import re
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from cstar_core import Helpdesk
from tests.core.crowd import BLOCK, NUMBER, Crowd, gather
from tests.core.filling import TICKET_SORTS
from tests.core.tracing import (
    plan,
    queries,
    rows_sorted,
    scans,
    sorted_by,
    statements,
    steps_of,
    unbounded,
)
from tests.core.vocabulary import ManualClock

pytestmark = pytest.mark.no_cover

# What one row of a walk may cost more than one that is sorted: to look a word of it up.
DEAREST = 50
BY_COUNTERS = [
    "everything", "a status", "statuses", "a priority", "statuses and priorities", "a member",
    "nobody", "a member and status",
]  # fmt: skip
BY_AGE = ["created_at", "-created_at", "number", "-number"]


@pytest.fixture(scope="module")
def crowd(template: tuple[Path, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crowd]:
    path = shutil.copy(template[0], tmp_path_factory.mktemp("crowd") / "desk.db")
    clock = ManualClock()
    with Helpdesk.open(path, clock=clock) as desk:
        yield gather(desk, clock, in_order=True)


def parts(crowd: Crowd, name: str, sort: str) -> Iterator[tuple[int, Callable[[], object]]]:
    """A list's first page, the page after a cursor, and one by number: how far down they end."""
    query, _ = crowd.filters[name]
    read = crowd.room.tickets.list
    first = read(sort=sort, page_size=5, **query)
    yield 6, lambda: read(sort=sort, page_size=5, **query)
    if first.next_cursor is not None:
        yield 6, lambda: read(sort=sort, page_size=5, cursor=first.next_cursor, **query)
    middle = 1 + first.total // 10
    yield 5 * middle + 1, lambda: read(sort=sort, page_size=5, page=middle, **query)


def every(crowd: Crowd) -> Iterator[tuple[str, str, int, Callable[[], object]]]:
    for name in crowd.filters:
        for sort in TICKET_SORTS:
            for wanted, act in parts(crowd, name, sort):
                yield name, sort, wanted, act


def test_no_list_walks_through_a_whole_table(crowd: Crowd) -> None:
    for name, sort, _, act in every(crowd):
        assert scans(plan(crowd.desk, act)) == [], (name, sort)


def test_no_total_walks_through_all_of_a_workspace(crowd: Crowd) -> None:
    for name, sort, _, act in every(crowd):
        for text in queries(crowd.desk, act):
            if "COUNT(1)" in text:
                assert unbounded(steps_of(crowd.desk, text)) == [], (name, sort)


def test_what_is_sorted_is_less_than_what_a_walk_would_pass_over(crowd: Crowd) -> None:
    for name, sort, wanted, act in every(crowd):
        total = crowd.room.tickets.list(page_size=1, **crowd.filters[name][0]).total
        for text in sorted_by(crowd.desk, act):
            assert rows_sorted(crowd.desk, text) <= DEAREST * wanted * NUMBER / total, (name, sort)


@pytest.mark.parametrize("name", BY_COUNTERS)
def test_what_counters_know_is_never_sorted_by_age(crowd: Crowd, name: str) -> None:
    for sort in BY_AGE:
        for _, act in parts(crowd, name, sort):
            assert sorted_by(crowd.desk, act) == []


@pytest.mark.parametrize("name", BY_COUNTERS[:5])
def test_statuses_and_priorities_are_never_sorted(crowd: Crowd, name: str) -> None:
    for sort in TICKET_SORTS:
        for _, act in parts(crowd, name, sort):
            assert sorted_by(crowd.desk, act) == []


@pytest.mark.parametrize("name", BY_COUNTERS)
def test_what_counters_know_is_not_counted(crowd: Crowd, name: str) -> None:
    for sort in TICKET_SORTS:
        for _, act in parts(crowd, name, sort):
            assert not any("COUNT(" in text for text in queries(crowd.desk, act))


def ways(crowd: Crowd, name: str, **how: Any) -> list[str]:
    """How the rows of a page are found."""
    query, _ = crowd.filters[name]
    run = queries(crowd.desk, lambda: crowd.room.tickets.list(**query, **how))
    return [
        step
        for text in run
        if text.startswith("SELECT") and " LIMIT " in text and "COUNT(1)" not in text
        for step in steps_of(crowd.desk, text)
        if re.match("SEARCH|SCAN|USE", step) and "VIRTUAL" not in step
    ]


WAYS: list[tuple[str, dict[str, Any], list[str]]] = [
    ("everything", {}, ["SEARCH t1 USING COVERING INDEX tickets_created (workspace_id=?)"]),
    ("a tag of all", {}, ["SEARCH g0 USING PRIMARY KEY (tag_id=?)"]),
    ("a tag of all", {"sort": "updated_at", "page_size": 2}, [
        "SEARCH t1 USING INDEX tickets_updated (workspace_id=? AND updated_at<?)",
        "SEARCH g0 USING PRIMARY KEY (tag_id=? AND created_at=? AND owner_id=?)",
    ]),
    ("a tag of a few", {"sort": "updated_at"}, [
        "SEARCH g0 USING PRIMARY KEY (tag_id=?)",
        "SEARCH t1 USING INTEGER PRIMARY KEY (rowid=?)",
        "USE TEMP B-TREE FOR ORDER BY",
    ]),
    ("a status", {"sort": "updated_at", "page_size": 2}, [
        "SEARCH t1 USING COVERING INDEX tickets_updated (workspace_id=?)",
    ]),
    ("a rare priority", {"sort": "updated_at"}, [
        "SEARCH t1 USING INDEX tickets_state (workspace_id=? AND status=? AND priority=?)",
        "USE TEMP B-TREE FOR ORDER BY",
    ]),
    ("a customer", {"sort": "-number", "page_size": 1}, [
        "SEARCH t1 USING COVERING INDEX tickets_customer (customer_id=? AND status=?)",
        "SEARCH t2 USING COVERING INDEX tickets_customer (customer_id=? AND status=?)",
        "SEARCH t3 USING COVERING INDEX tickets_customer (customer_id=? AND status=?)",
        "SEARCH t4 USING COVERING INDEX tickets_customer (customer_id=? AND status=?)",
        "SEARCH t5 USING COVERING INDEX tickets_customer (customer_id=? AND status=?)",
    ]),
    ("a tag and a status", {}, [
        "SEARCH g0 USING PRIMARY KEY (tag_id=? AND created_at=? AND owner_id=?)",
    ]),
    ("a value and a tag", {"sort": "priority", "page_size": 1}, [
        "SEARCH v0 USING PRIMARY KEY (field_id=? AND value=? AND created_at=? AND owner_id=?)",
        "SEARCH g0 USING PRIMARY KEY (tag_id=? AND created_at=? AND owner_id=?)",
    ]),
    ("a number and a word", {}, [
        "SEARCH t1 USING INDEX tickets_number (workspace_id=? AND number=?)",
    ]),
]  # fmt: skip


@pytest.mark.parametrize(("name", "how", "expected"), WAYS)
def test_a_list_is_found_by_the_way_that_costs_least(
    crowd: Crowd, name: str, how: dict[str, Any], expected: list[str]
) -> None:
    found = ways(crowd, name, **how)
    assert [step for step in expected if step not in found] == [], found


def test_statuses_are_merged_from_one_stream_for_each_priority(crowd: Crowd) -> None:
    steps = ways(crowd, "a status")
    stream = "USING COVERING INDEX tickets_state (workspace_id=? AND status=? AND priority=?)"
    assert steps == [f"SEARCH t{i} {stream}" for i in (1, 2, 3)]


PLACES = [
    ("everything", "-created_at", "tickets_created (workspace_id=? AND created_at=? AND rowid<?)"),
    ("everything", "created_at", "tickets_created (workspace_id=? AND created_at>?)"),
    ("everything", "-updated_at", "tickets_updated (workspace_id=? AND updated_at<?)"),
    ("a status", "number",
     "tickets_state (workspace_id=? AND status=? AND priority=? AND created_at=? AND rowid>?)"),
    ("a status", "-priority",
     "tickets_state (workspace_id=? AND status=? AND priority=? AND created_at<?)"),
    ("a member", "created_at",
     "tickets_assigned (assigned_to=? AND workspace_id=? AND status=? AND created_at>?)"),
    ("a tag of all", "-created_at",
     "PRIMARY KEY (tag_id=? AND (created_at,owner_id)<(?,?))"),
    ("a value", "created_at",
     "PRIMARY KEY (field_id=? AND value=? AND (created_at,owner_id)>(?,?))"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "sort", "bound"), PLACES)
def test_a_walk_goes_on_at_the_place_of_the_cursor(
    crowd: Crowd, name: str, sort: str, bound: str
) -> None:
    query, _ = crowd.filters[name]
    first = crowd.room.tickets.list(sort=sort, page_size=5, **query)
    steps = ways(crowd, name, sort=sort, page_size=5, cursor=first.next_cursor)
    assert any(step.endswith(bound) for step in steps), steps


def offsets(crowd: Crowd, name: str, **how: Any) -> list[int]:
    """How many rows are walked over before the page begins."""
    query, _ = crowd.filters[name]
    with statements(crowd.desk) as run:
        crowd.room.tickets.list(**query, **how)
    return [int(found) for text in run for found in re.findall(r"OFFSET 0 \+ (\d+)$", text)]


@pytest.mark.parametrize("sort", ["-created_at", "number"])
def test_a_page_far_down_is_walked_to_from_the_nearer_end_of_its_block(
    crowd: Crowd, sort: str
) -> None:
    numbers = sorted((ticket.number for ticket in crowd.tickets), reverse=sort.startswith("-"))
    sizes = Counter(number // BLOCK for number in numbers)
    looked_at = 0
    for page in range(210 // 20 + 1, NUMBER // 40 + 1):
        blocks = {number // BLOCK for number in numbers[(page - 1) * 20 : page * 20 + 1]}
        if len(blocks) == 1:
            looked_at += 1
            [walked] = offsets(crowd, "everything", sort=sort, page=page)
            assert walked <= sizes[blocks.pop()] // 2
    assert looked_at > 2


def test_a_page_far_down_by_priority_begins_at_its_priority(crowd: Crowd) -> None:
    for page in range(12, 16):
        [walked] = offsets(crowd, "everything", sort="-priority", page=page)
        assert walked < (page - 1) * 20 - 100


def test_the_last_page_is_read_from_the_end(crowd: Crowd) -> None:
    for name in ("everything", "a tag of all", "a word of all"):
        assert offsets(crowd, name, page=NUMBER // 20) == [0]
        assert offsets(crowd, name, page=NUMBER // 20 + 9) == []


def test_the_numbers_of_the_crowd_lie_in_three_blocks(crowd: Crowd) -> None:
    assert {ticket.number // BLOCK for ticket in crowd.tickets} == {0, 1, 2}
