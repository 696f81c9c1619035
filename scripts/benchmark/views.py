"""Which tables show the figures, and what their columns are called."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from scripts.benchmark.operations import FLOOR, OPERATIONS
from scripts.benchmark.section import Cell, Results, Row
from scripts.benchmark.sections import core, growth
from scripts.common.tables import Table


@dataclass(frozen=True)
class Column:
    """A figure of the rows, what it is called in a table, and how it is written."""

    name: str
    title: str
    digits: int | None = None

    def write(self, value: Cell) -> str:
        """The value for a reader."""
        if value is None:
            return "-"
        return f"{value:,.{self.digits}f}" if isinstance(value, float | int) else str(value)


@dataclass(frozen=True)
class View:
    """The tables of a section's rows: the column that names a line, and those with its figures.

    The values of `apart` have a table each; those of `across` stand side by side in one. `names`
    are what the values of `line` are called.
    """

    rows: str
    title: str
    line: Column
    columns: tuple[Column, ...]
    apart: Column | None = None
    across: Column | None = None
    names: Mapping[str, str] | None = None


TICKETS = Column("tickets", "tickets", 0)
_OPERATION = Column("operation", "operation")
_LABELS = {FLOOR: "the floor", **{name: each.label for name, each in OPERATIONS.items()}}
# What a peer has beside these.
_LABELS["list-page"] = "list, as its page of tickets does"
_LOAD = (
    Column("per_second", "a second", 0),
    Column("p50_ms", "median ms", 1),
    Column("p99_ms", "p99 ms", 1),
)
_OF_FLOOR = Column("of_floor", "of the floor", 2)
_BESIDE = (
    Column("per_second", "a second", 1),
    Column("p99_ms", "p99 ms", 1),
    Column("own_per_second", "cStar a second", 0),
    Column("own_p99_ms", "cStar p99 ms", 1),
    Column("times", "times as fast", 1),
)
_PROGRAM = (Column("memory_mb", "MB after the run", 0), Column("versions", "versions"))
_MICROSECONDS = Column("microseconds", "µs", 0)
_OVER_HELLO = Column("over_hello", "times hello", 1)
_GROWTH = Column("growth", "growth", 2)

VIEWS: tuple[View, ...] = (
    View(
        "aims",
        "Aims",
        Column("aim", "aim"),
        (Column("wanted", "wanted"), Column("measured", "measured"), Column("reached", "reached")),
    ),
    View("http", "Over HTTP", _OPERATION, (*_LOAD, _OF_FLOOR), apart=TICKETS, names=_LABELS),
    View(
        "inprocess",
        "In-process",
        _OPERATION,
        (_MICROSECONDS, _OVER_HELLO, _GROWTH),
        across=TICKETS,
        names=_LABELS,
    ),
    View(
        "core",
        "The library",
        _OPERATION,
        (_MICROSECONDS, _GROWTH),
        across=TICKETS,
        names=core.OPERATIONS,
    ),
    View(
        "growth",
        "Growth",
        _OPERATION,
        (_MICROSECONDS, _GROWTH),
        across=TICKETS,
        names=growth.OPERATIONS,
    ),
    View(
        "bulk",
        "Loading tickets",
        Column("way", "way"),
        (
            Column("per_second", "tickets a second", 0),
            Column("of_rows", "of rows alone", 2),
            Column("of_raw", "of rows and index", 2),
        ),
        apart=TICKETS,
    ),
    View(
        "processes",
        "Several processes",
        _OPERATION,
        (*_LOAD, Column("of_one", "of one process", 2)),
        apart=Column("served_by", ""),
        names=_LABELS,
    ),
    View(
        "processes_memory",
        "Memory of several processes",
        Column("served_by", "served by"),
        (Column("after_run_mb", "MB after the run", 0),),
    ),
    View("contention", "At once", Column("situation", "situation"), _LOAD, apart=TICKETS),
    View(
        "storage",
        "File",
        TICKETS,
        (
            Column("megabytes", "MB", 0),
            Column("bytes_per_ticket", "bytes a ticket", 0),
            Column("filled_in_seconds", "filled in s", 0),
        ),
    ),
    View(
        "parts",
        "Parts of the file",
        Column("part", "table or index"),
        (Column("bytes_per_ticket", "bytes a ticket", 0), Column("share", "share", 2)),
        across=TICKETS,
    ),
    View(
        "start",
        "Start and rest",
        TICKETS,
        (
            Column("first_answer_seconds", "s to the first answer", 2),
            Column("idle_mb", "MB idle", 0),
            Column("after_list_mb", "MB after a list", 0),
        ),
    ),
    View(
        "memory",
        "Memory after the run",
        TICKETS,
        (Column("requests", "requests answered", 0), Column("after_run_mb", "MB", 0)),
    ),
    View(
        "peers",
        "Beside",
        _OPERATION,
        _BESIDE,
        apart=Column("beside", ""),
        names=_LABELS,
    ),
    View("peers_about", "Other programs", Column("beside", "program"), _PROGRAM),
    View(
        "peers_slow",
        "Beside, one connection",
        _OPERATION,
        _BESIDE,
        apart=Column("beside", ""),
        names=_LABELS,
    ),
    View("peers_slow_about", "Other programs", Column("beside", "program"), _PROGRAM),
)


def tables(results: Results) -> dict[str, list[Table]]:
    """The tables of all figures that there are, by the name of their rows."""
    return {
        view.rows: _tables(view, results[view.rows]) for view in VIEWS if results.get(view.rows)
    }


def _tables(view: View, rows: Sequence[Row]) -> list[Table]:
    if view.apart is None:
        return [_table(view, "", rows)]
    column = view.apart
    values = dict.fromkeys(row[column.name] for row in rows)
    return [
        _table(
            view,
            f"{column.write(value)} {column.title}".strip(),
            [row for row in rows if row[column.name] == value],
        )
        for value in values
    ]


def _table(view: View, caption: str, rows: Sequence[Row]) -> Table:
    groups = list(dict.fromkeys(_group(view, row) for row in rows))
    found = {(row[view.line.name], _group(view, row)): row for row in rows}
    head = [view.line.title, *(_head(view, *each) for each in _columns(view, groups))]
    lines = [
        [_name(view, line), *_cells(view, line, groups, found)]
        for line in dict.fromkeys(row[view.line.name] for row in rows)
    ]
    return Table(view.title, caption, head, lines)


def _columns(view: View, groups: Sequence[Cell]) -> list[tuple[Cell, Column]]:
    """The columns of each group; growth means nothing in the first, from which it is counted."""
    return [
        (group, column)
        for group in groups
        for column in view.columns
        if not (column is _GROWTH and group == groups[0])
    ]


def _group(view: View, row: Row) -> Cell:
    return row[view.across.name] if view.across else None


def _head(view: View, group: Cell, column: Column) -> str:
    return f"{view.across.write(group)}: {column.title}" if view.across else column.title


def _name(view: View, line: Cell) -> str:
    written = view.line.write(line)
    return (view.names or {}).get(written, written)


def _cells(
    view: View, line: Cell, groups: Sequence[Cell], rows: Mapping[tuple[Cell, Cell], Row]
) -> list[str]:
    return [
        column.write(rows.get((line, group), {}).get(column.name))
        for group, column in _columns(view, groups)
    ]
