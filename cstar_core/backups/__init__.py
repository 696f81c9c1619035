"""Backups: a folder with one copy of the database and a manifest that says what is in it."""

from cstar_core.backups.making import make_backup
from cstar_core.backups.manifest import Backup, WorkspaceCounts
from cstar_core.backups.restoring import Restored, restore
from cstar_core.backups.verifying import read_backup

__all__ = [
    "Backup",
    "Restored",
    "WorkspaceCounts",
    "make_backup",
    "read_backup",
    "restore",
]
