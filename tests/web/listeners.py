"""Listeners of the stream of events, for its tests: an app that tells quickly, and raw clients."""

import json
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from flask import Flask

from cstar_core import Helpdesk
from cstar_web.app import create_app
from cstar_web.calls import services
from cstar_web.settings import Settings
from cstar_web.streams import Pace, Streams
from cstar_web.watch import Watch
from tests.web.sockets import Address, connect, read_all, running

PATH = "/api/v1/teams/acme/events/stream"
HELD = 20
_QUICK = Pace(look=0.02, beat=60, keys=0.05)


def streams_of(app: Flask) -> Streams:
    with app.app_context():
        return services().streams


def quick_app(desk: Helpdesk, watch: Watch | None = None) -> Flask:
    """An app with a single thread and 20 listeners, which are told at once."""
    made = create_app(desk, Settings(threads=1, stream_listeners=HELD), watch)
    streams_of(made).pace = _QUICK
    return made


@contextmanager
def served(app: Flask) -> Iterator[Address]:
    with running(application=app) as found:
        yield found
    streams_of(app).stop()


@dataclass
class Listener:
    """A client that follows the events."""

    socket: socket.socket
    received: bytes = b""

    def read_until(self, seen: Callable[[bytes], bool]) -> bytes:
        while not seen(self.received):
            data = self.socket.recv(1 << 22)
            assert data, self.received
            self.received += data
        return self.received

    @property
    def events(self) -> list[dict[str, Any]]:
        """The events that have come, as their data."""
        return events_in(self.received)

    @property
    def last_id(self) -> str:
        """What a client would send when it connects again."""
        ids = [line for line in self.received.split(b"\n") if line.startswith(b"id: ")]
        return ids[-1][4:].decode()

    def wait_for(self, number: int) -> list[dict[str, Any]]:
        """So many events; each must be whole."""
        self.read_until(lambda seen: seen.count(b"}\n\n") >= number)
        return self.events


def events_in(received: bytes) -> list[dict[str, Any]]:
    lines = received.split(b"\n")
    return [json.loads(line[6:]) for line in lines if line.startswith(b"data: ")]


def request(key: str, query: str = "", *headers: str, version: str = "1.1") -> bytes:
    lines = (
        f"GET {PATH}{query} HTTP/{version}",
        "Host: desk.example",
        f"Authorization: Bearer {key}",
        *headers,
    )
    return "\r\n".join(lines).encode() + b"\r\n\r\n"


@contextmanager
def listening(
    address: Address, key: str, query: str = "", *headers: str, version: str = "1.1"
) -> Iterator[Listener]:
    """A listener that has been let in."""
    with connect(address) as client:
        client.sendall(request(key, query, *headers, version=version))
        listener = Listener(client)
        listener.read_until(lambda seen: b"\nid: evt_" in seen)
        yield listener


def refusal(address: Address, key: str) -> tuple[int, dict[str, str], Any]:
    with connect(address) as client:
        client.sendall(request(key, "", "Connection: close"))
        head, _, body = read_all(client).partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    headers = dict(line.split(": ", 1) for line in lines)
    return int(first.split()[1]), headers, json.loads(body)["error"]
