"""Members over HTTP."""

from typing import Any

import pytest

from tests.web.vocabulary import NOTHING, Api, ManualClock


def test_a_member_is_answered_whole(api: Api) -> None:
    answer = api.post("/members", {"name": "Ada Park", "email": "ada@example.com"})
    assert answer.status == 201
    assert answer.data == {
        "id": answer.data["id"],
        "object": "member",
        "name": "Ada Park",
        "email": "ada@example.com",
        "role": "agent",
        "createdAt": "2025-12-10T14:30:00Z",
        "updatedAt": "2025-12-10T14:30:00Z",
    }


@pytest.mark.parametrize(
    ("body", "problems"),
    [
        ({}, ["name is required", "email is required"]),
        ({"name": "A"}, ["email is required"]),
        ({"name": "A", "email": None}, ["email is required"]),
        ({"name": "A", "email": "a"}, ["email must be an email address"]),
        (
            {"name": "A", "email": "a@b.c", "role": "boss"},
            ["role must be one of: owner, agent, viewer"],
        ),
    ],
)
def test_a_member_that_breaks_a_rule_is_refused(
    api: Api, body: dict[str, Any], problems: list[str]
) -> None:
    answer = api.post("/members", body)
    assert (answer.status, answer.problems) == (400, problems)


def test_an_address_belongs_to_one_member(api: Api) -> None:
    api.member()
    answer = api.post("/members", {"name": "Other", "email": "ADA@example.com"})
    assert (answer.refusal[:2], answer.error["param"]) == ((409, "RESOURCE_EXISTS"), "email")


def test_members_are_listed_oldest_first_in_pages(api: Api) -> None:
    for name in ("a", "b", "c"):
        api.member(name, f"{name}@example.com")
    answer = api.get("/members?pageSize=2")
    assert [each["name"] for each in answer.data] == ["a", "b"]
    cursor = answer.json["meta"]["nextCursor"]
    assert [each["name"] for each in api.get(f"/members?pageSize=2&cursor={cursor}").data] == ["c"]


def test_a_member_is_changed(api: Api, clock: ManualClock) -> None:
    made = api.member()
    clock.tick(minutes=5)
    changed = api.patch(f"/members/{made['id']}", {"role": "owner"}).data
    assert changed == {**made, "role": "owner", "updatedAt": "2025-12-10T14:35:00Z"}
    assert api.get(f"/members/{made['id']}").data == changed


def test_a_removed_members_tickets_are_left_to_nobody(api: Api) -> None:
    member = api.member()
    ticket = api.ticket(assignedTo=member["id"])
    assert api.delete(f"/members/{member['id']}").data == {"deleted": True}
    assert api.get(f"/tickets/{ticket['id']}").data["assignedTo"] is None


def test_members_are_the_same_in_live_and_test_data(api: Api, sandbox: Api, other: Api) -> None:
    member = api.member()
    assert sandbox.get("/members").data == [member]
    assert other.get("/members").data == []


def test_publishable_keys_read_members(api: Api, reader: Api) -> None:
    member = api.member()
    assert reader.get(f"/members/{member['id']}").data == member


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
def test_what_is_no_member_is_not_found(api: Api, method: str) -> None:
    body = {"json": {}} if method == "PATCH" else {}
    answer = api.send(method, f"{api.base}/members/{NOTHING}", **body)
    assert answer.refusal == (404, "RESOURCE_MISSING", "Member not found")
