"""What the core says is wrong with a value, in the language of a page.

The core's rules are English and have numbers and choices in them. What stands around those is
looked up in a catalogue, and a rule that it does not have is told as it is.
"""

from gettext import NullTranslations

# What has more in it than a number. The first that fits counts.
PATTERNS = (
    "must be one of: %(choices)s, with a minus for the last first",
    "must be one of: %(choices)s",
    "must be an array of: %(choices)s",
    "must be unassigned, or %(choices)s",
    "leaves no %(name)s; several are written with a comma: %(example)s,…",
    "is not known; did you mean %(name)s?",
    "is not understood: %(problem)s",
    "must be at most %(number)s days from start on",
    "must be at most %(number)s weeks from start on",
    "must be at most %(number)s months from start on",
)
# How a catalogue says which mark stands between thousands.
_THOUSANDS = "1,000"


def told_rule(rule: str, words: NullTranslations) -> str:
    """A rule in a language, or as it is.

    >>> told_rule("must be at most 65,536 characters", NullTranslations())
    'must be at most 65,536 characters'
    """
    plain, number = _without_number(rule)
    said = words.gettext(plain)
    if said != plain:
        return said.replace("%(number)s", _number(number, words))
    for pattern in PATTERNS:
        found, form = fitted(pattern, rule), words.gettext(pattern)
        if found and form != pattern:
            return form % {name: _part(name, each, words) for name, each in found.items()}
    return rule


def fitted(pattern: str, rule: str) -> dict[str, str]:
    """What a rule has at each place of a pattern; nothing if it does not fit.

    >>> fitted("must be %(one)s, or %(other)s", "must be a, or b, c")
    {'one': 'a', 'other': 'b, c'}
    """
    first, *places = pattern.split("%(")
    if not rule.startswith(first):
        return {}
    found, rest = {}, rule.removeprefix(first)
    for place in places:
        name, _, after = place.partition(")s")
        value, mark, rest = rest.partition(after) if after else (rest, "", "")
        if not value or mark != after:
            return {}
        found[name] = value
    return {} if rest else found


def _without_number(rule: str) -> tuple[str, str]:
    """The rule with a place for its first number, and that number."""
    for word in rule.split():
        if word.replace(",", "").isdecimal():
            return rule.replace(word, "%(number)s", 1), word
    return rule, ""


def _part(name: str, said: str, words: NullTranslations) -> str:
    """What stands at a place of a pattern: a problem has a rule in it, all else is somebody's."""
    if name == "number":
        return _number(said, words)
    if name != "problem":
        return said
    param, _, rule = said.partition(" ")
    found = told_rule(rule, words)
    return said if found == rule else f"{param}: {found}"


def _number(said: str, words: NullTranslations) -> str:
    return said.replace(",", words.gettext(_THOUSANDS)[1])
