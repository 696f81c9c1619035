"""Files of strangers as they are handed out: to be saved, never to be run or shown as a page.

A server that knows `wsgi.file_wrapper` sends a file by itself, so no thread waits for a client that
reads slowly, and no more of the file is in memory than one piece.
"""

import re
from collections.abc import Iterable, Iterator
from contextlib import closing
from typing import BinaryIO
from urllib.parse import quote

from flask import request

from cstar_web.answer import Answer
from cstar_web.etags import is_unchanged

_PIECE = 64 * 1024
# A name for who reads no other than ASCII; what could end the name, or be read as an escape, goes.
_PLAIN = re.compile(r"[^A-Za-z0-9 ._()+,=@-]")
# Characters of RFC 8187 that stand for themselves.
_ATTR = "!#$&+.^_`|~"
_HEADERS = {
    # Without scripts, forms or an origin, should a browser show it in spite of all.
    "Content-Security-Policy": "default-src 'none'; sandbox; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Accept-Ranges": "bytes",
    # It may be kept, but is asked for each time whether it may still be seen.
    "Cache-Control": "private, no-cache",
}


def save_as(file: BinaryIO, name: str, size: int, tag: str) -> Answer:
    """The answer with a file to be saved under its name, or a part of it, or that it is unchanged.

    ``tag`` is its entity tag. Whatever the file says it is, it is only bytes. Closes the file.
    """
    return _hand_out(file, size, tag, "application/octet-stream", disposition(name))


def show_picture(file: BinaryIO, name: str, size: int, tag: str, kind: str) -> Answer:
    """The answer with a picture of a kind that was looked for in its bytes. Closes the file."""
    return _hand_out(file, size, tag, kind, disposition(name, "inline"))


def disposition(name: str, how: str = "attachment") -> str:
    """The header that says what a file is called (RFC 6266), in any script (RFC 8187).

    >>> disposition("report 1.pdf")
    'attachment; filename="report 1.pdf"'
    >>> disposition('Maß".pdf')
    'attachment; filename="Ma__.pdf"; filename*=UTF-8\\'\\'Ma%C3%9F%22.pdf'
    """
    plain = _PLAIN.sub("_", name)
    told = f'{how}; filename="{plain}"'
    if plain == name:
        return told
    # Half of a surrogate pair has no bytes.
    return f"{told}; filename*=UTF-8''{quote(name, safe=_ATTR, errors='replace')}"


def _hand_out(file: BinaryIO, size: int, tag: str, kind: str, named: str) -> Answer:
    headers = {**_HEADERS, "Content-Disposition": named, "ETag": tag}
    if is_unchanged(request.environ.get("HTTP_IF_NONE_MATCH", ""), tag):
        file.close()
        return Answer(status=304, headers=headers)
    start, end = 0, size
    status = 200
    if part := _part(size, tag):
        start, end = part
        status, headers["Content-Range"] = 206, f"bytes {start}-{end - 1}/{size}"
    headers["Content-Length"] = str(end - start)
    if request.method == "HEAD":
        file.close()
        return Answer(status=status, headers=headers, content_type=kind)
    file.seek(start)
    return Answer(
        _body(file, end - start), status, headers, content_type=kind, direct_passthrough=True
    )


def _part(size: int, tag: str) -> tuple[int, int] | None:
    """The part that is asked for, if it is one that there is."""
    asked = request.range
    if asked is None or request.environ.get("HTTP_IF_RANGE", tag) != tag:
        return None
    found = asked.range_for_length(size)
    return None if found is None or found[1] is None else (found[0], found[1])


def _body(file: BinaryIO, length: int) -> Iterable[bytes]:
    wrap = request.environ.get("wsgi.file_wrapper")
    if wrap is None:
        return _pieces(file, length)
    wrapped: Iterable[bytes] = wrap(file, _PIECE)
    return wrapped


def _pieces(file: BinaryIO, length: int) -> Iterator[bytes]:
    with closing(file):
        while length and (piece := file.read(min(_PIECE, length))):
            length -= len(piece)
            yield piece
