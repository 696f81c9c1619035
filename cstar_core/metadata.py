"""Metadata: the integrator's own JSON, merged key by key and never interpreted."""

import json
import math
from collections.abc import Callable, Mapping
from typing import Any

from cstar_core.checks import check_given, check_text, invalid, is_storable, path
from cstar_core.errors import Problem

METADATA_KEYS_MAX = 50
METADATA_KEY_MAX = 64
METADATA_BYTES_MAX = 65_536
METADATA_DEPTH_MAX = 32
_INTEGER_LIMIT = 2**63
_EMPTY: dict[str, Callable[[], object]] = {"[]": list, "{}": dict}
_decode = json.JSONDecoder().raw_decode
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode
_TOO_LARGE = f"must be at most {METADATA_BYTES_MAX} bytes as JSON"


def merge_metadata(
    current: Mapping[str, object], changes: Mapping[str, object]
) -> dict[str, object]:
    """Given keys replace or are added, None removes, all others stay; one level deep.

    >>> merge_metadata({"plan": "pro", "seats": 5}, {"seats": None, "region": {"eu": 1}})
    {'plan': 'pro', 'region': {'eu': 1}}
    """
    merged = {**current, **changes}
    return {key: value for key, value in merged.items() if value is not None}


def check_metadata(param: str, value: object) -> list[Problem]:
    """What is wrong with a metadata object as given: keys and values, not the total.

    >>> check_metadata("metadata", None)[0].message
    'metadata must be an object'
    """
    if not isinstance(value, Mapping):
        return invalid(param, "must be an object")
    problems = check_given(param, len(value)) or _check_size(param, value)
    if problems:
        return problems
    for key, item in value.items():
        problems += _check_key(param, key) or _check_value(path(param, key), item)
    return problems


def check_merged(param: str, current: Mapping[str, object], changes: object) -> list[Problem]:
    """The limits that hold after a merge: 50 keys, 64 KiB as JSON.

    Changes that break a rule of their own (see ``check_metadata``) cannot be measured and pass.
    """
    if not isinstance(changes, Mapping) or check_metadata(param, changes):
        return []
    merged = merge_metadata(current, changes)
    if len(merged) > METADATA_KEYS_MAX:
        return invalid(param, f"must have at most {METADATA_KEYS_MAX} keys")
    return _check_size(param, merged)


def to_json(value: object) -> str:
    """Compact JSON, the form that is stored and measured.

    >>> to_json({"a": [1, "é"]})
    '{"a":[1,"é"]}'
    """
    return "{}" if value == {} else _encode(value)


def from_json(text: str) -> Any:
    """What ``to_json`` wrote; most objects have no tags or metadata, and that reads fastest.

    >>> from_json("[]"), from_json('{"a":1}')
    ([], {'a': 1})
    """
    empty = _EMPTY.get(text)
    return _decode(text)[0] if empty is None else empty()


def _check_size(param: str, value: Mapping[str, object]) -> list[Problem]:
    """Refuse too much before walking through it; what is no JSON cannot be measured."""
    try:
        size = len(to_json(merge_metadata({}, value)).encode())
    except (TypeError, ValueError, RecursionError):
        return []
    return [] if size <= METADATA_BYTES_MAX else invalid(param, _TOO_LARGE)


def _check_key(param: str, key: object) -> list[Problem]:
    if not isinstance(key, str):
        return invalid(param, "must have strings as keys")
    if not key:
        return invalid(param, "must not have an empty key")
    return check_text(f"{param}.{key[:METADATA_KEY_MAX]}", key, METADATA_KEY_MAX)


def _check_value(param: str, value: object, depth: int = 1) -> list[Problem]:
    if depth > METADATA_DEPTH_MAX:
        return invalid(param, f"must not be nested deeper than {METADATA_DEPTH_MAX} levels")
    if isinstance(value, Mapping):
        return _check_object(param, value, depth)
    if isinstance(value, list | tuple):
        return [p for i, item in enumerate(value) for p in _check_value(param, item, depth + 1)]
    return _check_scalar(param, value)


def _check_object(param: str, value: Mapping[object, object], depth: int) -> list[Problem]:
    problems: list[Problem] = []
    for key, item in value.items():
        if not isinstance(key, str) or not is_storable(key):
            return invalid(param, "must have Unicode strings without U+0000 as keys")
        problems += _check_value(param, item, depth + 1)
    return problems


def _check_scalar(param: str, value: object) -> list[Problem]:
    if value is None or isinstance(value, bool):
        return []
    if isinstance(value, str):
        return [] if is_storable(value) else invalid(param, "must be text without U+0000")
    if isinstance(value, int):
        in_range = -_INTEGER_LIMIT <= value < _INTEGER_LIMIT
        return [] if in_range else invalid(param, "must be an integer of at most 64 bits")
    if isinstance(value, float):
        return [] if math.isfinite(value) else invalid(param, "must be a finite number")
    return invalid(param, "must be a JSON value")
