"""Messages that another product keeps as HTML, as the text that one reads."""

import re
from html.parser import HTMLParser

from cstar_core.imports.drafts import words

HTML_MAX = 1024 * 1024
_BLOCKS = words(
    "address article blockquote br dd div dl dt h1 h2 h3 h4 h5 h6 hr li ol p pre table tr ul"
)
_SILENT = frozenset({"head", "script", "style", "title"})
_SPACES = re.compile(r"[ \t\r\f\v\xa0]+")
_LINES = re.compile(r" ?\n ?")
_GAPS = re.compile(r"\n{3,}")


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _SILENT:
            self._silent += 1
        elif tag in _BLOCKS:
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in _SILENT:
            self._silent = max(self._silent - 1, 0)
        elif tag in _BLOCKS and tag != "br":
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.parts.append(data.replace("\n", " "))


def html_to_text(html: str) -> str:
    """The text of HTML, a line for each block; very long HTML is left as it is.

    >>> html_to_text("<div>Hello,<br>it is <b>late</b> &amp; cold.</div><style>p {}</style>")
    'Hello,\\nit is late & cold.'
    """
    if len(html) > HTML_MAX:
        return html
    parser = _Text()
    parser.feed(html)
    parser.close()
    text = _LINES.sub("\n", _SPACES.sub(" ", "".join(parser.parts)))
    return _GAPS.sub("\n\n", text).strip()
