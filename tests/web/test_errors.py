"""Every answer that is an error has the same envelope, whatever went wrong."""

import json
import logging
import re
from typing import Any

import pytest
from flask import Flask, abort
from flask.testing import FlaskClient

from cstar_core import Busy, Conflict, Helpdesk, Invalid, Refused, StaleVersion, StorageFull
from cstar_web.app import create_app
from cstar_web.errors import ERRORS, from_core
from tests.web.vocabulary import Answer, Api

TYPES = {
    400: "validation_error",
    401: "authentication_error",
    403: "authorization_error",
    404: "not_found_error",
    405: "validation_error",
    409: "conflict_error",
    410: "not_found_error",
    412: "conflict_error",
    413: "validation_error",
    415: "validation_error",
    422: "validation_error",
    429: "rate_limit_error",
    500: "api_error",
    503: "api_error",
}


def test_a_failure_has_the_documented_envelope(api: Api) -> None:
    answer = api.post("/tickets", {}, headers={"X-Request-Id": "req_abc123"})
    assert answer.json == {
        "success": False,
        "error": {
            "type": "validation_error",
            "code": "PARAMETER_MISSING",
            "message": "title is required",
            "param": "title",
            "doc_url": "http://localhost/docs/errors#PARAMETER_MISSING",
            "request_id": "req_abc123",
        },
        "meta": {"requestId": "req_abc123", "timestamp": answer.json["meta"]["timestamp"]},
    }


def test_a_success_has_the_documented_envelope(api: Api) -> None:
    answer = api.get("/custom-fields").json
    assert list(answer) == ["success", "data", "meta"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", answer["meta"]["timestamp"])


@pytest.mark.parametrize("kind", ERRORS.values(), ids=ERRORS)
def test_a_status_has_one_type(kind: Any) -> None:
    assert kind.type == TYPES[kind.status]


def test_several_problems_come_in_one_answer(api: Api) -> None:
    body = {"tags": 7, "title": " ", "priority": "hgih", "titel": "Hello", "notes": 1}
    error = api.post("/tickets", body).error
    assert (error["code"], error["message"]) == ("PARAMETER_MISSING", "title is required")
    assert error["errors"] == [
        {"code": "PARAMETER_MISSING", "message": "title is required", "param": "title"},
        {
            "code": "PARAMETER_INVALID",
            "message": "priority must be one of: low, normal, high, urgent",
            "param": "priority",
        },
        {
            "code": "PARAMETER_INVALID",
            "message": "tags must be an array of strings or a comma-separated string",
            "param": "tags",
        },
        {"code": "PARAMETER_INVALID", "message": "notes must be a string", "param": "notes"},
        {
            "code": "PARAMETER_UNKNOWN",
            "message": "titel is not a known parameter; did you mean title?",
            "param": "titel",
        },
    ]


def test_a_single_problem_has_no_list(api: Api) -> None:
    assert "errors" not in api.post("/tickets", {"title": ""}).error


def test_problems_come_in_the_order_of_the_fields(api: Api) -> None:
    body = {"notes": 1, "tags": ["a", 2, "c,d", 4], "status": "opne", "title": "Hello"}
    assert [each.split()[0] for each in api.post("/tickets", body).problems] == [
        "status",
        "tags.1",
        "tags.2",
        "tags.3",
        "notes",
    ]


def test_a_name_near_to_none_is_told_without_a_suggestion(api: Api) -> None:
    answer = api.post("/tickets", {"title": "Hello", "xyzzy": 1})
    assert answer.refusal == (400, "PARAMETER_UNKNOWN", "xyzzy is not a known parameter")


@pytest.mark.parametrize(
    "url", ["/api", "/api/v1", "/api/v1/teams", "/api/v2/auth/whoami", "/tickets", "/docs/x"]
)
def test_an_unknown_url_needs_no_key_to_be_unknown(client: FlaskClient, url: str) -> None:
    answer = Answer(client.get(url))
    assert answer.refusal == (404, "ROUTE_MISSING", "No such endpoint")


@pytest.mark.parametrize(
    "url",
    [
        "/api/v1/auth/whoami/",
        "/api/v1/teams/acme/tickets/",
        "/api/v1//auth/whoami",
        "//api/v1/auth/whoami",
        "/api/v1/teams//tickets",
        "/api/v1/teams/acme/tickets//messages",
        "/healthz/",
    ],
)
def test_a_slash_too_many_is_an_unknown_url(api: Api, url: str) -> None:
    assert api.send("GET", "http://localhost" + url).refusal[:2] == (404, "ROUTE_MISSING")


@pytest.mark.parametrize(
    ("method", "url", "allowed"),
    [
        ("DELETE", "/api/v1/teams/acme/tickets", "GET, HEAD, OPTIONS, POST"),
        ("PUT", "/api/v1/teams/acme/tickets/x", "DELETE, GET, HEAD, OPTIONS, PATCH"),
        ("POST", "/api/v1/auth/whoami", "GET, HEAD, OPTIONS"),
        ("POST", "/healthz", "GET, HEAD, OPTIONS"),
        ("TRACE", "/healthz", "GET, HEAD, OPTIONS"),
    ],
)
def test_a_wrong_method_is_told_the_right_ones(
    client: FlaskClient, method: str, url: str, allowed: str
) -> None:
    answer = Answer(client.open(url, method=method))
    assert answer.refusal == (
        405,
        "METHOD_NOT_ALLOWED",
        "This endpoint does not take that method",
    )
    assert answer.headers["Allow"] == allowed


def test_options_tells_the_methods_without_a_key(client: FlaskClient) -> None:
    response = client.options("/api/v1/teams/acme/tickets")
    assert (response.status_code, response.data) == (204, b"")
    assert set(response.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS", "POST"}
    assert "Content-Type" not in response.headers


def test_head_answers_like_get_without_a_body(api: Api) -> None:
    answer = api.send("HEAD", api.base + "/tickets")
    assert (answer.status, answer.raw) == (200, b"")
    assert answer.headers["Content-Type"] == "application/json"


@pytest.mark.parametrize("sent", ["req_abc123", "a", "A-b_9" * 12])
def test_a_request_id_of_the_clients_is_kept(client: FlaskClient, sent: str) -> None:
    answer = Answer(client.get("/healthz", headers={"X-Request-Id": sent}))
    assert (answer.headers["X-Request-Id"], answer.json["meta"]["requestId"]) == (sent, sent)


@pytest.mark.parametrize("sent", ["", "a b", "a" * 65, "é", "a.b", "../x"])
def test_a_request_id_that_cannot_be_kept_is_replaced(client: FlaskClient, sent: str) -> None:
    made = client.get("/healthz", headers={"X-Request-Id": sent}).headers["X-Request-Id"]
    assert re.fullmatch(r"req_[0-9a-f]{32}", made)


def test_an_error_names_its_page_as_the_client_sees_this_server(stranger: Api) -> None:
    answer = stranger.send("GET", "/nothing", base_url="https://desk.example.com:8443")
    assert answer.error["doc_url"] == "https://desk.example.com:8443/docs/errors#ROUTE_MISSING"


def test_a_host_that_is_none_names_no_page_elsewhere(client: FlaskClient) -> None:
    answer = Answer(client.get("/nothing", environ_overrides={"HTTP_HOST": "a/b<x>"}))
    assert answer.error["doc_url"] == "/docs/errors#ROUTE_MISSING"


def test_answers_are_hardened(stranger: Api) -> None:
    headers = stranger.send("GET", "/nothing").headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert headers["Cache-Control"] == "no-store"


def test_answers_vary_by_key(api: Api) -> None:
    assert api.get("/tickets").headers["Vary"] == "Authorization"


# What the core raises, and how it is answered.
CORE = [
    (Busy("locked"), 503, "BUSY", "1"),
    (StorageFull("no space"), 503, "STORAGE_FULL", "60"),
    (Refused("not a database"), 500, "INTERNAL_ERROR", None),
    (StaleVersion("changed"), 412, "STALE_VERSION", None),
    (Conflict("taken", "entity_type"), 409, "RESOURCE_EXISTS", None),
    (Conflict("taken"), 409, "RESOURCE_EXISTS", None),
]


@pytest.mark.parametrize(("error", "status", "code", "retry"), CORE)
def test_what_the_core_refuses_has_a_status(
    desk: Helpdesk, error: Exception, status: int, code: str, retry: str | None
) -> None:
    answer = fail(desk, error)
    assert answer.refusal[:2] == (status, code)
    assert answer.headers.get("Retry-After") == retry


def test_a_taken_value_is_named() -> None:
    assert from_core(Conflict("taken", "entity_type")).param == "entityType"


def test_a_bug_is_answered_without_its_reason(desk: Helpdesk) -> None:
    answer = fail(desk, ZeroDivisionError("the secret reason"))
    assert answer.refusal[:2] == (500, "INTERNAL_ERROR")
    assert b"secret" not in answer.raw and b"ZeroDivision" not in answer.raw


def test_a_bug_is_in_the_log_under_the_request_id(
    desk: Helpdesk, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR, logger="cstar.web"):
        answer = fail(desk, ZeroDivisionError("the reason"))
    assert answer.error["request_id"] in caplog.text
    assert "ZeroDivisionError: the reason" in caplog.text


def test_a_bad_request_of_flasks_own_is_answered_in_the_envelope(desk: Helpdesk) -> None:
    app = create_app(desk)
    app.add_url_rule("/bad", view_func=lambda: abort(400, "Not like this"))
    assert Answer(app.test_client().get("/bad")).refusal == (
        400,
        "REQUEST_INVALID",
        "Not like this",
    )


def test_an_abort_with_500_is_an_internal_error(desk: Helpdesk) -> None:
    app = create_app(desk)
    app.add_url_rule("/bad", view_func=lambda: abort(502))
    assert Answer(app.test_client().get("/bad")).refusal[:2] == (500, "INTERNAL_ERROR")


def test_a_redirect_is_no_error(desk: Helpdesk) -> None:
    app = create_app(desk)
    app.add_url_rule("/folder/", view_func=lambda: "")
    assert app.test_client().get("/folder").status_code == 308


def test_two_desks_in_one_process_share_nothing(app: Flask, desk: Helpdesk) -> None:
    twin = create_app(desk)
    assert app.extensions["cstar"] is not twin.extensions["cstar"]
    assert app.extensions["cstar"].limits is not twin.extensions["cstar"].limits


def fail(desk: Helpdesk, error: Exception) -> Answer:
    """The answer of an app that has a view that raises this error."""

    def view() -> str:
        raise error

    app = create_app(desk)
    app.add_url_rule("/fail", view_func=view)
    return Answer(app.test_client().get("/fail"))


def test_json_is_compact_and_in_utf_8(api: Api) -> None:
    ticket = api.ticket("日本")
    raw = api.get(f"/tickets/{ticket['id']}").raw
    assert "日本".encode() in raw
    assert raw == json.dumps(json.loads(raw), ensure_ascii=False, separators=(",", ":")).encode()


def test_invalid_values_from_inside_a_view_are_told_in_camel_case(desk: Helpdesk) -> None:
    problems = desk.workspace("acme").tickets.check({"title": "a", "custom_fields": {"x": 1}})
    assert from_core(Invalid(problems)).param == "customFields.x"


def test_at_most_a_hundred_problems_are_told(api: Api) -> None:
    unknown = {f"n{number}": 1 for number in range(50_000)}
    answer = api.post("/tickets", {"title": 5, "tags": [1] * 50_000, **unknown})
    assert answer.status == 400
    assert len(answer.problems) == 100
    assert answer.problems[0] == "title must be a string"


def test_a_name_that_is_too_long_is_told_in_part(api: Api) -> None:
    answer = api.post("/tickets", {"title": "Hello", "a" * 100_000: 1})
    assert answer.error["message"] == "a" * 64 + "… is not a known parameter"
