"""Which days a report is of: where each begins in a time zone, and the spans that it counts by."""

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from itertools import islice
from zoneinfo import ZoneInfo

from cstar_core.checks import check_choice, invalid, missing, raise_any
from cstar_core.clock import to_seconds
from cstar_core.errors import Problem

INTERVALS = ("day", "week", "month")
INTERVALS_MAX = 366
FIRST_DAY, LAST_DAY = date(1970, 1, 1), date(9998, 12, 31)
_ZONE_MAX = 64
_OFFSET = re.compile(r"([+-])(0[0-9]|1[0-4]):([0-5][0-9])\Z")
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Span:
    """Some days, from ``first`` to ``last``, and the instants at which they begin and are over."""

    first: date
    last: date
    begins: int
    ends: int


@dataclass(frozen=True, slots=True)
class Period:
    """The spans of a report, one after another without a gap."""

    spans: tuple[Span, ...]

    @property
    def begins(self) -> int:
        """The first instant."""
        return self.spans[0].begins

    @property
    def ends(self) -> int:
        """The instant at which it is over."""
        return self.spans[-1].ends


def read_period(start: object, end: object, zone: object, interval: object) -> Period:
    """The days ``start`` to ``end`` in a time zone. Raises Invalid with every broken rule."""
    (first, wrong_start), (last, wrong_end) = _read_day("start", start), _read_day("end", end)
    place, wrong_zone = read_zone(zone)
    wrong_interval = check_choice("interval", interval, INTERVALS)
    raise_any([*wrong_start, *wrong_end, *wrong_zone, *wrong_interval])
    if last < first:
        raise_any(invalid("end", "must not be before start"))
    spans = tuple(islice(_spans(first, last, place, str(interval)), INTERVALS_MAX + 1))
    if len(spans) > INTERVALS_MAX:
        raise_any(invalid("end", f"must be at most {INTERVALS_MAX} {interval}s from start on"))
    return Period(spans)


def read_zone(zone: object) -> tuple[tzinfo, list[Problem]]:
    """A time zone, from the name that IANA has for it or its distance from UTC, or what is wrong.

    >>> print(read_zone("-03:30")[0], read_zone("Europe/Berlin")[0])
    UTC-03:30 Europe/Berlin
    >>> read_zone("Berlin")[1][0].message
    'zone must be a time zone such as Europe/Berlin, or an offset such as +02:00'
    """
    rule = "must be a time zone such as Europe/Berlin, or an offset such as +02:00"
    if not isinstance(zone, str) or not zone.isascii() or not 0 < len(zone) <= _ZONE_MAX:
        return UTC, invalid("zone", rule)
    if zone == "UTC":
        return UTC, []
    offset = _OFFSET.match(zone)
    if offset is not None:
        sign, hours, minutes = offset.groups()
        ahead = timedelta(hours=int(hours), minutes=int(minutes))
        return timezone(ahead if sign == "+" else -ahead), []
    try:
        return ZoneInfo(zone), []
    except (KeyError, ValueError, OSError):  # no such file, no name of one, a folder
        return UTC, invalid("zone", rule)


def _read_day(param: str, value: object) -> tuple[date, list[Problem]]:
    if value is None:
        return FIRST_DAY, missing(param)
    day = value if isinstance(value, date) else None
    if isinstance(value, str):
        with suppress(ValueError):
            day = date.fromisoformat(value)
    # A datetime is a date too, and weeks have a form that is read as well.
    if day and str(day) == str(value) and type(day) is date and FIRST_DAY <= day <= LAST_DAY:
        return day, []
    return FIRST_DAY, invalid(param, f"must be a date (YYYY-MM-DD) from {FIRST_DAY} to {LAST_DAY}")


def _spans(first: date, last: date, zone: tzinfo, interval: str) -> Iterator[Span]:
    """One after another; the first and the last may be part of a week or month."""
    day = first
    while day <= last:
        after = min(_next(day, interval), last + _DAY)
        yield Span(day, after - _DAY, beginning(day, zone), beginning(after, zone))
        day = after


def _next(day: date, interval: str) -> date:
    """The first day of the next day, week (from Monday) or month."""
    if interval == "week":
        return day + timedelta(days=7 - day.weekday())
    if interval == "month":
        return (day.replace(day=1) + timedelta(days=32)).replace(day=1)
    return day + _DAY


def beginning(day: date, zone: tzinfo) -> int:
    """The first instant of a day. Where clocks skip midnight, it is the one at which they do.

    >>> beginning(date(2025, 3, 31), ZoneInfo("Europe/Berlin")) - beginning(
    ...     date(2025, 3, 30), ZoneInfo("Europe/Berlin")
    ... )
    82800
    """
    return to_seconds(datetime(day.year, day.month, day.day, tzinfo=zone))
