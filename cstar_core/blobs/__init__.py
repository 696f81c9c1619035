"""Files by the SHA-256 of their bytes: in a folder beside the database, with a row for each.

A file is on the disk before a row refers to it, and is taken away only once no row does.
"""

from cstar_core.blobs.blobs import AT_ONCE, Blobs, drop_at_once, row_of
from cstar_core.blobs.collecting import Collected, collect_blobs
from cstar_core.blobs.folder import KEPT_SECONDS, Folder
from cstar_core.blobs.shelf import Blob, Shelf

__all__ = [
    "AT_ONCE",
    "KEPT_SECONDS",
    "Blob",
    "Blobs",
    "Collected",
    "Folder",
    "Shelf",
    "collect_blobs",
    "drop_at_once",
    "row_of",
]
