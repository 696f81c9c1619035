"""Instants as people say them: how long ago, or on which day; the exact one is told beside it."""

from datetime import UTC, date, datetime
from gettext import NullTranslations

from cstar_web.inbox.languages import say

_MINUTE, _HOUR, _DAY, _WEEK = 60, 3_600, 86_400, 7 * 86_400
_NOW = say("now")
_AGO = (
    (_HOUR, _MINUTE, say("%(number)s min")),
    (_DAY, _HOUR, say("%(number)s h")),
    (_WEEK, _DAY, say("%(number)s d")),
)
_DATE = say("%(day)s %(month)s")
_LONG_DATE = say("%(day)s %(month)s %(year)s")
_MONTHS = (
    say("Jan"),
    say("Feb"),
    say("Mar"),
    say("Apr"),
    say("May"),
    say("Jun"),
    say("Jul"),
    say("Aug"),
    say("Sep"),
    say("Oct"),
    say("Nov"),
    say("Dec"),
)


def ago(instant: datetime, now: datetime, words: NullTranslations) -> str:
    """How long ago an instant was, and from a week on the day.

    >>> ago(datetime(2025, 12, 10, tzinfo=UTC), datetime(2025, 12, 10, 5, tzinfo=UTC),
    ...     NullTranslations())
    '5 h'
    """
    seconds = int((now - instant).total_seconds())
    if seconds < _MINUTE:
        return words.gettext(_NOW)
    for below, unit, form in _AGO:
        if seconds < below:
            return words.gettext(form) % {"number": seconds // unit}
    return day_of(instant, words, with_year=instant.year != now.year)


def day_of(day: date, words: NullTranslations, with_year: bool = True) -> str:
    """A day, with the month in a word.

    >>> day_of(date(2025, 12, 1), NullTranslations())
    '1 Dec 2025'
    """
    month = words.gettext(_MONTHS[day.month - 1])
    form = _LONG_DATE if with_year else _DATE
    return words.gettext(form) % {"day": day.day, "month": month, "year": day.year}


def exact(instant: datetime) -> str:
    """The instant to the minute.

    >>> exact(datetime(2025, 12, 10, 14, 30, 5, tzinfo=UTC))
    '2025-12-10 14:30 UTC'
    """
    return f"{instant.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
