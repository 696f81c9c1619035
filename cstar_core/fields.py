"""The one validator of custom-field values, and of the definitions that they follow."""

import hashlib
import math
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from unicodedata import normalize

from cstar_core.checks import (
    HINTS_MAX,
    check_given,
    check_text,
    invalid,
    missing,
    path,
    same,
    unknown,
)
from cstar_core.errors import Problem

FIELD_TYPES = ("text", "number", "select", "multiselect", "date", "boolean")
ENTITY_TYPES = ("tickets", "customers")
PUBLIC_ENTITY_TYPE = "tickets"
FIELD_KEY_PATTERN = r"^[a-z][a-z0-9_]{0,63}$"
FIELD_TEXT_MAX = 5_000
OPTIONS_MAX = 500
OPTION_MAX = 255
POSITION_MAX = 1_000_000
COMPARISONS = ("gte", "lte", "gt", "lt")

_KEY = re.compile(FIELD_KEY_PATTERN.removesuffix("$") + r"\Z")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}\Z", re.ASCII)
_NUMBER = re.compile(r"-?(0|[1-9]\d{0,400})(\.\d{1,400})?([eE][+-]?\d{1,4})?\Z", re.ASCII)
INDEXED_TEXT_MAX = 128
_INTEGER_LIMIT = 2**63

Scalar = str | int | float


@dataclass(frozen=True, slots=True)
class Definition:
    """What the validator needs to know of a custom field."""

    id: int
    key: str
    type: str
    required: bool
    options: tuple[str, ...]
    archived: bool


def check_values(
    param: str,
    values: object,
    definitions: Mapping[str, Definition],
    current: Mapping[str, object],
) -> list[Problem]:
    """Every problem of given values, and of the required fields that the write would leave empty.

    ``current`` holds what the object has now ({} for a new one): a value that is kept as it is
    passes even if its option was taken away or its field archived since.
    """
    if not isinstance(values, Mapping):
        return invalid(param, "must be an object")
    problems = check_given(param, len(values))
    if problems:
        return problems
    for key, value in values.items():
        definition = definitions.get(key)
        if definition is None:
            known = definitions if len(problems) < HINTS_MAX else ()
            problems += unknown(path(param, key), str(key), known)
        elif value is not None and not same(value, current.get(key)):
            problems += check_value(f"{param}.{key}", value, definition, current.get(key))
    return problems + _check_required(param, {**current, **values}, definitions)


def check_value(
    param: str, value: object, definition: Definition, current: object = None
) -> list[Problem]:
    """Whether one value fits its definition; nothing is coerced.

    >>> seats = Definition(1, "seats", "number", False, (), False)
    >>> check_value("custom_fields.seats", "5", seats)[0].message
    'custom_fields.seats must be a finite number'
    """
    if definition.archived:
        return invalid(param, "is archived and takes no new values")
    return _VALUE_RULES[definition.type](param, value, definition, current)


def check_stored(param: str, value: object, definition: Definition) -> list[Problem]:
    """Whether a value can be one that an object has.

    Its option may have been taken away since, and its field archived.

    >>> plan = Definition(1, "plan", "select", False, ("free",), True)
    >>> check_stored("custom_fields.plan", "gone", plan)
    []
    """
    chosen = value if isinstance(value, list) else [value]
    options = tuple(one for one in chosen if isinstance(one, str))
    then = replace(definition, options=options, archived=False)
    problems = check_value(param, value, then)
    if not problems and definition.type in ("select", "multiselect"):
        problems = [p for option in options for p in check_option(param, option)]
    return problems


def check_key(param: str, key: object) -> list[Problem]:
    """A key: a lower-case letter, then up to 63 letters, digits or underscores.

    >>> check_key("key", "Region")[0].message
    'key must match ^[a-z][a-z0-9_]{0,63}$'
    """
    if isinstance(key, str) and _KEY.match(key):
        return []
    return invalid(param, f"must match {FIELD_KEY_PATTERN}")


def check_public(param: str, public: object, entity_type: object) -> list[Problem]:
    """Whether customers may see and fill a field of this entity type: only one of tickets.

    >>> check_public("public", True, "customers")[0].message
    'public is only for fields of tickets'
    """
    if public is True and entity_type in ENTITY_TYPES and entity_type != PUBLIC_ENTITY_TYPE:
        return invalid(param, f"is only for fields of {PUBLIC_ENTITY_TYPE}")
    return []


def are_distinct(options: Collection[str]) -> bool:
    """Whether no two options are the same, or the same letters spelt in two ways of Unicode.

    >>> are_distinct(["EU", "eu"]), are_distinct(["caf\u00e9", "cafe\u0301"])
    (True, False)
    """
    return len({normalize("NFC", option) for option in options}) == len(options)


def check_options(param: str, options: object) -> list[Problem]:
    """1 to 500 distinct options, none blank, each at most 255 characters."""
    if not isinstance(options, list | tuple):
        return invalid(param, "must be an array of strings")
    if not 1 <= len(options) <= OPTIONS_MAX:
        return invalid(param, f"must have 1 to {OPTIONS_MAX} options")
    problems = [p for i, one in enumerate(options) for p in check_option(f"{param}.{i}", one)]
    if not problems and not are_distinct(options):
        problems += invalid(param, "must be distinct")
    return problems


def check_option(param: str, option: object) -> list[Problem]:
    """One option: text, not blank, at most 255 characters."""
    if isinstance(option, str) and not option.strip():
        return invalid(param, "must not be blank")
    return check_text(param, option, OPTION_MAX)


def parse_filter(param: str, value: object, definition: Definition) -> Scalar | list[Problem]:
    """The value to compare with in a list's filter, from text (a query string) or as it is.

    >>> parse_filter("f", "10", Definition(1, "n", "number", False, (), False))
    10
    """
    kind = definition.type
    if kind == "number" and isinstance(value, str):
        value = to_number(value)
    elif kind == "boolean" and value in ("true", "false"):
        value = value == "true"
    if kind in ("select", "multiselect"):
        return value if isinstance(value, str) else invalid(param, "must be an option")
    problems = _VALUE_RULES[kind](param, value, definition, None)
    if problems or isinstance(value, bool):
        return problems or int(value is True)
    return value if isinstance(value, str | int | float) else invalid(param, "must be a value")


def index_values(definition: Definition, value: object) -> list[Scalar]:
    """The rows under which a stored value is found: one, or one for each option chosen.

    An empty choice has a row too (no option is blank), so that every value is known by its rows.

    >>> index_values(Definition(1, "b", "boolean", False, (), False), True)
    [1]
    """
    if isinstance(value, list | tuple):
        return [index_text(str(option)) for option in value] or [""]
    if isinstance(value, bool):
        return [int(value)]
    if isinstance(value, str):
        return [index_text(value)]
    return [value] if isinstance(value, int | float) else []


def index_text(text: str) -> str:
    """Short text as it is; long text as its beginning and SHA-256, so that the index stays small.

    >>> index_text("EU")
    'EU'
    """
    if len(text) <= INDEXED_TEXT_MAX:
        return text
    return f"{text[:INDEXED_TEXT_MAX]}\x01{hashlib.sha256(text.encode()).hexdigest()}"


def _check_required(
    param: str, values: Mapping[str, object], definitions: Mapping[str, Definition]
) -> list[Problem]:
    wanted = (d for d in definitions.values() if d.required and not d.archived)
    return [p for d in wanted if _is_empty(values.get(d.key)) for p in missing(f"{param}.{d.key}")]


def _is_empty(value: object) -> bool:
    """Blank text and no option at all count as missing, as a blank title does."""
    return value is None or value == [] or (isinstance(value, str) and not value.strip())


def to_number(text: str) -> object:
    """The JSON number that the text spells, or the text itself.

    >>> to_number("5"), to_number("5.5"), to_number("five")
    (5, 5.5, 'five')
    """
    match = _NUMBER.match(text)
    if not match:
        return text
    return float(text) if match[2] or match[3] else int(text)


def _text(param: str, value: object, _: Definition, __: object) -> list[Problem]:
    return check_text(param, value, FIELD_TEXT_MAX)


def _number(param: str, value: object, _: Definition, __: object) -> list[Problem]:
    if isinstance(value, int) and not isinstance(value, bool):
        in_range = -_INTEGER_LIMIT <= value < _INTEGER_LIMIT
        return [] if in_range else invalid(param, "must be an integer of at most 64 bits")
    if isinstance(value, float) and math.isfinite(value):
        return []
    return invalid(param, "must be a finite number")


def _select(param: str, value: object, definition: Definition, _: object) -> list[Problem]:
    if isinstance(value, str) and value in definition.options:
        return []
    return invalid(param, f"must be one of: {_named(definition.options)}")


def _multiselect(
    param: str, value: object, definition: Definition, current: object
) -> list[Problem]:
    if not isinstance(value, list | tuple):
        return invalid(param, "must be an array of options")
    kept = current if isinstance(current, Sequence) else ()
    if not all(
        isinstance(one, str) and (one in definition.options or one in kept) for one in value
    ):
        return invalid(param, f"must be an array of: {_named(definition.options)}")
    return [] if len(set(value)) == len(value) else invalid(param, "must have distinct options")


def _date(param: str, value: object, _: Definition, __: object) -> list[Problem]:
    if isinstance(value, str) and _DATE.match(value):
        try:
            date.fromisoformat(value)
        except ValueError:
            return invalid(param, "must be a real calendar date, YYYY-MM-DD")
        return []
    return invalid(param, "must be a date, YYYY-MM-DD")


def _boolean(param: str, value: object, _: Definition, __: object) -> list[Problem]:
    return [] if isinstance(value, bool) else invalid(param, "must be true or false")


def _named(options: tuple[str, ...]) -> str:
    shown = ", ".join(options[:20])
    return shown if len(options) <= 20 else f"{shown} and {len(options) - 20} more"


_ValueRule = Callable[[str, object, Definition, object], list[Problem]]
_VALUE_RULES: dict[str, _ValueRule] = {
    "text": _text,
    "number": _number,
    "select": _select,
    "multiselect": _multiselect,
    "date": _date,
    "boolean": _boolean,
}
