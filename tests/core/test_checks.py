"""The tables are the specification of the small rules."""

from collections.abc import Callable

import pytest

from cstar_core import Invalid, Problem
from cstar_core.checks import (
    Rule,
    check_all,
    check_choice,
    check_email,
    check_flag,
    check_integer,
    check_name,
    check_notes,
    check_text,
    invalid,
    missing,
    or_none,
    raise_any,
    same,
    unknown,
)
from tests.core.vocabulary import messages


def title(param: str, value: object) -> list[Problem]:
    return check_text(param, value, 5, blank=False)


def optional_text(param: str, value: object) -> list[Problem]:
    return check_text(param, value, 5)


def status(param: str, value: object) -> list[Problem]:
    return check_choice(param, value, ("new", "open"))


def position(param: str, value: object) -> list[Problem]:
    return check_integer(param, value, 0, 10)


CASES: list[tuple[Rule, object, str | None]] = [
    (title, "abcde", None),
    (title, "abcdef", "must be at most 5 characters"),
    (title, "日本語文字", None),
    (title, None, "is required"),
    (title, "", "is required"),
    (title, " \t\n", "is required"),
    (title, 5, "must be a string"),
    (title, b"x", "must be a string"),
    (title, "a\0b", "must be Unicode text without U+0000"),
    (title, "a\ud800", "must be Unicode text without U+0000"),
    (optional_text, "", None),
    (optional_text, "  ", None),
    (optional_text, None, "must be a string"),
    (check_name, "x" * 255, None),
    (check_name, "x" * 256, "must be at most 255 characters"),
    (check_name, " ", "is required"),
    (check_notes, None, None),
    (check_notes, "", None),
    (check_notes, "x" * 65_536, None),
    (check_notes, "x" * 65_537, "must be at most 65,536 characters"),
    (status, "open", None),
    (status, "opne", "must be one of: new, open"),
    (status, "Open", "must be one of: new, open"),
    (status, None, "must be one of: new, open"),
    (status, ["open"], "must be one of: new, open"),
    (check_flag, True, None),
    (check_flag, False, None),
    (check_flag, 1, "must be true or false"),
    (check_flag, "true", "must be true or false"),
    (check_flag, None, "must be true or false"),
    (position, 0, None),
    (position, 10, None),
    (position, 11, "must be an integer from 0 to 10"),
    (position, -1, "must be an integer from 0 to 10"),
    (position, True, "must be an integer from 0 to 10"),
    (position, 1.0, "must be an integer from 0 to 10"),
    (position, "1", "must be an integer from 0 to 10"),
    (check_email, "jane@example.com", None),
    (check_email, "jane+tag@sub.example.co", None),
    (check_email, "jané@exämple.de", None),
    (check_email, "jane@localhost", None),
    (check_email, "x" * 64 + "@" + "y" * 189, None),
    (check_email, "x" * 64 + "@" + "y" * 190, "must be at most 254 characters"),
    (check_email, "x" * 65 + "@y", "must be an email address"),
    (check_email, "", "must be an email address"),
    (check_email, "jane", "must be an email address"),
    (check_email, "@example.com", "must be an email address"),
    (check_email, "jane@", "must be an email address"),
    (check_email, "a@b@c", "must be an email address"),
    (check_email, "jane doe@example.com", "must be an email address"),
    (check_email, "jane@example.com\n", "must be an email address"),
    (check_email, "Jane <jane@example.com>", "must be an email address"),
    (check_email, "a@b,c@d", "must be an email address"),
    (check_email, "ja\u200bne@example.com", "must be an email address"),
    (check_email, "jane@example.com\u2060", "must be an email address"),
    (check_email, "\u202emoc.elpmaxe@enaj", "must be an email address"),
    (check_email, "jane@\ufeffexample.com", "must be an email address"),
    (check_email, "jane\u00ad@example.com", "must be an email address"),
    (check_email, "jane\U000e0061@example.com", "must be an email address"),
    (check_email, "jane\u0085@example.com", "must be an email address"),
    (check_email, 7, "must be a string"),
    (or_none(check_flag), None, None),
    (or_none(check_flag), 1, "must be true or false"),
]

SAME: list[tuple[object, object, bool]] = [
    (None, None, True),
    (None, "", False),
    ("a", "a", True),
    ("1", 1, False),
    (1, 1, True),
    (1, 1.0, False),
    (1, True, False),
    ([1], [True], False),
    ([1, 2], [2, 1], False),
    (("a",), ["a"], True),
    ({"a": 1, "b": 2}, {"b": 2, "a": 1}, True),
    ({"a": 1}, {"a": 1.0}, False),
    (object(), None, False),
    ({1: 1, "a": 1}, {}, False),
]


@pytest.mark.parametrize(("rule", "value", "problem"), CASES)
def test_a_value_passes_or_breaks_one_rule(rule: Rule, value: object, problem: str | None) -> None:
    assert [found.rule for found in rule("p", value)] == ([] if problem is None else [problem])


@pytest.mark.parametrize(("one", "other", "expected"), SAME)
def test_json_values_are_the_same_in_type_too(one: object, other: object, expected: bool) -> None:
    assert same(one, other) is expected


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda: missing("p"), "PARAMETER_MISSING"),
        (lambda: invalid("p", "must be"), "PARAMETER_INVALID"),
        (lambda: unknown("p", "p", []), "PARAMETER_UNKNOWN"),
    ],
)
def test_each_kind_of_problem_has_its_code(make: Callable[[], list[Problem]], code: str) -> None:
    assert [problem.code for problem in make()] == [code]


def test_an_unknown_name_suggests_the_nearest_real_one() -> None:
    found = unknown("statsu", "statsu", ["status", "title"])
    assert messages(found) == ["statsu is not known; did you mean status?"]


def test_an_unknown_name_near_to_none_suggests_nothing() -> None:
    assert messages(unknown("zzz", "zzz", ["status"])) == ["zzz is not known"]


def test_every_problem_is_found_in_the_order_of_the_rules_and_then_of_the_values() -> None:
    values = {"zeta": 1, "status": "x", "alpha": 2}
    problems = check_all(values, {"title": title, "status": status}, ["title"])
    assert messages(problems) == [
        "title is required",
        "status must be one of: new, open",
        "zeta is not known",
        "alpha is not known",
    ]


def test_an_absent_value_that_is_not_required_is_no_problem() -> None:
    assert check_all({}, {"title": title}) == []


def test_problems_are_raised_together() -> None:
    with pytest.raises(Invalid) as caught:
        raise_any([*missing("a"), *missing("b")])
    assert [problem.param for problem in caught.value.problems] == ["a", "b"]


def test_no_problem_raises_nothing() -> None:
    raised = None
    try:
        raise_any([])
    except Invalid as error:
        raised = error
    assert raised is None
