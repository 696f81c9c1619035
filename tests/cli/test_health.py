"""`cstar health`: what it says of servers that work, that do not, and that are none."""

import json
import socket
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from tests.cli.commands import run, serving


class Handler(BaseHTTPRequestHandler):
    """Answers with the status and the body that the port's server was given."""

    def do_GET(self) -> None:
        status, body = self.server.answer  # type: ignore[attr-defined]
        self.send_response(status)
        self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def other() -> Iterator[ThreadingHTTPServer]:
    """A server that is another program's."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, args=(0.01,)).start()
        yield server
        server.shutdown()


def url_of(server: ThreadingHTTPServer) -> str:
    return f"http://127.0.0.1:{server.server_port}"


def free_port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as sock:
        port: int = sock.getsockname()[1]
        return port


def test_a_server_that_can_write_is_well(database: Path) -> None:
    with serving("--json", "--database", str(database)) as (_, screen):
        url = json.loads(screen)["url"]
        asked = [run("health", url), run("health", f"{url}/", "--alive")]

    assert [each.exit_code for each in asked] == [0, 0]
    assert [each.stdout for each in asked] == [f"{url}/readyz: ok\n", f"{url}/healthz: ok\n"]


def test_the_server_of_the_settings_is_asked_if_none_is_named(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving("--json", "--database", str(database)) as (_, screen):
        monkeypatch.setenv("CSTAR_PORT", json.loads(screen)["url"].rpartition(":")[2])
        monkeypatch.setenv("CSTAR_HOST", "0.0.0.0")
        asked = run("health", "--json")

    told = json.loads(asked.stdout)
    assert (asked.exit_code, told["ok"], told["status"]) == (0, True, 200)
    assert told["url"].startswith("http://127.0.0.1:")


def test_a_host_that_the_server_does_not_answer_for_can_ask_for_its_health(database: Path) -> None:
    args = ("--json", "--database", str(database), "--allowed-hosts", "desk.example.com")
    with serving(*args) as (_, screen):
        assert run("health", json.loads(screen)["url"]).exit_code == 0


def test_a_server_that_cannot_write_is_alive_but_not_well(database: Path) -> None:
    with serving("--json", "--database", str(database)) as (_, screen):
        url = json.loads(screen)["url"]
        with closing(sqlite3.connect(database, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            ready = run("health", url, "--json", "--timeout", "20")
            alive = run("health", url, "--alive")
            other.execute("ROLLBACK")

    told = json.loads(ready.stdout)
    assert (ready.exit_code, told["ok"], told["status"]) == (1, False, 503)
    assert "BUSY" in told["error"]
    assert alive.exit_code == 0


def test_nobody_there_is_one_line_and_exit_code_1() -> None:
    url = f"http://127.0.0.1:{free_port()}"
    asked = run("health", url)

    assert asked.exit_code == 1
    remedy = "does the server run, and is this where it listens?"
    assert asked.output == f"{url}/readyz: Connection refused; {remedy}\n"


OTHERS: list[tuple[int, bytes]] = [
    (200, b"hello"),
    (200, b'{"status": "ok"}'),
    (200, b'{"success": true, "data": {"status": "starting"}}'),
    (200, b"\xff\xfe"),
    (200, b"[" * 4_000),
    (301, b""),
    (404, b'{"success": true, "data": {"status": "ok"}}'),
]


@pytest.mark.parametrize(("status", "body"), OTHERS)
def test_what_another_program_answers_is_not_well(
    other: ThreadingHTTPServer, status: int, body: bytes
) -> None:
    other.answer = status, body  # type: ignore[attr-defined]
    asked = run("health", url_of(other))

    assert asked.exit_code == 1
    assert f"answered {status}, which is not what a cStar server says" in asked.output


def test_a_server_that_never_answers_is_given_up_in_time() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        asked = run("health", f"http://127.0.0.1:{silent.getsockname()[1]}", "--timeout", "1")

    assert asked.exit_code == 1
    assert "no answer within 1 s" in asked.output


MISUSED: list[tuple[tuple[str, ...], dict[str, str], str]] = [
    (("desk.example.com",), {}, "URL must begin with http:// or https://"),
    (("http://127.0.0.1:8000/desk",), {}, "without a path"),
    (("http://127.0.0.1:8000?x=1",), {}, "without a path"),
    (("http://ada:secret@127.0.0.1:8000",), {}, "URL must not have a user or password"),
    (("http://127.0.0.1:99999",), {}, "URL must be a URL such as"),
    (("http://127.0.0.1:8000", "--timeout", "0"), {}, "1<=x<=60"),
    (("http://127.0.0.1:8000", "--timeout", "nan"), {}, "'nan' is not a valid integer"),
    ((), {"CSTAR_PORT": "0"}, "CSTAR_PORT is 0, any free port"),
    ((), {"CSTAR_PROT": "1"}, "did you mean CSTAR_PORT?"),
]


@pytest.mark.parametrize(("args", "environ", "message"), MISUSED)
def test_wrong_use_is_exit_code_2_and_says_what_is_allowed(
    args: tuple[str, ...], environ: dict[str, Any], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    asked = run("health", *args)

    assert asked.exit_code == 2
    assert message in asked.stderr and asked.stdout == ""
