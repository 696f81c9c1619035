"""What shape a body or a query has, and how its problems are told.

marshmallow says what shape, the core says what rule; here both become one list of problems, in
the order in which the shape declares its fields, with unknown names last.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from difflib import get_close_matches
from functools import lru_cache
from itertools import islice
from typing import Any, ClassVar

from marshmallow import Schema, ValidationError
from marshmallow.fields import Field

from cstar_core import Problem
from cstar_web.errors import INVALID, MISSING, UNKNOWN
from cstar_web.names import camel_case

REQUIRED = "is required"
# More than anyone reads: a body of a mebibyte can break a rule in each of 300,000 places.
PROBLEMS_MAX = 100
_NAME_SHOWN = 64


class Shape(Schema):
    """A schema whose fields are snake_case in Python and camelCase in the API."""

    # What JSON Schema says of several fields together, for the specification.
    constraints: ClassVar[Mapping[str, Any]] = {}

    def on_bind_field(self, field_name: str, field_obj: Field[Any]) -> None:
        """Give a field its public name, unless it has one of its own."""
        if field_obj.data_key is None:
            field_obj.data_key = camel_case(field_name)


@lru_cache(256)
def public_names(shape: Schema) -> Mapping[str, str]:
    """The public name of each field that can be sent, by its name in Python, in order."""
    return {name: field.data_key or name for name, field in shape.load_fields.items()}


def load(shape: Schema, given: Mapping[str, Any]) -> tuple[dict[str, Any], list[Problem]]:
    """The values that have the right shape, and what is wrong with the others."""
    names = dict.fromkeys(public_names(shape).values())
    unknown = list(islice((name for name in given if name not in names), PROBLEMS_MAX))
    problems = [unknown_name(name, names) for name in unknown]
    if unknown:
        given = {name: value for name, value in given.items() if name in names}
    try:
        return dict(shape.load(given)), problems
    except ValidationError as error:
        messages = error.messages_dict
        broken = [p for name in names if name in messages for p in _problems(name, messages[name])]
        return dict(error.valid_data or {}), broken + problems


def arrange(problems: Iterable[Problem], names: Mapping[str, str]) -> list[Problem]:
    """The problems in the order in which the fields are declared, unknown names last.

    Two problems of one parameter are told once, as the first says it.
    """
    order = {name: position for position, name in enumerate(names.values())}
    unique: dict[str, Problem] = {}
    for problem in islice(problems, PROBLEMS_MAX):
        unique.setdefault(problem.param, problem)
    return sorted(
        unique.values(), key=lambda problem: order.get(problem.param.partition(".")[0], len(order))
    )


def renamed(problems: Iterable[Problem], names: Mapping[str, str]) -> Iterator[Problem]:
    """Problems of the core's under the public names of their parameters.

    >>> next(renamed([Problem("tags.2", INVALID, "must be a string")], {"tags": "tag"})).message
    'tag.2 must be a string'
    """
    for problem in problems:
        first, dot, rest = problem.param.partition(".")
        public = names.get(first) or camel_case(first)
        yield replace(problem, param=f"{public}{dot}{rest}")


def unknown_name(name: str, names: Iterable[str]) -> Problem:
    """The problem of a name that does not exist, with the nearest one that does.

    >>> unknown_name("titel", ["title", "tags"]).message
    'titel is not a known parameter; did you mean title?'
    """
    if len(name) > _NAME_SHOWN:
        return Problem(f"{name[:_NAME_SHOWN]}…", UNKNOWN, "is not a known parameter")
    nearest = get_close_matches(name, list(names), n=1)
    hint = f"; did you mean {nearest[0]}?" if nearest else ""
    return Problem(name, UNKNOWN, f"is not a known parameter{hint}")


def _problems(name: str, messages: Any) -> list[Problem]:
    """What is wrong with a value; of a shape within the shape, it is known already (see Part)."""
    if isinstance(messages, dict):
        return [replace(p, param=f"{name}.{p.param}") for found in messages.values() for p in found]
    rule = messages[0]
    return [Problem(name, MISSING if rule == REQUIRED else INVALID, rule)]
