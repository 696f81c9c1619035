"""Mail with something changed at random, and what must hold of whatever is read of it."""

import random
from collections.abc import Iterator

from cstar_core import Letter, dump_letter, load_letter, quoted_at
from tests.core.letters import ugly_bodies, ugly_files, ugly_headers, ugly_notices
from tests.core.letters.ugly import Ugly, seen

UGLY: tuple[Ugly, ...] = (
    *(*ugly_headers.UGLY, *ugly_bodies.UGLY),
    *(*ugly_files.UGLY, *ugly_notices.UGLY),
)
_SEED_MAX = 20_000
SEEDS = tuple(each.raw for each in UGLY if len(each.raw) <= _SEED_MAX)
_MUCH = 200_000
NATURES = ("personal", "automatic", "list", "bounce")

# Words that mean something to some part of a reader.
_WORDS = (
    *(
        b"\r\n",
        b"\n",
        b"\r",
        b"\n\n",
        b"\0",
        b"--",
        b"--x\n",
        b"--x--\n",
        b":",
        b";",
        b"=",
        b'"',
        b"\\",
    ),
    *(
        b"<",
        b">",
        b"(",
        b")",
        b"@",
        b",",
        b"=?",
        b"?=",
        b"=?utf-8?q?",
        b"=?utf-8?b?",
        b"*0*=",
        b"''",
    ),
    *(b"\xff", b"\xc3", b"\xed\xa0\x80", b"\xef\xbb\xbf", b"\xff\xfe", b"\x1b$B", b"+2AA-", b"%zz"),
    *(b"Content-Type: multipart/mixed; boundary=x\n", b"Content-Type: text/html\n", b"\n\n--x\n"),
    *(
        b"Content-Type: message/rfc822\n",
        b"Content-Type: message/delivery-status\n",
        b"<!--",
        b"<div>",
    ),
    *(b"Content-Transfer-Encoding: base64\n", b"Content-Transfer-Encoding: quoted-printable\n"),
    *(
        b"Content-Type: application/ms-tnef\n",
        b"begin 644 a\n",
        b"\nend\n",
        b"BEGIN:VEVENT\n",
        b"utf-16",
    ),
    *(
        b"charset=utf-7",
        b"charset=iso-2022-kr",
        b"format=flowed",
        b"filename*=",
        b"\x30\x80",
        b"\x24\x80",
    ),
    *(
        b"\xff\xff\xff\xff",
        b"\0\0\0\0",
        b"\x78\x9f\x3e\x22",
        b"Return-Path: <>\n",
        b"Subject: failure notice\n",
    ),
)


def mutations(chance: random.Random) -> Iterator[bytes]:
    """Ugly mail, each with one to six changes."""
    while True:
        raw = chance.choice(SEEDS)
        for _ in range(chance.choice((1, 1, 2, 3, 6))):
            raw = _mutated(raw, chance)[:_MUCH]
        yield raw


def _mutated(raw: bytes, chance: random.Random) -> bytes:
    begin = chance.randrange(len(raw) + 1)
    end = min(len(raw), begin + chance.choice((0, 1, 2, 4, 16, 64, 256)))
    head, piece, tail = raw[:begin], raw[begin:end], raw[end:]
    way = chance.randrange(9)
    if way == 0:
        return head + bytes(chance.randrange(256) for _ in piece) + tail
    if way == 1:
        return head + tail
    if way == 2:
        return head + piece * chance.choice((2, 3, 10, 100, 1_000)) + tail
    if way == 3:
        return head + chance.choice(_WORDS) * chance.choice((1, 1, 2, 50, 5_000)) + tail
    if way == 4:
        other = chance.choice(SEEDS)
        return head + other[chance.randrange(len(other) + 1) :]
    if way == 5:
        return head
    if way == 6:
        return raw.replace(b"\r\n", chance.choice((b"\n", b"\r", b"\r\n\r\n")))
    if way == 7:
        return head + piece.swapcase() + tail
    lines = raw.split(b"\n")
    chance.shuffle(lines)
    return b"\n".join(lines)


def faults(letter: Letter) -> Iterator[str]:
    """What does not hold that must hold of every letter."""
    if load_letter(dump_letter(letter)) != letter:
        yield "not the same once it is dumped"
    if letter.nature not in NATURES or (letter.automatic is None) != (letter.nature == "personal"):
        yield f"{letter.nature}, because of {letter.automatic}"
    if len(letter.text) > 100_000 or len(letter.html or "") > 524_288 or len(letter.subject) > 998:
        yield "too long"
    if len(letter.to) + len(letter.cc) > 100 or len(letter.references) > 50:
        yield "too many"
    if len(letter.identity) != 32:
        yield "no identity"
    place = quoted_at(letter.text)
    if place is not None and not 0 < place < len(letter.text):
        yield f"quoted at {place}"
    for text in _texts(letter):
        if "\0" in text or text.encode(errors="replace").decode() != text:
            yield f"not to be stored: {text[:50]!r}"
    for line in _lines(letter):
        if "\n" in line or "\r" in line:
            yield f"not one line: {line[:50]!r}"
    if not all(part.name and "/" in part.media_type for part in letter.parts):
        yield "a part without a name or type"


def _texts(letter: Letter) -> Iterator[str]:
    pending: list[object] = list(seen(letter).values())
    while pending:
        each = pending.pop()
        if isinstance(each, str):
            yield each
        elif isinstance(each, list | tuple):
            pending += each


def _lines(letter: Letter) -> Iterator[str]:
    yield from (letter.subject, letter.message_id or "", letter.automatic or "")
    yield from (*letter.in_reply_to, *letter.references, *letter.loops, *letter.defects)
    yield from (part.name for part in letter.parts)
    yield from (part.media_type for part in letter.parts)
    people = (*letter.to, *letter.cc, *letter.reply_to, *([letter.sender] if letter.sender else ()))
    for each in people:
        yield from (each.name, each.address)
