"""What each peer is asked while it is measured, and what it must answer before."""

import base64
import json
import random
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import islice
from operator import itemgetter
from pathlib import Path
from typing import Any

from scripts.benchmark.data import SEED
from scripts.benchmark.operations import UNIQUE, Call
from scripts.benchmark.peers.rows import Export

ASKED_FOR = 5_000
# Each takes django-helpdesk the longer the more tickets there are.
CHECKED_SLOWLY = 2
# django-helpdesk's numbers of statuses and of a priority.
_OPEN, _DUPLICATE, _NORMAL = 1, 5, 3


@dataclass(frozen=True)
class Check:
    """What a part of an answer must be."""

    path: str
    part: Callable[[Any], object]
    expected: object


@dataclass(frozen=True)
class Plan:
    """The requests by operation, and the checks."""

    requests: dict[str, list[Call]]
    checks: list[Check]

    def write(self, folder: Path, headers: Mapping[str, str]) -> None:
        """The files that the load generator's script reads."""
        lines = [f"{name}: {value}" for name, value in headers.items()]
        _write(folder / "headers", lines)
        for operation, requests in self.requests.items():
            _write(folder / operation, [request.line for request in requests])


def like_product(rows: Export, base: str = "") -> Plan:
    """Of an API with the product's paths and shapes, such as the product itself."""
    tickets = f"{base}/tickets"
    ids = _asked_for(rows)
    filtered = f"{tickets}?status=open&priority=normal"
    requests = {
        "floor": [Call("GET", "/floor")],
        "get": [Call("GET", f"{tickets}/{id}") for id in ids],
        "list": [Call("GET", filtered)],
        "search": [Call("GET", f"{tickets}?search={word}") for word in rows.words],
        "patch": [
            _call("PATCH", f"{tickets}/{id}", {"status": status, "notes": f"note {UNIQUE}"})
            for status in ("open", "pending")
            for id in ids
        ],
        "create": [_call("POST", tickets, body) for body in rows.bodies],
    }
    checks = [Check(filtered, _total, rows.open_normal)]
    for id, contents in rows.messages.items():
        checks.append(Check(f"{tickets}/{id}", _contents, contents))
    for word, found in rows.found.items():
        checks.append(Check(f"{tickets}?search={word}", _found, found))
    return Plan(requests, checks)


def django_helpdesk(rows: Export) -> Plan:
    """Of django-helpdesk: its REST API, and for what that lacks the data of its ticket page."""
    keys = [rows.numbers[id] for id in _asked_for(rows)]
    tickets = "/api/tickets/"
    listed = _page({"filtering": {"status__in": [_OPEN], "priority__in": [_NORMAL]}})
    requests = {
        "floor": [Call("GET", "/floor")],
        "get": [Call("GET", f"{tickets}{key}/") for key in keys],
        "list": [Call("GET", f"{tickets}?status={_OPEN}&page_size=20")],
        "list-page": [Call("GET", listed)],
        "search": [Call("GET", _page({"search_string": word})) for word in rows.words],
        "patch": [
            _call("PATCH", f"{tickets}{key}/", {"status": status, "resolution": f"note {UNIQUE}"})
            for status in (_OPEN, _DUPLICATE)
            for key in keys
        ],
        "create": [_call("POST", tickets, _new_ticket(body)) for body in rows.bodies],
    }
    checks = [Check(listed, itemgetter("recordsFiltered"), rows.open_normal)]
    for id, contents in islice(rows.messages.items(), CHECKED_SLOWLY):
        checks.append(Check(f"{tickets}{rows.numbers[id]}/", _comments, sorted(contents)))
    return Plan(requests, checks)


def _page(query: dict[str, Any]) -> str:
    """The address that fills the ticket page's table: 20 rows, newest first, with the total."""
    whole = json.dumps({"sorting": "created", "sortreverse": True, **query})
    encoded = base64.b64encode(whole.encode()).decode()
    return f"/datatables_ticket_list/{encoded}?draw=1&start=0&length=20"


def _new_ticket(body: Mapping[str, Any]) -> dict[str, Any]:
    fields = {f"custom_{key}": value for key, value in body["customFields"].items()}
    text = {"title": body["title"], "description": body["initialMessage"]}
    return {"queue": 1, "priority": _NORMAL, **text, **fields}


def _comments(answer: Any) -> object:
    return sorted(follow_up["comment"] for follow_up in answer["followup_set"])


def _asked_for(rows: Export) -> list[str]:
    """Tickets from everywhere, in no order, but always the same ones."""
    pick = random.Random(SEED)  # noqa: S311 - test data
    return pick.sample(list(rows.numbers), min(ASKED_FOR, len(rows.numbers)))


def _call(method: str, path: str, body: Mapping[str, Any]) -> Call:
    return Call(method, path, json.dumps(body))


def _total(answer: Any) -> object:
    return answer["meta"]["pagination"]["total"]


def _found(answer: Any) -> object:
    return _total(answer), [ticket["id"] for ticket in answer["data"]]


def _contents(answer: Any) -> object:
    return [message["content"] for message in answer["data"]["messages"]]


def _write(path: Path, lines: Iterable[str]) -> None:
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
