"""Dates and ages as one types them, turned into bounds of instants.

Days are those of UTC. ``<7d`` is what is younger than seven days, ``>7d`` what is older.
"""

import re
from datetime import UTC, datetime, timedelta

from cstar_core.clock import from_seconds, to_seconds

DAYS = {"yesterday": -1, "today": 0, "tomorrow": 1}
UNITS = {"min": 60, "h": 3_600, "d": 86_400, "w": 604_800}
_DAY = 86_400
_AGE = re.compile(r"(\d{1,6})(min|h|d|w)\Z", re.ASCII)
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}:\d{2}Z)?\Z", re.ASCII)
_FIRST = to_seconds(datetime.min.replace(tzinfo=UTC))
_LAST = to_seconds(datetime.max.replace(tzinfo=UTC))
_TURNED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
_OPPOSITE = {"<": ">=", ">=": "<", ">": "<=", "<=": ">"}
WANTED = "a date (2026-01-31), an instant (2026-01-31T10:00:00Z), today, or an age (<7d, >12h)"

# Seconds since 1970, both exclusive.
Bounds = tuple[int | None, int | None]


def day_of(text: str, now: datetime) -> str:
    """The date that a word such as ``today`` means; anything else as it is.

    >>> day_of("today", datetime(2026, 1, 31, tzinfo=UTC))
    '2026-01-31'
    """
    days = DAYS.get(text.lower())
    if days is None:
        return text
    return str((now.astimezone(UTC) + timedelta(days=days)).date())


def bounds_of(comparison: str, text: str, now: datetime, *, negated: bool) -> Bounds | str:
    """What lies after and before the bounds, both exclusive; or what is wrong.

    >>> bounds_of(">", "2026-01-31", datetime(2026, 3, 1, tzinfo=UTC), negated=False)
    (1769903999, None)
    """
    comparison = comparison.removeprefix("=")
    if negated and not comparison:
        return "cannot be excluded, except for what stands after <, <=, > or >="
    comparison = _OPPOSITE[comparison] if negated else comparison
    age = _AGE.match(text)
    if age:
        if not comparison:
            return "needs < (younger) or > (older) before an age"
        edge = to_seconds(now) - int(age[1]) * UNITS[age[2]]
        return _bounds(_TURNED[comparison], edge, edge + 1)
    span = _span(day_of(text, now))
    return f"must be {WANTED}" if span is None else _bounds(comparison, *span)


def _bounds(comparison: str, start: int, end: int) -> Bounds:
    """The bounds beside a span that ends before ``end``."""
    if comparison.startswith(">"):
        return _within(start - 1 if comparison == ">=" else end - 1), None
    if comparison.startswith("<"):
        return None, _within(end if comparison == "<=" else start)
    return _within(start - 1), _within(end)


def _span(text: str) -> tuple[int, int] | None:
    """The seconds of a day, or the one second of an instant."""
    found = _MOMENT.match(text)
    if found is None:
        return None
    try:
        start = to_seconds(datetime.fromisoformat(text).replace(tzinfo=UTC))
    except ValueError:
        return None
    return start, start + (1 if found[1] else _DAY)


def _within(seconds: int) -> int:
    return min(max(seconds, _FIRST), _LAST)


def instant_text(instant: datetime) -> str:
    """An instant as it stands in a text."""
    whole = from_seconds(to_seconds(instant)).replace(tzinfo=None)
    return f"{whole.isoformat()}Z"
