"""The core's rules for text as patterns of JSON Schema, for the specification.

They mean the same to Python and to ECMAScript, which do not agree on what `\\s` and `$` match.
"""

from collections.abc import Iterable

from cstar_core import TAG_MAX

_NUL = r"\u0000"
_BLANK = r"\u0009-\u000d\u001c-\u0020\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
# The last ones are written out: Python knows no escape for them that JavaScript knows too, which
# reads patterns of JSON Schema with its flag for Unicode.
_INVISIBLE = (
    r"\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    r"\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb"
    "\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
_ADDRESS = rf'[^{_BLANK}\u0000-\u001f\u007f-\u009f{_INVISIBLE}@<>(),;:\\"\[\]]'
_NAME, _LABEL = f"{_ADDRESS[:-1]}*]", f"{_ADDRESS[:-1]}*.]"
_TAG = rf"[{_BLANK}]*[^,{_NUL}]{{0,{TAG_MAX}}}[{_BLANK}]*"
_UUID = "[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"

TEXT = rf"^[^{_NUL}]*$"
FILLED = rf"^[^{_NUL}]*[^{_NUL}{_BLANK}][^{_NUL}]*$"
EMAIL = rf"^{_ADDRESS}{{1,64}}@{_ADDRESS}+$"
# An address, or a domain with a dot in it; neither is a pattern itself.
BLOCKED = rf"^@?({_NAME}{{1,64}}@)?\.*{_LABEL}+(\.+{_LABEL}+)+\.*$"
# The code of a language.
LANGUAGE = r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$"
TAG = f"^{_TAG}$"
TAGS = f"^{_TAG}(,{_TAG})*$"
# A list can be filtered by so many.
TAGS_ASKED = f"^{_TAG}(,{_TAG}){{0,19}}$"
INSTANT = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$"
# What is accepted: an offset instead of Z, and up to six digits of a second.
INSTANT_GIVEN = (
    r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}"
    r"(\.[0-9]{1,6})?(Z|[+-][0-9]{2}:[0-9]{2})$"
)


def id_given(prefix: str) -> str:
    """An id as requests may write it: with its prefix, or as a UUID with dashes.

    >>> id_given("tkt_")[:22]
    '^(tkt_[0-9a-f]{32}|[0-'
    """
    return f"^({prefix}[0-9a-f]{{32}}|{_UUID})$"


def one_or_several(words: Iterable[str]) -> str:
    """Words separated by commas.

    >>> one_or_several(["new", "open"])
    '^(new|open)(,(new|open))*$'
    """
    choice = f"({'|'.join(words)})"
    return f"^{choice}(,{choice})*$"
