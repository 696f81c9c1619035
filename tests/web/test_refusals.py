"""What the server refuses before the app sees it, over real sockets."""

from collections.abc import Iterator

import pytest

from tests.web.sockets import GET, POST, Address, ask, parts, running

CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"

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
    "chunked by two headers": (
        POST + b"Transfer-Encoding: chunked\r\n" * 2 + b"\r\n0\r\n\r\n",
        400,
        "chunked only once",
    ),
    "chunked twice": (
        POST + b"Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
        400,
        "chunked only once",
    ),
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
    "negative length": (POST + b"Content-Length: -1\r\n\r\nx", 400, "Content-Length"),
    "length in words": (POST + b"Content-Length: 1 1\r\n\r\nx", 400, "Content-Length"),
    "length in hex": (POST + b"Content-Length: 0x1\r\n\r\nx", 400, "Content-Length"),
    "nearly chunked": (POST + b"Transfer-Encoding: xchunked\r\n\r\n", 501, "not supported"),
    "a tab that is none": (
        POST + b"Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n",
        400,
        "Invalid header",
    ),
    "chunked, then plain": (
        POST + b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
        501,
        "not supported",
    ),
    "signed chunk": (CHUNKED + b"+1\r\nx\r\n0\r\n\r\n", 400, "chunk size"),
    "chunk in hex": (CHUNKED + b"0x1\r\nx\r\n0\r\n\r\n", 400, "chunk size"),
    "negative chunk": (CHUNKED + b"-1\r\nx\r\n0\r\n\r\n", 400, "chunk size"),
    "chunk longer than it says": (CHUNKED + b"1\r\nxy\r\n0\r\n\r\n", 400, "terminated"),
    "chunk ended by a bare newline": (CHUNKED + b"1\r\nx\n0\r\n\r\n", 400, "terminated"),
    "NUL in a header": (GET + b"X-A: a\0b\r\n\r\n", 400, "Invalid header"),
    "NUL in a header's name": (GET + b"X\0A: a\r\n\r\n", 400, "Invalid header"),
    "bare carriage return": (GET + b"X-A: 1\rX-B: 2\r\n\r\n", 400, "Malformed"),
    "header without a colon": (GET + b"X-A\r\n\r\n", 400, "Invalid header"),
    "folded first header": (b"GET / HTTP/1.1\r\n Host: a\r\n\r\n", 400, "Malformed"),
    "address of another host": (
        b"GET http://evil.example/ HTTP/1.1\r\nHost: desk.example\r\n\r\n",
        400,
        "name different hosts",
    ),
    "large body": (POST + b"Content-Length: 9000000\r\n\r\n", 413, "larger than 1 MiB"),
    "large chunk": (
        POST + b"Transfer-Encoding: chunked\r\n\r\n200000\r\n" + b"a" * 2_097_152,
        413,
        "larger than 1 MiB",
    ),
}


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
