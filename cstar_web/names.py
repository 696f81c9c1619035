"""The two spellings of a name: snake_case in Python, camelCase in the API."""

import re
from functools import lru_cache

_HUMP = re.compile(r"(?<!^)([A-Z])")


@lru_cache(512)
def camel_case(name: str) -> str:
    """
    >>> camel_case("created_at")
    'createdAt'
    """
    first, *rest = name.split("_")
    return first + "".join(map(str.capitalize, rest))


@lru_cache(512)
def snake_case(name: str) -> str:
    """
    >>> snake_case("createdAt")
    'created_at'
    """
    return _HUMP.sub(r"_\1", name).lower()
