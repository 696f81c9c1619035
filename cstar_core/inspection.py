"""Look a database over: is the file sound, and does everything kept twice agree?"""

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from shutil import disk_usage

from cstar_core.counters import COUNTERS, how_many_wrong
from cstar_core.indexed import first_difference, miscounted_words, misplaced_documents
from cstar_core.store import Snapshot, Store
from cstar_core.tickets import astray
from cstar_core.webhooks import read_backlog

WAL_BUG_FIXED_IN = (3, 51, 3)
_HOUR = 3600
LEAST_FREE = 256 * 1024 * 1024
_RESTORE = "stop the server and restore a backup: cstar restore"
_REINDEX = "make it anew: cstar reindex"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at; ``detail`` says what was seen and, if it is not ok, what to do."""

    name: str
    ok: bool
    detail: str
    warning: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    """All findings; ``ok`` unless one of them is wrong (a warning is not)."""

    findings: tuple[Finding, ...]

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return all(finding.ok for finding in self.findings)


def inspect(store: Store, schema_version: int, *, deep: bool = False) -> Report:
    """Check the whole file, from one snapshot. Reads every page: minutes on a large one.

    ``deep`` also indexes all text again, aside, and compares every word.
    """
    with store.snapshot() as snap:
        return Report(
            (
                sqlite_version(),
                free_space(snap, store.path),
                *_all(snap, schema_version, deep),
                webhooks(snap, store.now()),
            )
        )


def _all(snap: Snapshot, schema_version: int, deep: bool) -> Iterator[Finding]:
    yield Finding("schema", True, f"version {schema_version}, current")
    yield integrity(snap)
    yield references(snap)
    yield from agreement(snap, deep=deep)


def integrity(snap: Snapshot) -> Finding:
    """Whether the file's pages, tables and indexes are sound."""
    rows = [str(row[0]) for row in snap.sql("PRAGMA integrity_check(5)")]
    sound = rows == ["ok"]
    return Finding("integrity", sound, "ok" if sound else f"{'; '.join(rows)}; {_RESTORE}")


def references(snap: Snapshot) -> Finding:
    """Whether every row that another refers to is there."""
    broken = snap.sql("PRAGMA foreign_key_check")
    return _zero("foreign keys", len(broken), "rows refer to rows that are gone", _RESTORE)


def merges(snap: Snapshot) -> Finding:
    """Whether merged tickets are closed and their messages where the merges have put them."""
    what = "tickets are not as a merge leaves them"
    return _zero("merges", len(astray(snap)), what, _RESTORE)


def agreement(snap: Snapshot, *, deep: bool = False) -> Iterator[Finding]:
    """Whether what is kept twice agrees: counters with rows, search indexes with their objects."""
    for counter in COUNTERS:
        yield _zero(counter.name, how_many_wrong(snap, counter), counter.what, _REINDEX)
    yield merges(snap)
    for workspace_id, environment in snap.sql("SELECT id, environment FROM workspaces"):
        yield _index(snap, workspace_id, environment, deep)


def sqlite_version() -> Finding:
    """Whether the engine is one with a known bug."""
    version = sqlite3.sqlite_version
    if sqlite3.sqlite_version_info >= WAL_BUG_FIXED_IN:
        return Finding("sqlite", True, version)
    detail = (
        f"{version}; before 3.51.3 SQLite has a rare bug that can damage a database in WAL mode: "
        "use a Python with a newer SQLite when you can"
    )
    return Finding("sqlite", True, detail, warning=True)


def free_space(snap: Snapshot, path: str) -> Finding:
    """Whether the disk takes a copy of the file, as an upgrade makes one, and some more."""
    pages, page_size = (
        int(snap.sql(f"PRAGMA {name}")[0][0]) for name in ("page_count", "page_size")
    )
    needed = pages * page_size + LEAST_FREE
    free = disk_usage(path).free
    if free >= needed:
        return Finding("free space", True, f"{_mib(free)} MiB")
    detail = f"{_mib(free)} MiB; make room for {_mib(needed)} MiB: an upgrade copies the file"
    return Finding("free space", True, detail, warning=True)


def webhooks(snap: Snapshot, now: int) -> Finding:
    """Whether webhooks were turned off, gave up deliveries or are late."""
    found = read_backlog(snap)
    late = 0 if found.oldest_at is None else now - found.oldest_at
    told = [f"{found.active} on", f"{found.undelivered:,} events undelivered"]
    told += [f"the oldest from {late // _HOUR:,} hours ago"] if late >= _HOUR else []
    told += [f"{found.failed:,} deliveries failed in 30 days"] if found.failed else []
    told += [f"{found.disabled} turned off because their receiver failed"] if found.disabled else []
    is_well = late < _HOUR and not found.failed and not found.disabled
    remedy = "" if is_well else "; see GET …/webhooks and …/deliveries"
    return Finding("webhooks", True, ", ".join(told) + remedy, warning=not is_well)


def _mib(size: int) -> str:
    return f"{size // (1024 * 1024):,}"


def _zero(name: str, wrong: int, what: str, remedy: str) -> Finding:
    return Finding(name, wrong == 0, "agree" if wrong == 0 else f"{wrong} {what}; {remedy}")


def _index(snap: Snapshot, workspace_id: int, environment: str, deep: bool) -> Finding:
    name = f"search index {workspace_id} ({environment})"
    try:
        if wrong := misplaced_documents(snap, workspace_id):
            what = "documents are missing from the search index or left over in it"
            return _zero(name, wrong, what, _REINDEX)
        if wrong := miscounted_words(snap, workspace_id):
            return _zero(name, wrong, "columns have lost words or have too many", _REINDEX)
        if deep and (where := first_difference(snap, workspace_id)):
            return Finding(name, False, f"differs from the text of {where}; {_REINDEX}")
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_CORRUPT:
            raise
        return Finding(name, False, f"cannot be read: {error}; {_REINDEX}")
    return Finding(name, True, "agrees with every word" if deep else "agree")
