"""What reports should say, computed in plain Python from the rows of a desk."""

import json
import math
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime, timedelta, tzinfo
from itertools import pairwise
from typing import Any, NamedTuple

from cstar_core import (
    EVENT_TYPES,
    PRIORITIES,
    Breakdown,
    Durations,
    Helpdesk,
    ResponseTimes,
    Volume,
    Workspace,
)

BOUNDS = [3_600, 14_400, 28_800, 86_400, 172_800, 604_800]


class Known(NamedTuple):
    """What a report can know of one ticket."""

    number: int
    created: int
    answered: int | None
    resolved: int | None
    priority: str
    member: str | None
    tags: tuple[str, ...]
    fields: dict[str, Any]
    reopened: tuple[int, ...]


def known_tickets(desk: Helpdesk, room: Workspace) -> list[Known]:
    """Every ticket of a workspace, with the first public message of an agent at home in it."""
    with desk._store.snapshot() as snap:
        tickets = snap.sql(
            "SELECT t.id, t.number, t.created_at, t.resolved_at, t.priority, m.uid, t.tags, "
            "t.custom_fields FROM tickets AS t LEFT JOIN members AS m ON m.id = t.assigned_to "
            "WHERE t.workspace_id = ?",
            (room._scope.workspace_id,),
        )
        messages = snap.sql(
            "SELECT home_id, ticket_id, sender, is_internal, created_at FROM messages"
        )
        events = snap.sql(
            "SELECT ticket_number, created_at FROM events WHERE workspace_id = ? AND type = ?",
            (room._scope.workspace_id, EVENT_TYPES.index("ticket.reopened")),
        )
    answers: dict[int, list[int]] = {}
    for home, ticket, sender, internal, at in messages:
        if sender == 1 and not internal:
            answers.setdefault(ticket if home is None else home, []).append(at)
    return [
        Known(
            number,
            created,
            min(answers.get(id, []), default=None),
            resolved,
            PRIORITIES[priority],
            None if member is None else f"mem_{member.hex()}",
            tuple(json.loads(tags)),
            json.loads(fields),
            tuple(at for ticket, at in events if ticket == number),
        )
        for id, number, created, resolved, priority, member, tags, fields in tickets
    ]


def day_of(at: int, zone: tzinfo) -> date:
    return datetime.fromtimestamp(at, UTC).astimezone(zone).date()


def within(at: int | None, start: date, end: date, zone: tzinfo) -> bool:
    return at is not None and start <= day_of(at, zone) <= end


def nearest_rank(values: Iterable[int], percent: int) -> int | None:
    ordered = sorted(values)
    return ordered[math.ceil(percent * len(ordered) / 100) - 1] if ordered else None


def waits(tickets: Iterable[Known], name: str, inside: Callable[[int | None], bool]) -> list[int]:
    ends = [(ticket, getattr(ticket, name)) for ticket in tickets]
    return [max(0, end - ticket.created) for ticket, end in ends if inside(end)]


def check_volume(found: Volume, tickets: Sequence[Known], zone: tzinfo) -> None:
    for count in found.counts:
        inside = [count.start, count.end, zone]
        assert count.created == sum(within(one.created, *inside) for one in tickets)
        assert count.resolved == sum(within(one.resolved, *inside) for one in tickets)
        assert count.reopened == sum(within(at, *inside) for one in tickets for at in one.reopened)
        until = [date.min, count.end, zone]
        assert count.backlog == sum(
            within(one.created, *until) - within(one.resolved, *until) for one in tickets
        )
    days = [count.start for count in found.counts]
    assert days == sorted(days)
    ends = [count.end + timedelta(days=1) for count in found.counts]
    assert days[1:] == ends[:-1]
    assert found.created == sum(count.created for count in found.counts)
    assert found.resolved == sum(count.resolved for count in found.counts)
    assert found.reopened == sum(count.reopened for count in found.counts)


def check_durations(found: Durations, values: Sequence[int]) -> None:
    assert found.count == len(values)
    assert (found.median, found.p90) == (nearest_rank(values, 50), nearest_rank(values, 90))
    edges = [-1, *BOUNDS, 10**12]
    expected = [sum(low < value <= high for value in values) for low, high in pairwise(edges)]
    assert [bar.count for bar in found.histogram] == expected
    assert [bar.up_to for bar in found.histogram] == [*BOUNDS, None]


def check_times(
    found: ResponseTimes, tickets: Sequence[Known], inside: Callable[[int | None], bool]
) -> None:
    check_durations(found.first_response, waits(tickets, "answered", inside))
    check_durations(found.resolution, waits(tickets, "resolved", inside))


def check_breakdown(
    found: Breakdown,
    tickets: Sequence[Known],
    keys: Callable[[Known], Iterable[str | None]],
    inside: Callable[[int | None], bool],
) -> None:
    expected = {}
    for key in {key for ticket in tickets for key in keys(ticket)}:
        mine = [ticket for ticket in tickets if key in keys(ticket)]
        answered, resolved = waits(mine, "answered", inside), waits(mine, "resolved", inside)
        created = sum(inside(ticket.created) for ticket in mine)
        if created or answered or resolved:
            medians = nearest_rank(answered, 50), nearest_rank(resolved, 50)
            expected[key] = (created, len(resolved), *medians)
    assert {
        group.key: (group.created, group.resolved, group.first_response, group.resolution)
        for group in found.groups
    } == expected
    assert found.other is None
    order = [(-group.created, group.name) for group in found.groups]
    assert order == sorted(order)
