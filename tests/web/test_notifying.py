"""What a service manager is told, on which socket, and how often it gets a sign of life."""

import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from cstar_web.notifying import Notifier
from cstar_web.server.balance import Beats


@pytest.fixture(params=["path", "abstract"])
def manager(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[socket.socket, str]]:
    """A service manager, and what it calls its socket."""
    name = str(tmp_path / "notify") if request.param == "path" else f"@cstar-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.bind(name.replace("@", "\0", 1))
        sock.settimeout(5)
        yield sock, name


def heard(sock: socket.socket) -> list[str]:
    return sock.recv(4096).decode().split("\n")


def test_it_is_told_that_the_server_is_ready_and_that_it_stops(
    manager: tuple[socket.socket, str],
) -> None:
    sock, name = manager
    notifier = Notifier.of({"NOTIFY_SOCKET": name})
    notifier.status = "Serving"
    notifier.opening()
    notifier.ready()
    notifier.stopping()

    assert heard(sock) == ["STATUS=Opening the database", "EXTEND_TIMEOUT_USEC=1800000000"]
    assert heard(sock) == ["READY=1", "STATUS=Serving"]
    assert heard(sock)[0] == "STOPPING=1"


def test_signs_of_life_come_twice_as_often_as_wanted(manager: tuple[socket.socket, str]) -> None:
    sock, name = manager
    notifier = Notifier.of({"NOTIFY_SOCKET": name, "WATCHDOG_USEC": "400000"})
    began = time.monotonic()
    for _ in range(2):
        while notifier.pause:
            time.sleep(notifier.pause)
        notifier.alive()
        notifier.alive()
        assert heard(sock) == ["WATCHDOG=1"]
    assert time.monotonic() - began >= 0.2
    sock.setblocking(False)
    with pytest.raises(BlockingIOError):
        sock.recv(1)


WANTED = [
    ({"WATCHDOG_USEC": "30000000"}, 30.0),
    ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": str(os.getpid())}, 30.0),
    ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": str(os.getppid())}, 0.0),
    ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "1000000000"}, 0.0),
    ({"WATCHDOG_USEC": "soon"}, 0.0),
    ({"WATCHDOG_USEC": "-1"}, 0.0),
    ({}, 0.0),
]


@pytest.mark.parametrize(("environ", "seconds"), WANTED)
def test_a_sign_of_life_is_given_to_whoever_wants_it_of_this_program(
    environ: dict[str, str], seconds: float
) -> None:
    assert Notifier.of({"NOTIFY_SOCKET": "/n", **environ}).watchdog_seconds == seconds
    assert Notifier.of(environ).watchdog_seconds == 0.0


@pytest.mark.parametrize("name", ["", "vsock:2:1234", "notify"])
def test_where_nobody_listens_nothing_is_told(name: str, caplog: pytest.LogCaptureFixture) -> None:
    notifier = Notifier.of({"NOTIFY_SOCKET": name, "WATCHDOG_USEC": "1"})
    notifier.ready()
    notifier.alive()

    assert (notifier.pause, caplog.records) == (None, [])


def test_a_manager_that_does_not_listen_is_a_line_in_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    notifier = Notifier.of({"NOTIFY_SOCKET": str(tmp_path / "nobody")})
    notifier.ready()
    notifier.stopping()

    assert len(caplog.records) == 1
    assert "could not be told READY=1: " in caplog.text


def test_a_process_is_late_once_it_gave_no_sign_for_too_long() -> None:
    beats = Beats(2)
    assert not beats.all_have_begun and not beats.is_late(0, 0.0)
    beats.beat(0)
    beats.beat(1)
    assert beats.all_have_begun and not beats.is_late(0, 60.0)
    time.sleep(0.02)
    assert beats.is_late(0, 0.01)
    beats.clear(0)
    assert not beats.all_have_begun and not beats.is_late(0, 0.01)
