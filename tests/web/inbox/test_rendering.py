"""What every page of the inbox has in common: its headers, and that it needs no other host."""

import gzip
import re
from importlib import resources

import pytest
from flask import Flask, abort

from cstar_web.inbox.files import files
from tests.web.inbox.browser import Browser, Seen

PAGES = ("/inbox/appearance", "/inbox/no/such/page")


@pytest.mark.parametrize("path", PAGES)
def test_a_page_lets_a_browser_do_no_more_than_it_needs(browser: Browser, path: str) -> None:
    headers = browser.get(path).headers
    policy = dict(
        rule.partition(" ")[::2] for rule in headers["Content-Security-Policy"].split("; ")
    )
    assert policy.pop("default-src") == "'none'"
    assert set(policy.values()) == {"'self'", "'none'"}
    assert policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert policy["form-action"] == "'self'"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("path", PAGES)
def test_a_page_has_no_style_and_no_script_in_it(browser: Browser, path: str) -> None:
    seen = Seen(browser.get(path).text)
    assert not seen.all("style")
    assert all("src" in script for script in seen.all("script"))
    assert not [name for _, each in seen.tags for name in each if re.match(r"on|style$", name)]


@pytest.mark.parametrize("path", PAGES)
def test_all_that_a_page_refers_to_is_here(browser: Browser, path: str) -> None:
    links = Seen(browser.get(path).text).links()
    assert links and all(re.match(r"/(?!/)", link) for link in links)
    assert {browser.get(link).status_code for link in links} <= {200, 303}


def test_all_that_pages_bring_along_is_small() -> None:
    sent = sum(len(file.packed) for file in files().values())
    assert sent < 60_000
    assert sum(len(file.plain) for file in files().values()) < 170_000


# --- files


@pytest.mark.parametrize("name", sorted(files()))
def test_a_file_may_be_kept_for_ever(browser: Browser, name: str) -> None:
    answer = browser.get(f"/inbox/static/{files()[name].address}")
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.data == files()[name].plain
    assert "Set-Cookie" not in answer.headers


def test_a_file_is_compressed_for_who_takes_that(browser: Browser) -> None:
    path = f"/inbox/static/{files()['app.css'].address}"
    plain, packed = browser.get(path), browser.get(path, Accept_Encoding="br, gzip")
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == plain.data
    assert packed.headers["ETag"] != plain.headers["ETag"]
    assert packed.headers["Vary"] == plain.headers["Vary"] == "Accept-Encoding"


@pytest.mark.parametrize("encoding", ["gzip", "identity"])
def test_a_file_that_is_there_already_is_not_sent_again(browser: Browser, encoding: str) -> None:
    path = f"/inbox/static/{files()['app.css'].address}"
    tag = browser.get(path, Accept_Encoding=encoding).headers["ETag"]
    again = browser.get(path, Accept_Encoding=encoding, If_None_Match=tag)
    assert (again.status_code, again.data) == (304, b"")


@pytest.mark.parametrize(
    "name",
    ["app.css", "app.000000000000.css", "..%2f__init__.py", "LICENSE.htmx", "a" * 5_000, "%00"],
)
def test_no_other_file_is_given_away(browser: Browser, name: str) -> None:
    assert browser.get(f"/inbox/static/{name}").status_code == 404


def test_each_licence_travels_with_what_it_is_for() -> None:
    folder = resources.files("cstar_web.inbox").joinpath("static")
    names = {each.name for each in folder.iterdir()}
    assert {"LICENSE.htmx", "LICENSE.lucide"} <= names
    assert "LICENSE.htmx" in files()["htmx.js"].plain.decode()[:100]
    assert "LICENSE.lucide" in files()["icons.svg"].plain.decode()[:200]


# --- what went wrong


def test_a_failure_in_the_inbox_is_a_page(browser: Browser) -> None:
    answer = browser.get("/inbox/no/such/page")
    assert (answer.status_code, answer.mimetype) == (404, "text/html")
    assert "There is nothing here" in Seen(answer.text).text


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "POST"])
def test_a_method_that_a_page_does_not_take_is_told(browser: Browser, method: str) -> None:
    answer = browser.client.open("/inbox/", method=method)
    assert (answer.status_code, answer.mimetype) == (405, "text/html")
    assert "GET" in answer.headers["Allow"]


@pytest.mark.parametrize("path", ["/inboxes", "/Inbox/", "/api/v1/inbox/", "/t"])
def test_a_failure_elsewhere_stays_an_envelope(browser: Browser, path: str) -> None:
    answer = browser.get(path)
    assert (answer.status_code, answer.mimetype) == (404, "application/json")


def test_what_nobody_foresaw_tells_no_more_than_where_to_look(app: Flask) -> None:
    def fail() -> None:
        abort(500, "a secret")

    app.add_url_rule("/inbox/fails", endpoint="fails", view_func=fail)
    answer = Browser(app.test_client()).get("/inbox/fails")
    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert answer.headers["X-Request-Id"] in answer.text
