"""The options of a custom field as a form has them: a line for each, and more to come."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TypedDict

from cstar_core import CustomField, Invalid
from cstar_web.inbox.forms import Form
from cstar_web.inbox.stopping import Stopped
from cstar_web.inbox.visits import TeamVisit

_RENAMES = "rename_options"
_OPTIONS = "options"


def read_lines(text: str) -> list[str]:
    """The lines of a text that are not blank.

    >>> read_lines(" EU\\n\\nUSA ")
    ['EU', 'USA']
    """
    return [line.strip() for line in text.split("\n") if line.strip()]


def read_renames(form: Form) -> dict[str, str]:
    """What each option that there was is called now, empty if it is to go.

    Raises Stopped for a form in which the two do not fit together.
    """
    were, now = form.lists["were"], form.lists[_OPTIONS]
    if len(were) != len(now) or len(set(were)) != len(were):
        raise Stopped(400)
    return {old: new.strip() for old, new in zip(were, now, strict=True)}


class OptionChanges(TypedDict, total=False):
    """What a form says of options; nothing for a field without any."""

    options: list[str]
    rename_options: dict[str, str]


def read_options(form: Form, field: CustomField) -> OptionChanges:
    """The options that a form leaves a field, and which of them have other names."""
    if field.options is None:
        return {}
    kept = {old: new for old, new in read_renames(form).items() if new}
    added = read_lines(form.values["more"])
    return {"options": [*kept.values(), *added], "rename_options": kept}


def typed_options(visit: TeamVisit, field: CustomField) -> list[tuple[str, str]]:
    """Each option that a field has, with the name that was typed for it."""
    given = read_renames(visit.form) if visit.problems else {}
    return [(option, given.get(option, option)) for option in field.options or ()]


@contextmanager
def told_of_options() -> Iterator[None]:
    """Tell what is wrong with a new name beside the options."""
    try:
        yield
    except Invalid as error:
        told = (
            replace(each, param=_OPTIONS) if each.param.partition(".")[0] == _RENAMES else each
            for each in error.problems
        )
        raise Invalid(told) from error
