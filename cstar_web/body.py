"""A strict reader of JSON bodies: what it cannot read without guessing, it refuses."""

import json
import math
import re
from typing import Any, NoReturn

from flask import request
from werkzeug.http import parse_options_header

from cstar_web.errors import Failure, too_large

BODY_MAX = 1_048_576
DEPTH_MAX = 32

_NAME_SHOWN = 64
_INTEGER_LIMIT = 2**63
_INTEGER_DIGITS = 20
# An unfinished string runs to the end, else the search would start again at each quote in it.
_STRINGS = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)', re.DOTALL)
_BRACKETS = re.compile(r"[\[\]{}]")


def read_bytes() -> bytes:
    """The body as sent; raises the 413 for a longer one.

    The app's own limit is one byte more: it refuses a Content-Length beyond it unread, and only
    cuts off a body that came without one.
    """
    raw = request.get_data()
    if len(raw) > BODY_MAX:
        raise too_large(BODY_MAX)
    return raw


def require_json() -> None:
    """Raises the 415 for a body that is not declared as JSON in UTF-8."""
    declared = request.environ.get("CONTENT_TYPE", "")
    if declared == "application/json":
        return
    kind, options = parse_options_header(declared)
    charset = options.get("charset", "utf-8").lower()
    if kind.lower() != "application/json" or charset not in ("utf-8", "utf8"):
        raise Failure(
            "UNSUPPORTED_MEDIA_TYPE", "Send the body as Content-Type: application/json in UTF-8"
        )


def require_type(wanted: str) -> None:
    """Raises the 415 for a body that is not declared as the wanted type; `*/*` is any."""
    declared, _ = parse_options_header(request.environ.get("CONTENT_TYPE", ""))
    if wanted not in ("*/*", declared.lower()):
        raise Failure("UNSUPPORTED_MEDIA_TYPE", f"Send the body as Content-Type: {wanted}")


def parse_object(raw: bytes) -> dict[str, Any]:
    """The JSON object that the bytes spell; raises the 400 that says why there is none.

    >>> parse_object(b'{"title": "Hello"}')
    {'title': 'Hello'}
    """
    text = _decode(raw)
    _check_depth(text)
    value = _parse(text)
    if not isinstance(value, dict):
        _refuse("must be a JSON object")
    if "\\u" in text:
        _check_surrogates(value)
    return value


def _decode(raw: bytes) -> str:
    if not raw:
        _refuse("is empty; send a JSON object")
    if raw.startswith(b"\xef\xbb\xbf"):
        _refuse("must not start with a byte order mark")
    try:
        return raw.decode()
    except UnicodeDecodeError:
        _refuse("must be UTF-8")


def _parse(text: str) -> object:
    try:
        return _decoder.decode(text)
    except json.JSONDecodeError as error:
        _refuse(f"is not valid JSON: {error.msg} at line {error.lineno}, column {error.colno}")


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        _refuse(f"has the name {json.dumps(_first_repeated(pairs))} twice in one object")
    return found


def _first_repeated(pairs: list[tuple[str, object]]) -> str:
    seen: set[str] = set()
    for name, _ in pairs:
        if name in seen:
            return name if len(name) <= _NAME_SHOWN else f"{name[:_NAME_SHOWN]}…"
        seen.add(name)
    return ""


def _constant(name: str) -> NoReturn:
    _refuse(f"must not contain {name}")


def _float(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        _refuse("must not contain a number too large to be read")
    return number


def _integer(digits: str) -> int:
    if len(digits) <= _INTEGER_DIGITS:
        number = int(digits)
        if -_INTEGER_LIMIT <= number < _INTEGER_LIMIT:
            return number
    _refuse("must not contain an integer beyond 64 bits")


def _check_depth(text: str) -> None:
    # Counted before parsing: the parser itself gives up on a deep body only with an error that
    # depends on how much of the stack is left.
    if text.count("[") + text.count("{") <= DEPTH_MAX:
        return
    depth = 0
    for bracket in _BRACKETS.findall(_STRINGS.sub("", text)):
        depth += 1 if bracket in "[{" else -1
        if depth > DEPTH_MAX:
            _refuse(f"must not be nested deeper than {DEPTH_MAX} levels")


def _check_surrogates(value: object) -> None:
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        _refuse("must not contain half of a surrogate pair")


def _refuse(rule: str) -> NoReturn:
    raise Failure("BODY_INVALID", f"The request body {rule}")


_decoder = json.JSONDecoder(
    object_pairs_hook=_object, parse_constant=_constant, parse_float=_float, parse_int=_integer
)
