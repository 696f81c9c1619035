"""Customers over HTTP."""

from typing import Any

import pytest

from tests.web.vocabulary import NOTHING, Api, ManualClock

NOT_FOUND = (404, "RESOURCE_MISSING", "Customer not found")


def test_a_customer_has_every_member_from_the_start(api: Api) -> None:
    answer = api.post("/customers", {"name": "Jane Smith"})
    assert answer.status == 201
    assert answer.data == {
        "id": answer.data["id"],
        "object": "customer",
        "name": "Jane Smith",
        "email": None,
        "tags": [],
        "notes": None,
        "customFields": {},
        "metadata": {},
        "ticketCount": 0,
        "createdAt": "2025-12-10T14:30:00Z",
        "updatedAt": "2025-12-10T14:30:00Z",
    }


def test_a_customer_takes_everything_at_once(api: Api) -> None:
    api.custom_field("plan", "text", "customers")
    given = {
        "email": "jane@example.com",
        "tags": ["vip"],
        "notes": "Kind",
        "customFields": {"plan": "pro"},
        "metadata": {"crm": 7},
    }
    customer = api.customer(**given)
    assert {name: customer[name] for name in given} == given


@pytest.mark.parametrize(
    ("body", "problems"),
    [
        ({}, ["name is required"]),
        ({"name": " "}, ["name is required"]),
        ({"name": "a" * 256}, ["name must be at most 255 characters"]),
        ({"name": "a", "email": "jane"}, ["email must be an email address"]),
        ({"name": "a", "email": 7}, ["email must be a string"]),
        ({"tags": 1, "name": 1}, None),
        ({"name": "a", "mail": "b@c.de"}, ["mail is not a known parameter; did you mean email?"]),
        ({"name": "a", "customFields": {"x": 1}}, ["customFields.x is not known"]),
    ],
)
def test_a_customer_that_breaks_a_rule_is_refused(
    api: Api, body: dict[str, Any], problems: list[str] | None
) -> None:
    answer = api.post("/customers", body)
    assert answer.status == 400
    assert problems is None or answer.problems == problems


def test_an_address_belongs_to_one_customer(api: Api) -> None:
    api.customer(email="jane@example.com")
    joan = api.customer("Joan")
    made = api.post("/customers", {"name": "J", "email": "JANE@example.com"})
    changed = api.patch(f"/customers/{joan['id']}", {"email": "Jane@Example.com"})
    assert [made.refusal[:2], changed.refusal[:2]] == [(409, "RESOURCE_EXISTS")] * 2
    assert (made.error["type"], made.error["param"]) == ("conflict_error", "email")


def test_an_address_can_be_given_up(api: Api) -> None:
    path = f"/customers/{api.customer(email='jane@example.com')['id']}"
    assert api.patch(path, {"email": None}).data["email"] is None


def test_a_customer_is_changed(api: Api, clock: ManualClock) -> None:
    made = api.customer(metadata={"a": 1})
    clock.tick(minutes=5)
    changed = api.patch(f"/customers/{made['id']}", {"name": "Joan", "metadata": {"b": 2}}).data
    assert changed == {
        **made,
        "name": "Joan",
        "metadata": {"a": 1, "b": 2},
        "updatedAt": "2025-12-10T14:35:00Z",
    }


def test_a_customer_keeps_a_name(api: Api) -> None:
    path = f"/customers/{api.customer()['id']}"
    refusals = [api.patch(path, {"name": name}).refusal for name in (None, "", 7)]
    assert refusals[:2] == [(400, "PARAMETER_MISSING", "name is required")] * 2
    assert refusals[2] == (400, "PARAMETER_INVALID", "name must be a string")


def test_the_tickets_of_a_deleted_customer_stay(api: Api) -> None:
    customer = api.customer()
    ticket = api.ticket(customerId=customer["id"])
    assert api.delete(f"/customers/{customer['id']}").data == {"deleted": True}
    kept = api.get(f"/tickets/{ticket['id']}").data
    assert (kept["customerId"], kept["customerName"]) == (None, "Deleted customer")


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
def test_what_is_no_customer_is_not_found(api: Api, method: str) -> None:
    body = {"json": {}} if method == "PATCH" else {}
    for id in (NOTHING, "cus_" + "0" * 32, "tkt_" + "0" * 32, "x"):
        assert api.send(method, f"{api.base}/customers/{id}", **body).refusal == NOT_FOUND


# A query, and the names it finds in their order.
FOUND = [
    ("", ["Zoe", "Bob", "Ann"]),
    ("sort=name", ["Ann", "Bob", "Zoe"]),
    ("sort=-name", ["Zoe", "Bob", "Ann"]),
    ("sort=createdAt", ["Ann", "Bob", "Zoe"]),
    ("sort=updatedAt&pageSize=1", ["Ann"]),
    ("search=bo", ["Bob"]),
    ("search=ann@example.com", ["Ann"]),
    ("tag=vip", ["Zoe", "Ann"]),
    ("customFields[plan]=pro", ["Bob"]),
    ("pageSize=2&page=2", ["Ann"]),
]


@pytest.mark.parametrize(("query", "names"), FOUND)
def test_customers_are_filtered_and_sorted(
    api: Api, clock: ManualClock, query: str, names: list[str]
) -> None:
    api.custom_field("plan", "text", "customers")
    for body in (
        {"name": "Ann", "email": "ann@example.com", "tags": ["vip"]},
        {"name": "Bob", "customFields": {"plan": "pro"}},
        {"name": "Zoe", "tags": ["VIP"]},
    ):
        api.customer(**body)
        clock.tick(seconds=1)
    assert [each["name"] for each in api.get(f"/customers?{query}").data] == names


def test_customers_are_not_sorted_by_relevance(api: Api) -> None:
    assert api.get("/customers?sort=relevance&search=a").error["param"] == "sort"


def test_publishable_keys_see_a_customer_without_notes_and_metadata(api: Api, reader: Api) -> None:
    customer = api.customer(notes="secret", metadata={"secret": 1})
    seen = reader.get(f"/customers/{customer['id']}").data
    assert seen == {name: customer[name] for name in customer if name not in ("notes", "metadata")}
    assert reader.get("/customers").data == [seen]


def test_another_teams_customer_cannot_be_named(api: Api, other: Api) -> None:
    theirs = other.customer()["id"]
    assert api.post("/tickets", {"title": "a", "customerId": theirs}).error["param"] == "customerId"
