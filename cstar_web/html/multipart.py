"""A form with files in it, read piece by piece: texts into memory, files into temporary ones."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from io import BytesIO
from tempfile import SpooledTemporaryFile
from typing import IO, BinaryIO, cast

from flask import request
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.http import parse_options_header
from werkzeug.sansio.multipart import Data, Epilogue, Event, Field, File, MultipartDecoder, NeedData

from cstar_web.body import BODY_MAX
from cstar_web.body_limits import open_body
from cstar_web.errors import Failure, too_large

KIND = "multipart/form-data"
_PIECE = 64 * 1024
_HELD_MAX = 256 * 1024
# Fields that are files and others, more than any form of ours has.
_PARTS_MAX = 2_000
# As long as any browser makes it.
_BOUNDARY_MAX = 200


@dataclass(frozen=True, slots=True)
class SentFile:
    """A file in a form, as the browser calls it and says that it is."""

    field: str
    name: str
    media_type: str
    content: BinaryIO
    size: int


@dataclass(slots=True)
class Parts:
    """What a form has: texts by the names of their fields, and files."""

    pairs: list[tuple[str, str]] = field(default_factory=list)
    files: list[SentFile] = field(default_factory=list)


def read_parts(most: int, closing: ExitStack) -> Parts:
    """What this request's form sends, of at most so many bytes; files are closed with ``closing``.

    Raises Failure for what no browser would send, and for texts of more than 1 MiB.
    """
    found = Parts()
    try:
        _read(open_body(most), _boundary(), found, closing)
    except RequestEntityTooLarge:
        raise too_large(BODY_MAX) from None
    except ValueError:
        raise Failure("REQUEST_INVALID", "The form cannot be read") from None
    return found


def _boundary() -> bytes:
    _, options = parse_options_header(request.environ.get("CONTENT_TYPE", ""))
    boundary = options.get("boundary", "").encode("ascii")
    if not 0 < len(boundary) <= _BOUNDARY_MAX:
        raise ValueError("a form needs a boundary")
    return boundary


def _read(body: IO[bytes], boundary: bytes, found: Parts, closing: ExitStack) -> None:
    part: Field | File | None = None
    kept: IO[bytes] = BytesIO()
    room = BODY_MAX
    for event in _events(body, boundary):
        if isinstance(event, Field | File):
            part = event
            kept = closing.enter_context(_temporary())
        elif isinstance(event, Data) and part is not None:
            if isinstance(part, Field):
                room -= len(event.data)
                if room < 0:
                    raise RequestEntityTooLarge
            kept.write(event.data)
            if not event.more_data:
                _finish(part, kept, found)


def _temporary() -> IO[bytes]:
    return SpooledTemporaryFile(_HELD_MAX)


def _events(body: IO[bytes], boundary: bytes) -> Iterator[Event]:
    # It holds no more than a piece, and the part of one that may be a boundary.
    decoder = MultipartDecoder(boundary, BODY_MAX, max_parts=_PARTS_MAX)
    while True:
        piece = body.read(_PIECE)
        decoder.receive_data(piece or None)
        while not isinstance(event := decoder.next_event(), NeedData):
            yield event
            if isinstance(event, Epilogue):
                return


def _finish(part: Field | File, kept: IO[bytes], found: Parts) -> None:
    if not isinstance(part.name, str):
        raise ValueError("a field needs a name")
    size = kept.tell()
    kept.seek(0)
    if isinstance(part, Field):
        found.pairs.append((part.name, kept.read().decode()))
    elif part.filename or size:
        # Browsers write a quotation mark as an address has it (WHATWG); an empty control has none.
        name = part.filename.replace("%22", '"')
        kind, _ = parse_options_header(part.headers.get("Content-Type", ""))
        content = cast(BinaryIO, kept)
        found.files.append(SentFile(part.name, name, kind, content, size))
