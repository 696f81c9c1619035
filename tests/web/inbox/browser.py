"""A browser without scripts: it follows links, fills in forms and keeps cookies."""

from collections.abc import Mapping
from html.parser import HTMLParser

from flask.testing import FlaskClient
from werkzeug.test import TestResponse


class Seen(HTMLParser):
    """What a page consists of: its tags with their attributes, and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
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

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.tags if name == tag]

    def links(self) -> set[str]:
        """Every address that the page refers to, without what stands behind a #."""
        named = ("href", "src", "action")
        return {
            attributes[name].partition("#")[0]
            for _, attributes in self.tags
            for name in named
            if attributes.get(name, "#")[0] != "#"
        }


class Browser:
    """What someone sees and does in one browser."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client

    def get(self, path: str, **headers: str) -> TestResponse:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.get(path, headers=sent, buffered=True)

    def see(self, path: str) -> Seen:
        answer = self.get(path)
        assert answer.status_code == 200, answer.status
        return Seen(answer.text)

    def token(self, path: str) -> str:
        """The token in the first form of a page."""
        fields = Seen(self.get(path).text).all("input")
        return next(each["value"] for each in fields if each.get("name") == "form_token")

    def send(
        self,
        path: str,
        values: Mapping[str, str | list[str]] | None = None,
        *,
        form: str | None = None,
        **headers: str,
    ) -> TestResponse:
        """Send a form, as it stands on the page `form` or on the one it is sent to."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        data = {"form_token": self.token(form or path), **(values or {})}
        return self.client.post(path, data=data, headers=sent, buffered=True)

    def cookies(self) -> dict[str, str]:
        found = {}
        for name in ("session", "guest", "language", "theme"):
            for prefix in ("", "__Host-"):
                cookie = self.client.get_cookie(f"{prefix}cstar_{name}")
                if cookie is not None:
                    found[cookie.key] = cookie.value
        return found
