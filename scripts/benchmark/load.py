"""Send requests with wrk, and measure how many are answered and how soon."""

import os
import re
import statistics
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from scripts.benchmark.operations import Call

_TIMEOUT = 60
_LONGER = (1, 5, 25)
SCRIPT = Path(__file__).with_name("load.lua")
_RESULT = re.compile(r"RESULT (\d+) (\d+) (\d+) (\d+) (\d+)")


class LoadError(Exception):
    """The load generator failed, or the server answered with an error."""


@dataclass(frozen=True)
class Run:
    """One run of the load generator: answers a second, and how long they took in ms."""

    requests: int
    per_second: float
    p50: float
    p99: float


@dataclass
class Target:
    """A server and the requests to send to it. It remembers how many of each it has sent, so
    that a run goes on where the one before ended: a change sent again would change nothing."""

    url: str
    files: Mapping[str, Mapping[str, str]]
    sent: dict[str, int] = field(default_factory=dict)

    def start(self, operation: str, connections: int, seconds: int) -> subprocess.Popen[str]:
        """Begin to send; `finish` waits for the end."""
        command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", f"--timeout={_TIMEOUT}s"]
        start = {"START": str(self.sent.get(operation, 0))}
        return subprocess.Popen(  # noqa: S603 - no text from outside
            [*command, "-s", str(SCRIPT), self.url],
            env={**os.environ, **self.files[operation], **start},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def finish(self, operation: str, process: subprocess.Popen[str]) -> Run:
        """What a run that was started reached."""
        output, _ = process.communicate()
        found = _RESULT.search(output)
        if process.returncode or not found or int(found[5]):
            raise LoadError(f"{operation}: {output.strip()}")
        requests, microseconds, p50, p99 = (int(found[i]) for i in (1, 2, 3, 4))
        self.sent[operation] = self.sent.get(operation, 0) + requests
        return Run(requests, requests / microseconds * 1e6, p50 / 1000, p99 / 1000)

    def run(self, operation: str, connections: int, seconds: int) -> Run:
        """Send for some seconds over so many connections, each waiting for its answers; for
        longer, if hardly any comes in that time."""
        for longer in _LONGER:
            started = self.start(operation, connections, longer * seconds)
            found = self.finish(operation, started)
            if found.requests >= connections:
                return found
        if not found.requests:
            raise LoadError(f"{operation}: no answer in {longer * seconds} seconds")
        return found


def write_requests(
    folder: Path, key: str, calls: Mapping[str, Iterable[Call]]
) -> dict[str, dict[str, str]]:
    """Write the requests of every operation into files; where they are, as the script wants it."""
    folder.mkdir(parents=True, exist_ok=True)
    headers = folder / "headers"
    lines = [f"Authorization: Bearer {key}", "Content-Type: application/json"]
    headers.write_text("\n".join(lines) + "\n", encoding="utf-8")
    files = {}
    for operation, those in calls.items():
        file = folder / f"{operation}.requests"
        file.write_text("".join(f"{call.line}\n" for call in those), encoding="utf-8")
        files[operation] = {"REQUESTS": str(file), "HEADERS": str(headers)}
    return files


def median(runs: Sequence[Run], what: str) -> float:
    """The middle one of a figure over several runs."""
    return statistics.median(float(getattr(run, what)) for run in runs)


def median_ratio(runs: Sequence[Run], base: Sequence[Run]) -> float:
    """The middle one of the ratios to another operation in the same rounds."""
    pairs = zip(runs, base, strict=True)
    return statistics.median(run.per_second / floor.per_second for run, floor in pairs)
