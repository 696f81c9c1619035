"""A plugin of pytest: tests use the SQLite of the extra ``sqlite`` wherever Python's is meant.

Otherwise a test that opens a desk's file beside the desk would do so with another SQLite.
"""

import sys
from collections.abc import Iterator
from functools import partial
from sqlite3.dump import _iterdump  # type: ignore[attr-defined]

from pysqlite3 import dbapi2


class Connection(dbapi2.Connection):  # type: ignore[misc]
    """With the one method of Python's that the extra lacks and tests use."""

    def iterdump(self) -> Iterator[str]:
        yield from _iterdump(self)


dbapi2.Connection = Connection
dbapi2.connect = partial(dbapi2.connect, factory=Connection)
sys.modules["sqlite3"] = dbapi2


def pytest_report_header() -> str:
    return f"SQLite {dbapi2.sqlite_version}"
