"""What the benchmark is told on the command line."""

import argparse
import os
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from scripts.benchmark.section import Effort, Section

TICKETS = (10_000, 100_000)
ROUNDS = 3
SECONDS = 2
CONNECTIONS = 8
_LEAST_TICKETS = 20
_WIDTH = 80
_ABOUT = """How fast the API is beside a route that does nothing, how that changes as the desk
grows, and what it takes of memory and disk. The first run makes the desks and keeps them, so the
next is quicker."""


@dataclass(frozen=True)
class Options:
    """What to measure, how long, and where to put the figures."""

    tickets: tuple[int, ...]
    sections: tuple[Section, ...]
    operations: frozenset[str] | None
    whole: bool
    effort: Effort
    fresh: bool
    cache: Path
    json: str | None
    earlier: Path | None
    write: Path | None


def parse(argv: Sequence[str], sections: Sequence[Section], document: Path) -> Options:
    """Read the arguments; ends the program for wrong ones and for --help."""
    parser = _parser(sections, document)
    given = parser.parse_args(argv)
    try:
        chosen, operations = _only(given.only, sections)
    except ValueError as error:
        parser.error(str(error))
    effort = Effort(given.rounds, given.seconds, given.connections)
    tickets = tuple(sorted(set(given.tickets)))
    whole = not given.only
    enough = (
        whole
        and effort.rounds >= ROUNDS
        and effort.seconds >= SECONDS
        and effort.connections == CONNECTIONS
        and max(tickets) >= max(TICKETS)
    )
    return Options(
        tickets=tickets,
        sections=chosen,
        operations=operations,
        whole=whole,
        effort=effort,
        fresh=given.fresh,
        cache=given.cache,
        json=given.json,
        earlier=given.earlier,
        write=given.write or (document if enough else None),
    )


def _parser(sections: Sequence[Section], document: Path) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="scripts/bench",
        description=textwrap.fill(_ABOUT, _WIDTH),
        epilog=_listed(sections),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--tickets", type=_sizes, default=TICKETS, metavar="N,…", help="desks [10000,100000]")
    add("--only", metavar="NAME,…", help="some of the sections and operations below")
    add("--rounds", type=_positive, default=ROUNDS, help="of each measurement [%(default)s]")
    add("--seconds", type=_positive, default=SECONDS, help="of each under load [%(default)s]")
    add("--connections", type=_positive, default=CONNECTIONS, help="at once [%(default)s]")
    add("--json", metavar="FILE", help="write the figures as JSON; - prints them instead of tables")
    add(
        "--from",
        dest="earlier",
        type=Path,
        metavar="FILE",
        help="take the figures of what is not measured now from an earlier --json",
    )
    add(
        "--write",
        type=Path,
        metavar="FILE",
        help=f"write the document there. Without this a whole run writes {document.name} in docs: "
        "one of all sections, with at least the default rounds, seconds and tickets; a smaller "
        "one writes no document",
    )
    add("--fresh", action="store_true", help="make the desks anew, say after the search changed")
    add("--cache", type=Path, default=_cache(), metavar="FOLDER", help="of desks [%(default)s]")
    return parser


def _listed(sections: Sequence[Section]) -> str:
    """The names that --only takes."""
    operations = ", ".join(_operations(sections))
    indented = textwrap.fill(operations, _WIDTH, initial_indent="  ", subsequent_indent="  ")
    named = [f"  {section.name:<12} {section.about}" for section in sections]
    return "\n".join(["sections:", *named, "operations:", indented])


def _cache() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "cstar-bench"


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError
    return number


def _sizes(text: str) -> tuple[int, ...]:
    sizes = tuple(int(part.replace("_", "")) for part in text.split(","))
    if min(sizes) < _LEAST_TICKETS:
        raise argparse.ArgumentTypeError(f"a desk has at least {_LEAST_TICKETS} tickets")
    return sizes


def _operations(sections: Sequence[Section]) -> list[str]:
    return list(dict.fromkeys(name for section in sections for name in section.operations))


def _only(
    text: str | None, sections: Sequence[Section]
) -> tuple[tuple[Section, ...], frozenset[str] | None]:
    """The sections to run, and of their operations those asked for (None for all).

    An operation that none of the named sections has means every section that has it.
    """
    if not text:
        return tuple(section for section in sections if section.by_default), None
    names = {name.strip() for name in text.split(",") if name.strip()}
    operations = frozenset(names & set(_operations(sections)))
    chosen = [section for section in sections if section.name in names]
    unknown = names - operations - {section.name for section in chosen}
    if unknown:
        raise ValueError(f"--only: there is no {', '.join(sorted(unknown))}; see --help")
    elsewhere = operations.difference(*(section.operations for section in chosen))
    return tuple(
        section for section in sections if section in chosen or elsewhere & set(section.operations)
    ), operations or None
