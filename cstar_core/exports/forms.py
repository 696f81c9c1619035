"""How the values of a column look in an export, and what they may be when they come back."""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from cstar_core.checks import (
    Rule,
    check_choice,
    check_flag,
    check_integer,
    check_text,
    invalid,
    or_none,
)
from cstar_core.clock import from_seconds, to_seconds
from cstar_core.errors import Problem
from cstar_core.ids import PREFIXES, parse_id, public_id
from cstar_core.metadata import check_merged, check_metadata, from_json, to_json
from cstar_core.tags import check_tags, parse_tags

# What other programs read exactly too.
INTEGER_MAX = 2**53 - 1
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\Z", re.ASCII)
_DIGEST = re.compile(r"[0-9a-f]{64}\Z")
_SALT = re.compile(r"[0-9a-f]{12}8[0-9a-f]{3}\Z")


def _as_it_is(value: Any) -> Any:
    return value


@dataclass(frozen=True, slots=True)
class Form:
    """``show`` makes JSON of what is stored, ``store`` the reverse of what passes ``check``."""

    check: Rule
    show: Callable[[Any], Any] = _as_it_is
    store: Callable[[Any], Any] = _as_it_is


def optional(form: Form) -> Form:
    """The same, with null for what is not there."""
    return Form(or_none(form.check), _kept(form.show), _kept(form.store))


def _kept(turn: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return turn if turn is _as_it_is else lambda value: None if value is None else turn(value)


def text(most: int, *, blank: bool = True) -> Form:
    """Text of at most so many characters, as it is."""
    return Form(lambda param, value: check_text(param, value, most, blank=blank))


def whole(least: int) -> Form:
    """An integer of at least this."""
    return Form(lambda param, value: check_integer(param, value, least, INTEGER_MAX))


def choice(allowed: Collection[str]) -> Form:
    """One of the words that are stored as such."""
    return Form(lambda param, value: check_choice(param, value, allowed))


def code(names: tuple[str, ...]) -> Form:
    """One of the names whose position is stored."""
    return Form(
        lambda param, value: check_choice(param, value, names), names.__getitem__, names.index
    )


def id_of(kind: str) -> Form:
    """The prefixed id of an object of a kind."""
    length = len(PREFIXES[kind]) + 32

    def check(param: str, value: object) -> list[Problem]:
        whole_id = isinstance(value, str) and len(value) == length
        if whole_id and parse_id(kind, value) is not None:
            return []
        return invalid(param, f"must be an id that begins with {PREFIXES[kind]}")

    return Form(check, lambda uid: public_id(kind, uid), lambda id: parse_id(kind, id))


@lru_cache(4096)
def show_instant(seconds: int) -> str:
    """An instant as every export writes it.

    >>> show_instant(1765377000)
    '2025-12-10T14:30:00Z'
    """
    return f"{from_seconds(seconds).isoformat()[:19]}Z"


def _check_instant(param: str, value: object) -> list[Problem]:
    if isinstance(value, str) and _INSTANT.match(value):
        try:
            datetime.fromisoformat(value)
        except ValueError:
            return invalid(param, "must be a real instant, YYYY-MM-DDTHH:MM:SSZ")
        return []
    return invalid(param, "must be an instant, YYYY-MM-DDTHH:MM:SSZ")


@lru_cache(4096)
def _seconds(value: str) -> int:
    return to_seconds(datetime.fromisoformat(value))


def _check_digest(param: str, value: object) -> list[Problem]:
    if isinstance(value, str) and _DIGEST.match(value):
        return []
    return invalid(param, "must be 64 hex digits")


def _check_salt(param: str, value: object) -> list[Problem]:
    if isinstance(value, str) and _SALT.match(value):
        return []
    return invalid(param, "must be 16 hex digits, the 13th an 8")


def _check_tags(param: str, value: object) -> list[Problem]:
    if not isinstance(value, list):
        return invalid(param, "must be an array of strings")
    problems = check_tags(param, value)
    if not problems and list(parse_tags(value)) != value:
        problems = invalid(param, "must be trimmed, not empty and distinct")
    return problems


def _check_metadata(param: str, value: object) -> list[Problem]:
    problems = check_metadata(param, value) or check_merged(param, {}, value)
    if not problems and isinstance(value, Mapping) and None in value.values():
        problems = invalid(param, "must not have null as a value")
    return problems


def _check_object(param: str, value: object) -> list[Problem]:
    return [] if isinstance(value, Mapping) else invalid(param, "must be an object")


INSTANT = Form(_check_instant, show_instant, _seconds)
FLAG = Form(check_flag, bool, int)
SALT = Form(_check_salt, bytes.hex, bytes.fromhex)
DIGEST = Form(_check_digest, bytes.hex, bytes.fromhex)
TAGS = Form(_check_tags, from_json, to_json)
METADATA = Form(_check_metadata, from_json, to_json)
# What the values may be depends on the definitions; whoever has them looks.
VALUES = Form(_check_object, from_json, to_json)
