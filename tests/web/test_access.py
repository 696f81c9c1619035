"""The access log: what a line says of a request, and what it never says."""

import json
import re
from typing import Any

import pytest
from flask.testing import FlaskClient

from cstar_core import Helpdesk
from cstar_web.access import AccessLog
from cstar_web.app import create_app
from cstar_web.settings import Settings
from cstar_web.watch import Watch
from tests.web.sockets import ask, running
from tests.web.vocabulary import Api, Keyring

LINE = re.compile(
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z INFO cstar\.access: "
    r"(?P<pairs>[a-z]+=\S+(?: [a-z]+=\S+)*)\n"
)
PROXY = "127.0.0.1"

# What a client may choose, and what would break a line or a terminal.
HOSTILE = [
    "/api/v1/teams/acme/tickets/tkt_%0a2026-01-01T00:00:00.000Z INFO forged",
    "/%1b[2J%07",
    "/\u202eevil",
    "/nope%0d%0astatus=200",
    "/api/v1/teams/a%22b/tickets?search=secret%0aword",
]


class Written:
    """A log in memory, and clients of an app that writes it."""

    def __init__(self, desk: Helpdesk, settings: Settings) -> None:
        self.lines: list[bytes] = []
        log = AccessLog(self.lines.append, settings.log_format)
        self.watch = Watch(settings, log=log)
        self.app = create_app(desk, settings, self.watch)

    @property
    def client(self) -> FlaskClient:
        return self.app.test_client()

    @property
    def last(self) -> dict[str, str]:
        """The last line, as its names and values."""
        found = LINE.fullmatch(self.lines[-1].decode())
        assert found, self.lines[-1]
        return dict(pair.split("=", 1) for pair in found["pairs"].split(" "))


@pytest.fixture
def written(desk: Helpdesk) -> Written:
    return Written(desk, Settings())


@pytest.fixture
def caller(written: Written, keyring: Keyring) -> Api:
    """A client with a secret live key, of the app that is watched."""
    return Api(written.client, keyring.secret)


def test_a_request_has_one_line(desk: Helpdesk, written: Written, caller: Api) -> None:
    ticket = caller.ticket()
    written.lines.clear()
    answer = caller.get(f"/tickets/{ticket['id']}", headers={"X-Request-Id": "my-request"})

    assert len(written.lines) == 1
    line = written.last
    assert float(line.pop("ms")) > 0
    assert line == {
        "request": "my-request",
        "key": desk.keys.list("acme")[0].id,
        "method": "GET",
        "route": "/api/v1/teams/{team}/tickets/{ticketId}",
        "status": "200",
        "bytes": str(len(answer.raw)),
        "client": "127.0.0.1",
    }


def test_a_request_id_that_the_server_made_is_the_one_in_the_answer(
    written: Written, caller: Api
) -> None:
    answer = caller.get("/tickets")
    assert written.last["request"] == answer.headers["X-Request-Id"]


def test_a_refused_request_has_its_code(written: Written, caller: Api) -> None:
    caller.get("/tickets/tkt_" + "0" * 32)
    assert (written.last["status"], written.last["code"]) == ("404", "RESOURCE_MISSING")


def test_without_a_key_that_exists_the_line_names_none(written: Written) -> None:
    written.client.get("/api/v1/auth/whoami", headers={"Authorization": "Bearer sk_live_x"})
    assert (written.last["key"], written.last["status"]) == ("-", "401")


@pytest.mark.parametrize(
    ("method", "path", "route"),
    [
        ("GET", "/nope", "-"),
        ("PUT", "/api/v1/auth/whoami", "-"),
        ("GET", "/healthz", "/healthz"),
        ("HEAD", "/healthz", "/healthz"),
        ("OPTIONS", "/healthz", "/healthz"),
        ("GET", "/docs/errors", "/docs/errors"),
        ("GET", "/docs/static/nope.js", "/docs/static/{filename}"),
        ("GET", "/openapi.json", "/openapi.json"),
    ],
)
def test_the_route_is_a_template(written: Written, method: str, path: str, route: str) -> None:
    written.client.open(path, method=method)
    assert (written.last["method"], written.last["route"]) == (method, route)


@pytest.mark.parametrize(
    ("method", "etag"), [("HEAD", None), ("GET", '"v1"')], ids=["HEAD", "not modified"]
)
def test_an_answer_without_a_body_has_no_bytes(
    written: Written, caller: Api, method: str, etag: str | None
) -> None:
    url = f"{caller.base}/tickets/{caller.ticket()['id']}"
    caller.send(method, url, headers={"If-None-Match": etag} if etag else {})
    assert written.last["bytes"] == "0"


def test_a_method_that_does_not_exist_is_not_quoted(written: Written) -> None:
    written.client.open("/healthz", method="BREW")
    assert written.last["method"] == "OTHER"


@pytest.mark.parametrize("path", HOSTILE)
@pytest.mark.parametrize("log_format", ["text", "json"])
def test_no_path_can_forge_a_line(desk: Helpdesk, path: str, log_format: str) -> None:
    written = Written(desk, Settings(log_format=log_format))
    written.client.get(path, headers={"X-Request-Id": "a b", "User-Agent": "\x1b[31m"})

    (line,) = written.lines
    assert line.count(b"\n") == 1 and line.endswith(b"\n")
    assert not any(byte < 0x20 or byte > 0x7E for byte in line[:-1])
    assert b"forged" not in line and b"evil" not in line and b"secret" not in line


@pytest.mark.parametrize(
    ("forwarded", "client"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8::1", "2001:db8::1"),
        ("192.0.2.7\x1b[2J", "-"),
        ("x" * 65, "-"),
        ("a\nb", "-"),
        ('"', "-"),
        ("", PROXY),
    ],
)
def test_the_client_is_the_one_that_a_trusted_proxy_names(
    desk: Helpdesk, forwarded: str, client: str
) -> None:
    settings = Settings.from_environment({"CSTAR_TRUSTED_PROXIES": PROXY})
    written = Written(desk, settings)
    written.client.get("/healthz", environ_overrides={"HTTP_X_FORWARDED_FOR": forwarded})
    assert written.last["client"] == client


def test_a_stranger_cannot_choose_the_client(written: Written) -> None:
    written.client.get("/healthz", headers={"X-Forwarded-For": "192.0.2.7"})
    assert written.last["client"] == "127.0.0.1"


def test_a_line_of_json_has_the_same_in_it(desk: Helpdesk, keyring: Keyring) -> None:
    written = Written(desk, Settings(log_format="json"))
    caller = Api(written.client, keyring.publishable)
    caller.post("/tickets", {"title": "x"}, headers={"X-Request-Id": "mine"})

    entry: dict[str, Any] = json.loads(written.lines[-1])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", entry.pop("time"))
    assert entry.pop("ms") > 0 and entry.pop("bytes") > 100
    assert entry == {
        "level": "info",
        "logger": "cstar.access",
        "message": "POST /api/v1/teams/{team}/tickets 403",
        "requestId": "mine",
        "keyId": desk.keys.list("acme")[1].id,
        "method": "POST",
        "route": "/api/v1/teams/{team}/tickets",
        "status": 403,
        "client": "127.0.0.1",
        "code": "insufficient_permissions",
    }


def test_what_is_not_known_is_null_in_json(desk: Helpdesk) -> None:
    written = Written(desk, Settings(log_format="json"))
    written.client.get("/nope")
    entry = json.loads(written.lines[-1])
    assert (entry["keyId"], entry["route"]) == (None, None)


def test_a_failure_of_the_server_has_a_line_too(written: Written) -> None:
    def fail() -> str:
        raise LookupError("not for strangers")

    written.app.add_url_rule("/fail", view_func=fail)
    written.client.get("/fail")
    assert (written.last["status"], written.last["code"]) == ("500", "INTERNAL_ERROR")


def test_a_log_that_cannot_be_written_fails_no_request(desk: Helpdesk) -> None:
    def broken(line: bytes) -> None:
        raise BrokenPipeError(32, "Broken pipe")

    watch = Watch(Settings(), log=AccessLog(broken, "text"))
    client = create_app(desk, Settings(), watch).test_client()
    assert client.get("/healthz").status_code == 200


def test_what_the_server_refuses_before_the_app_has_a_line(written: Written) -> None:
    with running(application=written.app, watch=written.watch) as address:
        ask(address, b"GET / HTTP/1.1\r\nX-Request-Id: mine\r\n\r\n")

    line = written.last
    assert float(line.pop("ms")) >= 0 and int(line.pop("bytes")) > 100
    assert line == {
        "request": "mine",
        "key": "-",
        "method": "GET",
        "route": "-",
        "status": "400",
        "client": "127.0.0.1",
        "code": "REQUEST_INVALID",
    }


@pytest.mark.parametrize("sent", [b"\x16\x03\x01\x02\r\n\r\n", b"G\x1b[2J / HTTP/1.1\r\n\r\n"])
def test_no_malformed_request_can_forge_a_line(written: Written, sent: bytes) -> None:
    with running(application=written.app, watch=written.watch) as address:
        ask(address, sent)

    assert (written.last["method"], written.last["status"]) == ("OTHER", "400")
