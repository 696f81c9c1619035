"""Instants in whole seconds."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from cstar_core import utc_now
from cstar_core.clock import from_seconds, from_seconds_or_none, to_seconds


def test_now_is_aware_and_in_utc() -> None:
    assert utc_now().utcoffset() == timedelta(0)


def test_fractions_of_a_second_are_cut_off() -> None:
    assert to_seconds(datetime(1970, 1, 1, 0, 0, 1, 999_999, tzinfo=UTC)) == 1


def test_another_time_zone_is_the_same_instant() -> None:
    assert to_seconds(datetime(1970, 1, 1, 2, tzinfo=timezone(timedelta(hours=2)))) == 0


def test_an_instant_without_a_time_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        to_seconds(datetime(2025, 1, 1))


@pytest.mark.parametrize("seconds", [0, -1, 1_765_377_000, 253_402_300_799])
def test_stored_seconds_come_back(seconds: int) -> None:
    assert to_seconds(from_seconds(seconds)) == seconds


def test_no_instant_stays_none() -> None:
    assert from_seconds_or_none(None) is None
