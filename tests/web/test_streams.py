"""Listeners on a real server: what they are told, how many there may be, and how they end."""

import json
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask

from cstar_core import Helpdesk, Workspace
from cstar_web.app import create_app
from cstar_web.calls import services
from cstar_web.settings import Settings
from cstar_web.streams import Pace, Streams
from cstar_web.watch import Watch
from tests.web.sockets import GET, Address, connect, is_answered, read_all, running, wait_until
from tests.web.vocabulary import Api, Keyring

PATH = "/api/v1/teams/acme/events/stream"
QUICK = Pace(look=0.02, beat=60, keys=0.05)
HELD = 20
MANY = 50


def streams_of(app: Flask) -> Streams:
    with app.app_context():
        return services().streams


@pytest.fixture
def watch() -> Watch:
    return Watch(Settings(metrics_token="a-token-of-some-length"))


@pytest.fixture
def app(desk: Helpdesk, watch: Watch) -> Flask:
    made = create_app(desk, Settings(threads=1, stream_listeners=HELD), watch)
    streams_of(made).pace = QUICK
    return made


@pytest.fixture
def acme(desk: Helpdesk) -> Workspace:
    return desk.workspace("acme")


@dataclass
class Listener:
    """A client that follows the events."""

    socket: socket.socket
    received: bytes = b""

    def read_until(self, seen: Callable[[bytes], bool]) -> bytes:
        while not seen(self.received):
            data = self.socket.recv(1 << 22)
            assert data, self.received
            self.received += data
        return self.received

    @property
    def events(self) -> list[dict[str, Any]]:
        """The events that have come, as their data."""
        return events_in(self.received)

    @property
    def last_id(self) -> str:
        """What a client would send when it connects again."""
        ids = [line for line in self.received.split(b"\n") if line.startswith(b"id: ")]
        return ids[-1][4:].decode()

    def wait_for(self, number: int) -> list[dict[str, Any]]:
        """So many events; each must be whole."""
        self.read_until(lambda seen: seen.count(b"}\n\n") >= number)
        return self.events


def events_in(received: bytes) -> list[dict[str, Any]]:
    lines = received.split(b"\n")
    return [json.loads(line[6:]) for line in lines if line.startswith(b"data: ")]


def write_much(desk: Helpdesk, workspace: Workspace) -> None:
    """More than the buffers of sockets take: each event holds the notes before and after."""
    with desk.transaction():
        ticket = workspace.tickets.create(title="Long", notes="-")
        for number in range(MANY):
            workspace.tickets.update(ticket.id, notes=f"{number % 10}" * 65_000)


def request(key: str, query: str = "", *headers: str, version: str = "1.1") -> bytes:
    lines = (
        f"GET {PATH}{query} HTTP/{version}",
        "Host: desk.example",
        f"Authorization: Bearer {key}",
        *headers,
    )
    return "\r\n".join(lines).encode() + b"\r\n\r\n"


@contextmanager
def listening(
    address: Address, key: str, query: str = "", *headers: str, version: str = "1.1"
) -> Iterator[Listener]:
    """A listener that has been let in."""
    with connect(address) as client:
        client.sendall(request(key, query, *headers, version=version))
        listener = Listener(client)
        listener.read_until(lambda seen: b"\nid: evt_" in seen)
        yield listener


@pytest.fixture
def address(app: Flask) -> Iterator[Address]:
    with running(application=app) as found:
        yield found
    streams_of(app).stop()


def refusal(address: Address, key: str) -> tuple[int, dict[str, str], Any]:
    with connect(address) as client:
        client.sendall(request(key, "", "Connection: close"))
        head, _, body = read_all(client).partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    headers = dict(line.split(": ", 1) for line in lines)
    return int(first.split()[1]), headers, json.loads(body)["error"]


# --- what is told


def test_a_stream_begins_with_when_to_come_again_and_from_where(
    address: Address, keyring: Keyring, acme: Workspace
) -> None:
    newest = acme.events.list().items[-1].id
    with listening(address, keyring.secret) as listener:
        head, _, body = listener.received.partition(b"\r\n\r\n")
        assert b"Content-Type: text/event-stream; charset=utf-8" in head
        assert b"X-Accel-Buffering: no" in head and b"X-Ratelimit-Remaining: 999" in head
        assert f"retry: 2000\nid: {newest}\n\n".encode() in body


def test_what_happens_from_now_on_is_told_as_the_list_shows_it(
    address: Address, keyring: Keyring, acme: Workspace, api: Api
) -> None:
    acme.tickets.create(title="Before")
    with listening(address, keyring.secret) as listener:
        after = listener.last_id
        acme.tickets.create(title="Now", customer_name="Jane")
        told = listener.wait_for(2)
        assert told == api.get(f"/events?after={after}").data
        assert b"event: ticket.created\n" in listener.received
        assert listener.last_id == told[-1]["id"]


def test_only_the_types_asked_for_are_told(
    address: Address, keyring: Keyring, acme: Workspace
) -> None:
    with listening(address, keyring.secret, "?types=customer.*,ticket.closed") as listener:
        ticket = acme.tickets.create(title="Now", customer_name="Jane")
        acme.tickets.update(ticket.id, status="closed")
        told = listener.wait_for(2)
    assert [each["type"] for each in told] == ["customer.created", "ticket.closed"]


@pytest.mark.parametrize("where", ["header", "query", "both"])
def test_a_listener_that_comes_back_misses_nothing_and_is_told_nothing_twice(
    address: Address, keyring: Keyring, desk: Helpdesk, acme: Workspace, where: str
) -> None:
    first = acme.events.list().items[0].id
    with listening(address, keyring.secret) as listener:
        acme.tickets.create(title="0")
        listener.wait_for(1)
    with desk.transaction():
        for number in range(1, 240):
            acme.tickets.create(title=str(number))
    last = listener.last_id
    query = {"header": "", "query": f"?after={last}", "both": f"?after={first}"}[where]
    headers = () if where == "query" else (f"Last-Event-ID: {last}",)
    with listening(address, keyring.secret, query, *headers) as again:
        acme.tickets.create(title="240")
        told = again.wait_for(240)
    assert [each["data"]["title"] for each in told] == [str(n) for n in range(1, 241)]


def test_two_workspaces_are_told_of_their_own(
    address: Address, keyring: Keyring, desk: Helpdesk, acme: Workspace
) -> None:
    with (
        listening(address, keyring.secret) as live,
        listening(address, keyring.test) as test,
    ):
        acme.tickets.create(title="live")
        desk.workspace("acme", "test").tickets.create(title="test")
        told = [live.wait_for(1), test.wait_for(1)]
    assert [[each["data"]["title"] for each in part] for part in told] == [["live"], ["test"]]


def test_an_import_that_tells_nobody_is_not_told(
    address: Address, keyring: Keyring, acme: Workspace
) -> None:
    with listening(address, keyring.secret) as listener:
        list(acme.tickets.import_many({"title": "quiet"} for _ in range(250)))
        acme.tickets.create(title="loud")
        assert [each["data"]["title"] for each in listener.wait_for(1)] == ["loud"]


def test_a_silent_stream_says_that_it_is_there(
    app: Flask, address: Address, keyring: Keyring
) -> None:
    streams_of(app).pace = Pace(look=0.02, beat=0.05, keys=0.05)
    with listening(address, keyring.secret) as listener:
        listener.read_until(lambda seen: seen.count(b": nothing new\n\n") == 2)
        assert listener.events == []


def test_http_1_0_is_told_too(address: Address, keyring: Keyring, acme: Workspace) -> None:
    with listening(address, keyring.secret, version="1.0") as listener:
        acme.tickets.create(title="Now")
        listener.wait_for(1)
        assert b"Transfer-Encoding" not in listener.received
        assert listener.received.endswith(b"}\n\n")


@pytest.mark.parametrize("header", ["evt_1", "nonsense", "evt_" + 32 * "0"])
def test_a_header_that_names_no_event_is_refused(
    address: Address, keyring: Keyring, header: str
) -> None:
    with connect(address) as client:
        headers = (f"Last-Event-ID: {header}", "Connection: close")
        client.sendall(request(keyring.secret, "", *headers))
        answer = read_all(client)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b'"Last-Event-ID must be the id of an event"' in answer


# --- how many there may be


def test_listeners_take_no_thread_of_those_that_answer(
    address: Address, keyring: Keyring, acme: Workspace
) -> None:
    """The server has a single thread."""
    with ExitStack() as stack:
        made = [stack.enter_context(listening(address, keyring.secret)) for _ in range(10)]
        assert is_answered(address) is False  # There is nothing at /, but that is an answer.
        acme.tickets.create(title="Now")
        assert all(listener.wait_for(1) for listener in made)


def test_a_key_has_at_most_ten_listeners(address: Address, keyring: Keyring) -> None:
    with ExitStack() as stack:
        for _ in range(10):
            stack.enter_context(listening(address, keyring.secret))
        status, headers, error = refusal(address, keyring.secret)
        stack.enter_context(listening(address, keyring.test))
    assert (status, error["code"], headers["Retry-After"]) == (503, "BUSY", "10")
    assert error["message"] == "This key has 10 listeners already, as many as it may"


def test_a_server_has_as_many_listeners_as_the_setting_says(
    address: Address, keyring: Keyring
) -> None:
    with ExitStack() as stack:
        for key in (keyring.secret, keyring.test):
            for _ in range(HELD // 2):
                stack.enter_context(listening(address, key))
        with connect(address) as client:
            other = request(keyring.other, "", "Connection: close")
            client.sendall(other.replace(b"teams/acme", b"teams/other"))
            answer = read_all(client)
    assert answer.startswith(b"HTTP/1.1 503 ")
    assert b"There are 20 listeners already, as many as are served" in answer


def test_who_goes_makes_room(app: Flask, address: Address, keyring: Keyring) -> None:
    with ExitStack() as stack:
        for _ in range(9):
            stack.enter_context(listening(address, keyring.secret))
        for _ in range(3):
            with listening(address, keyring.secret):
                assert refusal(address, keyring.secret)[0] == 503
            wait_until(lambda: len(streams_of(app)._open) == 9)


def test_a_refused_request_takes_no_seat(app: Flask, address: Address, keyring: Keyring) -> None:
    for _ in range(12):
        with connect(address) as client:
            client.sendall(request(keyring.secret, "?after=evt_1", "Connection: close"))
            assert read_all(client).startswith(b"HTTP/1.1 400 ")
    with listening(address, keyring.secret) as listener:
        assert listener.last_id


def test_open_listeners_are_counted(address: Address, keyring: Keyring, watch: Watch) -> None:
    def counted() -> int:
        return sum(each.listeners for each in watch.counters.processes())

    with listening(address, keyring.secret), listening(address, keyring.secret):
        wait_until(lambda: counted() == 2)
    wait_until(lambda: counted() == 0)


def test_opening_counts_as_a_request(address: Address, keyring: Keyring, api: Api) -> None:
    with listening(address, keyring.secret):
        assert api.get("/tickets").headers["X-RateLimit-Remaining"] == "998"


# --- how they end


def test_a_revoked_key_ends_its_streams(address: Address, keyring: Keyring, desk: Helpdesk) -> None:
    made = desk.keys.create("acme", type="secret", environment="live")
    with (
        listening(address, made.secret) as listener,
        listening(address, keyring.secret) as other,
    ):
        desk.keys.revoke(made.key.id)
        rest = listener.received + read_all(listener.socket)
        assert rest.endswith(b"0\r\n\r\n")
        other.wait_for(1)


def test_a_listener_that_does_not_read_is_cut_and_keeps_nobody_waiting(
    app: Flask, keyring: Keyring, desk: Helpdesk, acme: Workspace
) -> None:
    with (
        running(application=app, stall_seconds=0.3) as address,
        listening(address, keyring.secret) as idle,
        listening(address, keyring.secret, "?types=customer.*") as reading,
    ):
        write_much(desk, acme)
        acme.customers.create(name="Jane")
        assert [each["type"] for each in reading.wait_for(1)] == ["customer.created"]
        wait_until(lambda: len(streams_of(app)._open) == 1)
        assert not (idle.received + read_cut(idle.socket)).endswith(b"0\r\n\r\n")
    streams_of(app).stop()


def read_cut(client: socket.socket) -> bytes:
    try:
        return read_all(client)
    except ConnectionError:
        return b""


def test_only_a_little_is_held_for_a_slow_listener(
    app: Flask, address: Address, keyring: Keyring, desk: Helpdesk, acme: Workspace
) -> None:
    with listening(address, keyring.secret) as slow:
        write_much(desk, acme)
        (stream,) = streams_of(app)._open
        assert stream.line
        wait_until(lambda: stream.line is not None and stream.line.unsent > 256 * 1024)
        assert stream.line.unsent < 500_000
        assert len(slow.wait_for(MANY + 1)) == MANY + 1


def test_who_sends_more_on_a_stream_is_cut(address: Address, keyring: Keyring) -> None:
    with listening(address, keyring.secret) as listener:
        listener.socket.sendall(GET + b"\r\n")
        assert b"HTTP/1.1" not in read_cut(listener.socket)


def test_what_was_asked_behind_a_stream_is_not_answered(
    address: Address, keyring: Keyring, acme: Workspace
) -> None:
    with connect(address) as client:
        client.sendall(request(keyring.secret) + request(keyring.secret))
        listener = Listener(client)
        listener.read_until(lambda seen: b"\nid: evt_" in seen)
        acme.tickets.create(title="Now")
        listener.wait_for(1)
        assert listener.received.count(b"HTTP/1.1") == 1


def test_a_stopping_server_ends_its_streams_at_once(
    app: Flask, keyring: Keyring, desk: Helpdesk, acme: Workspace
) -> None:
    with ExitStack() as clients:
        with running(application=app, drain_seconds=60) as address:
            reading = clients.enter_context(listening(address, keyring.secret))
            stuck = clients.enter_context(listening(address, keyring.secret))
            write_much(desk, acme)
            reading.wait_for(MANY + 1)
        # `running` gives the server ten seconds to return.
        assert (reading.received + read_all(reading.socket)).endswith(b"0\r\n\r\n")
        assert not read_cut(stuck.socket).endswith(b"0\r\n\r\n")
    streams_of(app).stop()
    assert not streams_of(app)._open


def test_a_log_that_cannot_be_read_ends_the_streams(
    address: Address, keyring: Keyring, desk: Helpdesk, caplog: pytest.LogCaptureFixture
) -> None:
    with listening(address, keyring.secret) as listener:
        desk.close()
        assert read_all(listener.socket).endswith(b"0\r\n\r\n")
    assert "all streams are ended by an unforeseen error" in caplog.text


# --- servers that cannot keep connections


def test_under_another_server_a_stream_tells_what_there_is_and_ends(
    api: Api, desk: Helpdesk, acme: Workspace
) -> None:
    begun = api.get("/events/stream")
    after = begun.raw.decode().split("id: ")[1].strip()
    acme.tickets.create(title="Now")
    again = api.get("/events/stream", headers={"Last-Event-ID": after})
    assert begun.raw.startswith(b"retry: 10000\nid: evt_")
    assert again.headers["Content-Type"] == "text/event-stream; charset=utf-8"
    assert events_in(again.raw) == api.get(f"/events?after={after}").data


def test_what_is_cut_off_under_another_server_is_told_again(
    api: Api, desk: Helpdesk, acme: Workspace
) -> None:
    after = api.get("/events/stream").raw.decode().split("id: ")[1].strip()
    acme.tickets.create(title="Now")
    raw = api.get("/events/stream", headers={"Last-Event-ID": after}).raw.decode()
    ids = [line.removeprefix("id: ") for line in raw.splitlines() if line.startswith("id: ")]
    told = [event["id"] for event in events_in(raw.encode())]
    assert ids == [after, *told, told[-1]]


def test_a_head_takes_no_seat(address: Address, keyring: Keyring, app: Flask) -> None:
    with connect(address) as client:
        client.sendall(request(keyring.secret).replace(b"GET", b"HEAD", 1))
        assert client.recv(12) == b"HTTP/1.1 200"
        assert not streams_of(app)._open
