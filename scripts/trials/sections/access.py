"""Who may do what: every cell of the policy, and whether time tells foreign from absent.

The cells are those of the tests, asked in this process. The times are those of the real server.
"""

import http.client
import math
import random
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace

from cstar_core import Helpdesk, Ticket, Workspace
from scripts.trials.section import Failures, Outcome, Section, Trial
from scripts.trials.server import Desk, Server, new_desk, serving
from tests.web.matrix import cells, keep_answers, wrong
from tests.web.vocabulary import ManualClock
from tests.web.world import World

_ABSENT = 32 * "0"
_ALSO_ABSENT = 31 * "0" + "1"
_WARM = 200
_FEW = 20
_CONTROL_STEP = 10
_LISTED = 100
# What may be put down to chance, in standard errors, and beside them: a hundredth more right
# guesses than a coin would give.
_ERRORS, _TOLERANCE = 5, 0.01


def run(trial: Trial) -> Sequence[Outcome]:
    """The cells, and the times."""
    return [_policy(trial), _times(trial)]


def _policy(trial: Trial) -> Outcome:
    clock, told = ManualClock(), Failures()
    with Helpdesk.open(trial.folder("policy") / "desk.db", clock=clock) as desk:
        world = World(desk, clock)
        keep_answers(world)
        # The tests ask for every one of them; the short form only shows that it can.
        tried = list(cells(world))[:: _FEW if trial.short else 1]
        trial.progress.step(f"access: {len(tried):,} cells")
        for number, cell in enumerate(tried, 1):
            if found := wrong(world, cell):
                told.add(found)
            if number % 500 == 0:
                trial.progress.now(f"access: cell {number:,} of {len(tried):,}")
        some = [replace(cell, status=418) for cell in tried[::_CONTROL_STEP]]
        missed = sum(wrong(world, cell) is None for cell in some)
    return Outcome(
        "who may do what",
        len(tried),
        told.told(),
        f"{len(tried):,} cells tested, {told.count} wrong; foreign and absent are the same bytes "
        "after the same number of statements",
        f"{len(some):,} cells of a policy that is wrong: {len(some) - missed:,} found",
        bites=missed == 0,
    )


@dataclass(frozen=True)
class _Compared:
    """How often the slower of two answers is that to the first: half of the times for none."""

    share: float
    error: float
    median: float
    other_median: float

    @property
    def tells(self) -> bool:
        """Whether more than chance is in it."""
        return abs(self.share - 0.5) > _ERRORS * self.error + _TOLERANCE

    def __str__(self) -> str:
        return (
            f"{100 * self.share:.1f} % (medians {self.median * 1000:.2f} and "
            f"{self.other_median * 1000:.2f} ms)"
        )


def _times(trial: Trial) -> Outcome:
    """Asks for a foreign and an absent object in turns, and lets the times guess which it was."""
    rounds, told = trial.amount(600, 5000), Failures()
    desk = new_desk(trial.folder("times"))
    with Helpdesk.open(desk.path) as opened:
        pairs, own = _pairs(opened, desk)
    with serving(desk) as server:
        pick = trial.random("times")
        figures = []
        for number, pair in enumerate(pairs, 1):
            trial.progress.now(f"access: times of {pair.name}, {number} of {len(pairs)}")
            found = _compare(server, desk.key, pair, rounds, pick)
            figures.append(f"{pair.name} {found}")
            if found.tells:
                told.add(f"{pair.name}: the slower answer is the foreign one in {found}")
        control = _compare(server, desk.key, own, rounds, pick)
    return Outcome(
        "foreign and absent by their times",
        len(pairs),
        told.told(),
        f"{rounds:,} answers to each in turns; the foreign one is the slower of two in "
        + "; ".join(figures),
        f"a list of {_LISTED} of one's own and an absent ticket: the list is the slower of two in "
        f"{control}",
        bites=control.tells,
    )


@dataclass(frozen=True)
class _Pair:
    """Two paths whose answers must not differ in time."""

    name: str
    foreign: str
    absent: str


def _pairs(opened: Helpdesk, desk: Desk) -> tuple[Sequence[_Pair], _Pair]:
    """What is foreign beside what is absent; and one's own beside it, which is another matter."""
    opened.teams.create("Other")
    base, pairs = f"/api/v1/teams/{desk.team}", []
    ticket, customer = f"{base}/tickets/tkt_{_ABSENT}", f"{base}/customers/cus_{_ABSENT}"
    for whose, workspace in (
        ("another team's", opened.workspace("other")),
        ("test data's", opened.workspace(desk.team, "test")),
    ):
        made = _ticket(workspace)
        pairs += [
            _Pair(f"{whose} ticket", f"{base}/tickets/{made.id}", ticket),
            _Pair(f"{whose} customer", f"{base}/customers/{made.customer_id}", customer),
        ]
    pairs += [
        _Pair("another team", "/api/v1/teams/other/tickets", "/api/v1/teams/nobody/tickets"),
        _Pair("(two absent tickets)", f"{base}/tickets/tkt_{_ALSO_ABSENT}", ticket),
    ]
    own = opened.workspace(desk.team)
    for _ in range(_LISTED):
        _ticket(own)
    return pairs, _Pair("own", f"{base}/tickets?pageSize={_LISTED}", ticket)


def _ticket(workspace: Workspace) -> Ticket:
    return workspace.tickets.create(
        title="Refund", customer_name="Jane", initial_message="Hello", tags="a, b, c"
    )


def _compare(server: Server, key: str, pair: _Pair, rounds: int, pick: random.Random) -> _Compared:
    one, other = pair.foreign, pair.absent
    with closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)) as connection:
        for path in (one, other) * _WARM:
            _time(connection, key, path)
        times: dict[str, list[float]] = {one: [], other: []}
        for path in _shuffled(one, other, rounds, pick):
            times[path].append(_time(connection, key, path))
    share = _share(times[one], times[other])
    error = math.sqrt((2 * rounds + 1) / (12 * rounds * rounds))
    return _Compared(share, error, _median(times[one]), _median(times[other]))


def _shuffled(one: str, other: str, rounds: int, pick: random.Random) -> Iterator[str]:
    """Both in each round, either of them first."""
    for _ in range(rounds):
        pair = [one, other]
        pick.shuffle(pair)
        yield from pair


def _time(connection: http.client.HTTPConnection, key: str, path: str) -> float:
    began = time.perf_counter()
    connection.request("GET", path, headers={"Authorization": f"Bearer {key}"})
    with connection.getresponse() as response:
        response.read()
    return time.perf_counter() - began


def _share(ones: Sequence[float], others: Sequence[float]) -> float:
    """In how many of all pairs the first is the slower one (Mann and Whitney's statistic)."""
    ranked = sorted([(each, 1) for each in ones] + [(each, 0) for each in others])
    ranks = sum(rank for rank, (_, first) in enumerate(ranked, 1) if first)
    least = len(ones) * (len(ones) + 1) / 2
    return (ranks - least) / (len(ones) * len(others))


def _median(times: Sequence[float]) -> float:
    return sorted(times)[len(times) // 2]


SECTION = Section(
    "access", "every cell of the policy, and the times of foreign and absent objects", run
)
