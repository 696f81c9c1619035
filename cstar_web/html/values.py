"""The value of a custom field that a text in a form stands for."""

from collections.abc import Mapping

from cstar_core import to_number

_FLAGS: Mapping[str, bool] = {"true": True, "false": False}


def value_of(type: str, text: str) -> object:
    """The value for a field of this type; a text that is none is left to the rules.

    >>> value_of("number", "2.5"), value_of("number", "1_000"), value_of("boolean", "false")
    (2.5, '1_000', False)
    """
    if type == "boolean":
        return _FLAGS.get(text, text)
    if type != "number":
        return text
    number = text.strip()
    # Browsers let a number begin with its point.
    found = to_number(number.replace(".", "0.", 1) if number.startswith((".", "-.")) else number)
    return text if isinstance(found, str) else found
