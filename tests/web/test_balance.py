"""Which of several processes takes a new connection."""

import pytest

from cstar_web.server.balance import MOMENT, Loads, Turns


class Clock:
    """Seconds that pass when the test says so."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def loads() -> Loads:
    """Three processes: this one, one that holds four connections, and one that is not there."""
    loads = Loads(3)
    loads.publish(1, 4)
    return loads


@pytest.fixture
def turns(loads: Loads, clock: Clock) -> Turns:
    return Turns(loads, 0, clock)


@pytest.mark.parametrize(("held", "takes"), [(0, True), (4, True), (5, False)])
def test_the_process_with_more_connections_lets_the_other_go_first(
    turns: Turns, held: int, takes: bool
) -> None:
    assert (turns.may_look(held), turns.may_take(held)) == (True, takes)


def test_a_process_that_lets_others_go_first_looks_away(turns: Turns) -> None:
    turns.may_take(5)

    assert (turns.is_waiting, turns.may_look(5)) == (True, False)


def test_a_connection_that_nobody_took_for_a_moment_is_taken(turns: Turns, clock: Clock) -> None:
    turns.may_take(5)
    clock.now += MOMENT

    assert (turns.may_look(5), turns.may_take(5)) == (True, True)


def test_after_a_moment_the_others_go_first_again(turns: Turns, clock: Clock) -> None:
    turns.may_take(5)
    clock.now += MOMENT
    turns.may_look(5)
    turns.may_look(5)

    assert turns.may_take(5) is False


def test_a_process_looks_again_as_soon_as_it_has_no_more_than_the_others(turns: Turns) -> None:
    turns.may_take(5)

    assert (turns.may_look(4), turns.is_waiting) == (True, False)


def test_a_process_that_has_ended_is_not_waited_for(turns: Turns, loads: Loads) -> None:
    loads.clear(1)

    assert turns.may_take(5) is True


def test_a_process_that_leaves_is_not_waited_for(turns: Turns, loads: Loads) -> None:
    turns.may_look(0)
    turns.leave()

    assert Turns(loads, 1).may_take(4) is True


def test_looking_tells_the_others_how_many_connections_there_are(
    turns: Turns, loads: Loads
) -> None:
    turns.may_look(2)

    assert [Turns(loads, 1).may_take(held) for held in (2, 3)] == [True, False]
