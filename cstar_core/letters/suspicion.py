"""What relays noted of a mail: whether it is spam, and whether it is from who it says."""

import re
from collections.abc import Iterator, Sequence

from cstar_core.letters.charsets import decoded
from cstar_core.letters.headers import Headers
from cstar_core.letters.letter import Suspicion

_METHODS = ("spf", "dkim", "dmarc")
_RESULTS = frozenset(
    (
        *("pass", "fail", "softfail", "neutral", "none", "temperror", "permerror", "policy"),
        *("bestguesspass", "hardfail"),
    )
)
_RESULT = re.compile(r"(?:^|;)\s{0,50}(spf|dkim|dmarc)(?:/\d)?\s{0,9}=\s{0,9}([a-z]{1,20})")
_NUMBER = re.compile(r"-?\d{1,6}(?:\.\d{1,6})?")
_SCORE = re.compile(r"\b(?:score|hits)=(-?\d{1,6}(?:\.\d{1,6})?)", re.IGNORECASE)
_SCL = re.compile(r"(?:^|;)SCL:(-?\d)")
_FLAGS = ("x-spam-flag", "x-spam-status", "x-spam", "x-barracuda-spam-status", "x-spam-checked")
_YES = ("yes", "true", "spam")
_SCORES = ("x-spam-score", "x-rspamd-score", "x-barracuda-spam-score")
_SCL_SPAM = 5
_NAME_MAX = 255


def suspicion(headers: Headers, trusted: Sequence[str] = ()) -> Suspicion:
    """What the headers of a mail tell, of relays that are ``trusted``, or of the nearest one.

    >>> relay = b"mx.example; spf=pass (ok) smtp.mailfrom=a; dkim=fail; dmarc=fail"
    >>> suspicion(Headers((("authentication-results", relay),))).dmarc
    'fail'
    """
    told_by, results = _results(headers, {each.lower() for each in trusted})
    scl = _scl(headers)
    flagged = any(headers.text(name).lower().startswith(_YES) for name in _FLAGS)
    return Suspicion(
        is_spam=flagged or (scl is not None and scl >= _SCL_SPAM),
        score=_score(headers),
        spf=results.get("spf", ""),
        dkim=results.get("dkim", ""),
        dmarc=results.get("dmarc", ""),
        told_by=told_by,
    )


def _results(headers: Headers, trusted: set[str]) -> tuple[str, dict[str, str]]:
    """Whose results count, and these; the headers that were added last stand first."""
    told_by, found = "", dict[str, str]()
    for value in headers.all("authentication-results"):
        text = "".join(_plain(decoded(value).lower()))
        server, _, rest = text.partition(";")
        name = (server.split() or [""])[0][:_NAME_MAX]
        if (trusted and name not in trusted) or (told_by and name != told_by):
            continue
        told_by = told_by or name
        for method, result in _told(rest):
            found.setdefault(method, result)
    return told_by, found


def _told(text: str) -> Iterator[tuple[str, str]]:
    # Of several signatures one that is right is enough, so those come first.
    pairs = [(match[1], match[2]) for match in _RESULT.finditer(text) if match[2] in _RESULTS]
    yield from sorted(pairs, key=lambda pair: pair != ("dkim", "pass"))


def _plain(text: str) -> Iterator[str]:
    """A text without its comments and quoted parts, in which anybody may have written."""
    depth, quoted, escaped = 0, False, False
    for char in text:
        if escaped:
            escaped = False
        elif char == "\\":
            escaped = True
        elif char == '"' and not depth:
            quoted = not quoted
        elif char == "(" and not quoted:
            depth += 1
        elif char == ")" and depth and not quoted:
            depth -= 1
        elif not depth and not quoted:
            yield char


def _score(headers: Headers) -> float | None:
    told = _SCORE.search(headers.text("x-spam-status"))
    numbers = (_NUMBER.match(headers.text(name)) for name in _SCORES)
    if told:
        return float(told[1])
    return next((float(number[0]) for number in numbers if number), None)


def _scl(headers: Headers) -> int | None:
    """How sure an Exchange server is."""
    told = _NUMBER.match(headers.text("x-ms-exchange-organization-scl"))
    if told:
        return int(float(told[0]))
    found = _SCL.search(headers.text("x-forefront-antispam-report"))
    return int(found[1]) if found else None
