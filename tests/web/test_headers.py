"""The headers that protect whoever reads an answer: on every answer, whoever made it."""

from collections import defaultdict
from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient

from cstar_core import Helpdesk
from cstar_web.app import create_app
from cstar_web.metrics import metrics_app
from cstar_web.settings import Settings
from cstar_web.watch import Watch
from tests.web.policy import ROUTES, whole_path
from tests.web.sockets import Address, ask, running

PROTECTED = {
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
ANSWERS = {
    **{name: (route.method, whole_path(route)) for name, route in ROUTES.items()},
    "unknown": ("GET", "/nope"),
    "unknown static": ("GET", "/docs/static/nope.js"),
    "wrong method": ("PUT", "/healthz"),
    "preflight": ("OPTIONS", "/healthz"),
    "head": ("HEAD", "/docs"),
    "failure": ("GET", "/fail"),
}
PAGES = ["pages.docs", "pages.errors", "pages.static", "pages.openapi"]


@pytest.fixture
def app(desk: Helpdesk) -> Flask:
    def fail() -> str:
        raise LookupError("not for strangers")

    app = create_app(desk, Settings(metrics_token="0123456789abcdef"))
    app.add_url_rule("/fail", view_func=fail)
    return app


@pytest.fixture
def address(desk: Helpdesk) -> Iterator[Address]:
    """A server that answers with its numbers, and refuses what is malformed."""
    with running(application=metrics_app(desk, Watch(Settings()).counters, "")) as found:
        yield found


@pytest.mark.parametrize("name", ANSWERS)
def test_every_answer_is_protected(client: FlaskClient, name: str) -> None:
    method, path = ANSWERS[name]
    with client.open(
        path.format_map(defaultdict(lambda: "x", team="acme")), method=method
    ) as answer:
        assert {each: answer.headers.get(each) for each in PROTECTED} == PROTECTED
        policy = answer.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; ")
        assert "frame-ancestors 'none'" in policy and "unsafe" not in policy
        assert len(answer.headers.getlist("Content-Security-Policy")) == 1
        assert answer.headers["Cache-Control"]


@pytest.mark.parametrize("name", PAGES)
def test_the_pages_keep_other_hosts_away(client: FlaskClient, name: str) -> None:
    with client.get(ANSWERS[name][1]) as answer:
        assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"


@pytest.mark.parametrize("line", ["GET /metrics", "GET /nope", "POST /metrics", "GET / HTTP/9"])
def test_what_is_answered_without_the_app_is_protected_too(address: Address, line: str) -> None:
    version = "" if "HTTP" in line else " HTTP/1.1"
    sent = f"{line}{version}\r\nHost: a\r\nConnection: close\r\n\r\n"
    head = ask(address, sent.encode()).decode().partition("\r\n\r\n")[0]
    assert all(f"\r\n{name}: {value}" in head for name, value in PROTECTED.items())
    assert "\r\nContent-Security-Policy: default-src 'none'; frame-ancestors 'none'" in head
