"""Who comes to the customers' pages: reads them, fills in the form and sends it."""

from html.parser import HTMLParser
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.web.vocabulary import ManualClock

NEW = "/t/acme/new"
FILLED = {
    "name": "Jane",
    "email": "jane@example.com",
    "title": "Help",
    "content": "It broke.",
}


class Page(HTMLParser):
    """A page taken apart: its tags with their attributes, and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.html = html
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.words: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    def all(self, *tags: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.tags if name in tags]

    def one(self, name: str) -> dict[str, str]:
        """The control of this name."""
        found = self.all("input", "select", "textarea")
        return next(each for each in found if each.get("name") == name)

    @property
    def ids(self) -> list[str]:
        return [each["id"] for _, each in self.tags if "id" in each]

    def part(self, tag: str) -> str:
        """What stands between the first and the last of a tag."""
        return self.html.partition(f"<{tag}")[2].rpartition(f"</{tag}>")[0]


class Visitor:
    """A browser that keeps nothing."""

    def __init__(self, client: FlaskClient, clock: ManualClock) -> None:
        self._client = client
        self._clock = clock

    def get(self, path: str, **headers: str) -> TestResponse:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return self._client.get(path, headers=sent, buffered=True)

    def see(self, path: str, **headers: str) -> Page:
        answer = self.get(path, **headers)
        assert answer.status_code == 200, answer.status
        return Page(answer.text)

    def post(self, path: str, values: Any, **options: Any) -> TestResponse:
        return self._client.post(path, data=values, buffered=True, **options)

    def stamp(self) -> str:
        """The stamp of a form that is open for ten seconds."""
        stamp = self.see(NEW).one("stamp")["value"]
        self._clock.tick(seconds=10)
        return stamp

    def write(self, **more: Any) -> TestResponse:
        """Fill in the form and send it."""
        return self.post(NEW, {"stamp": self.stamp(), **FILLED, **more})

    def link(self, **more: Any) -> str:
        """The path of the page of a ticket just made."""
        answer = self.write(**more)
        assert answer.status_code == 303, answer.text
        return answer.headers["Location"].partition("?")[0]

    def answer(self, path: str, content: str, **more: Any) -> TestResponse:
        """Send an answer from a ticket's page."""
        once = self.see(path).one("once")["value"]
        return self.post(path, {"once": once, "content": content, **more})
