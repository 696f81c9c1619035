"""The clock jumps an hour while the server runs, and the server is stopped for a while.

The jumps are made by libfaketime, and only for the wall clock, as when somebody sets it.
"""

import os
import random
import signal
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from scripts.trials.ledger import State, Verdict, Write, compare
from scripts.trials.section import Failures, Outcome, Section, Trial, left_out
from scripts.trials.server import PRODUCT, Answer, Client, Desk, Server, new_desk, serving
from scripts.trials.soundness import unsound
from scripts.trials.wallclock import MODULE as WALLCLOCK
from scripts.trials.writers import Writer, Writers, request

_HOUR = 3600
_JUMPS = (_HOUR, 0, -_HOUR, 0)
_FEW_JUMPS = (_HOUR, -_HOUR)
_BACK = (-_HOUR, -2 * _HOUR)
_LIMIT, _WINDOW = 5, 1
_WRITERS = 4
_WORK = 0.3
_PAGE = 50


def run(trial: Trial) -> Sequence[Outcome]:
    """The clock, if there is libfaketime; and the pause."""
    return [_jumping(trial), _pausing(trial)]


@dataclass
class _Clock:
    """A server whose clock is set by what stands in a file, and what was wrong."""

    desk: Desk
    server: Server
    setting: Path
    writers: Writers
    one: Writer
    told: Failures
    replayed: int = 0
    locked: int = 0
    numbers: list[int] = field(default_factory=list)

    def jump(self, seconds: int) -> None:
        """Set the clock, and see whether all goes on."""
        client = self.server.client()
        where = f"clock at {seconds:+d} s"
        before = self._ticket(client, where)
        reader = self.server.client(key=self.desk.reading_key)
        self._use_up(reader)
        set_clock(self.setting, seconds)
        shown = client.send("GET", "/healthz").body["meta"]["timestamp"]
        self._window(reader, where)
        self._replay(client, before, where)
        self._change(client, before, where)
        self.writers.work(self.server, _WORK).stop()
        self._ticket(client, f"{where}, which shows {shown}")

    def order(self) -> Iterator[str]:
        """What is out of order in the end."""
        if self.numbers != sorted(set(self.numbers)):
            yield f"the numbers of tickets, as they were made: {self.numbers}"
        client = self.server.client()
        tickets = list(_walk(client, f"{self.desk.tickets}?pageSize={_PAGE}"))
        dates = [each["createdAt"] for each in tickets]
        if dates != sorted(dates, reverse=True):
            yield "the list of tickets is not in the order of their dates"
        yield from self._counted("tickets", [each["id"] for each in tickets])
        events = list(_walk(client, f"/api/v1/teams/{self.desk.team}/events?pageSize={_PAGE}"))
        yield from self._counted("events", [each["id"] for each in events])

    def _counted(self, table: str, ids: list[str]) -> Iterator[str]:
        with closing(sqlite3.connect(self.desk.path)) as connection:
            workspace = "workspace_id = (SELECT min(id) FROM workspaces WHERE environment = 'live')"
            query = f"SELECT count(*) FROM {table} WHERE {workspace}"  # noqa: S608 - our own words
            there = connection.execute(query).fetchone()[0]
        if not len(ids) == len(set(ids)) == there:
            yield f"the list shows {len(ids)} {table}, {len(set(ids))} of them once, of {there}"

    def _ticket(self, client: Client, where: str) -> Write:
        write = self.one.write("ticket")
        answer = client.send(*request(self.desk, write), marker=write.marker)
        if answer.status != 201:
            self.told.add(f"{where}: a ticket was answered {answer.status} {answer.code}")
            return write
        write.acked, write.id = True, answer.body["data"]["id"]
        self.numbers.append(answer.body["data"]["number"])
        return write

    def _use_up(self, reader: Client) -> None:
        for _ in range(_LIMIT):
            reader.send("GET", self.desk.tickets)

    def _window(self, reader: Client, where: str) -> None:
        """A key that has used up its requests has to wait for a window, and no longer.

        On a slow machine the window from before the jump may not be used up, so it is now.
        """
        self._use_up(reader)
        answer = reader.send("GET", self.desk.tickets)
        wait = float(answer.headers.get("Retry-After", 0))
        if answer.status == 429 and not 0 < wait <= _WINDOW:
            self.told.add(f"{where}: a key is told to wait {wait:.0f} s")
        time.sleep(_WINDOW + 0.1)
        answer = reader.send("GET", self.desk.tickets)
        if answer.status != 200:
            self.locked += 1
            self.told.add(f"{where}: a key is locked out for longer than its window")

    def _replay(self, client: Client, write: Write, where: str) -> None:
        answer = client.send(*request(self.desk, write), marker=write.marker)
        self.replayed += 1
        if not _is_replay(answer, write):
            self.told.add(f"{where}: a retry was answered {answer.status} {answer.code}")

    def _change(self, client: Client, on: Write, where: str) -> None:
        path = f"{self.desk.tickets}/{on.id}"
        earlier = client.send("GET", path).body["data"]["updatedAt"]
        write = self.one.write("patch", on)
        answer = client.send(*request(self.desk, write), marker=write.marker)
        write.acked = answer.status == 200
        if not write.acked or answer.body["data"]["updatedAt"] < earlier:
            self.told.add(f"{where}: a change was answered {answer.status}, or is too old")


def set_clock(setting: Path, seconds: int) -> None:
    """Set the clock of whoever looks at the file, in one step."""
    new = setting.with_suffix(".new")
    new.write_text(f"{seconds:+d}\n", encoding="ascii")
    new.replace(setting)


def _is_replay(answer: Answer, write: Write) -> bool:
    replayed = answer.headers.get("Idempotent-Replayed") == "true"
    return answer.status == 201 and replayed and answer.body["data"]["id"] == write.id


def _walk(client: Client, path: str) -> Iterator[dict[str, str]]:
    """Everything in a list, page by page."""
    cursor = ""
    while True:
        answer = client.send("GET", path + (f"&cursor={cursor}" if cursor else ""))
        yield from answer.body["data"]
        cursor = answer.body["meta"]["nextCursor"]
        if not cursor:
            return


def _library() -> Path | None:
    found = sorted(Path("/usr/lib").glob("**/faketime/libfaketimeMT.so.1"))
    return found[0] if found else None


def _jumping(trial: Trial) -> Outcome:
    test = "the clock an hour forward and back"
    library = _library()
    if library is None:
        return left_out(test, "there is no libfaketime; to try this: apt install faketime")
    jumps = _FEW_JUMPS if trial.short else _JUMPS * trial.amount(1, 8)
    clock, verdict = _jumps(trial, "clock", library, jumps, PRODUCT)
    control, _ = _jumps(trial, "clock-control", library, _BACK, WALLCLOCK)
    return Outcome(
        test,
        len(jumps),
        clock.told.told(),
        f"{verdict.writes:,} writes, {verdict.acked:,} acknowledged; {verdict.say()}; "
        f"{clock.replayed} retries of writes from before the jump, each answered with the first "
        "answer; numbers and `updatedAt` rise, lists show everything once and in order, no key is "
        "locked out for longer than its window",
        f"a server whose limits follow the wall clock: {control.locked} of 2 jumps lock a key out",
        bites=control.locked > 0,
    )


def _jumps(
    trial: Trial, name: str, library: Path, jumps: Sequence[int], module: str
) -> tuple[_Clock, Verdict]:
    trial.progress.step(f"{name}: {len(jumps)} jumps")
    desk, pick = new_desk(trial.folder(name)), trial.random(name)
    setting = desk.path.with_name("clock")
    set_clock(setting, 0)
    environ = {
        "LD_PRELOAD": str(library),
        "FAKETIME_TIMESTAMP_FILE": str(setting),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "DONT_FAKE_MONOTONIC": "1",
    }
    limit = f"{_LIMIT}/{_WINDOW} second"
    options = ("--publishable-key-limit", limit)
    with serving(desk, *options, environ=environ, module=module) as server:
        writers = Writers.on(desk, _WRITERS, pick)
        one = Writer(desk, "one", random.Random(pick.random()))
        clock = _Clock(desk, server, setting, writers, one, Failures())
        for number, seconds in enumerate(jumps, 1):
            trial.progress.now(f"{name}: jump {number} of {len(jumps)}")
            clock.jump(seconds)
        for line in clock.order():
            clock.told.add(line)
        server.stop()
    verdict = compare(State(desk.path), [*writers.writes, *one.writes])
    for line in [*verdict.told.told(), *unsound(desk.path), *writers.unexpected]:
        clock.told.add(line)
    return clock, verdict


def _pausing(trial: Trial) -> Outcome:
    seconds = trial.amount(2, 30)
    verdict, sent, told = _pause(trial, "pause", seconds, keyed=True)
    control, again, _ = _pause(trial, "pause-control", 2, keyed=False)
    return Outcome(
        f"SIGSTOP for {seconds} seconds",
        1,
        told.told(),
        f"{verdict.writes:,} writes, {verdict.acked:,} acknowledged, {sent} sent again because the "
        f"client did not wait; {verdict.say()}",
        f"the same without Idempotency-Key: {control.doubled} of {again} writes sent again found "
        "doubled",
        bites=control.doubled > 0,
    )


def _pause(trial: Trial, name: str, seconds: int, *, keyed: bool) -> tuple[Verdict, int, Failures]:
    """Stop the server while there are requests; clients give up and send them again later."""
    trial.progress.step(f"{name}: {seconds} seconds")
    desk, told = new_desk(trial.folder(name)), Failures()
    writers = Writers.on(desk, 8, trial.random(name), timeout=min(1.0, seconds / 2))
    with serving(desk) as server:
        work = writers.work(server, _WORK)
        os.killpg(server.process.pid, signal.SIGSTOP)
        time.sleep(seconds)
        os.killpg(server.process.pid, signal.SIGCONT)
        sent = writers.retry(server, keyed=keyed)
        work.stop()
        writers.work(server, _WORK).stop()
        server.stop()
    verdict = compare(State(desk.path), writers.writes)
    for line in [*verdict.told.told(), *unsound(desk.path), *writers.unexpected]:
        told.add(line)
    if not sent:
        told.add("no client gave up")
    return verdict, sent, told


SECTION = Section(
    "clock", "the clock an hour back and forward, the server stopped for a while", run
)
