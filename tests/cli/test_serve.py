"""`cstar serve` in a process of its own: what it says first, and that what it says works."""

import http.client
import json
import shlex
import socket
import sqlite3
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from cstar_core import Helpdesk
from tests.cli.commands import fetch, run, serving, stop
from tests.web.sockets import wait_until
from tests.web.test_server import needs_ipv6


def crowd(host: str, port: int) -> None:
    """Two connections of which one is cut."""
    with ExitStack() as stack:
        first, _ = (
            stack.enter_context(socket.create_connection((host, port), timeout=5)) for _ in "ab"
        )
        assert first.recv(1) == b""


def follow(screen: str) -> Any:
    """Do what the curl line on the first screen says."""
    line = next(line for line in screen.splitlines() if line.strip().startswith("curl"))
    _, flag, header, url = shlex.split(line)
    assert (flag, header.split()[:2]) == ("-H", ["Authorization:", "Bearer"])
    return fetch(url, header.split()[2])


def test_the_first_screen_shows_where_things_are(database: Path) -> None:
    with serving("--database", str(database)) as (_, screen):
        url = screen.split()[3]

        assert fetch(f"{url}/healthz")
        assert all(each in screen for each in (f"{url}/docs", str(database), "Acme (acme)"))


def test_the_demo_server_can_be_tried_at_once(tmp_path: Path) -> None:
    with serving("--demo", "--database", "demo.db") as (server, screen):
        assert follow(screen)["meta"]["pagination"]["total"] > 10
        assert "pk_live_" in screen and "only now" in screen
        assert stop(server) == 0
    assert {path.name for path in tmp_path.iterdir()} == {
        *("demo.db", "demo.db-reserve", "demo.db-webhooks")
    }


def test_the_demo_server_can_be_tried_again(database: Path) -> None:
    with serving("--demo", "--database", str(database)) as (_, screen):
        assert follow(screen)["success"] is True
    with Helpdesk.open(database) as desk:
        (key,) = desk.keys.list("acme")

    assert key.name == "serve --demo"
    assert key.expires_at == key.created_at + timedelta(hours=24)


def test_a_program_can_read_where_the_server_is(database: Path) -> None:
    with serving("--demo", "--json", "--database", str(database)) as (_, screen):
        told = json.loads(screen)
        tickets = f"{told['url']}/api/v1/teams/{told['teamSlug']}/tickets"

        assert fetch(tickets, told["secretKey"])["success"] is True
    assert told["docsUrl"] == f"{told['url']}/docs"


def test_keys_made_and_revoked_meanwhile_count_at_once(
    database: Path, cstar_json: Callable[..., Any]
) -> None:
    with serving("--json", "--database", str(database)) as (_, screen):
        whoami = json.loads(screen)["url"] + "/api/v1/auth/whoami"
        made = cstar_json("key", "create", "acme", "--type", "secret", "--environment", "live")
        assert fetch(whoami, made["key"])["data"]["teamSlug"] == "acme"
        cstar_json("key", "revoke", made["keyId"])

        with pytest.raises(urllib.error.HTTPError, match="401") as refused:
            fetch(whoami, made["key"])
        refused.value.close()


@pytest.mark.parametrize("processes", ["1", "2"])
def test_when_a_key_was_used_is_kept_when_the_server_stops(
    database: Path, cstar: Callable[..., str], cstar_json: Callable[..., Any], processes: str
) -> None:
    made = cstar_json("key", "create", "acme", "--type", "secret", "--environment", "live")
    with serving("--json", "--processes", processes, "--database", str(database)) as (
        server,
        screen,
    ):
        assert fetch(json.loads(screen)["url"] + "/api/v1/auth/whoami", made["key"])
        assert cstar_json("key", "list", "acme")[0]["lastUsedAt"] is None
        assert "no use known" in cstar("key", "list", "acme")
        assert stop(server) == 0
    used = cstar_json("key", "list", "acme")[0]["lastUsedAt"]
    assert used >= cstar_json("key", "list", "acme")[0]["createdAt"]
    assert f"used {used[:10]} {used[11:16]}" in cstar("key", "list", "acme")


def test_a_taken_port_is_one_line(database: Path) -> None:
    with serving("--json", "--database", str(database)) as (_, screen):
        port = json.loads(screen)["url"].rpartition(":")[2]
        again = subprocess.run(
            [sys.executable, "-m", "cstar_web", "serve", "--port", port],
            capture_output=True,
            text=True,
            timeout=20,
        )

    assert again.returncode == 1
    assert again.stderr == (
        f"cstar: port {port} on 127.0.0.1 is already taken; choose another with --port\n"
    )


def metrics(told: Any) -> str:
    with urllib.request.urlopen(told["metricsUrl"], timeout=5) as answer:
        text: str = answer.read().decode()
        return text


def test_the_numbers_of_several_processes_are_whole(database: Path) -> None:
    args = ("--json", "--database", str(database), "--metrics-address", "127.0.0.1:0")
    with serving(*args, "--processes", "2", "--access-log", "off") as (server, screen):
        told = json.loads(screen)
        with ThreadPoolExecutor(4) as pool:
            found = list(pool.map(fetch, [f"{told['url']}/healthz"] * 40))
        shown = {metrics(told).partition("# HELP cstar_http_request_d")[0] for _ in range(8)}
        subprocess.run(["pkill", "-KILL", "-P", str(server.pid)])
        wait_until(lambda: fetch_or_none(f"{told['url']}/healthz"))
        after = metrics(told)

    line = 'cstar_http_requests_total{route="/healthz",method="GET",status="200"} '
    assert len(found) == 40
    assert len(shown) == 1 and f"{line}40\n" in shown.pop()
    assert f"{line}41\n" in after


def fetch_or_none(url: str) -> Any:
    try:
        return fetch(url)
    except (OSError, http.client.HTTPException):
        return None


def test_the_first_screen_says_where_the_numbers_are(database: Path) -> None:
    token = "0123456789abcdef"
    args = ("--database", str(database))
    with serving(*args, CSTAR_METRICS_TOKEN=token) as (server, screen):
        stop(server)
    assert f"{screen.split()[3]}/metrics" in screen.split()
    assert token not in screen


def test_a_taken_address_for_the_numbers_is_one_line(database: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        args = ("--port", "0", "--database", str(database), "--metrics-address", address)
        result = run("serve", *args)

    assert (result.exit_code, result.stderr.count("\n")) == (1, 1)
    assert "already taken; choose another with --metrics-address" in result.stderr


@pytest.mark.parametrize(("given", "lines"), [({}, 1), ({"CSTAR_ACCESS_LOG": "off"}, 0)])
def test_requests_are_logged_unless_that_is_turned_off(
    database: Path, given: dict[str, str], lines: int
) -> None:
    with serving("--json", "--database", str(database), **given) as (server, screen):
        fetch(f"{json.loads(screen)['url']}/healthz")
        stop(server)
        assert server.stderr
        logged = server.stderr.readlines()

    assert len([line for line in logged if "route=/healthz status=200" in line]) == lines


def test_the_log_can_be_json(database: Path) -> None:
    args = ("--json", "--database", str(database), "--connections-per-address", "1")
    with serving(*args, CSTAR_LOG_FORMAT="json") as (server, screen):
        host, _, port = json.loads(screen)["url"].removeprefix("http://").partition(":")
        crowd(host, int(port))
        stop(server)
        assert server.stderr
        logged = [json.loads(line) for line in server.stderr]

    assert logged[0].keys() == {"time", "level", "logger", "message"}
    assert "too many are open" in logged[0]["message"]


def test_the_first_screen_says_how_many_processes_there_are(database: Path) -> None:
    with serving("--database", str(database), "--processes", "2") as (server, screen):
        assert ["Processes", "2"] in [line.split() for line in screen.splitlines()]
        assert stop(server) == 0


def test_several_processes_can_be_tried_at_once(tmp_path: Path) -> None:
    with serving("--demo", "--database", "demo.db", "--processes", "2") as (server, screen):
        assert follow(screen)["meta"]["pagination"]["total"] > 10
        assert stop(server) == 0
    assert {path.name for path in tmp_path.iterdir()} == {
        *("demo.db", "demo.db-reserve", "demo.db-webhooks")
    }


def test_a_program_can_read_how_many_processes_there_are(database: Path) -> None:
    with serving("--json", "--database", str(database), CSTAR_PROCESSES="3") as (_, screen):
        assert json.loads(screen)["processes"] == 3


def test_one_process_serves_by_itself(database: Path) -> None:
    with serving("--json", "--database", str(database), "--processes", "1") as (server, screen):
        listed = subprocess.run(["pgrep", "-P", str(server.pid)], capture_output=True, text=True)

        assert (listed.stdout, "processes" in json.loads(screen)) == ("", False)


@needs_ipv6
def test_several_processes_answer_at_an_ipv6_address(database: Path) -> None:
    args = ("--json", "--database", str(database), "--processes", "2", "--host", "::")
    with serving(*args) as (_, screen):
        url = json.loads(screen)["url"]

        assert url.startswith("http://[::1]:")
        assert fetch(f"{url}/healthz")["success"] is True


def test_several_processes_need_no_standard_input(database: Path) -> None:
    command = [sys.executable, "-m", "cstar_web", "serve", "--json", "--processes", "2"]
    script = shlex.join([*command, "--port", "0", "--database", str(database)]) + " <&-"
    with subprocess.Popen(["sh", "-c", f"exec {script}"], stdout=subprocess.PIPE) as server:
        assert server.stdout
        url = json.loads(server.stdout.readline())["url"]

        assert fetch(f"{url}/healthz")["success"] is True
        server.terminate()
        assert server.wait(10) == 0


def test_a_taken_port_is_one_line_for_several_processes_too(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = run("serve", "--processes", "2", "--port", str(port))

    assert (result.exit_code, result.stderr.count("\n")) == (1, 1)
    assert f"port {port} on 127.0.0.1 is already taken" in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_refused_file_is_refused_before_there_are_processes(tmp_path: Path) -> None:
    (tmp_path / "cstar.db").write_text("Dear diary")
    result = run("serve", "--processes", "2", "--port", "0")

    assert (result.exit_code, result.stderr.count("\n")) == (3, 1)


def test_processes_that_cannot_go_on_are_given_up_in_one_line(database: Path) -> None:
    with serving("--json", "--database", str(database), "--processes", "2") as (server, _):
        with closing(sqlite3.connect(database)) as connection:
            connection.execute("PRAGMA user_version = 9999")
        subprocess.run(["pkill", "-KILL", "-P", str(server.pid)])
        _, logged = server.communicate(timeout=30)

    assert server.returncode == 1
    failure = json.loads(logged.splitlines()[-1])["error"]
    assert failure["message"].startswith("gave up after 6 tries: process ")
    assert "made by a newer version" in logged
