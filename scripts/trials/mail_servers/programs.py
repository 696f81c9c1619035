"""A mail server as a group of processes: started, waited for, killed, started again."""

import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

PATIENCE = 20.0
HOST = "127.0.0.1"


class NotRunning(Exception):
    """A mail server does not start, or does not end."""


class Program:
    """One run after another of a program, on the same ports and with the same files.

    Whatever it starts belongs to its group, so that all of it is killed at once.
    """

    def __init__(self, command: Sequence[str], folder: Path, ports: Sequence[int]) -> None:
        self._command = list(command)
        self._ports = tuple(ports)
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def is_running(self) -> bool:
        """Whether it was started and has not ended."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start it, and wait until each of its ports is open."""
        self.kill()
        self.tidy()
        with (self._folder / "output").open("ab") as output:
            self._process = subprocess.Popen(
                self._command,
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        until = time.monotonic() + PATIENCE
        while not all(map(is_open, self._ports)):
            if not self.is_running or time.monotonic() > until:
                self.kill()
                raise NotRunning(f"{self._command[0]} does not start: {self.log()[-2000:]}")
            time.sleep(0.01)

    def tidy(self) -> None:
        """Remove what a run that was killed left behind and the next one would stumble over."""

    def kill(self) -> None:
        """kill -9 all of its processes."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """Ask it to end."""
        self._end(signal.SIGTERM)

    def log(self) -> str:
        """What it has written."""
        files = sorted(self._folder.glob("output")) + sorted(self._folder.glob("*.log"))
        return "".join(each.read_text(encoding="utf-8", errors="replace") for each in files)

    def _end(self, number: int) -> None:
        if self._process is None:
            return
        group = self._process.pid
        _signal(group, number)
        until = time.monotonic() + PATIENCE
        while self._process.poll() is None or _lives(group):
            if time.monotonic() > until:
                _signal(group, signal.SIGKILL)
                raise NotRunning(f"{self._command[0]} does not end")
            time.sleep(0.005)
        self._process = None


def free_ports(count: int) -> list[int]:
    """So many ports that nobody uses."""
    sockets = [socket.create_server((HOST, 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def is_open(port: int) -> bool:
    """Whether somebody listens there."""
    with contextlib.suppress(OSError), socket.create_connection((HOST, port), timeout=1):
        return True
    return False


def _signal(group: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, number)


def _lives(group: int) -> bool:
    """Whether a process of a group runs; those that ended may wait long for somebody to see it."""
    for file in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            # The name of a program may hold anything.
            state, _parent, found = file.read_text(encoding="utf-8").rpartition(")")[2].split()[:3]
            if int(found) == group and state not in "ZX":
                return True
    return False
