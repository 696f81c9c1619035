"""What a section of the benchmark is given, and what it gives back."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from scripts.benchmark.desks import Desk, Desks
from scripts.common.progress import Progress

Cell = str | int | float | None
Row = dict[str, Cell]
Results = dict[str, list[Row]]


@dataclass(frozen=True)
class Effort:
    """How long is measured: rounds of so many seconds, over so many connections."""

    rounds: int
    seconds: int
    connections: int


@dataclass(frozen=True)
class Bench:
    """The filled desks, the smallest first, and what to measure on them.

    `operations` are those that were asked for; None means all. `kept` gives further copies of
    desks. `cache` is a folder that stays, `scratch` one that goes with the run.
    """

    desks: Sequence[Desk]
    kept: Desks
    effort: Effort
    operations: frozenset[str] | None
    progress: Progress
    cache: Path
    scratch: Path

    def wanted(self, operations: Sequence[str]) -> list[str]:
        """Those operations that were asked for; all if none of them was, but the section."""
        chosen = [name for name in operations if self.operations and name in self.operations]
        return chosen or list(operations)


@dataclass(frozen=True)
class Section:
    """A part of the benchmark that can be run alone; its rows have a list of their own."""

    name: str
    about: str
    run: Callable[[Bench], Results]
    operations: tuple[str, ...] = ()
    by_default: bool = True


def rounded(value: float, digits: int = 1) -> float:
    """A figure with no more digits than it has meaning."""
    return round(value, digits)
