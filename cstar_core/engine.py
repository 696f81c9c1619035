"""The SQLite of this process: Python's own, or that of the extra ``sqlite`` where it is newer.

Whatever opens a file takes ``sqlite3`` from here. Two SQLites in one process must never have the
same file open: when one of them closes it, the system drops the locks of the other.
"""

import sqlite3
from types import ModuleType

try:
    from pysqlite3 import dbapi2 as another
except ImportError:  # not installed, or made for another machine
    another = None

__all__ = ["newer", "sqlite3"]


def newer(own: ModuleType, another: ModuleType | None) -> ModuleType:
    """Which of two modules with the same names brings the newer SQLite; Python's own if equal."""
    if another is None or another.sqlite_version_info <= own.sqlite_version_info:
        return own
    return another


sqlite3 = newer(sqlite3, another)
