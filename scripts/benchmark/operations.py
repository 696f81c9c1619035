"""The operations that are measured, as the requests of a client; over HTTP and in-process alike."""

import json
import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from scripts.benchmark.data import Data

FLOOR = "floor"
FLOOR_PATH = "/floor"
PAGE_SIZE = 20
DEEPEST_PAGE = 10_000
# Whatever sends the requests writes another number here each time.
UNIQUE = "{unique}"
_NEW_TICKETS = 2_000


@dataclass(frozen=True, slots=True)
class Call:
    """One request."""

    method: str
    path: str
    body: str = ""

    @property
    def line(self) -> str:
        """As the load generator reads it."""
        return f"{self.method}\t{self.path}\t{self.body}"


@dataclass(frozen=True)
class Material:
    """What requests are made of: a data set, and ids and cursors of a desk that holds it.

    `ids` are of tickets spread evenly over all of them.
    """

    data: Data
    base: str
    ids: Sequence[str]
    cursors: Sequence[str]
    events: Sequence[str]

    @property
    def read_ids(self) -> Sequence[str]:
        """The tickets that are read and changed."""
        return self.ids[::2]

    @property
    def written_ids(self) -> Sequence[str]:
        """The tickets that get further messages, so that those that are read stay as long."""
        return self.ids[1::2]

    @property
    def deep_page(self) -> int:
        """The number of the deepest page that is asked for: the 10,000th, or the last."""
        return max(1, min(DEEPEST_PAGE, self.data.size // PAGE_SIZE))


@dataclass(frozen=True)
class Operation:
    """One operation: what it is called in tables, and its requests."""

    label: str
    calls: Callable[[Material], Iterable[Call]]


def _list(query: str) -> Callable[[Material], list[Call]]:
    return lambda material: [Call("GET", f"{material.base}/tickets?{query}")]


def _get(material: Material) -> Iterator[Call]:
    for id in material.read_ids:
        yield Call("GET", f"{material.base}/tickets/{id}")


def _list_cursor(material: Material) -> Iterator[Call]:
    for cursor in material.cursors:
        yield Call("GET", f"{material.base}/tickets?cursor={quote(cursor)}")


def _list_deep(material: Material) -> Iterator[Call]:
    yield Call("GET", f"{material.base}/tickets?page={material.deep_page}")


def _search(words: Callable[[Data], Sequence[str]]) -> Callable[[Material], Iterator[Call]]:
    def calls(material: Material) -> Iterator[Call]:
        for word in words(material.data):
            yield Call("GET", f"{material.base}/tickets?search={word}")

    return calls


def _patch(material: Material) -> Iterator[Call]:
    for status in ("open", "pending"):
        body = {"status": status, "notes": f"note {UNIQUE}"}
        for id in material.read_ids:
            yield Call("PATCH", f"{material.base}/tickets/{id}", _json(body))


def _create(material: Material) -> Iterator[Call]:
    for entry in material.data.new_tickets(_NEW_TICKETS):
        body = {
            "title": entry["title"],
            "tags": entry["tags"],
            "customFields": entry["custom_fields"],
            "initialMessage": entry["initial_message"],
        }
        yield Call("POST", f"{material.base}/tickets", _json(body))


def _message(material: Material) -> Iterator[Call]:
    body = _json({"content": "Thank you, we are looking into it."})
    for id in material.written_ids:
        yield Call("POST", f"{material.base}/tickets/{id}/messages", body)


def _events(material: Material) -> Iterator[Call]:
    for id in material.events:
        yield Call("GET", f"{material.base}/events?after={id}")


def _customers(material: Material) -> list[Call]:
    return [Call("GET", f"{material.base}/customers")]


def _json(body: dict[str, Any]) -> str:
    return json.dumps(body, separators=(",", ":"))


OPERATIONS: dict[str, Operation] = {
    "get": Operation("get a ticket with its messages", _get),
    "list": Operation("list by status and priority", _list("status=open&priority=normal")),
    "list_cursor": Operation("list on from a cursor", _list_cursor),
    "list_deep": Operation("list page 10,000, or the last", _list_deep),
    "search": Operation("search an ordinary word", _search(lambda d: d.ordinary_words)),
    "search_common": Operation("search a very common word", _search(lambda d: d.common_words)),
    "search_rare": Operation("search a rare word", _search(lambda d: d.rare_words)),
    "search_none": Operation("search a word that no ticket has", _search(lambda d: d.absent_words)),
    "patch": Operation("change a ticket", _patch),
    "create": Operation("create a ticket", _create),
    "message": Operation("add a message", _message),
    "events": Operation("list events after one", _events),
    "customers": Operation("list customers", _customers),
}


def calls_of(operation: str, material: Material) -> list[Call]:
    """The requests of an operation (or the floor), in an order without a pattern."""
    if operation == FLOOR:
        return [Call("GET", FLOOR_PATH)]
    found = list(OPERATIONS[operation].calls(material))
    random.Random(operation).shuffle(found)  # noqa: S311 - an order, not a secret
    return found
