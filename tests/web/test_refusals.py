"""What the server refuses before the app sees it, over real sockets."""

from collections.abc import Iterator

import pytest

from scripts.trials.hostile import CHUNKED, REFUSED
from tests.web.sockets import GET, POST, Address, ask, parts, running


@pytest.fixture(scope="module")
def address() -> Iterator[Address]:
    with running() as found:
        yield found


@pytest.mark.parametrize("case", REFUSED)
def test_a_broken_request_is_refused_in_the_envelope(address: Address, case: str) -> None:
    request, status, word = REFUSED[case]

    found, headers, body = parts(ask(address, request))

    assert (found, body["success"]) == (status, False)
    assert word in body["error"]["message"]
    assert headers["Connection"] == "close"
    assert headers["Content-Type"] == "application/json"


def test_a_refusal_has_the_members_of_every_failure(address: Address) -> None:
    _, headers, body = parts(ask(address, GET + b"X-Request-Id: mine-1\r\nX-A : 1\r\n\r\n"))

    assert body["error"].keys() == {"type", "code", "message", "doc_url", "request_id"}
    assert body["meta"].keys() == {"requestId", "timestamp"}
    assert headers["X-Request-Id"] == body["meta"]["requestId"] == body["error"]["request_id"]


def test_a_refusal_keeps_a_usable_request_id(address: Address) -> None:
    _, headers, _ = parts(ask(address, GET + b"X-Request-Id: mine-1\r\nX-A: 1\r\n 2\r\n\r\n"))

    assert headers["X-Request-Id"] == "mine-1"


def test_a_refusal_links_to_the_page_of_its_error(address: Address) -> None:
    _, _, body = parts(ask(address, POST + b"Content-Length: 9000000\r\n\r\n"))

    assert body["error"]["doc_url"] == "http://desk.example/docs/errors#PAYLOAD_TOO_LARGE"


def test_nothing_after_a_refused_request_is_answered(address: Address) -> None:
    ambiguous = POST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"

    assert ask(address, ambiguous + GET + b"\r\n").count(b"HTTP/1.1 ") == 1


def test_an_exception_of_the_app_is_not_shown(address: Address) -> None:
    status, _, body = parts(ask(address, b"GET /fail HTTP/1.1\r\nHost: a\r\n\r\n"))

    assert (status, body["error"]["code"]) == (500, "INTERNAL_ERROR")
    assert "strangers" not in str(body)


def test_a_client_that_sends_its_whole_large_body_still_reads_the_refusal(
    address: Address,
) -> None:
    body = b"a" * 20_000_000

    answer = ask(address, POST + b"Content-Length: 20000000\r\n\r\n" + body)

    assert answer.startswith(b"HTTP/1.1 413 ")


def test_a_chunk_that_says_it_is_too_large_is_refused_unsent(address: Address) -> None:
    assert ask(address, CHUNKED + b"200000\r\n").startswith(b"HTTP/1.1 413 ")


def test_a_body_of_many_chunks_is_cut_at_the_limit(address: Address) -> None:
    answer = ask(address, CHUNKED + (b"1000\r\n" + b"a" * 4096 + b"\r\n") * 300)

    assert answer.startswith(b"HTTP/1.1 413 ")


def test_the_address_may_name_the_host_itself(address: Address) -> None:
    head = b"GET http://desk.example/whole HTTP/1.1\r\nHost: desk.example\r\n"

    assert ask(address, head + b"Connection: close\r\n\r\n").endswith(b"/whole")


def test_a_large_body_that_waits_for_100_continue_is_refused_unsent(
    address: Address,
) -> None:
    head = POST + b"Content-Length: 9000000\r\nExpect: 100-continue\r\n\r\n"

    assert ask(address, head).startswith(b"HTTP/1.1 413 ")


def test_a_body_over_the_limit_of_the_api_reaches_the_app(address: Address) -> None:
    size = 1024 * 1024 + 1
    head = POST + b"Connection: close\r\nContent-Length: %d\r\n\r\n" % size

    assert ask(address, head + b"a" * size).startswith(b"HTTP/1.1 200 ")
