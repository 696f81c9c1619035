"""A way to a server on which things go wrong: one fault for each request, then none."""

import select
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.web.sockets import Address, connect

# For 127.0.0.1 alone, signed by itself, until the year 2126.
CERTIFICATE = Path(__file__).with_name("localhost.pem")
# Given the request and the client's socket; True if the connection may be used again.
Fault = Callable[["Way", bytes, socket.socket], bool]


class Way:
    """Listens like a server, and passes on what it is not told to spoil.

    ``requests`` has the head of every request that came, in order; ``connections`` counts. ``left``
    is set when a client hangs up on an answer that goes on.
    """

    def __init__(self, server: Address | None, faults: list[Fault]) -> None:
        self.server = server
        self.faults = faults
        self.requests: list[str] = []
        self.connections = 0
        self.ended = threading.Event()
        self.left = threading.Event()
        self.url = ""

    def headers(self, name: str) -> list[str | None]:
        """What each request said in a header."""
        wanted = f"{name.lower()}: "
        return [
            next((line[len(wanted) :] for line in lines if line.lower().startswith(wanted)), None)
            for lines in (head.split("\r\n") for head in self.requests)
        ]

    def ask(self, request: bytes) -> bytes:
        """The server's whole answer."""
        assert self.server
        with connect(self.server) as upstream:
            upstream.sendall(request)
            return _one_message(upstream)

    def serve(self, client: socket.socket) -> None:
        self.connections += 1
        with client, suppress(OSError):
            while request := _one_message(client):
                self.requests.append(request.partition(b"\r\n\r\n")[0].decode())
                fault = self.faults.pop(0) if self.faults else fine
                if not fault(self, request, client):
                    return


def fine(way: Way, request: bytes, client: socket.socket) -> bool:
    client.sendall(way.ask(request))
    return True


def cut_before(way: Way, request: bytes, client: socket.socket) -> bool:
    """The request does not reach the server."""
    return False


def cut_after(way: Way, request: bytes, client: socket.socket) -> bool:
    """The server has done its work, and its answer is lost."""
    assert way.ask(request)
    return False


def cut_half(way: Way, request: bytes, client: socket.socket) -> bool:
    answer = way.ask(request)
    client.sendall(answer[: len(answer) - 20])
    return False


def close_when_answered(way: Way, request: bytes, client: socket.socket) -> bool:
    """As a server does that closes connections which are idle, without a word in the answer."""
    client.sendall(way.ask(request))
    return False


def flows(way: Way, request: bytes, client: socket.socket) -> bool:
    """An answer that goes on, passed on until one of the two hangs up."""
    return _flow(way, request, client, None)


def flows_until(text: bytes) -> Fault:
    """An answer that goes on, and is cut after a text has come."""
    return lambda way, request, client: _flow(way, request, client, text)


def _flow(way: Way, request: bytes, client: socket.socket, last: bytes | None) -> bool:
    assert way.server
    with connect(way.server) as upstream:
        upstream.sendall(request)
        sent = b""
        while not way.ended.is_set():
            readable, _, _ = select.select([upstream, client], [], [], 0.05)
            if client in readable:
                way.left.set()
                return False
            piece = upstream.recv(65536) if upstream in readable else None
            if piece == b"":
                return False
            if piece:
                place = -1 if last is None else (sent + piece).find(last)
                end = len(piece) if place < 0 else place + len(last or b"") - len(sent)
                client.sendall(piece[:end])
                sent += piece
                if place >= 0:
                    return False
    return False


def hang(way: Way, request: bytes, client: socket.socket) -> bool:
    way.ended.wait(5)
    return False


def drip(way: Way, request: bytes, client: socket.socket) -> bool:
    """A head that never ends, byte by byte, so that no single step takes long."""
    client.sendall(b"HTTP/1.1 200 OK\r\nX-Long: ")
    while not way.ended.wait(0.02):
        client.sendall(b"a")
    return False


def says(status: str, body: bytes = b"", **headers: str) -> Fault:
    """An answer that the server did not give."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return sends("\r\n".join([*lines, "", ""]).encode() + body)


def sends(answer: bytes) -> Fault:
    def fault(way: Way, request: bytes, client: socket.socket) -> bool:
        client.sendall(answer)
        return b"Content-Length" in answer

    return fault


class Hasty(Way):
    """Answers with 413 as soon as it has seen the head, and hangs up on the rest of the body."""

    def serve(self, client: socket.socket) -> None:
        head = client.recv(1024)
        self.requests.append(head.decode())
        body = b'{"error": {"type": "validation_error", "message": "Too large"}}'
        says("413 Large", body, Connection="close")(self, head, client)
        client.close()


@contextmanager
def leading(
    server: Address | None, *faults: Fault, tls: bool = False, kind: type[Way] = Way
) -> Iterator[Way]:
    """A way on which these things happen, one to each request; `way.url` is where it begins."""
    way = kind(server, list(faults))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    threads: list[threading.Thread] = []

    def accept() -> None:
        with suppress(OSError):
            while True:
                client, _ = listener.accept()
                threads.append(threading.Thread(target=handle, args=[client], daemon=True))
                threads[-1].start()

    def handle(client: socket.socket) -> None:
        try:
            client.settimeout(10)
            way.serve(context.wrap_socket(client, server_side=True) if tls else client)
        except OSError:
            client.close()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threads.append(threading.Thread(target=accept, daemon=True))
        threads[0].start()
        way.url = f"http{'s' * tls}://127.0.0.1:{listener.getsockname()[1]}"
        try:
            yield way
        finally:
            way.ended.set()
            listener.shutdown(socket.SHUT_RDWR)
            for thread in threads:
                thread.join(10)


def _one_message(sock: socket.socket) -> bytes:
    """A request or an answer whose length is declared; empty if there is none."""
    received = b""
    while b"\r\n\r\n" not in received:
        piece = sock.recv(65536)
        if not piece:
            return b""
        received += piece
    head, _, body = received.partition(b"\r\n\r\n")
    length = 0
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            length = int(line.partition(b":")[2])
    while len(body) < length:
        piece = sock.recv(65536)
        if not piece:
            return b""
        body += piece
    return head + b"\r\n\r\n" + body
