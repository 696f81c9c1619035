"""Calls that are tried again: carried out once, after a while, and not for ever."""

import json
from typing import Any

import pytest

from cstar_core import Helpdesk
from cstar_web.client import ApiError, CStarError, NetworkError
from tests.web.faults import Fault, cut_after, cut_before, cut_half, fine, says, sends

BUSY = json.dumps(
    {
        "success": False,
        "error": {"type": "api_error", "code": "BUSY", "message": "The server is busy"},
        "meta": {"requestId": "req_1", "timestamp": "2025-12-10T14:30:00Z"},
    }
).encode()
IN_PROGRESS = json.dumps(
    {
        "success": False,
        "error": {"type": "conflict_error", "code": "IDEMPOTENCY_IN_PROGRESS", "message": "Wait"},
    }
).encode()


def test_an_answer_that_is_lost_after_the_commit_makes_no_double(trip: Any, desk: Helpdesk) -> None:
    with trip(cut_after) as journey:
        made = journey.client.tickets.create(title="Late")

    assert len(journey.way.requests) == 2
    assert len(set(journey.way.headers("Idempotency-Key"))) == 1
    (kept,) = desk.workspace("acme").tickets.list().items
    assert kept.id == made.id


@pytest.mark.parametrize("fault", [cut_before, cut_after, cut_half, says("503 Busy", BUSY)])
def test_each_write_is_carried_out_once_whatever_happens_on_the_way(
    trip: Any, desk: Helpdesk, fault: Fault
) -> None:
    tickets = desk.workspace("acme").tickets
    with trip(fault, fault, fine, fault, fault, fine, fault, fault) as journey:
        made = journey.client.tickets.create(title="Late")
        note = journey.client.messages.create(made.id, content="Hello")
        journey.client.tickets.delete(made.id)

    assert len(journey.way.requests) == 9
    assert tickets.list().total == 0
    kinds = [event.type for event in desk.workspace("acme").events.list().items]
    assert kinds.count("ticket.created") == kinds.count("ticket.deleted") == 1
    assert kinds.count("message.created") == 1 and note.content == "Hello"


def test_two_calls_have_two_keys(trip: Any) -> None:
    with trip() as journey:
        journey.client.tickets.create(title="Late")
        journey.client.tickets.create(title="Late")

    assert len(set(journey.way.headers("Idempotency-Key"))) == 2


def test_a_key_of_ones_own_goes_with_every_try(trip: Any) -> None:
    with trip(cut_after) as journey:
        journey.client.tickets.create(title="Late", idempotency_key="order-1")

    assert journey.way.headers("Idempotency-Key") == ["order-1", "order-1"]


def test_reading_has_no_key_and_is_tried_again_too(trip: Any) -> None:
    with trip(cut_before, cut_half) as journey:
        assert journey.client.tickets.list().items == ()

    assert journey.way.headers("Idempotency-Key") == [None, None, None]


def test_a_first_try_that_is_still_at_work_is_waited_for(trip: Any) -> None:
    with trip(cut_after, says("409 Conflict", IN_PROGRESS, Retry_After="1")) as journey:
        journey.client.tickets.create(title="Late")

    assert len(journey.way.requests) == 3
    assert 1 <= journey.waits[1] <= 1.5


def test_the_tries_end(trip: Any) -> None:
    with trip(*[cut_before] * 9) as journey, pytest.raises(NetworkError, match="no whole answer"):
        journey.client.tickets.list()

    assert len(journey.way.requests) == 4


def test_retries_can_be_turned_off(trip: Any) -> None:
    with trip(cut_after, retries=0) as journey, pytest.raises(NetworkError):
        journey.client.tickets.create(title="Late")

    assert len(journey.way.requests) == 1


def test_the_waits_grow_and_differ(trip: Any) -> None:
    with trip(*[cut_before] * 6, retries=6) as journey:
        journey.client.tickets.list()

    for wait, most in zip(journey.waits, [0.5, 1, 2, 4, 8, 8], strict=True):
        assert most / 2 <= wait <= most
    assert len(set(journey.waits)) == 6


def test_a_server_says_how_long_to_wait(trip: Any) -> None:
    with trip(says("503 Busy", BUSY, Retry_After="7")) as journey:
        journey.client.tickets.list()

    assert 7 <= journey.waits[0] <= 7.5


def test_a_proxy_that_had_given_up_on_an_idle_connection_is_asked_again(trip: Any) -> None:
    with trip(says("408 Request Timeout", b"<html>", Connection="close")) as journey:
        journey.client.tickets.create(title="Late")

    assert len(journey.way.requests) == 2


def test_a_proxy_may_say_until_when_to_wait(trip: Any) -> None:
    until = says(
        "429 Slow",
        Date="Wed, 10 Dec 2025 14:30:00 GMT",
        Retry_After="Wed, 10 Dec 2025 14:30:09 GMT",
    )
    with trip(until) as journey:
        journey.client.tickets.list()

    assert 9 <= journey.waits[0] <= 9.5


@pytest.mark.parametrize("value", ["soon", "-1", "1e3", "²", "Wed, 40 Dec 2025 14:30:09 GMT"])
def test_a_wait_that_makes_no_sense_is_ones_own(trip: Any, value: str) -> None:
    head = f"HTTP/1.1 503 No\r\nContent-Length: 0\r\nRetry-After: {value}\r\n\r\n"
    with trip(sends(head.encode("latin-1"))) as journey:
        journey.client.tickets.list()

    assert journey.waits[0] <= 0.5


def test_a_wait_that_is_too_long_is_told_at_once(trip: Any) -> None:
    with (
        trip(says("503 Full", BUSY, Retry_After="60")) as journey,
        pytest.raises(ApiError) as caught,
    ):
        journey.client.tickets.list()

    assert (caught.value.retry_after, caught.value.code, journey.waits) == (60.0, "BUSY", [])


@pytest.mark.parametrize("status", ["500 Oops", "400 Bad", "404 No", "418 Teapot"])
def test_what_time_does_not_mend_is_not_tried_again(trip: Any, status: str) -> None:
    with trip(says(status)) as journey, pytest.raises(CStarError):
        journey.client.tickets.list()

    assert len(journey.way.requests) == 1
