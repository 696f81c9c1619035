"""The table is the specification of tags."""

import pytest

from cstar_core import TAG_MAX, TAGS_MAX, parse_tags
from cstar_core.tags import check_tags, fold_tag
from tests.core.vocabulary import messages

PARSED = [
    ("", ()),
    (",,  ,", ()),
    ("login", ("login",)),
    (" login , authentication ", ("login", "authentication")),
    ("login,,authentication", ("login", "authentication")),
    ("VIP,vip,Vip", ("VIP",)),
    ("b,a,b", ("b", "a")),
    ("two words", ("two words",)),
    ("Straße,STRASSE", ("Straße",)),
    ("caf\u00e9,cafe\u0301", ("caf\u00e9",)),
    ("cafe\u0301", ("cafe\u0301",)),
    ([], ()),
    (["VIP", "vip", " refund "], ("VIP", "refund")),
    (("a", "", "  "), ("a",)),
    (["東京"], ("東京",)),
]

REFUSED = [
    (None, ["tags must be an array of strings or a comma-separated string"]),
    (7, ["tags must be an array of strings or a comma-separated string"]),
    ({"a": 1}, ["tags must be an array of strings or a comma-separated string"]),
    (["a", 7, None], ["tags.1 must be a string", "tags.2 must be a string"]),
    (["a,b"], ["tags.0 must not contain a comma"]),
    (["a", "x" * 65], ["tags.1 must be at most 64 characters"]),
    ("a," + "x" * 65, ["tags.1 must be at most 64 characters"]),
    (["a\0b"], ["tags.0 must be Unicode text without U+0000"]),
    (["\ud800"], ["tags.0 must be Unicode text without U+0000"]),
    ([f"t{i}" for i in range(51)], ["tags must be at most 50 tags"]),
    ("," * 1_000, ["tags must have at most 1,000 entries at once"]),
]

ACCEPTED = [
    "",
    "a,b",
    [],
    ("a", "b"),
    ["x" * TAG_MAX],
    [f"  {'x' * TAG_MAX}  "],
    [f"t{i}" for i in range(TAGS_MAX)],
    ["same", "SAME"] * 40,
]


@pytest.mark.parametrize(("given", "kept"), PARSED)
def test_tags_are_trimmed_and_kept_once_as_first_spelt(
    given: str | list[str], kept: tuple[str, ...]
) -> None:
    assert parse_tags(given) == kept


@pytest.mark.parametrize(("given", "problems"), REFUSED)
def test_tags_that_break_a_rule_are_named_by_position(given: object, problems: list[str]) -> None:
    assert messages(check_tags("tags", given)) == problems


@pytest.mark.parametrize("given", ACCEPTED)
def test_tags_within_the_limits_pass(given: object) -> None:
    assert check_tags("tags", given) == []


def test_spellings_that_differ_in_case_alone_are_the_same_tag() -> None:
    assert fold_tag("ÉTÉ") == fold_tag("e\u0301te\u0301")
