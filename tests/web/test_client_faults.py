"""The Python client where connections are cut, answers are slow, spoilt or not cStar's."""

import json
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from cstar_core import Helpdesk
from cstar_web.app import create_app
from cstar_web.client import (
    AnswerError,
    ApiError,
    AuthenticationError,
    Client,
    CStarError,
    NetworkError,
    RateLimitError,
    TimedOut,
    ValidationError,
    connections,
)
from tests.web.faults import (
    CERTIFICATE,
    Fault,
    Hasty,
    Way,
    close_when_answered,
    cut_after,
    cut_before,
    cut_half,
    drip,
    fine,
    hang,
    leading,
    says,
    sends,
)
from tests.web.sockets import Address, running
from tests.web.vocabulary import Keyring
from tests.web.world import limitless

ROOT = Path(__file__).parents[2]
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


@pytest.fixture
def address(desk: Helpdesk) -> Iterator[Address]:
    with running(application=create_app(desk, limitless())) as found:
        yield found


class Trip:
    """A client whose requests go a way on which things happen, and how long it waited."""

    def __init__(self, way: Way, key: str, options: dict[str, Any]) -> None:
        self.way = way
        self.waits: list[float] = []
        self.client = Client(way.url, key, team="acme", sleep=self.waits.append, **options)


@pytest.fixture
def trip(address: Address, keyring: Keyring) -> Any:
    @contextmanager
    def starting(*faults: Fault, **options: Any) -> Iterator[Trip]:
        with leading(address, *faults) as way:
            found = Trip(way, keyring.secret, options)
            with found.client:
                yield found

    return starting


# --- at most once


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


# --- how often, and how long


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


# --- time and size


def test_a_server_that_does_not_answer_is_given_up(trip: Any, desk: Helpdesk) -> None:
    with trip(hang, hang, timeout=0.2, retries=1) as journey, pytest.raises(TimedOut):
        journey.client.tickets.create(title="Late")

    assert len(journey.way.requests) == 2


def test_a_server_that_drips_is_given_up(trip: Any) -> None:
    with (
        trip(drip, timeout=0.3, retries=0) as journey,
        pytest.raises(TimedOut, match=r"no answer within 0\.3 seconds"),
    ):
        journey.client.tickets.list()


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 1000001\r\n\r\n" + b" " * 1_000_001,
        b"HTTP/1.1 200 OK\r\n\r\n" + b" " * 1_000_001,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1e8480\r\n" + b" " * 1_200_000,
    ],
    ids=["declared", "until it ends", "in chunks"],
)
def test_an_answer_that_is_too_large_is_not_read(trip: Any, answer: bytes) -> None:
    with (
        trip(sends(answer), answer_max=1_000_000) as journey,
        pytest.raises(AnswerError, match="larger than 1,000,000 bytes"),
    ):
        journey.client.tickets.list()
    assert len(journey.way.requests) == 1


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{}",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\nConnection: close\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nCont",
        b"HTTP/1.1 404 NOT FOUND\r\nContent-Type: application/json\r\n",
        b'HTTP/1.1 200 OK\r\n\r\n{"success": true, "data": [',
        b"HTTP/1.1 2",
        b"not HTTP at all\r\n\r\n",
    ],
)
def test_an_answer_that_ends_too_soon_is_none(trip: Any, answer: bytes) -> None:
    def spoilt(way: Way, request: bytes, client: Any) -> bool:
        client.sendall(answer)
        return False

    with trip(spoilt, retries=0) as journey, pytest.raises(NetworkError):
        journey.client.tickets.list()


# --- not cStar


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "307 There", "308 There"])
def test_the_key_is_not_taken_to_where_a_server_leads(
    trip: Any, keyring: Keyring, status: str
) -> None:
    with leading(None) as elsewhere:
        redirect = says(status, Location=f"{elsewhere.url}/api/v1")
        with trip(redirect) as journey, pytest.raises(AnswerError, match="leads to") as caught:
            journey.client.tickets.create(title="Late")

    assert elsewhere.connections == 0 and len(journey.way.requests) == 1
    assert keyring.secret not in str(caught.value)


@pytest.mark.parametrize(
    "body", [b"<html>", b"", b"[]", b"{}", b'{"data": 1}', b"[" * 200_000, b"\xff", b'"data"']
)
def test_an_answer_of_something_else_is_told_as_that(trip: Any, body: bytes) -> None:
    with trip(says("200 OK", body)) as journey, pytest.raises(AnswerError, match="url right"):
        journey.client.tickets.list()


@pytest.mark.parametrize(
    "data",
    [
        {"data": [{"id": 1}], "meta": {}},
        {"data": [7], "meta": {}},
        {"data": [], "meta": {}},
        {"data": [], "meta": {"pagination": None}},
    ],
)
def test_an_answer_of_another_shape_is_told_as_that(trip: Any, data: Any) -> None:
    with (
        trip(says("200 OK", json.dumps(data).encode())) as journey,
        pytest.raises(AnswerError, match="is not a"),
    ):
        journey.client.tickets.list()


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        ("401 No", AuthenticationError),
        ("429 Slow", RateLimitError),
        ("502 Bad Gateway", ApiError),
        ("400 Bad", AnswerError),
    ],
)
def test_a_page_of_a_proxy_is_an_error_too(trip: Any, status: str, kind: type[CStarError]) -> None:
    with (
        trip(says(status, b"<html>nginx</html>"), retries=0) as journey,
        pytest.raises(kind, match="not as cStar does") as caught,
    ):
        journey.client.tickets.list()
    assert (caught.value.status, caught.value.code) == (int(status[:3]), None)


def test_a_type_of_error_that_comes_later_is_still_an_error(trip: Any) -> None:
    body = json.dumps({"error": {"type": "new_error", "message": "New", "errors": ["odd"]}})
    with trip(says("402 Pay", body.encode())) as journey, pytest.raises(ApiError, match="New"):
        journey.client.tickets.list()


def test_a_refusal_before_the_body_is_read_is_heard(keyring: Keyring) -> None:
    with (
        leading(None, kind=Hasty) as way,
        Client(way.url, keyring.secret, team="acme", retries=0) as client,
        pytest.raises(ValidationError, match="Too large"),
    ):
        client.tickets.create(title="Late", notes="a" * 16_000_000)


def test_nobody_listening_is_a_network_error(keyring: Keyring) -> None:
    with leading(None) as way:
        url = way.url
    with (
        Client(url, keyring.secret, retries=0) as client,
        pytest.raises(NetworkError, match="refused"),
    ):
        client.whoami()


# --- kept connections


def test_requests_share_a_connection(trip: Any) -> None:
    with trip() as journey:
        for _ in range(5):
            journey.client.tickets.list()

    assert journey.way.connections == 1


def test_a_connection_that_was_idle_for_long_is_not_used_again(
    trip: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with trip(retries=0) as journey:
        journey.client.tickets.list()
        monkeypatch.setattr(connections, "_IDLE_SECONDS", 0)
        journey.client.tickets.list()

    assert journey.way.connections == 2


def test_a_connection_that_was_closed_meanwhile_costs_no_try_and_no_wait(trip: Any) -> None:
    with trip(close_when_answered, retries=0) as journey:
        journey.client.tickets.list()
        journey.client.tickets.create(title="Late")

    assert (journey.way.connections, journey.waits) == (2, [])


FORK = """
import os, sys
from cstar_web.client import Client
with Client(sys.argv[1], sys.argv[2], team="acme") as desk:
    desk.tickets.list()
    child = os.fork()
    total = desk.tickets.list().total
    if child == 0:
        os._exit(total)
    sys.exit(total + os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


def test_a_fork_does_not_use_its_parents_connections(address: Address, keyring: Keyring) -> None:
    with leading(address) as way:
        command = [sys.executable, "-c", FORK, way.url, keyring.secret]
        assert subprocess.run(command, cwd=ROOT, timeout=20).returncode == 0

    assert (way.connections, len(way.requests)) == (2, 3)


def test_connections_that_hang_are_not_tried_one_after_another(trip: Any) -> None:
    together = threading.Barrier(3)

    def meet(way: Way, request: bytes, client: Any) -> bool:
        together.wait(5)
        return fine(way, request, client)

    with trip(meet, meet, meet, hang, retries=1) as journey:
        with ThreadPoolExecutor(3) as pool:
            list(pool.map(lambda _: journey.client.tickets.list(), "abc"))
        assert journey.way.connections == 3
        journey.client._connections._timeout = 0.5
        journey.client.tickets.list()

    assert journey.way.connections == 4


# --- https


def test_a_server_that_is_not_trusted_gets_no_key(address: Address, keyring: Keyring) -> None:
    with (
        leading(address, tls=True) as way,
        Client(way.url, keyring.secret) as client,
        pytest.raises(AnswerError, match="not who it says it is"),
    ):
        client.whoami()
    assert way.requests == []


def test_a_server_that_is_trusted_is_used_over_https(address: Address, keyring: Keyring) -> None:
    trusting = ssl.create_default_context(cafile=str(CERTIFICATE))
    with (
        leading(address, tls=True) as way,
        Client(way.url, keyring.secret, tls=trusting, answer_max=100_000) as client,
    ):
        ticket = client.tickets.create(title="Late", notes="a" * 60_000)
        assert client.tickets.get(ticket.id) == ticket
    assert way.connections == 1


def test_a_deadline_holds_over_https_too(address: Address, keyring: Keyring) -> None:
    trusting = ssl.create_default_context(cafile=str(CERTIFICATE))
    with (
        leading(address, drip, tls=True) as way,
        Client(way.url, keyring.secret, tls=trusting, timeout=0.3, retries=0) as client,
        pytest.raises(TimedOut),
    ):
        client.whoami()
