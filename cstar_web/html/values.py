"""The value of a custom field that a text in a form stands for."""

from collections.abc import Mapping

_FLAGS: Mapping[str, bool] = {"true": True, "false": False}


def value_of(type: str, text: str) -> object:
    """The value for a field of this type; a text that is none is left to the rules.

    >>> value_of("number", "2.5"), value_of("number", "many"), value_of("boolean", "false")
    (2.5, 'many', False)
    """
    if type == "boolean":
        return _FLAGS.get(text, text)
    if type != "number":
        return text
    for read in (int, float):
        try:
            return read(text)
        except ValueError:
            continue
    return text
