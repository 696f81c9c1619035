"""HTML of mail, or of messages that another product keeps, as the text that one reads.

The parser of the standard library takes time that grows with the square of some broken HTML, so
this looks at each mark once: it knows tags, comments and what they hide, and no more.
"""

import re
from collections.abc import Iterator
from html import unescape

HTML_MAX = 1024 * 1024
_BLOCK_NAMES = (
    "address article blockquote br dd div dl dt h1 h2 h3 h4 h5 h6 hr li ol p pre table tr ul"
)
_BLOCKS = frozenset(_BLOCK_NAMES.split())
_SILENT = frozenset(("head", "script", "style", "title"))
_PIECES = re.compile(r"<!--|<[^<>]*>|[^<]+|<")
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)")
_SPACES = re.compile(r"[ \t\r\f\v\xa0]+")
_LINES = re.compile(r" ?\n ?")
_GAPS = re.compile(r"\n{3,}")


def html_to_text(html: str) -> str:
    """The text of HTML, a line for each block; very long HTML is left as it is.

    >>> html_to_text("<div>Hello,<br>it is <b>late</b> &amp; cold.</div><style>p {}</style>")
    'Hello,\\nit is late & cold.'
    >>> html_to_text("1 < 2 <!-- <p>not</p> --> and <script>no</script>more")
    '1 < 2 and more'
    """
    if len(html) > HTML_MAX:
        return html
    found = _SPACES.sub(" ", "".join(_shown(html)))
    try:
        text = unescape(found)
    except ValueError:  # a number of a character that has thousands of digits
        text = found
    return _GAPS.sub("\n\n", _LINES.sub("\n", _SPACES.sub(" ", text))).strip()


def _shown(html: str) -> Iterator[str]:
    """The pieces of text between what is not shown; blocks as ends of lines."""
    hidden = ""
    for piece in _PIECES.findall(html):
        if hidden == "--":
            _, end, rest = piece.partition("-->")
            hidden = "" if end else hidden
            yield rest.replace("\n", " ")
        elif piece == "<!--" and not hidden:
            hidden = "--"
        else:
            tag = _TAG.match(piece)
            name = tag[2].lower() if tag else ""
            if hidden:
                hidden = "" if tag and tag[1] and name == hidden else hidden
            elif tag is None:
                yield "" if piece.startswith(("<!", "<?")) else piece.replace("\n", " ")
            elif name in _SILENT:
                hidden = "" if tag[1] else name
            elif name in _BLOCKS:
                yield "\n"
