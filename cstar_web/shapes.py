"""What shape a body or a query has, and how its problems are told.

marshmallow says what shape, the core says what rule; here both become one list of problems, in
the order in which the shape declares its fields, with unknown names last.
"""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any, ClassVar

from marshmallow import Schema, ValidationError
from marshmallow.fields import Field

from cstar_core import Problem
from cstar_web.errors import INVALID, MISSING, UNKNOWN
from cstar_web.names import camel_case

REQUIRED = "is required"


class Shape(Schema):
    """A schema whose fields are snake_case in Python and camelCase in the API."""

    # What JSON Schema says of several fields together, for the specification.
    constraints: ClassVar[Mapping[str, Any]] = {}

    def on_bind_field(self, field_name: str, field_obj: Field[Any]) -> None:
        """Give a field its public name, unless it has one of its own."""
        if field_obj.data_key is None:
            field_obj.data_key = camel_case(field_name)


def public_names(shape: Schema) -> dict[str, str]:
    """The public name of each field that can be sent, by its name in Python, in order."""
    return {name: field.data_key or name for name, field in shape.load_fields.items()}


def load(shape: Schema, given: Mapping[str, Any]) -> tuple[dict[str, Any], list[Problem]]:
    """The values that have the right shape, and what is wrong with the others."""
    try:
        return dict(shape.load(given)), []
    except ValidationError as error:
        names = list(public_names(shape).values())
        messages = error.messages_dict
        valid: dict[str, Any] = dict(error.valid_data or {})
        return valid, [_problem(name, messages[name], names) for name in messages]


def arrange(
    problems: Iterable[Problem], names: Mapping[str, str], given: Iterable[str] = ()
) -> list[Problem]:
    """The problems in the order in which the fields are declared, then in which names were given.

    Two problems of one parameter are told once, as the first says it.
    """
    order = [*names.values(), *given]
    unique: dict[str, Problem] = {}
    for problem in problems:
        unique.setdefault(problem.param, problem)
    return sorted(unique.values(), key=lambda problem: _position(problem, order))


def rename(problem: Problem, names: Mapping[str, str]) -> Problem:
    """A problem of the core's under the public name of its parameter.

    >>> rename(Problem("tags.2", INVALID, "must be a string"), {"tags": "tag"}).message
    'tag.2 must be a string'
    """
    first, dot, rest = problem.param.partition(".")
    return Problem(
        f"{names.get(first) or camel_case(first)}{dot}{rest}", problem.code, problem.rule
    )


def _position(problem: Problem, order: list[str]) -> int:
    first = problem.param.partition(".")[0]
    return order.index(first) if first in order else len(order)


def _problem(name: str, messages: object, names: list[str]) -> Problem:
    if name not in names:
        return unknown_name(name, names)
    rule = str(messages[0]) if isinstance(messages, list) else str(messages)
    return Problem(name, MISSING if rule == REQUIRED else INVALID, rule)


def unknown_name(name: str, names: Iterable[str]) -> Problem:
    """The problem of a name that does not exist, with the nearest one that does.

    >>> unknown_name("titel", ["title", "tags"]).message
    'titel is not a known parameter; did you mean title?'
    """
    nearest = get_close_matches(name, list(names), n=1)
    hint = f"; did you mean {nearest[0]}?" if nearest else ""
    return Problem(name, UNKNOWN, f"is not a known parameter{hint}")
