"""Tickets over HTTP: made, read, found, changed, deleted."""

import json
from typing import Any

import pytest

from tests.web.vocabulary import NOTHING, Answer, Api, ManualClock

MEMBERS = [
    "id",
    "object",
    "number",
    "title",
    "status",
    "priority",
    "customerId",
    "customerName",
    "assignedTo",
    "tags",
    "notes",
    "customFields",
    "metadata",
    "messageCount",
    "createdAt",
    "updatedAt",
    "resolvedAt",
    "closedAt",
    "mergedInto",
]
NOT_FOUND = (404, "RESOURCE_MISSING", "Ticket not found")


def test_a_ticket_has_every_member_from_the_start(api: Api) -> None:
    answer = api.post("/tickets", {"title": "Cannot log in"})
    assert answer.status == 201
    assert answer.data == {
        "id": answer.data["id"],
        "object": "ticket",
        "number": 1,
        "title": "Cannot log in",
        "status": "new",
        "priority": "normal",
        "customerId": None,
        "customerName": None,
        "assignedTo": None,
        "tags": [],
        "notes": None,
        "customFields": {},
        "metadata": {},
        "messageCount": 0,
        "createdAt": "2025-12-10T14:30:00Z",
        "updatedAt": "2025-12-10T14:30:00Z",
        "resolvedAt": None,
        "closedAt": None,
        "mergedInto": None,
        "messages": [],
    }


def test_the_documented_example_makes_a_ticket(api: Api) -> None:
    ticket = api.post(
        "/tickets",
        {
            "title": "Cannot log in to my account",
            "priority": "high",
            "customerName": "Jane Smith",
            "tags": "login,authentication",
        },
    ).data
    assert ticket["tags"] == ["login", "authentication"]
    assert (ticket["priority"], ticket["customerName"]) == ("high", "Jane Smith")
    assert ticket["customerId"].startswith("cus_")


def test_a_ticket_takes_everything_at_once(api: Api) -> None:
    member = api.member()
    api.custom_field("region", "text")
    given = {
        "title": "Hello",
        "status": "open",
        "priority": "urgent",
        "assignedTo": member["id"],
        "tags": ["VIP", "vip", " refund "],
        "notes": "Be kind",
        "customFields": {"region": "EU"},
        "metadata": {"order": {"id": 7}},
    }
    ticket = api.ticket(
        **given,
        customerName="Jane",
        customerEmail="jane@example.com",
        initialMessage="It broke",
    )
    assert {name: ticket[name] for name in given} == {**given, "tags": ["VIP", "refund"]}
    assert [each["content"] for each in ticket["messages"]] == ["It broke"]
    assert (ticket["messages"][0]["sender"], ticket["status"]) == ("customer", "open")


def test_a_customer_with_the_address_is_taken(api: Api) -> None:
    customer = api.customer(email="jane@example.com")
    ticket = api.ticket(customerName="J.", customerEmail="JANE@example.com")
    assert (ticket["customerId"], ticket["customerName"]) == (customer["id"], "Jane Smith")


@pytest.mark.parametrize("optional", ["customerId", "customerName", "assignedTo", "notes"])
def test_null_is_the_same_as_nothing(api: Api, optional: str) -> None:
    assert api.ticket(**{optional: None})[optional] is None


# A member of POST /tickets, and what is wrong with it.
WRONG: list[tuple[dict[str, Any], str]] = [
    ({"title": None}, "title is required"),
    ({"title": ""}, "title is required"),
    ({"title": " \n"}, "title is required"),
    ({"title": 5}, "title must be a string"),
    ({"title": {}}, "title must be a string"),
    ({"title": "a" * 501}, "title must be at most 500 characters"),
    ({"status": "opne"}, "status must be one of: new, open, pending, resolved, closed"),
    ({"status": None}, "status must be one of: new, open, pending, resolved, closed"),
    ({"status": True}, "status must be one of: new, open, pending, resolved, closed"),
    ({"priority": ""}, "priority must be one of: low, normal, high, urgent"),
    ({"customerId": "cus_" + "0" * 32}, "customerId must be the id of an existing customer"),
    ({"customerId": 7}, "customerId must be a string"),
    ({"assignedTo": NOTHING}, "assignedTo must be the id of an existing member"),
    ({"customerEmail": "jane"}, "customerEmail must be an email address"),
    ({"tags": 7}, "tags must be an array of strings or a comma-separated string"),
    ({"tags": None}, "tags must be an array of strings or a comma-separated string"),
    ({"tags": ["a", 7]}, "tags.1 must be a string"),
    ({"tags": ["a,b"]}, "tags.0 must not contain a comma"),
    ({"tags": ["a" * 65]}, "tags.0 must be at most 64 characters"),
    ({"tags": [str(n) for n in range(51)]}, "tags must be at most 50 tags"),
    ({"notes": 7}, "notes must be a string"),
    ({"notes": "a" * 65_537}, "notes must be at most 65,536 characters"),
    ({"metadata": None}, "metadata must be an object"),
    ({"metadata": []}, "metadata must be an object"),
    ({"metadata": {str(n): n for n in range(51)}}, "metadata must have at most 50 keys"),
    ({"metadata": {"a": "b" * 65_536}}, "metadata must be at most 65536 bytes as JSON"),
    ({"customFields": []}, "customFields must be an object"),
    ({"customFields": None}, "customFields must be an object"),
    ({"customFields": {"nothing": 1}}, "customFields.nothing is not known"),
    ({"initialMessage": 7}, "initialMessage must be a string"),
    ({"messages": []}, "messages is not a known parameter"),
    ({"id": "tkt_1"}, "id is not a known parameter"),
    ({"customer_id": None}, "customer_id is not a known parameter; did you mean customerId?"),
]


@pytest.mark.parametrize(("body", "message"), WRONG)
def test_a_value_that_breaks_a_rule_makes_no_ticket(
    api: Api, body: dict[str, Any], message: str
) -> None:
    answer = api.post("/tickets", {"title": "Hello", **body})
    assert answer.status == 400
    assert answer.problems[0].startswith(message)
    assert api.get("/tickets").data == []


def test_a_ticket_is_read_with_its_messages(api: Api) -> None:
    made = api.ticket(initialMessage="It broke")
    assert api.get(f"/tickets/{made['id']}").data == made


def test_a_ticket_is_found_by_its_plain_uuid(api: Api) -> None:
    ticket = api.ticket()
    digits = ticket["id"].removeprefix("tkt_")
    uuid = "-".join([digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]])
    assert api.get(f"/tickets/{uuid}").data["id"] == ticket["id"]


@pytest.mark.parametrize(
    "id", ["tkt_" + "0" * 32, NOTHING, "cus_" + "0" * 32, "1", "tkt_", "%20", "é", "tkt_%00"]
)
@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
def test_what_is_no_ticket_is_not_found(api: Api, method: str, id: str) -> None:
    body = {"json": {}} if method == "PATCH" else {}
    assert api.send(method, f"{api.base}/tickets/{id}", **body).refusal == NOT_FOUND


def test_a_customers_id_is_not_a_tickets(api: Api) -> None:
    customer = api.customer()
    assert api.get(f"/tickets/{customer['id']}").refusal == NOT_FOUND


def test_the_customer_comes_along_when_asked_for(api: Api) -> None:
    customer = api.customer()
    ticket = api.ticket(customerId=customer["id"])
    expanded = api.get(f"/tickets/{ticket['id']}?expand=customer").data
    assert expanded["customer"] == {**customer, "ticketCount": 1}
    assert "customer" not in api.get(f"/tickets/{ticket['id']}").data


def test_a_ticket_of_nobody_comes_with_no_customer(api: Api) -> None:
    assert api.get(f"/tickets/{api.ticket()['id']}?expand=customer").data["customer"] is None


def test_a_change_answers_the_whole_ticket(api: Api, clock: ManualClock) -> None:
    made = api.ticket(priority="high", initialMessage="It broke")
    clock.tick(minutes=5)
    body = {"status": "resolved", "notes": "Password reset sent"}
    changed = api.patch(f"/tickets/{made['id']}", body).data
    assert changed == {
        **made,
        **body,
        "updatedAt": "2025-12-10T14:35:00Z",
        "resolvedAt": "2025-12-10T14:35:00Z",
    }


@pytest.mark.parametrize(("body", "message"), [each for each in WRONG if "initial" not in each[1]])
def test_a_value_that_breaks_a_rule_changes_nothing(
    api: Api, body: dict[str, Any], message: str
) -> None:
    made = api.ticket()
    answer = api.patch(f"/tickets/{made['id']}", body)
    assert answer.status == 400
    assert api.get(f"/tickets/{made['id']}").data == made


def test_metadata_is_merged(api: Api) -> None:
    path = f"/tickets/{api.ticket(metadata={'a': 1, 'b': {'c': 2}, 'd': 3})['id']}"
    change = {"metadata": {"b": {"e": 5}, "d": None, "f": [None]}}
    assert api.patch(path, change).data["metadata"] == {"a": 1, "b": {"e": 5}, "f": [None]}


def test_a_ticket_can_be_left_to_nobody(api: Api) -> None:
    ticket = api.ticket(assignedTo=api.member()["id"], customerId=api.customer()["id"])
    change = {"assignedTo": None, "customerId": None}
    changed = api.patch(f"/tickets/{ticket['id']}", change).data
    assert (changed["assignedTo"], changed["customerId"]) == (None, None)


def test_a_change_of_nothing_is_no_change(api: Api, clock: ManualClock) -> None:
    made = api.ticket()
    clock.tick(hours=1)
    same = {"title": made["title"], "tags": [], "status": "new"}
    assert api.patch(f"/tickets/{made['id']}", same).data == made
    assert api.patch(f"/tickets/{made['id']}", {}).data == made


def test_a_deleted_ticket_is_gone(api: Api) -> None:
    path = f"/tickets/{api.ticket(initialMessage='It broke')['id']}"
    assert api.delete(path).data == {"deleted": True}
    assert [api.get(path).status, api.delete(path).status] == [404, 404]
    assert api.get(f"{path}/messages").refusal == NOT_FOUND


def test_a_list_leaves_out_only_the_messages(api: Api) -> None:
    made = api.ticket(initialMessage="It broke")
    (listed,) = api.get("/tickets").data
    assert list(listed) == MEMBERS
    assert {**listed, "messages": made["messages"]} == made


def test_a_list_tells_its_pages(api: Api, clock: ManualClock) -> None:
    for title in "abc":
        api.ticket(title)
        clock.tick(seconds=1)
    first = api.get("/tickets?pageSize=2")
    meta = first.json["meta"]
    assert first.titles == ["c", "b"]
    assert meta["pagination"] == {"page": 1, "pageSize": 2, "total": 3, "totalPages": 2}
    assert meta["hasMore"] is True
    last = api.get(f"/tickets?pageSize=2&cursor={meta['nextCursor']}")
    assert last.titles == ["a"]
    assert (last.json["meta"]["hasMore"], last.json["meta"]["nextCursor"]) == (False, None)


def test_a_page_past_the_end_is_empty(api: Api) -> None:
    api.ticket()
    answer = api.get("/tickets?page=7&pageSize=10")
    assert answer.data == []
    assert answer.json["meta"]["pagination"] == {
        "page": 7,
        "pageSize": 10,
        "total": 1,
        "totalPages": 1,
    }


def test_a_cursor_is_bound_to_its_query(api: Api) -> None:
    for title in "abc":
        api.ticket(title)
    cursor = api.get("/tickets?pageSize=1").json["meta"]["nextCursor"]
    assert api.get(f"/tickets?status=open&cursor={cursor}").error["param"] == "cursor"


@pytest.fixture
def several(api: Api, clock: ManualClock) -> dict[str, Any]:
    """Three tickets, a minute apart, that differ in everything."""
    jane, joan = api.customer("Jane", email="jane@example.com"), api.customer("Joan")
    ada = api.member()
    api.custom_field("seats", "number")
    api.custom_field("region", "select", options=["EU", "US"])
    a = api.ticket(
        "a printer",
        priority="low",
        tags="paper,Ink",
        customerId=jane["id"],
        customFields={"seats": 5, "region": "EU"},
        initialMessage="It eats everything",
    )
    clock.tick(minutes=1)
    b = api.ticket("b", status="open", priority="urgent", tags=["ink"], customerId=joan["id"])
    clock.tick(minutes=1)
    c = api.ticket("c", status="closed", assignedTo=ada["id"], customFields={"seats": 20})
    return {"jane": jane["id"], "ada": ada["id"], "a": a["id"], "b": b["id"], "c": c["id"]}


# A query, and the titles it finds in their order.
FOUND = [
    ("", ["c", "b", "a printer"]),
    ("status=open", ["b"]),
    ("status=open,closed", ["c", "b"]),
    ("priority=low,urgent", ["b", "a printer"]),
    ("status=open&priority=low", []),
    ("search=eat", ["a printer"]),
    ("search=%22a+printer%22", ["a printer"]),
    ("search=%23" + "2", ["b"]),
    ("search=jane@example.com", ["a printer"]),
    ("search=-printer", ["c", "b"]),
    ("search=%22%20OR%20*", []),
    ("search={a}", ["a printer"]),
    ("customerId={jane}", ["a printer"]),
    ("assignedTo={ada}", ["c"]),
    ("assignedTo=none", ["b", "a printer"]),
    ("assignedTo=" + NOTHING, []),
    ("tag=ink", ["b", "a printer"]),
    ("tag=ink,paper", ["a printer"]),
    ("tag=ink&tag=paper", ["a printer"]),
    ("customFields[region]=EU", ["a printer"]),
    ("customFields[seats]=20", ["c"]),
    ("customFields[seats][gte]=5", ["c", "a printer"]),
    ("customFields[seats][gt]=5&customFields[seats][lte]=20", ["c"]),
    ("createdAfter=2025-12-10T14:30:00Z", ["c", "b"]),
    ("createdBefore=2025-12-10T15:32:00%2B01:00&createdAfter=2025-12-10T14:30:00Z", ["b"]),
    ("updatedAfter=2025-12-10T14:31:30.5Z", ["c"]),
    ("updatedBefore=2025-12-10T14:31:00Z", ["a printer"]),
    ("sort=createdAt", ["a printer", "b", "c"]),
    ("sort=-number", ["c", "b", "a printer"]),
    ("sort=-updatedAt", ["c", "b", "a printer"]),
    ("sort=-priority", ["b", "c", "a printer"]),
    ("sort=relevance&search=printer", ["a printer"]),
    ("pageSize=1&page=2", ["b"]),
]


@pytest.mark.parametrize(("query", "titles"), FOUND)
def test_a_list_is_filtered_and_sorted(
    api: Api, several: dict[str, Any], query: str, titles: list[str]
) -> None:
    assert api.get(f"/tickets?{query.format(**several)}").titles == titles


def test_a_list_can_bring_the_customers_along(api: Api, several: dict[str, Any]) -> None:
    customers = [each["customer"] for each in api.get("/tickets?expand=customer").data]
    assert [each and each["name"] for each in customers] == [None, "Joan", "Jane"]


def test_publishable_keys_see_a_ticket_without_notes_and_metadata(api: Api, reader: Api) -> None:
    made = api.ticket(notes="secret", metadata={"secret": 1}, customerName="Jane")
    api.post(f"/tickets/{made['id']}/messages", {"content": "secret", "isInternal": True})
    for path in (f"/tickets/{made['id']}?expand=customer", "/tickets?expand=customer"):
        answer = reader.get(path)
        assert answer.status == 200
        assert b"secret" not in answer.raw
        assert b'"notes"' not in answer.raw and b'"metadata"' not in answer.raw
    assert hidden_from(answer) == {"notes", "metadata"}


def hidden_from(answer: Answer) -> set[str]:
    return set(MEMBERS) - set(answer.data[0])


def test_publishable_keys_do_not_search_internal_messages(api: Api, reader: Api) -> None:
    made = api.ticket()
    api.post(f"/tickets/{made['id']}/messages", {"content": "walrus", "isInternal": True})
    assert api.get("/tickets?search=walrus").ids == [made["id"]]
    assert reader.get("/tickets?search=walrus").data == []


def test_metadata_keeps_every_json_value(api: Api) -> None:
    metadata = json.loads('{"a": 1.5, "b": [true, null, {"c": ""}], "d": 9007199254740993}')
    path = f"/tickets/{api.ticket(metadata=metadata)['id']}"
    assert api.get(path).data["metadata"] == metadata
