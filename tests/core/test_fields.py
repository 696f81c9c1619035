"""The tables are the specification of custom-field values and filters."""

# ruff: noqa: RUF001 - look-alike digits are what it is about

from typing import Any

import pytest

from cstar_core.fields import (
    Definition,
    check_key,
    check_option,
    check_options,
    check_value,
    check_values,
    index_text,
    index_values,
    parse_filter,
)
from tests.core.vocabulary import messages


def field(type: str, **changes: Any) -> Definition:
    made: dict[str, Any] = {
        "id": 1,
        "key": "f",
        "type": type,
        "required": False,
        "options": ("US", "EU") if "select" in type else (),
        "archived": False,
    }
    return Definition(**(made | changes))


VALUES: list[tuple[str, object, str | None]] = [
    ("text", "", None),
    ("text", "x" * 5_000, None),
    ("text", "x" * 5_001, "must be at most 5,000 characters"),
    ("text", 5, "must be a string"),
    ("text", "\0", "must be Unicode text without U+0000"),
    ("number", 5, None),
    ("number", -5.5, None),
    ("number", 0, None),
    ("number", 2**63 - 1, None),
    ("number", 2**63, "must be an integer of at most 64 bits"),
    ("number", "5", "must be a finite number"),
    ("number", True, "must be a finite number"),
    ("number", float("nan"), "must be a finite number"),
    ("number", float("inf"), "must be a finite number"),
    ("number", [5], "must be a finite number"),
    ("select", "EU", None),
    ("select", "eu", "must be one of: US, EU"),
    ("select", "", "must be one of: US, EU"),
    ("select", ["EU"], "must be one of: US, EU"),
    ("select", 1, "must be one of: US, EU"),
    ("multiselect", [], None),
    ("multiselect", ["EU"], None),
    ("multiselect", ("EU", "US"), None),
    ("multiselect", "EU", "must be an array of options"),
    ("multiselect", ["EU", "EU"], "must have distinct options"),
    ("multiselect", ["XX"], "must be an array of: US, EU"),
    ("multiselect", [1], "must be an array of: US, EU"),
    ("date", "2024-02-29", None),
    ("date", "2025-02-29", "must be a real calendar date, YYYY-MM-DD"),
    ("date", "2025-13-01", "must be a real calendar date, YYYY-MM-DD"),
    ("date", "0000-01-01", "must be a real calendar date, YYYY-MM-DD"),
    ("date", "2025-1-1", "must be a date, YYYY-MM-DD"),
    ("date", "20250101", "must be a date, YYYY-MM-DD"),
    ("date", "2025-01-01T00:00:00Z", "must be a date, YYYY-MM-DD"),
    ("date", "２０２５-01-01", "must be a date, YYYY-MM-DD"),
    ("date", 20250101, "must be a date, YYYY-MM-DD"),
    ("boolean", True, None),
    ("boolean", False, None),
    ("boolean", 1, "must be true or false"),
    ("boolean", "true", "must be true or false"),
]

FILTERS: list[tuple[str, object, object]] = [
    ("number", "10", 10),
    ("number", "-2.5", -2.5),
    ("number", "1e3", 1000.0),
    ("number", 7, 7),
    ("number", "010", "must be a finite number"),
    ("number", "ten", "must be a finite number"),
    ("number", "", "must be a finite number"),
    ("number", "NaN", "must be a finite number"),
    ("number", "1e999", "must be a finite number"),
    ("number", "9" * 30, "must be an integer of at most 64 bits"),
    ("number", True, "must be a finite number"),
    ("boolean", "true", 1),
    ("boolean", "false", 0),
    ("boolean", True, 1),
    ("boolean", False, 0),
    ("boolean", "yes", "must be true or false"),
    ("date", "2025-01-31", "2025-01-31"),
    ("date", "2025-02-31", "must be a real calendar date, YYYY-MM-DD"),
    ("select", "EU", "EU"),
    ("select", "taken away", "taken away"),
    ("select", 5, "must be an option"),
    ("multiselect", "EU", "EU"),
    ("text", "anything", "anything"),
    ("text", 5, "must be a string"),
]

INDEXED: list[tuple[str, object, list[object]]] = [
    ("text", "EU", ["EU"]),
    ("text", "", [""]),
    ("number", 5, [5]),
    ("number", 5.5, [5.5]),
    ("boolean", True, [1]),
    ("boolean", False, [0]),
    ("multiselect", ["a", "b"], ["a", "b"]),
    ("multiselect", [], [""]),
    ("multiselect", ["o" * 200], [index_text("o" * 200)]),
]

KEYS: list[tuple[object, bool]] = [
    ("a", True),
    ("region_2", True),
    ("a" + "b" * 63, True),
    ("a" + "b" * 64, False),
    ("", False),
    ("Region", False),
    ("2nd", False),
    ("_a", False),
    ("a-b", False),
    ("é", False),
    ("a\n", False),
    (None, False),
]

OPTIONS: list[tuple[object, list[str]]] = [
    (["a"], []),
    (("a", "b"), []),
    (["x" * 255], []),
    ([str(i) for i in range(500)], []),
    (["a", "A"], []),
    (None, ["options must be an array of strings"]),
    ("a,b", ["options must be an array of strings"]),
    ([], ["options must have 1 to 500 options"]),
    ([str(i) for i in range(501)], ["options must have 1 to 500 options"]),
    (["a", "a"], ["options must be distinct"]),
    (["caf\u00e9", "cafe\u0301"], ["options must be distinct"]),
    (["a", " "], ["options.1 must not be blank"]),
    (["x" * 256], ["options.0 must be at most 255 characters"]),
    (["a", 5], ["options.1 must be a string"]),
]


@pytest.mark.parametrize(("type", "value", "problem"), VALUES)
def test_a_value_fits_its_type_without_coercion(
    type: str, value: object, problem: str | None
) -> None:
    found = [each.rule for each in check_value("f", value, field(type))]
    assert found == ([] if problem is None else [problem])


def test_only_the_first_unknown_keys_are_compared_with_all_that_exist() -> None:
    near = {f"regio{n}": "EU" for n in range(5)}
    found = messages(check_values("f", near, {"region": field("text")}, {}))
    hints = [message.endswith("; did you mean region?") for message in found]
    assert hints == [True, True, True, False, False]


@pytest.mark.parametrize(("type", "value", "expected"), FILTERS)
def test_a_filter_is_read_by_the_type_of_its_field(
    type: str, value: object, expected: object
) -> None:
    found = parse_filter("f", value, field(type))
    assert (found[0].rule if isinstance(found, list) else found) == expected


@pytest.mark.parametrize(("type", "value", "rows"), INDEXED)
def test_every_value_has_a_row_by_which_it_is_found(
    type: str, value: object, rows: list[object]
) -> None:
    assert index_values(field(type), value) == rows


@pytest.mark.parametrize(("key", "fits"), KEYS)
def test_a_key_is_a_lower_case_name(key: object, fits: bool) -> None:
    assert (check_key("key", key) == []) is fits


@pytest.mark.parametrize(("options", "problems"), OPTIONS)
def test_options_are_distinct_and_not_blank(options: object, problems: list[str]) -> None:
    assert messages(check_options("options", options)) == problems


def test_an_option_must_be_text() -> None:
    assert messages(check_option("option", None)) == ["option must be a string"]


def test_long_text_is_indexed_by_its_beginning_and_hash() -> None:
    one, other = index_text("x" * 129), index_text("x" * 130)
    assert (one[:128], len(one), one == other) == ("x" * 128, 128 + 1 + 64, False)


def test_many_options_are_named_in_part() -> None:
    wide = field("select", options=tuple(f"o{i}" for i in range(30)))
    assert check_value("f", "x", wide)[0].rule.endswith("o19 and 10 more")


def test_an_archived_field_takes_no_new_value() -> None:
    found = check_value("f", "x", field("text", archived=True))
    assert messages(found) == ["f is archived and takes no new values"]


REQUIRED = {"f": field("text", required=True)}
GONE = {"f": field("select", options=("EU",))}
MANY_GONE = {"f": field("multiselect", options=("EU",))}
ARCHIVED = {"f": field("text", archived=True, required=True)}
SETS: list[tuple[dict[str, Definition], object, dict[str, Any], list[str]]] = [
    ({}, {}, {}, []),
    ({}, [], {}, ["c must be an object"]),
    ({}, None, {}, ["c must be an object"]),
    ({}, {"x": 1}, {}, ["c.x is not known"]),
    ({}, {"x": None}, {}, ["c.x is not known"]),
    (GONE, {"g": 1}, {}, ["c.g is not known"]),
    (REQUIRED, {}, {}, ["c.f is required"]),
    (REQUIRED, {"f": None}, {"f": "a"}, ["c.f is required"]),
    (REQUIRED, {}, {"f": "a"}, []),
    (REQUIRED, {"f": "b"}, {}, []),
    (REQUIRED, {"f": " "}, {}, ["c.f is required"]),
    ({"f": field("multiselect", required=True)}, {"f": []}, {}, ["c.f is required"]),
    ({"f": field("boolean", required=True)}, {"f": False}, {}, []),
    ({}, {str(i): 1 for i in range(1001)}, {}, ["c must have at most 1,000 entries at once"]),
    ({}, {"x" * 100: 1}, {}, [f"c.{'x' * 64} is not known"]),
    (GONE, {"f": "US"}, {"f": "US"}, []),
    (GONE, {"f": "US"}, {"f": "EU"}, ["c.f must be one of: EU"]),
    (GONE, {"f": None}, {"f": "US"}, []),
    (MANY_GONE, {"f": ["US", "EU"]}, {"f": ["US"]}, []),
    (MANY_GONE, {"f": ["US"]}, {"f": ["EU"]}, ["c.f must be an array of: EU"]),
    (ARCHIVED, {}, {}, []),
    (ARCHIVED, {"f": "a"}, {"f": "a"}, []),
    (ARCHIVED, {"f": None}, {"f": "a"}, []),
    (ARCHIVED, {"f": "b"}, {"f": "a"}, ["c.f is archived and takes no new values"]),
    ({"f": field("date")}, {"f": object()}, {}, ["c.f must be a date, YYYY-MM-DD"]),
]


@pytest.mark.parametrize(("known", "values", "current", "problems"), SETS)
def test_what_is_kept_passes_and_what_is_new_must_fit(
    known: dict[str, Definition], values: object, current: dict[str, Any], problems: list[str]
) -> None:
    assert messages(check_values("c", values, known, current)) == problems


def test_an_unknown_key_suggests_the_nearest_field() -> None:
    found = check_values("c", {"regoin": "EU"}, {"region": field("text", key="region")}, {})
    assert (found[0].code, found[0].message) == (
        "PARAMETER_UNKNOWN",
        "c.regoin is not known; did you mean region?",
    )
