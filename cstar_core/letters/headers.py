"""Headers of a mail or a part: found within limits, and their values with parameters."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from urllib.parse import unquote_to_bytes

from cstar_core.letters.charsets import decoded
from cstar_core.letters.limits import HEADER_BYTES_MAX, HEADERS_MAX, ID_MAX, Unreadable
from cstar_core.letters.words import header_text, words_read

_LINE_END = re.compile(rb"\r\n|\n|\r")
_FIELD = re.compile(rb"([!-9;-~]{1,100})[ \t]*:")
# A line that is no header may stand among headers, or begin the text if the blank line is missing.
_SURE = re.compile(
    rb"^(?:from|to|cc|subject|date|message-id|received|mime-version|content-type|"
    rb"content-transfer-encoding)[ \t]*:",
    re.IGNORECASE | re.MULTILINE,
)
_PARAMETER = re.compile(
    r"""[;\s]+|([^\s;="']{1,100})\s{0,20}=\s{0,20}("(?:[^"\\]|\\.)*"?|[^;]*)|[^;\s][^;]*""",
    re.DOTALL,
)
_NUMBERED = re.compile(r"(.+?)\*(\d{1,3})(\*?)\Z", re.DOTALL)
_TYPE = re.compile(r"[a-z0-9!#$&^_.+-]{1,80}/[a-z0-9!#$&^_.+-]{1,80}")
_PARAMETERS_MAX = 100
# Of a header that is shown as one line.
_TEXT_MAX = 16_384
_BRACKETED = re.compile(r"<([^<>]+)>")
_MBOX = (b"From ", b">From ")


@dataclass(frozen=True, slots=True)
class Headers:
    """The headers of a mail or a part, each with its name in small letters, in their order."""

    fields: tuple[tuple[str, bytes], ...] = ()

    def raw(self, name: str) -> bytes:
        """The value of the first header of a name; empty if there is none."""
        return next((value for each, value in self.fields if each == name), b"")

    def all(self, name: str) -> list[bytes]:
        """The values of all headers of a name."""
        return [value for each, value in self.fields if each == name]

    def text(self, name: str) -> str:
        """The value as one line of text."""
        return header_text(self.raw(name)[:_TEXT_MAX])

    def __contains__(self, name: str) -> bool:
        return any(each == name for each, _ in self.fields)


@dataclass(frozen=True, slots=True)
class Valued:
    """A value with its parameters, such as a media type with its charset."""

    value: str
    parameters: dict[str, str] = field(default_factory=dict)

    def get(self, name: str) -> str:
        """A parameter; empty if it is not there."""
        return self.parameters.get(name, "")


def split_headers(raw: bytes) -> tuple[Headers, int]:
    """The headers at the beginning of a mail or part, and where its body begins.

    Raises Unreadable if there is more of them than allowed.

    >>> headers, body = split_headers(b"Subject: a\\n b\\nX: 1\\n\\nHello")
    >>> headers.text("subject"), body
    ('a b', 20)
    """
    lines, body = _block(raw)
    sure = max((match.start() for match in _SURE.finditer(raw, 0, body)), default=-1)
    found: list[tuple[str, bytes]] = []
    begun: list[bytes] = []
    for place, line in lines:
        field_ = _FIELD.match(line)
        if line[:1] in (b" ", b"\t") and (begun or not found):
            begun.append(line)
        elif field_:
            _end_field(found, begun)
            begun = [line]
        elif place > sure and not line.startswith(_MBOX):
            body = place
            break
    _end_field(found, begun)
    if len(found) > HEADERS_MAX:
        raise Unreadable("too_many_headers", f"has more than {HEADERS_MAX} headers")
    return Headers(tuple(found)), body


def _block(raw: bytes) -> tuple[list[tuple[int, bytes]], int]:
    """The lines up to the first blank one, with their places, and what is behind that."""
    lines: list[tuple[int, bytes]] = []
    begin = 0
    for end in _LINE_END.finditer(raw, 0, HEADER_BYTES_MAX + 2):
        if end.start() == begin:
            return lines, end.end()
        lines.append((begin, raw[begin : end.start()]))
        begin = end.end()
    if len(raw) > HEADER_BYTES_MAX:
        raise Unreadable(
            "header_too_large", f"has a header of more than {HEADER_BYTES_MAX // 1024} KB"
        )
    if begin < len(raw):
        lines.append((begin, raw[begin:]))
    return lines, len(raw)


def _end_field(found: list[tuple[str, bytes]], lines: list[bytes]) -> None:
    text = b"\n".join(lines)
    match = _FIELD.match(text)
    if match:
        found.append((match[1].decode("ascii").lower(), text[match.end() :].strip()))


def media_type(headers: Headers, default: str = "text/plain") -> Valued:
    """The Content-Type; what cannot be one is ``default``.

    >>> media_type(Headers((("content-type", b"text/html; charset=utf-8"),))).get("charset")
    'utf-8'
    """
    read = valued(headers.raw("content-type"))
    name = "".join(read.value.lower().split())
    if not is_media_type(name):
        name = {"text": "text/plain", "html": "text/html"}.get(name, default)
    return Valued(name, read.parameters)


def is_media_type(name: str) -> bool:
    """Whether it has the form of one, in small letters."""
    return _TYPE.fullmatch(name) is not None


def valued(raw: bytes) -> Valued:
    """A value and its parameters, in any of the ways to write them (RFC 2231, RFC 2047, 8 bits).

    >>> valued(b"attachment; filename*0*=utf-8''%e2%82; filename*1*=%ac.txt").get("filename")
    '€.txt'
    """
    text = decoded(raw)
    value, _, rest = text.partition(";")
    if "=" in value:  # The value itself is missing.
        value, rest = "", text
    return Valued(words_read(value).strip().strip("\"'").lower(), _parameters(rest))


def _parameters(text: str) -> dict[str, str]:
    plain: dict[str, str] = {}
    numbered: dict[str, dict[int, tuple[str, bool]]] = {}
    for name, value in _pairs(text):
        match = _NUMBERED.match(name)
        if match:
            numbered.setdefault(match[1], {}).setdefault(int(match[2]), (value, bool(match[3])))
        elif name.endswith("*"):
            numbered.setdefault(name[:-1], {}).setdefault(0, (value, True))
        else:
            plain.setdefault(name, words_read(value))
    return plain | {name: _continued(pieces) for name, pieces in numbered.items()}


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    for match in islice(_PARAMETER.finditer(text), 2 * _PARAMETERS_MAX):
        if match[1]:
            yield match[1].lower(), _unquoted(match[2].strip())


def _unquoted(value: str) -> str:
    if not value.startswith('"'):
        return value.strip("'") if value[:1] == "'" == value[-1:] else value
    inner = value[1:-1] if len(value) > 1 and value.endswith('"') else value[1:]
    pieces, escaped = [], False
    for char in inner:
        # Windows programs write paths as they are: only these two are escaped.
        if escaped and char not in '"\\':
            pieces.append("\\")
        escaped = char == "\\" and not escaped
        if not escaped:
            pieces.append(char)
    return "".join(pieces)


def _continued(pieces: dict[int, tuple[str, bool]]) -> str:
    first, is_extended = pieces.get(0, ("", False))
    charset = ""
    if is_extended and first.count("'") >= 2:
        charset, _, first = first.split("'", 2)
    values = [(first, is_extended), *(pieces[number] for number in sorted(pieces) if number)]
    raw = b"".join(_percent(value, extended) for value, extended in values)
    return words_read(decoded(raw, charset))


def _percent(value: str, is_extended: bool) -> bytes:
    return unquote_to_bytes(value) if is_extended else value.encode("utf-8", "replace")


def ids_of(values: Iterable[bytes]) -> list[str]:
    """The ids in headers such as References, without brackets, each once.

    >>> ids_of([b"<a@x> <b@x>\\n <a@x>", b"c@x text"])
    ['a@x', 'b@x', 'c@x']
    """
    found: dict[str, None] = {}
    for value in values:
        found.update(dict.fromkeys(_ids(decoded(value))))
    return list(found)


def _ids(text: str) -> Iterator[str]:
    bracketed = _BRACKETED.findall(text)
    for each in bracketed or [word for word in text.split() if "@" in word]:
        bare = "".join(each.split()).strip("<>,;\"'")
        if bare and len(bare) <= ID_MAX:
            yield bare
