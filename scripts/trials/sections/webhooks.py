"""Webhooks while the server and a receiver that behaves badly are killed; then every event is
looked for in the receiver's ledger: all of them, those of a ticket in order, none twice but by id.
"""

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from ipaddress import ip_network
from pathlib import Path

from cstar_core import DELIVERED_TYPES, EVENT_TYPES, Helpdesk
from scripts.common import ROOT
from scripts.trials.receiving import FORGED, TAKEN
from scripts.trials.section import Failures, Outcome, Section, Trial
from scripts.trials.server import PRODUCT, Desk, NotServing, Server, new_desk
from scripts.trials.writers import Writer

_PATHS = ("/one", "/two")
_WRITERS = 2
_PAUSE = 0.02
_LEAST, _MOST = 0.3, 1.5
_ROUNDS_OF_A_DESK = 15
_PATIENCE = 120.0
_FORGETFUL = "scripts.trials.forgetful"
_RETRIES = ",".join(["1"] * 20)
_OPTIONS = ("--webhook-networks", "127.0.0.0/8", "--webhook-retries", _RETRIES)
_NETWORKS = (ip_network("127.0.0.0/8"),)


@dataclass(frozen=True)
class Happened:
    """An event of the log: its place, the ticket or object it is about, and whether it has data."""

    number: int
    lane: str
    whole: bool


@dataclass(frozen=True)
class Arrived:
    """A line of a receiver's ledger."""

    path: str
    id: str
    what: str
    digest: str


@dataclass
class Verdict:
    """What is wrong with what one webhook got, and how often it got what it had already."""

    lost: int = 0
    unknown: int = 0
    disordered: int = 0
    changed: int = 0
    forged: int = 0
    repeated: int = 0

    def lines(self) -> list[str]:
        """What is wrong, if anything is."""
        names = ("lost", "unknown", "disordered", "changed", "forged")
        return [f"{getattr(self, name)} {name}" for name in names if getattr(self, name)]


def judge(log: Mapping[str, Happened], ledger: Iterable[Arrived], path: str) -> Verdict:
    """Compare what happened, by the ids of events, with what one webhook got."""
    found, seen = Verdict(), set[str]()
    last: dict[str, int] = {}
    digests: dict[str, str] = {}
    for line in ledger:
        if line.path != path:
            continue
        event = log.get(line.id)
        found.forged += line.what == FORGED
        found.unknown += event is None
        if event is None:
            continue
        # What is deleted is emptied, so a later attempt has less to tell.
        found.changed += event.whole and digests.setdefault(line.id, line.digest) != line.digest
        found.repeated += line.id in seen
        if line.what == TAKEN and line.id not in seen:
            found.disordered += event.number < last.get(event.lane, 0)
            last[event.lane] = event.number
            seen.add(line.id)
    found.lost = len(log.keys() - seen)
    return found


class Receiver:
    """One run after another of the receiver, on the same port and with the same ledger."""

    def __init__(self, folder: Path, secrets: Mapping[str, str], pick: random.Random) -> None:
        self._ledger = folder / "ledger"
        self._secrets = json.dumps(dict(secrets))
        self._pick = pick
        self.port = 0
        self.begin()

    def begin(self, seed: str = "") -> None:
        """Start it."""
        words = [str(self.port), str(self._ledger), seed or str(self._pick.random()), self._secrets]
        command = [sys.executable, "-m", "scripts.trials.receiving", *words]
        self._process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE)
        line = self._process.stdout.readline() if self._process.stdout else b""
        if not line:
            raise NotServing("the receiver does not start")
        self.port = int(line)

    def kill(self) -> None:
        """kill -9."""
        self._process.kill()
        self._process.wait()
        if self._process.stdout:
            self._process.stdout.close()

    def ledger(self) -> list[Arrived]:
        """What it has noted."""
        text = self._ledger.read_text(encoding="utf-8") if self._ledger.exists() else ""
        return [Arrived(*line.split()[:4]) for line in text.splitlines()]


@dataclass
class _Tally:
    """What the rounds so far found."""

    rounds: int = 0
    receiver_kills: int = 0
    events: int = 0
    arrived: int = 0
    repeated: int = 0
    lost: int = 0
    slowest: float = 0.0
    failures: Failures = field(default_factory=Failures)


@dataclass
class _Run:
    """Rounds on one desk, with one server after another."""

    desk: Desk
    options: tuple[str, ...]
    module: str
    pick: random.Random
    tally: _Tally
    receiver: Receiver
    since: int
    writers: list[Writer]

    def round(self) -> None:
        """Write a while, kill the receiver in half of the rounds, then the server."""
        server = Server(self.desk, *_OPTIONS, *self.options, module=self.module)
        stop = threading.Event()
        try:
            server.ready()
            threads = [
                threading.Thread(target=_write, args=(writer, server, stop))
                for writer in self.writers
            ]
            for thread in threads:
                thread.start()
            time.sleep(self.pick.uniform(_LEAST, _MOST))
            if self.pick.random() < 0.5:
                self._kill_receiver()
            self._kill(server)
            stop.set()
            for thread in threads:
                thread.join()
        finally:
            stop.set()
            server.kill()
        self.tally.rounds += 1

    def _kill_receiver(self) -> None:
        self.receiver.kill()
        self.tally.receiver_kills += 1
        time.sleep(self.pick.uniform(0.0, 0.5))
        self.receiver.begin()
        time.sleep(self.pick.uniform(0.0, _LEAST))

    def _kill(self, server: Server) -> None:
        """All processes; where there are several, sometimes first one that may be delivering."""
        workers = server.children() if "--processes" in self.options else []
        if workers and self.pick.random() < 0.5:
            os.kill(self.pick.choice(workers), signal.SIGKILL)
            time.sleep(self.pick.uniform(_LEAST, _MOST))
        server.kill()

    def last(self) -> None:
        """Let a receiver that behaves take the rest, and compare."""
        self.receiver.kill()
        self.receiver.begin("good")
        server = Server(self.desk, *_OPTIONS, *self.options, module=self.module)
        try:
            server.ready()
            began = time.monotonic()
            while _undelivered(self.desk) and time.monotonic() - began < _PATIENCE:
                time.sleep(0.1)
            self.tally.slowest = max(self.tally.slowest, time.monotonic() - began)
            time.sleep(1)  # what was noted too early is still on its way
            code = server.stop()
        finally:
            server.kill()
            self.receiver.kill()
        if code:
            self.tally.failures.add(f"the server ended with exit code {code}")
        self._compare()

    def _compare(self) -> None:
        log, ledger = happened(self.desk.path, self.since), self.receiver.ledger()
        self.tally.events += len(log)
        self.tally.arrived += len(ledger)
        for path in _PATHS:
            found = judge(log, ledger, path)
            self.tally.lost += found.lost
            self.tally.repeated += found.repeated
            for line in found.lines():
                self.tally.failures.add(f"{path}: {line}")
        unexpected = [line for writer in self.writers for line in writer.unexpected]
        for line in unexpected:
            self.tally.failures.add(line)


def happened(path: Path, since: int) -> dict[str, Happened]:
    """The events after a number that webhooks are told of, by their ids."""
    with closing(sqlite3.connect(path)) as file:
        workspace, salt = file.execute(
            "SELECT id, event_salt FROM workspaces WHERE environment = 'live'"
        ).fetchone()
        rows = file.execute(
            "SELECT number, type, ticket_number, object_uid, data IS NOT NULL FROM events "
            "WHERE workspace_id = ? AND number > ? ORDER BY number",
            (workspace, since),
        ).fetchall()
    return {
        f"evt_{salt.hex()}{1 << 63 | number:016x}": Happened(
            number, uid.hex() if ticket is None else str(ticket), bool(whole)
        )
        for number, type, ticket, uid, whole in rows
        if _is_told(type)
    }


def _is_told(code: int) -> bool:
    return EVENT_TYPES[code] in DELIVERED_TYPES


def _undelivered(desk: Desk) -> int:
    with Helpdesk.open(desk.path) as held:
        return held.figures().backlog.undelivered


def _write(writer: Writer, server: Server, stop: threading.Event) -> None:
    client = server.client()
    try:
        while not stop.is_set() and writer.send(client, writer.next_write()):
            time.sleep(_PAUSE)
    finally:
        client.close()


@contextmanager
def _receiving(desk: Desk, folder: Path, pick: random.Random) -> Iterator[tuple[Receiver, int]]:
    """A receiver, and webhooks that lead to it; the number of the last event before them."""
    with Helpdesk.open(desk.path, webhook_networks=_NETWORKS) as held:
        hooks = held.workspace(desk.team).webhooks
        made = {
            path: hooks.create(name=path, url=f"http://127.0.0.1:1{path}", events=["*"])
            for path in _PATHS
        }
        receiver = Receiver(folder, {path: each.secret for path, each in made.items()}, pick)
        for path, each in made.items():
            hooks.update(each.webhook.id, url=f"http://127.0.0.1:{receiver.port}{path}")
        since = held.workspace(desk.team).events.list().total
    try:
        yield receiver, since
    finally:
        receiver.kill()


def run(trial: Trial) -> Sequence[Outcome]:
    """One process, then two of which one delivers."""
    control = _rounds(trial, "control", trial.amount(1, 6), module=_FORGETFUL)
    one = _rounds(trial, "one", trial.amount(1, 40))
    two = _rounds(trial, "two", trial.amount(1, 20), "--processes", "2")
    return [
        _outcome("Webhooks, server and receiver killed", one, control),
        _outcome("Webhooks, server and receiver killed, 2 processes", two, control),
    ]


def doctored() -> Verdict:
    """What is found in a ledger that has one fault of each kind."""
    log = {name: Happened(number, "1", True) for number, name in enumerate("abcd", 1)}
    ids = [("a", TAKEN, "1"), ("c", TAKEN, "1"), ("b", TAKEN, "1"), ("a", TAKEN, "2")]
    ids += [("x", TAKEN, "1"), ("-", FORGED, "1")]
    return judge(log, [Arrived("/one", *each) for each in ids], "/one")


def _rounds(trial: Trial, name: str, rounds: int, *options: str, module: str = PRODUCT) -> _Tally:
    """So many rounds, on a new desk now and then."""
    trial.progress.step(f"webhooks, {name}: {rounds} rounds")
    tally = _Tally()
    for first in range(0, rounds, _ROUNDS_OF_A_DESK):
        folder = trial.folder(f"{name}-{first}")
        desk = new_desk(folder)
        pick = trial.random("webhooks", name, first)
        writers = [Writer(desk, f"w{first}x{number}", pick) for number in range(_WRITERS)]
        with _receiving(desk, folder, pick) as (receiver, since):
            one = _Run(desk, options, module, pick, tally, receiver, since, writers)
            for number in range(min(_ROUNDS_OF_A_DESK, rounds - first)):
                trial.progress.now(f"webhooks, {name}: round {first + number + 1} of {rounds}")
                try:
                    one.round()
                except NotServing as error:
                    tally.failures.add(f"round {first + number}: {error}")
            one.last()
    return tally


def _outcome(test: str, tally: _Tally, control: _Tally) -> Outcome:
    seen = doctored()
    found = (seen.lost, seen.unknown, seen.disordered, seen.changed, seen.forged)
    # What is forged names no event either.
    return Outcome(
        test,
        tally.rounds,
        tally.failures.told(),
        f"{tally.events:,} events for 2 webhooks, server killed {tally.rounds:,} times and the "
        f"receiver {tally.receiver_kills:,} times; {tally.arrived:,} requests noted, "
        f"{tally.repeated:,} of them again with the same id; {tally.lost:,} events lost; all "
        f"delivered {tally.slowest:.0f} s after the last kill at most",
        f"a worker that notes a delivery before it sends it: {control.lost:,} of "
        f"{2 * control.events:,} found lost, in {control.rounds} rounds. A ledger with one event "
        f"lost, one unknown, one out of order, one changed and one forged: {sum(found) - 1} found",
        bites=control.lost > 0 and found == (1, 2, 1, 1, 1),
    )


SECTION = Section("webhooks", "kill -9 of the server and of a receiver that behaves badly", run)
