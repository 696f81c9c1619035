"""System calls on a desk's files that fail, by strace, in a server that runs or in a command."""

import contextlib
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from scripts.trials import trace
from scripts.trials.server import PATIENCE, Server

_ATTACHED = "attached"
_ATTACH = "there is strace, but it may not attach to a server; to try this: run as root"


@dataclass(frozen=True)
class Fault:
    """The Nth call of a kind fails with an error, and the later ones too if it is to last."""

    call: str
    error: str
    number: int
    lasts: bool = False

    def __str__(self) -> str:
        return f"{self.call} {self.error} {self.number}{'+' if self.lasts else ''}"

    @property
    def options(self) -> Sequence[str]:
        """How strace is told."""
        when = f"{self.number}{'+' if self.lasts else ''}"
        return "-e", f"inject={self.call}:error={self.error}:when={when}"


def missing() -> str:
    """Why no fault can be made; empty if it can."""
    if trace.missing():
        return trace.missing()
    with subprocess.Popen(["sleep", "60"]) as idle:
        command = ["strace", "-o", "/dev/null", "-p", str(idle.pid)]
        try:
            with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as tracer:
                works = _ATTACHED in _line(tracer)
                tracer.send_signal(signal.SIGINT)
        finally:
            idle.kill()
    return "" if works else _ATTACH


def _line(tracer: "subprocess.Popen[str]") -> str:
    return tracer.stderr.readline() if tracer.stderr else ""


@contextlib.contextmanager
def failing(server: Server, calls: str, fault: Fault | None, output: Path) -> Iterator[None]:
    """Let a fault happen in a server while the block runs; its calls are in the output then."""
    command = ["strace", "-f", "-o", str(output), *_files(server.desk.path), "-e", f"trace={calls}"]
    command += [*(fault.options if fault else ()), "-p", str(server.process.pid)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as tracer:
        try:
            line = _line(tracer)
            if _ATTACHED not in line:
                raise RuntimeError(f"strace: {line}")
            yield
        finally:
            tracer.send_signal(signal.SIGINT)
            tracer.wait(PATIENCE)


def run_failing(
    command: Sequence[str], path: Path, fault: Fault, output: Path
) -> "subprocess.CompletedProcess[str]":
    """Run a command in which a fault happens."""
    under = ["strace", "-f", "-qq", "-o", str(output), *_files(path), "-e", f"trace={fault.call}"]
    return subprocess.run(
        [*under, *fault.options, *command], capture_output=True, text=True, timeout=PATIENCE
    )


def counted(output: Path, call: str) -> int:
    """How many calls of a kind the busiest thread made; strace counts for each by itself."""
    counts: dict[str, int] = {}
    for line in output.read_text(encoding="utf-8", errors="replace").splitlines():
        found = re.match(rf"(\d+) +{call}\(", line)
        if found:
            counts[found[1]] = counts.get(found[1], 0) + 1
    return max(counts.values(), default=0)


def injected(output: Path) -> bool:
    """Whether a fault happened."""
    return "(INJECTED)" in output.read_text(encoding="utf-8", errors="replace")


def copied(path: Path, folder: Path) -> Path:
    """A copy of a desk that nobody has open, with its log."""
    for old in folder.iterdir():
        old.unlink()
    for each in path.parent.glob(f"{path.name}*"):
        if not each.name.endswith("-shm"):
            shutil.copyfile(each, folder / each.name)
    return folder / path.name


def _files(path: Path) -> list[str]:
    return [word for end in ("", "-wal", "-shm") for word in ("-P", f"{path}{end}")]
