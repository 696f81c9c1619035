"""Values of custom fields in a text that finds tickets."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from cstar_core.facets import FILTERS_MAX, parse_filters
from cstar_core.fields import Definition, to_number
from cstar_core.views.instants import day_of

_FLAGS = {"true": "true", "yes": "true", "false": "false", "no": "false"}


def plain_text(definition: Definition, text: str) -> str | list[str]:
    """A value as the definition spells it; the choices if it is none of them.

    >>> plain_text(Definition(1, "region", "select", False, ("EU", "US"), False), "eu")
    'EU'
    """
    if definition.type == "boolean":
        return _FLAGS.get(text.lower(), text)
    if definition.type not in ("select", "multiselect") or text in definition.options:
        return text
    folded = text.casefold()
    found = [option for option in definition.options if option.casefold() == folded]
    return found[0] if len(found) == 1 else list(definition.options[:20])


def plain_value(definition: Definition, text: str, now: datetime) -> object:
    """The value that a text spells, as a filter takes it."""
    if definition.type == "number":
        return to_number(text)
    if definition.type == "boolean":
        return {"true": True, "false": False}.get(text, text)
    return day_of(text, now) if definition.type == "date" else text


def add_comparison(
    fields: dict[str, Any], definition: Definition, how: str, value: object
) -> str | None:
    """Add what a field is compared to; or what is wrong with it."""
    key = definition.key
    wanted = value if how == "eq" else {how: value}
    _, problems = parse_filters("custom_fields", {key: wanted}, {key: definition})
    if problems:
        return problems[0].rule
    before = fields.get(key)
    if before is None:
        if _how_many(fields) == FILTERS_MAX:
            return f"is one more than {FILTERS_MAX} filters"
        fields[key] = wanted
        return None
    if how == "eq" or not isinstance(before, dict) or how in before:
        return None if before == wanted else "cannot be combined with another one of its field"
    if _how_many(fields) == FILTERS_MAX:
        return f"is one more than {FILTERS_MAX} filters"
    before[how] = value
    return None


def _how_many(fields: Mapping[str, Any]) -> int:
    return sum(len(value) if isinstance(value, dict) else 1 for value in fields.values())
