"""Mail that is made to keep a program busy: each piece is repeated to any size."""

from collections.abc import Callable

from tests.core.letters.packing import attribute, packed_file, winmail

FROM = b"From: jane@example.com\n"
HEADER = 60_000
MIXED = FROM + b"Content-Type: multipart/mixed; boundary=x\n\n"

Made = Callable[[int], bytes]


def repeated(piece: bytes, size: int) -> bytes:
    """A piece as often as it goes into a size."""
    return piece * max(1, size // len(piece))


def body(head: bytes, piece: bytes, end: bytes = b"") -> Made:
    """A body of one piece, again and again."""
    return lambda size: FROM + head + b"\n\n" + repeated(piece, size) + end


def header(begin: bytes, piece: bytes, end: bytes = b"") -> Made:
    """A header of one piece, as long as a header may be."""
    return lambda size: FROM + begin + repeated(piece, min(size, HEADER)) + end + b"\n\nHi"


def tnef(piece: bytes) -> Made:
    """A winmail.dat of one piece, again and again."""
    return lambda size: (
        FROM + b"Content-Type: application/ms-tnef\n\n" + winmail() + repeated(piece, size)
    )


def nested(size: int) -> bytes:
    """Multiparts in each other, all in one body."""
    raw = b""
    for level in range(min(size // 50, 2_000)):
        raw += b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (level, level)
    return FROM + raw + repeated(b"--b1\n", size)


TEXT = b"Content-Type: text/plain"
HTML = b"Content-Type: text/html"
B64 = TEXT + b"\nContent-Transfer-Encoding: base64"
QP = TEXT + b"\nContent-Transfer-Encoding: quoted-printable"
FLOWED = TEXT + b"; format=flowed"

HOSTILE: dict[str, Made] = {
    "plain": body(TEXT, b"a"),
    "lines": body(TEXT, b"a\n"),
    "blank lines": body(TEXT, b"\n"),
    "carriage returns": body(TEXT, b"\r"),
    "bytes of no charset": body(TEXT, b"\xff"),
    "UTF-8": body(TEXT, "ü".encode()),
    "UTF-7": body(TEXT + b"; charset=utf-7", b"+AOQ-"),
    "EBCDIC": body(TEXT + b"; charset=cp037", b"a"),
    "shifts": body(TEXT, b"\x1b$B"),
    "NULs": body(TEXT, b"\0"),
    "base64": body(B64, b"QUJD"),
    "base64 in pieces": body(B64, b"A="),
    "equals signs in base64": body(B64, b"="),
    "q-p": body(QP, b"=41"),
    "soft line ends": body(QP, b"=\n"),
    "equals signs": body(QP, b"="),
    "flowed": body(FLOWED, b"a \n"),
    "flowed quotes": body(FLOWED, b"> "),
    "quotes": body(TEXT, b"> "),
    "quoted lines": body(TEXT, b">\n"),
    "On On On": body(TEXT, b"On "),
    "heads": body(TEXT, b"On 1 wrote:\n"),
    "fields": body(TEXT, b"From: \n"),
    "armour": body(TEXT, b"-----BEGIN PGP MESSAGE-----"),
    "uuencode": body(TEXT, b"begin 644 a\n"),
    "lines of uuencode": body(TEXT + b"\n\nbegin 644 a", b"#0V%T\n"),
    "short lines of uuencode": body(TEXT + b"\n\nbegin 644 a", b"`\n"),
    "files of uuencode": body(TEXT, b"begin 644 a\n#0V%T\nend\n"),
    "enriched": body(b"Content-Type: text/enriched", b"<"),
    "tags": body(HTML, b"<div>"),
    "begun tags": body(HTML, b"<a "),
    "brackets": body(HTML, b"<"),
    "attributes": body(HTML + b"\n\n<a ", b"b=c "),
    "quoted attributes": body(HTML + b"\n\n<a ", b'b="'),
    "comments": body(HTML, b"<!--"),
    "ended comments": body(HTML, b"<!---->"),
    "styles": body(HTML, b"<style>"),
    "scripts": body(HTML, b"<script></script>"),
    "tables": body(HTML, b"<table><tr><td>"),
    "closed tables": body(HTML, b"<table><tr><td>a</td></tr></table>"),
    "cells": body(HTML + b"\n\n<table><tr>", b"<td>a"),
    "rows": body(HTML + b"\n\n<table>", b"<tr><td>a"),
    "ends": body(HTML, b"</div>"),
    "formats": body(HTML, b"<b><p>"),
    "entities": body(HTML, b"&amp;"),
    "entities not ended": body(HTML, b"&"),
    "numbers": body(HTML + b"\n\n&#", b"9"),
    "lists": body(HTML, b"<ul><li>"),
    "anchors": body(HTML, b"<a href=x>y"),
    "metas": body(HTML, b"<meta "),
    "boundaries": lambda size: MIXED + repeated(b"--x\n", size),
    "boundaries that are none": lambda size: MIXED + repeated(b"--xy\n", size),
    "boundaries with blanks": lambda size: MIXED + b"--x" + repeated(b" ", size),
    "blanks behind boundaries": lambda size: MIXED + repeated(b"--x" + b" " * 99 + b"y\n", size),
    "boundaries in a line": lambda size: MIXED + repeated(b"--x", size),
    "headers of parts": lambda size: MIXED + repeated(b"--x\n" + b"X: y\n" * 199 + b"\n", size),
    "junk in headers of parts": lambda size: (
        MIXED + repeated(b"--x\n" + b"y\n" * 9_999 + b"\n", size)
    ),
    "parts": lambda size: MIXED + repeated(b"--x\n\nHi\n", size),
    "large parts": lambda size: MIXED + repeated(b"--x\n\n" + b"a\n" * 60_000, size),
    "nested": nested,
    "winmail.dat": tnef(packed_file("a", b"b")),
    "attributes of nothing": tnef(b"\x02\0\0\0\0\0\0\0\0\0\0"),
    "properties": tnef(attribute(0x9003, b"\xff\xff\xff\xff" + b"\x02\0\0\x30\0\0\0\0" * 2_000, 1)),
    "values": tnef(attribute(0x9003, b"\1\0\0\0\x02\x10\0\x30\xff\xff\xff\0" + b"\0" * 50_000, 1)),
    "signed": body(b"Content-Type: application/pkcs7-mime", b"\x30\x80"),
    "octets": body(b"Content-Type: application/pkcs7-mime", b"\x24\x80\x04\x01a"),
    "calendar": body(b"Content-Type: text/calendar", b"BEGIN:VEVENT\nSUMMARY:a\n"),
    "folded calendar": body(b"Content-Type: text/calendar", b"\n "),
    "delivery": body(b"Content-Type: message/delivery-status", b"Final-Recipient: a@b\n\n"),
    "a notice in words": body(
        b"Return-Path: <>\nSubject: failure notice", b"<a@b.example>:\nx\n\n"
    ),
    "a notice of one line": body(b"Return-Path: <>\nSubject: failure notice", b"a@b.example "),
    "a mail in it": body(b"Content-Type: message/rfc822", FROM),
    "mails in mails": body(b"Content-Type: message/rfc822\n", b"Content-Type: message/rfc822\n\n"),
    "encoded words": header(b"Subject: ", b"=?utf-8?q?a?= "),
    "encoded words not ended": header(b"Subject: ", b"=?utf-8?q?"),
    "begun words": header(b"Subject: ", b"=?"),
    "question marks": header(b"Subject: =?a", b"?"),
    "addresses": header(b"To: ", b"a@b.example,"),
    "quotes in addresses": header(b"To: ", b'"'),
    "escapes in addresses": header(b'To: "', b"\\"),
    "comments in addresses": header(b"To: ", b"("),
    "comments that end": header(b"To: ", b"()"),
    "brackets in addresses": header(b"To: ", b"<"),
    "groups": header(b"To: ", b"a:"),
    "at signs": header(b"To: ", b"@"),
    "words of one address": header(b"To: ", b"a "),
    "words in addresses": header(b"To: ", b"=?a?q?b?="),
    "references": header(b"References: ", b"<a@b> "),
    "references not ended": header(b"References: ", b"<a"),
    "parameters": header(b"Content-Type: text/plain; ", b"a=b; "),
    "numbered parameters": header(b"Content-Type: text/plain; ", b"a*1=b; "),
    "quotes in parameters": header(b"Content-Type: text/plain; ", b'a="'),
    "semicolons": header(b"Content-Type: text/plain", b";"),
    "stars": header(b"Content-Type: text/plain; ", b"*"),
    "a long boundary": header(b"Content-Type: multipart/mixed; boundary=", b"a"),
    "results": header(b"Authentication-Results: a", b"; spf=pass"),
    "comments in results": header(b"Authentication-Results: a", b"("),
    "a long date": header(b"Date: ", b"1 "),
    "a date of colons": header(b"Date: ", b":"),
    "folds": header(b"Subject: a", b"\n a"),
    "headers of junk": header(b"", b"junk\n", b"Subject: a"),
}
