"""Run the floor and the operations in turns, and print what each reaches of the floor."""

import argparse
import json
import os
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from cstar_core import Helpdesk
from data import SEED, Text, fill

HERE = Path(__file__).parent
FLOOR = "floor"
OPERATIONS = ("get", "list", "search", "patch", "create", "message")
_RESULT = re.compile(r"RESULT (\d+) (\d+) (\d+) (\d+)")


@dataclass(frozen=True)
class Run:
    """One run of the load generator: requests a second, and the 99th percentile in ms."""

    per_second: float
    p99: float


@dataclass(frozen=True)
class Row:
    """What one operation reached, as medians over the rounds."""

    operation: str
    per_second: float
    p99_ms: float
    ratio: float


def main() -> None:
    """Make the data, serve it, measure, print."""
    options = _options()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        key, slug = _prepare(folder, options.tickets)
        size = (folder / "bench.db").stat().st_size / options.tickets
        with _serving(folder) as port:
            environment = {
                "FOLDER": name,
                "KEY": key,
                "BASE": f"/api/v1/teams/{slug}",
                "URL": f"http://127.0.0.1:{port}",
            }
            rows = _measure(options, environment)
    _report(options, rows, size)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/bench",
        description="Requests a second of the API, beside those of a route that does nothing.",
    )
    parser.add_argument("--tickets", type=int, default=10_000, help="in the desk (%(default)s)")
    parser.add_argument("--rounds", type=int, default=5, help="of each operation (%(default)s)")
    parser.add_argument("--seconds", type=int, default=2, help="of each run (%(default)s)")
    parser.add_argument("--connections", type=int, default=8, help="at once (%(default)s)")
    parser.add_argument("--only", help=f"some of: {', '.join(OPERATIONS)}")
    parser.add_argument("--json", action="store_true", help="print the rows as JSON")
    return parser.parse_args()


def _prepare(folder: Path, tickets: int) -> tuple[str, str]:
    """A desk with the data, and the files that the load generator reads."""
    text = Text(SEED)
    with Helpdesk.open(folder / "bench.db") as desk:
        team = desk.teams.create("Bench")
        key = desk.keys.create(team.slug, type="secret", environment="live").secret
        workspace = desk.workspace(team.slug)
        started = time.monotonic()
        for done in fill(desk, workspace, text, tickets):
            _progress(f"{done:,} of {tickets:,} tickets, {time.monotonic() - started:.0f} s")
        page = workspace.tickets.list(page_size=100)
        ids = [ticket.id for ticket in page.items]
        while page.next_cursor is not None and len(ids) < 5_000:
            page = workspace.tickets.list(page_size=100, cursor=page.next_cursor)
            ids += [ticket.id for ticket in page.items]
    _write(folder / "ids", ids)
    _write(folder / "words", text.words[20:2_000:7])
    _write(folder / "bodies", [json.dumps(_body(text)) for _ in range(500)])
    return key, team.slug


def _body(text: Text) -> dict[str, object]:
    ticket = text.ticket()
    return {
        "title": ticket["title"],
        "tags": ticket["tags"],
        "customFields": ticket["custom_fields"],
        "initialMessage": text.sentence(60),
    }


def _write(path: Path, lines: list[str]) -> None:
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


@contextmanager
def _serving(folder: Path) -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, str(HERE / "serving.py"), str(folder / "bench.db"), str(port)]
    server = subprocess.Popen(command)  # noqa: S603 - our own interpreter and file
    try:
        _await(f"http://127.0.0.1:{port}/floor")
        yield port
    finally:
        server.terminate()
        server.wait(30)


def _await(url: str) -> None:
    for _ in range(100):
        try:
            urllib.request.urlopen(url, timeout=1).close()  # noqa: S310 - loopback
        except OSError:
            time.sleep(0.1)
        else:
            return
    sys.exit("bench: the server did not start")


def _measure(options: argparse.Namespace, environment: dict[str, str]) -> list[Row]:
    chosen = [name for name in OPERATIONS if not options.only or name in options.only.split(",")]
    runs: dict[str, list[Run]] = {name: [] for name in (FLOOR, *chosen)}
    for turn in range(options.rounds):
        for name, found in runs.items():
            _progress(f"round {turn + 1} of {options.rounds}: {name}")
            found.append(_run(options, environment, name))
    floor = [run.per_second for run in runs[FLOOR]]
    return [_row(name, found, floor) for name, found in runs.items()]


def _run(options: argparse.Namespace, environment: dict[str, str], operation: str) -> Run:
    command = ["wrk", "-t1", f"-c{options.connections}", f"-d{options.seconds}s"]
    command += ["-s", str(HERE / "operations.lua"), environment["URL"]]
    output = subprocess.run(  # noqa: S603 - no text from outside
        command,
        env={**os.environ, **environment, "OPERATION": operation},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    found = _RESULT.search(output)
    if not found or int(found[4]):
        sys.exit(f"bench: {operation} failed:\n{output}")
    requests, microseconds, p99 = (int(found[i]) for i in (1, 2, 3))
    return Run(requests / microseconds * 1e6, p99 / 1000)


def _row(name: str, runs: list[Run], floor: list[float]) -> Row:
    ratios = [run.per_second / base for run, base in zip(runs, floor, strict=True)]
    return Row(
        name,
        round(statistics.median(run.per_second for run in runs), 1),
        round(statistics.median(run.p99 for run in runs), 2),
        round(statistics.median(ratios), 3),
    )


def _report(options: argparse.Namespace, rows: list[Row], bytes_per_ticket: float) -> None:
    if options.json:
        figures = {"tickets": options.tickets, "bytesPerTicket": round(bytes_per_ticket)}
        print(json.dumps({**figures, "rows": [asdict(row) for row in rows]}, indent=2))
        return
    print(f"{options.tickets:,} tickets, {bytes_per_ticket:,.0f} bytes each in the file")
    print(f"{'operation':<10} {'a second':>9} {'p99 ms':>8} {'of floor':>9}")
    for row in rows:
        print(f"{row.operation:<10} {row.per_second:>9,.0f} {row.p99_ms:>8.1f} {row.ratio:>9.2f}")


def _progress(text: str) -> None:
    if sys.stderr.isatty():
        print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
