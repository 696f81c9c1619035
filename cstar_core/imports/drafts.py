"""What an entry of a file is on its way into the desk: as it stands there, and as a draft."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cstar_core.errors import Problem

# What a file of refused entries says beside them; it is passed over when that file is imported.
NOTE_LINE = "import_line"
NOTE_PROBLEMS = "import_problems"
NOTE_TEXT = "import_text"
NOTES = frozenset({NOTE_LINE, NOTE_PROBLEMS, NOTE_TEXT})

Record = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Entry:
    """One row or object of a file; ``problem`` says why it cannot be read.

    ``line`` is where it begins, from 1; ``original`` are the cells of a row, or an object;
    ``size`` is about how many characters it has.
    """

    line: int
    original: Sequence[str] | Record
    size: int = 0
    problem: str = ""


@dataclass(slots=True)
class Draft:
    """A ticket or customer to be made.

    ``values`` has the names that ``import_many`` takes. ``id`` is what the object is called in
    the file, ``customer`` what its customer is called there; ``agent`` is the address, name or id
    of whom it is assigned to. ``left_out`` says why it is none of ours; ``unused`` are the names
    of what nothing was made of.
    """

    values: dict[str, Any] = field(default_factory=dict)
    id: str | None = None
    customer: str | None = None
    agent: str | None = None
    left_out: str = ""
    problems: list[Problem] = field(default_factory=list)
    unused: Sequence[str] = ()


def words(text: str) -> frozenset[str]:
    """The words of a text, each once.

    >>> sorted(words("id subject id"))
    ['id', 'subject']
    """
    return frozenset(text.split())
