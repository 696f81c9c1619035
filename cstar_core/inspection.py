"""Look a database over: is the file sound, and does everything kept twice agree?"""

import shlex
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from shutil import disk_usage

from cstar_core.blobs import Blob, Folder
from cstar_core.counters import COUNTERS, how_many_wrong
from cstar_core.engine import code_of, is_unreadable_text, sqlite3, words_of
from cstar_core.indexed import first_difference, miscounted_words, misplaced_documents
from cstar_core.mail import how_many_lost, read_mail_backlog
from cstar_core.mail_out import read_line
from cstar_core.mailboxes import fetch_health
from cstar_core.store import Snapshot, Store
from cstar_core.surroundings import PASSING, file_system, is_remote, leftovers, open_to_others
from cstar_core.tickets import astray
from cstar_core.webhooks import read_backlog

WAL_BUG_FIXED_IN = (3, 51, 3)
_MINUTE, _HOUR = 60, 3600
_LATE_MAIL = 10 * _MINUTE
_MIB = 1024 * 1024
LEAST_FREE = 256 * _MIB
_RESTORE = "stop the server and restore a backup: cstar restore BACKUP --replace"
_REINDEX = "make it anew: cstar reindex"
_LISTED = 5
_FILES = "SELECT digest, size FROM blobs WHERE uses > 0"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at; ``detail`` says what was seen.

    ``remedy`` says what to do, if it is not ok or is a warning; else it is empty.
    """

    name: str
    ok: bool
    detail: str
    warning: bool = False
    remedy: str = ""


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
        found = (
            sqlite_version(),
            free_space(snap, store.path),
            permissions(store.path),
            disk(file_system(store.path)),
            left_beside(store.path),
            *_all(snap, schema_version, deep),
            webhooks(snap, store.now()),
            waiting_mail(snap, store.now()),
            fetched_mailboxes(snap, store.now()),
            outgoing_mail(snap, store.now()),
        )
    # Reading all of them may take long, which would keep the log from being emptied.
    return Report((*found, files(store)))


def _all(snap: Snapshot, schema_version: int, deep: bool) -> Iterator[Finding]:
    yield Finding("schema", True, f"version {schema_version}, current")
    yield _legible("integrity", lambda: integrity(snap), _RESTORE)
    yield references(snap)
    yield from agreement(snap, deep=deep)


def integrity(snap: Snapshot) -> Finding:
    """Whether the file's pages, tables and indexes are sound."""
    rows = [str(row[0]) for row in snap.sql("PRAGMA integrity_check(5)")]
    if rows == ["ok"]:
        return Finding("integrity", True, "ok")
    # From 3.44 on SQLite looks into search indexes too.
    remedy = _REINDEX if all("fts5" in row.lower() for row in rows) else _RESTORE
    return Finding("integrity", False, "; ".join(rows), remedy=remedy)


def references(snap: Snapshot) -> Finding:
    """Whether every row that another refers to is there."""
    what = "rows refer to rows that are gone"
    return _counted("foreign keys", lambda: len(snap.sql("PRAGMA foreign_key_check")), what)


def merges(snap: Snapshot) -> Finding:
    """Whether merged tickets are closed and their messages where the merges have put them."""
    what = "tickets are not as a merge leaves them"
    return _counted("merges", lambda: len(astray(snap)), what)


def agreement(snap: Snapshot, *, deep: bool = False) -> Iterator[Finding]:
    """Whether what is kept twice agrees: counters with rows, search indexes with their objects."""
    for counter in COUNTERS:
        wrong = partial(how_many_wrong, snap, counter)
        yield _counted(counter.name, wrong, counter.what, _REINDEX)
    yield merges(snap)
    yield received_mail(snap)
    for workspace_id, environment in snap.sql("SELECT id, environment FROM workspaces"):
        yield _index(snap, workspace_id, environment, deep)


def lost_files(lost: Sequence[str], number: int) -> tuple[Finding, ...]:
    """What is wrong if some of so many files that rows refer to are missing or damaged.

    ``lost`` are their SHA-256, in hex.
    """
    if not lost:
        return ()
    # As cp leaves alone what is there.
    remedy = (
        "delete those that are there, and copy them from the folder files of a backup, as the "
        "owner of the database: cp -rn BACKUP/files/. DATABASE-files/"
    )
    shown = " ".join(f"{each[:2]}/{each}" for each in lost[:_LISTED])
    more = f" and {len(lost) - _LISTED:,} more" if len(lost) > _LISTED else ""
    detail = f"{len(lost):,} of {number:,} are missing or damaged: {shown}{more}"
    return (Finding("files", False, detail, remedy=remedy),)


def files(store: Store) -> Finding:
    """Whether the files that rows refer to are there, with the very bytes."""
    folder = Folder(store.path)
    with store.snapshot() as snap:
        blobs = [Blob(digest, size) for digest, size in snap.sql(_FILES)]
    lost = [blob.digest for blob in blobs if not folder.is_sound(blob)]
    if lost:
        # Some may be gone because nothing refers to them any more.
        with store.snapshot() as snap:
            lost = [each for each in lost if snap.sql(f"{_FILES} AND digest = ?", (each,))]
    for finding in lost_files([each.hex() for each in lost], len(blobs)):
        return finding
    size = sum(blob.size for blob in blobs)
    return Finding("files", True, f"{len(blobs):,} files of {_mib(size + _MIB - 1)} MiB, whole")


def sqlite_version() -> Finding:
    """Whether the engine is one with a known bug."""
    version = sqlite3.sqlite_version
    if sqlite3.sqlite_version_info >= WAL_BUG_FIXED_IN:
        return Finding("sqlite", True, version)
    detail = f"{version}, with a rare bug that can damage a database in WAL mode"
    remedy = "use SQLite 3.51.3 or newer: pip install 'pysqlite3>=0.6' brings one"
    return Finding("sqlite", True, detail, True, remedy)


def free_space(snap: Snapshot, path: str) -> Finding:
    """Whether the disk takes a copy of the file, as an upgrade makes one, and some more."""
    pages, page_size = (
        int(snap.sql(f"PRAGMA {name}")[0][0]) for name in ("page_count", "page_size")
    )
    needed = pages * page_size + LEAST_FREE
    free = disk_usage(path).free
    if free >= needed:
        return Finding("free space", True, f"{_mib(free)} MiB")
    remedy = f"make room for {_mib(needed)} MiB: an upgrade copies the file"
    return Finding("free space", True, f"{_mib(free)} MiB", True, remedy)


def permissions(path: str) -> Finding:
    """Whether other users of the machine may read or change the database."""
    found = open_to_others(path)
    if not found:
        return Finding("permissions", True, "closed to other users")
    remedy = f"close it to them: chmod o-rwx {_quoted(found)}"
    return Finding("permissions", True, "any user may read or change it", True, remedy)


def disk(kind: str) -> Finding:
    """Whether a file system of a type (empty if not known) is one for a database."""
    detail = kind or "of a kind that is not known"
    if kind in PASSING:
        detail += ", which does not outlive the machine or the container"
        return Finding("file system", True, detail, True, "move the database to a disk or a volume")
    if is_remote(kind):
        detail += ", where SQLite's write-ahead log may lose data"
        return Finding("file system", True, detail, True, "move the database to a local disk")
    return Finding("file system", True, detail)


def left_beside(path: str) -> Finding:
    """Whether copies of the database, or halves of some, take space beside it."""
    found = leftovers(path)
    if not found:
        return Finding("copies beside it", True, "none")
    size = _mib(sum(each.size for each in found) + _MIB - 1)
    halves = sum(not each.whole for each in found)
    detail = f"{len(found)}, {halves} of them half made, {size} MiB; who was erased may be in them"
    remedy = "delete those that you do not need any more: rm -r "
    return Finding(
        "copies beside it", True, detail, True, remedy + _quoted([each.path for each in found])
    )


def _quoted(paths: Sequence[Path]) -> str:
    more = len(paths) - _LISTED
    shown = " ".join(shlex.quote(str(each)) for each in paths[:_LISTED])
    return f"{shown} and {more} more" if more > 0 else shown


def webhooks(snap: Snapshot, now: int) -> Finding:
    """Whether webhooks were turned off, gave up deliveries or are late."""
    found = read_backlog(snap)
    late = 0 if found.oldest_at is None else now - found.oldest_at
    told = [f"{found.active} on", f"{found.undelivered:,} events undelivered"]
    told += [f"the oldest from {late // _HOUR:,} hours ago"] if late >= _HOUR else []
    told += [f"{found.failed:,} deliveries failed in 30 days"] if found.failed else []
    told += [f"{found.disabled} turned off because their receiver failed"] if found.disabled else []
    is_well = late < _HOUR and not found.failed and not found.disabled
    remedy = "" if is_well else "see what the receivers answer: GET …/webhooks and …/deliveries"
    return Finding("webhooks", True, ", ".join(told), not is_well, remedy)


def received_mail(snap: Snapshot) -> Finding:
    """Whether each mail that became a message has it, or was forgotten with it."""
    what = "mails are neither forgotten nor have the message that they became"
    return _counted("mails", partial(how_many_lost, snap), what)


def waiting_mail(snap: Snapshot, now: int) -> Finding:
    """Whether mail waits for long, or could not be read."""
    found = read_mail_backlog(snap, now)
    late = 0 if found.oldest_at is None else now - found.oldest_at
    told = [f"{found.waiting:,} waiting"]
    told += [f"the oldest for {late // _MINUTE:,} minutes"] if late >= _LATE_MAIL else []
    told += [f"{found.failed:,} could not be read in 30 days"] if found.failed else []
    is_well = late < _LATE_MAIL and not found.failed
    remedy = "" if is_well else "see whether a server runs, and the ledger: GET …/mail"
    return Finding("mail", True, ", ".join(told), not is_well, remedy)


def fetched_mailboxes(snap: Snapshot, now: int) -> Finding:
    """Whether each mailbox was fetched from lately."""
    found = fetch_health(snap)
    late = [each for each in found if now - each.fetched_at >= _HOUR]
    told = [f"{len(found)} fetched"] if found else ["none is fetched"]
    told += [
        f"{each.address} not for {(now - each.fetched_at) // _HOUR:,} hours"
        for each in late[:_LISTED]
    ]
    told += [f"and {len(late) - _LISTED} more"] if len(late) > _LISTED else []
    remedy = "see whether a server runs, and why: cstar mailbox list, cstar mailbox test"
    return Finding("mailboxes", True, ", ".join(told), bool(late), remedy if late else "")


def outgoing_mail(snap: Snapshot, now: int) -> Finding:
    """Whether mail has waited to be sent for long, is held, or was given up lately."""
    found = read_line(snap, now)
    late = 0 if found.oldest_at is None else now - found.oldest_at
    told = [f"{found.queued + found.deferred:,} to be sent"]
    told += [f"the oldest for {late // _HOUR:,} hours"] if late >= _HOUR else []
    told += [f"{found.held:,} held back"] if found.held else []
    told += [f"{found.lost:,} failed or came back in a day"] if found.lost else []
    is_well = late < _HOUR and not found.held and not found.lost
    remedy = "see whether a server runs, and why: cstar mail outgoing, cstar mailbox test"
    return Finding("outgoing mail", True, ", ".join(told), not is_well, "" if is_well else remedy)


def _mib(size: int) -> str:
    return f"{size // _MIB:,}"


def _zero(name: str, wrong: int, what: str, remedy: str) -> Finding:
    if wrong == 0:
        return Finding(name, True, "agree")
    return Finding(name, False, f"{wrong} {what}", remedy=remedy)


def _index(snap: Snapshot, workspace_id: int, environment: str, deep: bool) -> Finding:
    name = f"search index {workspace_id} ({environment})"
    return _legible(name, partial(_compared, snap, workspace_id, name, deep), _REINDEX)


def _compared(snap: Snapshot, workspace_id: int, name: str, deep: bool) -> Finding:
    if wrong := misplaced_documents(snap, workspace_id):
        what = "documents are missing from the search index or left over in it"
        return _zero(name, wrong, what, _REINDEX)
    if wrong := miscounted_words(snap, workspace_id):
        return _zero(name, wrong, "columns have lost words or have too many", _REINDEX)
    if deep and (where := first_difference(snap, workspace_id)):
        return Finding(name, False, f"differs from the text of {where}", remedy=_REINDEX)
    return Finding(name, True, "agrees with every word" if deep else "agree")


def _counted(name: str, wrong: Callable[[], int], what: str, remedy: str = _RESTORE) -> Finding:
    return _legible(name, lambda: _zero(name, wrong(), what, remedy), _RESTORE)


def _legible(name: str, look: Callable[[], Finding], remedy: str) -> Finding:
    """What a look finds, or that the file is too damaged for it."""
    try:
        return look()
    except sqlite3.DatabaseError as error:
        if code_of(error) != sqlite3.SQLITE_CORRUPT:
            raise
        # Nothing can be made anew from what cannot be read.
        remedy = _RESTORE if is_unreadable_text(error) else remedy
        return Finding(name, False, f"cannot be read: {words_of(error)}", remedy=remedy)
