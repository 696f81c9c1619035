"""A receiver of webhooks that answers as a test wants, byte by byte."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@dataclass
class Receiver:
    """Where it listens, and what it was sent."""

    port: int
    received: list[bytes] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Where to send to."""
        return f"http://127.0.0.1:{self.port}/hook"


Behaviour = Callable[[socket.socket], None]


def answering(answer: bytes) -> Behaviour:
    """Answer with these bytes, and close."""
    return lambda connection: connection.sendall(answer)


@contextmanager
def receiving(behave: Behaviour, context: ssl.SSLContext | None = None) -> Iterator[Receiver]:
    """A receiver that reads each request and then behaves so."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        receiver = Receiver(listener.getsockname()[1])
        arguments = (listener, receiver, behave, context)
        threading.Thread(target=_accept, args=arguments, daemon=True).start()
        try:
            yield receiver
        finally:
            listener.shutdown(socket.SHUT_RDWR)


def _accept(
    listener: socket.socket,
    receiver: Receiver,
    behave: Behaviour,
    context: ssl.SSLContext | None,
) -> None:
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        arguments = (connection, receiver, behave, context)
        threading.Thread(target=_serve, args=arguments, daemon=True).start()


def _serve(
    connection: socket.socket,
    receiver: Receiver,
    behave: Behaviour,
    context: ssl.SSLContext | None,
) -> None:
    with suppress(OSError), connection:
        connection.settimeout(10)
        if context:
            connection = context.wrap_socket(connection, server_side=True)
        with connection:
            receiver.received.append(_request(connection))
            behave(connection)


def _request(connection: socket.socket) -> bytes:
    got = b""
    while b"\r\n\r\n" not in got:
        got += _some(connection)
    head, _, body = got.partition(b"\r\n\r\n")
    length = next(
        int(line.partition(b":")[2])
        for line in head.split(b"\r\n")
        if line.lower().startswith(b"content-length:")
    )
    while len(body) < length:
        body += _some(connection)
    return head + b"\r\n\r\n" + body


def _some(connection: socket.socket) -> bytes:
    if received := connection.recv(65536):
        return received
    raise ConnectionResetError
