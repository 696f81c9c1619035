"""The real server: started, waited for, killed, stopped; and the desk that it serves."""

import contextlib
import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from cstar_core import Helpdesk
from scripts.common import ROOT
from scripts.common.processes import children

PATIENCE = 60.0
PRODUCT = "cstar_web"


class NotServing(Exception):
    """A server that was started does not answer, or does not end."""


@dataclass(frozen=True)
class Desk:
    """A new desk with a team, and a secret and a publishable key."""

    path: Path
    team: str
    key: str
    reading_key: str

    @property
    def tickets(self) -> str:
        """The path of the team's tickets."""
        return f"/api/v1/teams/{self.team}/tickets"

    @property
    def customers(self) -> str:
        """The path of the team's customers."""
        return f"/api/v1/teams/{self.team}/customers"


@dataclass(frozen=True)
class Answer:
    """What the server said to one request."""

    status: int
    body: Mapping[str, Any]
    headers: Mapping[str, str]

    @property
    def code(self) -> str:
        """The code of an error, else nothing."""
        return str(self.body.get("error", {}).get("code", ""))


def new_desk(folder: Path) -> Desk:
    """Make a desk in a folder."""
    path = folder / "desk.db"
    with Helpdesk.open(path) as desk:
        team = desk.teams.create("Acme")
        keys = [
            desk.keys.create(team.id, type=type, environment="live")
            for type in ("secret", "publishable")
        ]
    return Desk(path, team.slug, *(key.secret for key in keys))


class Server:
    """One run of `cstar serve` on a desk, without limits of requests.

    ``under`` is a command that runs it (strace, faketime), ``module`` what is run instead of the
    product, for controls.
    """

    def __init__(
        self,
        desk: Desk,
        *options: str,
        under: Sequence[str] = (),
        module: str = PRODUCT,
        environ: Mapping[str, str] | None = None,
    ) -> None:
        self.desk = desk
        command = [*under, sys.executable, "-m", module, "serve", "--database", str(desk.path)]
        self._log = desk.path.with_suffix(".log").open("ab")
        self._began = time.monotonic()
        self.process = subprocess.Popen(
            [*command, "--port", "0", "--json", "--secret-key-limit", "off", *options],
            cwd=ROOT,
            env={**os.environ, **(environ or {})},
            stdout=subprocess.PIPE,
            stderr=self._log,
            start_new_session=True,
        )
        self.port = self._read_port()

    def ready(self) -> float:
        """Wait until it can write; the seconds since it was started."""
        while time.monotonic() - self._began < PATIENCE:
            with contextlib.suppress(OSError, http.client.HTTPException), self.client() as client:
                if client.send("GET", "/readyz").status == 200:
                    return time.monotonic() - self._began
            time.sleep(0.005)
        raise NotServing("the server is not ready")

    def client(self, timeout: float = PATIENCE, key: str = "") -> "Client":
        """A connection to it, with the secret key unless another is given."""
        return Client(self.port, key or self.desk.key, timeout)

    def children(self) -> list[int]:
        """The processes that it has started."""
        return children(self.process.pid)

    def kill(self) -> None:
        """kill -9 all of its processes."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.gone()

    def stop(self) -> int:
        """Ask it to end; its exit code."""
        os.killpg(self.process.pid, signal.SIGTERM)
        return self.gone()

    def gone(self) -> int:
        """Wait until all of its processes have ended; the exit code."""
        try:
            code = self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            raise NotServing("the server does not end") from None
        until = time.monotonic() + PATIENCE
        while _exists(self.process.pid):
            if time.monotonic() > until:
                raise NotServing("the processes of the server do not end")
            time.sleep(0.002)
        self._log.close()
        if self.process.stdout:
            self.process.stdout.close()
        return code

    def log(self) -> str:
        """What it has written to stderr so far, with what others on this desk wrote before it."""
        return self.desk.path.with_suffix(".log").read_text(encoding="utf-8", errors="replace")

    def _read_port(self) -> int:
        line = self.process.stdout.readline() if self.process.stdout else b""
        if not line:
            self.process.wait(PATIENCE)
            raise NotServing(f"the server did not start: {self.log()[-500:]}")
        return int(json.loads(line)["url"].rpartition(":")[2])


@contextlib.contextmanager
def serving(desk: Desk, *options: str, **how: Any) -> Iterator[Server]:
    """A server that is ready, and is killed at the end if it was not stopped."""
    server = Server(desk, *options, **how)
    try:
        server.ready()
        yield server
    finally:
        if server.process.poll() is None:
            server.kill()


class Client:
    """One connection, which is opened again after a failure."""

    def __init__(self, port: int, key: str, timeout: float = PATIENCE) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
        self._key = key

    def send(
        self, method: str, path: str, body: object = None, marker: str | None = None
    ) -> Answer:
        """Ask; ``marker`` is sent as Idempotency-Key and as the id of the request."""
        headers = {"Authorization": f"Bearer {self._key}"}
        if marker:
            headers |= {"Idempotency-Key": marker, "X-Request-Id": marker}
        data = None
        if body is not None:
            data = json.dumps(body).encode()
            headers["Content-Type"] = "application/json"
        try:
            self._connection.request(method, path, data, headers)
            with self._connection.getresponse() as response:
                read = response.read()
        except BaseException:
            self._connection.close()
            raise
        return Answer(response.status, json.loads(read), dict(response.getheaders()))

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _exists(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True
