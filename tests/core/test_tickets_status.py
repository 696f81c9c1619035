"""The status of a ticket: the stamps that it leaves, and the events that it raises."""

from datetime import datetime

import pytest

from cstar_core import STATUSES, Ticket, Workspace
from cstar_core.tickets.status import after_message, stamps
from tests.core.vocabulary import START, ManualClock
from tests.core.witness import happened, types

NOW, OLD, OLDER = 900, 500, 400

# The status that is entered, and what it makes of (resolved_at, closed_at).
STAMPS = [
    *[
        (status, before, (None, None))
        for status in ("new", "open", "pending")
        for before in [(None, None), (OLD, None), (OLDER, OLD)]
    ],
    ("resolved", (None, None), (NOW, None)),
    ("resolved", (OLD, None), (OLD, None)),
    ("resolved", (OLDER, OLD), (OLDER, OLD)),
    ("closed", (None, None), (NOW, NOW)),
    ("closed", (OLD, None), (OLD, NOW)),
]

# The events beside ticket.updated: from each status (a row) to each (a column).
RESOLVED, CLOSED, REOPENED = ["ticket.resolved"], ["ticket.closed"], ["ticket.reopened"]
EVENTS = {
    "new": [None, [], [], RESOLVED, CLOSED],
    "open": [[], None, [], RESOLVED, CLOSED],
    "pending": [[], [], None, RESOLVED, CLOSED],
    "resolved": [REOPENED, REOPENED, REOPENED, None, CLOSED],
    "closed": [REOPENED, REOPENED, REOPENED, RESOLVED, None],
}
MOVES = [
    (before, after, events)
    for before, row in EVENTS.items()
    for after, events in zip(STATUSES, row, strict=True)
    if events is not None
]


def times(ticket: Ticket) -> tuple[datetime | None, datetime | None]:
    return ticket.resolved_at, ticket.closed_at


@pytest.mark.parametrize(("status", "before", "after"), STAMPS)
def test_a_status_that_is_entered_leaves_its_stamps(
    status: str,
    before: tuple[int | None, int | None],
    after: tuple[int | None, int | None],
) -> None:
    assert stamps(status, NOW, *before) == after


@pytest.mark.parametrize(("before", "after", "events"), MOVES)
def test_any_status_may_follow_any(
    acme: Workspace, before: str, after: str, events: list[str]
) -> None:
    made = acme.tickets.create(title="Help", status=before)
    assert acme.tickets.update(made.id, status=after).status == after


@pytest.mark.parametrize(("before", "after", "events"), MOVES)
def test_a_move_raises_the_events_of_what_it_means(
    acme: Workspace, before: str, after: str, events: list[str]
) -> None:
    made = acme.tickets.create(title="Help", status=before)
    found = happened(acme, acme.tickets.update, made.id, status=after)
    assert types(found) == ["ticket.updated", *events]


@pytest.mark.parametrize(("before", "after", "events"), MOVES)
def test_every_event_of_a_move_says_from_what_to_what(
    acme: Workspace, before: str, after: str, events: list[str]
) -> None:
    made = acme.tickets.create(title="Help", status=before)
    found = happened(acme, acme.tickets.update, made.id, status=after)
    expected = {"status": {"from": before, "to": after}}
    assert [event.changes for event in found] == [expected] * len(found)


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("new", (None, None)),
        ("open", (None, None)),
        ("pending", (None, None)),
        ("resolved", (START, None)),
        ("closed", (START, START)),
    ],
)
def test_a_ticket_may_begin_with_any_status(
    acme: Workspace, status: str, expected: tuple[datetime | None, datetime | None]
) -> None:
    assert times(acme.tickets.create(title="Help", status=status)) == expected


def test_closing_keeps_the_time_at_which_it_was_resolved(
    acme: Workspace, clock: ManualClock
) -> None:
    made = acme.tickets.create(title="Help", status="resolved")
    clock.tick(days=1)
    assert times(acme.tickets.update(made.id, status="closed")) == (START, clock.now)


def test_back_from_closed_to_resolved_keeps_both_times(acme: Workspace, clock: ManualClock) -> None:
    made = acme.tickets.create(title="Help", status="closed")
    clock.tick(days=1)
    assert times(acme.tickets.update(made.id, status="resolved")) == (START, START)


def test_what_is_reopened_and_resolved_again_has_the_new_time(
    acme: Workspace, clock: ManualClock
) -> None:
    made = acme.tickets.create(title="Help", status="resolved")
    acme.tickets.update(made.id, status="open")
    clock.tick(days=1)
    assert times(acme.tickets.update(made.id, status="resolved")) == (clock.now, None)


def test_a_change_of_something_else_leaves_the_stamps(acme: Workspace, clock: ManualClock) -> None:
    made = acme.tickets.create(title="Help", status="closed")
    clock.tick(days=1)
    assert times(acme.tickets.update(made.id, title="New", status="closed")) == (START, START)


def test_no_message_makes_a_status_that_does_not_exist() -> None:
    reached = {
        after_message(status, sender, internal)
        for status in STATUSES
        for sender in ("agent", "customer", "system")
        for internal in (True, False)
    }
    assert reached <= set(STATUSES)
