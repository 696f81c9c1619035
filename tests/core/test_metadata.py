"""The tables are the specification of metadata."""

from typing import Any

import pytest

from cstar_core import METADATA_KEY_MAX, merge_metadata
from cstar_core.metadata import check_merged, check_metadata, to_json
from tests.core.vocabulary import messages

MERGED: list[tuple[dict[str, Any], dict[str, Any], dict[str, Any]]] = [
    ({}, {}, {}),
    ({"a": 1}, {}, {"a": 1}),
    ({"a": 1}, {"b": 2}, {"a": 1, "b": 2}),
    ({"a": 1}, {"a": 2}, {"a": 2}),
    ({"a": 1, "b": 2}, {"a": None}, {"b": 2}),
    ({}, {"a": None}, {}),
    ({"a": {"x": 1, "y": 2}}, {"a": {"x": 3}}, {"a": {"x": 3}}),
    ({"a": {"x": 1}}, {"a": {"x": None}}, {"a": {"x": None}}),
    ({"a": 1}, {"a": False}, {"a": False}),
    ({"a": 1}, {"a": ""}, {"a": ""}),
    ({"a": 1}, {"a": []}, {"a": []}),
]


def nested(levels: int) -> object:
    value: object = 1
    for _ in range(levels):
        value = [value]
    return value


ACCEPTED: list[object] = [
    {},
    {"a": None},
    {"a": [1, 2.5, "x", True, None, {"b": []}]},
    {"k" * METADATA_KEY_MAX: 1},
    {"a": 2**63 - 1, "b": -(2**63)},
    {"a": nested(31)},
    {"ключ": "значение"},
    {"a": "x" * (65_536 - 8)},
    {"a": None} | {str(i): None for i in range(900)},
]
REFUSED: list[tuple[object, list[str]]] = [
    (None, ["metadata must be an object"]),
    ("a", ["metadata must be an object"]),
    ([], ["metadata must be an object"]),
    ({1: 2}, ["metadata must have strings as keys"]),
    ({"": 2}, ["metadata must not have an empty key"]),
    ({"k" * 65: 1}, [f"metadata.{'k' * 64} must be at most 64 characters"]),
    ({"a\0": 1}, ["metadata.a\0 must be Unicode text without U+0000"]),
    ({"a": "\0"}, ["metadata.a must be text without U+0000"]),
    ({"a": "\ud800"}, ["metadata.a must be text without U+0000"]),
    ({"a": {"\ud800": 1}}, ["metadata.a must have Unicode strings without U+0000 as keys"]),
    ({"a": {1: 1}}, ["metadata.a must have Unicode strings without U+0000 as keys"]),
    ({"a": float("nan")}, ["metadata.a must be a finite number"]),
    ({"a": [float("inf")]}, ["metadata.a must be a finite number"]),
    ({"a": 2**63}, ["metadata.a must be an integer of at most 64 bits"]),
    ({"a": object()}, ["metadata.a must be a JSON value"]),
    ({"a": "x" * (65_536 - 7)}, ["metadata must be at most 65536 bytes as JSON"]),
    ({"a": "é" * 32_765}, ["metadata must be at most 65536 bytes as JSON"]),
    ({str(i): None for i in range(1001)}, ["metadata must have at most 1,000 entries at once"]),
    ({"a": nested(32)}, ["metadata.a must not be nested deeper than 32 levels"]),
    (
        {"a": float("nan"), "b": b""},
        ["metadata.a must be a finite number", "metadata.b must be a JSON value"],
    ),
]

MEASURED: list[tuple[dict[str, Any], object, list[str]]] = [
    ({}, {str(i): 1 for i in range(50)}, []),
    ({}, {str(i): 1 for i in range(51)}, ["metadata must have at most 50 keys"]),
    ({str(i): 1 for i in range(50)}, {"x": 1}, ["metadata must have at most 50 keys"]),
    ({str(i): 1 for i in range(50)}, {"x": 1, "0": None}, []),
    ({"a": "x" * 60_000}, {"b": "x" * 5_000}, []),
    ({"a": "x" * 60_000}, {"b": "x" * 6_000}, ["metadata must be at most 65536 bytes as JSON"]),
    ({"a": "x" * 60_000}, {"a": None, "b": "x" * 6_000}, []),
    ({}, {"a": float("nan")}, []),
    ({}, {"a": "\ud800"}, []),
    ({}, None, []),
]


@pytest.mark.parametrize(("current", "changes", "after"), MERGED)
def test_given_keys_replace_null_removes_and_others_stay(
    current: dict[str, Any], changes: dict[str, Any], after: dict[str, Any]
) -> None:
    assert merge_metadata(current, changes) == after


@pytest.mark.parametrize("value", ACCEPTED)
def test_any_json_object_is_metadata(value: object) -> None:
    assert check_metadata("metadata", value) == []


@pytest.mark.parametrize(("value", "problems"), REFUSED)
def test_what_is_no_json_is_refused(value: object, problems: list[str]) -> None:
    assert messages(check_metadata("metadata", value)) == problems


@pytest.mark.parametrize(("current", "changes", "problems"), MEASURED)
def test_the_limits_hold_after_the_merge(
    current: dict[str, Any], changes: object, problems: list[str]
) -> None:
    assert messages(check_merged("metadata", current, changes)) == problems


def test_stored_json_is_compact_and_readable() -> None:
    assert to_json({"a": ["é", None]}) == '{"a":["é",null]}'


def test_not_a_number_is_never_stored() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        to_json(float("nan"))
