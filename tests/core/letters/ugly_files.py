"""Ugly mail with something packed in it: winmail.dat, uuencode, mails, invitations, what is sealed."""

from base64 import b64encode
from binascii import b2a_uu

from tests.core.letters.packing import (
    attribute,
    packed_file,
    prop,
    props,
    signed_around,
    signed_in_pieces,
    unicode_,
    winmail,
)
from tests.core.letters.ugly import Ugly, mail, part, parts, typed

TEXT = "Content-Type: text/plain"
TNEF = "Content-Type: application/ms-tnef; name=winmail.dat\nContent-Transfer-Encoding: base64"
INNER = b"From: Bob <bob@example.com>\nSubject: =?utf-8?q?=C3=BC?=\nDate: Mon, 1 Dec 2025 10:00:00 +0000\n\nInner"
RTF = prop(0x102, 0x1009, b"rtf")
ANY = "application/octet-stream"


def with_tnef(*attributes: bytes, text: str = "Hi") -> bytes:
    """A mail with a winmail.dat."""
    return parts("multipart/mixed", part(TEXT, text), part(TNEF, b64encode(winmail(*attributes))))


def uu(name: str, content: bytes, end: str = "end\n") -> str:
    """A file in a text."""
    lines = [b2a_uu(content[place : place + 45]) for place in range(0, len(content), 45)]
    return f"begin 644 {name}\n{b''.join(lines).decode()}`\n{end}"


PACKED = (
    Ugly(
        "a file",
        with_tnef(packed_file("a.txt", b"one")),
        {"text": "Hi", "parts": [("a.txt", ANY, b"one")]},
    ),
    Ugly(
        "two files with long names",
        with_tnef(
            packed_file(
                "LONGNA~1.PDF",
                b"pdf",
                unicode_(0x3707, "Rechnung für Sie.pdf"),
                prop(0x1E, 0x370E, b"application/pdf\0"),
            ),
            packed_file("b.png", b"png", unicode_(0x370E, "image/png"), unicode_(0x3712, "1@x")),
        ),
        {
            "parts": [
                ("Rechnung für Sie.pdf", "application/pdf", b"pdf"),
                ("b.png", "image/png", b"png"),
            ]
        },
    ),
    Ugly(
        "the only text",
        with_tnef(attribute(0x9003, props(unicode_(0x1000, "Grüße")), 1), text=""),
        {"text": "Grüße", "parts": []},
    ),
    Ugly(
        "the only text, as of old",
        with_tnef(
            attribute(0x9007, b"\xe3\x04\0\0\0\0\0\0", 1),
            attribute(0x800C, "Привет".encode("cp1251") + b"\0", 1),
            text="",
        ),
        {"text": "Привет", "parts": []},
    ),
    Ugly(
        "the only HTML",
        with_tnef(attribute(0x9003, props(prop(0x102, 0x1013, b"<p>Hi<br>you")), 1), text=""),
        {"text": "Hi\nyou", "html": "<p>Hi<br>you", "parts": []},
    ),
    Ugly(
        "RTF beside a text",
        with_tnef(attribute(0x9003, props(RTF), 1), packed_file("a.txt", b"one")),
        {"text": "Hi", "names": ["a.txt"]},
    ),
    Ugly(
        "RTF alone",
        with_tnef(attribute(0x9003, props(RTF), 1), text=""),
        {"text": "", "names": ["winmail.dat"]},
    ),
    Ugly(
        "a mail that is attached",
        with_tnef(
            packed_file(
                "mail", b"", prop(0x0D, 0x3701, b"\0" * 16 + winmail(packed_file("a.txt", b"one")))
            )
        ),
        {"names": ["mail", "a.txt"]},
    ),
    Ugly("cut off", with_tnef(packed_file("a.txt", b"one" * 100)[:-200]), {"names": ["a.txt"]}),
    Ugly("nothing in it", with_tnef(), {"text": "Hi", "parts": []}),
    Ugly(
        "none",
        parts("multipart/mixed", part(TEXT, "Hi"), part(TNEF, b64encode(b"nothing"))),
        {"parts": [("winmail.dat", "application/ms-tnef", b"nothing")]},
    ),
    Ugly(
        "told only by its name",
        parts(
            "multipart/mixed",
            part(
                f"Content-Type: {ANY}\nContent-Disposition: attachment; filename=WINMAIL.DAT",
                winmail(packed_file("a.txt", b"one")),
            ),
        ),
        {"names": ["a.txt"]},
    ),
    Ugly(
        "sizes that lie",
        with_tnef(b"\x02\x0f\x80\x06\0\xff\xff\xff\xff" + b"x" * 9),
        {"text": "Hi", "parts": []},
    ),
    Ugly(
        "properties that lie",
        with_tnef(
            attribute(0x9003, b"\xff\xff\xff\xff" + b"\x02\x11\x00\x30\xff\xff\xff\xff" * 50, 1)
        ),
        {"text": "Hi", "parts": []},
    ),
    Ugly(
        "a property of a name",
        with_tnef(
            attribute(
                0x9003,
                props(
                    b"\x03\0\x01\x80" + b"\0" * 16 + b"\x01\0\0\0\x04\0\0\0a\0b\0" + b"\1\0\0\0",
                    b"\x03\0\x02\x80" + b"\0" * 16 + b"\0\0\0\0\x05\0\0\0" + b"\1\0\0\0",
                    b"\x03\x10\x00\x30\x02\0\0\0\1\0\0\0\2\0\0\0",
                    unicode_(0x1000, "Hello"),
                ),
                1,
            ),
            text="",
        ),
        {"text": "Hello"},
    ),
    Ugly("250 files", with_tnef(*[packed_file("a", b"x")] * 250), {"names": ["a"] * 200}),
)

UU = (
    Ugly(
        "a file",
        mail("", "Hi\n" + uu("a.txt", b"Hello") + "Bye"),
        {"text": "Hi\nBye", "parts": [("a.txt", ANY, b"Hello")]},
    ),
    Ugly(
        "two files",
        mail("", uu("a b.txt", b"Hello" * 50) + uu("c.txt", b"you")),
        {"text": "", "names": ["a b.txt", "c.txt"]},
    ),
    Ugly(
        "no end",
        mail("", uu("a.txt", b"Hello", "")),
        {"parts": [], "text": "begin 644 a.txt\n%2&5L;&\\ \n`"},
    ),
    Ugly(
        "only words",
        mail("", "begin 644 years ago\nend"),
        {"parts": [], "text": "begin 644 years ago\nend"},
    ),
    Ugly("broken lines", mail("", "begin 644 a\n!!!!!!\x7f\nend\n"), {"parts": []}),
    Ugly("a path", mail("", uu("../../etc/passwd", b"x")), {"names": ["../../etc/passwd"]}),
    Ugly("60 files", mail("", uu("a", b"x") * 60), {"names": ["a"] * 50}),
)

MAILS = (
    Ugly(
        "a mail with a text",
        parts(
            "multipart/mixed", part(TEXT, "See below"), part("Content-Type: message/rfc822", INNER)
        ),
        {"text": "See below", "names": ["ü.eml"]},
    ),
    Ugly(
        "only a mail",
        typed("message/rfc822", INNER),
        {
            "text": "From: Bob <bob@example.com>\nDate: Mon, 1 Dec 2025 10:00:00 +0000\nSubject: ü\n\nInner"
        },
    ),
    Ugly(
        "a mail in base64",
        parts(
            "multipart/mixed",
            part(
                "Content-Type: message/rfc822\nContent-Transfer-Encoding: base64", b64encode(INNER)
            ),
        ),
        {"parts": [("ü.eml", "message/rfc822", INNER)]},
    ),
    Ugly(
        "a mail with a name",
        parts(
            "multipart/mixed",
            part(TEXT, "Hi"),
            part('Content-Type: message/rfc822; name="old.eml"', INNER),
        ),
        {"names": ["old.eml"]},
    ),
    Ugly(
        "no mail in it",
        typed("message/rfc822", "nothing\n"),
        {"names": ["message.eml"], "text": ""},
    ),
    Ugly(
        "a digest",
        parts("multipart/digest", part("", INNER), part("", INNER)),
        {"names": ["ü.eml", "ü.eml"]},
    ),
    Ugly(
        "a part of a mail",
        typed("message/partial; id=a; number=1", "x"),
        {"names": ["message.bin"]},
    ),
    Ugly(
        "a mail in a mail in a mail",
        typed(
            "message/rfc822",
            b"Subject: a\nContent-Type: message/rfc822\n\nSubject: b\nContent-Type: message/rfc822\n\n"
            + INNER,
        ),
        {"names": ["a.eml"], "text": "Subject: a"},
    ),
)

EVENT = (
    "BEGIN:VCALENDAR\nMETHOD:REQUEST\nBEGIN:VTIMEZONE\nDTSTART:16010101T000000\nEND:VTIMEZONE\nBEGIN:VEVENT\n"
    "SUMMARY;LANGUAGE=en:Fix the wh\n eel\\, soon\nDTSTART;TZID=Europe/Berlin:20260102T100000\nDTEND:20260102T110000Z\n"
    "LOCATION:Here\nDESCRIPTION:One\\nTwo\nBEGIN:VALARM\nEND:VALARM\nEND:VEVENT\nEND:VCALENDAR\n"
)
CALENDARS = (
    Ugly(
        "beside a text",
        parts(
            "multipart/alternative",
            part(TEXT, "Come"),
            part("Content-Type: text/calendar; method=REQUEST", EVENT),
        ),
        {"text": "Come", "names": ["invite.ics"]},
    ),
    Ugly(
        "alone",
        typed("text/calendar; charset=utf-8; method=REQUEST", EVENT),
        {
            "text": "Fix the wheel, soon\n2026-01-02 10:00 Europe/Berlin \u2013 2026-01-02 11:00 UTC\nHere\nOne\nTwo",
            "names": ["invite.ics"],
        },
    ),
    Ugly(
        "without an event",
        typed("text/calendar", "BEGIN:VCALENDAR\nEND:VCALENDAR"),
        {"text": "", "names": ["invite.ics"]},
    ),
    Ugly(
        "a day, and no more",
        typed("text/calendar", "BEGIN:VEVENT\nDTSTART:20260102"),
        {"text": "2026-01-02"},
    ),
    Ugly(
        "a date of no form", typed("text/calendar", "BEGIN:VEVENT\nDTSTART:soon"), {"text": "soon"}
    ),
)

CLEAR = b"Content-Type: text/plain; charset=utf-8\n\nSigned and seen"
SMIME = "application/pkcs7-mime; smime-type={}; name=smime.p7m"
SEALED = (
    Ugly(
        "signed, in parts",
        parts(
            "multipart/signed; protocol=application/pgp-signature",
            part(TEXT, "Hi"),
            part("Content-Type: application/pgp-signature", "sig"),
        ),
        {"text": "Hi", "protection": "signed", "names": ["application.asc"]},
    ),
    Ugly(
        "signed by S/MIME, in parts",
        parts(
            "multipart/signed",
            part(TEXT, "Hi"),
            part("Content-Type: application/pkcs7-signature; name=smime.p7s", "sig"),
        ),
        {"text": "Hi", "protection": "signed", "names": ["smime.p7s"]},
    ),
    Ugly(
        "signed, in one piece",
        typed(SMIME.format("signed-data"), b64encode(signed_around(CLEAR)), "base64"),
        {"text": "Signed and seen", "protection": "signed", "parts": []},
    ),
    Ugly(
        "signed, in pieces",
        typed(
            SMIME.format("signed-data"),
            b64encode(signed_in_pieces([CLEAR[:20], CLEAR[20:]])),
            "base64",
        ),
        {"text": "Signed and seen", "protection": "signed", "parts": []},
    ),
    Ugly(
        "signed, and broken",
        typed(SMIME.format("signed-data"), b64encode(signed_around(CLEAR)[:30]), "base64"),
        {"text": "", "protection": "signed", "names": ["smime.p7m"]},
    ),
    Ugly(
        "signed around nothing",
        typed(SMIME.format("signed-data"), b64encode(signed_around(b"")), "base64"),
        {"text": "", "protection": "signed", "names": ["smime.p7m"]},
    ),
    Ugly(
        "encrypted by S/MIME",
        typed(SMIME.format("enveloped-data"), b64encode(b"\x30\x03\x02\x01\x00"), "base64"),
        {"text": "", "protection": "encrypted", "names": ["smime.p7m"]},
    ),
    Ugly(
        "encrypted by PGP",
        parts(
            "multipart/encrypted; protocol=application/pgp-encrypted",
            part("Content-Type: application/pgp-encrypted", "Version: 1"),
            part(f"Content-Type: {ANY}; name=encrypted.asc", "-----BEGIN PGP MESSAGE-----"),
        ),
        {"text": "", "protection": "encrypted", "names": ["encrypted.asc"]},
    ),
    Ugly(
        "encrypted in the text",
        mail("", "-----BEGIN PGP MESSAGE-----\n\nabc\n-----END PGP MESSAGE-----"),
        {"protection": "encrypted"},
    ),
    Ugly(
        "signed in the text",
        mail(
            "",
            "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nHi\n-----BEGIN PGP SIGNATURE-----",
        ),
        {"protection": "signed"},
    ),
    Ugly(
        "only spoken of", mail("", "I got a -----BEGIN PGP MESSAGE----- why?"), {"protection": None}
    ),
)

UGLY = (
    *(each._replace(name=f"winmail.dat: {each.name}") for each in PACKED),
    *(each._replace(name=f"uuencode: {each.name}") for each in UU),
    *(each._replace(name=f"forwarded: {each.name}") for each in MAILS),
    *(each._replace(name=f"calendar: {each.name}") for each in CALENDARS),
    *(each._replace(name=f"sealed: {each.name}") for each in SEALED),
)
