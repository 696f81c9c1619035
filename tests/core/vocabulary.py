"""What the tests of the core talk about: a clock, walks through lists, and refusals."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cstar_core import Invalid, Page, Problem

START = datetime(2025, 12, 10, 14, 30, tzinfo=UTC)
NOTHING = "00000000-0000-4000-8000-000000000000"


class ManualClock:
    """A clock that only moves when it is told to."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def tick(self, **span: float) -> None:
        self.now += timedelta(**(span or {"seconds": 1}))


def messages(problems: Iterable[Problem]) -> list[str]:
    return [problem.message for problem in problems]


def refusal(act: Callable[..., object], *args: Any, **kwargs: Any) -> list[str]:
    """Every rule that a call breaks, as sentences."""
    with pytest.raises(Invalid) as caught:
        act(*args, **kwargs)
    return messages(caught.value.problems)


def ids(items: Iterable[Any]) -> list[str]:
    return [item.id for item in items]


def titles(items: Iterable[Any]) -> list[str]:
    return [item.title for item in items]


def walk_pages(listing: Callable[..., Page[Any]], **query: Any) -> list[Any]:
    """Everything a list holds, by page numbers."""
    found: list[Any] = []
    number = 1
    while (page := listing(page=number, **query)).items:
        found += page.items
        number += 1
    return found


def walk_cursor(
    listing: Callable[..., Page[Any]],
    between: Callable[[], object] = lambda: None,
    **query: Any,
) -> list[Any]:
    """Everything a list holds, by cursors; ``between`` happens after each page."""
    page = listing(**query)
    found = list(page.items)
    while page.next_cursor is not None:
        between()
        page = listing(cursor=page.next_cursor, **query)
        found += page.items
    return found
