"""What the trials are told on the command line."""

import argparse
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from scripts.trials.section import Section

_WIDTH = 80
_ABOUT = """What is lost when things go wrong. The real server is killed, its power is cut (by
replay of what it wrote), its disk fails and fills up, its clock jumps; each time everything that it
had acknowledged is looked for. Everything is on 127.0.0.1 and in a temporary folder."""


@dataclass(frozen=True)
class Options:
    """What to try, for how long, and where to put the outcome."""

    sections: tuple[Section, ...]
    short: bool
    scale: float
    seed: int
    json: Path | None
    earlier: Path | None
    write: Path | None
    folder: Path | None


def parse(argv: Sequence[str], sections: Sequence[Section], document: Path) -> Options:
    """Read the arguments; ends the program for wrong ones and for --help."""
    parser = _parser(sections, document)
    given = parser.parse_args(argv)
    try:
        chosen = _only(given.only, sections)
    except ValueError as error:
        parser.error(str(error))
    enough = not given.only and not given.short and given.scale >= 1
    return Options(
        sections=chosen,
        short=given.short,
        scale=given.scale,
        seed=given.seed,
        json=given.json,
        earlier=given.earlier,
        write=given.write or (document if enough else None),
        folder=given.folder,
    )


def _parser(sections: Sequence[Section], document: Path) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="scripts/torture",
        description=textwrap.fill(_ABOUT, _WIDTH),
        epilog=_listed(sections),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--short", action="store_true", help="a few cases of everything, in about a minute")
    add("--only", metavar="NAME,…", help="some of the sections below")
    add("--scale", type=_scale, default=1.0, metavar="F", help="times as many cases [1]")
    add("--seed", type=int, default=1, help="of everything that is left to chance [%(default)s]")
    add("--json", type=Path, metavar="FILE", help="write the outcome as JSON too")
    add(
        "--from",
        dest="earlier",
        type=Path,
        metavar="FILE",
        help="take the outcome of sections that do not run now from an earlier --json",
    )
    add(
        "--write",
        type=Path,
        metavar="FILE",
        help="write the document there, and the outcome as JSON beside it. Without this a whole "
        f"run, and no other, writes {document.name} in docs",
    )
    add("--folder", type=Path, help="for the databases [the system's for temporary files]")
    return parser


def _listed(sections: Sequence[Section]) -> str:
    return "\n".join(["sections:", *(f"  {each.name:<10} {each.about}" for each in sections)])


def _scale(text: str) -> float:
    number = float(text)
    if not 0 < number <= 100:
        raise ValueError
    return number


def _only(text: str | None, sections: Sequence[Section]) -> tuple[Section, ...]:
    if not text:
        return tuple(sections)
    names = {name.strip() for name in text.split(",") if name.strip()}
    unknown = names - {section.name for section in sections}
    if unknown:
        raise ValueError(f"--only: there is no {', '.join(sorted(unknown))}; see --help")
    return tuple(section for section in sections if section.name in names)
