"""Small rules that many values share; each returns the problems it finds, never raises."""

import json
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from difflib import get_close_matches
from itertools import islice

from cstar_core.errors import INVALID, MISSING, UNKNOWN, Invalid, Problem

NAME_MAX = 255
EMAIL_MAX = 254
NOTES_MAX = 65_536
GIVEN_MAX = 1_000
PATH_MAX = 64
HINTS_MAX = 3
_COMPARED_MAX = 200

Rule = Callable[[str, object], list[Problem]]

# What shows nothing or turns the direction of text: with it, two addresses look like one.
INVISIBLE = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    "\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
_ADDRESS_TEXT = rf"[^\s@<>(),;:\\\"\[\]\x00-\x1f\x7f-\x9f{INVISIBLE}]"
_EMAIL = re.compile(rf"{_ADDRESS_TEXT}{{1,64}}@{_ADDRESS_TEXT}+\Z")


def missing(param: str) -> list[Problem]:
    """The parameter is required and absent, null or blank."""
    return [Problem(param, MISSING, "is required")]


def invalid(param: str, rule: str) -> list[Problem]:
    """The parameter breaks a rule that the sentence names."""
    return [Problem(param, INVALID, rule)]


def unknown(param: str, name: str, known: Iterable[str]) -> list[Problem]:
    """The name does not exist; the nearest real one is suggested.

    >>> unknown("custom_fields.regoin", "regoin", ["region"])[0].message
    'custom_fields.regoin is not known; did you mean region?'
    """
    # Comparing costs up to 0.1 ms a name, so no endless list is compared.
    near = get_close_matches(name[:PATH_MAX], list(islice(known, _COMPARED_MAX)), n=1)
    hint = f"; did you mean {near[0]}?" if near else ""
    return [Problem(param, UNKNOWN, f"is not known{hint}")]


def is_storable(text: str) -> bool:
    """Whether the text can be written and read back unchanged: no U+0000, no lone surrogate.

    >>> is_storable("été"), is_storable("a\\0b"), is_storable("\\ud800")
    (True, False, False)
    """
    if "\0" in text:
        return False
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def check_text(param: str, value: object, most: int, *, blank: bool = True) -> list[Problem]:
    """A string of at most ``most`` characters; ``blank=False`` makes it required.

    >>> check_text("title", "  ", 500, blank=False)[0].message
    'title is required'
    """
    if value is None and not blank:
        return missing(param)
    if not isinstance(value, str):
        return invalid(param, "must be a string")
    if not blank and not value.strip():
        return missing(param)
    if len(value) > most:
        return invalid(param, f"must be at most {most:,} characters")
    if not is_storable(value):
        return invalid(param, "must be Unicode text without U+0000")
    return []


def check_name(param: str, value: object) -> list[Problem]:
    """A name: required, not blank, at most 255 characters."""
    return check_text(param, value, NAME_MAX, blank=False)


def check_notes(param: str, value: object) -> list[Problem]:
    """Notes: text of at most 65,536 characters, or None."""
    return [] if value is None else check_text(param, value, NOTES_MAX)


def check_choice(param: str, value: object, allowed: Collection[str]) -> list[Problem]:
    """One of a fixed set of words.

    >>> check_choice("status", "opne", ("new", "open"))[0].message
    'status must be one of: new, open'
    """
    if isinstance(value, str) and value in allowed:
        return []
    return invalid(param, f"must be one of: {', '.join(allowed)}")


def check_flag(param: str, value: object) -> list[Problem]:
    """True or false, nothing that merely looks like it."""
    return [] if isinstance(value, bool) else invalid(param, "must be true or false")


def check_integer(param: str, value: object, least: int, most: int) -> list[Problem]:
    """A whole number in a range; True is not a number."""
    if isinstance(value, int) and not isinstance(value, bool) and least <= value <= most:
        return []
    return invalid(param, f"must be an integer from {least} to {most}")


def check_email(param: str, value: object) -> list[Problem]:
    """An address with one @, without spaces and invisible characters, at most 254 characters.

    >>> check_email("email", "jane@example.com")
    []
    """
    problems = check_text(param, value, EMAIL_MAX)
    if problems:
        return problems
    return [] if _EMAIL.match(str(value)) else invalid(param, "must be an email address")


def check_given(param: str, number: int) -> list[Problem]:
    """No more entries at once than anyone means, so that a refusal costs little too."""
    if number <= GIVEN_MAX:
        return []
    return invalid(param, f"must have at most {GIVEN_MAX:,} entries at once")


def path(param: str, key: object) -> str:
    """The path of an entry; an endless key is cut, since the answer repeats it.

    >>> path("custom_fields", "region"), len(path("metadata", "k" * 1000))
    ('custom_fields.region', 73)
    """
    return f"{param}.{str(key)[:PATH_MAX]}"


def or_none(rule: Rule) -> Rule:
    """The same rule, with None allowed."""
    return lambda param, value: [] if value is None else rule(param, value)


def check_all(
    values: Mapping[str, object], rules: Mapping[str, Rule], required: Collection[str] = ()
) -> list[Problem]:
    """Every problem of the values that are present, in the order of the rules.

    A required name that is absent is missing; a name without a rule is unknown.
    """
    problems: list[Problem] = []
    for name, rule in rules.items():
        if name in values:
            problems += rule(name, values[name])
        elif name in required:
            problems += missing(name)
    for name in values:
        if name not in rules:
            problems += unknown(str(name), str(name), rules)
    return problems


def same(one: object, other: object) -> bool:
    """Whether two JSON values are the same in type too: 1 is not True, and 1 is not 1.0.

    What is no JSON value is the same as nothing.

    >>> same({"a": 1, "b": None}, {"b": None, "a": 1}), same([1], [True])
    (True, False)
    """
    if isinstance(one, str) or one is None or other is None:
        return one == other
    try:
        return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
    except (TypeError, ValueError):
        return False


def raise_any(problems: Iterable[Problem]) -> None:
    """Raise Invalid with all the problems, if there are any."""
    found = tuple(problems)
    if found:
        raise Invalid(found)


@contextmanager
def noting(problems: list[Problem]) -> Iterator[None]:
    """Add what is wrong to ``problems`` and go on, so that all of it can be told at once."""
    try:
        yield
    except Invalid as error:
        problems += error.problems
