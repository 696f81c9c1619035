"""Make a backup of an open desk: aside first, verified, and only then under its name."""

from datetime import datetime
from pathlib import Path

from cstar_core.backups.files import keep_files
from cstar_core.backups.manifest import DATABASE_NAME, MANIFEST_NAME, Backup, to_json
from cstar_core.backups.verifying import look_at
from cstar_core.blobs import Folder
from cstar_core.files import PRIVATE, appearing, sha256, sync, write_new
from cstar_core.inspection import lost_files
from cstar_core.store import Store
from cstar_core.versions import SQLITE_VERSION, release


def make_backup(store: Store, destination: str, newest: int, now: datetime) -> Backup:
    """Copy the desk into a new folder. Others read and write meanwhile.

    The copy is compact and of one moment: everything committed before ``now`` is in it, with the
    files that it refers to, which are shared with earlier backups in the same place. It gets its
    name once it has been checked and is on the disk; what is cut short keeps a name with
    ``.partial-`` and is no backup. Raises Conflict if there is something of that name, Refused
    if the copy is damaged, StorageFull, and OSError if the folder cannot be made there.
    """
    with appearing(destination, "a backup") as folder:
        return _fill(store, folder, newest, now, Path(destination).parent)


def _fill(store: Store, folder: Path, newest: int, now: datetime, beside: Path) -> Backup:
    copy = folder / DATABASE_NAME
    store.copy_to(str(copy))
    copy.chmod(PRIVATE)
    sync(copy)
    content = look_at(copy, store.path, newest)
    kept = keep_files(copy, Folder(store.path), folder, beside)
    backup = Backup(
        created_at=now,
        schema_version=content.schema_version,
        sqlite_version=SQLITE_VERSION,
        size=copy.stat().st_size,
        sha256=sha256(copy),
        tables=content.tables,
        workspaces=content.workspaces,
        findings=content.findings + lost_files(kept.lost, kept.number + len(kept.lost)),
        cstar_version=release(),
        files=kept.number,
        files_size=kept.size,
        lost=kept.lost,
    )
    write_new(folder / MANIFEST_NAME, to_json(backup))
    return backup
