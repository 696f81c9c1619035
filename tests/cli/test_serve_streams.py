"""Listeners of `cstar serve`: with several processes too, and when it stops."""

import http.client
import json
import os
import signal
import subprocess
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from cstar_core import Helpdesk
from tests.cli.commands import serving, stop
from tests.web.sockets import wait_until

PATH = "/api/v1/teams/acme/events/stream"


class Listener:
    """A client that follows the events."""

    def __init__(self, url: str, key: str) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=10)
        self._connection.request("GET", PATH, headers={"Authorization": f"Bearer {key}"})
        self.answer = self._connection.getresponse()

    @property
    def is_let_in(self) -> bool:
        return self.answer.status == 200

    def next_title(self) -> object:
        while not (line := self.answer.readline()).startswith(b"data: "):
            assert line
        return json.loads(line[6:])["data"]["title"]

    def close(self) -> None:
        self.answer.close()
        self._connection.close()


def keys(database: Path, number: int) -> list[str]:
    with Helpdesk.open(database) as desk:
        return [
            desk.keys.create("acme", type="secret", environment="live").secret
            for _ in range(number)
        ]


def listen(stack: ExitStack, url: str, key: str) -> Listener:
    listener = Listener(url, key)
    stack.callback(listener.close)
    return listener


def children(pid: int) -> list[int]:
    listed = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True)
    return [int(each) for each in listed.stdout.split()]


def test_listeners_of_all_processes_are_told_and_count_together(database: Path) -> None:
    """Six connections, so that each of the two processes has some."""
    made = keys(database, 4)
    args = ("--json", "--database", str(database), "--processes", "2", "--stream-listeners", "6")
    with ExitStack() as stack:
        server, screen = stack.enter_context(serving(*args))
        url = json.loads(screen)["url"]
        listeners = [listen(stack, url, made[place // 2]) for place in range(6)]
        refused = listen(stack, url, made[3])
        with Helpdesk.open(database) as desk:
            desk.workspace("acme").tickets.create(title="Now")
        told = [each.next_title() for each in listeners]
        assert (told, refused.answer.status) == (["Now"] * 6, 503)

        for pid in children(server.pid):
            os.kill(pid, signal.SIGKILL)
        wait_until(lambda: len(children(server.pid)) == 2)
        wait_until(lambda: listen(stack, url, made[3]).is_let_in)


@pytest.mark.parametrize("processes", ["1", "2"])
def test_a_server_that_stops_ends_its_streams_as_answers_end(
    database: Path, processes: str
) -> None:
    (key,) = keys(database, 1)
    args = ("--json", "--database", str(database), "--processes", processes)
    with ExitStack() as stack:
        server, screen = stack.enter_context(serving(*args, "--access-log", "off"))
        listener = listen(stack, json.loads(screen)["url"], key)
        assert listener.is_let_in
        assert stop(server) == 0
        assert listener.answer.read().startswith(b"retry: 2000\nid: evt_")
        assert server.stderr and server.stderr.read() == ""
