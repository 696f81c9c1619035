"""Numbers, durations and days as people write them in a language."""

from datetime import date
from gettext import NullTranslations

from cstar_web.inbox.languages import say
from cstar_web.inbox.moments import day_of

_THOUSANDS = say("1,000")
_DAY = 86_400
_UNITS = (
    (_DAY, say("%(number)s d")),
    (3_600, say("%(number)s h")),
    (60, say("%(number)s min")),
)
_MOMENT = say("less than 1 min")


def number(value: int, words: NullTranslations) -> str:
    """A whole number, with the mark between thousands that the language has.

    >>> number(1_234_567, NullTranslations()), number(999, NullTranslations())
    ('1,234,567', '999')
    """
    return f"{value:,}".replace(",", words.gettext(_THOUSANDS)[1])


def lasting(seconds: int, words: NullTranslations) -> str:
    """How long something took, in its two largest units.

    >>> [lasting(each, NullTranslations()) for each in (12_000, 7_200, 90_061, 59, 0)]
    ['3 h 20 min', '2 h', '1 d 1 h', 'less than 1 min', 'less than 1 min']
    """
    parts: list[str] = []
    for unit, form in _UNITS:
        many, seconds = divmod(seconds, unit)
        if many:
            parts.append(words.gettext(form) % {"number": number(many, words)})
        elif parts:
            break
        if len(parts) == 2:
            break
    return " ".join(parts) or words.gettext(_MOMENT)


def days(first: date, last: date, words: NullTranslations) -> str:
    """A day, or the first and the last of some days.

    >>> days(date(2025, 3, 1), date(2025, 3, 1), NullTranslations())
    '1 Mar 2025'
    """
    if first == last:
        return day_of(first, words)
    beginning = day_of(first, words, with_year=first.year != last.year)
    return f"{beginning} – {day_of(last, words)}"  # noqa: RUF001
