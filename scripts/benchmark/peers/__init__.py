"""Other programs that do the same work on the same data, for the benchmark to compare with.

Each has a folder: its requirements (installed into a virtual environment of its own), a script
that loads the exported rows into a database of its own, and the program. ``export`` writes the
rows, ``prepare`` makes a peer ready, ``Peer.serving`` runs it.
"""

import hashlib
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scripts.benchmark.operations import UNIQUE, Call
from scripts.benchmark.peers.plans import Plan, django_helpdesk, like_product
from scripts.benchmark.peers.rows import Export, export

__all__ = ["PEERS", "Export", "Peer", "Plan", "export", "like_product", "prepare"]

HERE = Path(__file__).parent
START_SECONDS = 30
STOP_SECONDS = 10
ANSWER_SECONDS = 300


@dataclass(frozen=True)
class _Kind:
    """What differs between the peers."""

    label: str
    packages: tuple[str, ...]
    command: tuple[str, ...]
    plan: Callable[[Export], Plan]


_KINDS = {
    "fastapi_sqlalchemy": _Kind(
        label="FastAPI + SQLAlchemy + uvicorn",
        packages=("fastapi", "pydantic", "sqlalchemy", "uvicorn"),
        command=("uvicorn", "app:app", "--log-level=warning", "--no-access-log", "--port={port}"),
        plan=like_product,
    ),
    "django_helpdesk": _Kind(
        label="django-helpdesk",
        packages=("django-helpdesk", "django", "djangorestframework", "waitress"),
        command=("waitress", "--listen=127.0.0.1:{port}", "--threads=1", "wsgi:application"),
        plan=django_helpdesk,
    ),
}
PEERS = tuple(_KINDS)


@dataclass
class Peer:
    """A program with the data in it, ready to be served."""

    name: str
    label: str
    folder: Path
    python: Path
    headers: dict[str, str]
    plan: Plan
    tickets: int
    versions: dict[str, str]
    pid: int | None = None

    @property
    def operations(self) -> tuple[str, ...]:
        """The names of what it can be asked."""
        return tuple(self.plan.requests)

    def environment(self, operation: str) -> dict[str, str]:
        """What the load generator's script needs to know."""
        return {
            "HEADERS": str(self.folder / "headers"),
            "REQUESTS": str(self.folder / operation),
        }

    @contextmanager
    def serving(self) -> Iterator[str]:
        """Its address, while it runs."""
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        words = [word.format(port=port) for word in _KINDS[self.name].command]
        server = subprocess.Popen(  # noqa: S603 - our own words
            [self.python, "-m", *words], cwd=HERE / self.name, env=_environment(self.folder)
        )
        self.pid = server.pid
        try:
            url = f"http://127.0.0.1:{port}"
            self._await(url, server)
            yield url
        finally:
            self.pid = None
            _stop(server)

    def check(self, url: str) -> None:
        """Ask it once for everything; exits if an answer is not what it must be."""
        for check in self.plan.checks:
            found = check.part(self._ask(url, Call("GET", check.path)))
            if found != check.expected:
                sys.exit(f"{self.name}: {check.path} gave {found!r}, not {check.expected!r}")
        for requests in self.plan.requests.values():
            self._ask(url, requests[0])

    def settle(self, url: str) -> None:
        """Wait until it has answered what a load generator left behind."""
        self._ask(url, Call("GET", "/floor"))

    def _ask(self, url: str, request: Call) -> Any:
        sent = urllib.request.Request(  # noqa: S310 - loopback
            url + request.path,
            data=request.body.replace(UNIQUE, "00000000").encode() or None,
            headers=self.headers,
            method=request.method,
        )
        try:
            with urllib.request.urlopen(sent, timeout=ANSWER_SECONDS) as answer:  # noqa: S310 - loopback
                return json.load(answer)
        except urllib.error.HTTPError as error:
            text = error.read().decode(errors="replace")[:500]
            sys.exit(f"{self.name}: {request.method} {request.path} gave {error.code}: {text}")
        except OSError as error:
            sys.exit(f"{self.name}: {request.method} {request.path} failed: {error}")

    def _await(self, url: str, server: subprocess.Popen[bytes]) -> None:
        until = time.monotonic() + START_SECONDS
        while server.poll() is None and time.monotonic() < until:
            try:
                urllib.request.urlopen(f"{url}/floor", timeout=5).close()  # noqa: S310 - loopback
            except OSError:
                time.sleep(0.1)
            else:
                return
        sys.exit(f"{self.name}: the server did not start")


def prepare(name: str, cache: Path, folder: Path, rows: Export) -> Peer:
    """A fresh database with the rows in ``folder``; what is installed stays in ``cache``."""
    kind = _KINDS[name]
    python = _install(name, cache)
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    output = _run(
        python, str(HERE / name / "load.py"), str(rows.folder), environment=_environment(folder)
    )
    headers = {**json.loads(output), "Content-Type": "application/json"}
    plan = kind.plan(rows)
    plan.write(folder, headers)
    versions = _versions(python, kind.packages)
    return Peer(name, kind.label, folder, python, headers, plan, len(rows.numbers), versions)


def _stop(server: subprocess.Popen[bytes]) -> None:
    server.terminate()
    try:
        server.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


def _environment(folder: Path) -> dict[str, str]:
    return {**os.environ, "PEER_DATABASE": str((folder / "peer.db").resolve())}


def _install(name: str, cache: Path) -> Path:
    """The interpreter of a virtual environment that has what the peer requires."""
    requirements = HERE / name / "requirements.txt"
    digest = hashlib.sha256(requirements.read_bytes() + sys.version.encode()).hexdigest()[:12]
    venv = (cache / f"{name}-{digest}").resolve()
    python, complete = venv / "bin" / "python", venv / "complete"
    if not complete.exists():
        _run(Path(sys.executable), "-m", "venv", "--clear", str(venv))
        _run(python, "-m", "pip", "install", "--quiet", "--requirement", str(requirements))
        complete.touch()
    return python


def _versions(python: Path, packages: tuple[str, ...]) -> dict[str, str]:
    code = "import json, sys; from importlib.metadata import version as v; "
    code += "print(json.dumps({name: v(name) for name in sys.argv[1:]}))"
    return dict(json.loads(_run(python, "-c", code, *packages)))


def _run(python: Path, *words: str, environment: Mapping[str, str] | None = None) -> str:
    done = subprocess.run(  # noqa: S603 - our own words
        [python, *words], env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(f"{' '.join(words[:3])} failed:\n{done.stdout}{done.stderr}")
    return done.stdout
