"""The server against clients that are slow, many, large or ambiguous, over real sockets."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from queue import Queue
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment

import pytest

from cstar_web.server import Bounds, ListenError, Server, listen, serve
from cstar_web.settings import Settings

GET = b"GET / HTTP/1.1\r\nHost: desk.example\r\n"
POST = b"POST / HTTP/1.1\r\nHost: desk.example\r\n"

# What is sent, the status it is answered with, and a word of the message.
REFUSED = {
    "no host": (b"GET / HTTP/1.1\r\n\r\n", 400, "Host header is missing"),
    "two hosts": (GET + b"Host: desk.example\r\n\r\n", 400, "one Host header"),
    "blank host": (b"GET / HTTP/1.1\r\nHost:\r\n\r\n", 400, "one Host header"),
    "host with a path": (b"GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400, "one Host header"),
    "host twice in 1.0": (b"GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n", 400, "one Host"),
    "length and encoding": (
        POST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        400,
        "either Content-Length or Transfer-Encoding",
    ),
    "encoding in 1.0": (
        b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        400,
        "either Content-Length or Transfer-Encoding",
    ),
    "empty encoding": (POST + b"Transfer-Encoding:\r\n\r\n", 400, "must name an encoding"),
    "unknown encoding": (POST + b"Transfer-Encoding: gzip\r\n\r\n", 501, "not supported"),
    "two lengths": (POST + b"Content-Length: 1\r\nContent-Length: 1\r\n\r\nx", 400, "Length"),
    "signed length": (POST + b"Content-Length: +1\r\n\r\nx", 400, "Content-Length"),
    "endless length": (POST + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\n", 400, "length"),
    "folded header": (GET + b"X-A: 1\r\n 2\r\n\r\n", 400, "one line"),
    "space before colon": (GET + b"X-A : 1\r\n\r\n", 400, "Invalid header"),
    "bare newline": (GET + b"X-A: 1\nX-B: 2\r\n\r\n", 400, "Malformed"),
    "no version": (b"GET /\r\n\r\n", 400, "version"),
    "version 1.2": (b"GET / HTTP/1.2\r\nHost: a\r\n\r\n", 400, "version"),
    "bad address": (b"GET http://[::1 HTTP/1.1\r\nHost: a\r\n\r\n", 400, "cannot be read"),
    "nonsense": (b"\x16\x03\x01\x02\r\n\r\n", 400, "Malformed"),
    "large head": (GET + b"X-A: " + b"a" * 33_000 + b"\r\n\r\n", 431, "too large"),
    "long address": (b"GET /" + b"a" * 33_000 + b" HTTP/1.1\r\n", 431, "too large"),
    "large body": (POST + b"Content-Length: 9000000\r\n\r\n", 413, "larger than 1 MiB"),
    "large chunk": (
        POST + b"Transfer-Encoding: chunked\r\n\r\n200000\r\n" + b"a" * 2_097_152,
        413,
        "larger than 1 MiB",
    ),
}

SLOW_APP = """
import sys, time
from cstar_web.server import serve
from cstar_web.settings import Settings

def app(environ, start_response):
    print("started", flush=True)
    time.sleep(float(environ["PATH_INFO"].strip("/") or 0))
    start_response("200 OK", [("Content-Length", "4")])
    return [b"done"]

serve(app, Settings(port=0), ready=lambda server: print(server.url, flush=True))
print("closed", flush=True)
"""


def app(environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
    """Answers with what it was sent; the path may ask it to fail, wait, or be large."""
    path = environ["PATH_INFO"]
    if path == "/fail":
        raise LookupError("not for strangers")
    if path == "/wait":
        time.sleep(0.3)
    body = environ["wsgi.input"].read() or path.encode()
    if path == "/headers":
        seen = {k: v for k, v in environ.items() if k.startswith(("HTTP_X_", "REMOTE_ADDR"))}
        body = json.dumps(seen).encode()
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
    return [body]


@contextmanager
def running(
    settings: Settings | None = None, host: str = "127.0.0.1", **bounds: Any
) -> Iterator[tuple[str, int]]:
    """A real server on a free port, in a thread, stopped at the end."""
    started: Queue[Server] = Queue()
    sock = listen(host, 0)
    thread = threading.Thread(
        target=serve,
        args=(app, settings or Settings()),
        kwargs={
            "sockets": [sock],
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


@pytest.fixture(scope="module")
def address() -> Iterator[tuple[str, int]]:
    with running() as found:
        yield found


def connect(address: tuple[str, int]) -> socket.socket:
    return socket.create_connection(address, timeout=5)


def read_all(client: socket.socket) -> bytes:
    """Everything until the server closes."""
    received = b""
    while data := client.recv(65536):
        received += data
    return received


def ask(address: tuple[str, int], request: bytes) -> bytes:
    with connect(address) as client:
        client.sendall(request)
        return read_all(client)


def read_one(client: socket.socket) -> bytes:
    """One answer of a connection that stays open; all our bodies are short and not empty."""
    received = b""
    while not received.partition(b"\r\n\r\n")[2]:
        received += client.recv(65536)
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


@pytest.mark.parametrize("case", REFUSED)
def test_a_broken_request_is_refused_in_the_envelope(address: tuple[str, int], case: str) -> None:
    request, status, word = REFUSED[case]

    found, headers, body = parts(ask(address, request))

    assert (found, body["success"]) == (status, False)
    assert word in body["error"]["message"]
    assert headers["Connection"] == "close"
    assert headers["Content-Type"] == "application/json"


def test_a_refusal_has_the_members_of_every_failure(address: tuple[str, int]) -> None:
    _, headers, body = parts(ask(address, GET + b"X-Request-Id: mine-1\r\nX-A : 1\r\n\r\n"))

    assert body["error"].keys() == {"type", "code", "message", "doc_url", "request_id"}
    assert body["meta"].keys() == {"requestId", "timestamp"}
    assert headers["X-Request-Id"] == body["meta"]["requestId"] == body["error"]["request_id"]


def test_a_refusal_keeps_a_usable_request_id(address: tuple[str, int]) -> None:
    _, headers, _ = parts(ask(address, GET + b"X-Request-Id: mine-1\r\nX-A: 1\r\n 2\r\n\r\n"))

    assert headers["X-Request-Id"] == "mine-1"


def test_a_refusal_links_to_the_page_of_its_error(address: tuple[str, int]) -> None:
    _, _, body = parts(ask(address, POST + b"Content-Length: 9000000\r\n\r\n"))

    assert body["error"]["doc_url"] == "http://desk.example/docs/errors#PAYLOAD_TOO_LARGE"


def test_nothing_after_a_refused_request_is_answered(address: tuple[str, int]) -> None:
    ambiguous = POST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"

    assert ask(address, ambiguous + GET + b"\r\n").count(b"HTTP/1.1 ") == 1


def test_an_exception_of_the_app_is_not_shown(address: tuple[str, int]) -> None:
    status, _, body = parts(ask(address, b"GET /fail HTTP/1.1\r\nHost: a\r\n\r\n"))

    assert (status, body["error"]["code"]) == (500, "INTERNAL_ERROR")
    assert "strangers" not in str(body)


def test_a_client_that_sends_its_whole_large_body_still_reads_the_refusal(
    address: tuple[str, int],
) -> None:
    body = b"a" * 20_000_000

    answer = ask(address, POST + b"Content-Length: 20000000\r\n\r\n" + body)

    assert answer.startswith(b"HTTP/1.1 413 ")


def test_a_large_body_that_waits_for_100_continue_is_refused_unsent(
    address: tuple[str, int],
) -> None:
    head = POST + b"Content-Length: 9000000\r\nExpect: 100-continue\r\n\r\n"

    assert ask(address, head).startswith(b"HTTP/1.1 413 ")


def test_a_body_over_the_limit_of_the_api_reaches_the_app(address: tuple[str, int]) -> None:
    size = 1024 * 1024 + 1
    head = POST + b"Connection: close\r\nContent-Length: %d\r\n\r\n" % size

    assert ask(address, head + b"a" * size).startswith(b"HTTP/1.1 200 ")


def test_http_1_0_needs_no_host(address: tuple[str, int]) -> None:
    assert ask(address, b"GET / HTTP/1.0\r\n\r\n").startswith(b"HTTP/1.0 200 ")


def test_a_chunked_body_is_read(address: tuple[str, int]) -> None:
    head = POST + b"Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n"

    assert ask(address, head + b"2\r\nhi\r\n0\r\n\r\n").endswith(b"\r\n\r\nhi")


def test_the_server_does_not_say_what_it_is(address: tuple[str, int]) -> None:
    answer = ask(address, GET + b"Connection: close\r\n\r\n").lower()

    assert b"server:" not in answer and b"waitress" not in answer


def test_a_connection_is_kept_for_the_next_request(address: tuple[str, int]) -> None:
    with connect(address) as client:
        for _ in range(3):
            client.sendall(GET + b"\r\n")
            assert read_one(client).startswith(b"HTTP/1.1 200 OK")


def test_pipelined_requests_are_answered_in_order(address: tuple[str, int]) -> None:
    paths = [b"/wait", b"/b", b"/c"]
    requests = [b"GET " + path + b" HTTP/1.1\r\nHost: a\r\n" for path in paths]

    answer = ask(address, b"\r\n".join(requests) + b"Connection: close\r\n\r\n")

    assert [answer.index(b"\r\n\r\n" + path) for path in paths] == sorted(
        answer.index(b"\r\n\r\n" + path) for path in paths
    )


def test_forwarded_headers_are_dropped_unless_a_proxy_is_trusted(address: tuple[str, int]) -> None:
    request = b"GET /headers HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 1.2.3.4\r\n"

    _, _, seen = parts(ask(address, request + b"Connection: close\r\n\r\n"))

    assert seen == {"REMOTE_ADDR": "127.0.0.1"}


def test_forwarded_headers_reach_the_app_where_a_proxy_is_trusted() -> None:
    settings = Settings.from_environment({"CSTAR_TRUSTED_PROXIES": "127.0.0.1"})
    request = b"GET /headers HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 1.2.3.4\r\n"
    with running(settings) as address:
        _, _, seen = parts(ask(address, request + b"Connection: close\r\n\r\n"))

    assert seen["HTTP_X_FORWARDED_FOR"] == "1.2.3.4"


def test_a_request_that_drips_is_cut_at_its_deadline() -> None:
    with running(request_seconds=0.4) as address, connect(address) as client:
        began = time.monotonic()
        client.settimeout(0.05)
        answer = b""
        while not answer:
            client.sendall(b"G")
            try:
                answer = client.recv(65536)
            except TimeoutError:
                assert time.monotonic() - began < 5
        answer += read_all(client)

    assert 0.4 <= time.monotonic() - began < 2
    assert answer.startswith(b"HTTP/1.0 408 ") and b"REQUEST_INVALID" in answer


def test_a_body_that_never_comes_is_cut_at_the_deadline() -> None:
    with running(request_seconds=0.2) as address:
        answer = ask(address, POST + b"Content-Length: 10\r\n\r\nabc")

    assert answer.startswith(b"HTTP/1.1 408 ")


def test_an_answer_may_take_longer_than_the_deadline_of_a_request() -> None:
    with running(request_seconds=0.1, idle_seconds=0.1) as address:
        answer = ask(address, b"GET /wait HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")

    assert answer.endswith(b"/wait")


def test_an_idle_connection_is_closed() -> None:
    with running(idle_seconds=0.2) as address, connect(address) as client:
        assert client.recv(1) == b""


def test_a_refused_client_that_never_stops_sending_is_cut() -> None:
    with running(linger_seconds=0.2) as address, connect(address) as client:
        client.sendall(POST + b"Content-Length: 9000000000\r\n\r\n")
        client.settimeout(0.5)
        with pytest.raises(OSError, match=r"reset|Broken pipe"):
            for _ in range(100):
                client.sendall(b"a" * 1000)
                time.sleep(0.02)


def test_a_client_over_the_cap_loses_its_longest_waiting_connection() -> None:
    with ExitStack() as stack:
        address = stack.enter_context(running(Settings(connections_per_address=2)))
        first, second, third = (stack.enter_context(connect(address)) for _ in range(3))
        third.sendall(GET + b"\r\n")

        assert read_one(third).startswith(b"HTTP/1.1 200")
        assert first.recv(1) == b""
        second.sendall(GET + b"\r\n")
        assert read_one(second).startswith(b"HTTP/1.1 200")


def test_a_client_over_the_cap_keeps_what_is_being_answered() -> None:
    with running(Settings(connections_per_address=1)) as address, connect(address) as first:
        first.sendall(b"GET /wait HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        time.sleep(0.1)
        with connect(address) as second:
            assert second.recv(1) == b""

        assert read_all(first).endswith(b"/wait")


def test_a_full_server_makes_room() -> None:
    with running(connections=2) as address, connect(address) as first, connect(address):
        assert is_answered(address)
        assert first.recv(1) == b""


def is_answered(address: tuple[str, int]) -> bool:
    try:
        return ask(address, GET + b"Connection: close\r\n\r\n").startswith(b"HTTP/1.1 200")
    except ConnectionError:
        return False


def test_a_trusted_proxy_may_hold_any_number_of_connections() -> None:
    settings = Settings.from_environment(
        {"CSTAR_TRUSTED_PROXIES": "127.0.0.1", "CSTAR_CONNECTIONS_PER_ADDRESS": "1"}
    )
    with running(settings) as address, connect(address) as first, connect(address) as second:
        for client in (second, first):
            client.sendall(GET + b"\r\n")
            assert read_one(client).startswith(b"HTTP/1.1 200")


def test_slow_clients_do_not_keep_others_waiting() -> None:
    with running(request_seconds=5) as address:
        slow = [connect(address) for _ in range(250)]
        for client in slow:
            client.sendall(b"GET / HT")
        began = time.monotonic()
        answered = is_answered(address)
        took = time.monotonic() - began
        for client in slow:
            client.close()

    assert answered
    assert took < 1


def has_ipv6() -> bool:
    try:
        listen("::1", 0).close()
    except ListenError:
        return False
    return True


needs_ipv6 = pytest.mark.skipif(not has_ipv6(), reason="this machine has no IPv6")


@needs_ipv6
def test_an_ipv4_client_of_a_socket_for_both_has_its_plain_address() -> None:
    request = b"GET /headers HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    with running(host="::") as address:
        _, _, seen = parts(ask(("127.0.0.1", address[1]), request))

    assert seen == {"REMOTE_ADDR": "127.0.0.1"}


@needs_ipv6
def test_an_ipv6_address_stands_in_brackets_in_the_url() -> None:
    urls: list[str] = []

    def look(server: Server) -> None:
        urls.append(server.url)
        server.stop()

    with listen("::1", 0) as sock:
        port = sock.getsockname()[1]
        serve(app, Settings(), sockets=[sock], ready=look)

    assert urls == [f"http://[::1]:{port}"]


def test_a_taken_port_is_one_clear_line() -> None:
    with listen("127.0.0.1", 0) as taken:
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(ListenError, match=rf"port {port} .* already taken; .*--port"):
            listen("127.0.0.1", port)


def test_an_address_that_is_not_ours_is_one_clear_line() -> None:
    with pytest.raises(ListenError, match=r"cannot listen on 192\.0\.2\.1 .* see --host"):
        listen("192.0.2.1", 0)


def test_a_host_that_does_not_exist_is_one_clear_line() -> None:
    with pytest.raises(ListenError, match=r"cannot listen on no\.such\.host\.invalid"):
        listen("no.such.host.invalid", 0)


@contextmanager
def slow_program(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], tuple[str, int]]]:
    script = tmp_path / "program.py"
    script.write_text(SLOW_APP)
    environ = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    command = [sys.executable, str(script)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environ) as program:
        try:
            assert program.stdout
            host, port = program.stdout.readline().strip().removeprefix("http://").split(":")
            yield program, (host, int(port))
        finally:
            program.kill()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_lets_a_request_finish(tmp_path: Path, number: signal.Signals) -> None:
    with slow_program(tmp_path) as (program, address), connect(address) as client:
        client.sendall(b"GET /0.5 HTTP/1.1\r\nHost: a\r\n\r\n")
        assert program.stdout and program.stdout.readline() == "started\n"
        program.send_signal(number)

        answer = read_all(client)
        said = program.stdout.read()

    assert b"Connection: close" in answer and answer.endswith(b"done")
    assert (said, program.returncode) == ("closed\n", 0)


def test_a_signal_ends_an_idle_server_at_once(tmp_path: Path) -> None:
    with slow_program(tmp_path) as (program, address), connect(address) as client:
        client.sendall(GET + b"\r\n")
        assert read_one(client)
        began = time.monotonic()
        program.terminate()

        assert client.recv(1) == b""
        assert program.wait(5) == 0
    assert time.monotonic() - began < 2


def test_a_stopping_server_takes_no_new_connection(tmp_path: Path) -> None:
    with slow_program(tmp_path) as (program, address), connect(address) as client:
        client.sendall(b"GET /1 HTTP/1.1\r\nHost: a\r\n\r\n")
        assert program.stdout and program.stdout.readline() == "started\n"
        program.terminate()
        wait_until(lambda: not accepts(address))

        assert read_all(client).endswith(b"done")


def accepts(address: tuple[str, int]) -> bool:
    try:
        connect(address).close()
    except ConnectionError:
        return False
    return True


def test_a_second_signal_does_not_wait_for_requests(tmp_path: Path) -> None:
    with slow_program(tmp_path) as (program, address), connect(address) as client:
        client.sendall(b"GET /30 HTTP/1.1\r\nHost: a\r\n\r\n")
        assert program.stdout and program.stdout.readline() == "started\n"
        program.terminate()
        wait_until(lambda: not accepts(address))
        program.terminate()

        assert program.wait(5) == 0
