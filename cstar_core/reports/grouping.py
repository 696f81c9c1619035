"""By what tickets are grouped: which groups there are, and how a walk tells a ticket's."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cstar_core.checks import invalid, path, unknown
from cstar_core.errors import Invalid
from cstar_core.fields import Definition, index_text
from cstar_core.ids import public_id
from cstar_core.members import member_keys
from cstar_core.metadata import from_json
from cstar_core.reports import walks
from cstar_core.scope import Scope
from cstar_core.store import Snapshot
from cstar_core.tables import PRIORITIES

GROUPED_BY = ("member", "tag", "priority")
_FIELD = "custom_fields."
# The fields that have few values.
GROUPED_TYPES = ("select", "multiselect", "boolean")
NOBODY = "Nobody"
OTHER = "Other"
_YES_NO = ("no", "yes")


@dataclass(frozen=True, slots=True)
class Choice:
    """One group: what the index has for it, what it is shown as, and what a ticket has for it."""

    indexed: object
    key: str | None
    name: str
    stored: object


@dataclass(frozen=True, slots=True)
class Grouping:
    """All groups, and the walks: ``lead`` is the index that counts what was created.

    ``of`` is what tells the group of a ticket, in rows that are ``joined``. Groups ``by_value``
    are told by their place among those that are shown, others by their key.
    """

    choices: Sequence[Choice]
    lead: str
    of: str
    joined: str = ""
    by_value: bool = False
    values: Mapping[str, object] = field(default_factory=dict)

    def group(self, shown: Sequence[Choice]) -> str:
        """The group of a row, as SQL, if these are shown."""
        others = len(shown) < len(self.choices)
        if self.by_value:
            return walks.group_by_value(self.of, len(shown), others)
        return walks.group_by_key(self.of, others)

    def number(self, place: int, choice: Choice) -> int:
        """Under which number ``group`` has the group that is shown at a place."""
        return place + 1 if self.by_value else int(str(choice.stored)) + 1

    def top(self, shown: Sequence[Choice]) -> dict[str, object]:
        """The values that ``group`` asks for."""
        if self.by_value:
            return {f"top{place}": choice.stored for place, choice in enumerate(shown)}
        return {"top": json.dumps([choice.stored for choice in shown])}


def read_grouping(
    snap: Snapshot, scope: Scope, by: object, known: Mapping[str, Definition]
) -> Grouping:
    """The groups by member, tag, priority or ``custom_fields.`` and a key. Raises Invalid."""
    if by == "member":
        return Grouping(list(_members(snap, scope)), "tickets_assigned", walks.MEMBER)
    if by == "priority":
        found = [Choice(code, name, name, code) for code, name in enumerate(PRIORITIES)]
        return Grouping(found, "tickets_state", walks.PRIORITY)
    if by == "tag":
        rows = walks.run(snap, walks.TAGS, {"workspace": scope.workspace_id})
        tags = [Choice(id, tag, tag, id) for id, tag in rows]
        return Grouping(tags, "tag_uses", walks.TAG, walks.OF_TAGS)
    return _by_field(snap, by, known)


def _members(snap: Snapshot, scope: Scope) -> Iterator[Choice]:
    yield Choice(None, None, NOBODY, 0)
    for key, uid, name in member_keys(snap, scope):
        yield Choice(key, public_id("member", uid), name, key)


def _by_field(snap: Snapshot, by: object, known: Mapping[str, Definition]) -> Grouping:
    if not isinstance(by, str) or not by.startswith(_FIELD):
        names = ", ".join(GROUPED_BY)
        raise Invalid(invalid("by", f"must be one of: {names}, or {_FIELD} and a key"))
    key = by.removeprefix(_FIELD)
    definition = known.get(key)
    if definition is None:
        raise Invalid(unknown(path("by", by), key, known))
    if definition.type not in GROUPED_TYPES:
        raise Invalid(invalid("by", f"must be a field of type {', '.join(GROUPED_TYPES)}"))
    many = definition.type == "multiselect"
    values = {"grouped": definition.id, "path": f'$."{key}"'}
    of = "chosen.value" if many else "json_extract(t.custom_fields, :path)"
    rows = walks.run(snap, walks.VALUES, values)
    choices = list(_choices(definition, rows))
    joined = walks.OF_CHOICES if many else ""
    return Grouping(choices, "field_values", of, joined, by_value=True, values=values)


def _choices(definition: Definition, rows: Iterable[Sequence[Any]]) -> Iterator[Choice]:
    whole = {index_text(option): option for option in definition.options}
    for value, of_ticket in rows:
        if definition.type == "boolean":
            yield Choice(value, _YES_NO[value], _YES_NO[value], value)
        elif value != "":  # nothing was chosen
            text = whole.get(value) or _found(value, definition.key, of_ticket)
            yield Choice(value, text, text, text)


def _found(indexed: str, key: str, of_ticket: str | None) -> str:
    """The text that an index has only the beginning of."""
    given = from_json(of_ticket).get(key) if of_ticket else None
    options = given if isinstance(given, list) else [given]
    return next((str(one) for one in options if index_text(str(one)) == indexed), indexed)
