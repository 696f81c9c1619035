"""What IMAP servers say, taken apart: lists of words, quoted strings and literals (RFC 9051)."""

import base64
from collections.abc import Sequence

from cstar_web.mail.wire import Broken

DEPTH_MAX = 20
_QUOTE, _ESCAPE = ord('"'), ord("\\")
_OPEN, _CLOSE, _SPACE = ord("("), ord(")"), ord(" ")
_BRACKET = ord("[")
_ENDS_WORD = frozenset(b' ()"')


class Literal(bytes):
    """Bytes that came with their number before them."""


def parse(pieces: Sequence[bytes]) -> list[object]:
    r"""The tokens of a response, whose pieces are text and literals; raises Broken.

    >>> parse([b'* 7 FETCH (UID 12 FLAGS (\\Seen) BODY[] ', Literal(b"a b"), b")"])
    [b'*', b'7', b'FETCH', [b'UID', b'12', b'FLAGS', [b'\\Seen'], b'BODY[]', b'a b']]
    """
    stack: list[list[object]] = [[]]
    for piece in pieces:
        if isinstance(piece, Literal):
            stack[-1].append(bytes(piece))
        else:
            _scan(piece, stack)
    if len(stack) != 1:
        raise Broken("the server sent a list without an end")
    return stack[0]


def _scan(text: bytes, stack: list[list[object]]) -> None:
    place, size = 0, len(text)
    while place < size:
        char = text[place]
        if char == _OPEN:
            if len(stack) > DEPTH_MAX:
                raise Broken("the server sent lists within lists without an end")
            stack.append([])
            stack[-2].append(stack[-1])
            place += 1
        elif char == _CLOSE:
            if len(stack) == 1:
                raise Broken("the server sent the end of a list without its beginning")
            stack.pop()
            place += 1
        elif char == _SPACE:
            place += 1
        elif char == _QUOTE:
            value, place = _quoted(text, place + 1)
            stack[-1].append(value)
        else:
            word, place = _word(text, place)
            stack[-1].append(None if word.upper() == b"NIL" else word)


def _quoted(text: bytes, place: int) -> tuple[bytes, int]:
    value = bytearray()
    while place < len(text):
        char = text[place]
        if char == _QUOTE:
            return bytes(value), place + 1
        if char == _ESCAPE and place + 1 < len(text):
            place += 1
            char = text[place]
        value.append(char)
        place += 1
    raise Broken("the server sent a string without an end")


def _word(text: bytes, begin: int) -> tuple[bytes, int]:
    """A word, of which what is in brackets is a part: ``BODY[HEADER.FIELDS (TO)]<0>``."""
    place = begin
    while place < len(text) and text[place] not in _ENDS_WORD:
        if text[place] == _BRACKET:
            end = text.find(b"]", place)
            place = end if end >= 0 else len(text) - 1
        place += 1
    return text[begin:place], place


def quoted(text: str) -> bytes | None:
    r"""A text as a quoted string; None if it can only be sent as a literal.

    >>> quoted('a "b" \\'), quoted("é")
    (b'"a \\"b\\" \\\\"', None)
    """
    if not text.isascii() or not text.isprintable():
        return None
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'.encode()


def folder_name(name: str) -> bytes:
    """The name of a folder as IMAP spells it, in modified UTF-7 (RFC 3501, 5.1.3).

    >>> folder_name("INBOX/Anfragen & Grüße")
    b'"INBOX/Anfragen &- Gr&APwA3w-e"'
    """
    done, wide = [], ""
    for each in [*name, ""]:
        if each and not " " <= each <= "~":
            wide += each
            continue
        if wide:
            packed = base64.b64encode(wide.encode("utf-16-be", "surrogatepass")).rstrip(b"=")
            done.append(f"&{packed.decode().replace('/', ',')}-")
            wide = ""
        done.append("&-" if each == "&" else each)
    spelt = quoted("".join(done))
    assert spelt is not None  # noqa: S101 - it is all ASCII by now
    return spelt
