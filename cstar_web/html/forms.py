"""What a form sends, read strictly: names and values in UTF-8, as a browser encodes them."""

from collections.abc import Iterable
from contextlib import ExitStack
from urllib.parse import parse_qsl

from flask import request
from werkzeug.http import parse_options_header

from cstar_core import (
    ATTACHMENT_BYTES_MAX,
    ATTACHMENTS_BYTES_MAX,
    ATTACHMENTS_MAX,
    Invalid,
    NewFile,
    Problem,
    Workspace,
)
from cstar_web.body import BODY_MAX, read_bytes
from cstar_web.errors import INVALID, Failure
from cstar_web.html.multipart import KIND as WITH_FILES
from cstar_web.html.multipart import Parts, SentFile, read_parts

# A form with files: as many bytes of them as a message has, and its texts.
FORM_MAX = ATTACHMENTS_BYTES_MAX + BODY_MAX
_FIELDS_MAX = 2_000
_KIND = "application/x-www-form-urlencoded"


def read_pairs() -> list[tuple[str, str]]:
    """The names and values of this request's form, in their order; lines end with a plain newline.

    Raises Failure for what no browser would send.
    """
    raw = read_bytes()
    if not raw:
        return []
    kind, _ = parse_options_header(request.environ.get("CONTENT_TYPE", ""))
    if kind.lower() != _KIND:
        raise Failure("UNSUPPORTED_MEDIA_TYPE", f"Send the form as Content-Type: {_KIND}")
    try:
        pairs = parse_qsl(
            raw.decode("ascii"),
            keep_blank_values=True,
            strict_parsing=True,
            errors="strict",
            max_num_fields=_FIELDS_MAX,
        )
    except ValueError:
        raise Failure("REQUEST_INVALID", "The form cannot be read") from None
    return [(name, _plain(value)) for name, value in pairs]


def read_with_files(closing: ExitStack) -> Parts:
    """What this request's form sends, which may bring files; these are closed with ``closing``.

    Raises Failure for what no browser would send.
    """
    kind, _ = parse_options_header(request.environ.get("CONTENT_TYPE", ""))
    if kind.lower() != WITH_FILES:
        return Parts(read_pairs())
    parts = read_parts(FORM_MAX, closing)
    return Parts([(name, _plain(value)) for name, value in parts.pairs], parts.files)


def refuse_many(field: str, number: int) -> None:
    """Raises Invalid for more files than a message takes, before any of them is stored."""
    if number > ATTACHMENTS_MAX:
        raise Invalid([Problem(field, INVALID, f"must be at most {ATTACHMENTS_MAX} files")])


def store_files(workspace: Workspace, field: str, files: Iterable[SentFile]) -> list[NewFile]:
    """Files of a form, stored for a message; none of them if anything is wrong with one.

    Raises Invalid for their field, and StorageFull.
    """
    given, room = list(files), workspace.attachments
    refuse_many(field, len(given))
    sent = [(each.name, each.content, each.media_type or None) for each in given]
    problems = [
        Problem(field, problem.code, problem.rule)
        for name, content, kind in sent
        for problem in room.check(name=name, content=content, media_type=kind)
    ]
    for size, most in (
        *((each.size, ATTACHMENT_BYTES_MAX) for each in given),
        (sum(each.size for each in given), ATTACHMENTS_BYTES_MAX),
    ):
        if size > most:
            problems.append(Problem(field, INVALID, f"must be at most {most:,} bytes"))
    if problems:
        raise Invalid(problems)
    return [room.put(name=name, content=content, media_type=kind) for name, content, kind in sent]


def _plain(value: str) -> str:
    """Browsers send lines as mail does; what the core keeps has plain ones."""
    return value.replace("\r\n", "\n").replace("\r", "\n")
