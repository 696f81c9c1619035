"""Where "now" comes from. Instants are UTC in whole seconds, as the API shows them."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache

Clock = Callable[[], datetime]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY = 86_400


def utc_now() -> datetime:
    """The present instant, aware, in UTC."""
    return datetime.now(UTC)


def to_seconds(instant: datetime) -> int:
    """Whole seconds since 1970 of an aware datetime; fractions are cut off.

    >>> to_seconds(datetime(2025, 12, 10, 14, 30, 0, 900000, tzinfo=UTC))
    1765377000
    """
    if instant.tzinfo is None:
        raise ValueError("an instant needs a time zone")
    since = instant - _EPOCH
    return since.days * _DAY + since.seconds


@lru_cache(8192)
def from_seconds(seconds: int) -> datetime:
    """The aware UTC datetime of a stored instant.

    >>> from_seconds(1765377000).isoformat()
    '2025-12-10T14:30:00+00:00'
    """
    return datetime.fromtimestamp(seconds, UTC)


def from_seconds_or_none(seconds: int | None) -> datetime | None:
    """As ``from_seconds``; None stays None."""
    return None if seconds is None else from_seconds(seconds)
