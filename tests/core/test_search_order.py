"""The order of what a search finds: by relevance, and newest first whatever was loaded when."""

import base64
import json
from datetime import timedelta
from typing import Any

import pytest

from cstar_core import Helpdesk, Workspace
from cstar_core.search import RANKED_MAX
from tests.core.vocabulary import START, ManualClock, ids, refusal, titles, walk_cursor


def test_the_best_match_comes_first_by_relevance(acme: Workspace, clock: ManualClock) -> None:
    acme.tickets.create(title="refund refund refund")
    clock.tick()
    acme.tickets.create(title="a refund among a great many other words that say little")
    assert titles(acme.tickets.list(search="refund", sort="relevance").items)[0][:13] == (
        "refund refund"
    )


def test_a_number_may_be_ranked(acme: Workspace) -> None:
    acme.tickets.create(title="x")
    assert acme.tickets.list(search="#1", sort="relevance").total == 1


def test_a_walk_by_relevance_is_complete_beyond_what_is_ranked(
    desk: Helpdesk, acme: Workspace
) -> None:
    with desk.transaction():
        for i in range(RANKED_MAX + 30):
            acme.tickets.create(title=f"refund {'refund ' * (i % 3)}")
    found = ids(walk_cursor(acme.tickets.list, search="refund", sort="relevance", page_size=100))
    assert len(set(found)) == len(found) == RANKED_MAX + 30
    late = acme.tickets.list(search="refund", sort="relevance", page=11, page_size=100)
    assert ids(late.items) == found[1000:]


@pytest.mark.parametrize("position", ["abc", -1])
def test_a_forged_place_in_a_walk_by_relevance_is_refused(
    acme: Workspace, position: object
) -> None:
    for _ in range(2):
        acme.tickets.create(title="refund")
    query: dict[str, Any] = {"search": "refund", "sort": "relevance", "page_size": 1}
    cursor = acme.tickets.list(**query).next_cursor
    assert cursor is not None
    digest, page, _ = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    forged = base64.urlsafe_b64encode(json.dumps([digest, page, position]).encode()).decode()
    assert refusal(acme.tickets.list, cursor=forged.rstrip("="), **query) == [
        "cursor must be a nextCursor of an earlier answer to the same query"
    ]


def test_newest_first_stays_right_when_tickets_are_loaded_with_earlier_times(
    desk: Helpdesk, acme: Workspace
) -> None:
    for title, days in (("found now", 0), ("found oldest", 30), ("found older", 10)):
        with desk.transaction(at=START - timedelta(days=days)):
            acme.tickets.create(title=title)
    expected = ["found now", "found older", "found oldest"]
    assert titles(acme.tickets.list(search="found").items) == expected
    assert titles(acme.tickets.list(search="found", sort="created_at").items) == expected[::-1]
    assert titles(walk_cursor(acme.tickets.list, search="found", page_size=1)) == expected


def test_customers_loaded_with_earlier_times_are_in_order_too(
    desk: Helpdesk, acme: Workspace
) -> None:
    for name, days in (("jane now", 0), ("jane oldest", 30), ("jane older", 10)):
        with desk.transaction(at=START - timedelta(days=days)):
            acme.customers.create(name=name)
    found = walk_cursor(acme.customers.list, search="jane", page_size=1)
    assert [one.name for one in found] == ["jane now", "jane older", "jane oldest"]


def test_a_walk_goes_on_when_a_ticket_is_loaded_with_an_earlier_time(
    desk: Helpdesk, acme: Workspace
) -> None:
    for i in range(9):
        acme.tickets.create(title=f"found {i}", tags="a")
    for sort in ("-number", "number", "-created_at", "created_at"):
        for query in ({"search": "found"}, {"tags": "a"}, {}):
            whole = ids(acme.tickets.list(sort=sort, page_size=100, **query).items)  # type: ignore[arg-type]
            first = acme.tickets.list(sort=sort, page_size=4, **query)  # type: ignore[arg-type]
            with desk.transaction(at=START - timedelta(days=9)):
                late = acme.tickets.create(title="found", tags="a")
            rest = walk_cursor(
                acme.tickets.list, sort=sort, page_size=100, cursor=first.next_cursor, **query
            )
            assert [id for id in ids(first.items) + ids(rest) if id != late.id] == whole
            acme.tickets.delete(late.id)
