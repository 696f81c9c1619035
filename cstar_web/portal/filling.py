"""What customers fill in: read from a form, and turned into the values that the core checks."""

from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

from cstar_core import CustomField, Problem
from cstar_web.html.forms import read_with_files
from cstar_web.html.multipart import SentFile
from cstar_web.html.values import value_of

# Programs fill in every field that they find; people do not see this one.
TRAP = "website"
STAMP = "stamp"
FILES = "files"
PLAIN = ("name", "email", "title", "content")
_PREFIX = "field."
_ATTACHMENTS = "attachments"


@dataclass(frozen=True, slots=True)
class Filled:
    """What was typed by the names of the fields, and what is wrong with it."""

    typed: Mapping[str, list[str]] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    files: tuple[SentFile, ...] = ()

    def one(self, name: str) -> str:
        """The text of a field; empty if nothing was typed."""
        return self.typed.get(name, [""])[0]

    def has(self, name: str, option: str) -> bool:
        """Whether an option was chosen."""
        return option in self.typed.get(name, ())

    def wrong(self, name: str) -> list[Problem]:
        """What is wrong with a field."""
        return [each for each in self.problems if name_of(each) == name]


def read_filled(closing: ExitStack) -> Filled:
    """What this request's form sends; its files are closed with ``closing``.

    Names that no form has are passed over.
    """
    typed: dict[str, list[str]] = {}
    sent = read_with_files(closing)
    for name, value in sent.pairs:
        typed.setdefault(name, []).append(value)
    return Filled(typed, files=tuple(each for each in sent.files if each.field == FILES))


def field_name(custom: CustomField) -> str:
    """What a custom field is called in the form."""
    return _PREFIX + custom.key


def name_of(problem: Problem) -> str:
    """The name of the field in the form that a problem is about."""
    first, _, key = problem.param.partition(".")
    if first == _ATTACHMENTS:
        return FILES
    return f"{_PREFIX}{key.partition('.')[0]}" if first == "custom_fields" else first


def values_of(filled: Filled, fields: Iterable[CustomField]) -> dict[str, Any]:
    """The values of the custom fields in which something was typed or chosen."""
    values: dict[str, Any] = {}
    for custom in fields:
        given = [each for each in filled.typed.get(field_name(custom), ()) if each.strip()]
        if given:
            values[custom.key] = (
                given if custom.type == "multiselect" else value_of(custom.type, given[0])
            )
    return values
