"""Conditions on single objects: send only what is new to me, change only what I have seen."""

from typing import Any

import pytest

from tests.web.vocabulary import Api

STALE = (412, "STALE_VERSION", "The object has changed since it was read")

# What an object of each kind is made and changed with.
KINDS: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
    "ticket": ("/tickets", {"title": "Hello"}, {"status": "open"}),
    "customer": ("/customers", {"name": "Jane"}, {"name": "Joan"}),
    "member": ("/members", {"name": "Ada", "email": "ada@example.com"}, {"role": "owner"}),
    "custom field": (
        "/custom-fields",
        {"name": "Region", "key": "region", "type": "text", "entityType": "tickets"},
        {"name": "Area"},
    ),
}
kinds = pytest.mark.parametrize(("path", "body", "change"), KINDS.values(), ids=KINDS)


@kinds
def test_a_new_object_has_an_address_and_a_tag(api: Api, path: str, body: Any, change: Any) -> None:
    made = api.post(path, body)
    found = api.send("GET", made.headers["Location"])
    assert made.headers["Location"] == f"{api.base}{path}/{made.data['id']}"
    assert (found.data, found.headers["ETag"]) == (made.data, made.headers["ETag"])


@kinds
def test_what_the_client_has_is_not_sent_again(api: Api, path: str, body: Any, change: Any) -> None:
    made = api.post(path, body)
    one, tag = f"{path}/{made.data['id']}", made.headers["ETag"]
    same = api.get(one, headers={"If-None-Match": tag})
    assert (same.status, same.raw, same.headers["ETag"]) == (304, b"", tag)
    api.patch(one, change)
    assert api.get(one, headers={"If-None-Match": tag}).status == 200


@kinds
def test_a_change_gives_the_tag_that_the_object_then_has(
    api: Api, path: str, body: Any, change: Any
) -> None:
    made = api.post(path, body)
    one = f"{path}/{made.data['id']}"
    changed = api.patch(one, change, headers={"If-Match": made.headers["ETag"]})
    assert changed.status == 200
    assert changed.headers["ETag"] != made.headers["ETag"]
    assert changed.headers["ETag"] == api.get(one).headers["ETag"]


@kinds
def test_a_change_to_what_one_has_not_seen_is_refused(
    api: Api, path: str, body: Any, change: Any
) -> None:
    made = api.post(path, body)
    one, seen = f"{path}/{made.data['id']}", {"If-Match": made.headers["ETag"]}
    api.patch(one, change)
    before = api.get(one).data
    assert api.patch(one, {**change, "name": "Other"}, headers=seen).status in (400, 412)
    assert api.patch(one, change, headers=seen).refusal == STALE
    assert api.delete(one, headers=seen).refusal == STALE
    assert api.get(one).data == before


@kinds
def test_what_one_has_seen_can_be_deleted(api: Api, path: str, body: Any, change: Any) -> None:
    made = api.post(path, body)
    one = f"{path}/{made.data['id']}"
    assert api.delete(one, headers={"If-Match": made.headers["ETag"]}).status == 200
    assert api.get(one).status == 404


@pytest.mark.parametrize("sent", ["*", '"other", {tag}', "{tag} , W/{tag}", " * "])
def test_a_condition_that_holds_lets_a_change_through(api: Api, sent: str) -> None:
    made = api.post("/tickets", {"title": "Hello"})
    header = {"If-Match": sent.format(tag=made.headers["ETag"])}
    path = f"/tickets/{made.data['id']}"
    assert api.patch(path, {"status": "open"}, headers=header).status == 200


@pytest.mark.parametrize("sent", ["W/{tag}", '""', "v1", '"v1', "", '"V1"', '"v1 "'])
def test_a_condition_that_does_not_hold_refuses_a_change(api: Api, sent: str) -> None:
    made = api.post("/tickets", {"title": "Hello"})
    header = {"If-Match": sent.format(tag=made.headers["ETag"])}
    path = f"/tickets/{made.data['id']}"
    assert api.patch(path, {"status": "open"}, headers=header).refusal == STALE


@pytest.mark.parametrize("sent", ["*", "{tag}", "W/{tag}", '"x", W/"y",{tag}'])
def test_any_tag_that_fits_saves_the_answer(api: Api, sent: str) -> None:
    made = api.post("/tickets", {"title": "Hello"})
    header = {"If-None-Match": sent.format(tag=made.headers["ETag"])}
    assert api.get(f"/tickets/{made.data['id']}", headers=header).status == 304


def test_a_condition_on_nothing_is_not_found(api: Api) -> None:
    path = "/tickets/tkt_" + "0" * 32
    assert api.patch(path, {"status": "open"}, headers={"If-Match": "*"}).status == 404


def test_a_saved_answer_keeps_its_headers(api: Api) -> None:
    made = api.post("/tickets", {"title": "Hello"})
    header = {"If-None-Match": made.headers["ETag"]}
    headers = api.get(f"/tickets/{made.data['id']}", headers=header).headers
    assert headers["Cache-Control"] == "private, no-cache"
    assert headers["Vary"] == "Authorization"
    assert "X-RateLimit-Remaining" in headers and "X-Request-Id" in headers


def test_lists_have_no_tag(api: Api) -> None:
    headers = api.get("/tickets").headers
    assert "ETag" not in headers
    assert headers["Cache-Control"] == "no-store"


def test_an_update_that_changes_nothing_keeps_the_tag(api: Api) -> None:
    made = api.post("/tickets", {"title": "Hello"})
    same = api.patch(f"/tickets/{made.data['id']}", {"title": "Hello"})
    assert same.headers["ETag"] == made.headers["ETag"]


def tag_of(api: Api, path: str) -> str:
    return str(api.get(path).headers["ETag"])


def test_a_message_changes_its_tickets_tag(api: Api) -> None:
    path = f"/tickets/{api.ticket()['id']}"
    before = tag_of(api, path)
    api.post(f"{path}/messages", {"content": "Hi", "isInternal": True})
    assert tag_of(api, path) != before


def test_a_new_name_changes_the_tags_of_the_customers_tickets(api: Api) -> None:
    customer = api.customer()
    path = f"/tickets/{api.ticket(customerId=customer['id'])['id']}"
    before = tag_of(api, path)
    api.patch(f"/customers/{customer['id']}", {"name": "Joan"})
    assert tag_of(api, path) != before


def test_a_ticket_more_changes_its_customers_tag(api: Api) -> None:
    customer = api.customer()
    path = f"/customers/{customer['id']}"
    before = tag_of(api, path)
    api.ticket(customerId=customer["id"])
    assert tag_of(api, path) != before


def test_a_customer_in_a_ticket_counts_in_its_tag(api: Api) -> None:
    customer = api.customer()
    path = f"/tickets/{api.ticket(customerId=customer['id'])['id']}?expand=customer"
    before = tag_of(api, path)
    api.patch(f"/customers/{customer['id']}", {"notes": "VIP"})
    noted = tag_of(api, path)
    api.ticket(customerId=customer["id"])
    assert len({before, noted, tag_of(api, path)}) == 3


def test_a_removed_member_changes_the_tags_of_their_tickets(api: Api) -> None:
    member = api.member()
    path = f"/tickets/{api.ticket(assignedTo=member['id'])['id']}"
    before = tag_of(api, path)
    api.delete(f"/members/{member['id']}")
    assert tag_of(api, path) != before


def test_a_renamed_option_changes_the_tags_of_what_has_it(api: Api) -> None:
    field = api.custom_field("region", "select", options=["EU", "US"])
    path = f"/tickets/{api.ticket(customFields={'region': 'EU'})['id']}"
    before = tag_of(api, path)
    api.patch(f"/custom-fields/{field['id']}", {"renameOptions": {"EU": "EMEA"}})
    assert tag_of(api, path) != before


def test_a_deleted_field_changes_the_tags_of_what_had_it(api: Api) -> None:
    field = api.custom_field("region", "text")
    path = f"/tickets/{api.ticket(customFields={'region': 'EU'})['id']}"
    before = tag_of(api, path)
    api.delete(f"/custom-fields/{field['id']}")
    assert tag_of(api, path) != before


def test_a_change_that_breaks_a_rule_is_told_so_before_its_condition(api: Api) -> None:
    path = f"/tickets/{api.ticket()['id']}"
    answer = api.patch(path, {"status": "opne"}, headers={"If-Match": '"v0"'})
    assert (answer.status, answer.error["param"]) == (400, "status")
