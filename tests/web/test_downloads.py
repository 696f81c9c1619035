"""How files are handed out: never shown as pages, in parts, without a thread for slow readers."""

import io
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from flask import Flask
from flask.testing import FlaskClient

from cstar_web.answer import Answer
from cstar_web.downloads import disposition, save_as, show_picture
from cstar_web.settings import Settings
from tests.web.sockets import Address, connect, read_all, read_one, running

CONTENT = b"0123456789"
LARGE = 8_000_000
TAG = '"a-tag"'


class Served(io.BytesIO):
    """A file that is seen to be closed."""

    all: "list[Served]" = []  # noqa: RUF012 - emptied by the fixture

    def __init__(self, content: bytes) -> None:
        super().__init__(content)
        Served.all.append(self)


@pytest.fixture(scope="module")
def app() -> Flask:
    app = Flask("files", static_folder=None)
    app.response_class = Answer
    app.add_url_rule(
        "/f", endpoint="f", view_func=lambda: save_as(Served(CONTENT), "a.html", 10, TAG)
    )
    app.add_url_rule(
        "/e", endpoint="e", view_func=lambda: save_as(Served(b""), "empty.txt", 0, TAG)
    )
    app.add_url_rule(
        "/p",
        endpoint="p",
        view_func=lambda: show_picture(Served(CONTENT), "a.png", 10, TAG, "image/png"),
    )
    app.add_url_rule(
        "/large",
        endpoint="large",
        view_func=lambda: save_as(Served(b"b" * LARGE), "large", LARGE, TAG),
    )
    app.add_url_rule("/", endpoint="small", view_func=lambda: "small")
    return app


@pytest.fixture
def client(app: Flask) -> Iterator[FlaskClient]:
    Served.all.clear()
    with app.test_client() as client:
        yield client
    assert all(each.closed for each in Served.all)


NAMES = (
    ("report.pdf", 'attachment; filename="report.pdf"'),
    ("a b.txt", 'attachment; filename="a b.txt"'),
    ('a"b.txt', "attachment; filename=\"a_b.txt\"; filename*=UTF-8''a%22b.txt"),
    ("a\\b.txt", "attachment; filename=\"a_b.txt\"; filename*=UTF-8''a%5Cb.txt"),
    ("100%25.txt", "attachment; filename=\"100_25.txt\"; filename*=UTF-8''100%2525.txt"),
    ("a;b.txt", "attachment; filename=\"a_b.txt\"; filename*=UTF-8''a%3Bb.txt"),
    ("Maß.pdf", "attachment; filename=\"Ma_.pdf\"; filename*=UTF-8''Ma%C3%9F.pdf"),
    ("報.txt", "attachment; filename=\"_.txt\"; filename*=UTF-8''%E5%A0%B1.txt"),
    ("a\r\nX: y", "attachment; filename=\"a__X_ y\"; filename*=UTF-8''a%0D%0AX%3A%20y"),
    ("a\ud800", "attachment; filename=\"a_\"; filename*=UTF-8''a%3F"),
)


@pytest.mark.parametrize(("name", "header"), NAMES)
def test_a_name_is_told_in_any_script_and_ends_no_header(name: str, header: str) -> None:
    assert disposition(name) == header
    header.encode("ascii")


def test_a_file_is_handed_out_to_be_saved_and_for_nothing_else(client: FlaskClient) -> None:
    answer = client.get("/f")

    assert (answer.status_code, answer.data) == (200, CONTENT)
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="a.html"'
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    policy = answer.headers["Content-Security-Policy"].split("; ")
    assert {"sandbox", "default-src 'none'"} <= set(policy)
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert answer.headers["Content-Length"] == "10"


def test_a_picture_is_shown_in_the_sandbox_too(client: FlaskClient) -> None:
    answer = client.get("/p")

    assert answer.headers["Content-Type"] == "image/png"
    assert answer.headers["Content-Disposition"] == 'inline; filename="a.png"'
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(("path", "size"), [("/f", "10"), ("/e", "0")])
def test_a_head_tells_the_size_and_sends_nothing(client: FlaskClient, path: str, size: str) -> None:
    answer = client.head(path)

    assert (answer.status_code, answer.headers["Content-Length"], answer.data) == (200, size, b"")


def test_an_empty_file_is_a_file(client: FlaskClient) -> None:
    assert (client.get("/e").status_code, client.get("/e").data) == (200, b"")


PARTS = (
    ("bytes=0-3", b"0123", "bytes 0-3/10"),
    ("bytes=4-", b"456789", "bytes 4-9/10"),
    ("bytes=-2", b"89", "bytes 8-9/10"),
    ("bytes=8-99", b"89", "bytes 8-9/10"),
    ("bytes=0-0", b"0", "bytes 0-0/10"),
)


@pytest.mark.parametrize(("asked", "body", "told"), PARTS)
def test_a_part_of_a_file_can_be_asked_for(
    client: FlaskClient, asked: str, body: bytes, told: str
) -> None:
    answer = client.get("/f", headers={"Range": asked})

    assert (answer.status_code, answer.data) == (206, body)
    assert answer.headers["Content-Range"] == told
    assert answer.headers["Content-Length"] == str(len(body))


@pytest.mark.parametrize(
    "asked", ["bytes=10-", "bytes=5-2", "bytes=0-1,4-5", "lines=0-3", "bytes=a-b", "bytes=", "x"]
)
def test_what_is_no_single_part_of_it_is_answered_with_all(client: FlaskClient, asked: str) -> None:
    answer = client.get("/f", headers={"Range": asked})

    assert (answer.status_code, answer.data) == (200, CONTENT)


def test_a_part_of_another_file_is_not_joined_to_this_one(client: FlaskClient) -> None:
    asked = {"Range": "bytes=4-"}

    assert client.get("/f", headers=asked | {"If-Range": TAG}).status_code == 206
    assert client.get("/f", headers=asked | {"If-Range": '"other"'}).status_code == 200


def test_a_file_that_is_known_is_not_sent_again(client: FlaskClient) -> None:
    answer = client.get("/f", headers={"If-None-Match": TAG})

    assert (answer.status_code, answer.data, answer.headers["ETag"]) == (304, b"", TAG)
    assert client.get("/f", headers={"If-None-Match": '"other"'}).status_code == 200


# --- a real server


@pytest.fixture
def address(app: Flask) -> Iterator[Address]:
    Served.all.clear()
    with running(Settings(threads=1), application=app) as found:
        yield found
    assert all(each.closed for each in Served.all)


def asked(path: str, *more: str) -> bytes:
    return "\r\n".join((f"GET {path} HTTP/1.1", "Host: a", *more, "", "")).encode()


def test_clients_that_do_not_read_hold_no_thread(address: Address) -> None:
    with ExitStack() as stack:
        for _ in range(4):
            stack.enter_context(connect(address)).sendall(asked("/large"))
        other = stack.enter_context(connect(address))
        other.sendall(asked("/"))

        assert read_one(other).endswith(b"small")


def test_a_large_file_arrives_whole_and_the_connection_is_kept(address: Address) -> None:
    with connect(address) as client:
        client.sendall(asked("/f"))
        assert read_one(client).endswith(CONTENT)
        client.sendall(asked("/large", "Connection: close"))
        _, _, body = read_all(client).partition(b"\r\n\r\n")

    assert len(body) == LARGE


def test_a_part_arrives_as_long_as_it_is(address: Address) -> None:
    with connect(address) as client:
        client.sendall(asked("/large", "Range: bytes=10-19"))
        assert read_one(client).endswith(b"\r\n\r\n" + 10 * b"b")
        client.sendall(asked("/f", "Connection: close"))
        assert read_all(client).endswith(CONTENT)


def test_a_client_that_leaves_meanwhile_leaves_nothing_open(address: Address) -> None:
    with connect(address) as client:
        client.sendall(asked("/large"))
        assert client.recv(1_000)
