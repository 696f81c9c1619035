"""Ways to run the command line: in this process, and as a server of its own."""

import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from click.testing import CliRunner, Result

from cstar_core import Helpdesk
from cstar_web.cli import main

ROOT = Path(__file__).parents[2]
LAST_LINE = "Ctrl-C stops the server."


@cache
def _acme() -> bytes:
    """A desk with one team, acme; it is made once, and copied from then on."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "acme.db"
        with Helpdesk.open(path) as desk:
            desk.teams.create("Acme")
        return path.read_bytes()


def acme_database(folder: Path) -> Path:
    """A desk with one team, acme, in a folder."""
    path = folder / "acme.db"
    path.touch(0o600)
    path.write_bytes(_acme())
    return path


def run(*args: str) -> Result:
    return CliRunner().invoke(main, args, prog_name="cstar")


def opens(database: Path, secret: str) -> bool:
    with Helpdesk.open(database) as desk:
        return desk.keys.authenticate(secret) is not None


@contextmanager
def serving(*args: str, **environ: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """`cstar serve` in a process of its own, and its first screen."""
    command = [sys.executable, "-m", "cstar_web", "serve", "--port", "0", *args]
    with ExitStack() as stack:
        server = stack.enter_context(
            subprocess.Popen(
                command,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                env={**os.environ, "PYTHONPATH": str(ROOT), **environ},
            )
        )
        stack.callback(server.kill)
        stack.callback(stop, server)
        assert server.stdout
        lines = [server.stdout.readline()]
        while not lines[-1].startswith(("{", LAST_LINE)):
            lines.append(server.stdout.readline())
            assert lines[-1], server.communicate(timeout=10)
        yield server, "".join(lines)


def fetch(url: str, key: str | None = None) -> Any:
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=5) as answer:
        return json.load(answer)


def stop(server: subprocess.Popen[str]) -> int:
    server.terminate()
    return server.wait(10)
