"""Bodies larger than 1 MiB: read only where a route takes them, from few at once, into files."""

import time
from collections.abc import Iterator

import pytest

from cstar_web.body_limits import body_limit
from cstar_web.settings import Settings
from tests.web.sockets import Address, ask, connect, parts, read_all, running, wait_until
from tests.web.vocabulary import Api

MIB = 1_048_576


def limit(method: str, path: str) -> int:
    return 3 * MIB if (method, path) == ("POST", "/files") else MIB


def head(path: bytes, *headers: bytes) -> bytes:
    return b"\r\n".join((b"POST " + path + b" HTTP/1.1", b"Host: a", *headers, b"", b""))


def sized(path: bytes, length: int) -> bytes:
    return head(path, b"Connection: close", b"Content-Length: %d" % length)


@pytest.fixture(scope="module")
def address() -> Iterator[Address]:
    with running(limit=limit) as found:
        yield found


def test_a_large_body_is_read_where_a_route_takes_it(address: Address) -> None:
    answer = ask(address, sized(b"/files", 2 * MIB) + b"b" * 2 * MIB)

    assert answer.startswith(b"HTTP/1.1 200 ") and answer.endswith(b"\r\n\r\n" + b"b" * 2 * MIB)


def test_a_large_body_in_chunks_is_read_too(address: Address) -> None:
    chunk = b"%x\r\n%b\r\n" % (2 * MIB, b"c" * 2 * MIB)
    start = head(b"/files", b"Connection: close", b"Transfer-Encoding: chunked")

    assert ask(address, start + chunk + b"0\r\n\r\n").endswith(b"c" * 2 * MIB)


@pytest.mark.parametrize(
    ("path", "length", "most"),
    [(b"/files", 4 * MIB, "3 MiB"), (b"/other", 2 * MIB, "1 MiB"), (b"/files", 2**70, "3 MiB")],
)
def test_a_body_that_is_too_large_is_refused_unread(
    address: Address, path: bytes, length: int, most: str
) -> None:
    status, _, body = parts(ask(address, sized(path, length)))

    assert status == 413
    assert body["error"]["message"] == f"The request body is larger than {most}"


def test_a_chunk_that_is_too_large_is_refused_unread(address: Address) -> None:
    start = head(b"/files", b"Transfer-Encoding: chunked")

    assert parts(ask(address, start + b"%x\r\n" % (4 * MIB)))[0] == 413


def test_as_many_large_bodies_arrive_at_once_as_may() -> None:
    with running(limit=limit, large_bodies=1) as address:
        with connect(address) as first:
            first.sendall(sized(b"/files", 2 * MIB) + b"b")
            wait_until(lambda: ask(address, sized(b"/files", 2 * MIB)).startswith(b"HTTP/1.1 503"))
            refused = ask(address, sized(b"/files", 2 * MIB))
            small = ask(address, sized(b"/files", 2) + b"hi")
        assert b'"code":"BUSY"' in refused and b"\r\nRetry-After: 5\r\n" in refused
        assert small.endswith(b"\r\n\r\nhi")
        whole = sized(b"/files", 2 * MIB) + b"b" * 2 * MIB
        wait_until(lambda: ask(address, whole).startswith(b"HTTP/1.1 200"))


@pytest.mark.parametrize(("trusted", "status"), [("", 503), ("127.0.0.1", 200)])
def test_a_client_has_some_of_the_seats_and_a_trusted_proxy_all(trusted: str, status: int) -> None:
    settings = Settings.from_environment({"CSTAR_TRUSTED_PROXIES": trusted} if trusted else {})
    with (
        running(settings, limit=limit, large_bodies=2, large_bodies_each=1) as address,
        connect(address) as first,
    ):
        first.sendall(sized(b"/files", 2 * MIB) + b"b")
        time.sleep(0.2)  # Until the server has read it.
        second = ask(address, sized(b"/files", 2 * MIB) + b"b" * 2 * MIB)

    assert parts(second)[0] == status if status == 503 else second.startswith(b"HTTP/1.1 200")


def test_a_large_body_that_goes_on_coming_has_the_time_that_it_takes() -> None:
    whole = sized(b"/files", 2 * MIB) + b"b" * 2 * MIB
    with (
        running(limit=limit, request_seconds=0.2, slowest_bytes=1) as address,
        connect(address) as client,
    ):
        client.sendall(whole[:-1])
        time.sleep(0.6)  # Longer than another request may take.
        client.sendall(whole[-1:])
        assert read_all(client).startswith(b"HTTP/1.1 200 ")


def test_a_large_body_that_drips_is_cut() -> None:
    with running(limit=limit, request_seconds=0.2) as address:
        answer = ask(address, sized(b"/files", 2 * MIB) + b"b" * 1_000)

    assert answer.startswith(b"HTTP/1.1 408 ")


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/nowhere"), ("DELETE", "/healthz"), ("PATCH", "/api/v1/teams/acme/tickets/x")],
)
def test_other_routes_take_1_mib(api: Api, method: str, path: str) -> None:
    assert body_limit(api.client.application)(method, path) == MIB
