"""What Outlook packs into a winmail.dat: files, and the text once more (MS-OXTNEF).

A reader of its own, since only files and a text are wanted of it: the libraries for it read all
properties, take time by the square of some of them, or are under a licence that binds others.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from cstar_core.letters.charsets import decoded
from cstar_core.letters.limits import PARTS_MAX

_SIGNATURE = 0x223E9F78
_TITLE, _DATA, _NEXT, _OF_MAIL, _OF_FILE, _CODEPAGE, _BODY = (
    *(0x8010, 0x800F, 0x9002, 0x9003, 0x9005, 0x9007, 0x800C),
)
# Properties: the text, as HTML, as RTF; a file's name, shorter name, type, id, content.
_TEXT, _HTML, _RTF = 0x1000, 0x1013, 0x1009
_LONG_NAME, _SHOWN_NAME, _MIME, _CONTENT_ID, _CONTENT = 0x3707, 0x3001, 0x370E, 0x3712, 0x3701
_SIZES = {2: 4, 3: 4, 4: 4, 5: 8, 6: 8, 7: 8, 10: 4, 11: 4, 20: 8, 64: 8, 72: 16}
_UNICODE = 0x001F
_VARIABLE = (0x001E, _UNICODE, 0x000D, 0x0102)
_MULTIPLE = 0x1000
_NAMED = 0x8000
_OBJECT, _OBJECT_ID = 0x000D, 16
_PROPERTIES_MAX = 2_000
_ATTRIBUTES_MAX = 2_000
_DEPTH_MAX = 3
_VALUES_MAX = 10_000


class Damaged(ValueError):
    """Not a winmail.dat, or a part of one."""


@dataclass(slots=True)
class PackedFile:
    """A file in it."""

    name: str = ""
    media_type: str = ""
    content_id: str = ""
    content: bytes = b""
    has_properties: bool = False


@dataclass(slots=True)
class Packed:
    """What is in it."""

    text: str = ""
    html: str = ""
    has_rtf: bool = False
    has_properties: bool = False
    files: list[PackedFile] = field(default_factory=list)


def unpack(raw: bytes) -> Packed:
    """What is in a winmail.dat, as far as it is whole; raises Damaged if nothing can be read."""
    found = Packed()
    _unpack(raw, found, 0)
    return found


def _unpack(raw: bytes, found: Packed, depth: int) -> None:
    if len(raw) < 6 or int.from_bytes(raw[:4], "little") != _SIGNATURE:
        raise Damaged("not a winmail.dat")
    charset = "cp1252"
    for kind, data in _attributes(raw):
        if kind == _CODEPAGE and len(data) >= 4:
            charset = f"cp{int.from_bytes(data[:4], 'little')}"
        elif kind == _NEXT:
            if len(found.files) >= PARTS_MAX:
                return
            found.files.append(PackedFile())
        elif kind == _BODY:
            found.text = found.text or decoded(data.rstrip(b"\0"), charset)
        elif kind == _OF_MAIL and not found.has_properties:
            _note_mail(found, dict(_properties(data)), charset)
        elif found.files:
            _note_file(found, found.files[-1], kind, data, charset, depth)


def _note_mail(found: Packed, properties: dict[int, tuple[int, bytes]], charset: str) -> None:
    found.has_properties = True
    found.text = _string(properties, _TEXT, charset) or found.text
    found.html = _string(properties, _HTML, charset)
    found.has_rtf = _RTF in properties


def _note_file(
    found: Packed, file: PackedFile, kind: int, data: bytes, charset: str, depth: int
) -> None:
    if kind == _TITLE:
        file.name = file.name or decoded(data.rstrip(b"\0"), charset)
    elif kind == _DATA:
        file.content = data
    elif kind == _OF_FILE and not file.has_properties:
        file.has_properties = True
        properties = dict(_properties(data))
        names = (_string(properties, each, charset) for each in (_LONG_NAME, _SHOWN_NAME))
        file.name = next(filter(None, names), "") or file.name
        file.media_type = _string(properties, _MIME, charset).lower()
        file.content_id = _string(properties, _CONTENT_ID, charset)
        of, content = properties.get(_CONTENT, (0, b""))
        if of == _OBJECT:
            content = content[_OBJECT_ID:]
        file.content = file.content or content
        _look_inside(found, file, depth)


def _look_inside(found: Packed, file: PackedFile, depth: int) -> None:
    """A mail that is attached is packed in the same way; its files are shown beside it."""
    if depth < _DEPTH_MAX and file.content[:4] == _SIGNATURE.to_bytes(4, "little"):
        inner = Packed(files=found.files)
        _unpack(file.content, inner, depth + 1)


def _attributes(raw: bytes) -> Iterator[tuple[int, bytes]]:
    place, number = 6, 0
    while place + 9 <= len(raw) and number < _ATTRIBUTES_MAX:
        level, kind, _, size = struct.unpack_from("<BHHI", raw, place)
        if level not in (1, 2):
            return
        # The last one may be cut off: what is there is read.
        yield kind, raw[place + 9 : place + 9 + size]
        place += 9 + size + 2
        number += 1


def _properties(data: bytes) -> Iterator[tuple[int, tuple[int, bytes]]]:
    """Each property by its number, with its type; of several values only the first."""
    try:
        count, place = *struct.unpack_from("<I", data), 4
        for _ in range(min(count, _PROPERTIES_MAX)):
            kind, number = struct.unpack_from("<HH", data, place)
            place += 4
            if number >= _NAMED:
                place = _behind_name(data, place)
            values, place = _values(data, place, kind)
            if values:
                yield number, (kind & ~_MULTIPLE, values[0])
    except struct.error:
        return


def _behind_name(data: bytes, place: int) -> int:
    (kind,) = struct.unpack_from("<I", data, place + 16)
    if kind == 0:
        return place + 24
    (size,) = struct.unpack_from("<I", data, place + 20)
    return place + 24 + _padded(size)


def _values(data: bytes, place: int, kind: int) -> tuple[list[bytes], int]:
    bare, many, is_variable = kind & ~_MULTIPLE, kind & _MULTIPLE, kind & ~_MULTIPLE in _VARIABLE
    count = 1
    if many or is_variable:
        (count,) = struct.unpack_from("<I", data, place)
        place += 4
    if count > _VALUES_MAX:
        raise struct.error("more values than anybody has")
    values: list[bytes] = []
    for _ in range(count):
        size = _SIZES.get(bare, 0)
        if is_variable:
            (size,) = struct.unpack_from("<I", data, place)
            place += 4
        if (not is_variable and not size) or place > len(data):
            raise struct.error("of no known size, or cut off")
        if not values:
            values.append(data[place : place + size])
        place += _padded(size)
    return values, place


def _padded(size: int) -> int:
    return size + -size % 4


def _string(properties: dict[int, tuple[int, bytes]], number: int, charset: str) -> str:
    kind, value = properties.get(number, (0, b""))
    if kind == _UNICODE:
        return decoded(value[: len(value) // 2 * 2], "utf-16-le").rstrip("\0")
    return decoded(value.rstrip(b"\0"), charset)
