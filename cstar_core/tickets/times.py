"""When a loaded ticket was made, answered and done: what is left out, and in which order."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from cstar_core.checks import invalid
from cstar_core.clock import to_seconds
from cstar_core.errors import Problem
from cstar_core.tickets.status import DONE, stamps


class Times(NamedTuple):
    """Instants in whole seconds; ``messages`` has one for each, in the order of the thread."""

    created: int
    updated: int
    resolved: int | None
    closed: int | None
    messages: Sequence[int]


def read_times(values: Mapping[str, Any], now: int) -> tuple[Times, list[Problem]]:
    """The instants of a ticket whose values are checked, and which of them are out of order.

    A ticket was made with its first message, else now; a message was written with the one before
    it; the ticket changed last when the last of all this happened, and was done then.

    >>> read_times({"messages": [{"content": "x"}]}, 7)
    (Times(created=7, updated=7, resolved=None, closed=None, messages=[7]), [])
    """
    given = [_seconds(message.get("created_at")) for message in values.get("messages") or ()]
    created = _seconds(values.get("created_at"))
    if created is None:
        created = now if not given or given[0] is None else given[0]
    messages, problems = _follow(created, given)
    resolved, closed = _seconds(values.get("resolved_at")), _seconds(values.get("closed_at"))
    last = messages[-1] if messages else created
    updated = _seconds(values.get("updated_at"))
    if updated is None:
        updated = max(last, resolved or 0, closed or 0)
    elif updated < last:
        problems += invalid("updated_at", "must not be before created_at or a message")
    status = values.get("status", "new")
    problems += _check_done(status, created, updated, resolved, closed)
    done = stamps(status, updated if closed is None else closed, resolved, closed)
    return Times(created, updated, *done, messages), problems


def _follow(created: int, given: Sequence[int | None]) -> tuple[list[int], list[Problem]]:
    messages: list[int] = []
    problems: list[Problem] = []
    last = created
    for place, at in enumerate(given):
        if at is not None and at < last:
            before = "the message before" if place else "the ticket's"
            problems += invalid(f"messages.{place}.created_at", f"must not be before {before}")
        last = last if at is None else at
        messages.append(last)
    return messages, problems


def _check_done(
    status: str, created: int, updated: int, resolved: int | None, closed: int | None
) -> list[Problem]:
    problems: list[Problem] = []
    for name, at in (("resolved_at", resolved), ("closed_at", closed)):
        if at is None:
            continue
        if status not in DONE:
            problems += invalid(name, "is only for a ticket that is resolved or closed")
        elif not created <= at <= updated:
            problems += invalid(name, "must be between created_at and updated_at")
        elif resolved is not None and at < resolved:
            problems += invalid(name, "must not be before resolved_at")
    return problems


def _seconds(instant: Any) -> int | None:
    return None if instant is None else to_seconds(instant)
