"""Events as they happen, whatever becomes of the connection on which they are told."""

import threading
from collections.abc import Iterator
from itertools import islice
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest

from cstar_core import Helpdesk, Workspace
from cstar_web.app import create_app
from cstar_web.client import (
    AnswerError,
    ApiError,
    AuthenticationError,
    AuthorizationError,
    Client,
    CStarError,
    NetworkError,
    ValidationError,
    calls,
)
from tests.web.faults import Fault, Way, cut_before, flows, flows_until, says, sends
from tests.web.listeners import quick_app, served
from tests.web.sockets import Address
from tests.web.vocabulary import Keyring
from tests.web.world import limitless

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"
BUSY = b'{"error": {"type": "api_error", "code": "BUSY", "message": "All seats are taken"}}'


@pytest.fixture
def address(desk: Helpdesk) -> Iterator[Address]:
    with served(quick_app(desk)) as found:
        yield found


@pytest.fixture
def team(desk: Helpdesk) -> Workspace:
    return desk.workspace("acme")


@pytest.fixture
def start(team: Workspace) -> str:
    """The last event of those that are there already."""
    team.tickets.create(title="Before")
    return team.events.list().items[-1].id


def made(team: Workspace, many: int) -> list[str]:
    """Make so many tickets; the ids of their events."""
    after = team.events.list(page_size=100).items[-1].id
    for number in range(many):
        team.tickets.create(title=f"Ticket {number}")
    return [event.id for event in team.events.list(after=after, page_size=100).items]


# --- what is told


def test_events_are_told_as_they_happen(acme: Client, start: str) -> None:
    events = acme.events.stream(after=start)
    ticket = acme.tickets.create(title="Late")
    first = next(events)
    acme.tickets.update(ticket.id, status="closed")

    told = [first, *islice(events, 2)]
    assert [event.type for event in told] == ["ticket.created", "ticket.updated", "ticket.closed"]
    assert told == list(acme.events.list(after=start))


def test_only_the_types_that_are_asked_for_are_told(acme: Client, start: str) -> None:
    events = acme.events.stream(after=start, types=["customer.*", "ticket.closed"])
    ticket = acme.tickets.create(title="Late", customer_name="Jane")
    acme.tickets.update(ticket.id, status="closed")

    assert [event.type for event in islice(events, 2)] == ["customer.created", "ticket.closed"]


def test_a_stream_begins_with_what_happens_after_the_first_look(
    trip: Any, team: Workspace, start: str
) -> None:
    def later(way: Way, request: bytes, client: Any) -> bool:
        """Nothing has happened yet when the connection is cut; then something does."""
        flows_until(f"id: {start}\n\n".encode())(way, request, client)
        team.tickets.create(title="Meanwhile")
        return False

    with trip(later, flows) as journey:
        event = next(journey.client.events.stream())

    assert (event.type, event.data["title"]) == ("ticket.created", "Meanwhile")
    assert journey.way.headers("Last-Event-ID") == [None, start]


# --- what is cut


CUTS = [b"event: ticket.created", b'"type":', b"}\n", b"}\n\n", b"retry: 2000\n", b"HTTP/1.1 2"]


@pytest.mark.parametrize("text", CUTS)
def test_what_is_cut_goes_on_after_the_last_event(
    trip: Any, team: Workspace, start: str, text: bytes
) -> None:
    ids = made(team, 5)
    with trip(flows_until(text), flows_until(text), flows_until(text), flows) as journey:
        told = [event.id for event in islice(journey.client.events.stream(after=start), 5)]

    assert told == ids
    assert len(journey.way.requests) == len(journey.waits) + 1 == 4
    assert set(journey.way.headers("Last-Event-ID")) <= {None, start, *ids}


@pytest.mark.parametrize(
    ("fault", "least", "most"),
    [
        (sends(HEAD + b"retry: 7000\n\n"), 7, 7.5),
        (sends(HEAD + b"id: evt_1"), 2, 2.5),
        (sends(HEAD + b"retry: 99999999999999\n\n"), 30, 30.5),
        (sends(HEAD + b"retry: soon\n\n"), 2, 2.5),
        (says("503 Busy", BUSY, Retry_After="9"), 9, 9.5),
        (cut_before, 0.25, 0.5),
    ],
)
def test_how_long_it_waits_before_it_asks_again(
    trip: Any, team: Workspace, start: str, fault: Fault, least: float, most: float
) -> None:
    ids = made(team, 1)
    with trip(fault, flows) as journey:
        assert next(journey.client.events.stream(after=start)).id == ids[0]

    (wait,) = journey.waits
    assert least <= wait <= most


def test_a_server_that_falls_silent_is_asked_again(
    trip: Any, team: Workspace, start: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calls, "_SILENCE", 0.2)
    ids = made(team, 1)

    def silent(way: Way, request: bytes, client: Any) -> bool:
        client.sendall(HEAD + b"id: ")
        return not way.ended.wait(1)

    with trip(silent, flows) as journey:
        assert next(journey.client.events.stream(after=start)).id == ids[0]


def test_cutting_has_no_end_but_failing_has(trip: Any, team: Workspace, start: str) -> None:
    ids = made(team, 1)
    cut = [flows_until(b"retry: 2000\n")] * 9
    with trip(*cut, flows) as journey:
        assert next(journey.client.events.stream(after=start)).id == ids[0]
    with trip(*[cut_before] * 9) as journey, pytest.raises(NetworkError):
        next(journey.client.events.stream(after=start))

    assert len(journey.way.requests) == 4


class Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        pass


def test_under_another_server_it_comes_again_and_again(
    desk: Helpdesk, keyring: Keyring, team: Workspace, start: str
) -> None:
    waits: list[float] = []

    def sleep(seconds: float) -> None:
        waits.append(seconds)
        team.tickets.create(title="Meanwhile")

    ids = made(team, 100)
    with make_server("127.0.0.1", 0, create_app(desk, limitless()), handler_class=Quiet) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        url = f"http://127.0.0.1:{server.server_port}"
        with Client(url, keyring.secret, team="acme", sleep=sleep) as client:
            told = list(islice(client.events.stream(after=start), 101))
        server.shutdown()
        thread.join(10)

    assert [event.id for event in told[:100]] == ids
    assert told[100].data["title"] == "Meanwhile"
    assert len(waits) == 1 and 10 <= waits[0] <= 10.5


# --- what is refused


def test_what_the_server_refuses_is_raised_at_once(trip: Any, visitor: Client) -> None:
    with pytest.raises(AuthorizationError, match="Secret key required"):
        next(visitor.events.stream())
    with trip() as journey, pytest.raises(ValidationError) as caught:
        next(journey.client.events.stream(types=["ticket.odd"]))

    assert (caught.value.param, len(journey.way.requests)) == ("types", 1)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (says("200 OK", b'{"data": [], "meta": {}}'), AnswerError),
        (says("302 Found", Location="https://example.com"), AnswerError),
        (says("500 Oops", BUSY), ApiError),
        (sends(HEAD + b"data: {\n\n"), AnswerError),
        (sends(HEAD + b"data: []\n\n"), AnswerError),
        (sends(HEAD + b"data: " + b"[" * 99_999 + b"\n\n"), AnswerError),
        (sends(HEAD + b"data: " + b"a" * 200_000), AnswerError),
    ],
)
def test_what_is_no_stream_of_events_is_told_as_that(
    trip: Any, answer: Fault, kind: type[CStarError]
) -> None:
    with trip(answer, answer_max=100_000) as journey, pytest.raises(kind):
        next(journey.client.events.stream())

    assert len(journey.way.requests) == 1


def test_an_id_that_cannot_be_a_header_is_not_sent_back(
    trip: Any, team: Workspace, start: str
) -> None:
    ids = made(team, 1)
    with trip(sends(HEAD + "id: é\rX-Other: a\n\n".encode()), flows) as journey:
        assert next(journey.client.events.stream(after=start)).id == ids[0]

    assert journey.way.headers("Last-Event-ID") == [None, None]


# --- its end


def test_whoever_stops_listening_hangs_up(trip: Any, team: Workspace, start: str) -> None:
    made(team, 1)
    with trip(flows) as journey:
        events = journey.client.events.stream(after=start)
        next(events)
        events.close()
        assert journey.way.left.wait(5)


def test_a_stream_of_a_client_that_is_closed_ends(trip: Any, team: Workspace, start: str) -> None:
    made(team, 2)
    with trip(flows) as journey:
        events = journey.client.events.stream(after=start)
        next(events)
        journey.client.close()
        with pytest.raises(RuntimeError, match="closed"):
            next(events)
        assert journey.way.left.wait(5)


def test_a_key_that_is_revoked_ends_the_stream(
    trip: Any, desk: Helpdesk, keyring: Keyring, team: Workspace, start: str
) -> None:
    made(team, 1)
    with trip(flows, flows) as journey:
        events = journey.client.events.stream(after=start)
        next(events)
        for key in desk.keys.list("acme"):
            desk.keys.revoke(key.id)
        with pytest.raises(AuthenticationError):
            list(events)
