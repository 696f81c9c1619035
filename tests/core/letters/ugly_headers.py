"""Ugly headers: charsets, encoded words, parameters, addresses, ids, dates."""

from tests.core.letters.ugly import Ugly, mail, part, parts, typed

LONG_NAME = "a" * 5_000
FROM = b"From: Jane <jane@example.com>\n"


def subject(raw: str | bytes) -> bytes:
    """A mail with this subject."""
    line = raw if isinstance(raw, bytes) else raw.encode()
    return FROM + b"Subject: " + line + b"\n\nHi\n"


def sender(raw: str | bytes) -> bytes:
    """A mail from these."""
    line = raw if isinstance(raw, bytes) else raw.encode()
    return b"From: " + line + b"\nSubject: x\n\nHi\n"


SUBJECTS = (
    ("plain", "Where is it?", "Where is it?"),
    ("q", "=?utf-8?q?Gr=C3=BC=C3=9Fe_aus_K=C3=B6ln?=", "Grüße aus Köln"),
    ("b", "=?UTF-8?B?R3LDvMOfZQ==?=", "Grüße"),
    ("two words make one letter", "=?utf-8?b?4oI=?= =?utf-8?b?rA==?=", "€"),
    ("two words, two charsets", "=?utf-8?q?=E2=82=AC?= =?iso-8859-1?q?=FC?=", "€ü"),
    ("word and text", "=?utf-8?q?a?= b", "a b"),
    ("text glued to a word", "Re:=?utf-8?q?_a?=b", "Re: ab"),
    ("folded", "one\n two\n\tthree", "one two three"),
    ("folded with a blank line of spaces", "one\n \n two", "one two"),
    ("language", "=?utf-8*de?q?=C3=BC?=", "ü"),
    ("spaces within", "=?utf-8?q?a b c?=", "a b c"),
    ("a question mark at the end", "=?utf-8?q?why?_?=", "why? "),
    ("equals sign first", "=?utf-8?q?=41?=", "A"),
    ("no padding", "=?utf-8?b?SGVsbG8?=", "Hello"),
    ("broken base64", "=?utf-8?b?S*G-V?=", "Ho\u2022"),
    ("broken q", "=?utf-8?q?a=zz=4?=", "a=zz=4"),
    ("unknown charset, UTF-8 within", "=?klingon?q?=C3=BC?=", "ü"),
    ("unknown charset, Latin within", "=?klingon?q?=FC?=", "ü"),
    ("UTF-8 under the name of Latin", "=?iso-8859-1?q?=C3=BC?=", "ü"),
    ("Latin under the name of UTF-8", "=?utf-8?q?=FC?=", "ü"),
    ("unknown encoding", "=?utf-8?x?a?=", "=?utf-8?x?a?="),
    ("not closed", "=?utf-8?q?abc", "=?utf-8?q?abc"),
    ("nothing", "=?utf-8?q??=", ""),
    ("charset of no name", "=??q?a?=", "=??q?a?="),
    ("codec that is none for text", "=?rot13?q?uryyb?=", "uryyb"),
    ("codec that is slow", "=?punycode?q?a-?=", "a-"),
    ("iso-2022-jp", "=?iso-2022-jp?b?GyRCRnxLXBsoQg==?=", "日本"),
    ("gb2312", "=?gb2312?b?1tC5+g==?=", "中国"),
    ("euc-kr", "=?ks_c_5601-1987?b?x9GxuQ==?=", "한국"),
    ("koi8-r", "=?koi8-r?b?8NLJ18XU?=", "Привет"),
    ("windows-1251", "=?windows-1251?b?z/Do4uXy?=", "Привет"),
    ("shift_jis", "=?shift_jis?b?k/qWew==?=", "日本"),
    ("big5", "=?big5?b?pKSk5Q==?=", "中文"),
    ("utf-7", "=?utf-7?q?+AOQ-?=", "ä"),
    ("raw UTF-8", "Grüße", "Grüße"),
    ("raw Latin-1", b"Gr\xfc\xdfe", "Grüße"),
    ("raw iso-2022-jp", b"\x1b$BF|K\\\x1b(B", "日本"),
    ("NUL and controls", b"a\0b\x07c\x1b[31m", "abc[31m"),
    ("encoded line break", "=?utf-8?q?a=0D=0ABcc:_x@example.com?=", "a Bcc: x@example.com"),
    ("encoded NUL", "=?utf-8?q?a=00b?=", "ab"),
    ("lone surrogate", "=?utf-7?q?+2AA-?=", "\ufffd"),
    ("nested words", "=?utf-8?q?=3D=3Futf-8=3Fq=3Fa=3F=3D?=", "=?utf-8?q?a?="),
    ("very long", "a" * 2_000, "a" * 998),
    ("case of the names", "=?Utf-8?Q?=c3=BC?=", "ü"),
    ("direction turned", "a\u202eb", "a\u202eb"),
    ("emoji in two words", "=?utf-8?b?8J+Y?= =?utf-8?b?gA==?=", "\U0001f600"),
)

SENDERS = (
    ("plain", "jane@example.com", "jane@example.com"),
    ("with a name", "Jane Doe <jane@example.com>", "Jane Doe <jane@example.com>"),
    ("quoted", '"Doe, Jane" <jane@example.com>', "Doe, Jane <jane@example.com>"),
    ("escaped", '"Jane \\"J\\" Doe" <jane@example.com>', 'Jane "J" Doe <jane@example.com>'),
    ("comment", "jane@example.com (Jane (the one) Doe)", "Jane the one Doe <jane@example.com>"),
    ("encoded", "=?utf-8?q?J=C3=A4ne?= <jane@example.com>", "Jäne <jane@example.com>"),
    ("encoded in quotes", '"=?utf-8?q?J=C3=A4ne?=" <jane@example.com>', "Jäne <jane@example.com>"),
    ("comma in a word", "=?utf-8?q?Doe, J?= <jane@example.com>", "Doe, J <jane@example.com>"),
    ("encoded comma", "=?utf-8?q?Doe=2C_J?= <jane@example.com>", "Doe, J <jane@example.com>"),
    ("all encoded", "=?utf-8?q?Jane_=3Cjane=40example.com=3E?=", "Jane <jane@example.com>"),
    (
        "address in the name",
        '"boss@example.com" <jane@example.com>',
        "boss@example.com <jane@example.com>",
    ),
    ("address twice", "jane@example.com <jane@example.com>", "jane@example.com"),
    ("two", "a@example.com, b@example.com", "a@example.com"),
    ("spaces around", "Jane < jane@example.com >", "Jane <jane@example.com>"),
    ("not closed", "Jane <jane@example.com", "Jane <jane@example.com>"),
    ("quote not closed", '"Jane <jane@example.com>', "Jane <jane@example.com>"),
    ("double brackets", "Jane <<jane@example.com>>", "Jane <jane@example.com>"),
    ("route of old", "<@a.example,@b.example:jane@example.com>", "jane@example.com"),
    ("mailto", "Jane <mailto:jane@example.com>", "Jane <jane@example.com>"),
    ("apostrophes", "'jane@example.com' <jane@example.com>", "jane@example.com"),
    ("bare with a name", "Jane jane@example.com", "Jane <jane@example.com>"),
    ("blanks around the sign", "jane @ example.com", "jane@example.com"),
    ("empty brackets", "jane@example.com <>", "jane@example.com"),
    ("only brackets", "<>", None),
    ("no domain", "jane", None),
    ("nothing", "", None),
    ("two at signs", "jane@a@example.com", None),
    ("international", "Jäne <jäne@exämple.com>", "Jäne <jäne@exämple.com>"),
    ("raw Latin-1", b"J\xe4ne <jane@example.com>", "Jäne <jane@example.com>"),
    ("zero width in the address", "jane\u200b@example.com", None),
    ("group", "Friends: a@example.com, b@example.com;", "a@example.com"),
    ("undisclosed", "undisclosed-recipients:;", None),
    ("line break in the name", "=?utf-8?q?a=0D=0Ab?= <jane@example.com>", "a b <jane@example.com>"),
    ("folded in the middle", "Jane\n <jane@example.com>", "Jane <jane@example.com>"),
    ("name of 5 KB", f"{LONG_NAME} <jane@example.com>", f"{'a' * 255} <jane@example.com>"),
    ("address of 300", f"{'a' * 300}@example.com", None),
)

IDS = (
    ("plain", "<a@example.com>", "a@example.com"),
    ("no brackets", "a@example.com", "a@example.com"),
    ("folded", "\n <a@example.com>", "a@example.com"),
    ("broken by a line", "<a@exam\n ple.com>", "a@example.com"),
    ("spaces", "< a@example.com >", "a@example.com"),
    ("comment", "<a@example.com> (added by relay)", "a@example.com"),
    ("no at sign", "<a.b.c>", "a.b.c"),
    ("empty", "<>", None),
    ("too long", f"<{'a' * 999}@x>", None),
    ("nothing", "", None),
)

DATES = (
    ("plain", "Wed, 10 Dec 2025 15:30:00 +0100", 1765377000),
    ("no day", "10 Dec 2025 14:30:00 GMT", 1765377000),
    ("two digits", "Wed, 10 Dec 25 14:30:00 +0000", 1765377000),
    ("comment", "Wed, 10 Dec 2025 15:30:00 +0100 (CET)", 1765377000),
    ("no seconds", "Wed, 10 Dec 2025 14:30 +0000", 1765377000),
    ("no zone", "Wed, 10 Dec 2025 14:30:00", 1765377000),
    ("asctime", "Wed Dec 10 14:30:00 2025", 1765377000),
    ("before 1970", "Wed, 10 Dec 1969 14:30:00 +0000", None),
    ("far away", "Wed, 10 Dec 99999 14:30:00 +0000", None),
    ("words", "yesterday", None),
    ("no such month", "Wed, 10 Foo 2025 14:30:00 +0000", None),
    ("nothing", "", None),
)

PARAMETERS = (
    ("plain", "filename=a.txt", "a.txt"),
    ("quoted", 'filename="a b;c.txt"', "a b;c.txt"),
    ("extended", "filename*=utf-8''%e2%82%ac.txt", "€.txt"),
    ("extended Latin", "filename*=iso-8859-1'en'%fc.txt", "ü.txt"),
    ("continued", "filename*0=a; filename*1=b.txt", "ab.txt"),
    ("continued and extended", "filename*0*=utf-8''%e2%82; filename*1*=%ac.txt", "€.txt"),
    ("in the other order", "filename*1=b.txt; filename*0=a", "ab.txt"),
    ("a number left out", "filename*0=a; filename*2=c.txt", "ac.txt"),
    ("both ways", "filename=plain.txt; filename*=utf-8''%e2%82%ac.txt", "€.txt"),
    ("encoded word", 'filename="=?utf-8?q?=E2=82=AC.txt?="', "€.txt"),
    ("encoded word without quotes", "filename==?utf-8?b?4oKsLnR4dA==?=", "€.txt"),
    ("broken percent", "filename*=utf-8''%zz.txt", "%zz.txt"),
    ("no charset", "filename*=%e2%82%ac.txt", "€.txt"),
    ("raw UTF-8", "filename=€.txt", "€.txt"),
    ("apostrophes", "filename='a.txt'", "a.txt"),
    ("quote not closed", 'filename="a.txt', "a.txt"),
    ("path", 'filename="..\\..\\a.txt"', "..\\..\\a.txt"),
    ("path of Unix", 'filename="../../etc/passwd"', "../../etc/passwd"),
    ("zero width", 'filename=".htaccess\u200b"', ".htaccess\u200b"),
    ("line break within", 'filename="a\n b.txt"', "a b.txt"),
    ("twice", "filename=a.txt; filename=b.txt", "a.txt"),
    ("spaces around", "filename = a.txt", "a.txt"),
    ("5 KB", f"filename={LONG_NAME}.txt", "a" * 1000),
    ("empty", 'filename=""', "image.png"),
    ("none", "x=y", "image.png"),
    ("NUL", 'filename="a\0.txt"', "a.txt"),
)


def named(parameter: str) -> bytes:
    """A mail with a picture of this name."""
    return parts(
        "multipart/mixed",
        part("Content-Type: text/plain", "Hi"),
        part(f"Content-Type: image/png\nContent-Disposition: attachment; {parameter}", "png"),
    )


WHOLE = (
    Ugly("only a from", sender("jane@example.com"), {"text": "Hi", "parts": [], "html": None}),
    Ugly("From of a mailbox above", b"From jane Mon Jan 1\n" + subject("x"), {"subject": "x"}),
    Ugly("escaped From above", b">From jane Mon Jan 1\n" + subject("x"), {"subject": "x"}),
    Ugly("blank lines above", b"\r\n\n" + subject("x"), {"subject": "x", "text": "Hi"}),
    Ugly("only line feeds", subject("x").replace(b"\r\n", b"\n"), {"text": "Hi"}),
    Ugly("only carriage returns", subject("x").replace(b"\n", b"\r"), {"text": "Hi"}),
    Ugly("ends mixed", FROM + b"Subject: x\r\n\nHi\r", {"subject": "x", "text": "Hi"}),
    Ugly("no blank line", FROM + b"Subject: x\nHello there\nyou", {"text": "Hello there\nyou"}),
    Ugly(
        "junk among headers", b"junk line\n" + FROM + b"more junk\nSubject: x\n\nHi", {"text": "Hi"}
    ),
    Ugly("no body", FROM + b"Subject: x", {"subject": "x", "text": ""}),
    Ugly(
        "space before the colon", b"From : jane@example.com\n\nHi", {"sender": "jane@example.com"}
    ),
    Ugly(
        "name of a header in capitals",
        b"FROM: jane@example.com\n\nHi",
        {"sender": "jane@example.com"},
    ),
    Ugly(
        "two senders in two headers",
        FROM + b"From: b@example.com\n\nHi",
        {"sender": "Jane <jane@example.com>"},
    ),
    Ugly("only a Sender", b"Sender: s@example.com\n\nHi", {"sender": "s@example.com"}),
    Ugly("two subjects", subject("a").replace(b"\n\n", b"\nSubject: b\n\n"), {"subject": "a"}),
    Ugly("header without a value", FROM + b"Subject:\n\nHi", {"subject": ""}),
    Ugly("continuation first", b" odd\n" + FROM + b"\nHi", {"sender": "Jane <jane@example.com>"}),
    Ugly(
        "many answered",
        mail("In-Reply-To: <a@x> <b@x>\nReferences: <a@x>\n\t<b@x> <a@x>", "Hi"),
        {"answers": ["a@x", "b@x"], "refs": ["a@x", "b@x"]},
    ),
    Ugly(
        "answer in words",
        mail('In-Reply-To: Your message of "Mon" <a@x>', "Hi"),
        {"answers": ["a@x"]},
    ),
    Ugly(
        "500 references",
        mail("References: " + "\n ".join(f"<{n}@x>" for n in range(500)), "Hi"),
        {"refs": [f"{n}@x" for n in range(450, 500)]},
    ),
    Ugly(
        "recipients",
        mail(
            "To: a@x.example, A <a@x.example>\nCc: =?utf-8?q?=C3=BC?= <b@x.example>;\nTo: c@x.example"
        ),
        {"to": ["a@x.example", "c@x.example"], "cc": ["ü <b@x.example>"]},
    ),
    Ugly(
        "150 recipients",
        mail("To: " + ",\n ".join(f"{n}@x.example" for n in range(150)), "Hi"),
        {"to": [f"{n}@x.example" for n in range(100)], "defects": ["has more than 100 recipients"]},
    ),
    Ugly("reply to", mail("Reply-To: A <a@x.example>, nobody"), {"reply_to": ["A <a@x.example>"]}),
    Ugly("loops", mail("X-cStar-Loop: a\nX-cStar-Loop: b"), {"loops": ["a", "b"]}),
    Ugly("nothing at all", b"", "empty"),
    Ugly("only blank lines", b"\r\n\r\n", "empty"),
    Ugly("no header", b"\n\nHello\n", "no_header"),
    Ugly("a picture", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(range(256)), "no_header"),
    Ugly("one line of 100 KB", b"From: " + b"a" * 100_000, "header_too_large"),
    Ugly("201 headers", FROM + b"X: y\n" * 201 + b"\nHi", "too_many_headers"),
    Ugly(
        "header of 70 KB", FROM + b"X-Long: aaaaaaaaaaaa\n " * 3_500 + b"\nHi", "header_too_large"
    ),
    Ugly(
        "50,000 encoded words",
        FROM + b"Subject: " + b"=?utf-8?q?a?=\n " * 3_500 + b"\n\nHi",
        {"subject": "a" * 998},
    ),
    Ugly(
        "the type twice",
        mail("Content-Type: text/plain\nContent-Type: text/html", "<b>Hi</b>"),
        {"text": "<b>Hi</b>", "html": None},
    ),
    Ugly("type of no form", typed("text", "Hi"), {"text": "Hi"}),
    Ugly("type is a sentence", typed("this is text", "Hi"), {"text": "Hi"}),
    Ugly("type with a blank", typed("text / plain; charset=utf-8", "ü"), {"text": "ü"}),
)

UGLY = (
    *(
        Ugly(f"subject: {name}", subject(raw), {"subject": read.strip()})
        for name, raw, read in SUBJECTS
    ),
    *(Ugly(f"sender: {name}", sender(raw), {"sender": read}) for name, raw, read in SENDERS),
    *(Ugly(f"id: {name}", mail(f"Message-ID: {raw}"), {"id": read}) for name, raw, read in IDS),
    *(Ugly(f"date: {name}", mail(f"Date: {raw}"), {"date": read}) for name, raw, read in DATES),
    *(Ugly(f"file name: {name}", named(raw), {"names": [read]}) for name, raw, read in PARAMETERS),
    *WHOLE,
)
