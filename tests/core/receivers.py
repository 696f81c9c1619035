"""Receivers for the tests of webhooks: each notes what it gets and answers as it is told."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from cstar_core import Delivery, Helpdesk, Pace, Webhook, Workspace

URL = "https://example.com/hook"
# As the default, without chance.
PACE = Pace(jitter=0)


@dataclass(frozen=True)
class Got:
    """What came back from a receiver."""

    status: int | None = 200
    body: bytes = b"fine"
    error: str | None = None
    seconds: float = 0.25


@dataclass(frozen=True)
class Request:
    """One request as a receiver sees it."""

    url: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def title(self) -> Any:
        return self.json["data"].get("title")


@dataclass
class Receiver:
    """Takes everything, and answers what ``answer`` says, by default that it is fine."""

    answer: Callable[[Request], Got] = lambda request: Got()
    requests: list[Request] = field(default_factory=list)

    def __call__(self, url: str, headers: Mapping[str, str], body: bytes) -> Got:
        request = Request(url, dict(headers), body)
        self.requests.append(request)
        return self.answer(request)

    @property
    def types(self) -> list[str]:
        return [request.json["type"] for request in self.requests]

    @property
    def ids(self) -> list[str]:
        return [request.json["id"] for request in self.requests]


def refusing(status: int | None = 500) -> Receiver:
    """A receiver that answers with this status, or not at all."""
    error = "no answer" if status is None else None
    return Receiver(lambda request: Got(status, b"no", error))


def deliver(desk: Helpdesk, receiver: Receiver) -> int:
    return desk.deliver_due(receiver, pace=PACE)


def only(acme: Workspace, hook: Webhook, **query: str) -> Delivery:
    """The one delivery that there is."""
    page = acme.webhooks.deliveries(hook.id, **query)
    assert page.total == 1
    return page.items[0]


def rows(desk: Helpdesk) -> dict[str, int]:
    """How many rows there are of webhooks and of what they were sent."""
    with desk._store.snapshot() as snap:
        return {
            table: snap.sql(f"SELECT count(*) FROM {table}")[0][0]  # noqa: S608
            for table in ("webhooks", "deliveries", "attempts")
        }
