"""The stream of events on a real server: what listeners are told."""

import pytest
from flask import Flask

from cstar_core import Helpdesk, Workspace
from cstar_web.streams import Pace
from tests.web.listeners import (
    events_in,
    listening,
    quick_app,
    request,
    streams_of,
)
from tests.web.sockets import Address, connect, read_all
from tests.web.vocabulary import Api, Keyring


@pytest.fixture
def app(desk: Helpdesk) -> Flask:
    return quick_app(desk)


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
