"""Every regular expression of both packages, on the strings that are worst for it."""

import re
from collections.abc import Sequence

from scripts.trials.section import Failures, Outcome, Section, Trial
from tests.patterns import Expression, expressions

_LENGTH = 100_000
_MOST = 0.05
_SHORTER = 10_000
# The short form looks at some; the tests of the patterns look at each.
_SOME = 10


def run(trial: Trial) -> Sequence[Outcome]:
    """How long the slowest takes."""
    failures, cases = Failures(), 0
    worst = (0.0, "")
    every = sorted(expressions().items())
    for name, expression in every[:: _SOME if trial.short else 1]:
        trial.progress.now(f"patterns: {name}")
        for method, text, _, taken in expression.costs(0, _LENGTH):
            cases += 1
            worst = max(worst, (taken, f"{name}.{method}"))
            if taken > _MOST:
                failures.add(f"{name}.{method} took {1000 * taken:.0f} ms on {text}")
    square = Expression("control", re.compile(r"a+\Z"), (("", "a"),), {"search"})
    blind = max(taken for *_, taken in square.costs(0, _SHORTER))
    return [
        Outcome(
            f"regular expressions on {_LENGTH:,} characters",
            cases,
            failures.told(),
            f"at most {1000 * worst[0]:.1f} ms of processor time, {worst[1]}",
            f"one that begins anew at every character: {1000 * blind:.0f} ms on {_SHORTER:,}",
            bites=blind > _MOST,
        )
    ]


SECTION = Section("patterns", "every regular expression on the strings worst for it", run)
