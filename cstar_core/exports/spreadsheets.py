"""Exports for spreadsheets: a table for each kind, in which no text is taken for a formula.

They are for people to look at. What an import reads is NDJSON.
"""

import csv
from collections.abc import Collection, Container, Iterable, Iterator, Mapping, Sequence
from typing import Any

from cstar_core.exports.kinds import KINDS, PLACE, TEAM_PLACE
from cstar_core.exports.log import EVENTS_NAME, MEMBERS
from cstar_core.exports.reading import Record
from cstar_core.metadata import to_json
from cstar_core.store import Snapshot, prepare
from cstar_core.tables import CustomFieldRow

# What makes programs take a cell for a formula, in plain and in full width; the apostrophe that
# keeps them from it is doubled, so that it can be told from one that was there.
_ACTIVE = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20", "'")
_VALUES = "customFields"
# Programs take a file without it for text of an older encoding.
_MARK = "\ufeff"
_KEYS = prepare(
    CustomFieldRow.select(
        CustomFieldRow.workspace_id, CustomFieldRow.entity_type, CustomFieldRow.key
    ).order_by(CustomFieldRow.key)
)
FieldKeys = Mapping[str, Collection[str]]


def read_field_keys(snap: Snapshot, workspaces: Container[int]) -> FieldKeys:
    """The keys of the custom fields of some workspaces, by entity type: each is a column."""
    keys: dict[str, dict[str, None]] = {}
    for workspace, entity, key in snap.all(_KEYS):
        if workspace in workspaces:
            keys.setdefault(entity, {})[key] = None
    return keys


def columns_of(name: str, keys: FieldKeys) -> list[str]:
    """The columns of a kind's table; a custom field has one of its own."""
    if name == EVENTS_NAME:
        return [*PLACE, *MEMBERS]
    kind = next(each for each in KINDS if each.name == name)
    place = (TEAM_PLACE if kind.of_team else PLACE) if kind.placed else ()
    return [
        column
        for member in (*place, *kind.members)
        for column in (
            [f"{_VALUES}.{key}" for key in keys.get(name, ())] if member == _VALUES else [member]
        )
    ]


class _Lines:
    """What a csv.writer writes to: the last line."""

    text = ""

    def write(self, text: str) -> int:
        """Keep a line."""
        self.text = text
        return len(text)


def table(columns: Sequence[str], records: Iterable[Record]) -> Iterator[str]:
    """The lines of a table: its header, then one row for each record."""
    lines = _Lines()
    writer = csv.writer(lines)
    writer.writerow(columns)
    yield _MARK + lines.text
    for record in records:
        values = record.get(_VALUES)
        if values is not None:
            record = record | {f"{_VALUES}.{key}": value for key, value in values.items()}
        writer.writerow([cell(record.get(column)) for column in columns])
        yield lines.text


def cell(value: Any) -> str | int | float:
    """What stands in a cell for a value; text that a program would calculate is defused.

    >>> cell("=1+1"), cell("it's"), cell(-5), cell(["a", "b"]), cell(True)
    ("'=1+1", "it's", -5, 'a, b', 'true')
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return value
    if isinstance(value, str):
        return defused(value)
    if isinstance(value, list) and all(isinstance(one, str) and "," not in one for one in value):
        return defused(", ".join(value))
    return to_json(value)


def defused(text: str) -> str:
    """The text, after an apostrophe if it begins as a formula does, blanks aside.

    >>> defused("-1"), defused("\\t@SUM(A1)"), defused("'quoted'"), defused("a=b")
    ("'-1", "'\\t@SUM(A1)", "''quoted'", 'a=b')
    """
    start = text.lstrip()[:1]
    return f"'{text}" if start in _ACTIVE and start else text
