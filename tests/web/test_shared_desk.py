"""One desk behind several processes: what one does holds for the next request of another."""

import json
import os
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPMessage
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import pytest

from cstar_core import Helpdesk
from tests.cli.commands import serving, stop
from tests.web.sockets import wait_until

pytestmark = pytest.mark.no_cover

TICKETS = "/api/v1/teams/acme/tickets"
WHOAMI = "/api/v1/auth/whoami"
# The lock of who delivers webhooks is left, as an empty file.
FILES = {"desk.db", "desk.db-reserve", "desk.db-webhooks"}


@dataclass(frozen=True)
class Answer:
    """An answer, read to its end."""

    status: int
    headers: HTTPMessage
    body: Any


class Client:
    """A connection that stays with one worker, and a key."""

    def __init__(self, port: int, key: str) -> None:
        self.connection = HTTPConnection("127.0.0.1", port, timeout=20)
        self.key = key

    def send(self, method: str, path: str, body: object = None, **headers: str) -> Answer:
        headers["Authorization"] = f"Bearer {self.key}"
        if body is not None:
            headers["Content-Type"] = "application/json"
        sent = None if body is None else json.dumps(body)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.connection.request(method, path, sent, named)
        answer = self.connection.getresponse()
        return Answer(answer.status, answer.headers, json.loads(answer.read()))

    def create(self, title: str, **headers: str) -> Answer:
        return self.send("POST", TICKETS, {"title": title}, **headers)

    def found(self, words: str) -> list[str]:
        listed = self.send("GET", f"{TICKETS}?search={words}").body["data"]
        return [ticket["title"] for ticket in listed]


@dataclass(frozen=True)
class Shared:
    """A desk, the server in front of it, and a key."""

    path: Path
    process: subprocess.Popen[str]
    port: int
    key: str

    def workers(self) -> list[int]:
        listed = subprocess.run(
            ["pgrep", "-P", str(self.process.pid)], capture_output=True, text=True
        )
        return [int(pid) for pid in listed.stdout.split()]

    @contextmanager
    def clients(self) -> Iterator[list[Client]]:
        """A client of each worker: the others are halted while it connects."""
        workers = self.workers()
        with ExitStack() as stack:
            made = []
            for worker in workers:
                halted = [other for other in workers if other != worker]
                tell(halted, signal.SIGSTOP)
                client = Client(self.port, self.key)
                stack.enter_context(closing(client.connection))
                client.connection.request("GET", "/healthz")
                client.connection.getresponse().read()
                tell(halted, signal.SIGCONT)
                made.append(client)
            yield made


def tell(workers: list[int], number: signal.Signals) -> None:
    for worker in workers:
        os.kill(worker, number)


@contextmanager
def sharing(folder: Path, **settings: str) -> Iterator[Shared]:
    path = folder / "desk.db"
    with Helpdesk.open(path) as desk:
        desk.teams.create("Acme")
        key = desk.keys.create("acme", type="secret", environment="live").secret
    args = ("--json", "--database", str(path), "--processes", "2")
    # Nobody reads the log while the server runs, and a full pipe would hold it up.
    environ = {"CSTAR_SECRET_KEY_LIMIT": "off", "CSTAR_ACCESS_LOG": "off", **settings}
    with serving(*args, **environ) as (process, screen):
        yield Shared(path, process, int(json.loads(screen)["url"].rpartition(":")[2]), key)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shared]:
    with sharing(tmp_path_factory.mktemp("shared")) as found:
        yield found


@pytest.fixture
def clients(shared: Shared) -> Iterator[list[Client]]:
    with shared.clients() as found:
        yield found


def test_a_key_that_is_revoked_opens_no_process(shared: Shared, clients: list[Client]) -> None:
    with Helpdesk.open(shared.path) as desk:
        made = desk.keys.create("acme", type="secret", environment="live")
        for client in clients:
            client.key = made.secret
        before = [client.send("GET", WHOAMI).status for client in clients]
        desk.keys.revoke(made.key.id)

    assert before == [200, 200]
    assert [client.send("GET", WHOAMI).status for client in clients] == [401, 401]


def test_what_one_process_writes_the_other_finds(clients: list[Client]) -> None:
    turns = cycle([clients, clients[::-1]])
    words = [f"zebra{number}" for number in range(50)]
    found = []
    for word, (writer, reader) in zip(words, islice(turns, 50), strict=True):
        writer.create(word)
        found.append(reader.found(word))

    assert found == [[word] for word in words]


def test_what_one_process_changes_the_other_finds_anew(clients: list[Client]) -> None:
    first, second = clients
    ticket = first.create("giraffe").body["data"]["id"]
    second.send("PATCH", f"{TICKETS}/{ticket}", {"title": "okapi"})

    assert (first.found("giraffe"), first.found("okapi")) == ([], ["okapi"])


def test_a_retry_at_another_process_gets_the_first_answer(clients: list[Client]) -> None:
    answers = [client.create("Once", Idempotency_Key="retry") for client in clients]

    assert answers[0].body == answers[1].body
    assert answers[1].headers["Idempotent-Replayed"] == "true"


def test_one_key_at_two_processes_at_once_has_one_effect(clients: list[Client]) -> None:
    together = threading.Barrier(2)

    def create(client: Client, word: str) -> Answer:
        together.wait(10)
        return client.create(word, Idempotency_Key=word)

    words = [f"twin{number:02}" for number in range(20)]
    with ThreadPoolExecutor(2) as threads:
        pairs = [list(threads.map(create, clients, [word] * 2)) for word in words]

    assert [clients[0].found(word) for word in words] == [[word] for word in words]
    for first, second in pairs:
        statuses = {first.status, second.status}
        assert first.body == second.body if statuses == {201} else statuses == {201, 409}


def test_writers_in_both_processes_are_not_told_to_come_back(shared: Shared) -> None:
    def write(client: Client) -> set[int]:
        return {client.create("Busy").status for _ in range(25)}

    with ExitStack() as stack, ThreadPoolExecutor(8) as threads:
        clients = [each for _ in range(4) for each in stack.enter_context(shared.clients())]
        statuses = set().union(*threads.map(write, clients))

    assert statuses == {201}


def test_a_limit_holds_for_all_processes_together(tmp_path: Path) -> None:
    settings = {"CSTAR_SECRET_KEY_LIMIT": "5/minute"}
    with sharing(tmp_path, **settings) as shared, shared.clients() as clients:
        answers = [client.send("GET", WHOAMI) for client in islice(cycle(clients), 8)]

    assert [answer.status for answer in answers] == [200] * 5 + [429] * 3
    left = [int(answer.headers["X-RateLimit-Remaining"]) for answer in answers]
    assert left == [4, 3, 2, 1, 0, 0, 0, 0]


def test_failed_authentications_count_together(tmp_path: Path) -> None:
    with sharing(tmp_path) as shared, shared.clients() as clients:
        for client in clients:
            client.key = "sk_live_wrong"
        statuses = [client.send("GET", WHOAMI).status for client in islice(cycle(clients), 34)]

    assert statuses == [401] * 30 + [429] * 4


def test_a_process_that_takes_the_place_of_another_keeps_counting(tmp_path: Path) -> None:
    settings = {"CSTAR_SECRET_KEY_LIMIT": "3/minute"}
    with sharing(tmp_path, **settings) as shared:
        with shared.clients() as clients:
            statuses = [client.send("GET", WHOAMI).status for client in clients]
        tell(shared.workers(), signal.SIGKILL)
        last = Client(shared.port, shared.key)
        statuses += [last.send("GET", WHOAMI).status for _ in range(2)]
        last.connection.close()

    assert statuses == [200, 200, 200, 429]


def test_nothing_that_was_answered_is_lost_when_a_process_is_killed(tmp_path: Path) -> None:
    with sharing(tmp_path) as shared, shared.clients() as clients:
        written: list[str] = []

        def write(client: Client, alive: Callable[[], bool]) -> None:
            while alive():
                try:
                    answer = client.create("Kept")
                except OSError:
                    return
                written.append(answer.body["data"]["id"])

        with ThreadPoolExecutor(2) as threads:
            killed = threads.submit(write, clients[0], lambda: True)
            threads.submit(write, clients[1], lambda: not killed.done() or len(written) < 100)
            wait_until(lambda: len(written) > 50, 20)
            os.kill(shared.workers()[0], signal.SIGKILL)
        with Helpdesk.open(shared.path) as desk:
            kept = [desk.workspace("acme").tickets.get(each).id for each in written]
            report = desk.check()

    assert (kept, report.ok) == (written, True)


def test_the_last_process_leaves_no_log_behind(tmp_path: Path) -> None:
    with sharing(tmp_path) as shared:
        with shared.clients() as clients:
            for client in clients:
                client.create("Folded")
        assert stop(shared.process) == 0

    assert {path.name for path in tmp_path.iterdir()} == FILES


def test_killed_processes_leave_no_log_behind(tmp_path: Path) -> None:
    with sharing(tmp_path) as shared:
        with shared.clients() as clients:
            clients[0].create("Folded")
        os.kill(shared.process.pid, signal.SIGSTOP)
        tell(shared.workers(), signal.SIGKILL)
        shared.process.terminate()
        os.kill(shared.process.pid, signal.SIGCONT)
        assert shared.process.wait(10) == 0

    assert {path.name for path in tmp_path.iterdir()} == FILES
