"""Many tickets in one request."""

from typing import Any

import pytest

from cstar_core import Helpdesk
from tests.web.vocabulary import NOTHING, Answer, Api


def bulk(api: Api, **body: Any) -> Answer:
    return api.post("/tickets/bulk", body)


def test_a_filter_and_a_change_close_what_matches(api: Api) -> None:
    made = [api.ticket(tags=["old"])["id"], api.ticket(tags="old,vip")["id"], api.ticket()["id"]]
    done = bulk(api, filter={"tag": "old"}, update={"status": "closed", "removeTags": ["old"]})
    assert done.data == {
        "object": "bulk",
        "dryRun": False,
        "total": 2,
        "updated": 2,
        "unchanged": 0,
        "deleted": 0,
        "failed": 0,
        "hasMore": False,
        "nextCursor": None,
        "items": [{"id": id, "status": "updated", "error": None} for id in made[:2]],
    }
    assert [api.get(f"/tickets/{id}").data["tags"] for id in made] == [[], ["vip"], []]
    assert api.get("/tickets?status=closed&sort=number").ids == made[:2]


def test_what_fails_is_told_as_its_own_request_would_tell_it(api: Api) -> None:
    made = api.ticket(metadata={str(n): n for n in range(50)})["id"]
    update = {"metadata": {"x": 1}}
    alone = [api.patch(f"/tickets/{id}", update).error for id in (made, NOTHING)]
    items = bulk(api, ids=[made, NOTHING], update=update).data["items"]
    for item, error in zip(items, alone, strict=True):
        told = {name: error[name] for name in ("type", "code", "message", "param") if name in error}
        assert item["error"] == told


def test_several_problems_of_one_ticket_are_all_told(api: Api) -> None:
    for key in ("one", "two"):
        api.custom_field(key, "number")
    made = api.ticket()["id"]
    (item,) = bulk(api, ids=[made], update={"customFields": {"one": "x", "two": "y"}}).data["items"]
    assert [each["param"] for each in item["error"]["errors"]] == [
        "customFields.one",
        "customFields.two",
    ]


FILTERS: list[dict[str, Any]] = [
    {"status": "open"},
    {"status": ["open", "new"], "priority": "high,low"},
    {"tag": ["a"]},
    {"tag": "a,b"},
    {"search": "refund"},
    {"assignedTo": "none"},
    {"customFields": {"seats": {"gte": 3, "lt": "5"}}},
    {"customFields": {"seats": "3"}},
    {"createdAfter": "2025-12-10T14:30:00Z"},
    {"createdBefore": "2025-12-10T16:30:00.5+01:00"},
]


@pytest.mark.parametrize("filter", FILTERS, ids=repr)
def test_a_filter_means_what_it_means_in_a_list(api: Api, clock: Any, filter: Any) -> None:
    api.custom_field("seats", "number")
    for n, status in enumerate(["open", "new", "closed", "open", "new"]):
        api.ticket(
            "Refund" if n % 2 else "Login",
            **{"status": status, "priority": "high", "tags": "ab"[: n % 3]},
            customFields={"seats": n},
        )
        clock.tick(minutes=30)
    query = "&".join(
        f"customFields[seats][{how}]={bound}" if name == "customFields" and how else pair
        for name, value in filter.items()
        for how, bound, pair in _pairs(name, value)
    )
    assert query
    found = api.get(f"/tickets?sort=number&{query}").ids
    items = bulk(api, filter=filter, update={"title": "T"}, dryRun=True).data["items"]
    assert [item["id"] for item in items] == found


def _pairs(name: str, value: Any) -> list[tuple[str, object, str]]:
    if name == "customFields":
        wanted = value["seats"]
        if isinstance(wanted, dict):
            return [(how, bound, "") for how, bound in wanted.items()]
        return [("", "", f"customFields[seats]={wanted}")]
    text = ",".join(value) if isinstance(value, list) else value
    return [("", "", f"{name}={text.replace('+', '%2B')}")]


def test_a_dry_run_writes_nothing(api: Api) -> None:
    made = api.ticket()
    done = bulk(api, ids=[made["id"]], delete=True, dryRun=True).data
    assert (done["dryRun"], done["deleted"]) == (True, 1)
    assert api.get(f"/tickets/{made['id']}").data["updatedAt"] == made["updatedAt"]


def test_more_than_a_thousand_are_done_in_several_requests(api: Api, desk: Helpdesk) -> None:
    acme = desk.workspace("acme")
    list(acme.tickets.import_many({"title": f"T{n}"} for n in range(1_001)))
    body: dict[str, Any] = {"filter": {"status": "new"}, "update": {"status": "open"}}
    first = bulk(api, **body).data
    assert (first["total"], first["updated"], first["hasMore"]) == (1_001, 1_000, True)
    second = bulk(api, **body, cursor=first["nextCursor"]).data
    assert (second["total"], second["updated"], second["hasMore"]) == (1, 1, False)


def test_a_repeated_request_is_answered_again_and_done_once(api: Api) -> None:
    made, key = api.ticket()["id"], {"Idempotency-Key": "once"}
    body = {"ids": [made], "delete": True}
    first, again = (api.post("/tickets/bulk", body, headers=key) for _ in range(2))
    assert first.data == again.data
    assert (first.data["deleted"], again.headers["Idempotent-Replayed"]) == (1, "true")


def test_a_dry_run_may_be_repeated_too(api: Api) -> None:
    made, key = api.ticket()["id"], {"Idempotency-Key": "once"}
    body = {"ids": [made], "delete": True, "dryRun": True}
    first, again = (api.post("/tickets/bulk", body, headers=key) for _ in range(2))
    assert (first.data, again.headers["Idempotent-Replayed"]) == (again.data, "true")
    assert api.get(f"/tickets/{made}").status == 200


def test_an_atomic_request_that_is_refused_names_each_ticket(api: Api) -> None:
    made = api.ticket()["id"]
    update = {"status": "open", "addTags": [str(n) for n in range(50)]}
    api.patch(f"/tickets/{made}", {"tags": "a"})
    answer = bulk(api, ids=[made, NOTHING], update=update, atomic=True)
    assert (answer.status, answer.problems) == (
        400,
        [
            "ids.0.addTags must be at most 50 tags",
            "ids.1 must be the id of an existing ticket",
        ],
    )
    assert api.get(f"/tickets/{made}").data["status"] == "new"


SOME = {"status": "new"}
REFUSED: list[tuple[dict[str, Any], list[str]]] = [
    ({}, ["update is required, unless delete is true"]),
    ({"update": {}}, ["ids is required, unless there is a filter"]),
    ({"filter": SOME, "ids": [NOTHING], "update": {}},
     ["ids must not be given together with filter"]),
    ({"filter": SOME, "delete": True, "update": {}},
     ["delete must not be given together with update"]),
    ({"filter": SOME, "delete": False}, ["update is required, unless delete is true"]),
    ({"filter": SOME, "delete": "yes"}, ["delete must be true or false"]),
    ({"filter": None, "delete": True}, ["filter must be an object"]),
    ({"filter": [], "delete": True}, ["filter must be an object"]),
    ({"filter": {}, "delete": True}, ["filter must have a condition"]),
    ({"filter": {"page": 1}, "delete": True}, ["filter.page is not a known parameter"]),
    ({"filter": {"status": 5, "tag": {}, "createdAfter": 1, "search": None}, "delete": True},
     ["filter.status must be a string or an array of strings",
      "filter.search must be a string",
      "filter.tag must be an array of strings or a comma-separated string",
      "filter.createdAfter must be an instant such as 2025-12-10T14:30:00Z"]),
    ({"filter": {"tag": ["a,b"]}, "delete": True}, ["filter.tag.0 must not contain a comma"]),
    ({"filter": {"customFields": {"no": 1}}, "delete": True},
     ["filter.customFields.no is not known"]),
    ({"filter": {"customerId": "x"}, "delete": True}, ["filter.customerId must be an id"]),
    ({"filter": SOME, "update": {"status": "opne", "titel": 1}},
     ["update.titel is not a known parameter; did you mean title?",
      "update.status must be one of: new, open, pending, resolved, closed"]),
    ({"filter": SOME, "update": {"customerId": NOTHING}},
     ["update.customerId must be the id of an existing customer"]),
    ({"filter": SOME, "update": {"metadata": None}}, ["update.metadata must be an object"]),
    ({"filter": SOME, "update": {"customFields": {"no": 1}}},
     ["update.customFields.no is not known"]),
    ({"filter": SOME, "update": {"tags": "a", "addTags": "b"}},
     ["update.addTags must not be given together with tags"]),
    ({"ids": [5], "delete": True}, ["ids.0 must be a string"]),
    ({"ids": ["x"], "cursor": "x", "delete": True},
     ["cursor can be given only together with filter"]),
    ({"ids": ["x"], "delete": True, "dryrun": True},
     ["dryrun is not a known parameter; did you mean dryRun?"]),
]  # fmt: skip


@pytest.mark.parametrize(("body", "problems"), REFUSED, ids=repr)
def test_what_cannot_be_meant_is_refused(api: Api, body: Any, problems: list[str]) -> None:
    api.ticket()
    answer = bulk(api, **body)
    assert (answer.status, answer.problems) == (400, problems)
    assert api.get("/tickets").json["meta"]["pagination"]["total"] == 1


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE", "PUT"])
def test_bulk_is_no_ticket(api: Api, method: str) -> None:
    answer = api.send(method, f"{api.base}/tickets/bulk", json={})
    assert (answer.status, answer.error["code"]) == (405, "METHOD_NOT_ALLOWED")
    assert answer.headers["Allow"] == "OPTIONS, POST"


def test_a_team_may_be_called_bulk(api: Api, desk: Helpdesk) -> None:
    desk.teams.create("Bulk")
    key = desk.keys.create("bulk", type="secret", environment="live").secret
    assert Api(api.client, key, team="bulk").get("/tickets").status == 200
