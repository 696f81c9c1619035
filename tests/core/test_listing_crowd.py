"""Lists of many tickets against looking at each: the way is chosen, the answer is not."""

import random
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from cstar_core import PRIORITIES, Customer, Helpdesk, Ticket
from tests.core.crowd import CUSTOMER_FILTERS, Crowd, gather
from tests.core.filling import CUSTOMER_SORTS, TICKET_SORTS
from tests.core.vocabulary import ManualClock, ids, walk_cursor, walk_pages

pytestmark = pytest.mark.no_cover

KEYS: dict[str, Callable[[Ticket], Any]] = {
    "created_at": lambda t: (t.created_at, t.number),
    "updated_at": lambda t: (t.updated_at, t.number),
    "number": lambda t: t.number,
    "priority": lambda t: (PRIORITIES.index(t.priority), t.created_at, t.number),
}


@pytest.fixture(scope="module", params=[True, False], ids=["in order", "out of order"])
def crowd(
    request: pytest.FixtureRequest,
    template: tuple[Path, str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Crowd]:
    path = shutil.copy(template[0], tmp_path_factory.mktemp("crowd") / "desk.db")
    clock = ManualClock()
    with Helpdesk.open(path, clock=clock) as desk:
        yield gather(desk, clock, in_order=request.param)


def expected(crowd: Crowd, name: str, sort: str) -> list[str]:
    """The list, made by looking at each ticket."""
    _, matches = crowd.filters[name]
    key = KEYS[sort.removeprefix("-")]
    found = sorted(filter(matches, crowd.tickets), key=key, reverse=sort.startswith("-"))
    return [ticket.id for ticket in found]


def test_every_list_is_what_looking_at_each_ticket_gives(crowd: Crowd) -> None:
    for name, (query, _) in crowd.filters.items():
        for sort in TICKET_SORTS:
            whole = expected(crowd, name, sort)
            found = walk_cursor(crowd.room.tickets.list, sort=sort, page_size=97, **query)
            assert ids(found) == whole, (name, sort)


def test_every_page_by_number_is_a_part_of_the_list(crowd: Crowd) -> None:
    chance = random.Random(3)
    for name, (query, _) in crowd.filters.items():
        for sort in TICKET_SORTS:
            whole = expected(crowd, name, sort)
            for size in (3, 20):
                last = -(-len(whole) // size)
                for page in {1, chance.randint(1, last), last, last + 1}:
                    part = crowd.room.tickets.list(sort=sort, page=page, page_size=size, **query)
                    start = (page - 1) * size
                    assert ids(part.items) == whole[start : start + size], (name, sort, page)
                    assert (part.total, part.has_more) == (len(whole), page < last), (name, sort)


NAMED: dict[str, Callable[[Customer], Any]] = {
    "created_at": lambda c: c.created_at,
    "updated_at": lambda c: c.updated_at,
    "name": lambda c: c.name,
}


@pytest.mark.parametrize("name", CUSTOMER_FILTERS)
def test_every_list_of_customers_is_what_looking_at_each_gives(crowd: Crowd, name: str) -> None:
    query, matches = CUSTOMER_FILTERS[name]
    meant = set(ids(filter(matches, crowd.customers)))
    for sort in CUSTOMER_SORTS:
        key = NAMED[sort.removeprefix("-")]
        found = walk_cursor(crowd.room.customers.list, sort=sort, page_size=11, **query)
        assert (set(ids(found)), len(found)) == (meant, len(meant)), sort
        keys = [key(one) for one in found]
        assert keys == sorted(keys, reverse=sort.startswith("-")), sort
        pages = walk_pages(crowd.room.customers.list, sort=sort, page_size=13, **query)
        assert ids(pages) == ids(found), sort
        assert crowd.room.customers.list(sort=sort, **query).total == len(meant)


def test_no_page_far_down_is_missed(crowd: Crowd) -> None:
    for name in ("everything", "statuses", "a member", "a tag of all", "a word of all"):
        query, _ = crowd.filters[name]
        for sort in TICKET_SORTS:
            whole = expected(crowd, name, sort)
            for size in (23, 40):
                pages = range(1, len(whole) // size + 2)
                found = [
                    one
                    for page in pages
                    for one in crowd.room.tickets.list(
                        sort=sort, page=page, page_size=size, **query
                    ).items
                ]
                assert ids(found) == whole, (name, sort)


def test_a_walk_goes_on_by_cursor_from_any_page(crowd: Crowd) -> None:
    for name, (query, _) in crowd.filters.items():
        for sort in TICKET_SORTS:
            whole = expected(crowd, name, sort)
            middle = 1 + len(whole) // 10
            part = crowd.room.tickets.list(sort=sort, page=middle, page_size=5, **query)
            if part.next_cursor is not None:
                after = crowd.room.tickets.list(
                    sort=sort, cursor=part.next_cursor, page_size=5, **query
                )
                assert ids(after.items) == whole[middle * 5 : middle * 5 + 5], (name, sort)
