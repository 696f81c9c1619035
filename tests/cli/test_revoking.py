"""A key that stops, stops in every process: on connections that were open before, too."""

import http.client
import json
import re
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest

from tests.cli.commands import serving, stop
from tests.web.sockets import wait_until

pytestmark = pytest.mark.no_cover

# Few at once: who fails to sign in thirty times within a minute is answered 429.
CONNECTIONS = 4
CONNECTIONS_MAX = 400


class Crowd:
    """Connections that stay open, to a server of two processes that both hold some of them."""

    def __init__(self, stack: ExitStack, told: dict[str, Any]) -> None:
        self._stack = stack
        self._host = told["url"].removeprefix("http://")
        self._numbers = told["metricsUrl"]
        self._connections: list[http.client.HTTPConnection] = []

    def gather(self, key: str) -> None:
        """Open connections until both processes hold some; one may be slower to begin."""
        while len(self._connections) < CONNECTIONS_MAX:
            self._connections += [
                self._stack.enter_context(
                    closing(http.client.HTTPConnection(self._host, timeout=5))
                )
                for _ in range(CONNECTIONS)
            ]
            assert self.statuses(key) == {200}
            wait_until(lambda: sum(self.held()) == len(self._connections))
            if all(self.held()):
                return
        pytest.fail("one process took every connection")

    def statuses(self, key: str) -> set[int]:
        """What each of the connections is answered to a request with this key."""
        found = set()
        for connection in self._connections:
            connection.request(
                "GET", "/api/v1/auth/whoami", headers={"Authorization": f"Bearer {key}"}
            )
            with connection.getresponse() as answer:
                answer.read()
                found.add(answer.status)
        return found

    def held(self) -> list[int]:
        """How many of the connections each process has."""
        with urllib.request.urlopen(self._numbers, timeout=5) as answer:
            found = re.findall(rb"^cstar_http_connections\{.*\} (\d+)", answer.read(), re.M)
        return [int(each) for each in found]


@pytest.fixture
def crowd(database: Path) -> Iterator[Crowd]:
    args = ("--json", "--database", str(database), "--processes", "2")
    with serving(*args, "--metrics-address", "127.0.0.1:0") as (server, screen):
        with ExitStack() as stack:
            made = Crowd(stack, json.loads(screen))
            wait_until(lambda: len(made.held()) == 2)
            yield made
        stop(server)


@pytest.fixture
def made(cstar_json: Callable[..., Any]) -> Any:
    return cstar_json("key", "create", "acme", "--type", "secret", "--environment", "live")


def test_a_revoked_key_stops_in_every_process(
    crowd: Crowd, made: Any, cstar_json: Callable[..., Any]
) -> None:
    crowd.gather(made["key"])
    cstar_json("key", "revoke", made["keyId"])
    assert crowd.statuses(made["key"]) == {401}


def test_a_key_rotated_without_an_overlap_stops_in_every_process(
    crowd: Crowd, made: Any, cstar_json: Callable[..., Any]
) -> None:
    crowd.gather(made["key"])
    new = cstar_json("key", "rotate", made["keyId"], "--overlap", "0s")
    assert crowd.statuses(made["key"]) == {401}
    assert crowd.statuses(new["key"]) == {200}
