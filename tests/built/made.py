"""What `scripts/build` makes, made once, and an empty root to run the executable in."""

import json
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
DIST = ROOT / "dist"
# Parts of the C library: the only thing that the executable needs of a system.
LIBRARIES = ("libc.so.6", "libdl.so.2", "libm.so.6", "libpthread.so.0", "librt.so.1")
CHROOT = shutil.which("chroot") or "chroot"
TOOLS = ("cc", "chroot", "objcopy", "strip", "unshare")


def why_not() -> str:
    """Why nothing can be built or tried here; empty if it can."""
    missing = [name for name in TOOLS if shutil.which(name) is None]
    if missing:
        return f"no {', '.join(missing)}. To test it: apt-get install gcc binutils libc6-dev"
    tried = subprocess.run(["unshare", "--mount", "true"], capture_output=True)
    return "" if tried.returncode == 0 else "an empty root can only be made as root"


@cache
def build() -> Path:
    """Run `scripts/build`, and return the folder that it fills."""
    ran = subprocess.run([ROOT / "scripts/build"], capture_output=True, text=True, timeout=500)
    assert ran.returncode == 0, ran.stderr[-4000:]
    return DIST


def only(pattern: str) -> Path:
    """The one file in `dist/` of this pattern."""
    (found,) = DIST.glob(pattern)
    return found


def libraries() -> dict[str, Path]:
    """Where the files of the C library are, by their paths in a root."""
    listed = subprocess.run(["ldd", sys.executable], capture_output=True, text=True).stdout
    (loader,) = (word for word in listed.split() if word.startswith("/lib") and "ld-" in word)
    found = {loader: Path(loader)}
    for line in subprocess.run(
        ["ldconfig", "-p"], capture_output=True, text=True, env={"PATH": "/sbin:/usr/sbin:/bin"}
    ).stdout.splitlines():
        name, _, path = line.strip().partition(" => ")
        if name.split()[0] in LIBRARIES and Path(path).parent.name != "lib32":
            found.setdefault(path, Path(path))
    return found


@dataclass
class Bare:
    """A root with the executable and the C library, and nothing else: no shell, no Python."""

    path: Path

    def make(self) -> "Bare":
        """Fill it."""
        for place, file in libraries().items():
            target = self.path / place.lstrip("/")
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, target)
        shutil.copy(DIST / "cstar", self.path / "cstar")
        for folder in ("tmp", "data", "other"):
            (self.path / folder).mkdir()
        return self

    def command(self, *words: str, program: str = "/cstar") -> list[str]:
        """What runs a command in it."""
        return [CHROOT, str(self.path), program, *words]

    def run(self, *words: str, **environ: str) -> "subprocess.CompletedProcess[str]":
        """Run a command in it to its end."""
        return subprocess.run(
            self.command(*words), capture_output=True, text=True, timeout=60, env=environ
        )

    def says(self, *words: str) -> str:
        """What a command prints that does what it should."""
        ran = self.run(*words)
        assert (ran.returncode, ran.stderr) == (0, ""), ran
        return ran.stdout

    def told(self, *words: str) -> Any:
        """The same as data."""
        return json.loads(self.says(*words, "--json"))

    @property
    def unpacked(self) -> list[Path]:
        """The folders in which it is unpacked now."""
        return sorted((self.path / "tmp").glob("_MEI*"))

    @contextmanager
    def serving(
        self, *words: str, program: str = "/cstar"
    ) -> Iterator[tuple["subprocess.Popen[str]", str]]:
        """`cstar serve` in it, and its address."""
        arguments = ("serve", "--database", "/data/desk.db", "--port", "0", "--json", *words)
        with subprocess.Popen(
            self.command(*arguments, program=program),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env={},
            start_new_session=True,
        ) as server:
            try:
                assert server.stdout
                yield server, json.loads(server.stdout.readline())["url"]
            finally:
                server.terminate()
                if server.poll() is None:
                    server.wait(20)


@dataclass
class Client:
    """Asks a server, with the secret key of a team."""

    url: str
    team: str
    key: str

    def __call__(self, method: str, path: str, body: object = None) -> Any:
        """The data of an answer."""
        answer = json.loads(self.page(f"/api/v1/teams/{self.team}{path}", method, body))
        assert answer["success"], answer
        return answer["data"]

    def page(self, path: str, method: str = "GET", body: object = None) -> str:
        """The text of an answer."""
        asked = urllib.request.Request(
            self.url + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(asked, timeout=20) as answer:
            return str(answer.read().decode())
