"""Tags: short words on a ticket or customer, kept as first spelt, compared without case."""

import unicodedata
from collections.abc import Iterable

from cstar_core.checks import check_given, invalid, is_storable
from cstar_core.errors import Problem

TAGS_MAX = 50
TAG_MAX = 64


def fold_tag(tag: str) -> str:
    """The form in which two spellings of a tag are the same.

    >>> fold_tag("Straße") == fold_tag("STRASSE")
    True
    """
    return unicodedata.normalize("NFC", tag).casefold()


def parse_tags(tags: str | Iterable[str]) -> tuple[str, ...]:
    """Trim, drop empties and repeats (without regard to case), keep first spelling and order.

    Takes a sequence of tags or one comma-separated string.

    >>> parse_tags(" login, authentication,,Login ")
    ('login', 'authentication')
    >>> parse_tags(["VIP", "vip", " refund "])
    ('VIP', 'refund')
    """
    parts = tags.split(",") if isinstance(tags, str) else tags
    kept: dict[str, str] = {}
    for part in parts:
        tag = part.strip()
        if tag:
            kept.setdefault(fold_tag(tag), tag)
    return tuple(kept.values())


def check_tags(param: str, value: object) -> list[Problem]:
    """What is wrong with tags as given: type, a comma inside one, size, number.

    >>> [problem.message for problem in check_tags("tags", ["a,b", 7])]
    ['tags.0 must not contain a comma', 'tags.1 must be a string']
    """
    if isinstance(value, str):
        parts: list[object] = list(value.split(","))
    elif isinstance(value, list | tuple):
        parts = list(value)
    else:
        return invalid(param, "must be an array of strings or a comma-separated string")
    problems = check_given(param, len(parts))
    if problems:
        return problems
    problems = [p for i, part in enumerate(parts) for p in _check_tag(f"{param}.{i}", part)]
    if not problems and len(parse_tags(str(part) for part in parts)) > TAGS_MAX:
        problems += invalid(param, f"must be at most {TAGS_MAX} tags")
    return problems


def _check_tag(param: str, tag: object) -> list[Problem]:
    if not isinstance(tag, str):
        return invalid(param, "must be a string")
    if "," in tag:
        return invalid(param, "must not contain a comma")
    if len(tag.strip()) > TAG_MAX:
        return invalid(param, f"must be at most {TAG_MAX} characters")
    if not is_storable(tag):
        return invalid(param, "must be Unicode text without U+0000")
    return []
