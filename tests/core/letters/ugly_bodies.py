"""Ugly bodies: transfer encodings, charsets, and parts that are put together oddly."""

from base64 import b64encode

from tests.core.letters.ugly import Ugly, mail, part, parts, typed

TEXT = "Content-Type: text/plain; charset=utf-8"
HTML = "Content-Type: text/html; charset=utf-8"
PNG = "Content-Type: image/png; name=a.png"
DEEP = "<div>" * 300 + "x" + "</div>" * 300
# Newer words for the same: what is hidden must not make it look flat.
DEEP_IN_QUOTES = '<div title="</div>">' * 300 + "x"
DEEP_BEHIND_COMMENT = "<!--><div></x>" * 300


def nested(depth: int) -> bytes:
    """Multiparts in each other, with a text innermost."""
    raw = part(TEXT, "Hi")
    for level in range(depth):
        bound = f"b{level}"
        body = b"--" + bound.encode() + b"\n" + raw + b"\n--" + bound.encode() + b"--\n"
        raw = part(f"Content-Type: multipart/mixed; boundary={bound}", body)
    return b"From: jane@example.com\n" + raw


ENCODINGS = (
    Ugly("base64", typed("text/plain", b64encode(b"Hello"), "base64"), {"text": "Hello"}),
    Ugly("base64 in capitals", typed("text/plain", "SGVsbG8=", "BASE64"), {"text": "Hello"}),
    Ugly("base64 without padding", typed("text/plain", "SGVsbG8", "base64"), {"text": "Hello"}),
    Ugly("base64 in pieces", typed("text/plain", "SGk=SGk=", "base64"), {"text": "HiHi"}),
    Ugly(
        "base64 with junk", typed("text/plain", "SG!!\nVs bG8=\n-- ", "base64"), {"text": "Hello"}
    ),
    Ugly("base64 for URLs", typed("text/plain", "4oKs8J-YgA==", "base64"), {"text": "€\U0001f600"}),
    Ugly("base64 of one letter", typed("text/plain", "S", "base64"), {"text": ""}),
    Ugly(
        "q-p",
        typed("text/plain; charset=utf-8", "Gr=C3=BC=C3=9F=\ne =\n", "quoted-printable"),
        {"text": "Grüße"},
    ),
    Ugly(
        "q-p in small letters",
        typed("text/plain; charset=utf-8", "=c3=bc", "quoted-printable"),
        {"text": "ü"},
    ),
    Ugly(
        "q-p that is broken",
        typed("text/plain", "a=b =zz =", "quoted-printable"),
        {"text": "a=b =zz"},
    ),
    Ugly(
        "q-p with raw bytes",
        typed("text/plain; charset=utf-8", "ü=C3=BC", "quoted-printable"),
        {"text": "üü"},
    ),
    Ugly("an encoding of no name", typed("text/plain", "Hi=20", "8-bit"), {"text": "Hi=20"}),
    Ugly("an unknown encoding", typed("text/plain", "Hi", "x-rot13"), {"text": "Hi"}),
    Ugly("an encoding with a comment", typed("text/plain", "SGk=", "base64; x=y"), {"text": "Hi"}),
    Ugly(
        "uuencode as encoding",
        typed("text/plain", "begin 644 a\n%2&5L;&\\\n`\nend\n", "x-uuencode"),
        {"text": "Hello"},
    ),
    Ugly("q-p said to be base64", typed("text/plain", "=", "base64"), {"text": ""}),
)

CHARSETS = (
    Ugly("none, UTF-8", typed("text/plain", "ü"), {"text": "ü"}),
    Ugly("none, Latin", typed("text/plain", b"\xfc"), {"text": "ü"}),
    Ugly("ASCII, UTF-8", typed("text/plain; charset=us-ascii", "ü"), {"text": "ü"}),
    Ugly("UTF-8, Latin", typed("text/plain; charset=utf-8", b"F\xfcr"), {"text": "Für"}),
    Ugly(
        "UTF-8, one byte wrong",
        typed("text/plain; charset=utf-8", "ü" * 30 + "ä".encode()[:1].decode("latin-1")),
        {"text": "ü" * 30 + "Ã"},
    ),
    Ugly(
        "UTF-8, cut off",
        typed("text/plain; charset=utf-8", "ü".encode() * 30 + b"\xc3"),
        {"text": "ü" * 30 + "\ufffd"},
    ),
    Ugly(
        "Windows signs",
        typed("text/plain; charset=iso-8859-1", b"\x93x\x94 \x80"),
        {"text": "“x” €"},
    ),
    Ugly(
        "UTF-16 with a mark",
        typed("text/plain; charset=utf-16", "ü".encode("utf-16")),
        {"text": "ü"},
    ),
    Ugly("UTF-16 that is ASCII", typed("text/plain; charset=utf-16", "Hello!"), {"text": "Hello!"}),
    Ugly(
        "UTF-16 in base64",
        typed("text/plain; charset=utf-16le", b64encode("Grüße".encode("utf-16-le")), "base64"),
        {"text": "Grüße"},
    ),
    Ugly("a mark of UTF-8", typed("text/plain", "\ufeffHi"), {"text": "Hi"}),
    Ugly(
        "iso-2022-jp",
        typed("text/plain; charset=iso-2022-jp", b"\x1b$BF|K\\\x1b(B"),
        {"text": "日本"},
    ),
    Ugly("iso-2022-jp, not said", typed("text/plain", b"\x1b$BF|K\\\x1b(B"), {"text": "日本"}),
    Ugly(
        "gb2312 with more",
        typed("text/plain; charset=gb2312", "镕".encode("gb18030")),
        {"text": "镕"},
    ),
    Ugly(
        "shift_jis with more",
        typed("text/plain; charset=shift_jis", "①".encode("cp932")),
        {"text": "①"},
    ),
    Ugly(
        "ks_c_5601",
        typed('text/plain; charset="ks_c_5601-1987"', "한국".encode("cp949")),
        {"text": "한국"},
    ),
    Ugly("koi8-u", typed("text/plain; charset=koi8-u", "Їжак".encode("koi8-u")), {"text": "Їжак"}),
    Ugly(
        "windows-1256",
        typed("text/plain; charset=windows-1256", "سلام".encode("cp1256")),
        {"text": "سلام"},
    ),
    Ugly(
        "iso-8859-8-i",
        typed("text/plain; charset=iso-8859-8-i", "שלום".encode("iso8859-8")),
        {"text": "שלום"},
    ),
    Ugly("tis-620", typed("text/plain; charset=tis-620", "ไทย".encode("cp874")), {"text": "ไทย"}),
    Ugly("euc-jp", typed("text/plain; charset=EUC-JP", "日本".encode("euc-jp")), {"text": "日本"}),
    Ugly("utf-7", typed("text/plain; charset=unicode-1-1-utf-7", "+AOQ-"), {"text": "ä"}),
    Ugly("utf-7 of half a pair", typed("text/plain; charset=utf-7", "+2AA-"), {"text": "\ufffd"}),
    Ugly("unknown", typed("text/plain; charset=x-unknown", "ü"), {"text": "ü"}),
    Ugly(
        "of Python alone",
        typed("text/plain; charset=unicode_escape", "\\u0041"),
        {"text": "\\u0041"},
    ),
    Ugly("base64 as charset", typed("text/plain; charset=base64", "SGk="), {"text": "SGk="}),
    Ugly("quoted twice", typed("text/plain; charset=\"'utf-8'\"", "ü"), {"text": "ü"}),
    Ugly("of 5 KB", typed(f"text/plain; charset={'x' * 5000}", "ü"), {"text": "ü"}),
    Ugly("NULs", typed("text/plain", b"a\0b\0"), {"text": "ab"}),
    Ugly("controls", typed("text/plain", b"a\x1b[0m\x08b\x7f"), {"text": "a[0mb"}),
    Ugly(
        "HTML says it itself",
        typed("text/html", b'<meta http-equiv=x content="text/html; charset=koi8-r"><p>\xf0\xd2'),
        {"text": "Пр"},
    ),
    Ugly(
        "flowed",
        typed("text/plain; format=flowed", "one \ntwo\n\n> a \n> b\n>> c\n-- \nJane"),
        {"text": "one two\n\n> a b\n>> c\n-- \nJane"},
    ),
    Ugly(
        "flowed without blanks",
        typed("text/plain; format=flowed; delsp=yes", "日 \n本"),
        {"text": "日本"},
    ),
    Ugly("enriched", typed("text/enriched", "<bold>Hi</bold> <<you>"), {"text": "Hi <you>"}),
    Ugly("a text of an odd type", typed("text/markdown", "# Hi"), {"text": "# Hi", "parts": []}),
)

PARTS = (
    Ugly(
        "text and HTML",
        parts("multipart/alternative", part(TEXT, "Hi"), part(HTML, "<p>Hi")),
        {"text": "Hi", "html": "<p>Hi", "parts": []},
    ),
    Ugly(
        "only HTML", typed("text/html", "<p>Hi<br>you"), {"text": "Hi\nyou", "html": "<p>Hi<br>you"}
    ),
    Ugly(
        "an empty text beside HTML",
        parts("multipart/alternative", part(TEXT, " \n"), part(HTML, "<p>Hi")),
        {"text": "Hi"},
    ),
    Ugly(
        "two texts as alternatives",
        parts("multipart/alternative", part(TEXT, "one"), part(TEXT, "two")),
        {"text": "one\ntwo"},
    ),
    Ugly(
        "text, file, text",
        parts("multipart/mixed", part(TEXT, "one"), part(PNG, "png"), part(TEXT, "two")),
        {"text": "one\n\ntwo", "names": ["a.png"], "html": None},
    ),
    Ugly(
        "HTML and a footer",
        parts("multipart/mixed", part(HTML, "<p>Hi"), part(TEXT, "<footer>")),
        {
            "text": "Hi\n\n<footer>",
            "html": '<p>Hi<div style="white-space: pre-wrap">&lt;footer&gt;</div>',
        },
    ),
    Ugly(
        "a picture in HTML",
        parts(
            "multipart/related",
            part(HTML, '<img src="cid:1@x">'),
            part(f"{PNG}\nContent-ID: <1@x>", "png"),
        ),
        {"html": '<img src="cid:1@x">', "inline": ["1@x"], "names": ["a.png"]},
    ),
    Ugly(
        "pictures, of which HTML shows one",
        parts(
            "multipart/mixed",
            part(HTML, "<img src='CID:a%40x'>"),
            part(f"{PNG}\nContent-ID: <a@x>\nContent-Disposition: attachment", "png"),
            part(f"{PNG}\nContent-ID: <b@x>\nContent-Disposition: inline", "png"),
        ),
        {"inline": ["a@x"], "names": ["a.png", "a.png"]},
    ),
    Ugly(
        "the root is not the first",
        parts(
            'multipart/related; start="<r@x>"',
            part(f"{PNG}\nContent-ID: <1@x>", "png"),
            part(f"{HTML}\nContent-ID: <r@x>", "<p>Hi"),
        ),
        {"text": "Hi", "names": ["a.png"]},
    ),
    Ugly(
        "a text that is attached",
        parts(
            "multipart/mixed",
            part(TEXT, "Hi"),
            part(f"{TEXT}\nContent-Disposition: attachment", "x"),
        ),
        {"text": "Hi", "parts": [("text.txt", "text/plain", b"x")]},
    ),
    Ugly(
        "a text with a name",
        parts(
            "multipart/mixed", part(TEXT, "Hi"), part("Content-Type: text/plain; name=a.log", "x")
        ),
        {"text": "Hi", "names": ["a.log"]},
    ),
    Ugly(
        "the only text has a name",
        mail("Content-Type: text/plain; name=a.txt\nContent-Disposition: inline", "Hi"),
        {"text": "Hi", "names": ["a.txt"]},
    ),
    Ugly("only a picture", typed("image/png; name=a.png", "png"), {"text": "", "names": ["a.png"]}),
    Ugly(
        "an inline file",
        parts(
            "multipart/mixed", part(TEXT, "Hi"), part(f"{PNG}\nContent-Disposition: inline", "png")
        ),
        {"inline": [], "names": ["a.png"]},
    ),
    Ugly(
        "no boundary",
        mail("Content-Type: multipart/mixed", b"--q\n\nHi\n--q--\n"),
        {"text": "Hi", "defects": ["has a multipart without a boundary"]},
    ),
    Ugly(
        "no boundary anywhere",
        mail("Content-Type: multipart/mixed", "Hi"),
        {
            "text": "Hi",
            "defects": ["has a multipart without a boundary", "has a multipart without parts"],
        },
    ),
    Ugly(
        "another boundary",
        mail("Content-Type: multipart/mixed; boundary=y", "--x\n\nHi\n--x--"),
        {"text": "--x\n\nHi\n--x--", "defects": ["has a multipart without parts"]},
    ),
    Ugly(
        "no last boundary",
        mail("Content-Type: multipart/mixed; boundary=x", "--x\n\nHi\n--x\n\nyou"),
        {"text": "Hi\n\nyou", "defects": ["ends before its last part does"]},
    ),
    Ugly(
        "cut off in the headers of a part",
        mail("Content-Type: multipart/mixed; boundary=x", "--x\n\nHi\n--x\nContent-Ty"),
        {"text": "Hi\n\nContent-Ty"},
    ),
    Ugly(
        "a preamble and more behind",
        parts("multipart/mixed", part(TEXT, "Hi")) + b"behind",
        {"text": "Hi"},
    ),
    Ugly(
        "a boundary that begins another",
        mail("Content-Type: multipart/mixed; boundary=x", "--x\n\nHi\n--xy\n--x--"),
        {"text": "Hi\n--xy"},
    ),
    Ugly(
        "a boundary with blanks",
        mail('Content-Type: multipart/mixed; boundary="a b"', "--a b  \n\nHi\n--a b--\t\n"),
        {"text": "Hi"},
    ),
    Ugly(
        "a boundary of signs",
        mail(
            'Content-Type: multipart/mixed; boundary="=_(.*)+?"', "--=_(.*)+?\n\nHi\n--=_(.*)+?--"
        ),
        {"text": "Hi"},
    ),
    Ugly(
        "the same boundary twice",
        parts(
            "multipart/mixed", part("Content-Type: multipart/mixed; boundary=x", "--x\n\nHi\n--x--")
        ),
        {"text": "Hi"},
    ),
    Ugly(
        "a part without headers",
        mail("Content-Type: multipart/mixed; boundary=x", "--x\nHi there\n--x--"),
        {"text": "Hi there"},
    ),
    Ugly(
        "an empty part",
        mail("Content-Type: multipart/mixed; boundary=x", "--x\n--x\n\nHi\n--x--"),
        {"text": "Hi"},
    ),
    Ugly(
        "only an end",
        mail("Content-Type: multipart/mixed; boundary=x", "--x--\n"),
        {"text": "--x--"},
    ),
    Ugly(
        "a multipart said to be base64",
        mail(
            "Content-Type: multipart/mixed; boundary=x\nContent-Transfer-Encoding: base64",
            "--x\n\nHi\n--x--",
        ),
        {"text": "Hi"},
    ),
    Ugly("19 levels", nested(19), {"text": "Hi", "defects": []}),
    Ugly(
        "30 levels",
        nested(30),
        {"text": "", "names": ["parts.eml"], "defects": ["has parts in more than 20 levels"]},
    ),
    Ugly(
        "300 parts",
        parts("multipart/mixed", *[part(PNG, "x")] * 300),
        {
            "names": ["a.png"] * 200,
            "defects": ["has more than 200 parts; the others are in the original"],
        },
    ),
    Ugly(
        "a part with 300 headers",
        parts("multipart/mixed", part("X: y\n" * 300 + TEXT, "x"), part(TEXT, "Hi")),
        {
            "text": "Hi",
            "names": ["part.eml"],
            "defects": ["has a part that has more than 200 headers"],
        },
    ),
    Ugly(
        "HTML of 600 KB",
        typed("text/html", "<p>a</p>\n" * 70_000),
        {
            "html": None,
            "cut": True,
            "names": ["message.html"],
            "defects": ["has HTML of more than 512 KB"],
        },
    ),
    Ugly(
        "HTML in 300 levels",
        typed("text/html", DEEP),
        {
            "html": None,
            "text": "x",
            "names": ["message.html"],
            "defects": ["has HTML in more than 200 levels"],
        },
    ),
    Ugly(
        "levels behind quotes",
        typed("text/html", DEEP_IN_QUOTES),
        {"html": None, "names": ["message.html"]},
    ),
    Ugly("levels behind a comment", typed("text/html", DEEP_BEHIND_COMMENT), {"html": None}),
    Ugly(
        "a text of 150,000",
        mail("", "a" * 150_000),
        {"text": "a" * 100_000, "cut": True, "names": ["message.txt"]},
    ),
    Ugly("a text of 2 MB", mail("", "a\n" * 1_000_000), {"cut": True, "names": ["message.txt"]}),
    Ugly(
        "AMP beside HTML",
        parts(
            "multipart/alternative",
            part(TEXT, "Hi"),
            part("Content-Type: text/x-amp-html", "<html amp>"),
            part(HTML, "<p>Hi"),
        ),
        {"text": "Hi", "html": "<p>Hi", "parts": []},
    ),
    Ugly(
        "AppleDouble",
        parts(
            "multipart/appledouble",
            part("Content-Type: application/applefile; name=._a.png", "x"),
            part(PNG, "png"),
        ),
        {"names": ["._a.png", "a.png"]},
    ),
    Ugly(
        "alternatives in related in mixed",
        parts(
            "multipart/mixed",
            part(
                "Content-Type: multipart/related; boundary=r",
                b"--r\nContent-Type: multipart/alternative; boundary=a\n\n--a\n\nHi\n--a\n"
                b"Content-Type: text/html\n\n<img src=cid:i>\n--a--\n--r\nContent-Type: image/gif\n"
                b"Content-ID: <i>\n\ngif\n--r--\n",
            ),
            part("Content-Type: application/pdf", "pdf"),
        ),
        {
            "text": "Hi",
            "html": "<img src=cid:i>",
            "names": ["image.gif", "application.pdf"],
            "inline": ["i"],
        },
    ),
)

UGLY = (
    *(each._replace(name=f"encoding: {each.name}") for each in ENCODINGS),
    *(each._replace(name=f"charset: {each.name}") for each in CHARSETS),
    *(each._replace(name=f"parts: {each.name}") for each in PARTS),
)
