"""What the tests of the API talk about: keys, a client that holds one, and an answer."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

NOTHING = "00000000-0000-4000-8000-000000000000"


@dataclass(frozen=True)
class Keyring:
    """A key of each kind, for the team acme unless it says other."""

    secret: str
    publishable: str
    test: str
    other: str


class ManualClock:
    """A clock that only moves when it is told to."""

    def __init__(self) -> None:
        self.now = datetime(2025, 12, 10, 14, 30, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def tick(self, **span: float) -> None:
        self.now += timedelta(**span)


class Answer:
    """What the API answered."""

    def __init__(self, response: TestResponse) -> None:
        self.status = response.status_code
        self.headers = response.headers
        self.raw = response.get_data()

    @property
    def json(self) -> Any:
        return json.loads(self.raw)

    @property
    def data(self) -> Any:
        assert self.json["success"] is True, self.raw
        return self.json["data"]

    @property
    def error(self) -> Any:
        assert self.json["success"] is False, self.raw
        return self.json["error"]

    @property
    def refusal(self) -> tuple[int, str, str]:
        """Status, code and message of an error."""
        return self.status, self.error["code"], self.error["message"]

    @property
    def problems(self) -> list[str]:
        """Everything that was wrong, each as its message."""
        return [each["message"] for each in self.error.get("errors", [self.error])]

    @property
    def ids(self) -> list[str]:
        return [each["id"] for each in self.data]

    @property
    def titles(self) -> list[str]:
        return [each["title"] for each in self.data]


class Api:
    """A client of one team's data that holds one key."""

    def __init__(self, client: FlaskClient, key: str | None, team: str = "acme") -> None:
        self.client = client
        self.key = key
        self.base = f"/api/v1/teams/{team}"

    def send(self, method: str, url: str, **options: Any) -> Answer:
        headers = dict(options.pop("headers", {}))
        if self.key is not None:
            headers.setdefault("Authorization", f"Bearer {self.key}")
        return Answer(self.client.open(url, method=method, headers=headers, **options))

    def get(self, path: str, **options: Any) -> Answer:
        return self.send("GET", self.base + path, **options)

    def post(self, path: str, body: object, **options: Any) -> Answer:
        return self.send("POST", self.base + path, json=body, **options)

    def patch(self, path: str, body: object, **options: Any) -> Answer:
        return self.send("PATCH", self.base + path, json=body, **options)

    def delete(self, path: str, **options: Any) -> Answer:
        return self.send("DELETE", self.base + path, **options)

    def upload(self, path: str, content: bytes = b"hi", name: str = "a.txt", **options: Any) -> Any:
        """A file just uploaded."""
        url = f"{self.base}{path}"
        query = {"name": name}
        return self.send("POST", url, query_string=query, data=content, **options).data

    def mail(self, raw: bytes, **options: Any) -> Any:
        """A mail just handed over."""
        kind = "message/rfc822"
        return self.send("POST", f"{self.base}/mail", data=raw, content_type=kind, **options).data

    def ticket(self, title: str = "Cannot log in", **body: Any) -> Any:
        """A ticket just made."""
        return self.post("/tickets", {"title": title, **body}).data

    def customer(self, name: str = "Jane Smith", **body: Any) -> Any:
        """A customer just made."""
        return self.post("/customers", {"name": name, **body}).data

    def member(self, name: str = "Ada Park", email: str = "ada@example.com") -> Any:
        """A member just added."""
        return self.post("/members", {"name": name, "email": email}).data

    def custom_field(self, key: str, type: str, entity: str = "tickets", **body: Any) -> Any:
        """A custom field just defined."""
        made = {"name": key.title(), "key": key, "type": type, "entityType": entity, **body}
        return self.post("/custom-fields", made).data
