"""nginx and Caddy with the samples of docs/deploy: what reaches the server, and what comes back."""

import http.client
import json
import ssl
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from threading import Thread
from typing import Any

import pytest

from cstar_core import Helpdesk
from cstar_web.errors import ERRORS
from tests.cli.commands import serving, stop
from tests.deploy.proxies import COMMANDS, Proxy, proxying
from tests.deploy.samples import NAME, need
from tests.web.sockets import wait_until

pytestmark = pytest.mark.no_cover

FORGED = {
    "X-Forwarded-For": "203.0.113.9",
    "X-Forwarded-Host": "evil.example",
    "X-Forwarded-Proto": "http",
    "Forwarded": "for=203.0.113.9;host=evil.example;proto=http",
}
TICKETS = "/api/v1/teams/acme/tickets"
TOKEN = "token-of-the-metrics"


@dataclass(frozen=True)
class Desk:
    """A server behind a proxy, its port, a key to it, and where its log goes."""

    proxy: Proxy
    port: int
    key: str
    log: list[str]

    def create(self, title: str, **headers: str) -> tuple[int, Any]:
        body = {"title": title, "customerName": "Jane", "initialMessage": "It does not work."}
        given = {**self.authorized, "Content-Type": "application/json", **headers}
        status, _, answer = self.proxy.ask("POST", TICKETS, body, given)
        return status, json.loads(answer)

    @property
    def authorized(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.key}"}


@pytest.fixture(scope="module", params=COMMANDS)
def desk(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Desk]:
    need(f"{request.param} in front of the server", request.param, "openssl")
    folder = tmp_path_factory.mktemp(request.param)
    database = folder / "acme.db"
    with Helpdesk.open(database) as made:
        made.teams.create("Acme")
        key = made.keys.create("acme", type="secret", environment="live").secret
    args = ("--json", "--database", str(database), "--trusted-proxies", "127.0.0.1")
    beside = ("--metrics-token", TOKEN)
    with serving(*args, *beside, "--allowed-hosts", NAME) as (server, screen):
        port = int(json.loads(screen)["url"].rpartition(":")[2])
        assert server.stderr
        log: list[str] = []
        reader = Thread(target=log.extend, args=(server.stderr,))
        reader.start()
        with proxying(request.param, folder, port) as proxy:
            yield Desk(proxy, port, key, log)
        stop(server)
        reader.join()


def test_the_proxy_has_nothing_to_say_against_the_sample(desk: Desk) -> None:
    done = desk.proxy.check()

    assert done.returncode == 0, done.stderr
    assert "[warn]" not in done.stderr and '"warn"' not in done.stderr


def test_a_ticket_is_made_and_found_over_https(desk: Desk) -> None:
    status, made = desk.create("Cannot log in")
    _, _, found = desk.proxy.ask("GET", f"{TICKETS}?search=log%20in", headers=desk.authorized)

    assert status == 201
    assert [each["id"] for each in json.loads(found)["data"]] == [made["data"]["id"]]


def test_the_server_answers_for_the_name_and_scheme_that_the_client_used(desk: Desk) -> None:
    _, _, answer = desk.proxy.ask("GET", f"{TICKETS}/nothing", headers=FORGED)

    assert json.loads(answer)["error"]["doc_url"].startswith(f"https://{NAME}/docs/errors")


def test_the_address_that_the_proxy_sees_is_logged_and_not_one_that_a_client_made_up(
    desk: Desk,
) -> None:
    _, headers, _ = desk.proxy.ask("GET", "/healthz", headers=FORGED, source="127.0.0.7")
    request = f"request={headers['X-Request-Id']} "
    wait_until(lambda: any(request in line for line in desk.log))

    (line,) = (line for line in desk.log if request in line)
    assert "client=127.0.0.7" in line


def test_failed_keys_are_counted_for_the_real_address(desk: Desk) -> None:
    wrong = {"Authorization": "Bearer sk_live_wrong"}
    tried = [
        desk.proxy.ask(
            "GET",
            TICKETS,
            headers={**wrong, "X-Forwarded-For": f"203.0.113.{n}"},
            source="127.0.0.8",
        )[0]
        for n in range(32)
    ]

    assert (tried[0], tried[-1]) == (401, 429)
    assert desk.proxy.ask("GET", TICKETS, headers=wrong, source="127.0.0.9")[0] == 401


def test_browsers_are_told_to_come_by_https_only(desk: Desk) -> None:
    for path in ("/healthz", "/nowhere"):
        _, headers, _ = desk.proxy.ask("GET", path)
        assert headers.get_all("Strict-Transport-Security") == ["max-age=31536000"]


def test_http_is_sent_to_https(desk: Desk) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", desk.proxy.http, timeout=5)
    with closing(connection):
        connection.request("GET", "/docs?x=1", headers={"Host": NAME})
        answer = connection.getresponse()

    assert answer.status == 308
    assert answer.headers["Location"].startswith(f"https://{NAME}")
    assert answer.headers["Location"].endswith("/docs?x=1")


def test_another_name_is_not_served(desk: Desk) -> None:
    with pytest.raises(ssl.SSLError), closing(desk.proxy.connect(name="evil.example")):
        pass


def test_a_body_that_is_too_large_is_refused_in_the_form_of_the_api(desk: Desk) -> None:
    given = {**desk.authorized, "Content-Type": "application/json"}
    status, headers, answer = desk.proxy.ask("POST", TICKETS, b" " * (2 * 1024 * 1024), given)

    told = json.loads(answer)
    assert status == 413
    assert headers.get_content_type() == "application/json"
    assert told["success"] is False
    assert told["error"]["code"] == "PAYLOAD_TOO_LARGE"
    assert told["error"]["type"] == ERRORS["PAYLOAD_TOO_LARGE"].type
    assert told["meta"]["requestId"] == headers["X-Request-Id"] == told["error"]["request_id"]


def test_the_largest_body_that_the_server_takes_passes(desk: Desk) -> None:
    body = b'{"title": "x"}'.ljust(1024 * 1024)
    given = {**desk.authorized, "Content-Type": "application/json"}

    assert desk.proxy.ask("POST", TICKETS, body, given)[0] == 201


def test_a_long_query_passes(desk: Desk) -> None:
    path = f"{TICKETS}?search={'x' * 30_000}"
    status, _, answer = desk.proxy.ask("GET", path, headers=desk.authorized)

    assert status == 400
    assert json.loads(answer)["error"]["param"] == "search"


def test_an_event_arrives_while_the_stream_is_open(desk: Desk) -> None:
    with closing(desk.proxy.connect()) as connection:
        request = f"GET /api/v1/teams/acme/events/stream HTTP/1.1\r\nHost: {NAME}\r\n"
        connection.sendall(f"{request}Authorization: Bearer {desk.key}\r\n\r\n".encode())
        with connection.makefile("rb") as lines:
            assert b" 200 " in next(lines)
            _await(lines, b"id: ")
            _, made = desk.create("Heard at once")
            _await(lines, b"event: ticket.created")
            assert made["data"]["id"].encode() in next(lines)


def _await(lines: Iterator[bytes], beginning: bytes) -> None:
    """Read up to a line; the socket's timeout ends a wait for what is held back."""
    assert any(line.startswith(beginning) for line in lines)


@pytest.mark.parametrize(
    "path", ["/metrics", "//metrics", "/%6detrics", "/./metrics", "/x/..//metrics", "/metrics?x"]
)
def test_the_numbers_are_not_shown(desk: Desk, path: str) -> None:
    given = {"Authorization": f"Bearer {TOKEN}"}

    assert desk.proxy.ask("GET", path, headers=given)[0] == 404


def test_the_numbers_would_be_shown_without_the_proxy(desk: Desk) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", desk.port, timeout=5)
    with closing(connection):
        given = {"Authorization": f"Bearer {TOKEN}", "Host": NAME}
        connection.request("GET", "//metrics", headers=given)
        assert connection.getresponse().status == 200
