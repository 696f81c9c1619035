"""A plugin of pytest: tests use the SQLite of the extra ``sqlite`` wherever Python's is meant.

Otherwise a test that opens a desk's file beside the desk would do so with another SQLite.
"""

import sys

from pysqlite3 import dbapi2

sys.modules["sqlite3"] = dbapi2


def pytest_report_header() -> str:
    return f"SQLite {dbapi2.sqlite_version}"
