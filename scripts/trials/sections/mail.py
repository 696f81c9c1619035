"""Mail while the desk, Dovecot and Postfix are killed; then each letter is looked for on its
ticket, and each answer in the mailbox of the customer whom it is for.
"""

import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from scripts.trials import soundness
from scripts.trials.correspondence.agent import Agent
from scripts.trials.correspondence.between import (
    FETCHED,
    HANDED,
    PIPED,
    Between,
    between,
)
from scripts.trials.correspondence.customers import Customers
from scripts.trials.correspondence.ledger import Letter, Verdict, doctored, judge, kept
from scripts.trials.mail_servers import missing
from scripts.trials.section import Failures, Outcome, Section, Trial, left_out
from scripts.trials.server import PATIENCE

_TEST = "Mail both ways, desk and mail servers killed"
# What a desk sends is bounded: so much within an hour to one address, so much within a minute. So
# there are many customers, and the agent takes breath.
_CUSTOMERS = 250
_PAUSE = 0.22
_LOOK = 0.5
_SETTLING = 240.0
_QUIET = 8.0
_HASTY = "scripts.trials.hasty"
_FORGETFUL = "scripts.trials.forgetful_mail"


@dataclass
class _Tally:
    """What one run found."""

    verdict: Verdict = field(default_factory=Verdict)
    kills: Counter[str] = field(default_factory=Counter)
    failures: Failures = field(default_factory=Failures)
    written_again: int = 0
    seconds: float = 0.0
    resting: float = 0.0


class _Words:
    """The letters by their words, as they become more."""

    def __init__(self, letters: Sequence[Letter]) -> None:
        self._letters = letters
        self._known: dict[str, Letter] = {}

    def __call__(self) -> dict[str, Letter]:
        for letter in self._letters[len(self._known) :]:
            self._known[letter.word] = letter
        return self._known


def run(trial: Trial) -> Sequence[Outcome]:
    """The product, and before it one that is known to be wrong."""
    lacking = missing()
    if lacking:
        return [left_out(_TEST, lacking)]
    control = _correspond(trial, "control", trial.amount(6, 200), _FORGETFUL)
    tally = _correspond(trial, "product", trial.amount(12, 2_000), _HASTY)
    return [_outcome(tally, control)]


def _correspond(trial: Trial, name: str, count: int, module: str) -> _Tally:
    """Let so many letters be written and answered while everything dies, and compare."""
    trial.progress.step(f"mail, {name}: {count} letters and as many answers")
    tally = _Tally()
    customers = [f"c{number}@customers.test" for number in range(min(_CUSTOMERS, count))]
    with between(trial.folder(name), customers, module) as desk:
        chance = trial.random("mail", name, "letters")
        # A pipe costs the start of a program for each mail.
        boxes = (*(FETCHED,) * 5, *(HANDED,) * 4, PIPED)
        writer = Customers(desk.exchange, customers, boxes, chance, f"{trial.seed}{name[0]}")
        words = _Words(writer.letters)
        pause = 0.2 if trial.short else _PAUSE
        agent = Agent(desk.desk, lambda: desk.server, words, pause)
        began = time.monotonic()
        desk.start()
        with _working(writer, agent, count, pause) as writing:
            if module == _FORGETFUL:
                desk.catch(trial.amount(1, 8))
            else:
                desk.disturb(trial.random("mail", name, "kills"), writing.is_alive)
            tally.seconds = time.monotonic() - began
            writing.join(PATIENCE)
            trial.progress.now(f"mail, {name}: what is on its way arrives")
            tally.resting = _rest(desk, writer, agent, _SETTLING if module == _HASTY else 0)
        _look(desk, writer, agent, tally)
    return tally


@contextmanager
def _working(
    writer: Customers, agent: Agent, count: int, pause: float
) -> Iterator[threading.Thread]:
    """Customers and the agent at work, the agent until the end of the block."""
    stop = threading.Event()
    threads = [
        threading.Thread(target=writer.write, args=(count, pause, stop)),
        threading.Thread(target=agent.work, args=(stop,)),
    ]
    for thread in threads:
        thread.start()
    try:
        yield threads[0]
    finally:
        stop.set()
        for thread in threads:
            thread.join(PATIENCE)
        writer.close()


def _rest(desk: Between, writer: Customers, agent: Agent, patience: float) -> float:
    """Wait until all is where it belongs, or so long and nothing moves; the seconds."""
    began = moved = time.monotonic()
    seen: object = None
    while True:
        writer.read()
        now, way = time.monotonic(), desk.on_the_way()
        stands = (way, len(kept(desk.desk.path)), len(writer.arrived))
        if stands != seen:
            seen, moved = stands, now
        here = {each.word for each in writer.arrived}
        if not way and len(agent.answers) == len(writer.letters) and here >= agent.answers.keys():
            return now - began
        if now - began > patience and now - moved > _QUIET:
            return now - began
        time.sleep(_LOOK)


def _look(desk: Between, writer: Customers, agent: Agent, tally: _Tally) -> None:
    """Compare, and ask the desk itself whether all is well."""
    answers = dict(agent.answers)
    tally.verdict = judge(writer.letters, answers, kept(desk.desk.path), writer.arrived)
    tally.kills = desk.kills
    tally.written_again = writer.sent_again
    if way := desk.on_the_way():
        tally.failures.add(f"after {tally.resting:.0f} s there is still: {way}")
    told = desk.command("mail", "reconcile", FETCHED)
    if told.returncode:
        tally.failures.add(f"cstar mail reconcile: {told.stdout[-300:]}{told.stderr[-300:]}")
    if desk.server and (code := desk.server.stop()):
        tally.failures.add(f"the server ended with exit code {code}")
    desk.server = None
    for line in (
        *soundness.unsound(desk.desk.path),
        *agent.unexpected,
        *tally.verdict.told.told(),
    ):
        tally.failures.add(line)


def _outcome(tally: _Tally, control: _Tally) -> Outcome:
    seen, found = doctored(), tally.verdict
    kinds = ("lost", "doubled", "misplaced", "unanswered", "astray", "renamed")
    bites = [getattr(seen, name) for name in kinds]
    kills = ", ".join(f"{name} {count} times" for name, count in sorted(tally.kills.items()))
    return Outcome(
        _TEST,
        found.letters + found.answers,
        tally.failures.told(),
        f"{found.letters:,} letters by IMAP, LMTP and a pipe, {found.answers:,} answers; killed: "
        f"{kills}; {found.lost} lost, {found.doubled} doubled, {found.misplaced} on a wrong "
        f"ticket, {found.unanswered} answers that did not arrive; {tally.written_again} letters "
        f"sent again by customers, {found.sent_again} answers sent again by the desk and "
        f"{found.doubled_later} doubled by the servers, all with the same Message-ID; at rest "
        f"{tally.resting:.0f} s after the last kill",
        "a desk that notes an answer half a second before it sends it: "
        f"{control.verdict.unanswered} of {control.verdict.answers} answers found missing, after "
        f"{control.kills.total()} kills. A ledger with one letter lost, one "
        "doubled, one on a wrong ticket, one answer that did not arrive, one with a stranger and "
        f"one with two ids: {sum(bites)} found",
        bites=control.verdict.unanswered > 0 and bites == [1] * len(kinds),
    )


SECTION = Section("mail", "kill -9 of the desk, Dovecot and Postfix while mail goes both ways", run)
