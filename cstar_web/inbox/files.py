"""The files that the pages bring along: stylesheet, scripts, icons; each is named by its digest.

So a browser may keep a file for ever, and a newer one has another name. They are read once, and
compressed once.
"""

import gzip
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib import resources

from flask import request

from cstar_web.answer import Answer

SERVED: Mapping[str, str] = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}

_DIGEST_LENGTH = 12
_FOREVER = "public, max-age=31536000, immutable"
_NAME = re.compile(r"([a-z][a-z.-]{0,30})\.([0-9a-f]{12})\.(css|js|svg)")
# What a module takes from another one beside it.
_TAKEN = re.compile(r'from "\./([a-z-]+\.js)"')


@dataclass(frozen=True, slots=True)
class File:
    """A file as it is sent."""

    name: str
    kind: str
    plain: bytes
    packed: bytes
    digest: str

    @property
    def address(self) -> str:
        """What it is called in the address: `app.0123456789ab.css`."""
        stem, dot, ending = self.name.rpartition(".")
        return f"{stem}.{self.digest}{dot}{ending}"


@cache
def files() -> Mapping[str, File]:
    """All files by name. A module comes after those that it takes something from."""
    found: dict[str, File] = {}
    texts = {
        each.name: each.read_text(encoding="utf-8")
        for each in resources.files("cstar_web.inbox").joinpath("static").iterdir()
        if each.name[each.name.rfind(".") :] in SERVED
    }

    def add(name: str) -> File:
        if name not in found:
            found[name] = _file(
                name, _TAKEN.sub(lambda m: f'from "./{add(m[1]).address}"', texts[name])
            )
        return found[name]

    for name in sorted(texts):
        add(name)
    return found


def find_file(address: str) -> File | None:
    """The file that is called so, with its present digest."""
    match = _NAME.fullmatch(address)
    file = files().get(f"{match[1]}.{match[3]}") if match else None
    return file if match and file and file.digest == match[2] else None


def send(file: File) -> Answer:
    """The file, compressed for who takes that, or that it has not changed."""
    packed = request.accept_encodings.quality("gzip") > 0
    tag = f'"{file.digest}{"-gzip" if packed else ""}"'
    headers = {
        "Cache-Control": _FOREVER,
        "Cross-Origin-Resource-Policy": "same-origin",
        "ETag": tag,
        "Vary": "Accept-Encoding",
    }
    if request.if_none_match.contains(tag.strip('"')):
        return Answer(status=304, headers=headers)
    if packed:
        headers["Content-Encoding"] = "gzip"
    return Answer(file.packed if packed else file.plain, 200, headers, content_type=file.kind)


def _file(name: str, text: str) -> File:
    plain = text.encode()
    digest = sha256(plain).hexdigest()[:_DIGEST_LENGTH]
    packed = gzip.compress(plain, 9, mtime=0)
    return File(name, SERVED[name[name.rfind(".") :]], plain, packed, digest)
