"""What the parts of a mail are to a reader: text, HTML, files."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from html import escape

from cstar_core.html_text import html_to_text
from cstar_core.letters.charsets import decoded, storable
from cstar_core.letters.headers import Headers, is_media_type, split_headers
from cstar_core.letters.letter import LetterPart
from cstar_core.letters.limits import (
    HEADER_BYTES_MAX,
    HTML_MAX,
    NAME_MAX,
    NESTING_MAX,
    TEXT_MAX,
    Unreadable,
)
from cstar_core.letters.mime import Entity, Parsing
from cstar_core.letters.nesting import is_nested_deeper
from cstar_core.letters.sealed import signed_content
from cstar_core.letters.tnef import Damaged, Packed, unpack
from cstar_core.letters.uu import split_uu

HtmlToText = Callable[[str], str]

_SUBJECT_MAX = 80
# Enough for the text of any charset.
_BYTES_MAX = 8 * TEXT_MAX
_ENDINGS = {
    "application/pdf": "pdf",
    "application/pgp-signature": "asc",
    "application/pkcs7-mime": "p7m",
    "application/pkcs7-signature": "p7s",
    "application/zip": "zip",
    "application/ms-tnef": "dat",
    "image/gif": "gif",
    "image/jpeg": "jpg",
    "image/png": "png",
    "message/rfc822": "eml",
    "text/calendar": "ics",
    "text/csv": "csv",
    "text/html": "html",
    "text/plain": "txt",
    "text/rfc822-headers": "txt",
    "text/vcard": "vcf",
}
_REPORTED = frozenset(
    (
        *("message/delivery-status", "message/global-delivery-status"),
        *("message/disposition-notification", "message/global-disposition-notification"),
        "message/feedback-report",
    )
)
_FORWARDED = ("message/rfc822", "message/global", "message/news")
_HEADERS = "text/rfc822-headers"
_ENRICHED = ("text/enriched", "text/richtext")
_READ = ("text/plain", "text/html", "text/markdown", "text/x-markdown", "text/unknown", *_ENRICHED)
_CALENDAR = "text/calendar"
_TNEF = ("application/ms-tnef", "application/vnd.ms-tnef", "application/x-ms-tnef")
_WINMAIL = "winmail.dat"
_ANY = "application/octet-stream"
_LEVELS_MAX = 3
_LEFT_OUT = ("text/x-amp-html", "application/pgp-encrypted")
_SEALED = ("application/pkcs7-mime", "application/x-pkcs7-mime")
# HTML may tell its charset itself.
_TOLD = re.compile(
    rb"<meta\s[^<>]{0,200}charset\s{0,9}=[\s\"']{0,9}([A-Za-z0-9_-]{1,40})", re.IGNORECASE
)
_TOLD_WITHIN = 2_048
_PGP = re.compile(r"^-----BEGIN PGP (SIGNED )?MESSAGE-----[ \t]*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Said:
    """A stretch of text, as text or HTML or both."""

    plain: str = ""
    html: str = ""
    is_cut: bool = False


Piece = Said | LetterPart


@dataclass(slots=True)
class Gathered:
    """What was found of a mail besides its pieces."""

    protection: str | None = None
    # What programs wrote for programs: notices of delivery and the like.
    reported: list[Entity] = field(default_factory=list)
    forwarded: list[Entity] = field(default_factory=list)
    calendars: list[str] = field(default_factory=list)
    # What is in each winmail.dat, and that itself.
    packed: list[tuple[Packed, LetterPart]] = field(default_factory=list)
    defects: list[str] = field(default_factory=list)
    levels: int = 0


def gather(entity: Entity, found: Gathered) -> Iterator[Piece]:
    """The pieces of a part and of all in it, in their order."""
    kind = entity.type
    if kind == "multipart/alternative" and entity.children:
        yield from _chosen([list(gather(each, found)) for each in entity.children])
    elif kind == "multipart/related" and entity.children:
        yield from _related(entity, found)
    elif entity.children:
        if kind in ("multipart/signed", "multipart/encrypted"):
            _protect(found, kind.partition("/")[2])
        for each in entity.children:
            yield from gather(each, found)
    else:
        yield from _leaf(entity, found)


def _leaf(entity: Entity, found: Gathered) -> Iterator[Piece]:
    kind = entity.type
    if kind in _REPORTED:
        found.reported.append(entity)
    elif kind in _SEALED:
        yield from _sealed(entity, found)
    elif kind in _LEFT_OUT:
        return
    elif kind in _TNEF or file_name(entity).lower() == _WINMAIL:
        yield from _packed(entity, found)
    elif _is_text(entity):
        yield from _said(entity, found)
    else:
        if kind in (*_FORWARDED, _HEADERS):
            found.forwarded.append(entity)
        if kind == _CALENDAR:
            found.calendars.append(decoded(entity.content, entity.kind.get("charset")))
        yield part_of(entity)


def _sealed(entity: Entity, found: Gathered) -> Iterator[Piece]:
    """What S/MIME has encrypted, or signed in one piece with the signature."""
    raw = entity.content
    inner = signed_content(raw) if found.levels < _LEVELS_MAX else None
    if inner is None:
        is_signed = "signed" in entity.kind.get("smime-type")
        _protect(found, "signed" if is_signed else "encrypted")
        yield part_of(entity)
        return
    _protect(found, "signed")
    found.levels += 1
    parsing = Parsing(inner)
    try:
        yield from gather(parsing.whole(), found)
    except Unreadable as error:
        found.defects.append(f"has a signed part that {error.reason}")
        yield part_of(entity)
    found.defects += parsing.defects


def _packed(entity: Entity, found: Gathered) -> Iterator[Piece]:
    """The files in a winmail.dat."""
    part = part_of(entity)
    try:
        packed = unpack(part.content)
    except Damaged:
        yield part
        return
    found.packed.append((packed, part))
    for number, each in enumerate(packed.files, 1):
        name = " ".join(storable(each.name).split())[:NAME_MAX] or f"file-{number}.bin"
        media_type = each.media_type if is_media_type(each.media_type) else _ANY
        yield LetterPart(name, media_type, each.content, each.content_id.strip("<>") or None)


def _protect(found: Gathered, how: str) -> None:
    # What is signed inside of what is encrypted is encrypted.
    found.protection = "encrypted" if "encrypted" in (how, found.protection) else how


def _is_text(entity: Entity) -> bool:
    kind, disposition = entity.type, entity.disposition
    if disposition.value == "attachment" or not kind.startswith("text/"):
        return False
    named = disposition.get("filename") or entity.kind.get("name")
    return kind in _READ if not named else False


def _said(entity: Entity, found: Gathered) -> Iterator[Piece]:
    raw = entity.content
    charset = entity.kind.get("charset")
    if entity.type == "text/html":
        if not charset and (told := _TOLD.search(raw, 0, _TOLD_WITHIN)):
            charset = told[1].decode("ascii")
        yield from _said_in_html(entity, raw, decoded(_beginning(raw, HTML_MAX), charset), found)
        return
    files: list[tuple[bytes, bytes]] = []
    if entity.type == "text/plain":
        raw, files = split_uu(raw)
    text = decoded(_beginning(raw, _BYTES_MAX), charset)
    if entity.type in _ENRICHED:
        yield Said(html=text.replace("<<", "&lt;"))
        return
    if entity.kind.get("format").lower() == "flowed":
        text = _unflowed(text, entity.kind.get("delsp").lower() == "yes")
    if armour := _PGP.search(text):
        _protect(found, "signed" if armour[1] else "encrypted")
    yield Said(text, is_cut=len(raw) > _BYTES_MAX)
    if len(raw) > _BYTES_MAX:
        yield LetterPart("message.txt", entity.type, raw)
    for name, content in files:
        yield LetterPart(" ".join(decoded(name).split()) or "file.bin", _ANY, content)


def _said_in_html(entity: Entity, raw: bytes, html: str, found: Gathered) -> Iterator[Piece]:
    """HTML; what is too large or too deep to be laid out is a file, and its words are the text."""
    if len(raw) <= HTML_MAX and not is_nested_deeper(html, NESTING_MAX):
        yield Said(html=html)
        return
    found.defects.append(
        f"has HTML of more than {HTML_MAX // 1024} KB"
        if len(raw) > HTML_MAX
        else f"has HTML in more than {NESTING_MAX} levels"
    )
    yield Said(html_to_text(html), is_cut=len(raw) > HTML_MAX)
    yield LetterPart("message.html", entity.type, raw)


def _beginning(raw: bytes, most: int) -> bytes:
    """At most so many bytes, up to the end of a line, so that no letter is cut in two."""
    if len(raw) <= most:
        return raw
    end = raw.rfind(b"\n", most - most // 8, most)
    return raw[: end if end >= 0 else most]


def _unflowed(text: str, delete_space: bool) -> str:
    """Lines that a program has broken, as one (RFC 3676).

    >>> _unflowed("a \\nb\\n> c \\n> d\\n-- \\ne", False)
    'a b\\n> c d\\n-- \\ne'
    """
    lines: list[str] = []
    flows, depth = False, 0
    for line in text.split("\n"):
        bare = line.lstrip(">")
        quotes = len(line) - len(bare)
        bare = bare.removeprefix(" ")
        if flows and quotes == depth and bare != "-- ":
            lines.append(bare)
        else:
            lines.append("\n" + ">" * quotes + (" " if quotes else "") + bare)
        flows, depth = bare.endswith(" ") and bare != "-- ", quotes
        if flows and delete_space:
            lines[-1] = lines[-1][:-1]
    return "".join(lines)[1:]


def _chosen(children: list[list[Piece]]) -> Iterator[Piece]:
    """Of several ways to say the same, the first text and the last HTML."""
    said = [[each for each in pieces if isinstance(each, Said)] for pieces in children]
    plain = [text for one in said if (text := "\n".join(each.plain for each in one)).strip()]
    html = [text for one in said if (text := "".join(each.html for each in one)).strip()]
    cut = any(each.is_cut for one in said for each in one)
    # Without HTML these are no two ways to say it, but two texts under a wrong name.
    text = plain[0] if plain and html else "\n".join(plain)
    yield Said(text, html[-1] if html else "", cut)
    for pieces in children:
        yield from (each for each in pieces if isinstance(each, LetterPart))


def _related(entity: Entity, found: Gathered) -> Iterator[Piece]:
    """A text, and what it shows."""
    start = entity.kind.get("start").strip("<> ")
    ids = [content_id(each) for each in entity.children]
    root = ids.index(start) if start and start in ids else 0
    yield from gather(entity.children[root], found)
    for number, each in enumerate(entity.children):
        if number != root:
            yield from gather(each, found)


def content_id(entity: Entity) -> str | None:
    """What HTML calls a part, if anything."""
    bare = decoded(entity.headers.raw("content-id")).strip().strip("<>").strip()
    return bare[:NAME_MAX] or None


def part_of(entity: Entity) -> LetterPart:
    """A part as a file."""
    disposition, cid = entity.disposition, content_id(entity)
    inline = disposition.value == "inline" or (cid is not None and disposition.value == "")
    return LetterPart(file_name(entity), entity.type, entity.content, cid, inline)


def file_name(entity: Entity) -> str:
    """What a part is called, or what it might be called."""
    given = entity.disposition.get("filename") or entity.kind.get("name")
    bare = " ".join(storable(given).split())
    return bare[:NAME_MAX] or _named(entity)


def _named(entity: Entity) -> str:
    """What a part without a name may be called."""
    kind = entity.type
    if kind in _FORWARDED:
        subject = forwarded_headers(entity).text("subject")
        return f"{subject[:_SUBJECT_MAX].strip() or 'message'}.eml"
    described = entity.headers.text("content-description")[:_SUBJECT_MAX].strip()
    usual = {_CALENDAR: "invite"}.get(kind, kind.partition("/")[0])
    return f"{described or usual}.{_ENDINGS.get(kind, 'bin')}"


def forwarded_headers(entity: Entity) -> Headers:
    """The headers of a mail that is in another one, as far as they are within the limits."""
    try:
        beginning = entity.content[: HEADER_BYTES_MAX + 4].lstrip(b"\r\n")
        return split_headers(beginning)[0]
    except Unreadable:
        return Headers()


def as_text(said: Said, html_to_text: HtmlToText) -> str:
    """The text of a stretch."""
    return said.plain if said.plain.strip() or not said.html else html_to_text(said.html)


def as_html(said: Said) -> str:
    """The HTML of a stretch."""
    if said.html or not said.plain.strip():
        return said.html
    return f'<div style="white-space: pre-wrap">{escape(said.plain)}</div>'
