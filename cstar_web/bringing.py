"""JSON that brings files along: a form with one part of JSON, and one for each file."""

from collections.abc import Iterable
from contextlib import ExitStack

from flask import request
from werkzeug.http import parse_options_header

from cstar_core import ATTACHMENT_BYTES_MAX, NewFile, Problem, Workspace
from cstar_web.body import BODY_MAX
from cstar_web.errors import INVALID, Failure, refused, too_large
from cstar_web.html.forms import FORM_MAX, refuse_many, store_files
from cstar_web.html.multipart import KIND, SentFile, read_parts
from cstar_web.shapes import unknown_name

# Under which name the files are in the form.
FILES = "attachments"


def is_form() -> bool:
    """Whether the body is declared as a form that may bring files."""
    kind, _ = parse_options_header(request.environ.get("CONTENT_TYPE", ""))
    return kind.lower() == KIND


def read_form(part: str, closing: ExitStack) -> tuple[bytes, list[SentFile]]:
    """The bytes of the JSON, and the files, which are closed with ``closing``.

    Programs send the JSON as a text, or as a file if they say its type. Raises Failure.
    """
    sent = read_parts(FORM_MAX, closing)
    texts = [value.encode() for name, value in sent.pairs if name == part]
    texts += [each.content.read(BODY_MAX + 1) for each in sent.files if each.field == part]
    names = [name for name, _ in sent.pairs] + [each.field for each in sent.files]
    strange = [name for name in dict.fromkeys(names) if name not in (part, FILES)]
    if strange:
        raise refused(unknown_name(name, (part, FILES)) for name in strange)
    if any(name == FILES for name, _ in sent.pairs):
        raise refused([Problem(FILES, INVALID, "must be files, each with its name")])
    if len(texts) != 1:
        raise Failure("BODY_INVALID", f"The form must have one part {part} with the JSON object")
    if len(texts[0]) > BODY_MAX:
        raise too_large(BODY_MAX)
    return texts[0], [each for each in sent.files if each.field == FILES]


def check_files(files: Iterable[SentFile], message: object, called: str) -> None:
    """Raises Invalid or Failure for files that cannot go with a message, before any is stored."""
    given = list(files)
    refuse_many(FILES, len(given))
    problems = [
        Problem(f"{FILES}.{place}", INVALID, f"must be at most {ATTACHMENT_BYTES_MAX >> 20} MiB")
        for place, each in enumerate(given)
        if each.size > ATTACHMENT_BYTES_MAX
    ]
    if given and message is None:
        problems = [Problem(FILES, INVALID, f"can be given only together with {called}")]
    if problems:
        raise refused(problems)


def store(workspace: Workspace, files: list[SentFile]) -> list[NewFile]:
    """The files, stored for a message that is to be written. Raises Invalid and StorageFull."""
    return store_files(workspace, FILES, files)


def mark_of(raw: bytes, files: Iterable[NewFile]) -> bytes:
    """What makes two forms the same: their JSON and files, whatever stands between the parts."""
    said = (f"\n{each.name}\n{each.media_type}\n{each.blob.digest.hex()}" for each in files)
    return raw + "".join(said).encode()
