"""What a backup's manifest says. It names no person and no key: counts, ids of teams, a digest."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from cstar_core.errors import Refused
from cstar_core.inspection import Finding

FORMAT = 1
APPLICATION = "cstar"
DATABASE_NAME = "cstar.db"
MANIFEST_NAME = "manifest.json"
FILES_NAME = "files"
MANIFEST_MAX = 16 * 1024 * 1024
_INSTANT = "%Y-%m-%dT%H:%M:%SZ"


@dataclass(frozen=True, slots=True)
class WorkspaceCounts:
    """How much a workspace holds."""

    team_id: str
    environment: str
    tickets: int
    messages: int
    customers: int
    events: int


@dataclass(frozen=True, slots=True)
class Backup:
    """One backup: when it was made, from what, and what is in it.

    All that was committed before ``created_at`` is in it. ``size`` is in bytes, ``sha256`` in
    hex. ``tables`` counts the rows of each table. ``findings`` are what was found wrong when it
    was made; ``desk.reindex()`` mends most of them. ``cstar_version`` made it; None if it does not
    say so. It has so many ``files``, attachments and the like, of ``files_size`` bytes; ``lost``
    are the SHA-256 of those that were missing or damaged.
    """

    created_at: datetime
    schema_version: int
    sqlite_version: str
    size: int
    sha256: str
    tables: Mapping[str, int]
    workspaces: tuple[WorkspaceCounts, ...]
    findings: tuple[Finding, ...] = ()
    cstar_version: str | None = None
    files: int = 0
    files_size: int = 0
    lost: tuple[str, ...] = ()


def to_json(backup: Backup) -> bytes:
    """The manifest as it is written."""
    document = {
        "format": FORMAT,
        "application": APPLICATION,
        "createdAt": backup.created_at.astimezone(UTC).strftime(_INSTANT),
        "cstarVersion": backup.cstar_version,
        "schemaVersion": backup.schema_version,
        "sqliteVersion": backup.sqlite_version,
        "database": {"file": DATABASE_NAME, "size": backup.size, "sha256": backup.sha256},
        "files": {
            "folder": FILES_NAME,
            "number": backup.files,
            "size": backup.files_size,
            "lost": list(backup.lost),
        },
        "tables": dict(backup.tables),
        "workspaces": [_counts_out(each) for each in backup.workspaces],
        "findings": [
            {"name": each.name, "detail": each.detail, "remedy": each.remedy}
            for each in backup.findings
        ],
    }
    return (json.dumps(document, indent=2) + "\n").encode()


def from_json(source: str, content: bytes) -> Backup:
    """Read a manifest; raises Refused, which names the source, for anything else."""
    try:
        document = json.loads(content)
        known = (document["format"], document["application"], document["database"]["file"])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise _unreadable(source) from error
    if isinstance(known[0], int) and known[0] > FORMAT:
        raise Refused(f"{source} was made by a newer version of cStar; update cStar to use it")
    if known != (FORMAT, APPLICATION, DATABASE_NAME):
        raise _unreadable(source)
    try:
        return _backup_in(document)
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError) as error:
        raise _unreadable(source) from error


def _unreadable(source: str) -> Refused:
    return Refused(f"{source} is not a whole backup: its {MANIFEST_NAME} cannot be read")


def _backup_in(document: Mapping[str, Any]) -> Backup:
    database = document["database"]
    made_by, files = document.get("cstarVersion"), document.get("files", {})
    return Backup(
        created_at=datetime.strptime(document["createdAt"], _INSTANT).replace(tzinfo=UTC),
        schema_version=int(document["schemaVersion"]),
        sqlite_version=str(document["sqliteVersion"]),
        size=int(database["size"]),
        sha256=str(database["sha256"]),
        tables={str(name): int(rows) for name, rows in document["tables"].items()},
        workspaces=tuple(_counts_in(each) for each in document["workspaces"]),
        findings=tuple(
            Finding(
                str(each["name"]), False, str(each["detail"]), remedy=str(each.get("remedy", ""))
            )
            for each in document["findings"]
        ),
        cstar_version=None if made_by is None else str(made_by),
        files=int(files.get("number", 0)),
        files_size=int(files.get("size", 0)),
        lost=tuple(str(each) for each in files.get("lost", ())),
    )


def _counts_out(counts: WorkspaceCounts) -> dict[str, object]:
    values = asdict(counts)
    return {"teamId": values.pop("team_id"), **values}


def _counts_in(values: Mapping[str, Any]) -> WorkspaceCounts:
    return WorkspaceCounts(
        str(values["teamId"]),
        str(values["environment"]),
        *(int(values[name]) for name in ("tickets", "messages", "customers", "events")),
    )
