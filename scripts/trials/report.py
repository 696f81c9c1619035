"""Write the outcomes: as a table on the terminal, and as the document."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from string import Template
from typing import Any

from scripts.common.tables import Table, aligned, markdown

HERE = Path(__file__).parent
_TEMPLATE = HERE / "document.md"
_REMARKS = HERE / "remarks.md"
_LEFT_OUT = "left out"


def terminal(sections: Mapping[str, Any]) -> str:
    """The table, and below it what each line found."""
    rows = list(_rows(sections))
    lines = [[row["test"], *_counts(row), _control(row)] for row in rows]
    table = Table("What was tried", "", ["test", "cases", "failures", "control"], lines)
    return "\n\n".join([aligned(table), *map(_told, rows)])


def document(run: Mapping[str, Any]) -> str:
    """The document: the template with the tables, the machine and the remarks in it."""
    facts = run["machine"].items()
    template = Template(_TEMPLATE.read_text(encoding="utf-8"))
    return template.substitute(
        outcomes=markdown(_outcomes(run["sections"]), texts=(0, 3)),
        controls=markdown(_controls(run["sections"]), texts=(0, 1)),
        runs=markdown(_runs(run["sections"]), texts=range(5)),
        machine="\n".join(f"| {name} | {value} |" for name, value in facts),
        remarks=_REMARKS.read_text(encoding="utf-8").strip(),
    )


def _rows(sections: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for section in sections.values():
        yield from section["outcomes"]


def _outcomes(sections: Mapping[str, Any]) -> Table:
    lines = [[row["test"], *_counts(row), _figure(row)] for row in _rows(sections)]
    return Table("", "", ["Test", "Cases", "Failures", "Figure"], lines)


def _controls(sections: Mapping[str, Any]) -> Table:
    lines = [[row["test"], row["control"]] for row in _rows(sections) if row["control"]]
    return Table("", "", ["Test", "Control, and what it found"], lines)


def _runs(sections: Mapping[str, Any]) -> Table:
    head = ["Section", "Form", "Seed", "Date", "cStar", "Seconds"]
    lines = [
        [name, *(str(section[each.lower()]) for each in head[1:])]
        for name, section in sections.items()
    ]
    return Table("", "", head, lines)


def _counts(row: Mapping[str, Any]) -> list[str]:
    if row["left_out"]:
        return [_LEFT_OUT, "-"]
    return [f"{row['cases']:,}", f"{len(row['failures']):,}"]


def _figure(row: Mapping[str, Any]) -> str:
    return str(row["left_out"] or row["figure"])


def _control(row: Mapping[str, Any]) -> str:
    if not row["control"]:
        return "-"
    return "bites" if row["bites"] else "BLIND"


def _told(row: Mapping[str, Any]) -> str:
    lines = [f"{row['test']}: {_figure(row)}"]
    lines += [f"control: {row['control']}"] if row["control"] else []
    lines += [f"FAILED {each}" for each in row["failures"][:10]]
    return "\n  ".join(lines)
