"""How many listeners there may be, in one process and in several."""

from collections.abc import Callable

import pytest

from cstar_web.seats import Full, Seats
from tests.forks import fork, status_of


def taken(seats: Seats, *keys: str) -> list[bool]:
    """Whether there was a seat for each key, one after the other."""
    found = []
    for key in keys:
        try:
            seats.take(key)
        except Full:
            found.append(False)
        else:
            found.append(True)
    return found


@pytest.mark.parametrize(
    ("seats", "per_key"), [(0, 0), (1, 1), (2, 1), (3, 2), (8, 4), (20, 10), (500, 10)]
)
def test_a_key_has_at_most_ten_seats_and_half_of_them(seats: int, per_key: int) -> None:
    assert sum(taken(Seats(seats), *["one"] * 20)) == per_key


def test_all_keys_together_have_what_there_is() -> None:
    assert taken(Seats(5), *"abcdefg") == [True] * 5 + [False] * 2


def test_a_seat_that_is_left_is_free() -> None:
    seats = Seats(2)
    place = seats.take("one")
    assert taken(seats, "one", "two", "three") == [False, True, False]
    seats.leave(place)
    assert taken(seats, "one") == [True]


def test_why_there_is_none_is_told() -> None:
    seats = Seats(2)
    seats.take("one")
    with pytest.raises(Full, match=r"This key has 1 listeners already"):
        seats.take("one")
    seats.take("two")
    with pytest.raises(Full, match=r"There are 2 listeners already"):
        seats.take("three")


def in_child(act: Callable[[], None]) -> None:
    assert status_of(fork(act)) == 0


def test_processes_share_the_seats() -> None:
    seats = Seats(4, 2)
    seats.attach(0)

    def other() -> None:
        seats.attach(1)
        taken(seats, "one", "one", "one", "two")

    in_child(other)
    assert taken(seats, "one", "two", "three") == [False, True, False]


def test_the_seats_of_a_process_that_was_killed_are_free_once_another_takes_its_place() -> None:
    seats = Seats(2, 2)
    seats.attach(0)

    def other() -> None:
        seats.attach(1)
        taken(seats, "one", "two")

    in_child(other)
    assert taken(seats, "three") == [False]
    in_child(lambda: seats.attach(1))
    assert taken(seats, "three") == [True]
