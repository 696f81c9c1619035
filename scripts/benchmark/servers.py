"""Start servers, wait until they answer, and see how much memory they take."""

import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from scripts.benchmark.operations import FLOOR_PATH
from scripts.benchmark.serving import UNREACHED_LIMIT
from scripts.common.processes import children

_PATIENCE = 30.0


class NotAnswering(Exception):
    """A server that was started does not answer."""


@dataclass(frozen=True)
class Server:
    """A server that answers; `started_in` seconds after its process was made."""

    url: str
    pid: int
    started_in: float


@contextmanager
def bench_server(database: Path, *more: str) -> Iterator[Server]:
    """The product with the floor and a limit that is not reached, on a free port."""
    options = ("--secret-key-limit", UNREACHED_LIMIT, *more)
    with _serving("scripts.benchmark.serving", database, FLOOR_PATH, *options) as server:
        yield server


@contextmanager
def product_server(database: Path) -> Iterator[Server]:
    """The product as its users start it, on a free port."""
    with _serving("cstar_web", database, "/healthz") as server:
        yield server


def read(url: str, key: str) -> bytes:
    """The body of an answer."""
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {key}"})  # noqa: S310
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - our own server
        body: bytes = answer.read()
    return body


def resident_mb(pid: int) -> float | None:
    """The resident memory of a process and those it has started; None where /proc is missing."""
    found = [_resident_kb(each) for each in (pid, *children(pid))]
    return sum(found) / 1024 if all(found) else None


def _resident_kb(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("VmRSS:")), 0)


@contextmanager
def _serving(module: str, database: Path, path: str, *options: str) -> Iterator[Server]:
    port = _free_port()
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", module, "serve", "--database", str(database)]
    began = time.monotonic()
    log = database.with_suffix(".log")
    # Each request has a line in the log, as with the servers of users.
    with log.open("wb") as stderr:
        process = subprocess.Popen(  # noqa: S603 - our own interpreter and file
            [*command, "--port", str(port), *options], stdout=subprocess.DEVNULL, stderr=stderr
        )
    try:
        _await(process, url + path, log)
        yield Server(url, process.pid, time.monotonic() - began)
    finally:
        process.terminate()
        process.wait(_PATIENCE)


def _await(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until and process.poll() is None:
        try:
            urllib.request.urlopen(url, timeout=5).close()  # noqa: S310 - our own server
        except OSError:
            time.sleep(0.005)
        else:
            return
    raise NotAnswering(f"{url} does not answer:\n{log.read_text(encoding='utf-8')[-2000:]}")


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
        return port
