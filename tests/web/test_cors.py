"""Pages of other origins may call the API only where the settings say so."""

import pytest
from flask.testing import FlaskClient

from cstar_core import Helpdesk
from cstar_web.app import create_app
from cstar_web.operations import operations
from cstar_web.settings import Settings

TICKETS = "/api/v1/teams/acme/tickets"
PREFLIGHT = {"Access-Control-Request-Method": "POST"}


def client_for(desk: Helpdesk, *origins: str) -> FlaskClient:
    return create_app(desk, Settings(cors_origins=origins)).test_client()


def test_without_the_setting_no_page_may_read(client: FlaskClient) -> None:
    headers = client.get("/healthz", headers={"Origin": "https://a.example"}).headers
    assert "Access-Control-Allow-Origin" not in headers
    assert "Vary" not in headers


@pytest.mark.parametrize("origin", ["https://a.example", "https://A.example"])
def test_an_allowed_origin_may_read(desk: Helpdesk, origin: str) -> None:
    client = client_for(desk, "https://a.example", "https://b.example")
    headers = client.get("/healthz", headers={"Origin": origin}).headers
    assert headers["Access-Control-Allow-Origin"] == origin
    assert "X-RateLimit-Remaining" in headers["Access-Control-Expose-Headers"]
    assert headers.getlist("Vary") == ["Origin"]


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "http://a.example", "https://a.example.evil", "null"]
)
def test_any_other_origin_may_not(desk: Helpdesk, origin: str) -> None:
    headers = (
        client_for(desk, "https://a.example").get("/healthz", headers={"Origin": origin}).headers
    )
    assert "Access-Control-Allow-Origin" not in headers
    assert headers["Vary"] == "Origin"


def test_a_star_allows_every_origin(desk: Helpdesk) -> None:
    headers = client_for(desk, "*").get("/healthz", headers={"Origin": "https://a.example"}).headers
    assert headers["Access-Control-Allow-Origin"] == "*"
    assert "Vary" not in headers


def test_a_preflight_needs_no_key(desk: Helpdesk) -> None:
    client = client_for(desk, "https://a.example")
    answer = client.options(TICKETS, headers={"Origin": "https://a.example", **PREFLIGHT})
    assert answer.status_code == 204
    allowed = answer.headers["Access-Control-Allow-Methods"].split(", ")
    assert {each.method for each in operations(client.application)} == set(allowed)
    assert "Idempotency-Key" in answer.headers["Access-Control-Allow-Headers"]
    assert answer.headers["Access-Control-Max-Age"] == "600"


def test_options_that_are_no_preflight_are_answered_as_usual(desk: Helpdesk) -> None:
    client = client_for(desk, "https://a.example")
    answer = client.options(TICKETS, headers={"Origin": "https://a.example"})
    assert "Access-Control-Allow-Methods" not in answer.headers


def test_a_preflight_of_a_stranger_allows_nothing(desk: Helpdesk) -> None:
    client = client_for(desk, "https://a.example")
    answer = client.options(TICKETS, headers={"Origin": "https://evil.example", **PREFLIGHT})
    assert not [name for name, _ in answer.headers if name.startswith("Access-Control")]


def test_a_page_may_read_why_it_was_refused(desk: Helpdesk) -> None:
    client = client_for(desk, "https://a.example")
    answer = client.get(TICKETS, headers={"Origin": "https://a.example"})
    assert answer.status_code == 401
    assert answer.headers["Access-Control-Allow-Origin"] == "https://a.example"
    assert sorted(answer.headers.getlist("Vary")) == ["Authorization", "Origin"]


def test_a_page_is_never_given_cookies(desk: Helpdesk) -> None:
    headers = client_for(desk, "*").get("/healthz", headers={"Origin": "https://a.example"}).headers
    assert "Access-Control-Allow-Credentials" not in headers
