"""Tables, for a terminal and for a document."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Table:
    """What is printed: the texts of a head and of lines below it, and what stands above."""

    title: str
    caption: str
    head: Sequence[str]
    lines: Sequence[Sequence[str]]


def markdown(table: Table, texts: Collection[int] = (0,)) -> str:
    """The table for a document; all columns but those numbered ``texts`` are figures."""
    rule = ["---" if column in texts else "---:" for column in range(len(table.head))]
    lines = [f"| {' | '.join(cells)} |" for cells in (table.head, rule, *table.lines)]
    return "\n".join([f"**{table.caption}**\n"] * bool(table.caption) + lines)


def aligned(table: Table) -> str:
    """The table for a terminal."""
    lines = [table.head, *table.lines]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    title = f"{table.title}, {table.caption}" if table.caption else table.title
    return "\n".join([title, *(_padded(line, widths) for line in lines)])


def _padded(cells: Sequence[str], widths: Sequence[int]) -> str:
    first, *others = zip(cells, widths, strict=True)
    return "  ".join([f"{first[0]:<{first[1]}}", *(f"{cell:>{width}}" for cell, width in others)])
