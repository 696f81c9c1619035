"""A mail as it is sent, byte for byte: the same outline always makes the same bytes."""

import base64
import binascii
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from hashlib import sha256

from cstar_core.letters import Correspondent
from cstar_core.mail_out import headers
from cstar_core.mail_out.html import html_of

LOOP_FIELD = "X-cStar-Loop"

_MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9.+-]{0,63}/[a-z0-9][a-z0-9.+-]{0,63}\Z")
# What these hold may not be written in Base64.
_COMPOSITE = ("message/", "multipart/")
# Servers on the way may take these for an end, or for the beginning of another mail.
_TAKEN_ELSEWISE = re.compile(rb"(?m)^(?:\.(?=\n)|From )")
# Whole lines of Base64.
_PIECE = 1024 * 57
_ANYTHING = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class Enclosed:
    """A file that goes with a mail."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Outline:
    """Everything that a mail says; ``header_id`` and others are ids without their brackets.

    ``automatic`` says that a program has written it, ``loops`` are the marks of the desks through
    which that has gone.
    """

    sender: Correspondent
    to: tuple[Correspondent, ...]
    cc: tuple[Correspondent, ...]
    subject: str
    header_id: str
    date: datetime
    text: str
    reply_to: str | None = None
    in_reply_to: str | None = None
    references: tuple[str, ...] = ()
    automatic: bool = False
    loops: tuple[str, ...] = ()
    files: Sequence[Enclosed] = ()


def compose(outline: Outline) -> bytes:
    """The mail, with CRLF at the end of each line, and no line longer than 998 characters.

    Only an address may have other letters than ASCII, and only before its @.
    """
    fields = "\r\n".join([*_fields(outline), "MIME-Version: 1.0", ""])
    boundary = "cstar-" + sha256(outline.header_id.encode()).hexdigest()[:40]
    return b"".join([fields.encode(), *_body(outline, boundary)])


def _fields(outline: Outline) -> Iterator[str]:
    yield headers.addresses("From", [outline.sender])
    for name, people in (("To", outline.to), ("Cc", outline.cc)):
        if people:
            yield headers.addresses(name, people)
    if outline.reply_to:
        yield headers.addresses("Reply-To", [Correspondent("", outline.reply_to)])
    yield headers.unstructured("Subject", outline.subject)
    yield f"Date: {format_datetime(outline.date)}"
    yield headers.ids("Message-ID", [outline.header_id])
    if outline.in_reply_to:
        yield headers.ids("In-Reply-To", [outline.in_reply_to])
    if outline.references:
        yield headers.ids("References", outline.references)
    if outline.automatic:
        yield "Auto-Submitted: auto-replied"
        yield "X-Auto-Response-Suppress: All"
    for mark in outline.loops:
        yield f"{LOOP_FIELD}: {mark}"


def _body(outline: Outline, boundary: str) -> Iterator[bytes]:
    both = [[_text("plain", outline.text)], [_text("html", html_of(outline.text))]]
    inner = _multipart("alternative", f"{boundary}-0", both)
    if not outline.files:
        yield from inner
        return
    yield from _multipart("mixed", f"{boundary}-1", [inner, *map(_file, outline.files)])


def _multipart(kind: str, boundary: str, parts: Iterable[Iterable[bytes]]) -> Iterator[bytes]:
    yield f'Content-Type: multipart/{kind};\r\n boundary="{boundary}"\r\n\r\n'.encode()
    for part in parts:
        yield f"--{boundary}\r\n".encode()
        yield from part
        yield b"\r\n"
    yield f"--{boundary}--\r\n".encode()


def _text(kind: str, text: str) -> bytes:
    """A text in quoted-printable, which people can still read where nothing decodes it."""
    lines = "\n".join(text.splitlines()) + "\n"
    coded = binascii.b2a_qp(lines.encode("utf-8", "replace"), istext=True)
    coded = _TAKEN_ELSEWISE.sub(_guarded, coded)
    head = (
        f"Content-Type: text/{kind}; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable"
    )
    return head.encode() + b"\r\n\r\n" + coded.replace(b"\n", b"\r\n")


def _guarded(found: re.Match[bytes]) -> bytes:
    return b"=%02X" % found[0][0] + found[0][1:]


def _file(file: Enclosed) -> Iterator[bytes]:
    """A file in Base64, piece by piece: a long one in one step would let no other thread run."""
    name = headers.one_line(file.name, 255).encode("utf-8", "replace")[:255].decode(errors="ignore")
    name = name or "file"
    kind = file.media_type.lower()
    if not _MEDIA_TYPE.match(kind) or kind.startswith(_COMPOSITE):
        kind = _ANYTHING
    yield (
        f"Content-Type: {headers.file_name(kind, 'name', name)}\r\n"
        "Content-Transfer-Encoding: base64\r\n"
        f"Content-Disposition: {headers.file_name('attachment', 'filename', name)}\r\n\r\n"
    ).encode()
    for at in range(0, len(file.content), _PIECE):
        coded = base64.encodebytes(file.content[at : at + _PIECE])
        yield coded.replace(b"\n", b"\r\n")
