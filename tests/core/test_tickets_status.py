"""What a change of status brings with it; the tables are the specification."""

from datetime import timedelta
from itertools import product

import pytest

from cstar_core import STATUSES, Workspace
from cstar_core.tickets.status import after_message, stamps, status_events
from tests.core.vocabulary import START, ManualClock

STAMPS = [
    # status, resolved_at and closed_at before; both after (now is 9)
    ("new", None, None, None, None),
    ("resolved", None, None, 9, None),
    ("closed", None, None, 9, 9),
    ("closed", 5, None, 5, 9),
    ("resolved", 5, 7, 5, 7),
    ("open", 5, None, None, None),
    ("pending", 5, 7, None, None),
    ("new", 5, 7, None, None),
]
AFTER_MESSAGE = [
    # status, sender, internal; status after
    ("new", "agent", False, "open"),
    ("new", "agent", True, "new"),
    ("new", "customer", False, "new"),
    ("new", "system", False, "new"),
    ("open", "agent", False, "open"),
    ("open", "customer", False, "open"),
    ("pending", "agent", False, "pending"),
    ("pending", "customer", False, "open"),
    ("resolved", "agent", False, "resolved"),
    ("resolved", "customer", False, "open"),
    ("resolved", "system", True, "resolved"),
    ("closed", "customer", False, "open"),
    ("closed", "agent", False, "closed"),
    ("closed", "system", False, "closed"),
]
EVENTS = [
    ("new", "open", []),
    ("open", "resolved", ["ticket.resolved"]),
    ("open", "closed", ["ticket.closed"]),
    ("resolved", "closed", ["ticket.closed"]),
    ("closed", "resolved", ["ticket.resolved"]),
    ("resolved", "open", ["ticket.reopened"]),
    ("closed", "pending", ["ticket.reopened"]),
    ("closed", "closed", []),
]


@pytest.mark.parametrize(("status", "resolved", "closed", "resolved_after", "closed_after"), STAMPS)
def test_entering_a_status_sets_and_clears_stamps(
    status: str,
    resolved: int | None,
    closed: int | None,
    resolved_after: int | None,
    closed_after: int | None,
) -> None:
    assert stamps(status, 9, resolved, closed) == (resolved_after, closed_after)


@pytest.mark.parametrize(("status", "sender", "internal", "after"), AFTER_MESSAGE)
def test_a_message_may_change_the_status(
    status: str, sender: str, internal: bool, after: str
) -> None:
    assert after_message(status, sender, internal) == after


@pytest.mark.parametrize(("before", "after", "events"), EVENTS)
def test_a_change_of_status_raises_its_events(before: str, after: str, events: list[str]) -> None:
    assert list(status_events(before, after)) == events


@pytest.mark.parametrize(("before", "after"), list(product(STATUSES, STATUSES)))
def test_any_status_may_follow_any(
    acme: Workspace, clock: ManualClock, before: str, after: str
) -> None:
    ticket = acme.tickets.create(title="x", status=before)
    clock.tick(hours=1)
    later = START + timedelta(hours=1)
    changed = acme.tickets.update(ticket.id, status=after)
    was_done, is_done = before in ("resolved", "closed"), after in ("resolved", "closed")
    resolved_at = (START if was_done else later) if is_done else None
    closed_at = None
    if after == "closed":
        closed_at = START if before == "closed" else later
    if (before, after) == ("closed", "resolved"):
        closed_at = START
    assert (changed.status, changed.resolved_at, changed.closed_at) == (
        after,
        resolved_at,
        closed_at,
    )


@pytest.mark.parametrize("status", STATUSES)
def test_a_ticket_may_be_made_in_any_status(acme: Workspace, status: str) -> None:
    made = acme.tickets.create(title="x", status=status)
    assert (made.status, made.resolved_at, made.closed_at) == (
        status,
        START if status in ("resolved", "closed") else None,
        START if status == "closed" else None,
    )
