"""What files are called: a name is only a name, whatever stood in a mail or an upload."""

import re

from cstar_core.checks import INVISIBLE, invalid, missing
from cstar_core.errors import Problem

FILE_NAME_BYTES_MAX = 255
MEDIA_TYPE_MAX = 127
BINARY = "application/octet-stream"
NAMELESS = "file"
# An ending that is kept when a name is cut; what is longer is none.
_ENDING_MAX = 32
# Of longer names the end is looked at, where a path has the name.
_LOOKED_AT = 8_192
_PATH = re.compile(r"[/\\]")
_UNSEEN = re.compile(rf"[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff{INVISIBLE}]")
_TOKEN = r"[a-z0-9!#$&^_.+-]+"  # noqa: S105 - what a media type is made of
_MEDIA_TYPE = re.compile(rf"{_TOKEN}/{_TOKEN}\Z", re.IGNORECASE)
# By the endings that come often; the system's own table would differ between machines.
_TYPES = {
    **dict.fromkeys(("jpg", "jpeg"), "image/jpeg"),
    **{each: f"image/{each}" for each in ("png", "gif", "webp", "bmp", "avif", "heic", "tiff")},
    **{each: f"text/{each}" for each in ("html", "css", "csv", "markdown", "calendar")},
    **dict.fromkeys(("txt", "log", "text"), "text/plain"),
    **{each: f"application/{each}" for each in ("pdf", "json", "xml", "zip", "rtf", "gzip")},
    **{"svg": "image/svg+xml", "htm": "text/html", "md": "text/markdown", "ics": "text/calendar"},
    **{"gz": "application/gzip", "eml": "message/rfc822", "7z": "application/x-7z-compressed"},
    **{"mp3": "audio/mpeg", "wav": "audio/wav", "ogg": "audio/ogg", "m4a": "audio/mp4"},
    **{"mp4": "video/mp4", "webm": "video/webm", "mov": "video/quicktime"},
    **{"doc": "application/msword", "xls": "application/vnd.ms-excel"},
    "ppt": "application/vnd.ms-powerpoint",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "odt": "application/vnd.oasis.opendocument.text",
    "ods": "application/vnd.oasis.opendocument.spreadsheet",
}


def clean_name(text: str) -> str:
    r"""The last part of a path without what is not seen, of at most 255 bytes, and never empty.

    >>> clean_name("../../etc/passwd"), clean_name("C:\\Temp\\cv.doc "), clean_name("..")
    ('passwd', 'cv.doc', 'file')
    >>> clean_name("gpj\u202e.exe"), clean_name("a\n b\t.txt"), clean_name("")
    ('gpj.exe', 'a b .txt', 'file')
    """
    parts = _PATH.split(text[-_LOOKED_AT:])
    seen = (" ".join(_UNSEEN.sub("", part).split()).rstrip(" .") for part in reversed(parts))
    return _shortened(next((each for each in seen if each), NAMELESS))


def _shortened(name: str) -> str:
    """At most so many bytes; what is before the ending gives way."""
    if len(name.encode()) <= FILE_NAME_BYTES_MAX:
        return name
    stem, dot, ending = name.rpartition(".")
    if not stem or len(ending.encode()) > _ENDING_MAX:
        stem, dot, ending = name, "", ""
    room = FILE_NAME_BYTES_MAX - len(f"{dot}{ending}".encode())
    return stem.encode()[:room].decode(errors="ignore").rstrip(" .") + dot + ending


def check_file_name(param: str, value: object) -> list[Problem]:
    """A name as it came; whatever is in it, there is one that can be kept."""
    if value is None:
        return missing(param)
    return [] if isinstance(value, str) else invalid(param, "must be a string")


def check_media_type(param: str, value: object) -> list[Problem]:
    """A type such as image/png, without parameters."""
    if isinstance(value, str) and len(value) <= MEDIA_TYPE_MAX and _MEDIA_TYPE.match(value):
        return []
    return invalid(param, f"must be a type such as image/png, at most {MEDIA_TYPE_MAX} characters")


def clean_media_type(text: str | None, name: str = "") -> str:
    """A type in lower case; of none, or what is none, that which the ending of a name says.

    >>> clean_media_type("Image/PNG"), clean_media_type("nonsense", "a.pdf")
    ('image/png', 'application/pdf')
    >>> clean_media_type(None, "a.unheardof")
    'application/octet-stream'
    """
    if text is not None and not check_media_type("media_type", text):
        return text.lower()
    return _TYPES.get(name.rpartition(".")[2].lower(), BINARY) if "." in name else BINARY
