"""Messages over HTTP, and what a new one does to its ticket."""

from typing import Any

import pytest

from tests.web.vocabulary import Api, ManualClock


@pytest.fixture
def thread(api: Api) -> str:
    """The path of a new ticket's messages."""
    return f"/tickets/{api.ticket(customerName='Jane Smith')['id']}/messages"


def test_a_message_is_answered_whole(api: Api, thread: str) -> None:
    answer = api.post(thread, {"content": "We are on it"})
    assert answer.status == 201
    assert answer.data == {
        "id": answer.data["id"],
        "object": "message",
        "ticketId": thread.split("/")[2],
        "content": "We are on it",
        "sender": "agent",
        "senderName": "Acme",
        "isInternal": False,
        "delivery": None,
        "createdAt": "2025-12-10T14:30:00Z",
        "attachments": [],
    }
    assert answer.data["id"].startswith("msg_")


@pytest.mark.parametrize(
    ("body", "name"),
    [
        ({}, "Acme"),
        ({"sender": "customer"}, "Jane Smith"),
        ({"sender": "system"}, "System"),
        ({"sender": "customer", "senderName": "J."}, "J."),
        ({"senderName": None}, "Acme"),
    ],
)
def test_a_sender_has_a_name(api: Api, thread: str, body: dict[str, Any], name: str) -> None:
    assert api.post(thread, {"content": "Hello", **body}).data["senderName"] == name


def test_a_thread_is_listed_oldest_first(api: Api, thread: str, clock: ManualClock) -> None:
    for content in ("one", "two", "three"):
        api.post(thread, {"content": content})
        clock.tick(seconds=1)
    assert [each["content"] for each in api.get(thread).data] == ["one", "two", "three"]


def test_a_message_raises_the_tickets_count(api: Api, thread: str, clock: ManualClock) -> None:
    clock.tick(minutes=1)
    api.post(thread, {"content": "Hello"})
    ticket = api.get(thread.removesuffix("/messages")).data
    assert (ticket["messageCount"], ticket["updatedAt"]) == (1, "2025-12-10T14:31:00Z")


@pytest.mark.parametrize(
    ("before", "body", "after"),
    [
        ("new", {}, "open"),
        ("new", {"isInternal": True}, "new"),
        ("new", {"sender": "customer"}, "new"),
        ("pending", {"sender": "customer"}, "open"),
        ("closed", {"sender": "customer"}, "open"),
        ("closed", {}, "closed"),
    ],
)
def test_a_message_moves_its_ticket(
    api: Api, thread: str, before: str, body: dict[str, Any], after: str
) -> None:
    ticket = thread.removesuffix("/messages")
    api.patch(ticket, {"status": before})
    api.post(thread, {"content": "Hello", **body})
    assert api.get(ticket).data["status"] == after


@pytest.mark.parametrize(
    ("body", "problems"),
    [
        ({}, ["content is required"]),
        ({"content": None}, ["content is required"]),
        ({"content": " "}, ["content is required"]),
        ({"content": "a" * 100_001}, ["content must be at most 100,000 characters"]),
        ({"content": "a", "sender": "robot"}, ["sender must be one of: customer, agent, system"]),
        ({"content": "a", "isInternal": "true"}, ["isInternal must be true or false"]),
        ({"content": "a", "isInternal": 1}, ["isInternal must be true or false"]),
        ({"content": "a", "isInternal": None}, ["isInternal must be true or false"]),
        (
            {"content": "a", "isInternal": True, "sender": "customer"},
            ["isInternal must be false for a customer's message"],
        ),
        (
            {"isInternal": 1, "content": ""},
            ["content is required", "isInternal must be true or false"],
        ),
        ({"content": "a", "text": "b"}, ["text is not a known parameter"]),
    ],
)
def test_a_message_that_breaks_a_rule_is_refused(
    api: Api, thread: str, body: dict[str, Any], problems: list[str]
) -> None:
    answer = api.post(thread, body)
    assert (answer.status, sorted(answer.problems)) == (400, sorted(problems))
    assert api.get(thread).data == []


def test_publishable_keys_do_not_see_internal_messages(api: Api, reader: Api, thread: str) -> None:
    api.post(thread, {"content": "public"})
    api.post(thread, {"content": "private", "isInternal": True})
    assert [each["content"] for each in reader.get(thread).data] == ["public"]
    ticket = reader.get(thread.removesuffix("/messages")).data
    assert (ticket["messageCount"], len(ticket["messages"])) == (1, 1)


def test_a_ticket_that_is_not_there_has_no_messages(api: Api, other: Api) -> None:
    theirs = other.ticket()["id"]
    for id in (theirs, "tkt_" + "0" * 32, "x"):
        assert api.get(f"/tickets/{id}/messages").status == 404
        assert api.post(f"/tickets/{id}/messages", {"content": "a"}).status == 404


def test_a_message_is_found_at_once(api: Api, thread: str) -> None:
    api.post(thread, {"content": "the walrus"})
    assert len(api.get("/tickets?search=walrus").data) == 1


def test_a_message_is_moved_to_another_ticket_and_back(api: Api) -> None:
    one, other = (api.ticket(title, initialMessage=title) for title in ("One", "Other"))
    found = api.get(f"/tickets/{one['id']}").data
    path = f"messages/{found['messages'][0]['id']}/move"
    moved = api.post(f"/tickets/{one['id']}/{path}", {"to": other["id"]})
    assert (moved.status, moved.data["ticketId"]) == (200, other["id"])
    assert api.get(f"/tickets/{other['id']}").data["messageCount"] == 2
    api.post(f"/tickets/{other['id']}/{path}", {"to": one["id"]})
    assert api.get(f"/tickets/{one['id']}").data["messages"] == found["messages"]


def test_a_message_is_not_moved_to_where_it_is(api: Api) -> None:
    ticket = api.ticket("One", initialMessage="Hello")["id"]
    message = api.get(f"/tickets/{ticket}").data["messages"][0]["id"]
    answer = api.post(f"/tickets/{ticket}/messages/{message}/move", {"to": ticket})
    assert (answer.status, answer.json["error"]["param"]) == (400, "to")
