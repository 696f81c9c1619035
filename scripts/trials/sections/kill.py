"""kill -9 at random moments while eight clients write; then everything acknowledged is looked for.

After each kill the server is started again on the same file, and in every other round what was not
acknowledged is sent again with the same Idempotency-Key. Then every write so far is compared.
"""

import os
import random
import signal
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from scripts.trials.ledger import State, Verdict, Write, compare
from scripts.trials.section import Failures, Outcome, Section, Trial, seconds
from scripts.trials.server import PRODUCT, Desk, NotServing, Server, new_desk
from scripts.trials.soundness import broken, unfound, unsound
from scripts.trials.writers import Writers

_WRITERS = 8
_ROUNDS_OF_A_DESK = 20
_LOOKED_OVER_EVERY = 5
_SEARCHED = 10
_LEAST, _MOST = 0.05, 0.6
_EARLY = "scripts.trials.early"
_UNSENT = 2


@dataclass
class _Tally:
    """What the rounds so far found."""

    rounds: int = 0
    retried: int = 0
    verdict: Verdict = field(default_factory=Verdict)
    failures: Failures = field(default_factory=Failures)
    ready: list[float] = field(default_factory=list)


@dataclass
class _Run:
    """Rounds on one desk, with one server after another."""

    desk: Desk
    options: tuple[str, ...]
    module: str
    pick: random.Random
    tally: _Tally
    writers: Writers
    seen: int = 0

    def round(self, number: int) -> None:
        """Kill the server that runs, start another, and compare."""
        server = Server(self.desk, *self.options, module=self.module)
        try:
            self.tally.ready.append(server.ready())
            if number:
                self._after_kill(server, number)
            work = self.writers.work(server, 0)
            work.wait_for(_WRITERS)
            time.sleep(self.pick.uniform(_LEAST, _MOST))
            self._kill(server)
            work.stop()
        finally:
            server.kill()
        self.tally.rounds += 1

    def last(self) -> None:
        """After the last kill: start once more, compare, end in peace, and look over the file."""
        server = Server(self.desk, *self.options, module=self.module)
        try:
            self.tally.ready.append(server.ready())
            self._after_kill(server, 0)
            code = server.stop()
        finally:
            server.kill()
        self._note("end", [f"exit code {code}"] if code else [])
        self._compare("end", self.writers.writes, final=True)

    def _kill(self, server: Server) -> None:
        """All processes; where there are several, sometimes one that works, or only the first."""
        workers = server.children() if "--processes" in self.options else []
        which = self.pick.choice(["all", "worker", "first"]) if workers else "all"
        if which == "worker":
            os.kill(self.pick.choice(workers), signal.SIGKILL)
            time.sleep(self.pick.uniform(_LEAST, _MOST))
        if which == "first":
            # The others see that it is gone, finish their requests and end.
            server.process.kill()
            server.gone()
        else:
            server.kill()

    def _after_kill(self, server: Server, number: int) -> None:
        if number % 2:
            self.tally.retried += self.writers.retry(server)
        self.writers.forget_pending()
        self._compare(f"round {number}", self.writers.writes)
        if number % _LOOKED_OVER_EVERY == 0 and self.module == PRODUCT:
            self._note(f"round {number}", unsound(self.desk.path))

    def _compare(self, where: str, writes: list[Write], *, final: bool = False) -> None:
        found = compare(State(self.desk.path), writes)
        for line in found.told.told():
            self.tally.failures.add(f"{where}: {line}")
        if not final:
            return
        self.tally.verdict.add(found)
        self._note(where, [*broken(self.desk.path), *unsound(self.desk.path)])
        self._note(where, self.writers.unexpected)
        deleted = {id(each.on) for each in writes if each.kind == "delete"}
        kept = [w for w in writes if w.kind == "ticket" and w.acked and id(w) not in deleted]
        words = [w.marker for w in self.pick.sample(kept, min(_SEARCHED, len(kept)))]
        self._note(where, unfound(self.desk.path, self.desk.team, words))

    def _note(self, where: str, lines: Iterable[str]) -> None:
        for line in lines:
            self.tally.failures.add(f"{where}: {line}")


def run(trial: Trial) -> Sequence[Outcome]:
    """One process, then two that share the work."""
    control = _Control(
        _rounds(trial, "control", trial.amount(1, 20), module=_EARLY), _unsent(trial)
    )
    one = _rounds(trial, "one", trial.amount(2, 160))
    two = _rounds(trial, "two", trial.amount(2, 60), "--processes", "2")
    return [
        _outcome("kill -9, 8 writers", one, control),
        _outcome("kill -9, 8 writers, 2 processes", two, control),
    ]


@dataclass
class _Control:
    """A server that answers too early, and how many of writes that were never sent are missed."""

    early: _Tally
    unsent: int


def _unsent(trial: Trial) -> int:
    """How many are found lost of a write of each kind that was noted but never sent."""
    desk = new_desk(trial.folder("unsent"))
    ticket = Write("ticket", "unsent", acked=True)
    return compare(State(desk.path), [ticket, Write("customer", "unsent", acked=True)]).lost


def _rounds(trial: Trial, name: str, rounds: int, *options: str, module: str = PRODUCT) -> _Tally:
    """So many rounds, on a new desk now and then."""
    trial.progress.step(f"kill, {name}: {rounds} rounds")
    tally = _Tally()
    for first in range(0, rounds, _ROUNDS_OF_A_DESK):
        desk = new_desk(trial.folder(f"{name}-{first}"))
        pick = trial.random("kill", name, first)
        writers = Writers.on(desk, _WRITERS, pick)
        one = _Run(desk, options, module, pick, tally, writers)
        for number in range(min(_ROUNDS_OF_A_DESK, rounds - first)):
            trial.progress.now(f"kill, {name}: round {first + number + 1} of {rounds}")
            try:
                one.round(number)
            except NotServing as error:
                tally.failures.add(f"round {first + number}: {error}")
        one.last()
    return tally


def _outcome(test: str, tally: _Tally, control: _Control) -> Outcome:
    found, early = tally.verdict, control.early.verdict
    return Outcome(
        test,
        tally.rounds,
        tally.failures.told(),
        f"{found.writes:,} writes, {found.acked:,} acknowledged, {tally.retried:,} sent again; "
        f"{found.say()}; ready again after {seconds(tally.ready)}",
        f"a server that answers up to a second before it writes: {early.lost:,} of "
        f"{early.acked:,} acknowledged writes found lost, in {control.early.rounds} rounds. "
        f"Two writes that were noted and never sent: {control.unsent} found lost",
        bites=early.lost > 0 and control.unsent == _UNSENT,
    )


SECTION = Section("kill", "kill -9 of the server under eight writers", run)
