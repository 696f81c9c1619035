"""What other programs write, in the form that the core takes: instants, words, numbers, choices.

A file has text where the core wants a value of a type, and each product its own words. What cannot
be made out is a problem, or is left as it is for the core's own rules to refuse.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from cstar_core.checks import invalid
from cstar_core.clock import from_seconds
from cstar_core.errors import Problem
from cstar_core.fields import Definition, to_number

# Words for a status and a priority that are the same thing as one of ours.
STATUS_WORDS = {
    "active": "open",
    "hold": "pending",
    "on-hold": "pending",
    "on hold": "pending",
    "waiting on customer": "pending",
    "waiting on third party": "pending",
    "solved": "resolved",
    "done": "resolved",
}
PRIORITY_WORDS = {"medium": "normal", "critical": "urgent"}
TRUE_WORDS = ("true", "yes", "1")
FALSE_WORDS = ("false", "no", "0")
NO_INSTANT = "must be an instant such as 2025-12-10T14:30:00Z, or a date such as 2025-12-10"

_INSTANT = re.compile(
    r"(\d{4}-\d\d-\d\d)(?:[T ]+(\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?))?"
    r"\s*(Z|UTC|GMT|[+-]\d\d:?\d\d)?\Z",
    re.ASCII | re.IGNORECASE,
)
_EPOCH = re.compile(r"\d{9,10}\Z", re.ASCII)


def read_instant(value: object) -> datetime | None:
    """An instant from text as in ISO 8601 (without a zone UTC) or in seconds since 1970.

    >>> read_instant("2025-12-10 16:30:00 +0200").isoformat()
    '2025-12-10T14:30:00+00:00'
    >>> read_instant("10/12/2025") is None
    True
    """
    if isinstance(value, datetime):
        return value
    text = str(value).strip() if isinstance(value, str | int) else ""
    if _EPOCH.match(text):
        return from_seconds(int(text))
    match = _INSTANT.match(text)
    if match is None:
        return None
    day, time, zone = match[1], match[2] or "00:00", (match[3] or "Z").upper()
    zone = "+00:00" if zone in ("Z", "UTC", "GMT") else zone
    try:
        return datetime.fromisoformat(f"{day}T{time}{zone}").astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def read_status(value: object) -> object:
    """A status in our words, if it is one.

    >>> read_status("Solved"), read_status(" OPEN "), read_status("lost")
    ('resolved', 'open', 'lost')
    """
    word = value.strip().lower() if isinstance(value, str) else value
    return STATUS_WORDS.get(word, word) if isinstance(word, str) else word


def read_priority(value: object) -> object:
    """A priority in our words, if it is one."""
    word = value.strip().lower() if isinstance(value, str) else value
    return PRIORITY_WORDS.get(word, word) if isinstance(word, str) else word


def read_field(value: object, definition: Definition | None) -> object:
    """A custom-field value of the field's type, if the text spells one.

    >>> read_field("5", Definition(1, "seats", "number", False, (), False))
    5
    >>> read_field("eu", Definition(1, "region", "select", False, ("EU", "US"), False))
    'EU'
    """
    if not isinstance(value, str) or definition is None:
        return value
    text = value.strip()
    match definition.type:
        case "number":
            return to_number(text)
        case "boolean":
            return _flag(text)
        case "date":
            instant = read_instant(text)
            return text[:10] if instant and len(text) > 10 else text
        case "select":
            return _option(text, definition.options)
        case "multiselect":
            parts = [part.strip() for part in text.replace(";", ",").split(",")]
            return [_option(part, definition.options) for part in parts if part]
    return value


def _flag(text: str) -> object:
    word = text.lower()
    return True if word in TRUE_WORDS else False if word in FALSE_WORDS else text


def _option(text: str, options: Sequence[str]) -> str:
    """The option that is spelt so, if need be in other letter case."""
    if text in options:
        return text
    alike = [option for option in options if option.casefold() == text.casefold()]
    return alike[0] if len(alike) == 1 else text


def instants(values: dict[str, Any], names: Mapping[str, object]) -> list[Problem]:
    """Put instants into the values of a draft, and say which cannot be made out."""
    problems: list[Problem] = []
    for name, value in names.items():
        if value is None or value == "":
            continue
        instant = read_instant(value)
        if instant is None:
            problems += invalid(name, NO_INSTANT)
        else:
            values[name] = instant
    return problems


def in_order(values: dict[str, Any]) -> None:
    """Bring a ticket's instants, which another product keeps by its own rules, into our order.

    Messages are sorted; the ticket was made no later than its first and changed no earlier than
    its last; it was done between the two.
    """
    given = [message for message in values.get("messages", ()) if "created_at" in message]
    given.sort(key=lambda message: message["created_at"])
    if "messages" in values and len(given) == len(values["messages"]):
        values["messages"] = given
    at = [message["created_at"] for message in given]
    if "created_at" in values and at:
        values["created_at"] = min(values["created_at"], at[0])
    created = values.get("created_at", at[0] if at else None)
    if created is None:
        return
    done = values.get("status") in ("resolved", "closed")
    for name in ("resolved_at", "closed_at"):
        if name in values:
            values[name] = max(values[name], created)
            if not done:
                del values[name]
    if "resolved_at" in values and "closed_at" in values:
        values["closed_at"] = max(values["closed_at"], values["resolved_at"])
    if "updated_at" in values:
        marks = [values[name] for name in ("resolved_at", "closed_at") if name in values]
        values["updated_at"] = max([values["updated_at"], created, *at, *marks])
