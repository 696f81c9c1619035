"""No regular expression of either package takes long, whatever it is given."""

import re

import pytest

from tests.patterns import STRINGS, Expression, expressions, loose

pytestmark = pytest.mark.no_cover

SHORT, LONG = 10_000, 100_000
# A string of ten times the length takes about ten times as long; a hundred times is quadratic.
GROWTH = 40
# Below this many seconds the clock is too coarse, and no growth matters.
UNSEEN = 0.005


def test_every_expression_has_strings_to_be_tried_with() -> None:
    assert expressions().keys() == STRINGS.keys()


def test_every_expression_is_used() -> None:
    assert [name for name, each in expressions().items() if not each.methods] == []


def test_no_expression_is_used_without_a_name() -> None:
    assert loose() == []


@pytest.mark.parametrize("name", STRINGS)
def test_an_expression_takes_time_by_the_length_of_the_text(name: str) -> None:
    tried = expressions()[name]
    # Something else may have kept the processor's caches busy the first time.
    assert not slow(tried) or slow(tried) == []


@pytest.mark.parametrize("pattern", [r"[ab]*b", r"a+\Z"])
def test_an_expression_that_begins_anew_at_every_character_is_found(pattern: str) -> None:
    square = Expression("square", re.compile(pattern), (("", "a"),), {"search"})
    assert slow(square, LONG // 200, LONG // 20)


def slow(expression: Expression, short: int = SHORT, long: int = LONG) -> list[str]:
    return [
        f"{method} on {text}: {small:.4f} s, ten times the length {large:.4f} s"
        for method, text, small, large in expression.costs(short, long, UNSEEN)
        if large > UNSEEN and large > GROWTH * small
    ]
