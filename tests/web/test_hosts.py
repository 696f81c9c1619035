"""The server answers for every host, or only for those that it was told."""

import pytest
from flask.testing import FlaskClient
from werkzeug.test import EnvironBuilder, run_wsgi_app

from cstar_core import Helpdesk
from cstar_web.app import create_app
from cstar_web.settings import Settings
from tests.web.vocabulary import Answer

URLS = ["/api/v1/auth/whoami", "/docs", "/openapi.json", "/no/such/page"]

# What is allowed, what is asked for, and whether the two are one.
HOSTS = [
    ("*", "whatever.example", True),
    ("desk.example", "desk.example", True),
    ("desk.example", "DESK.example:8000", True),
    ("desk.example", "desk.example.", True),
    ("Desk.Example.", "desk.example", True),
    ("desk.example", "evil.example", False),
    ("desk.example", "desk.example.evil.example", False),
    ("desk.example", "evildesk.example", False),
    ("desk.example", "a.desk.example", False),
    ("*.desk.example", "a.desk.example", True),
    ("*.desk.example", "desk.example", False),
    ("*.desk.example", "evildesk.example", False),
    ("192.0.2.1", "192.0.2.1:8000", True),
    ("[2001:db8::1]", "[2001:db8::1]:8000", True),
    ("2001:db8::1", "[2001:db8::1]", True),
    ("2001:db8::1", "[2001:db8::2]", False),
]


def client_for(desk: Helpdesk, hosts: str, proxies: str = "") -> FlaskClient:
    told = {"CSTAR_ALLOWED_HOSTS": hosts, "CSTAR_TRUSTED_PROXIES": proxies}
    return create_app(desk, Settings.from_environment(told)).test_client()


@pytest.mark.parametrize(("allowed", "host", "good"), HOSTS)
def test_a_host_is_allowed_as_a_whole(allowed: str, host: str, good: bool) -> None:
    settings = Settings.from_environment({"CSTAR_ALLOWED_HOSTS": allowed})
    assert settings.allows(host) is good


def test_by_default_every_host_is_answered(client: FlaskClient) -> None:
    assert client.get("/openapi.json", headers={"Host": "any.example"}).status_code == 200


@pytest.mark.parametrize("url", URLS)
def test_a_foreign_host_is_refused_before_anything_else(desk: Helpdesk, url: str) -> None:
    client = client_for(desk, "desk.example, *.desk.example")
    answer = Answer(client.get(url, headers={"Host": "evil.example"}))
    assert answer.refusal == (
        400,
        "REQUEST_INVALID",
        "This server does not answer for the host of the request",
    )


def test_an_allowed_host_is_answered(desk: Helpdesk) -> None:
    client = client_for(desk, "desk.example")
    assert client.get("/openapi.json", headers={"Host": "desk.example"}).status_code == 200


@pytest.mark.parametrize("url", ["/healthz", "/readyz"])
def test_probes_may_ask_by_address(desk: Helpdesk, url: str) -> None:
    client = client_for(desk, "desk.example")
    assert client.get(url, headers={"Host": "127.0.0.1:8000"}).status_code == 200


def test_a_request_that_names_no_host_is_foreign(desk: Helpdesk) -> None:
    app = client_for(desk, "localhost").application
    environ = EnvironBuilder("/openapi.json").get_environ()
    assert run_wsgi_app(app, environ.copy())[1] == "200 OK"
    del environ["HTTP_HOST"]
    assert run_wsgi_app(app, environ)[1] == "400 BAD REQUEST"


def test_the_host_that_a_trusted_proxy_forwards_counts(desk: Helpdesk) -> None:
    client = client_for(desk, "desk.example", "127.0.0.1")
    headers = {"Host": "10.0.0.5", "X-Forwarded-Host": "desk.example"}
    assert client.get("/openapi.json", headers=headers).status_code == 200


def test_the_host_that_a_stranger_forwards_does_not_count(desk: Helpdesk) -> None:
    client = client_for(desk, "desk.example", "10.0.0.0/8")
    headers = {"Host": "evil.example", "X-Forwarded-Host": "desk.example"}
    assert client.get("/openapi.json", headers=headers).status_code == 400
