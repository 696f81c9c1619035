"""Placeholders: names in double braces that a text is sent with what they stand for.

``{{customer.first_name|there}}`` has a fallback, for where there is nothing to put. What is put in
is never looked into again, so a customer whose name looks like a placeholder is only a name.
"""

import re
from collections.abc import Collection, Mapping

from cstar_core.checks import HINTS_MAX, invalid, path, unknown
from cstar_core.errors import Invalid, Problem

FILLED_MAX = 100_000
_PROBLEMS_MAX = 20

PLACEHOLDERS = (
    "customer.name",
    "customer.first_name",
    "customer.email",
    "ticket.number",
    "ticket.title",
    "member.name",
    "member.first_name",
    "team.name",
)
# How the names of custom fields begin, by the kind of object that has them.
FIELDS_OF = {"tickets": "ticket.custom_fields.", "customers": "customer.custom_fields."}

_PLACEHOLDER = re.compile(r"\{\{([^{}|]++)(?:\|([^{}]*+))?\}\}")
# What was meant as one and would be sent as it stands.
_OPEN = re.compile(r"\{\{\s*+((?:customer|ticket|member|team)\.[^{}|\s]*+)[^{}]*+(?!\}\})")


def check_placeholders(param: str, text: str, known: Collection[str]) -> list[Problem]:
    """The placeholders of a text that are not known, or not closed; the first twenty of them.

    >>> check_placeholders("content", "{{customer.nmae}}", PLACEHOLDERS)[0].message
    'content.customer.nmae is not known; did you mean customer.name?'
    >>> check_placeholders("content", "Hello {{team.name}", PLACEHOLDERS)[0].message
    'content.team.name must be closed by }}'
    """
    names = (found[1].strip() for found in _PLACEHOLDER.finditer(text))
    strange = [name for name in dict.fromkeys(names) if name and name not in known]
    problems: list[Problem] = []
    for name in strange[:_PROBLEMS_MAX]:
        hints = known if len(problems) < HINTS_MAX else ()
        problems += unknown(path(param, name), name, hints)
    for name in dict.fromkeys(found[1] for found in _OPEN.finditer(text)):
        if len(problems) < _PROBLEMS_MAX:
            problems += invalid(path(param, name), "must be closed by }}")
    return problems


def render(text: str, values: Mapping[str, str | None], most: int = FILLED_MAX) -> str:
    """A text with the values in the place of their names.

    Where a value is None or blank, the fallback stands, or nothing. A name that has no value here
    stays as it was typed. Raises Invalid if the whole has more than ``most`` characters.

    >>> render("Hello {{customer.first_name|there}}, {{x}}", {"customer.first_name": None})
    'Hello there, {{x}}'
    """
    parts: list[str] = []
    size = end = 0
    for found in _PLACEHOLDER.finditer(text):
        part = text[end : found.start()] + _filled(found, values)
        parts.append(part)
        size, end = size + len(part), found.end()
        if size > most:
            break
    if size + len(text) - end > most:
        rule = f"must be at most {most:,} characters once its placeholders are filled in"
        raise Invalid(invalid("content", rule))
    return "".join([*parts, text[end:]])


def _filled(found: re.Match[str], values: Mapping[str, str | None]) -> str:
    name = found[1].strip()
    if name not in values:
        return found[0]
    value = values[name]
    return value if value and not value.isspace() else (found[2] or "").strip()


def first_name(name: str | None) -> str | None:
    """How to address somebody; None if the name is an address or has no word.

    >>> first_name("Jane Smith"), first_name("Smith, Jane"), first_name("jane@example.com")
    ('Jane', 'Jane', None)
    """
    last, comma, given = (name or "").partition(",")
    words = (given.split() if comma else []) or last.split()
    return words[0] if words and "@" not in words[0] else None


def as_text(value: object) -> str:
    """How the value of a custom field reads in a sentence.

    >>> as_text(5.0), as_text(2.5), as_text(["EU", "US"]), as_text(True)
    ('5', '2.5', 'EU, US', 'yes')
    """
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
