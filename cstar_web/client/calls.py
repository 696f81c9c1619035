"""One call of the API: as often as it takes, and carried out at most once."""

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime
from itertools import count
from random import SystemRandom
from typing import Any, NamedTuple, NoReturn, TypeVar
from urllib.parse import quote, urlencode
from uuid import uuid4

from cstar_web.client.connections import EVENT_STREAM, Answer, Connections, Request
from cstar_web.client.errors import AnswerError, CStarError, NetworkError, refusal
from cstar_web.client.streams import Told
from cstar_web.names import camel_case
from cstar_web.release import release

Json = Mapping[str, Any]
T = TypeVar("T")

IDEMPOTENCY_KEY, IF_MATCH = "idempotency_key", "if_match"
_FIRST_WAIT, _LAST_WAIT = 0.5, 8.0
# A server or proxy that asks for more than this is better answered by whoever called.
_LONGEST_ASKED = 30.0
# A stream on which nothing happens says so every 15 seconds.
_SILENCE = 45.0
# 408 is also what some proxies say on a kept connection that nobody used, and close it.
_TRIED_AGAIN = (408, 429, 502, 503, 504)
_random = SystemRandom()


class Found(NamedTuple):
    """What a call was answered with: `data`, `meta`, and the object's entity tag."""

    data: Any
    meta: Json
    etag: str | None


class File(NamedTuple):
    """What is uploaded, and what it is said to be."""

    content: bytes
    media_type: str | None


class NewFile(NamedTuple):
    """A file to send along: its name, its bytes, and what it is said to be, such as `image/png`."""

    name: str
    content: bytes
    media_type: str | None = None


class Form(NamedTuple):
    """What goes along with JSON: the name of the part that has that, and the files."""

    part: str
    files: Sequence[NewFile]

    def written(self, body: bytes) -> tuple[str, bytes]:
        """The type of the form, and its bytes, with the JSON in it."""
        mark = uuid4().hex
        pieces = [_part(mark, f'name="{self.part}"', "application/json", body)]
        for name, content, media_type in self.files:
            kind = _header({"media_type": media_type}, "media_type")
            # As browsers write it (WHATWG).
            shown = name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
            named = f'name="attachments"; filename="{shown}"'
            pieces.append(_part(mark, named, kind, content))
        whole = b"".join([*pieces, f"--{mark}--\r\n".encode()])
        return f"multipart/form-data; boundary={mark}", whole


def _part(mark: str, named: str, kind: str | None, content: bytes) -> bytes:
    """A part of a form; without a type the server takes the name's."""
    lines = [f"--{mark}", f"Content-Disposition: form-data; {named}"]
    lines += [f"Content-Type: {kind}"] if kind else []
    return "\r\n".join([*lines, "", ""]).encode() + content + b"\r\n"


class Calls:
    """Makes calls: writes them, sends them, tries again where that can help, reads the answers."""

    def __init__(
        self, connections: Connections, *, retries: int, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._connections = connections
        self._retries = retries
        self._sleep = sleep
        self._agent = f"cstar-client/{release()}"

    def call(
        self,
        method: str,
        path: str,
        query: Json | None = None,
        values: Json | None = None,
        form: Form | None = None,
    ) -> Found:
        """Ask for one thing; raises CStarError.

        Among the values, `idempotency_key` and `if_match` are headers. Every try of a write has the
        same key, so that the server carries out one of them at most. With a ``form`` the values
        are a part of it.
        """
        target = self._target(path, query or {})
        given = dict(values or {})
        headers = {"User-Agent": self._agent, "Accept": "application/json"}
        if method != "GET":
            own = _header(given, IDEMPOTENCY_KEY)
            headers["Idempotency-Key"] = f"client-{uuid4().hex}" if own is None else own
        if IF_MATCH in given:
            headers["If-Match"] = _header(given, IF_MATCH) or _refuse_no_tag()
        body = None if method in ("GET", "DELETE") or values is None else _body(given)
        if body is not None:
            headers["Content-Type"] = "application/json"
        if form is not None:
            headers["Content-Type"], body = form.written(body or b"{}")
        if method != "GET":
            headers["Content-Length"] = str(len(body or b""))
        return self._persist(Request(method, target, headers, body))

    def upload(self, path: str, query: Json, file: File) -> Found:
        """Send a file; raises CStarError. A second try that was not needed makes a second one."""
        headers = {
            "User-Agent": self._agent,
            "Accept": "application/json",
            "Content-Length": str(len(file.content)),
        }
        if (kind := _header({"media_type": file.media_type}, "media_type")) is not None:
            headers["Content-Type"] = kind
        return self._persist(Request("POST", self._target(path, query), headers, file.content))

    def download(self, path: str) -> bytes:
        """The bytes of a file; raises CStarError."""
        headers = {"User-Agent": self._agent, "Accept": "*/*"}
        return self._try(Request("GET", self._target(path, {}), headers, None), _read_file)

    def follow(self, path: str, query: Json) -> Iterator[Any]:
        """What a stream of server-sent events tells, for as long as it is listened to.

        An answer that ends is asked for again, after the last event. Raises CStarError where that
        cannot help, or was in vain as often as a call is tried.
        """
        target, told = self._target(path, query), Told()
        while True:
            try:
                yield from self._listen(target, told)
                wait = told.pause + _random.uniform(0, _FIRST_WAIT)
            except CStarError as error:
                found = self._wait(error, told.failed)
                if found is None:
                    raise
                wait, told.failed = found, told.failed + 1
            self._sleep(wait)

    def _listen(self, target: str, told: Told) -> Iterator[Any]:
        headers = {"User-Agent": self._agent, "Accept": EVENT_STREAM}
        if told.position is not None:
            headers["Last-Event-ID"] = told.position
        with self._connections.stream(Request("GET", target, headers, None), _SILENCE) as answer:
            lines = _refuse_no_stream(answer) if isinstance(answer, Answer) else answer
            told.failed = 0
            # What is cut on its way goes on with the next answer.
            with suppress(NetworkError):
                for data in told.read(lines):
                    yield _decoded(data)

    def _target(self, path: str, query: Json) -> str:
        return self._connections.address.base + path + _query(query)

    def _persist(self, request: Request) -> Found:
        return self._try(request, _read)

    def _try(self, request: Request, read: Callable[[Answer], T]) -> T:
        for tried in count():
            try:
                return read(self._connections.exchange(request))
            except CStarError as error:
                wait = self._wait(error, tried)
                if wait is None:
                    raise
            self._sleep(wait)
        raise AssertionError("counting does not end")

    def _wait(self, error: CStarError, tried: int) -> float | None:
        """How long to wait before the next try; None if there should be none."""
        if tried >= self._retries or not _may_pass(error):
            return None
        if error.retry_after is None:
            wait = min(_LAST_WAIT, _FIRST_WAIT * 2.0**tried)
            return _random.uniform(wait / 2, wait)
        if error.retry_after > _LONGEST_ASKED:
            return None
        # Those who were told the same should not all come at once.
        return error.retry_after + _random.uniform(0, _FIRST_WAIT)


def one(*parts: str) -> str:
    """A path of names and ids; raises ValueError for what cannot be an id.

    >>> one("tickets", "tkt_550e8400e29b41d4a716446655440000")
    '/tickets/tkt_550e8400e29b41d4a716446655440000'
    """
    for part in parts:
        if not part or not part.isascii() or not part.replace("-", "").replace("_", "").isalnum():
            raise ValueError(f"{part!r} is not an id")
    return "".join(f"/{quote(part)}" for part in parts)


def _header(given: dict[str, Any], name: str) -> str | None:
    value: str | None = given.pop(name) if name in given else None
    if value is not None and not (value.isascii() and value.isprintable()):
        raise ValueError(f"{name} must be visible ASCII characters")
    return value


def _refuse_no_tag() -> str:
    raise ValueError("if_match is None: what comes from a list has no etag; get the object first")


def _may_pass(error: CStarError) -> bool:
    """Whether the same request may be answered otherwise a little later."""
    if isinstance(error, NetworkError) or error.code == "IDEMPOTENCY_IN_PROGRESS":
        return True
    return error.status in _TRIED_AGAIN


def _read(answer: Answer) -> Found:
    status, headers, raw, ends = answer
    if 300 <= status < 400:
        place = headers.get("Location", "elsewhere")
        raise AnswerError(f"the server leads to {place}; the key was not sent there", status=status)
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError):
        body = None
    if body is None and not ends:
        # Also what is left of an answer that was cut off among its headers.
        raise NetworkError("no whole answer came: it was cut off", status=status)
    if status >= 400:
        raise refusal(status, headers, body)
    if not isinstance(body, dict) or not isinstance(body.get("meta"), dict) or "data" not in body:
        raise AnswerError("the answer is not one of cStar's; is the url right?", status=status)
    return Found(body["data"], body["meta"], headers.get("ETag"))


def _read_file(answer: Answer) -> bytes:
    if answer.status != 200 or "Content-Disposition" not in answer.headers:
        _read(answer)
        raise AnswerError("the answer is no file of cStar's", status=answer.status)
    if not answer.ends:
        raise NetworkError("no whole answer came: it may be cut off", status=answer.status)
    return answer.body


def _refuse_no_stream(answer: Answer) -> NoReturn:
    _read(answer)
    raise AnswerError("the answer is no stream of events", status=answer.status)


def _decoded(data: str) -> Any:
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        raise AnswerError(f"an event is not JSON: {error}") from error


def public(values: Json) -> dict[str, Any]:
    """The same values under the names of the API."""
    return {camel_case(name): value for name, value in values.items()}


def _body(values: Json) -> bytes:
    return json.dumps(public(values), allow_nan=False, default=_plain).encode()


def _plain(value: object) -> str:
    if isinstance(value, date):
        return _word(value)
    raise TypeError(f"{type(value).__name__} cannot be sent as JSON")


def _query(query: Json) -> str:
    """The filters as the API takes them; None is no filter.

    >>> _query({"status": ["new", "open"], "sort": "-created_at", "cursor": None})
    '?status=new%2Copen&sort=-createdAt'
    >>> _query({"custom_fields": {"seats": {"gte": 10}, "paid": True}})
    '?customFields%5Bseats%5D%5Bgte%5D=10&customFields%5Bpaid%5D=true'
    """
    pairs = [pair for name, value in query.items() for pair in _pairs(name, value)]
    return f"?{urlencode(pairs)}" if pairs else ""


def _pairs(name: str, value: Any) -> Iterator[tuple[str, str]]:
    if value is None:
        return
    called = camel_case(name)
    if name == "custom_fields":
        for key, wanted in value.items():
            bounds = wanted if isinstance(wanted, Mapping) else {None: wanted}
            for bound, limit in bounds.items():
                yield f"{called}[{key}]" + (f"[{bound}]" if bound else ""), _word(limit)
    elif name == "sort":
        yield called, camel_case(value)
    else:
        yield called, _word(value)


def _word(value: Any) -> str:
    """A value as text in a query.

    >>> _word(datetime(2025, 12, 10, 14, 30, tzinfo=UTC)), _word(("new", "open")), _word(2.5)
    ('2025-12-10T14:30:00Z', 'new,open', '2.5')
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError(f"{value!r} has no time zone")
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str | int | float):
        return str(value)
    return ",".join(_word(each) for each in value)
