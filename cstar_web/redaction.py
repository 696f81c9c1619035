"""Keeps API keys out of what is written down: a message may quote what somebody typed or sent."""

import re

_KEY = re.compile(r"([sp]k_(?:live|test)_)[A-Za-z0-9]{8,32}")


def redacted(text: str) -> str:
    """The text with what follows the prefix of any key left out.

    >>> redacted("no key sk_live_4eC39HqLyjWDarjtT1zdp7dcabcdefgh; try another")
    'no key sk_live_…; try another'
    """
    return _KEY.sub(r"\1…", text)
