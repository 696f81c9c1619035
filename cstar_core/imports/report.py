"""What an import tells: how far it is, and what became of a file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cstar_core.errors import Problem

BAD_ROWS_MAX = 20
EXAMPLES_MAX = 3
NAMES_MAX = 200


@dataclass(frozen=True, slots=True)
class ImportProgress:
    """How far an import is: bytes of the file that are read, and rows of it."""

    done: int
    size: int
    rows: int


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that is not in: where it begins in the file, and why."""

    line: int
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What became of a file, or with ``dry_run`` would become of it.

    Of the ``rows`` that were read, ``created`` are in now, ``skipped`` were there before (or stand
    in the file twice), ``left_out`` are deleted or spam where they come from, and ``failed`` are
    in ``errors_file``; ``bad_rows`` has the first of them. ``customers`` and ``messages`` are those
    that came with the tickets. ``mapping`` says which columns became what, ``unmapped`` which
    became nothing, ``unknown_agents`` to whom tickets were assigned that are no members, each with
    how many. ``broken`` says why the rest of the file could not be read. ``examples`` are the
    first objects of a dry run.
    """

    format: str
    kind: str
    source: str
    dry_run: bool
    rows: int
    created: int
    skipped: int
    left_out: int
    failed: int
    customers: int
    messages: int
    mapping: Mapping[str, tuple[str, ...]]
    unmapped: tuple[str, ...]
    unknown_agents: Mapping[str, int]
    bad_rows: tuple[BadRow, ...]
    errors_file: str | None
    broken: str | None
    examples: tuple[Mapping[str, Any], ...]

    @property
    def ok(self) -> bool:
        """Whether everything is in."""
        return not self.failed and self.broken is None


@dataclass(slots=True)
class Tally:
    """A report that is still being written."""

    rows: int = 0
    created: int = 0
    skipped: int = 0
    left_out: int = 0
    failed: int = 0
    customers: int = 0
    messages: int = 0
    unmapped: dict[str, None] = field(default_factory=dict)
    unknown_agents: dict[str, int] = field(default_factory=dict)
    bad_rows: list[BadRow] = field(default_factory=list)
    examples: list[Mapping[str, Any]] = field(default_factory=list)

    def refuse(self, line: int, problems: tuple[Problem, ...]) -> tuple[str, ...]:
        """Count a row that is not in; why, as sentences."""
        said = tuple(printable(problem.message) for problem in problems)
        self.failed += 1
        if len(self.bad_rows) < BAD_ROWS_MAX:
            self.bad_rows.append(BadRow(line, said))
        return said

    def note_agent(self, agent: str) -> None:
        """Count a ticket of somebody who is no member."""
        agent = printable(agent)
        if agent in self.unknown_agents or len(self.unknown_agents) < NAMES_MAX:
            self.unknown_agents[agent] = self.unknown_agents.get(agent, 0) + 1

    def note_unused(self, names: Sequence[str]) -> None:
        """Remember names of which nothing was made."""
        for name in names:
            if len(self.unmapped) >= NAMES_MAX:
                return
            self.unmapped[printable(name[:NAMES_MAX])] = None


def printable(text: str) -> str:
    """A text that can be printed, whatever a file had for it.

    >>> printable("a\\ud800b")
    'a?b'
    """
    return text.encode("utf-8", "replace").decode()
