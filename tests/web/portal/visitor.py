"""Who comes to the customers' pages: reads them, fills in the form and sends it."""

from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.web.inbox.browser import Seen
from tests.web.vocabulary import ManualClock

NEW = "/t/acme/new"
FILLED = {
    "name": "Jane",
    "email": "jane@example.com",
    "title": "Help",
    "content": "It broke.",
}


class Page(Seen):
    """A page taken apart."""

    def __init__(self, html: str) -> None:
        super().__init__(html)
        self.html = html

    def any(self, *tags: str) -> list[dict[str, str]]:
        """The attributes of all tags of these names."""
        return [attributes for name, attributes in self.tags if name in tags]

    def one(self, name: str) -> dict[str, str]:
        """The control of this name."""
        found = self.any("input", "select", "textarea")
        return next(each for each in found if each.get("name") == name)

    @property
    def ids(self) -> list[str]:
        return [each["id"] for _, each in self.tags if "id" in each]


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
