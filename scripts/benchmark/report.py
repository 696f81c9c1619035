"""Write the figures: as tables on the terminal, and as the document."""

from collections.abc import Mapping
from pathlib import Path
from string import Template
from typing import Any

from scripts.benchmark.aims import Figures
from scripts.benchmark.section import Results
from scripts.benchmark.views import tables
from scripts.common.tables import aligned, markdown

HERE = Path(__file__).parent
_TEMPLATE = HERE / "document.md"
_REMARKS = HERE / "remarks.md"
_NOT_MEASURED = "(Not measured in this run.)"


def terminal(results: Results) -> str:
    """The tables for a terminal."""
    return "\n\n".join(aligned(table) for those in tables(results).values() for table in those)


def document(run: Mapping[str, Any]) -> str:
    """The document: the template with every table, the machine and the remarks in it."""
    found = tables(run["results"])
    shown = {name: "\n\n".join(map(markdown, those)) for name, those in found.items()}
    machine = "\n".join(f"| {name} | {value} |" for name, value in run["machine"].items())
    template = Template(_TEMPLATE.read_text(encoding="utf-8"))
    # What belongs to a table needs no remark of its own where that is missing.
    names = template.get_identifiers()
    missing = {name: "" if name.endswith("_about") else _NOT_MEASURED for name in names}
    remarks = _REMARKS.read_text(encoding="utf-8").strip()
    facts = {name: str(value) for name, value in run["effort"].items()} | _sizes(run["results"])
    return template.substitute(missing | shown | facts, machine=machine, remarks=remarks)


def _sizes(results: Results) -> dict[str, str]:
    figures = Figures(results)
    found = {"smallest": figures.smallest, "largest": figures.largest}
    return {name: f"{size:,}" for name, size in found.items() if size}
