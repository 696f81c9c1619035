"""What an export's manifest says: its files with counts and digests, and nothing of when or where.

So two exports of the same data are the same in every byte.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cstar_core.errors import Refused

FORMAT = 1
APPLICATION = "cstar"
KIND = "export"
MANIFEST_NAME = "manifest.json"
MANIFEST_MAX = 1024 * 1024
FILE_FORMATS = ("ndjson", "csv")
SCOPES = ("desk", "team", "customer")


@dataclass(frozen=True, slots=True)
class ExportedFile:
    """One file of an export; ``size`` is in bytes, ``sha256`` in hex."""

    name: str
    rows: int
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Export:
    """One export: of the whole ``desk``, of a ``team`` or of a ``customer`` (``of`` is its id).

    ``file_format`` is ndjson or csv. ``cstar_version`` made it; None if it does not say so.
    ``lost`` are the SHA-256 of attachments whose bytes were missing or damaged.
    """

    scope: str
    of: str | None
    file_format: str
    files: tuple[ExportedFile, ...]
    cstar_version: str | None = None
    lost: tuple[str, ...] = ()

    def rows(self, kind: str) -> int:
        """How many rows there are of a kind, such as ``tickets``."""
        return sum(each.rows for each in self.files if each.name.partition(".")[0] == kind)


def to_json(export: Export) -> bytes:
    """The manifest as it is written."""
    document = {
        "format": FORMAT,
        "application": APPLICATION,
        "kind": KIND,
        "cstarVersion": export.cstar_version,
        "scope": export.scope,
        "of": export.of,
        "fileFormat": export.file_format,
        "files": {
            each.name: {"rows": each.rows, "size": each.size, "sha256": each.sha256}
            for each in export.files
        },
        "lost": list(export.lost),
    }
    return (json.dumps(document, indent=2) + "\n").encode()


def from_json(source: str, content: bytes) -> Export:
    """Read a manifest; raises Refused, which names the source, for anything else."""
    try:
        document = json.loads(content)
        known = (document["application"], document["kind"], document["format"])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise _unreadable(source) from error
    if known[:2] == (APPLICATION, KIND) and isinstance(known[2], int) and known[2] > FORMAT:
        raise Refused(f"{source} was made by a newer version of cStar; update cStar to use it")
    if known != (APPLICATION, KIND, FORMAT):
        raise _unreadable(source)
    try:
        return _export_in(document)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _unreadable(source) from error


def _unreadable(source: str) -> Refused:
    return Refused(f"{source} is not a whole export: its {MANIFEST_NAME} cannot be read")


def _export_in(document: Mapping[str, Any]) -> Export:
    scope, file_format = document["scope"], document["fileFormat"]
    made_by = document.get("cstarVersion")
    if scope not in SCOPES or file_format not in FILE_FORMATS:
        raise ValueError
    return Export(
        scope,
        document["of"],
        file_format,
        tuple(
            ExportedFile(str(name), int(facts["rows"]), int(facts["size"]), str(facts["sha256"]))
            for name, facts in document["files"].items()
        ),
        None if made_by is None else str(made_by),
        tuple(str(digest) for digest in document.get("lost", ())),
    )
