"""What of HTML a mail may keep: which elements, which attributes, and which values of them."""

from collections.abc import Mapping
from string import ascii_letters, digits

from cstar_web.html.letters.styles import safe_style


def _words(said: str) -> frozenset[str]:
    return frozenset(said.split())


TAGS = _words(
    "a abbr acronym address article aside b bdi bdo big blockquote br caption center cite code col "
    "colgroup dd del dfn div dl dt em figcaption figure font footer h1 h2 h3 h4 h5 h6 header hr i "
    "img ins kbd li main mark nav ol p pre q s samp section small span strike strong sub sup table "
    "tbody td tfoot th thead tr tt u ul var wbr"
)
VOID = _words("br col hr img wbr")
# What ends a line of text.
BLOCKS = TAGS - _words(
    "a abbr acronym b bdi bdo big cite code col colgroup del dfn em font i img ins kbd mark q s "
    "samp small span strike strong sub sup table tbody td tfoot th thead tt u var wbr"
)
# What is said in these is no text, and ends only with their own end.
RAW = _words("iframe noembed noframes script style textarea title xmp")
# What goes with all that is in it, if it is closed.
DROPPED = _words("math svg")

_TEXT_MAX = 1_000
_LETTERS, _DIGITS = frozenset(ascii_letters), frozenset(digits)
_EVERYWHERE = ("align", "dir", "lang", "style", "title", "valign")
_CELLS = ("bgcolor", "colspan", "height", "nowrap", "rowspan", "width")
_ROWS = ("bgcolor", "height")
_OF: Mapping[str, tuple[str, ...]] = {
    "a": ("href",),
    "img": ("alt", "border", "height", "src", "width"),
    "font": ("color", "face", "size"),
    "table": ("bgcolor", "border", "cellpadding", "cellspacing", "height", "width"),
    "td": _CELLS,
    "th": _CELLS,
    **dict.fromkeys(("tr", "tbody", "thead", "tfoot"), _ROWS),
    **dict.fromkeys(("col", "colgroup"), ("span", "width")),
    "hr": ("color", "size", "width"),
    "ol": ("start", "type"),
    "ul": ("type",),
    "li": ("type", "value"),
}
ATTRIBUTES: Mapping[str, frozenset[str]] = {
    tag: frozenset((*_EVERYWHERE, *_OF.get(tag, ()))) for tag in TAGS
}
# What the value of an attribute may be made of, and how long it may be.
_MADE_OF: Mapping[str, tuple[frozenset[str], int]] = {
    **dict.fromkeys(("align", "dir", "type", "valign"), (_LETTERS | _DIGITS, 12)),
    **dict.fromkeys(("height", "width"), (_DIGITS | frozenset("px%"), 6)),
    **dict.fromkeys(("border", "cellpadding", "cellspacing", "colspan"), (_DIGITS, 3)),
    **dict.fromkeys(("rowspan", "span", "start", "value"), (_DIGITS, 3)),
    **dict.fromkeys(("bgcolor", "color"), (_LETTERS | _DIGITS | {"#"}, 30)),
    "face": (_LETTERS | _DIGITS | frozenset(" ,'\"-"), 200),
    "lang": (_LETTERS | _DIGITS | {"-"}, 35),
    "size": (_DIGITS | frozenset("+-"), 2),
}
# A start tag ends these, unless one of those stands between.
_CELL = ("caption", "td", "th")
_ENDING_P = BLOCKS - _words("br caption tr") | _words("table")
ENDED: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    **dict.fromkeys(_ENDING_P, (("p",), _CELL)),
    "a": (("a",), _CELL),
    "li": (("li",), ("ul", "ol", *_CELL)),
    **dict.fromkeys(("dt", "dd"), (("dt", "dd"), ("dl", *_CELL))),
    **dict.fromkeys(("td", "th"), (("td", "th", "caption"), ("table",))),
    "tr": (("tr", "td", "th", "caption", "colgroup"), ("table",)),
    **dict.fromkeys(
        ("tbody", "thead", "tfoot"),
        (("tbody", "thead", "tfoot", "caption", "colgroup"), ("table",)),
    ),
}
_IN_TABLE = _words("caption col colgroup tbody td tfoot th thead tr")


def boundaries(tag: str) -> tuple[str, ...]:
    """What keeps the end of an element from ending it, if it stands between.

    >>> boundaries("b"), boundaries("td"), boundaries("table")
    (('caption', 'td', 'th'), ('table',), ())
    """
    if tag in _IN_TABLE:
        return ("table",)
    return () if tag == "table" else _CELL


def allowed_value(name: str, value: str) -> str | None:
    """The value of an attribute that neither leads anywhere nor loads anything, if it may stay.

    >>> allowed_value("width", "100%"), allowed_value("width", "1e9"), allowed_value("dir", "rtl")
    ('100%', None, 'rtl')
    """
    if name == "style":
        return safe_style(value) or None
    if name in ("alt", "title"):
        return value[:_TEXT_MAX]
    if name == "nowrap":
        return name
    said = value.strip()
    made_of, longest = _MADE_OF[name]
    return said if 0 < len(said) <= longest and made_of.issuperset(said) else None
