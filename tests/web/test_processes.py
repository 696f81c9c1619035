"""Several processes on one socket: how they share it, are kept running, and stop."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from cstar_web.server import ECHO_SECONDS
from cstar_web.server.processes import TRIES
from tests.web.sockets import GET, Address, connect, is_answered, read_all, read_one, wait_until

pytestmark = pytest.mark.no_cover

ROOT = Path(__file__).parents[2]
PROGRAM = """
import os, sys, time
from pathlib import Path
from cstar_web.server import listen, serve
from cstar_web.server.processes import ProcessesError, supervise
from cstar_web.settings import Settings

def app(environ, start_response):
    Path(f"answering.{os.getpid()}").touch()
    time.sleep(float(environ["PATH_INFO"].strip("/") or 0))
    body = str(os.getpid()).encode()
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]

def work(ready):
    if Path("broken").exists():
        raise LookupError("something is missing")
    serve(app, Settings(), sockets=[sock], ready=ready)

sock = listen("127.0.0.1", 0)
try:
    supervise(sock, 2, work, lambda: print(sock.getsockname()[1], flush=True))
except ProcessesError as error:
    sys.exit(str(error))
print("closed", flush=True)
"""


@dataclass(frozen=True)
class Program:
    """The program as it runs, its folder, and where it answers."""

    process: subprocess.Popen[str]
    folder: Path
    address: Address

    def workers(self) -> list[int]:
        listed = subprocess.run(
            ["pgrep", "-P", str(self.process.pid)], capture_output=True, text=True
        )
        return [int(pid) for pid in listed.stdout.split()]

    def send(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def ended(self) -> tuple[str, int]:
        """What it had left to say, once no worker is left either, and its exit code."""
        assert self.process.stdout
        return self.process.stdout.read(), self.process.wait(5)


@contextmanager
def starting(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """The program, with its workers in a group of processes of its own."""
    script = folder / "program.py"
    script.write_text(PROGRAM)
    with subprocess.Popen(
        [sys.executable, str(script)],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        start_new_session=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Program]:
    with starting(tmp_path) as process:
        assert process.stdout
        port = int(process.stdout.readline())
        yield Program(process, tmp_path, ("127.0.0.1", port))


@contextmanager
def answering(program: Program, seconds: float) -> Iterator[tuple[int, list[bytes]]]:
    """A request in flight: which worker has it, and where its answer stands afterwards."""
    answers: list[bytes] = []
    with connect(program.address) as client:
        client.sendall(b"GET /%.1f HTTP/1.1\r\nHost: a\r\n\r\n" % seconds)
        wait_until(lambda: any(program.folder.glob("answering.*")))
        (mark,) = program.folder.glob("answering.*")
        yield int(mark.suffix[1:]), answers
        answers.append(read_all(client))


@contextmanager
def connected(address: Address, connections: int) -> Iterator[list[bytes]]:
    """So many connections, made one after the other, and which worker answers on each."""
    found = []
    with ExitStack() as stack:
        for _ in range(connections):
            client = stack.enter_context(connect(address))
            client.sendall(GET + b"\r\n")
            found.append(read_one(client).partition(b"\r\n\r\n")[2])
        yield found


def both_answer(program: Program) -> bool:
    with connected(program.address, 2) as found:
        return len(set(found)) == 2


@contextmanager
def halted(worker: int) -> Iterator[None]:
    os.kill(worker, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(worker, signal.SIGCONT)


def refuses(address: Address) -> bool:
    try:
        connect(address).close()
    except ConnectionError:
        return True
    return False


def test_there_are_as_many_processes_as_asked_for(program: Program) -> None:
    assert len(program.workers()) == 2


def test_a_process_with_fewer_connections_takes_new_ones(program: Program) -> None:
    wait_until(lambda: both_answer(program))
    fewer = program.workers()[0]
    with ExitStack() as stack:
        with halted(fewer):
            stack.enter_context(connected(program.address, 8))
        found = stack.enter_context(connected(program.address, 8))

    # Not all: on a busy machine it may wake up too late for some.
    assert found.count(str(fewer).encode()) >= 6


def test_a_halted_process_does_not_keep_connections_waiting(program: Program) -> None:
    wait_until(lambda: both_answer(program))
    with halted(program.workers()[0]), connected(program.address, 4) as found:
        pass

    assert len(set(found)) == 1


def test_the_others_answer_when_one_is_killed(program: Program) -> None:
    os.kill(program.workers()[0], signal.SIGKILL)

    assert is_answered(program.address)


def test_one_that_is_killed_is_replaced(program: Program) -> None:
    first = program.workers()
    os.kill(first[0], signal.SIGKILL)
    wait_until(lambda: len(set(program.workers()) - set(first)) == 1)

    assert is_answered(program.address)


def test_the_end_of_a_process_is_logged(program: Program) -> None:
    killed = program.workers()[0]
    os.kill(killed, signal.SIGKILL)
    assert program.process.stderr
    line = program.process.stderr.readline()

    assert f"process {killed} ended with SIGKILL; another takes its place" in line


def test_one_that_is_told_to_stop_finishes_and_is_replaced(program: Program) -> None:
    with answering(program, 0.5) as (worker, answers):
        os.kill(worker, signal.SIGTERM)
    wait_until(lambda: worker not in program.workers() and len(program.workers()) == 2)

    assert answers[0].endswith(str(worker).encode())


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_lets_a_request_finish(program: Program, number: signal.Signals) -> None:
    with answering(program, 0.5) as (worker, answers):
        program.send(number)

    assert answers[0].endswith(str(worker).encode())
    assert program.ended() == ("closed\n", 0)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_to_all_processes_counts_once(program: Program, number: signal.Signals) -> None:
    with answering(program, 0.5) as (worker, answers):
        os.killpg(program.process.pid, number)

    assert answers[0].endswith(str(worker).encode())
    assert program.ended() == ("closed\n", 0)


def test_a_stopping_program_takes_no_new_connection(program: Program) -> None:
    with answering(program, 1) as (_, answers):
        program.send(signal.SIGTERM)
        wait_until(lambda: refuses(program.address))

    assert answers[0].startswith(b"HTTP/1.1 200")


def test_a_second_signal_does_not_wait_for_requests(program: Program) -> None:
    with answering(program, 30) as (_, answers):
        program.send(signal.SIGTERM)
        wait_until(lambda: refuses(program.address))
        time.sleep(2 * ECHO_SECONDS)
        program.send(signal.SIGTERM)

        assert program.ended() == ("closed\n", 0)
    assert answers == [b""]


def test_a_signal_that_comes_twice_at_once_counts_once(program: Program) -> None:
    with answering(program, 1.0) as (worker, answers):
        program.send(signal.SIGTERM)
        time.sleep(0.1)
        program.send(signal.SIGTERM)

    assert answers[0].endswith(str(worker).encode())
    assert program.ended() == ("closed\n", 0)


def test_a_halted_process_does_not_outlive_the_second_signal(program: Program) -> None:
    os.kill(program.workers()[0], signal.SIGSTOP)
    program.send(signal.SIGTERM)
    wait_until(lambda: len(program.workers()) == 1)
    time.sleep(2 * ECHO_SECONDS)
    program.send(signal.SIGTERM)

    assert program.ended() == ("closed\n", 0)


def test_workers_finish_and_end_when_the_first_process_is_killed(program: Program) -> None:
    with answering(program, 0.5) as (worker, answers):
        program.send(signal.SIGKILL)

    assert answers[0].endswith(str(worker).encode())
    assert program.ended() == ("", -signal.SIGKILL)


def test_workers_that_end_again_and_again_are_given_up(tmp_path: Path) -> None:
    (tmp_path / "broken").touch()
    with starting(tmp_path) as process:
        said, logged = process.communicate(timeout=30)

    last = logged.splitlines()[-1]
    assert (said, process.returncode) == ("", 1)
    assert last.startswith(f"gave up after {TRIES} tries: process ")
    assert last.endswith("ended with exit code 1")
    assert "LookupError: something is missing" in logged


def test_a_process_that_cannot_be_replaced_stops_the_others(program: Program) -> None:
    (program.folder / "broken").touch()
    os.kill(program.workers()[0], signal.SIGKILL)

    assert program.ended() == ("", 1)
