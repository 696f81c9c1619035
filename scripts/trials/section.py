"""What a section of the trials is given, and what it gives back."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from scripts.common.progress import Progress

_SHOWN = 10


@dataclass(frozen=True)
class Outcome:
    """One line of the table. ``failures`` has a line for each case that failed.

    ``control`` says what the check found where something was known to be wrong, and ``bites``
    whether that was enough. ``left_out`` is why nothing was tried.
    """

    test: str
    cases: int
    failures: Sequence[str]
    figure: str
    control: str = ""
    bites: bool = True
    left_out: str = ""

    @property
    def ok(self) -> bool:
        """Whether nothing failed and the control shows that it would have been seen."""
        return not self.failures and self.bites


def left_out(test: str, reason: str) -> Outcome:
    """The line of what cannot be tried on this machine."""
    return Outcome(test, 0, (), "", left_out=reason)


@dataclass(frozen=True)
class Trial:
    """How long to try, from which seed, and where: ``scratch`` goes with the run."""

    short: bool
    scale: float
    seed: int
    progress: Progress
    scratch: Path

    def amount(self, short: int, long: int) -> int:
        """How many cases to try: a few in the short form, else so many times the scale."""
        return short if self.short else max(1, round(long * self.scale))

    def folder(self, name: str) -> Path:
        """An empty folder."""
        made = self.scratch / name
        made.mkdir()
        return made

    def random(self, *what: object) -> random.Random:
        """Chance that is the same in each run with the same seed."""
        return random.Random(f"{self.seed} {what}")


@dataclass(frozen=True)
class Section:
    """A part of the trials that can be run alone."""

    name: str
    about: str
    run: Callable[[Trial], Sequence[Outcome]]


@dataclass
class Failures:
    """The lines of what failed: the first ones, and how many there were."""

    count: int = 0
    lines: list[str] = field(default_factory=list)

    def add(self, line: str) -> None:
        """One more."""
        self.count += 1
        if self.count <= _SHOWN:
            self.lines.append(line)

    def told(self) -> tuple[str, ...]:
        """A line for each; where there were many, empty ones at the end."""
        more = self.count - len(self.lines)
        return (*self.lines, *("(not told)",) * more)


def seconds(taken: Sequence[float]) -> str:
    """The median and the 99th percentile."""
    ordered = sorted(taken)
    p50, p99 = (ordered[int(share * (len(ordered) - 1))] for share in (0.5, 0.99))
    return f"{p50:.2f} s (p50), {p99:.2f} s (p99)"
