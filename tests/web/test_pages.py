"""The documentation pages: they work without any other host, and say so to the browser."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from cstar_web.errors import ERRORS

PAGES = ("/docs", "/docs/errors")
STATIC = Path(__file__).parents[2] / "cstar_web" / "static"


class Tags(HTMLParser):
    """The attributes of every tag of a page, and the elements that are inline code."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.attributes: list[tuple[str, str]] = []
        self.names: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def values(self, *names: str) -> list[str]:
        return [value for name, value in self.attributes if name in names]


@pytest.mark.parametrize("page", PAGES)
def test_a_page_refers_to_this_host_only(client: FlaskClient, page: str) -> None:
    links = Tags(client.get(page).text).values("href", "src", "action", "data-specification")
    assert links and all(re.match(r"/(?!/)|#", link) for link in links)


@pytest.mark.parametrize("page", PAGES)
def test_what_a_page_refers_to_exists(client: FlaskClient, page: str) -> None:
    links = Tags(client.get(page).text).values("href", "src", "data-specification")
    targets = {link for link in links if not link.startswith("#")}
    assert {client.get(link, buffered=True).status_code for link in targets} == {200}


@pytest.mark.parametrize("page", PAGES)
def test_a_page_has_no_inline_script_or_style(client: FlaskClient, page: str) -> None:
    tags = Tags(client.get(page).text)
    assert "style" not in tags.names
    assert not [name for name, _ in tags.attributes if name == "style" or name.startswith("on")]
    assert tags.names.count("script") == len([v for v in tags.values("src") if v.endswith(".js")])


@pytest.mark.parametrize("page", PAGES)
def test_a_page_allows_its_own_files_and_nothing_else(client: FlaskClient, page: str) -> None:
    policy = client.get(page).headers["Content-Security-Policy"].split("; ")
    assert policy[0] == "default-src 'none'"
    assert {source for rule in policy for source in rule.split()[1:]} == {
        "'none'",
        "'self'",
        "data:",
    }


@pytest.mark.parametrize("sheet", ["pages.css", "swagger/swagger-ui.css"])
def test_a_stylesheet_loads_no_file(sheet: str) -> None:
    text = (STATIC / sheet).read_text()
    assert "@import" not in text
    assert re.findall(r"url\((?![\"']?data:)[^)]*\)", text) == []


@pytest.mark.parametrize("file", ["swagger/swagger-ui-bundle.js", "swagger/swagger-ui.css"])
def test_no_source_map_is_asked_for(file: str) -> None:
    assert "sourceMappingURL=" not in (STATIC / file).read_text()


def test_the_start_of_the_documentation_names_no_host() -> None:
    script = (STATIC / "docs.js").read_text()
    assert "://" not in script
    assert "validatorUrl: null" in script


def test_the_licence_travels_with_swagger_ui() -> None:
    shipped = {path.name for path in (STATIC / "swagger").iterdir()}
    assert {"LICENSE", "NOTICE", "swagger-ui-bundle.js.LICENSE.txt"} <= shipped


def test_every_error_code_is_an_anchor(client: FlaskClient) -> None:
    assert set(ERRORS) <= set(Tags(client.get("/docs/errors").text).values("id"))


def test_the_link_in_an_error_leads_to_its_anchor(client: FlaskClient) -> None:
    link = client.get("/api/v1/auth/whoami").get_json()["error"]["doc_url"]
    page, _, anchor = link.removeprefix("http://localhost").partition("#")
    assert anchor in Tags(client.get(page).text).values("id")


def test_the_page_of_errors_shows_backticks_as_code(client: FlaskClient) -> None:
    html = client.get("/docs/errors").text
    assert "`" not in html
    assert "<code>Retry-After</code>" in html


def test_a_host_cannot_smuggle_markup_into_the_page(client: FlaskClient) -> None:
    answer = client.get("/docs/errors", headers={"Host": 'x"><script>alert(1)</script>'})
    assert "<script>alert" not in answer.text


def test_the_description_is_not_sent_again_while_it_is_the_same(client: FlaskClient) -> None:
    tag = client.get("/openapi.json").headers["ETag"]
    again = client.get("/openapi.json", headers={"If-None-Match": tag})
    assert (again.status_code, again.data) == (304, b"")


def test_the_description_names_no_host_but_in_examples(client: FlaskClient) -> None:
    text = re.sub(r"http://localhost:8000/docs/errors#\w+", "", client.get("/openapi.json").text)
    named = re.findall(r"https?://([A-Za-z0-9.-]+)", text)
    assert [host for host in named if not host.endswith("example.com")] == []
    assert json.loads(text)["servers"][0]["url"] == "/"
