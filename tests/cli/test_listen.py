"""`cstar listen`, as a process of its own, with receivers that answer as they like."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cstar_core import Helpdesk, verify_signature
from tests.cli.commands import ROOT, run
from tests.web.receiver import OK, Behaviour, Receiver, answering, receiving

SECRET = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
MOVED = b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"


class Session:
    """`cstar listen` that runs."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process

    def line(self) -> str:
        assert self.process.stdout
        line = self.process.stdout.readline()
        assert line, self.process.communicate()
        return line.strip()


@contextmanager
def listening(database: Path, *args: str) -> Iterator[Session]:
    command = [sys.executable, "-m", "cstar_web", "listen", "--database", str(database), *args]
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environ
    ) as process:
        try:
            yield Session(process)
        finally:
            process.kill()


def trigger(database: Path, type: str) -> None:
    assert run("trigger", type, "--database", str(database)).exit_code == 0


def sent(receiver: Receiver) -> tuple[dict[str, str], bytes]:
    head, _, body = receiver.received[-1].partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")[1:]
    return {name: value.strip() for name, _, value in (each.partition(":") for each in lines)}, body


def test_an_event_is_forwarded_signed_and_shown_with_its_answer(database: Path) -> None:
    with receiving(answering(OK)) as receiver:
        with listening(database, "--forward-to", receiver.url) as session:
            assert session.line() == "Events of acme, test. Ctrl-C ends it."
            secret = session.line().removeprefix("Signing secret: ")
            trigger(database, "customer.created")
            line = session.line()
        headers, body = sent(receiver)

    assert re.fullmatch(r"\S+Z  customer\.created +cus_\w{32}  answered 200 after \d+ ms", line), (
        line
    )
    verify_signature(headers, body, secret)
    assert json.loads(body)["type"] == headers["X-Event-Type"] == "customer.created"


@pytest.mark.parametrize(
    ("behaviour", "outcome"),
    [
        (answering(MOVED), "answered 302 after "),
        (answering(b"HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n"), "answered 500 after "),
        (lambda connection: None, "after "),
    ],
)
def test_what_a_receiver_does_wrong_is_shown_and_the_next_event_is_sent(
    behaviour: Behaviour, outcome: str, database: Path
) -> None:
    with (
        receiving(behaviour) as receiver,
        listening(database, "--forward-to", receiver.url) as session,
    ):
        session.line(), session.line()
        trigger(database, "ticket.resolved")
        lines = [session.line() for _ in range(3)]

    assert [line.split()[1] for line in lines] == [
        "ticket.created",
        "ticket.updated",
        "ticket.resolved",
    ]
    assert all(outcome in line and "answered 200" not in line for line in lines)


def test_a_receiver_that_is_not_there_is_said_so(database: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with listening(database, "--forward-to", f"http://127.0.0.1:{port}/") as session:
        session.line(), session.line()
        trigger(database, "ticket.created")

        assert "refused" in session.line()


def test_without_a_receiver_events_are_printed_as_json(database: Path) -> None:
    with listening(database, "--json", "--secret", SECRET, "--events", "ticket.closed") as session:
        first = json.loads(session.line())
        trigger(database, "ticket.closed")
        told = json.loads(session.line())

    assert first == {"team": "acme", "environment": "test", "secret": SECRET}
    assert told["event"]["type"] == "ticket.closed" and told["answer"] is None


def test_what_happened_after_an_event_is_told_again(database: Path) -> None:
    trigger(database, "ticket.created")
    with Helpdesk.open(database) as desk:
        first = desk.workspace("acme", "test").events.list().items[0].id

    with listening(database, "--json", "--after", first) as session:
        session.line()

        assert json.loads(session.line())["event"]["type"] == "ticket.created"


def test_ctrl_c_ends_it_well(database: Path) -> None:
    with listening(database) as session:
        session.line(), session.line()
        session.process.send_signal(signal.SIGINT)
        _, errors = session.process.communicate(timeout=20)

    assert (session.process.returncode, errors) == (0, "")


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--forward-to", "localhost:3000"], "--forward-to must "),
        (["--forward-to", ""], "--forward-to "),
        (["--events", "ticket.open"], "events.0 must be one of"),
        (["--events", ""], "events.0 must be one of"),
        (["--secret", "no"], "secret must be whsec_ and Base64"),
        (["--secret", ""], "secret must be whsec_ and Base64"),
        (["--after", "evt_1"], "after must be the id of an event"),
        (["--team", "nobody"], "no team nobody"),
    ],
)
def test_a_wrong_wish_is_refused_in_one_line(args: list[str], message: str, database: Path) -> None:
    result = run("listen", *args, "--database", str(database))

    assert result.exit_code == 2
    assert message in result.stderr and result.stderr.count("\n") == 1


def test_a_database_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    result = run("listen", "--database", "none.db")

    assert result.exit_code == 2 and not (tmp_path / "none.db").exists()
