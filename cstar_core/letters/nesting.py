"""How deep HTML is nested, without building it: to lay it out takes the square of that in time."""

import re

# A tag is told as HTML parsers tell it: a quote begins a value only behind an equals sign.
_TAGS = re.compile(
    r"""<!--(?:-?>|(?:[^-]|-(?!-!?>))*+(?:--!?>)?)|<(/?)([a-zA-Z][^\s/>]*+)"""
    r"""(?>[\s/]+|[^\s/>][^\s/>=]*+(?>\s*+=\s*+(?>"[^"]*+"|'[^']*+'|[^\s>"'][^\s>]*+)?+)?+)*+>?"""
    r"""|<[!?/][^>]*+>?"""
)
_ENDS = re.compile(
    r"</(style|script|title|textarea|xmp|iframe|noembed|noframes)", re.IGNORECASE | re.ASCII
)
_RAW = frozenset(
    ("style", "script", "title", "textarea", "xmp", "iframe", "noembed", "noframes", "plaintext")
)
# They have no end, or the next of them ends them, or they are nothing outside of a table.
_FLAT = frozenset(
    (
        *("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param"),
        *("source", "track", "wbr", "p", "li", "dt", "dd", "option", "tr", "td", "th", "tbody"),
        *("thead", "tfoot", "colgroup", "html", "head", "body"),
    )
)
_FOREIGN = ("svg", "math")


def is_nested_deeper(html: str, most: int) -> bool:
    """Whether elements stand in each other in more than so many levels; rather yes than no.

    >>> is_nested_deeper("<b><i>x</i></b>" * 9, 2), is_nested_deeper("<b></i><b></i><b>", 2)
    (False, True)
    """
    open_: dict[str, int] = {}
    depth, place, is_foreign = 0, 0, False
    while tag := _TAGS.search(html, place):
        place = tag.end()
        name = (tag[2] or "").lower()
        if not name or name in _FLAT:
            continue
        if not tag[1] and name in _RAW and not is_foreign:
            place = _behind(html, place, name)
        elif not tag[1]:
            open_[name] = open_.get(name, 0) + 1
            depth += 1
            is_foreign |= name in _FOREIGN
        elif open_.get(name) and not is_foreign:
            # In drawings an end may be none, so there nothing is taken back.
            open_[name] -= 1
            depth -= 1
        if depth > most:
            return True
    return False


def _behind(html: str, place: int, name: str) -> int:
    """Where what an element hides ends."""
    for end in _ENDS.finditer(html, place):
        if end[1].lower() == name:
            return end.end()
    return len(html)
