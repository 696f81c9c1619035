"""Every page says who may see it, and a form is taken only from a page of ours."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from cstar_core import Helpdesk
from cstar_web.app import create_app
from cstar_web.inbox.declaring import Page, declared_pages, require_pages
from cstar_web.settings import Settings
from tests.documents import read
from tests.web.inbox.browser import Browser

FORM = "/inbox/appearance"


def test_every_page_has_a_name_and_a_place_of_its_own(app: Flask) -> None:
    pages = declared_pages(app)
    assert len({each.name for each in pages}) == len(pages)
    assert len({(each.method, each.rule) for each in pages}) == len(pages)


def test_a_route_without_a_policy_makes_no_inbox(desk: Helpdesk) -> None:
    app = create_app(desk)
    app.add_url_rule("/inbox/forgotten", endpoint="forgotten", view_func=lambda: "")
    with pytest.raises(RuntimeError, match="GET /inbox/forgotten is not declared as a page"):
        require_pages(app)


def test_a_page_for_members_names_their_team(desk: Helpdesk) -> None:
    app = create_app(desk)
    lost = Page(method="GET", path="/inbox/lost", name="lost", access="viewer")
    app.extensions["cstar.pages"].append(lost)
    with pytest.raises(RuntimeError, match="/inbox/lost is for members, and names no team"):
        require_pages(app)


def test_only_what_changes_something_takes_a_form(app: Flask) -> None:
    pages = declared_pages(app)
    assert all(each.method == "POST" for each in pages if each.fields or each.lists)
    assert {each.method for each in pages} == {"GET", "POST"}


@pytest.mark.parametrize("path", ["/inbox", "/inbox/", "/inbox/appearance/", "/inbox/acme"])
def test_a_slash_at_the_end_makes_no_difference(browser: Browser, path: str) -> None:
    answer = browser.get(path)
    assert answer.status_code in (200, 303)
    assert "http" not in answer.headers.get("Location", "")


def test_the_root_leads_to_the_inbox(browser: Browser) -> None:
    answer = browser.get("/")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/inbox/")


def test_the_document_says_for_whom_each_page_is(app: Flask) -> None:
    text = read("docs/inbox.md")
    for each in declared_pages(app):
        assert re.search(
            rf"^\| `{each.method} {re.escape(each.path)}` \| {each.access} ", text, re.M
        )


# --- forgery


def test_a_form_with_its_token_is_taken(browser: Browser) -> None:
    answer = browser.send(FORM, {"language": "de", "theme": "dark"})
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{FORM}?done=appearance")
    assert browser.cookies()["cstar_language"] == "de"


@pytest.mark.parametrize("token", [None, "", "0" * 64, "é" * 8, "x" * 10_000])
def test_a_form_without_its_token_is_refused(browser: Browser, token: str | None) -> None:
    browser.get(FORM)
    data = {"language": "de"} | ({} if token is None else {"form_token": token})
    answer = browser.client.post(FORM, data=data)
    assert answer.status_code == 403
    assert "cstar_language" not in browser.cookies()


def test_a_token_of_another_browser_is_refused(app: Flask, browser: Browser) -> None:
    foreign = Browser(app.test_client()).token(FORM)
    browser.get(FORM)
    answer = browser.client.post(FORM, data={"form_token": foreign, "language": "de"})
    assert answer.status_code == 403


def test_a_script_sends_the_token_in_a_header(browser: Browser) -> None:
    token = browser.token(FORM)
    answer = browser.client.post(FORM, data={"language": "de"}, headers={"X-Form-Token": token})
    assert answer.status_code == 303


@pytest.mark.parametrize(
    ("header", "value", "status"),
    [
        ("Sec-Fetch-Site", "same-origin", 303),
        ("Sec-Fetch-Site", "none", 303),
        ("Sec-Fetch-Site", "same-site", 403),
        ("Sec-Fetch-Site", "cross-site", 403),
        ("Sec-Fetch-Site", "", 403),
        ("Origin", "http://localhost", 303),
        ("Origin", "https://localhost", 303),
        ("Origin", "http://localhost:81", 403),
        ("Origin", "http://localhost.evil.example", 403),
        ("Origin", "http://evil.example", 403),
        ("Origin", "null", 403),
        ("Origin", "http://[", 403),
    ],
)
def test_a_form_comes_from_a_page_of_ours(
    browser: Browser, header: str, value: str, status: int
) -> None:
    token = browser.token(FORM)
    data = {"form_token": token, "language": "de"}
    answer = browser.client.post(FORM, data=data, headers={header: value})
    assert answer.status_code == status


# --- forms


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        ("language=de&language=en", "application/x-www-form-urlencoded", 400),
        ("language=de&color=red", "application/x-www-form-urlencoded", 400),
        ("language=%ff", "application/x-www-form-urlencoded", 400),
        ("language", "application/x-www-form-urlencoded", 400),
        ("language=ü", "application/x-www-form-urlencoded", 400),
        ("&" * 5_000, "application/x-www-form-urlencoded", 400),
        ('{"language": "de"}', "application/json", 415),
        ("language=de", "text/plain", 415),
        ("language=" + "x" * 1_048_576, "application/x-www-form-urlencoded", 413),
        ("", "application/x-www-form-urlencoded", 303),
        ("language=xx&theme=%00", "application/x-www-form-urlencoded", 303),
    ],
)
def test_a_form_that_no_page_would_send_is_refused(
    browser: Browser, body: str, kind: str, status: int
) -> None:
    headers = {"X-Form-Token": browser.token(FORM), "Content-Type": kind}
    answer = browser.client.post(FORM, data=body.encode(), headers=headers)
    assert answer.status_code == status
    assert answer.mimetype == "text/html" or status == 303
    assert "cstar_language" not in browser.cookies()


# --- cookies


def test_a_cookie_is_kept_from_scripts_and_other_sites(client: FlaskClient) -> None:
    cookie = client.get(FORM).headers["Set-Cookie"]
    assert cookie.startswith("cstar_guest=")
    assert {"HttpOnly", "Path=/", "SameSite=Lax"} <= set(cookie.split("; "))
    assert "Secure" not in cookie


def test_over_https_a_cookie_is_bound_to_the_host(client: FlaskClient) -> None:
    cookie = client.get(FORM, base_url="https://localhost").headers["Set-Cookie"]
    assert cookie.startswith("__Host-cstar_guest=")
    assert "Secure" in cookie.split("; ") and "Domain" not in cookie


def test_a_proxy_that_nobody_trusts_makes_no_https(client: FlaskClient) -> None:
    cookie = client.get(FORM, headers={"X-Forwarded-Proto": "https"}).headers["Set-Cookie"]
    assert cookie.startswith("cstar_guest=")


def test_a_trusted_proxy_tells_of_https(desk: Helpdesk) -> None:
    settings = Settings.from_environment(
        {"CSTAR_TRUSTED_PROXIES": "127.0.0.1", "CSTAR_DATABASE": "unused"}
    )
    client = create_app(desk, settings).test_client()
    cookie = client.get(FORM, headers={"X-Forwarded-Proto": "https"}).headers["Set-Cookie"]
    assert cookie.startswith("__Host-cstar_guest=")


def test_a_page_that_needs_no_form_sets_no_cookie(browser: Browser) -> None:
    assert "Set-Cookie" not in browser.get("/inbox/no/such/page").headers
