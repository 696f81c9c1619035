"""The stream of events on a real server: how many listeners there may be, and how they end."""

import socket
from contextlib import ExitStack

import pytest
from flask import Flask

from cstar_core import Helpdesk, Workspace
from cstar_web.settings import Settings
from cstar_web.watch import Watch
from tests.web.listeners import (
    HELD,
    Listener,
    listening,
    quick_app,
    refusal,
    request,
    streams_of,
)
from tests.web.sockets import GET, Address, connect, is_answered, read_all, running, wait_until
from tests.web.vocabulary import Api, Keyring

MANY = 50


@pytest.fixture
def watch() -> Watch:
    return Watch(Settings(metrics_token="a-token-of-some-length"))


@pytest.fixture
def app(desk: Helpdesk, watch: Watch) -> Flask:
    return quick_app(desk, watch)


def write_much(desk: Helpdesk, workspace: Workspace) -> None:
    """More than the buffers of sockets take: each event holds the notes before and after."""
    with desk.transaction():
        ticket = workspace.tickets.create(title="Long", notes="-")
        for number in range(MANY):
            workspace.tickets.update(ticket.id, notes=f"{number % 10}" * 65_000)


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
        assert counted() == 2
    wait_until(lambda: counted() == 0)
    assert counted() == 0


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
    assert "by an unforeseen error" in caplog.text


def test_an_event_that_cannot_be_told_ends_only_the_streams_that_want_it(
    address: Address, keyring: Keyring, desk: Helpdesk, caplog: pytest.LogCaptureFixture
) -> None:
    live, test = (desk.workspace("acme", environment) for environment in ("live", "test"))
    with (
        listening(address, keyring.secret) as ended,
        listening(address, keyring.test) as other,
    ):
        with desk.transaction():
            live.tickets.create(title="Bad")
            with desk._store.transaction() as tx:
                tx.sql("UPDATE events SET data = '{' WHERE data LIKE '%Bad%'")
        assert read_all(ended.socket).endswith(b"0\r\n\r\n")
        test.tickets.create(title="Fine")
        assert [each["data"]["title"] for each in other.wait_for(1)] == ["Fine"]
    assert "ended 1 streams by an unforeseen error" in caplog.text
