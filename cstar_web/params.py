"""A strict reader of query strings: each name once, in UTF-8, custom fields in brackets."""

import re
from typing import Any
from urllib.parse import unquote_to_bytes

from cstar_web.errors import invalid, refused
from cstar_web.shapes import unknown_name

# A name that may be repeated: each value adds to the ones before.
REPEATABLE = "tag"
CUSTOM_FIELDS = "customFields"
COMPARISONS = ("gte", "lte", "gt", "lt")

_BRACKETS = re.compile(r"customFields\[([^\[\]]+)\](?:\[([^\[\]]*)\])?\Z")


_CONVERTED = re.compile(r"<(?:\w+:)?(\w+)>")


def template(rule: str) -> str:
    """A route of Flask's as the API writes its paths.

    >>> template("/docs/static/<path:filename>")
    '/docs/static/{filename}'
    """
    return _CONVERTED.sub(r"{\1}", rule)


def parse_query(query: str) -> dict[str, Any]:
    """The names and values of a query string; raises the 400 for what cannot be read.

    >>> parse_query("status=open&tag=a&tag=b&customFields[seats][gte]=10")
    {'status': 'open', 'tag': 'a,b', 'customFields': {'seats': {'gte': '10'}}}
    """
    found: dict[str, Any] = {}
    for pair in query.split("&"):
        if pair:
            name, _, value = pair.partition("=")
            _add(found, _decode(name, "query"), _decode(value, name))
    return found


def _add(found: dict[str, Any], name: str, value: str) -> None:
    if name.startswith(f"{CUSTOM_FIELDS}["):
        _add_custom_field(found.setdefault(CUSTOM_FIELDS, {}), name, value)
    elif name == CUSTOM_FIELDS:
        raise refused([unknown_name(name, [f"{CUSTOM_FIELDS}[key]"])])
    elif name not in found:
        found[name] = value
    elif name == REPEATABLE:
        found[name] = f"{found[name]},{value}"
    else:
        raise invalid(name, "must be given once")


def _add_custom_field(found: dict[str, Any], name: str, value: str) -> None:
    match = _BRACKETS.match(name)
    if not match:
        raise refused([unknown_name(name, [f"{CUSTOM_FIELDS}[key]"])])
    key, comparison = match[1], match[2]
    param = f"{CUSTOM_FIELDS}.{key}"
    if comparison is None:
        if key in found:
            raise invalid(param, "must be given once")
        found[key] = value
        return
    if comparison not in COMPARISONS:
        raise invalid(param, f"must be compared by one of: {', '.join(COMPARISONS)}")
    bounds = found.setdefault(key, {})
    if not isinstance(bounds, dict) or comparison in bounds:
        raise invalid(param, "must be given once")
    bounds[comparison] = value


def _decode(text: str, param: str) -> str:
    # WSGI hands over the bytes of the query string as if they were Latin-1.
    raw = unquote_to_bytes(text.replace("+", " ").encode("latin-1"))
    try:
        return raw.decode()
    except UnicodeDecodeError:
        raise invalid(param, "must be UTF-8, percent-encoded") from None
