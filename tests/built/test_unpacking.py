"""Where the executable unpacks itself, and what becomes of that."""

import fcntl
import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.error import URLError

import pytest

from tests.built.made import Bare, Client

MOUNTED = 'mount -t tmpfs -o "$1" none "$2/tmp" && exec chroot "$2" /cstar --version'


@pytest.fixture
def team(bare: Bare) -> Iterator[dict[str, str]]:
    for file in (bare.path / "data").iterdir():
        file.unlink()
    yield bare.told("team", "create", "Acme", "--database", "/data/desk.db")


def run_with(bare: Bare, options: str, **environ: str) -> "subprocess.CompletedProcess[str]":
    """Run it with a folder for temporary files that is mounted so."""
    script = ["unshare", "--mount", "sh", "-c", MOUNTED, "sh", options, str(bare.path)]
    path = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}
    return subprocess.run(script, capture_output=True, text=True, timeout=60, env=path | environ)


def wait_until(holds: Callable[[], object]) -> None:
    until = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.02)


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ("noexec", "/tmp is mounted noexec"),
        ("ro", "/tmp is read-only"),
        ("size=10m", "/tmp has 10 of 96 MiB free"),
    ],
)
def test_a_folder_that_will_not_do_is_told_in_one_line(bare: Bare, options: str, why: str) -> None:
    ran = run_with(bare, options)
    assert (ran.returncode, ran.stdout, ran.stderr.count("\n")) == (1, "", 1)
    assert ran.stderr.startswith("cstar: ")
    assert why in ran.stderr and "set TMPDIR to one" in ran.stderr


def test_the_folder_may_be_elsewhere(bare: Bare) -> None:
    ran = run_with(bare, "noexec", TMPDIR="/other")
    assert (ran.returncode, ran.stderr) == (0, "")


def test_it_takes_the_usual_folder_where_the_named_one_will_not_do(bare: Bare) -> None:
    assert bare.run("--version", TMPDIR="/nowhere").returncode == 0


def test_nothing_is_left_at_the_end(bare: Bare) -> None:
    bare.says("--version")
    wait_until(lambda: not bare.unpacked)
    assert not bare.unpacked


def test_what_a_killed_one_left_goes_with_the_next(bare: Bare, team: dict[str, str]) -> None:
    with bare.serving() as (server, _):
        (left,) = bare.unpacked
        for waiting in Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text().split():
            os.kill(int(waiting), signal.SIGKILL)
        server.kill()
    (left / "half").mkdir(exist_ok=True)
    bare.says("--version")
    wait_until(lambda: not left.exists())
    assert not left.exists()


def test_folders_of_other_programs_stay(bare: Bare) -> None:
    other = bare.path / "tmp/_MEI00001234abcdef"
    other.mkdir()
    bare.says("--version")
    assert other.exists()
    other.rmdir()


def test_it_is_locked_while_it_serves(bare: Bare, team: dict[str, str]) -> None:
    with bare.serving():
        (folder,) = bare.unpacked
        handle = os.open(folder, os.O_RDONLY)
        with pytest.raises(BlockingIOError):
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.close(handle)


def test_commands_beside_a_server_leave_it_alone(bare: Bare, team: dict[str, str]) -> None:
    with bare.serving() as (server, url):
        client = Client(url, team["teamSlug"], team["secretKey"])
        bare.says("check", "--database", "/data/desk.db")
        assert "swagger" in client.page("/docs")
        assert server.poll() is None


@pytest.mark.parametrize("processes", [1, 2])
def test_sigterm_ends_it_cleanly(bare: Bare, team: dict[str, str], processes: int) -> None:
    with bare.serving("--processes", str(processes)) as (server, _):
        server.terminate()
        assert server.wait(20) == 0
    assert not (bare.path / "data/desk.db-wal").exists()
    wait_until(lambda: not bare.unpacked)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_to_its_whole_group_is_heard_once(
    bare: Bare, team: dict[str, str], number: signal.Signals
) -> None:
    with bare.serving() as (server, url):
        Client(url, team["teamSlug"], team["secretKey"]).page("/readyz")
        os.killpg(server.pid, number)
        assert server.wait(20) == 0
    wait_until(lambda: not bare.unpacked)


def test_nothing_serves_on_once_it_is_killed(bare: Bare, team: dict[str, str]) -> None:
    with bare.serving() as (server, url):
        client = Client(url, team["teamSlug"], team["secretKey"])
        assert client.page("/readyz")
        server.kill()
        server.wait(20)
        with pytest.raises(URLError):
            client.page("/readyz")
    wait_until(lambda: not bare.unpacked)


def test_it_serves_on_when_a_newer_one_has_taken_its_place(dist: Path, tmp_path: Path) -> None:
    program, newer = tmp_path / "cstar", tmp_path / "newer"
    shutil.copy(dist / "cstar", program)
    newer.write_bytes(b"another version" * 1_000_000)
    words = ("serve", "--demo", "--database", tmp_path / "desk.db", "--port", "0", "--json")
    with subprocess.Popen(
        [program, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as server:
        try:
            assert server.stdout
            told = json.loads(server.stdout.readline())
            newer.replace(program)
            client = Client(told["url"], told["teamSlug"], told["secretKey"])
            assert "swagger" in client.page("/docs")
            made = client("POST", "/tickets", {"title": "Still there", "tags": "one"})
            assert client("GET", "/tickets?search=still")[0]["id"] == made["id"]
        finally:
            server.terminate()
        _, log = server.communicate(timeout=20)
    assert server.returncode == 0
    assert "Traceback" not in log
