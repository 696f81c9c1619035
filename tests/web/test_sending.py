"""Sending a webhook: what comes back, where it may go, and that it never takes too long."""

import os
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Sequence
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest

from cstar_web.sending import ANSWER_MAX, Answer, send
from tests.web.receiver import OK, Behaviour, answering, receiving

LOCAL = [ip_network("127.0.0.0/8")]
BODY = b'{"type": "ticket.created"}'
SHORT = 0.4


def post(url: str, **options: Any) -> Answer:
    return send(url, {"X-Event-Type": "ticket.created"}, BODY, **{"allowed": LOCAL, **options})


def sent_to(behave: Behaviour, **options: Any) -> Answer:
    with receiving(behave) as receiver:
        return post(receiver.url, **options)


def test_a_body_is_posted_with_its_headers() -> None:
    with receiving(answering(OK)) as receiver:
        answer = post(f"{receiver.url}?team=a%20b")
    head, _, body = receiver.received[0].partition(b"\r\n\r\n")
    assert (answer.status, answer.body, answer.error, body) == (200, b"ok", None, BODY)
    lines = head.decode().split("\r\n")
    assert lines[0] == "POST /hook?team=a%20b HTTP/1.1"
    assert sorted(lines[1:]) == [
        "Connection: close",
        f"Content-Length: {len(BODY)}",
        f"Host: 127.0.0.1:{receiver.port}",
        "X-Event-Type: ticket.created",
    ]


def test_a_url_without_a_path_is_posted_to_its_root() -> None:
    with receiving(answering(OK)) as receiver:
        post(f"http://127.0.0.1:{receiver.port}")
    assert receiver.received[0].startswith(b"POST / HTTP/1.1\r\n")


def test_a_redirect_is_an_answer_and_not_followed() -> None:
    with receiving(answering(OK)) as other:
        moved = f"HTTP/1.1 307 Moved\r\nLocation: {other.url}\r\n\r\n".encode()
        answer = sent_to(answering(moved))
    assert (answer.status, other.received) == (307, [])


@pytest.mark.parametrize("status", [200, 204, 299, 400, 410, 500, 599])
def test_a_status_is_what_was_answered(status: int) -> None:
    assert sent_to(answering(f"HTTP/1.1 {status} X\r\n\r\n".encode())).status == status


def test_the_first_4_kilobytes_of_an_answer_are_kept() -> None:
    body = b"x" * 1_000_000
    answer = sent_to(answering(b"HTTP/1.1 500 Oh\r\n\r\n" + body))
    assert (answer.status, answer.body) == (500, body[:ANSWER_MAX])


def test_an_answer_in_chunks_is_read() -> None:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    chunked = head + b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
    assert sent_to(answering(chunked)).body == b"abcde"


def test_what_is_not_answered_in_time_is_given_up() -> None:
    answer = sent_to(lambda connection: time.sleep(1), budget=SHORT)
    assert (answer.status, answer.error) == (None, f"no answer within {SHORT} s")


def drip(*parts: bytes) -> Behaviour:
    def behave(connection: socket.socket) -> None:
        for part in parts:
            connection.sendall(part)
        for _ in range(30):
            connection.sendall(b"x")
            time.sleep(0.1)

    return behave


@pytest.mark.parametrize("beginning", [b"", b"HTTP/1.1 200 OK\r\nX: "], ids=["status", "header"])
def test_an_answer_that_drips_is_given_up(beginning: bytes) -> None:
    answer = sent_to(drip(beginning), budget=SHORT)
    assert (answer.error, answer.seconds < 2) == (f"no answer within {SHORT} s", True)


def test_a_status_counts_whatever_becomes_of_the_body() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nab"
    answer = sent_to(drip(head), budget=SHORT)
    assert (answer.status, answer.error, answer.body[:3]) == (200, None, b"abx")
    assert sent_to(answering(head)).body == b"ab"


@pytest.mark.parametrize("body", [b"3\r\nabc\r\n", b"3\r\nabc\r\nzz\r\n", b"zz"])
def test_a_status_counts_if_its_chunks_are_broken(body: bytes) -> None:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    answer = sent_to(answering(head + body))
    assert (answer.status, answer.error) == (200, None)


def test_an_answer_that_never_begins_is_given_up() -> None:
    def behave(connection: socket.socket) -> None:
        while True:
            connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n" * 1000)

    assert sent_to(behave, budget=SHORT).error == f"no answer within {SHORT} s"


def test_a_receiver_that_does_not_read_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        answer = send(url, {}, b"x" * 20_000_000, allowed=LOCAL, budget=SHORT)
    assert answer.error == f"no answer within {SHORT} s"


@pytest.mark.parametrize(
    ("raw", "error"),
    [
        (b"", "not an HTTP answer: Remote end closed connection without response"),
        (b"SSH-2.0-OpenSSH\r\n", "not an HTTP answer: SSH-2.0-OpenSSH"),
        (b"\x1b[2J\x00\x07\r\n", "not an HTTP answer: ?[2J??"),
        (b"HTTP/1.1 9999 X\r\n\r\n", "not an HTTP answer: HTTP/1.1 9999 X"),
        (b"HTTP/1.1 200 " + b"x" * 100_000, "not an HTTP answer: got more than 65536 bytes"),
        (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 500, "not an HTTP answer: got more than 100"),
    ],
)
def test_what_is_no_answer_is_told(raw: bytes, error: str) -> None:
    answer = sent_to(answering(raw + b"\r\n" if raw else raw))
    assert answer.status is None
    assert answer.error and answer.error.startswith(error)


def test_a_port_where_nobody_listens_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert post(f"http://127.0.0.1:{port}/").error == "Connection refused"


def test_a_header_that_would_be_two_is_not_sent() -> None:
    with receiving(answering(OK)) as receiver:
        answer = send(receiver.url, {"X-A": "1\r\nX-B: 2"}, BODY, allowed=LOCAL)
    assert (answer.status, answer.error) == (None, "Invalid header value b'1\\r\\nX-B: 2'")


# --- where it may go


def leads_to(*addresses: str) -> Any:
    def resolve(_host: str, _port: int) -> Sequence[tuple[int, str]]:
        return [(socket.AF_INET6 if ":" in each else socket.AF_INET, each) for each in addresses]

    return resolve


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1", "0x7f000001", "2130706433", "[::1]"])
def test_an_address_of_this_machine_is_not_connected_to(host: str) -> None:
    with receiving(answering(OK)) as receiver:
        answer = post(f"http://{host}:{receiver.port}/", allowed=[])
    assert (answer.status, receiver.received) == (None, [])


@pytest.mark.parametrize(
    "addresses",
    [
        ["127.0.0.1"],
        ["8.8.8.8", "127.0.0.1"],
        ["::ffff:127.0.0.1"],
        ["64:ff9b::7f00:1"],
        ["fe80::1%eth0"],
    ],
)
def test_a_name_that_leads_here_is_not_connected_to(addresses: list[str]) -> None:
    with receiving(answering(OK)) as receiver:
        url = f"http://rebinding.example:{receiver.port}/"
        answer = post(url, allowed=[], resolve=leads_to(*addresses))
    assert receiver.received == []
    assert answer.error and "is an address of this machine or a private network" in answer.error


def test_a_name_is_resolved_once_and_the_connection_goes_there() -> None:
    asked: list[str] = []

    def resolve(host: str, _port: int) -> Sequence[tuple[int, str]]:
        asked.append(host)
        return [(socket.AF_INET, "127.0.0.1")] if len(asked) == 1 else [(socket.AF_INET, "8.8.8.8")]

    with receiving(answering(OK)) as receiver:
        answer = post(f"http://hook.example:{receiver.port}/", resolve=resolve)
    assert (answer.status, asked) == (200, ["hook.example"])
    assert f"Host: hook.example:{receiver.port}".encode() in receiver.received[0]


def test_the_next_address_of_a_name_is_tried() -> None:
    with receiving(answering(OK)) as receiver:
        url = f"http://hook.example:{receiver.port}/"
        assert post(url, resolve=leads_to("127.0.0.2", "127.0.0.1")).status == 200


def test_a_name_that_does_not_resolve_is_told() -> None:
    def resolve(_host: str, _port: int) -> Sequence[tuple[int, str]]:
        raise socket.gaierror(-2, "Name or service not known")

    answer = post("http://nowhere.example/", resolve=resolve)
    assert answer.error == "nowhere.example could not be resolved: Name or service not known"


def test_a_name_without_an_address_is_told() -> None:
    answer = post("http://nowhere.example/", resolve=leads_to())
    assert answer.error == "nowhere.example has no address"


def test_a_resolver_that_hangs_is_left_behind() -> None:
    release = threading.Event()

    def resolve(_host: str, _port: int) -> Sequence[tuple[int, str]]:
        release.wait(5)
        return []

    answer = post("http://slow.example/", resolve=resolve, budget=SHORT)
    release.set()
    assert answer.error == "slow.example could not be resolved in time"


def test_what_is_no_url_is_told() -> None:
    assert post("ftp://example.com").error == "url must begin with http:// or https://"


def test_no_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(os.environ, "http_proxy", "http://127.0.0.1:1")
    assert sent_to(answering(OK)).status == 200


# --- TLS


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate for hook.example that vouches for itself, and its key."""
    if not shutil.which("openssl"):
        pytest.skip("NOT TESTED: certificates. To test it: install openssl")
    folder = tmp_path_factory.mktemp("tls")
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    command += ["-subj", "/CN=hook.example", "-addext", "subjectAltName=DNS:hook.example"]
    command += ["-keyout", str(folder / "key.pem"), "-out", str(folder / "hook.pem")]
    subprocess.run(command, check=True, capture_output=True)
    return folder / "hook.pem", folder / "key.pem"


def post_securely(
    certificate: tuple[Path, Path], host: str, behave: Behaviour | None = None, **options: Any
) -> Answer:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    with receiving(behave or answering(OK), context) as receiver:
        url = f"https://{host}:{receiver.port}/"
        return post(url, **{"resolve": leads_to("127.0.0.1"), **options})


def believing(certificate: tuple[Path, Path]) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(certificate[0]))


def test_a_certificate_is_verified_by_the_name_and_not_the_address(
    certificate: tuple[Path, Path],
) -> None:
    answer = post_securely(certificate, "hook.example", context=believing(certificate))
    assert (answer.status, answer.body) == (200, b"ok")


def test_a_certificate_for_another_name_is_refused(certificate: tuple[Path, Path]) -> None:
    answer = post_securely(certificate, "other.example", context=believing(certificate))
    assert answer.error and "certificate is not valid for 'other.example'" in answer.error


def test_a_certificate_that_nobody_vouches_for_is_refused(certificate: tuple[Path, Path]) -> None:
    answer = post_securely(certificate, "hook.example")
    assert answer.error and answer.error.startswith("TLS failed: ")
    assert answer.status is None


def test_an_encrypted_answer_that_drips_is_given_up(certificate: tuple[Path, Path]) -> None:
    context = believing(certificate)
    answer = post_securely(certificate, "hook.example", drip(b""), context=context, budget=SHORT)
    assert answer.error == f"no answer within {SHORT} s"


def test_a_receiver_that_speaks_no_tls_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

        def speak() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.sendall(b"220 mail.example ESMTP\r\n")

        thread = threading.Thread(target=speak)
        thread.start()
        answer = post(f"https://127.0.0.1:{port}/")
        thread.join()
    assert answer.error and answer.error.startswith("TLS failed: ")


def test_a_handshake_that_hangs_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        answer = post(f"https://127.0.0.1:{listener.getsockname()[1]}/", budget=SHORT)
    assert answer.error == f"no answer within {SHORT} s"
