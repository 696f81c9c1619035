"""Values that programs stumble over: as JSON, as text for a query or path, and as whole bodies."""

import base64
import json
import random
from typing import Any

_TEXTS = (
    "",
    " ",
    "\t\r\n",
    "a" * 63,
    "a" * 65,
    "a" * 254,
    "a" * 256,
    "a" * 501,
    "a" * 5_001,
    "caf\u00e9",
    "cafe\u0301",
    "\u1e9b\u0323",
    "\u0130stanbul",
    "stra\u00dfe",
    "\u212aelvin",
    "v\u200bip",
    "\u202etxt.exe",
    "\u2066a\u2069",
    "\ufeffa",
    "p\u0430ypal",
    "a" + "\u0300\u0323" * 200,
    "\U0001f469\u200d\U0001f469\u200d\U0001f467",
    "\U0010ffff\ufdd0\ufffe",
    "\u2028\u2029\u0085\u00a0",
    "\u0001\u001b[31m\u007f",
    "a\0b",
    "東京都",
    "\u0e01\u0e33 \u1112\u1161\u11ab",
    "'; DROP TABLE tickets; --",
    '" OR ""="',
    "%s%n{0}{{}}${x}",
    "../../etc/passwd",
    "<script>alert(1)</script>",
    "NEAR(a b, 5) AND (c OR {title}: d*)",
    '"unclosed phrase',
    "-a -b -c",
    "^a* + :b",
    "#1 #99999999999999999999",
    "a,b,,c",
    ",",
    "none",
    "null",
    "true",
    "0",
    "-1",
    "1e999",
    "9223372036854775807",
    "9223372036854775808",
    "9" * 400,
    "NaN",
    "0x10",
    "\u0661\u0662",
    "2025-02-30",
    "2025-12-10",
    "2025-12-10T14:30:00Z",
    "2025-12-10T14:30:00+02:00",
    "9999-12-31T23:59:59-23:59",
    "0000-00-00T00:00:00Z",
    "2025-12-10T24:00:00Z",
    "jane@example.com",
    "JANE@EXAMPLE.COM",
    "a@b@c",
    "tkt_" + "0" * 32,
    "cus_" + "f" * 32,
    "00000000-0000-4000-8000-000000000000",
    "__proto__",
    "constructor",
)
_NUMBERS = (0, 1, -1, 2, 100, 101, 2**31, 2**53 + 1, 2**63 - 1, -(2**63), 0.1, -0.0, 1e308, 5e-324)
# JSON that is not what it seems, or none at all.
_RAW = (
    '"\\ud800"',
    '"\\udc00\\ud800"',
    '"\\u0000"',
    '"\\ud83d\\ude00"',
    "9223372036854775808",
    "-9223372036854775809",
    "1e400",
    "-1E+309",
    "NaN",
    "Infinity",
    "-Infinity",
    "9" * 5_000,
    "0." + "1" * 400,
    "01",
    "1.",
    "+1",
    '{"a":1,"a":2}',
    '{"":0}',
    '{"a.b":{"$.c":["]"]}}',
    "[" * 40 + "]" * 40,
    "[" * 31 + "]" * 31,
    "[" * 100_000,
    '{"a":' * 100_000,
    "nul",
    "'a'",
    "",
)
_BODIES = (
    b"",
    b"null",
    b"[]",
    b"{",
    b"{}{}",
    b"\xff\xfe{}",
    b"\xef\xbb\xbf{}",
    '{"title":"a"}'.encode("utf-16"),
    '{"title":"a"}'.encode("utf-32"),
    b'{"title":"\xff"}',
    b'{"title":"\xed\xa0\x80"}',
    b'{"title":"\xc0\xaf"}',
    b'{"title":"a\x00b"}',
    b"[" * 100_000,
    b'{"a":' * 100_000,
    b"{" + b",".join(b'"t%d":1' % n for n in range(20_000)) + b"}",
    b'{"tags":[' + b'"a",' * 100_000 + b'"b"]}',
    b'{"title":"' + "a\u0300".encode() * 300_000 + b'"}',
)
_MAIL = (
    "From",
    "To",
    "Cc",
    "Reply-To",
    "Subject",
    "Date",
    "Message-ID",
    "In-Reply-To",
    "References",
    "Content-Type",
    "Content-Disposition",
    "Content-Transfer-Encoding",
    "Auto-Submitted",
)


def text(pick: random.Random) -> str:
    """Text that somebody could send; now and then any characters at all."""
    if pick.random() < 0.3:
        return "".join(_character(pick) for _ in range(pick.choice((1, 3, 20, 70))))
    if pick.random() < 0.2:
        return pick.choice(_TEXTS) + pick.choice(_TEXTS)
    return pick.choice(_TEXTS)


def fragment(pick: random.Random) -> str:
    """What stands in the place of a JSON value; it may be no JSON."""
    if pick.random() < 0.15:
        return pick.choice(_RAW)
    return json.dumps(value(pick), ensure_ascii=pick.random() < 0.5)


def value(pick: random.Random, depth: int = 3) -> Any:
    """Any JSON value."""
    kind = pick.random()
    if kind < 0.55 or depth == 0:
        return text(pick)
    if kind < 0.7:
        return pick.choice(_NUMBERS)
    if kind < 0.8:
        return pick.choice((None, True, False))
    if kind < 0.9:
        return [value(pick, depth - 1) for _ in range(pick.choice((0, 1, 2, 5, 60)))]
    return {text(pick)[:80]: value(pick, depth - 1) for _ in range(pick.choice((0, 1, 3, 51)))}


def body(pick: random.Random) -> bytes:
    """A whole body that is hardly one."""
    if pick.random() < 0.3:
        return pick.randbytes(pick.choice((1, 10, 1_000)))
    return pick.choice(_BODIES)


def upload(pick: random.Random) -> bytes:
    """Bytes to keep: a mail with ugly parts, or what is hardly anything."""
    if pick.random() < 0.2:
        return body(pick)
    headers = {name: text(pick) for name in pick.sample(_MAIL, pick.randrange(len(_MAIL)))}
    lines = [*(f"{name}: {said}" for name, said in headers.items()), "", text(pick)]
    return pick.choice(("\n", "\r\n")).join(lines).encode("utf-8", "surrogatepass")


def cursor(pick: random.Random, real: str | None) -> str:
    """A forged cursor: a real one of which one part was changed, or nonsense."""
    if real is None or pick.random() < 0.2:
        return text(pick)
    payload = json.loads(base64.urlsafe_b64decode(real + "=" * (-len(real) % 4)))
    change = pick.randrange(4)
    if change == 0:
        payload[pick.randrange(1, len(payload))] = value(pick)
    elif change == 1:
        payload[-1:] = []
    elif change == 2:
        payload.append(value(pick))
    else:
        payload[pick.randrange(len(payload))] = pick.choice((-1, 0, 2**63, -(2**63), 1.5, True))
    raw = json.dumps(payload).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _character(pick: random.Random) -> str:
    """Any character but halves of pairs, which are no text."""
    limit = pick.choice((0x80, 0x100, 0x3000, 0x10000, 0x110000))
    code = pick.randrange(limit)
    return "a" if 0xD800 <= code < 0xE000 else chr(code)
