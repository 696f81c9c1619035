"""How the server stops: what is being answered is finished, nothing new is begun."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cstar_web.server import ECHO_SECONDS
from tests.web.sockets import GET, Address, connect, read_all, read_one, wait_until

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


@contextmanager
def slow_program(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], Address]]:
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


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_lets_a_request_finish(tmp_path: Path, number: signal.Signals) -> None:
    with slow_program(tmp_path) as (program, address), connect(address) as client:
        client.sendall(b"GET /0.5 HTTP/1.1\r\nHost: a\r\n\r\n")
        assert program.stdout and program.stdout.readline() == "started\n"
        program.send_signal(number)

        answer = read_all(client)
        said = program.stdout.read()
        program.wait(5)

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
    assert time.monotonic() - began < 5


def test_a_stopping_server_takes_no_new_connection(tmp_path: Path) -> None:
    with slow_program(tmp_path) as (program, address), connect(address) as client:
        client.sendall(b"GET /1 HTTP/1.1\r\nHost: a\r\n\r\n")
        assert program.stdout and program.stdout.readline() == "started\n"
        program.terminate()
        wait_until(lambda: not accepts(address))

        assert read_all(client).endswith(b"done")


def accepts(address: Address) -> bool:
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
        time.sleep(2 * ECHO_SECONDS)
        program.terminate()

        assert program.wait(5) == 0


def test_a_signal_that_comes_twice_at_once_counts_once(tmp_path: Path) -> None:
    with slow_program(tmp_path) as (program, address), connect(address) as client:
        client.sendall(b"GET /1 HTTP/1.1\r\nHost: a\r\n\r\n")
        assert program.stdout and program.stdout.readline() == "started\n"
        program.terminate()
        time.sleep(0.1)
        program.terminate()

        assert read_all(client).endswith(b"done")
        assert program.wait(5) == 0
