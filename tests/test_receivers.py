"""The receivers of docs/webhooks.md: each is started as it stands there, and sent requests."""

import http.client
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from cstar_core import utc_now
from cstar_core.signatures import new_secret, sign
from tests.documents import ROOT, blocks

pytestmark = pytest.mark.no_cover

NAMES = ("plain Python", "Flask", "standardwebhooks")
SECRET = new_secret(b"one" * 11)
OTHER = new_secret(b"two" * 11)
EVENT = {"id": "evt_1", "type": "ticket.created", "objectId": "tkt_1", "data": {"title": "Größe"}}
BODY = json.dumps(EVENT, ensure_ascii=False).encode()


@dataclass
class Running:
    """A receiver in a process of its own."""

    port: int
    process: subprocess.Popen[str]

    def post(self, headers: dict[str, str], body: bytes = BODY) -> int:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        connection.request("POST", "/hook", body, {"Content-Type": "application/json", **headers})
        status = connection.getresponse().status
        connection.close()
        return status

    def told(self) -> list[str]:
        """The events that it printed; Flask prints more."""
        self.process.terminate()
        lines = self.process.communicate(timeout=10)[0].splitlines()
        return [line for line in lines if line.startswith("ticket.")]


@contextmanager
def receiving(code: str, folder: Path) -> Iterator[Running]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    (folder / "receiver.py").write_text(code.replace("3000", str(port)), encoding="utf-8")
    environ = {**os.environ, "PYTHONPATH": str(ROOT), "WEBHOOK_SECRET": SECRET}
    process = subprocess.Popen(
        [sys.executable, "receiver.py"],
        cwd=folder,
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    with process:
        try:
            while not listens(port):
                assert process.poll() is None
                time.sleep(0.02)
            yield Running(port, process)
        finally:
            process.kill()


def listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.2)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def signed(*secrets: str, body: bytes = BODY, ago: int = 0) -> dict[str, str]:
    return sign(secrets, "evt_1", int(utc_now().timestamp()) - ago, body)


RECEIVERS = [block.text for block in blocks("docs/webhooks.md") if block.language == "python"]


def test_there_is_a_receiver_of_each_kind() -> None:
    assert len(RECEIVERS) == len(NAMES)
    assert ["Flask" in code for code in RECEIVERS] == [False, True, False]
    assert ["cstar_core" in code for code in RECEIVERS] == [True, True, False]


@pytest.mark.parametrize("code", RECEIVERS, ids=NAMES)
def test_a_receiver_takes_what_is_signed_once_and_nothing_else(code: str, tmp_path: Path) -> None:
    with receiving(code, tmp_path) as receiver:
        assert receiver.post(signed(OTHER)) == 400
        assert receiver.post({}) == 400
        assert receiver.post(signed(SECRET), BODY.replace(b"created", b"deleted")) == 400
        assert receiver.post(signed(SECRET, ago=400)) == 400
        assert receiver.post({**signed(SECRET), "webhook-signature": "v1"}) == 400
        assert receiver.post({"Content-Length": "4000001", **signed(SECRET)}) == 413
        assert receiver.post(signed(SECRET)) == 200
        assert receiver.post(signed(SECRET)) == 200
        assert receiver.post(signed(OTHER, SECRET)) == 200

        assert receiver.told() == ["ticket.created tkt_1"]


def test_what_is_triggered_reaches_a_receiver_through_a_listener(tmp_path: Path) -> None:
    place = {"PYTHONPATH": str(ROOT), "CSTAR_DATABASE": str(tmp_path / "acme.db")}
    environ = {**os.environ, **place}
    cstar = [sys.executable, "-m", "cstar_web"]

    def run(*args: str) -> None:
        subprocess.run([*cstar, *args], cwd=tmp_path, env=environ, check=True, capture_output=True)

    run("team", "create", "Acme")
    with receiving(RECEIVERS[0], tmp_path) as receiver:
        url = f"http://127.0.0.1:{receiver.port}/hook"
        with subprocess.Popen(
            [*cstar, "listen", "--forward-to", url, "--secret", SECRET],
            cwd=tmp_path,
            env=environ,
            stdout=subprocess.PIPE,
            text=True,
        ) as listener:
            assert listener.stdout
            listener.stdout.readline(), listener.stdout.readline()
            run("trigger", "ticket.resolved")
            shown = [listener.stdout.readline().split() for _ in range(3)]
            listener.kill()

        types = ["ticket.created", "ticket.updated", "ticket.resolved"]
        assert [(words[1], words[4]) for words in shown] == [(type, "200") for type in types]
        assert [line.split()[0] for line in receiver.told()] == types
