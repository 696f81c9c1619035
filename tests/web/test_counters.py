"""What is counted of requests, in one process and in several."""

import subprocess
import sys
from pathlib import Path

import pytest

from cstar_web.counters import BUCKETS, UNKNOWN, Counters, Timing

ROOT = Path(__file__).parents[2]
TICKETS = ("/tickets", "GET")
SEVERAL = """
import os
from cstar_web.counters import Counters

TICKETS = ("/tickets", "GET")
counters = Counters(2)
counters.know([TICKETS])
child = os.fork()
counters.attach(1 if child else 0)
for _ in range(1000 if child else 500):
    counters.begin()
    counters.finish(TICKETS, 200, 0.001, None)
counters.begin()
if not child:
    counters.finish(TICKETS, 200, 0.001, None)
    os._exit(0)
os.waitpid(child, 0)
numbers = [each.number for each in counters.processes()]
print(list(counters.requests()), counters.in_flight, numbers)
"""


@pytest.fixture
def counters() -> Counters:
    made = Counters(2)
    made.know([TICKETS])
    made.attach(0)
    return made


def connections(counters: Counters) -> int:
    return sum(each.connections for each in counters.processes())


def test_what_was_never_asked_for_is_left_out(counters: Counters) -> None:
    assert (list(counters.requests()), list(counters.timings())) == ([], [])


def test_requests_are_counted_by_series_and_status(counters: Counters) -> None:
    for status in (200, 200, 404):
        counters.count(TICKETS, status, 0.001, None)
    assert list(counters.requests()) == [(TICKETS, "200", 2), (TICKETS, "404", 1)]


@pytest.mark.parametrize("status", [299, 418, 599])
def test_a_status_that_is_not_expected_is_counted_as_another(
    counters: Counters, status: int
) -> None:
    counters.count(TICKETS, status, 0.001, None)
    assert list(counters.requests()) == [(TICKETS, "other", 1)]


def test_a_series_that_is_not_known_is_counted_as_unknown(counters: Counters) -> None:
    counters.count(("/secret", "GET"), 200, 0.001, None)
    assert list(counters.requests()) == [(UNKNOWN, "200", 1)]


@pytest.mark.parametrize(
    ("seconds", "bucket"),
    [(0, 0), (0.001, 0), (0.0011, 1), (0.3, 8), (10, 12), (10.1, 13), (3600, 13)],
)
def test_a_time_is_in_the_first_bucket_that_holds_it(
    counters: Counters, seconds: float, bucket: int
) -> None:
    counters.count(TICKETS, 200, seconds, None)
    expected = tuple(int(place == bucket) for place in range(len(BUCKETS) + 1))
    assert list(counters.timings()) == [(TICKETS, Timing(expected, pytest.approx(seconds)))]


def test_errors_are_counted_by_code(counters: Counters) -> None:
    counters.count(TICKETS, 404, 0.001, "RESOURCE_MISSING")
    assert {code: n for code, n in counters.refusals() if n} == {"RESOURCE_MISSING": 1}


def test_a_request_is_in_flight_until_it_is_finished(counters: Counters) -> None:
    counters.begin()
    counters.begin()
    counters.finish(TICKETS, 200, 0.001, None)
    assert counters.in_flight == 1


def test_connections_rise_and_fall_and_what_was_cut_adds_up(counters: Counters) -> None:
    counters.hold(5, 2)
    counters.hold(3, 1)
    assert (connections(counters), counters.cut) == (3, 3)


def test_what_several_processes_count_is_one_sum() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SEVERAL], cwd=ROOT, capture_output=True, text=True, timeout=20
    )
    assert done.stdout == "[(('/tickets', 'GET'), '200', 1501)] 1 [0, 1]\n", done.stderr


def test_a_process_that_takes_the_place_of_another_goes_on_with_its_numbers(
    counters: Counters,
) -> None:
    counters.count(TICKETS, 200, 0.001, None)
    counters.begin()
    counters.hold(9, 0)
    counters.attach(0)

    assert list(counters.requests()) == [(TICKETS, "200", 1)]
    assert (counters.in_flight, connections(counters)) == (0, 0)


def test_there_is_room_for_so_many_routes_and_no_more() -> None:
    with pytest.raises(RuntimeError, match="more than 1024 routes"):
        Counters().know((f"/{number}", "GET") for number in range(1024))
