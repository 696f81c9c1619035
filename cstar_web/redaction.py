"""Keeps secrets out of what is written down: a message may quote what somebody typed or sent."""

import re
from collections.abc import Iterable

# What is shorter stands in other words too.
_SECRET_MIN = 4
_KEY = re.compile(r"([sp]k_(?:live|test)_)[A-Za-z0-9]{8,32}")


def redacted(text: str) -> str:
    """The text with what follows the prefix of any key left out.

    >>> redacted("no key sk_live_4eC39HqLyjWDarjtT1zdp7dcabcdefgh; try another")
    'no key sk_live_…; try another'
    """
    return _KEY.sub(r"\1…", text)


def without(text: str, secrets: Iterable[str], instead: str) -> str:
    """The text with something in the place of each secret, in any of the forms that are given.

    >>> without("bad line: LOGIN jane s3cret", ["s3cret", "a"], "(password)")
    'bad line: LOGIN jane (password)'
    """
    for secret in secrets:
        if len(secret) >= _SECRET_MIN:
            text = text.replace(secret, instead)
    return text
