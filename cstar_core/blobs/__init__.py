"""Files by the SHA-256 of their bytes: in a folder beside the database, with a row for each.

A file is on the disk before a row refers to it, and is taken away only once no row does.
"""

from cstar_core.blobs.blobs import Blobs
from cstar_core.blobs.collecting import Collected, collect_blobs
from cstar_core.blobs.folder import KEPT_SECONDS, Blob, Folder

__all__ = ["KEPT_SECONDS", "Blob", "Blobs", "Collected", "Folder", "collect_blobs"]
