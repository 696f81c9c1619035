"""A real server in a thread, and raw sockets to talk to it."""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from queue import Queue
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from flask import Flask

from cstar_web.body_limits import BodyLimit, body_limit
from cstar_web.server import Beside, Bounds, Server, listen, serve
from cstar_web.settings import Settings
from cstar_web.watch import Watch

Address = tuple[str, int]

GET = b"GET / HTTP/1.1\r\nHost: desk.example\r\n"
LARGE = 4_000_000
POST = b"POST / HTTP/1.1\r\nHost: desk.example\r\n"


def app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Answers with what it was sent; the path may ask it to fail, wait, or be large."""
    path = environ["PATH_INFO"]
    if path == "/writable":
        start_response("200 OK", [("Content-Type", "text/plain")])
        return _ask_the_channel(environ)
    if path == "/fail":
        raise LookupError("not for strangers")
    if path == "/wait":
        time.sleep(0.3)
    body = environ["wsgi.input"].read() or path.encode()
    if path == "/large":
        body = b"a" * LARGE
    if path == "/headers":
        seen = {k: v for k, v in environ.items() if k.startswith(("HTTP_X_", "REMOTE_ADDR"))}
        body = json.dumps(seen).encode()
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
    return [body]


def _ask_the_channel(environ: WSGIEnvironment) -> Iterator[bytes]:
    """More than a socket takes at once, then whether the loop would try to send the rest."""
    yield b"a" * 4 * LARGE
    channel = environ["waitress.client_disconnected"].__self__
    yield f"{channel.total_outbufs_len > 0} {channel.writable()}".encode()


def _limit_of(application: WSGIApplication) -> BodyLimit | None:
    return body_limit(application) if isinstance(application, Flask) else None


@contextmanager
def running(
    settings: Settings | None = None,
    host: str = "127.0.0.1",
    application: WSGIApplication = app,
    watch: Watch | None = None,
    beside: Sequence[Beside] = (),
    limit: BodyLimit | None = None,
    **bounds: Any,
) -> Iterator[Address]:
    """A real server on a free port, in a thread, stopped at the end."""
    started: Queue[Server] = Queue()
    sock = listen(host, 0)
    # A server that does not stop fails its test; it must not keep the suite from ending.
    thread = threading.Thread(
        daemon=True,
        target=serve,
        args=(application, settings or Settings()),
        kwargs={
            "sockets": [sock],
            "watch": watch,
            "beside": beside,
            "limit": limit or _limit_of(application),
            "ready": started.put,
            "bounds": Bounds(**{"sweep_seconds": 0.05, "linger_seconds": 0.5, **bounds}),
        },
    )
    thread.start()
    server = started.get(timeout=5)
    try:
        yield sock.getsockname()[:2]
    finally:
        server.stop()
        thread.join(10)
        assert not thread.is_alive()


def connect(address: Address) -> socket.socket:
    return socket.create_connection(address, timeout=5)


def read_all(client: socket.socket) -> bytes:
    """Everything until the server closes."""
    received = bytearray()
    while data := client.recv(65536):
        received += data
    return bytes(received)


def ask(address: Address, request: bytes) -> bytes:
    with connect(address) as client:
        client.sendall(request)
        return read_all(client)


def read_one(client: socket.socket) -> bytes:
    """One answer of a connection that stays open; all our bodies are short and not empty."""
    received = b""
    while not received.partition(b"\r\n\r\n")[2]:
        data = client.recv(65536)
        assert data, received
        received += data
    return received


def parts(answer: bytes) -> tuple[int, dict[str, str], Any]:
    head, _, body = answer.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    headers = dict(line.split(": ", 1) for line in lines)
    return int(first.split()[1]), headers, json.loads(body)


def wait_until(true: Callable[[], bool], seconds: float = 5) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.01)


def is_answered(address: Address) -> bool:
    try:
        return ask(address, GET + b"Connection: close\r\n\r\n").startswith(b"HTTP/1.1 200")
    except ConnectionError:
        return False
