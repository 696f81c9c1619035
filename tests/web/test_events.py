"""Events over HTTP: what happened, oldest first."""

import pytest

from cstar_core import Helpdesk
from tests.web.vocabulary import Api


def types_of(api: Api, path: str) -> list[str]:
    return [each["type"] for each in api.get(path).data]


def test_an_event_is_answered_whole(desk: Helpdesk, api: Api) -> None:
    ticket = api.ticket()
    event = api.get("/events?types=ticket.created").data[-1]
    assert event == {
        "id": event["id"],
        "object": "event",
        "type": "ticket.created",
        "createdAt": "2025-12-10T14:30:00Z",
        "objectId": ticket["id"],
        "data": event["data"],
        "changes": {},
        "actor": {"type": "key", "id": desk.keys.list("acme")[0].id},
    }
    assert event["id"].startswith("evt_")


def test_a_change_is_told_in_the_names_of_the_api(api: Api) -> None:
    ticket, member = api.ticket(), api.member()
    api.patch(f"/tickets/{ticket['id']}", {"status": "open", "assignedTo": member["id"]})
    event = api.get("/events?types=ticket.updated").data[-1]
    assert event["changes"] == {
        "status": {"from": "new", "to": "open"},
        "assignedTo": {"from": None, "to": member["id"]},
    }


def test_a_ticket_has_a_history_of_its_own(api: Api) -> None:
    api.ticket("another")
    path = f"/tickets/{api.ticket()['id']}"
    api.post(f"{path}/messages", {"content": "Hello", "sender": "customer"})
    api.patch(path, {"priority": "high"})
    assert types_of(api, f"{path}/events") == [
        "ticket.created",
        "message.created",
        "ticket.updated",
    ]


def test_events_after_one_are_those_that_came_later(api: Api) -> None:
    api.ticket("one")
    seen = api.get("/events").ids[-1]
    api.ticket("two")
    assert types_of(api, f"/events?after={seen}") == ["ticket.created"]


@pytest.mark.parametrize(
    ("types", "found"),
    [
        ("ticket.*", ["ticket.created"]),
        ("message.created", ["message.created"]),
        ("ticket.*,message.created", ["ticket.created", "message.created"]),
    ],
)
def test_events_are_filtered_by_type(api: Api, types: str, found: list[str]) -> None:
    api.ticket(initialMessage="It broke")
    assert types_of(api, f"/events?types={types}") == found


@pytest.mark.parametrize(
    ("query", "param"),
    [("types=ticket.opened", "types"), ("after=x", "after"), ("pageSize=0", "pageSize")],
)
def test_a_query_that_breaks_a_rule_is_refused(api: Api, query: str, param: str) -> None:
    answer = api.get(f"/events?{query}")
    assert (answer.status, answer.error["param"]) == (400, param)


def test_events_come_in_pages(api: Api) -> None:
    for title in "abc":
        api.ticket(title)
    first = api.get("/events?types=ticket.created&pageSize=2")
    meta = first.json["meta"]
    assert (len(first.data), meta["hasMore"]) == (2, True)
    rest = api.get(f"/events?types=ticket.created&pageSize=2&cursor={meta['nextCursor']}")
    assert len(rest.data) == 1


def test_a_refused_write_is_no_event(api: Api) -> None:
    before = api.get("/events").ids
    api.post("/tickets", {"title": ""})
    assert api.get("/events").ids == before


def test_a_ticket_that_is_not_there_has_no_history(api: Api, other: Api) -> None:
    assert api.get(f"/tickets/{other.ticket()['id']}/events").status == 404


def test_test_data_has_a_log_of_its_own(api: Api, sandbox: Api) -> None:
    api.ticket()
    assert "ticket.created" not in types_of(sandbox, "/events")
