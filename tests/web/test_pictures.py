"""Which files are shown as pictures: by their bytes, and not if they would fill the memory."""

import io
import struct

import pytest
from PIL import Image

from cstar_web.pictures import SIZE_MAX, kind_of_file, picture_kind


def made(form: str, size: tuple[int, int] = (37, 21), mode: str = "RGB", **how: object) -> bytes:
    kept = io.BytesIO()
    Image.new(mode, size).save(kept, form, **how)
    return kept.getvalue()


def png(width: int, height: int) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + b"\0\0\0\rIHDR" + struct.pack(">II", width, height)


def jpeg(*segments: bytes) -> bytes:
    return b"\xff\xd8" + b"".join(segments)


FRAME = b"\xff\xc0\0\x0b\x08" + struct.pack(">HH", 10, 20) + b"\x01\x11\0"

SHOWN = {
    "png": (made("PNG"), "image/png"),
    "jpeg": (made("JPEG"), "image/jpeg"),
    "progressive jpeg after much of a camera": (
        made("JPEG", progressive=True, exif=b"Exif\0\0" + b"x" * 60_000),
        "image/jpeg",
    ),
    "jpeg with filling": (jpeg(b"\xff\xff\xff" + FRAME[1:]), "image/jpeg"),
    "gif": (made("GIF"), "image/gif"),
    "webp": (made("WEBP"), "image/webp"),
    "lossless webp": (made("WEBP", lossless=True), "image/webp"),
    "webp with alpha": (made("WEBP", mode="RGBA"), "image/webp"),
    "as large as may be": (png(10_000, 5_000), "image/png"),
}
HIDDEN = {
    "nothing": b"",
    "svg": b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
    "html": b"<!doctype html><script>alert(1)</script>",
    "html that begins like a gif": b"GIF89/*<script>*/",
    "pdf": b"%PDF-1.7",
    "bmp": made("BMP"),
    "tiff": made("TIFF"),
    "sound": b"RIFF\0\0\0\0WAVEfmt " + bytes(40),
    "png of nothing": png(0, 10),
    "png too wide": png(20_000, 1),
    "png too large": png(10_000, 5_001),
    "png of billions": png(2**31, 2**31),
    "png cut": png(1, 1)[:20],
    "png without a head": b"\x89PNG\r\n\x1a\n" + bytes(40),
    "gif cut": b"GIF89a\1",
    "webp cut": b"RIFF\0\0\0\0WEBPVP8 ",
    "webp of another kind": b"RIFF\0\0\0\0WEBPVP9 " + bytes(20),
    "webp without a mark": b"RIFF\0\0\0\0WEBPVP8 " + bytes(20),
    "webp too large": b"RIFF\0\0\0\0WEBPVP8X\0\0\0\0" + bytes(4) + b"\xff" * 6,
    "jpeg without a frame": jpeg(b"\xff\xe0\0\x02", b"\xff\xd9"),
    "jpeg cut": jpeg(FRAME[:6]),
    "jpeg whose segments have no length": jpeg(b"\xff\xe0\0\0" * 5_000),
    "jpeg of other bytes": jpeg(b"\xff\xe0\0\x02", b"nothing like that"),
}


@pytest.mark.parametrize("case", SHOWN)
def test_a_picture_is_known_by_its_bytes(case: str) -> None:
    content, kind = SHOWN[case]
    assert picture_kind(content) == kind


@pytest.mark.parametrize("case", HIDDEN)
def test_what_is_no_bearable_picture_is_not_shown(case: str) -> None:
    assert picture_kind(HIDDEN[case]) is None


@pytest.mark.parametrize("case", SHOWN)
def test_the_beginning_of_a_picture_raises_nothing(case: str) -> None:
    content, kind = SHOWN[case]
    assert {picture_kind(content[:length]) for length in range(60)} <= {None, kind}


def test_a_file_is_left_at_its_beginning_and_a_large_one_unread() -> None:
    file = io.BytesIO(made("PNG"))

    assert (kind_of_file(file, 10), file.tell()) == ("image/png", 0)
    assert kind_of_file(file, SIZE_MAX + 1) is None
