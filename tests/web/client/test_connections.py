"""Connections that are kept, shared, forked, trusted, or not to be had."""

import ssl
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from cstar_web.client import AnswerError, Client, NetworkError, TimedOut, connections
from tests.web.faults import CERTIFICATE, Way, close_when_answered, drip, fine, hang, leading
from tests.web.sockets import Address
from tests.web.vocabulary import Keyring

ROOT = Path(__file__).parents[3]


def test_nobody_listening_is_a_network_error(keyring: Keyring) -> None:
    with leading(None) as way:
        url = way.url
    with (
        Client(url, keyring.secret, retries=0) as client,
        pytest.raises(NetworkError, match="refused"),
    ):
        client.whoami()


def test_threads_share_a_client(acme: Client) -> None:
    start = threading.Barrier(8)

    def make(number: int) -> str:
        if number < 8:
            start.wait(10)
        return acme.tickets.create(title=f"Ticket {number}").title

    with ThreadPoolExecutor(8) as pool:
        titles = list(pool.map(make, range(64)))
    assert titles == [f"Ticket {number}" for number in range(64)]
    assert acme.tickets.list().total == 64


def test_requests_share_a_connection(trip: Any) -> None:
    with trip() as journey:
        for _ in range(5):
            journey.client.tickets.list()

    assert journey.way.connections == 1


def test_a_connection_that_was_idle_for_long_is_not_used_again(
    trip: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with trip(retries=0) as journey:
        journey.client.tickets.list()
        monkeypatch.setattr(connections, "_IDLE_SECONDS", 0)
        journey.client.tickets.list()

    assert journey.way.connections == 2


def test_a_connection_that_was_closed_meanwhile_costs_no_try_and_no_wait(trip: Any) -> None:
    with trip(close_when_answered, retries=0) as journey:
        journey.client.tickets.list()
        journey.client.tickets.create(title="Late")

    assert (journey.way.connections, journey.waits) == (2, [])


FORK = """
import os, sys
from cstar_web.client import Client
with Client(sys.argv[1], sys.argv[2], team="acme") as desk:
    desk.tickets.list()
    child = os.fork()
    total = desk.tickets.list().total
    if child == 0:
        os._exit(total)
    sys.exit(total + os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


def test_a_fork_does_not_use_its_parents_connections(address: Address, keyring: Keyring) -> None:
    with leading(address) as way:
        command = [sys.executable, "-c", FORK, way.url, keyring.secret]
        assert subprocess.run(command, cwd=ROOT, timeout=20).returncode == 0

    assert (way.connections, len(way.requests)) == (2, 3)


def test_connections_that_hang_are_not_tried_one_after_another(trip: Any) -> None:
    together = threading.Barrier(3)

    def meet(way: Way, request: bytes, client: Any) -> bool:
        together.wait(5)
        return fine(way, request, client)

    with trip(meet, meet, meet, hang, retries=1) as journey:
        with ThreadPoolExecutor(3) as pool:
            list(pool.map(lambda _: journey.client.tickets.list(), "abc"))
        assert journey.way.connections == 3
        journey.client._connections._timeout = 0.5
        journey.client.tickets.list()

    assert journey.way.connections == 4


def test_a_server_that_is_not_trusted_gets_no_key(address: Address, keyring: Keyring) -> None:
    with (
        leading(address, tls=True) as way,
        Client(way.url, keyring.secret) as client,
        pytest.raises(AnswerError, match="not who it says it is"),
    ):
        client.whoami()
    assert way.requests == []


def test_a_server_that_is_trusted_is_used_over_https(address: Address, keyring: Keyring) -> None:
    trusting = ssl.create_default_context(cafile=str(CERTIFICATE))
    with (
        leading(address, tls=True) as way,
        Client(way.url, keyring.secret, tls=trusting, answer_max=100_000) as client,
    ):
        ticket = client.tickets.create(title="Late", notes="a" * 60_000)
        assert client.tickets.get(ticket.id) == ticket
    assert way.connections == 1


def test_a_deadline_holds_over_https_too(address: Address, keyring: Keyring) -> None:
    trusting = ssl.create_default_context(cafile=str(CERTIFICATE))
    with (
        leading(address, drip, tls=True) as way,
        Client(way.url, keyring.secret, tls=trusting, timeout=0.3, retries=0) as client,
        pytest.raises(TimedOut),
    ):
        client.whoami()
