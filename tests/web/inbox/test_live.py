"""What a page is told while it is open, on a real server, and who is told."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from flask import Flask

from cstar_core import Helpdesk, Workspace
from tests.web.inbox.browser import Browser
from tests.web.inbox.conftest import SignIn
from tests.web.listeners import Listener, quick_app
from tests.web.sockets import Address, connect, read_all

PATH = "/inbox/acme/stream"


@pytest.fixture
def app(desk: Helpdesk) -> Flask:
    return quick_app(desk)


def request(browser: Browser, *headers: str, query: str = "") -> bytes:
    cookies = "; ".join(f"{name}={value}" for name, value in browser.cookies().items())
    lines = (f"GET {PATH}{query} HTTP/1.1", "Host: localhost", f"Cookie: {cookies}", *headers)
    return "\r\n".join(lines).encode() + b"\r\n\r\n"


@contextmanager
def following(
    address: Address, browser: Browser, *headers: str, query: str = ""
) -> Iterator[Listener]:
    with connect(address) as client:
        client.sendall(request(browser, *headers, query=query))
        listener = Listener(client)
        listener.read_until(lambda seen: b"\nid: evt_" in seen)
        yield listener


def ended(listener: Listener) -> bool:
    while data := listener.socket.recv(1 << 16):
        listener.received += data
    return True


def test_a_page_is_told_of_tickets_and_messages(
    address: Address, agent: Browser, acme: Workspace
) -> None:
    with following(address, agent) as listener:
        ticket = acme.tickets.create(title="New")
        acme.members.update(acme.members.list().items[0].id, name="Renamed")
        acme.messages.create(ticket.id, content="Hello")
        told = listener.wait_for(2)
    assert {each["type"].partition(".")[0] for each in told} == {"ticket", "message"}


def test_a_page_that_comes_again_is_told_what_it_missed(
    address: Address, agent: Browser, acme: Workspace
) -> None:
    with following(address, agent) as listener:
        last = listener.last_id
    acme.tickets.create(title="Missed")
    with following(address, agent, f"Last-Event-ID: {last}") as listener:
        assert listener.wait_for(1)[0]["type"] == "ticket.created"


def test_a_stream_begins_where_the_list_ends(
    address: Address, agent: Browser, acme: Workspace
) -> None:
    acme.tickets.create(title="In the list")
    (form,) = [each for each in agent.see("/inbox/acme/").all("form") if each.get("id") == "find"]
    acme.tickets.create(title="Between")
    with following(address, agent, query=f"?after={form['data-after']}") as listener:
        acme.tickets.create(title="Now")
        told = listener.wait_for(2)
    assert [each["data"]["title"] for each in told] == ["Between", "Now"]


@pytest.mark.parametrize("after", ["x", "evt_1", "%00", "evt_" + "0" * 32])
def test_a_stream_after_no_event_is_refused(agent: Browser, after: str) -> None:
    assert agent.get(f"{PATH}?after={after}").status_code == 400


def test_a_page_says_which_list_it_has(agent: Browser, acme: Workspace) -> None:
    acme.tickets.create(title="Refund")
    for path, asked, start in (
        ("views/all?sort=created_at", "views/all?sort=created_at", "views/all?sort=created_at"),
        ("views/search?q=refund", "views/search?q=refund", "views/open"),
        ("", "views/open", "views/open"),
    ):
        seen = agent.see(f"/inbox/acme/{path}")
        (found,) = [each for each in seen.all("div") if each.get("id") == "found"]
        (form,) = [each for each in seen.all("form") if each.get("id") == "find"]
        assert found["data-list"] == f"/inbox/acme/{asked}"
        assert form["data-start"] == f"/inbox/acme/{start}"


def test_a_stream_ends_with_the_session(
    address: Address, agent: Browser, desk: Helpdesk, acme: Workspace
) -> None:
    with following(address, agent) as listener:
        desk.sessions.end_all(acme.members.list().items[0].id)
        assert ended(listener)


def test_a_stream_ends_when_the_role_changes(
    address: Address, agent: Browser, acme: Workspace
) -> None:
    with following(address, agent) as listener:
        acme.members.update(acme.members.list().items[0].id, role="viewer")
        assert ended(listener)


def test_a_stream_ends_with_the_member(address: Address, agent: Browser, acme: Workspace) -> None:
    with following(address, agent) as listener:
        acme.members.delete(acme.members.list().items[0].id)
        assert ended(listener)


def test_a_viewer_follows_too_and_another_team_is_not_told_of(
    address: Address, signed_in: SignIn, desk: Helpdesk, acme: Workspace
) -> None:
    with following(address, signed_in("viewer")) as listener:
        desk.workspace("other").tickets.create(title="Foreign")
        desk.workspace("acme", "test").tickets.create(title="Tested")
        acme.tickets.create(title="Ours")
        told = listener.wait_for(1)
    assert [each["data"]["title"] for each in told] == ["Ours"]


def test_a_browser_has_ten_streams_at_most(address: Address, agent: Browser) -> None:
    with connect(address) as client:
        held = []
        for _ in range(10):
            one = following(address, agent)
            one.__enter__()
            held.append(one)
        client.sendall(request(agent, "Connection: close"))
        answer = read_all(client)
        for one in held:
            one.__exit__(None, None, None)
    assert answer.startswith(b"HTTP/1.1 503 ")


def test_nobody_follows_who_is_not_signed_in(browser: Browser, agent: Browser) -> None:
    assert browser.get(PATH).status_code == 303
    assert agent.get("/inbox/other/stream").status_code == 303


def test_a_server_that_keeps_no_connections_tells_what_there_is(
    agent: Browser, acme: Workspace
) -> None:
    last = acme.events.list().items[-1].id
    acme.tickets.create(title="New")
    answer = agent.get(PATH, Last_Event_ID=last)
    assert "retry: 10000" in answer.text and "event: ticket.created" in answer.text
