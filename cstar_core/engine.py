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

__all__ = ["code_of", "is_unreadable_text", "newer", "sqlite3", "words_of"]


def newer(own: ModuleType, another: ModuleType | None) -> ModuleType:
    """Which of two modules with the same names brings the newer SQLite; Python's own if equal."""
    if another is None or another.sqlite_version_info <= own.sqlite_version_info:
        return own
    return another


sqlite3 = newer(sqlite3, another)


def code_of(error: sqlite3.Error) -> int:
    """The primary code of an error; 0 if it has none."""
    if is_unreadable_text(error):
        return sqlite3.SQLITE_CORRUPT
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


def is_unreadable_text(error: sqlite3.Error) -> bool:
    """Whether text is not UTF-8: damage that SQLite does not look for.

    The module finds it where the text is read, and gives that error no code.
    """
    return str(error).startswith("Could not decode to UTF-8")


def words_of(error: sqlite3.Error) -> str:
    """What an error says, without the text of a customer that it may quote."""
    return str(error).partition(" with text ")[0] if is_unreadable_text(error) else str(error)
