"""The styles of an element, reduced to how text and boxes look: nothing is loaded or laid over."""

import re

_LENGTH_MAX = 4_000
_SIDES = ("", "-top", "-right", "-bottom", "-left")
_PLAIN = frozenset(
    {
        *("background", "background-color", "border-collapse", "border-radius", "border-spacing"),
        *("box-sizing", "caption-side", "clear", "color", "direction", "display", "empty-cells"),
        *("float", "font", "font-family", "font-size", "font-style", "font-variant"),
        *("font-weight", "height", "letter-spacing", "line-height", "list-style"),
        *("list-style-type", "max-height", "max-width", "min-height", "min-width", "opacity"),
        *("overflow", "overflow-wrap", "table-layout", "text-align", "text-decoration"),
        *("text-indent", "text-transform", "vertical-align", "visibility", "white-space", "width"),
        *("word-break", "word-spacing", "word-wrap"),
        *(f"{name}{side}" for name in ("border", "margin", "padding") for side in _SIDES),
        *(f"border{side}-{what}" for side in _SIDES for what in ("color", "style", "width")),
    }
)
# What only some words of are harmless.
_WORDS = {
    "display": frozenset(
        {
            *("none", "block", "inline", "inline-block", "list-item"),
            *("table", "table-cell", "table-row"),
        }
    ),
}
_COLOURS = re.compile(r"(?:rgb|hsl)a?\([0-9.,%/ ]{1,60}\)", re.IGNORECASE)
_VALUE = re.compile(r"[A-Za-z0-9#%.,+\-/ '\"]*\Z")


def safe_style(sent: str) -> str:
    """Those declarations of a style that are harmless, whatever browser reads them.

    >>> safe_style("COLOR: red; position: fixed; background: url(//x.example/a); margin: 0 auto")
    'color:red;margin:0 auto'
    """
    if len(sent) > _LENGTH_MAX:
        return ""
    pairs = (each.partition(":") for each in sent.split(";"))
    kept = ((name.strip().lower(), value.strip()) for name, _, value in pairs)
    return ";".join(f"{name}:{value}" for name, value in kept if _is_safe(name, value))


def _is_safe(name: str, value: str) -> bool:
    before, mark, after = value.rpartition("!")
    said = before.strip() if mark and after.strip().lower() == "important" else value
    words = _WORDS.get(name)
    if name not in _PLAIN or not said or (words and said.lower() not in words):
        return False
    # A quote that is left open would take in what follows.
    whole = said.count("'") % 2 == 0 and said.count('"') % 2 == 0
    return whole and _VALUE.match(_COLOURS.sub("", said)) is not None
