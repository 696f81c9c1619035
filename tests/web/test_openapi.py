"""The description of the API: valid, complete, and true of what the API really answers."""

from pathlib import Path
from typing import Any, ClassVar

import pytest
from flask import Flask
from jsonschema import Draft202012Validator, FormatChecker
from openapi_spec_validator import OpenAPIV31SpecValidator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012
from werkzeug.test import TestResponse

from cstar_core import Helpdesk
from cstar_web.app import create_app
from cstar_web.errors import ERRORS
from cstar_web.inbox.declaring import declared_pages
from cstar_web.openapi import specification
from cstar_web.openapi.examples import BODY_EXAMPLES, ERROR_EXAMPLES
from cstar_web.operations import operations
from cstar_web.settings import Settings
from tests.web.vocabulary import Keyring

Json = dict[str, Any]

TEAM = "/api/v1/teams/{team}"
# Routes for people: pages and the files they load.
PAGES = {"/docs", "/docs/errors", "/docs/static/<path:filename>"}
MISSING = "0" * 32


class Api:
    """Sends requests and holds every answer against what the description says of it."""

    # The description, which is the same of every app, and what finds its parts.
    _read: ClassVar[list[tuple[Json, Registry[Any]]]] = []

    def __init__(self, app: Flask, key: str) -> None:
        self.app = app
        if not self._read:
            described = specification(app)
            resource = Resource.from_contents(described, DRAFT202012)
            self._read.append((described, Registry().with_resource("urn:api", resource)))
        self.description, self._registry = self._read[0]
        self._key = key

    def send(self, method: str, path: str, *, key: str = "", **request: Any) -> TestResponse:
        """Send to a path as the description writes it, `ids` filling in its parameters."""
        names = {"team": "acme", **request.pop("ids", {})}
        headers = {"Authorization": f"Bearer {key or self._key}", **request.pop("headers", {})}
        url = path.format_map(names)
        client = self.app.test_client()
        answer = client.open(url, method=method, headers=headers, **request)
        self._require_described(method.lower(), path, answer)
        return answer

    def check(self, value: object, *pointer: str) -> None:
        """Hold a value against a schema of the description."""
        target = "/".join(step.replace("~", "~0").replace("/", "~1") for step in pointer)
        schema = {"$ref": f"urn:api#/{target}"}
        Draft202012Validator(
            schema, registry=self._registry, format_checker=FormatChecker()
        ).validate(value)

    def _require_described(self, method: str, path: str, answer: TestResponse) -> None:
        status = str(answer.status_code)
        pointer: tuple[str, ...] = ("paths", path, method, "responses", status)
        described = self.description["paths"][path][method]["responses"][status]
        if "$ref" in described:
            pointer = tuple(described["$ref"].removeprefix("#/").split("/"))
            described = self.description["components"]["responses"][pointer[-1]]
        for name in described.get("headers", {}):
            header = self.description["components"]["headers"][name]
            assert name in answer.headers or not header["required"], name
        if "content" not in described:
            assert answer.data == b""
            return
        assert answer.content_type == "application/json"
        self.check(answer.get_json(), *pointer, "content", "application/json", "schema")


@pytest.fixture
def api(app: Flask, keyring: Keyring) -> Api:
    return Api(app, keyring.secret)


def made(api: Api, collection: str, **body: object) -> str:
    """The id of an object that was just made."""
    answer = api.send("POST", f"{TEAM}/{collection}", json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.get_json()["data"]["id"])


# A body to make one of each resource, and one to change it.
RESOURCES: list[tuple[str, str, Json, Json]] = [
    ("tickets", "ticketId", {"title": "Help"}, {"status": "open", "metadata": {"a": [1]}}),
    ("customers", "customerId", {"name": "Jane"}, {"email": "jane@example.com"}),
    ("members", "memberId", {"name": "Ada", "email": "ada@example.com"}, {"role": "owner"}),
    (
        "custom-fields",
        "customFieldId",
        {
            "name": "Size",
            "key": "size",
            "type": "select",
            "entityType": "tickets",
            "options": ["S"],
        },
        {"renameOptions": {"S": "small"}},
    ),
]
resource = pytest.mark.parametrize(("collection", "name", "body", "change"), RESOURCES)


def test_the_description_is_valid_openapi(api: Api) -> None:
    OpenAPIV31SpecValidator(api.description).validate()


def test_every_route_is_described_and_nothing_else_is(api: Api) -> None:
    inbox = {each.rule for each in declared_pages(api.app)}
    rules = [
        rule
        for rule in api.app.url_map.iter_rules()
        if rule.rule not in {*PAGES, *inbox} and not rule.endpoint.startswith("portal.")
    ]
    served = {
        (rule.rule, method) for rule in rules for method in (rule.methods or set()) - {"HEAD"}
    }
    declared = {(each.path, each.rule) for each in operations(api.app)}
    paths = dict(declared) | {"/openapi.json": "/openapi.json"}
    described = {
        (paths[path], method.upper())
        for path, item in api.description["paths"].items()
        for method in item
    }
    assert {pair for pair in served if pair[1] != "OPTIONS"} == described


def test_every_operation_names_only_codes_that_exist(api: Api) -> None:
    assert {code for each in operations(api.app) for code in each.errors} <= set(ERRORS)


def test_every_code_but_the_wrong_method_is_described(api: Api) -> None:
    responses = api.description["components"]["responses"]
    described = {code for name in responses for code in name.split(".")[1:]}
    assert set(ERRORS) - described == {"METHOD_NOT_ALLOWED"}


def test_every_code_has_an_example(api: Api) -> None:
    assert set(ERROR_EXAMPLES) == set(ERRORS)


def test_the_examples_of_errors_are_as_described(api: Api) -> None:
    for name, response in api.description["components"]["responses"].items():
        pointer = ("components", "responses", name, "content", "application/json", "schema")
        for example in response["content"]["application/json"]["examples"].values():
            api.check(example["value"], *pointer)


def test_every_example_of_a_body_is_as_described(api: Api) -> None:
    bodies = {each.name: each for each in operations(api.app) if each.body}
    assert set(BODY_EXAMPLES) == set(bodies)
    for name, example in BODY_EXAMPLES.items():
        pointer = ("paths", bodies[name].path, bodies[name].method.lower(), "requestBody")
        api.check(example, *pointer, "content", "application/json", "schema")


def test_every_tag_is_explained(api: Api) -> None:
    used = {
        tag
        for item in api.description["paths"].values()
        for op in item.values()
        for tag in op["tags"]
    }
    assert used == {tag["name"] for tag in api.description["tags"]}


def test_every_parameter_has_a_description(api: Api) -> None:
    nameless = [
        (path, parameter["name"])
        for path, item in api.description["paths"].items()
        for op in item.values()
        for parameter in op.get("parameters", ())
        if "$ref" not in parameter and not parameter.get("description")
    ]
    assert nameless == []


@resource
def test_what_is_made_is_as_described(
    api: Api, collection: str, name: str, body: Json, change: Json
) -> None:
    answer = api.send("POST", f"{TEAM}/{collection}", json=body)
    assert answer.status_code == 201
    assert answer.headers["Location"].endswith(answer.get_json()["data"]["id"])


@resource
def test_what_is_read_is_as_described(
    api: Api, collection: str, name: str, body: Json, change: Json
) -> None:
    one = f"{TEAM}/{collection}/{{{name}}}"
    ids = {name: made(api, collection, **body)}
    tag = api.send("GET", one, ids=ids).headers["ETag"]
    assert api.send("GET", one, ids=ids, headers={"If-None-Match": tag}).status_code == 304


@resource
def test_what_is_listed_is_as_described(
    api: Api, collection: str, name: str, body: Json, change: Json
) -> None:
    made(api, collection, **body)
    answer = api.send("GET", f"{TEAM}/{collection}")
    assert len(answer.get_json()["data"]) == 1


@resource
def test_what_is_changed_is_as_described(
    api: Api, collection: str, name: str, body: Json, change: Json
) -> None:
    one = f"{TEAM}/{collection}/{{{name}}}"
    answer = api.send("PATCH", one, ids={name: made(api, collection, **body)}, json=change)
    assert answer.status_code == 200


@resource
def test_what_is_deleted_is_as_described(
    api: Api, collection: str, name: str, body: Json, change: Json
) -> None:
    one = f"{TEAM}/{collection}/{{{name}}}"
    answer = api.send("DELETE", one, ids={name: made(api, collection, **body)})
    assert answer.get_json()["data"]["deleted"] is True


@resource
def test_a_replayed_answer_is_as_described(
    api: Api, collection: str, name: str, body: Json, change: Json
) -> None:
    request: Json = {"json": body, "headers": {"Idempotency-Key": "once"}}
    first = api.send("POST", f"{TEAM}/{collection}", **request)
    again = api.send("POST", f"{TEAM}/{collection}", **request)
    assert again.data == first.data
    assert again.headers["Idempotent-Replayed"] == "true"


@resource
def test_what_a_publishable_key_reads_is_as_described(
    keyring: Keyring, api: Api, collection: str, name: str, body: Json, change: Json
) -> None:
    key = keyring.publishable
    ids = {name: made(api, collection, **body)}
    api.send("GET", f"{TEAM}/{collection}", key=key)
    answer = api.send("GET", f"{TEAM}/{collection}/{{{name}}}", ids=ids, key=key)
    assert "notes" not in answer.get_json()["data"]


@resource
def test_errors_of_one_object_are_as_described(
    api: Api, collection: str, name: str, body: Json, change: Json
) -> None:
    one = f"{TEAM}/{collection}/{{{name}}}"
    ids = {name: made(api, collection, **body)}
    stale = {"If-Match": '"v0"'}
    assert api.send("GET", one, ids={name: MISSING}).status_code == 404
    assert api.send("PATCH", one, ids=ids, json=change, headers=stale).status_code == 412
    assert api.send("PATCH", one, ids=ids, json={"colour": 1, "shape": 2}).status_code == 400
    assert api.send("DELETE", one, ids=ids, headers=stale).status_code == 412


def test_messages_are_as_described(api: Api) -> None:
    path = f"{TEAM}/tickets/{{ticketId}}/messages"
    ids = {"ticketId": made(api, "tickets", title="Help")}
    body = {"content": "Look", "isInternal": True}
    assert api.send("POST", path, ids=ids, json=body).status_code == 201
    assert len(api.send("GET", path, ids=ids).get_json()["data"]) == 1
    ticket = api.send("GET", f"{TEAM}/tickets/{{ticketId}}", ids=ids)
    assert len(ticket.get_json()["data"]["messages"]) == 1


def test_a_ticket_with_its_customer_is_as_described(api: Api) -> None:
    made(api, "tickets", title="Help", customerName="Jane", initialMessage="Please")
    made(api, "tickets", title="Nobody")
    answer = api.send("GET", f"{TEAM}/tickets", query_string={"expand": "customer"}).get_json()
    nobody, jane = (ticket["customer"] for ticket in answer["data"])
    assert nobody is None and jane["name"] == "Jane"


def test_events_are_as_described(api: Api) -> None:
    ids = {"ticketId": made(api, "tickets", title="Help")}
    api.send("PATCH", f"{TEAM}/tickets/{{ticketId}}", ids=ids, json={"title": "Help!"})
    one = api.send("GET", f"{TEAM}/tickets/{{ticketId}}/events", ids=ids).get_json()["data"]
    every = api.send("GET", f"{TEAM}/events").get_json()["data"]
    assert every[-2:] == one


def test_a_page_that_others_follow_is_as_described(api: Api) -> None:
    for number in range(3):
        made(api, "tickets", title=f"Ticket {number}")
    first = api.send("GET", f"{TEAM}/tickets", query_string={"pageSize": 2}).get_json()["meta"]
    query = {"pageSize": 2, "cursor": first["nextCursor"]}
    last = api.send("GET", f"{TEAM}/tickets", query_string=query).get_json()["meta"]
    assert (first["hasMore"], last["hasMore"]) == (True, False)


@pytest.mark.parametrize("path", ["/api/v1/auth/whoami", "/healthz", "/readyz", "/openapi.json"])
def test_the_routes_of_the_server_are_as_described(api: Api, path: str) -> None:
    assert api.send("GET", path).status_code == 200


def test_a_server_that_is_not_ready_answers_as_described(api: Api, desk: Helpdesk) -> None:
    for file in Path(desk.path).parent.glob("desk.db*"):
        file.write_bytes(b"not a database " * 4096)
    assert api.send("GET", "/readyz").status_code == 503


# What is wrong with making a ticket, and the status it gets.
WRONG: list[tuple[int, Json]] = [
    (400, {"json": {}}),
    (400, {"json": {"title": 7, "tags": [1], "colour": "red"}}),
    (400, {"data": b"[1]", "content_type": "application/json"}),
    (400, {"json": {"title": "x"}, "headers": {"Idempotency-Key": "two words"}}),
    (400, {"json": {"title": "x"}, "query_string": {"titel": "y"}}),
    (401, {"json": {"title": "x"}, "headers": {"Authorization": "Bearer sk_live_no"}}),
    (403, {"json": {"title": "x"}, "ids": {"team": "other"}}),
    (413, {"data": b" " * (1 << 20) + b"{}", "content_type": "application/json"}),
    (415, {"data": b"title=x", "content_type": "application/x-www-form-urlencoded"}),
]


@pytest.mark.parametrize(("status", "request_"), WRONG)
def test_a_wrong_request_is_answered_as_described(api: Api, status: int, request_: Json) -> None:
    assert api.send("POST", f"{TEAM}/tickets", **request_).status_code == status


def test_a_publishable_key_that_writes_is_answered_as_described(keyring: Keyring, api: Api) -> None:
    answer = api.send("POST", f"{TEAM}/tickets", key=keyring.publishable, json={"title": "x"})
    assert answer.status_code == 403


def test_a_taken_address_is_answered_as_described(api: Api) -> None:
    made(api, "customers", name="Jane", email="jane@example.com")
    body = {"name": "June", "email": "JANE@example.com"}
    assert api.send("POST", f"{TEAM}/customers", json=body).status_code == 409


def test_a_reused_idempotency_key_is_answered_as_described(api: Api) -> None:
    headers = {"Idempotency-Key": "once"}
    api.send("POST", f"{TEAM}/tickets", json={"title": "x"}, headers=headers)
    answer = api.send("POST", f"{TEAM}/tickets", json={"title": "y"}, headers=headers)
    assert answer.status_code == 422


def test_an_exceeded_limit_is_answered_as_described(desk: Helpdesk, keyring: Keyring) -> None:
    api = Api(create_app(desk, Settings(secret_key_limit="1/hour")), keyring.secret)
    api.send("GET", "/api/v1/auth/whoami")
    answer = api.send("GET", "/api/v1/auth/whoami")
    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == str(answer.get_json()["error"]["retryAfter"])
