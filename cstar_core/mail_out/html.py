"""A text as simple HTML: paragraphs, line breaks, and addresses of pages that can be clicked."""

import re
from html import escape

_HEAD = (
    '<!DOCTYPE html>\n<html><head><meta charset="utf-8"></head>\n'
    '<body style="font-family: sans-serif; line-height: 1.4">\n'
)
_URL = re.compile(r"\bhttps?://[^\s<>\"']{1,2000}")
# What ends a sentence rather than an address.
_TRAILING = ".,;:!?)]}"


def html_of(text: str) -> str:
    """The whole page for a text; nothing in it is taken for HTML.

    >>> html_of("Hi <b>").splitlines()[-2:]
    ['<p>Hi &lt;b&gt;</p>', '</body></html>']
    """
    parts = [part for part in "\n".join(text.splitlines()).split("\n\n") if part.strip()]
    return f"{_HEAD}{''.join(map(_paragraph, parts))}</body></html>\n"


def _paragraph(part: str) -> str:
    lines = "<br>\n".join(map(_linked, part.strip("\n").split("\n")))
    return f"<p>{lines}</p>\n"


def _linked(line: str) -> str:
    made: list[str] = []
    end = 0
    for found in _URL.finditer(line):
        url = found[0].rstrip(_TRAILING)
        stop = found.start() + len(url)
        shown = escape(url)
        made += [escape(line[end : found.start()]), f'<a href="{shown}">{shown}</a>']
        end = stop
    return "".join([*made, escape(line[end:])])
