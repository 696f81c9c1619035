"""Requests with ugly values in each parameter of each route, and what must hold of the answers."""

import itertools
import json
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from flask import Flask
from werkzeug.test import EnvironBuilder, run_wsgi_app

from cstar_core import Helpdesk, Workspace, parse_tags
from cstar_web.errors import ERRORS
from cstar_web.operations import Operation, operations
from cstar_web.shapes import public_names
from scripts.trials import ugly
from scripts.trials.objects import is_there, made, needed

Json = dict[str, Any]

FIELDS: dict[str, tuple[Json, Any]] = {
    "note": ({"type": "text"}, "left at the door"),
    "seats": ({"type": "number"}, 12),
    "region": ({"type": "select", "options": ["EU", "US"]}, "EU"),
    "parts": ({"type": "multiselect", "options": ["frame", "fork"]}, ["fork"]),
    "due": ({"type": "date"}, "2026-02-28"),
    "paid": ({"type": "boolean"}, True),
}
_HEADERS = ("If-Match", "If-None-Match", "Idempotency-Key", "X-Request-Id", "Content-Type", "Host")
_FILTERS = 10_000
# Values that are allowed, so that what comes after them is reached too.
_INSTANTS = ("2025-12-10T14:30:00Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999-00:00")
_ASKED: Mapping[str, Sequence[str]] = {
    "page": ("1", "2", str(2**53)),
    "pageSize": ("1", "2", "100"),
    "status": ("new", "new,open,pending,resolved,closed", "open,open"),
    "priority": ("low", "urgent,high"),
    "assignedTo": ("none",),
    "sort": ("createdAt", "-updatedAt", "number", "-priority", "name", "relevance"),
    "expand": ("customer",),
    "entityType": ("tickets", "customers"),
    "types": ("ticket.*", "ticket.created,customer.*"),
} | dict.fromkeys(("createdAfter", "createdBefore", "updatedAfter", "updatedBefore"), _INSTANTS)
_CHOSEN: Mapping[str, Sequence[Any]] = {
    "status": ("new", "open", "pending", "resolved", "closed"),
    "priority": ("low", "normal", "high", "urgent"),
    "sender": ("agent", "customer", "system"),
    "role": ("owner", "agent", "viewer"),
    "type": ("text", "number", "select", "multiselect", "date", "boolean"),
    "entityType": ("tickets", "customers"),
    "isInternal": (True, False),
    "required": (False,),
    "public": (False, True),
    "archived": (True, False),
    "position": (0, 1, 3.0, 1_000_000),
    "customerId": (None,),
    "assignedTo": (None,),
}
_MEDIA_TYPES = ("application/octet-stream", "text/plain", "text/html", "image/png", "a/b")
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Answer:
    """What the app said."""

    status: int
    headers: Mapping[str, str]
    raw: bytes

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.raw)


@dataclass
class Fuzzer:
    """One team with something of everything, and what was wrong with the answers."""

    desk: Helpdesk
    app: Any
    pick: random.Random
    sent: int = 0
    written: int = 0
    failed: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        flask: Flask = getattr(self.app, "flask", self.app)
        self._operations = operations(flask)
        self.team = f"team-{next(_numbers)}"
        self.desk.teams.create("Fuzz", slug=self.team)
        made = self.desk.keys.create(self.team, type="secret", environment="live")
        self._key = made.secret
        self._rooms: Workspace = self.desk.workspace(self.team)
        self._ids: dict[str, str] = {}
        self._cursors: dict[str, str | None] = {}
        for entity, (key, (definition, _)) in itertools.product(
            ("tickets", "customers"), FIELDS.items()
        ):
            self._rooms.custom_fields.create(name=key, key=key, entity_type=entity, **definition)

    def round(self) -> None:
        """One request to each operation."""
        for operation in self._operations:
            self.try_operation(operation)

    def try_operation(self, operation: Operation) -> None:
        """A request that is right but for one or two things, and the answer looked over."""
        path = self._path(operation)
        query = self._query(operation)
        body, given = self._body(operation)
        headers = self._media_type(operation) | self._headers()
        answer = self.send(operation.method, path, query, body, headers)
        self._note(operation, path, query, body, answer)
        if operation.paged and answer.status == 200:
            self._cursors[operation.name] = answer.json["meta"]["nextCursor"]
        # What is only done to something (merge, rotate) has no address to be read again.
        is_kept = answer.status == 201 or (operation.method, answer.status) == ("PATCH", 200)
        if given is not None and operation.body and is_kept:
            self._read_back(operation, path, given, answer)

    def send(
        self,
        method: str,
        path: str,
        query: str = "",
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Ask the app, each time from another address."""
        self.sent += 1
        builder = EnvironBuilder(method=method, input_stream=None, data=body)
        environ = builder.get_environ()
        number = self.sent % 2**24
        environ |= {
            # Both are bytes to WSGI, written as if they were Latin-1.
            "PATH_INFO": path.encode("utf-8", "surrogatepass").decode("latin-1"),
            "QUERY_STRING": query,
            "REMOTE_ADDR": f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}",
            "HTTP_AUTHORIZATION": f"Bearer {self._key}",
            "CONTENT_TYPE": "application/json",
        }
        for name, text in (headers or {}).items():
            key = name.upper().replace("-", "_")
            environ[key if key == "CONTENT_TYPE" else f"HTTP_{key}"] = text
        chunks, status, sent = run_wsgi_app(self.app, environ, buffered=True)
        return Answer(int(status.split()[0]), dict(sent), b"".join(chunks))

    def many_filters(self) -> Iterator[Answer]:
        """Lists with ten thousand filters of each kind."""
        base = f"/api/v1/teams/{self.team}"
        kinds = {
            "/tickets": (
                "&".join(f"tag=t{n}" for n in range(_FILTERS)),
                "&".join(f"customFields[k{n}]=1" for n in range(_FILTERS)),
                "&".join(f"customFields[seats][{how}]=1" for how in ["gte"] * _FILTERS),
                "status=" + ",".join(["open"] * _FILTERS),
                "&".join(f"x{n}=1" for n in range(_FILTERS)),
                "search=" + "%20".join(["a"] * 249),
                "search=" + "%20".join(["-a"] * 165),
                "&" * _FILTERS,
            ),
            "/customers": ("&".join(f"tag=t{n}" for n in range(_FILTERS)),),
            "/events": ("types=" + ",".join(["ticket.*"] * _FILTERS),),
        }
        for path, queries in kinds.items():
            for query in queries:
                answer = self.send("GET", base + path, query)
                self._check("GET", path, query, b"", answer)
                yield answer

    def _path(self, operation: Operation) -> str:
        values: dict[str, str] = {"team": self.team}
        for name in operation.parameters:
            if name != "team":
                values[name] = self._existing(name)
        if values and operation.parameters and self.pick.random() < 0.05:
            values[self.pick.choice(operation.parameters)] = ugly.text(self.pick)
        return operation.path.format_map(values)

    def _existing(self, name: str) -> str:
        if name not in self._ids or not is_there(self._rooms, name, self._ids[name]):
            self._ids[name] = made(self._rooms, name, self._existing)
        return self._ids[name]

    def _query(self, operation: Operation) -> str:
        names = list(public_names(operation.query).values()) if operation.query else []
        pairs = []
        for name in self.pick.sample(names, min(len(names), self.pick.choice((0, 1, 1, 2, 3)))):
            pairs.append((name, self._asked(operation, name)))
        if operation.name == "uploadAttachment" and not pairs:
            pairs.append(("name", "made.txt"))
        if self.pick.random() < 0.05:
            pairs.append((ugly.text(self.pick), ugly.text(self.pick)))
        return "&".join(f"{self._encode(name)}={self._encode(text)}" for name, text in pairs)

    def _asked(self, operation: Operation, name: str) -> str:
        if name == "cursor":
            return ugly.cursor(self.pick, self._cursors.get(operation.name))
        if name in _ASKED and self.pick.random() < 0.7:
            return self.pick.choice(_ASKED[name])
        if name in ("ticketId", "customerId", "mailboxId") and self.pick.random() < 0.7:
            return self._existing(name)
        return ugly.text(self.pick)

    def _encode(self, text: str) -> str:
        if text == "customFields":
            key = self.pick.choice([*FIELDS, ugly.text(self.pick)])
            how = self.pick.choice(["", "", "[gte]", "[lt]", "[]", f"[{ugly.text(self.pick)}]"])
            text = f"customFields[{key}]{how}"
        if self.pick.random() < 0.03:
            return text.encode().decode("latin-1").replace("&", "").replace("#", "")
        if self.pick.random() < 0.03:
            return "%FF%FE%C0%AF" + quote(text)
        return quote(text, safe="[]")

    def _body(self, operation: Operation) -> tuple[bytes | None, Json | None]:
        """The body, and what it says if it can be read."""
        if operation.upload:
            return ugly.upload(self.pick), None
        if not operation.body:
            return None, None
        if self.pick.random() < 0.03:
            return ugly.body(self.pick), None
        names = list(public_names(operation.body).values())
        parts = needed(operation, self._rooms, self._existing)
        wrong = self.pick.sample(names, min(len(names), self.pick.choice((1, 1, 1, 2, 3))))
        parts |= {name: self._value(name) for name in wrong}
        if self.pick.random() < 0.02:
            parts[ugly.text(self.pick)] = ugly.fragment(self.pick)
        raw = "{" + ",".join(f"{json.dumps(name)}:{part}" for name, part in parts.items()) + "}"
        try:
            return raw.encode("utf-8", "surrogatepass"), dict(json.loads(raw))
        except (ValueError, RecursionError):
            return raw.encode("utf-8", "surrogatepass"), None

    def _value(self, name: str) -> str:
        """An ugly value, mostly of the kind that the field takes, so that it may be accepted."""
        if self.pick.random() < 0.2:
            return ugly.fragment(self.pick)
        if name in _CHOSEN and self.pick.random() < 0.8:
            return json.dumps(self.pick.choice(_CHOSEN[name]))
        if name in ("customerId", "assignedTo"):
            return json.dumps(self._existing("customerId" if name == "customerId" else "memberId"))
        if name == "to":
            return json.dumps(made(self._rooms, "ticketId", self._existing))
        if name == "attachments":
            return json.dumps([self._existing("attachmentId")])
        some = range(self.pick.choice((1, 2, 5)))
        if name in ("metadata", "renameOptions"):
            depth = 0 if name == "renameOptions" else 3
            return json.dumps({ugly.text(self.pick): ugly.value(self.pick, depth) for _ in some})
        if name in ("name", "title", "content", "senderName", "initialMessage", "customerName"):
            return json.dumps(f"{ugly.text(self.pick)}.")
        if name in ("tags", "options"):
            return json.dumps([ugly.text(self.pick) for _ in some])
        if name == "customFields":
            values = {key: value for key, (_, value) in FIELDS.items()}
            values |= {
                "note": ugly.text(self.pick),
                "seats": ugly.value(self.pick, 0),
                self.pick.choice(list(FIELDS)): ugly.value(self.pick),
            }
            return json.dumps(values)
        if name in ("email", "customerEmail"):
            return json.dumps(f"{ugly.text(self.pick)}{next(_numbers)}@{ugly.text(self.pick)}")
        return json.dumps(ugly.text(self.pick))

    def _media_type(self, operation: Operation) -> dict[str, str]:
        if operation.upload == "*/*":
            return {"Content-Type": self.pick.choice(_MEDIA_TYPES)}
        return {"Content-Type": operation.upload} if operation.upload else {}

    def _headers(self) -> dict[str, str]:
        if self.pick.random() > 0.1:
            return {}
        text = ugly.text(self.pick).replace("\r", "").replace("\n", "")
        return {self.pick.choice(_HEADERS): text.encode().decode("latin-1")}

    def _note(
        self, operation: Operation, path: str, query: str, body: bytes | None, answer: Answer
    ) -> None:
        whole = operation.download and answer.status == 200
        self._check(operation.method, path, query, body or b"", answer, bare=whole)

    def _check(
        self, method: str, path: str, query: str, body: bytes, answer: Answer, *, bare: bool = False
    ) -> None:
        for line in _broken(answer, bare=bare or method == "HEAD"):
            shown = f"{method} {path[:200]!r}?{query[:300]!r} {body[:300]!r}"
            self.failed.append(f"{line}: {shown}")

    def _read_back(self, operation: Operation, path: str, given: Json, answer: Answer) -> None:
        """What was accepted is what is shown, at once and when it is read again."""
        self.written += 1
        made = answer.json["data"]
        problems = [f"answered: {line}" for line in differences(given, made)]
        if made["object"] == "message":
            again = self.send("GET", path)
            read = next(each for each in again.json["data"] if each["id"] == made["id"])
        else:
            again = self.send("GET", f"{path}/{made['id']}" if answer.status == 201 else path)
            read = again.json["data"]
        if made.get("required"):
            # Else nothing could be made any more.
            self._rooms.custom_fields.update(made["id"], required=False)
        problems += [f"read again: {line}" for line in differences(given, read)]
        self.changed += [f"{operation.name}: {line}" for line in problems]


def differences(given: Json, shown: Json) -> Iterator[str]:
    """Where an object does not show what was sent to make or change it."""
    for name, value in given.items():
        if name in ("metadata", "customFields"):
            for key, each in value.items():
                kept = shown[name].get(key)
                if _exactly(kept) != _exactly(each):
                    yield f"{name}.{key!r}: {each!r} became {kept!r}"
            continue
        if name == "archived":
            now: Any = shown["archivedAt"] is not None
        elif name == "initialMessage":
            if value is None:
                continue
            now = shown["messages"][0]["content"]
        elif name == "attachments":
            value, now = value or [], [each["id"] for each in shown[name]]
        elif _is_decided_elsewhere(name, value, given):
            continue
        else:
            now = shown.get(name, value)
        if _exactly(_expected(name, value)) != _exactly(now):
            yield f"{name}: {value!r} became {now!r}"


def _is_decided_elsewhere(name: str, value: Any, given: Json) -> bool:
    """Whether another value says what is shown here, or a default does."""
    if name == "customerId":
        return value is None and bool(given.get("customerName") or given.get("customerEmail"))
    if name in ("customerName", "senderName"):
        return value is None or bool(given.get("customerId") or given.get("customerEmail"))
    return False


def _expected(name: str, value: Any) -> Any:
    if name == "tags":
        return list(parse_tags(value))
    if name in ("customerId", "assignedTo") and isinstance(value, str):
        prefix = "cus_" if name == "customerId" else "mem_"
        return prefix + value.removeprefix(prefix).replace("-", "").lower()
    if name == "position" and isinstance(value, float):
        return int(value)
    return value


def _exactly(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


def _broken(answer: Answer, *, bare: bool) -> Iterator[str]:
    """What is wrong with an answer whatever was asked."""
    if answer.status >= 500:
        yield f"status {answer.status}"
    if answer.status in (204, 304) or bare:
        return
    if answer.headers.get("Content-Type", "").startswith("text/event-stream"):
        if not answer.raw.startswith(b"retry: "):
            yield "no stream of events"
        return
    try:
        body = answer.json
        if body["success"] is not (answer.status < 400):
            yield "success does not agree with the status"
        if answer.status >= 400 and body["error"]["code"] not in ERRORS:
            yield "an unknown code"
        if body["meta"]["requestId"] != answer.headers["X-Request-Id"]:
            yield "another request id in the header"
    except (ValueError, KeyError, TypeError) as error:
        yield f"no envelope ({error})"


def failures(tried: Sequence[Fuzzer]) -> list[str]:
    """Everything that was wrong."""
    return [line for each in tried for line in (*each.failed, *each.changed)]
