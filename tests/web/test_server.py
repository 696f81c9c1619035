"""The server against clients that are slow or many, over real sockets."""

import contextlib
import gc
import time
import weakref
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from wsgiref.types import StartResponse, WSGIEnvironment

import pytest

from cstar_web.server import ListenError, Server, listen, serve
from cstar_web.settings import Settings
from tests.web.sockets import (
    GET,
    LARGE,
    POST,
    Address,
    app,
    ask,
    connect,
    is_answered,
    parts,
    read_all,
    read_one,
    running,
    wait_until,
)


@pytest.fixture(scope="module")
def address() -> Iterator[Address]:
    with running() as found:
        yield found


def test_http_1_0_needs_no_host(address: Address) -> None:
    assert ask(address, b"GET / HTTP/1.0\r\n\r\n").startswith(b"HTTP/1.0 200 ")


def test_a_chunked_body_is_read(address: Address) -> None:
    head = POST + b"Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n"

    assert ask(address, head + b"2\r\nhi\r\n0\r\n\r\n").endswith(b"\r\n\r\nhi")


def test_the_server_does_not_say_what_it_is(address: Address) -> None:
    answer = ask(address, GET + b"Connection: close\r\n\r\n").lower()

    assert b"server:" not in answer and b"waitress" not in answer


def test_a_connection_is_kept_for_the_next_request(address: Address) -> None:
    with connect(address) as client:
        for _ in range(3):
            client.sendall(GET + b"\r\n")
            assert read_one(client).startswith(b"HTTP/1.1 200 OK")


def test_pipelined_requests_are_answered_in_order(address: Address) -> None:
    paths = [b"/wait", b"/b", b"/c"]
    requests = [b"GET " + path + b" HTTP/1.1\r\nHost: a\r\n" for path in paths]

    answer = ask(address, b"\r\n".join(requests) + b"Connection: close\r\n\r\n")

    assert [answer.index(b"\r\n\r\n" + path) for path in paths] == sorted(
        answer.index(b"\r\n\r\n" + path) for path in paths
    )


def test_the_loop_leaves_sending_to_the_thread_that_answers(address: Address) -> None:
    with connect(address) as client:
        client.sendall(b"GET /writable HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        time.sleep(0.3)  # Not reading, so that the answer cannot all be sent.

        assert b"True False" in read_all(client)


def test_forwarded_headers_are_dropped_unless_a_proxy_is_trusted(address: Address) -> None:
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

    assert 0.4 <= time.monotonic() - began < 5
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


def test_a_trusted_proxy_may_hold_any_number_of_connections() -> None:
    settings = Settings.from_environment(
        {"CSTAR_TRUSTED_PROXIES": "127.0.0.1", "CSTAR_CONNECTIONS_PER_ADDRESS": "1"}
    )
    with running(settings) as address, connect(address) as first, connect(address) as second:
        for client in (second, first):
            client.sendall(GET + b"\r\n")
            assert read_one(client).startswith(b"HTTP/1.1 200")


def test_slow_clients_do_not_keep_others_waiting() -> None:
    with running(request_seconds=60) as address:
        slow = [connect(address) for _ in range(250)]
        for client in slow:
            client.sendall(b"GET / HT")
        began = time.monotonic()
        answered = is_answered(address)
        took = time.monotonic() - began
        for client in slow:
            client.close()

    assert answered
    assert took < 10


PIPELINED = b"GET /large HTTP/1.1\r\nHost: a\r\n\r\n" * 9


def test_clients_that_do_not_read_hold_no_threads() -> None:
    with running() as address, ExitStack() as stack:
        for _ in range(Settings().threads + 1):
            stack.enter_context(connect(address)).sendall(PIPELINED)
        time.sleep(0.5)

        assert is_answered(address)


def test_a_client_that_stops_reading_is_cut() -> None:
    with running(idle_seconds=0.2) as address, connect(address) as client:
        client.sendall(PIPELINED)
        time.sleep(1.5)

        with contextlib.suppress(ConnectionError):
            assert len(read_all(client)) < 9 * LARGE


def test_a_client_that_reads_late_gets_every_answer_it_pipelined() -> None:
    last = b"GET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    with running() as address, connect(address) as client:
        client.sendall(PIPELINED + last)
        time.sleep(0.5)
        answers = read_all(client)

    assert answers.count(b"HTTP/1.1 200 OK") == 10
    assert answers.endswith(b"/last")
    assert len(answers) > 9 * LARGE


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


def test_no_answer_leaves_what_only_a_collector_can_free() -> None:
    """The environ of a request holds its body, and what the application keeps in it."""
    environs: list[weakref.ref[Environ]] = []

    def keeping(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        marked = environ["test.mark"] = Environ()
        environs.append(weakref.ref(marked))
        return app(environ, start)

    gc.disable()
    try:
        with running(application=keeping) as address:
            for _ in range(3):
                assert is_answered(address)
            wait_until(lambda: all(each() is None for each in environs[:2]))
    finally:
        gc.enable()


class Environ:
    """Something in the environ that can be watched."""
