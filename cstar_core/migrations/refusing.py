"""What is refused before SQLite opens it for writing: files that are not ours, or not for us."""

import re
from contextlib import closing, suppress
from pathlib import Path

from cstar_core.engine import code_of, sqlite3
from cstar_core.errors import Refused
from cstar_core.migrations import log
from cstar_core.versions import release

APPLICATION_ID = 0x63537461  # "cSta"
_RELEASE = re.compile(r"[0-9A-Za-z.+!-]{1,40}")


def inspect(path: str, newest: int) -> None:
    """Refuse a file that is not ours, by its first hundred bytes; it is only read.

    SQLite reads them, as a file that never changes: closing a handle of our own would drop the
    locks that this process may hold on the file.
    """
    file = Path(path)
    logged = log.size(f"{path}-wal")  # first: whoever makes a file fills it before its log
    if file.exists() and not file.is_file():
        raise Refused(f"{path} is not a file")
    if log.size(path) == 0:
        if logged:
            # SQLite would delete the log, which may hold all that is left.
            raise Refused(f"{path} is missing or empty, but {path}-wal beside it is not")
        return
    # Each is looked at twice: others may be folding in the log, and ending it, meanwhile.
    if _is_cut_off(path, newest) and _is_cut_off(path, newest):
        raise Refused(f"{path} is damaged: it is cut off")
    if log.is_missing(path) and log.is_missing(path):
        raise Refused(f"{path} lacks its write-ahead log {path}-wal, with what was written last")
    if logged and log.is_foreign(path) and log.is_foreign(path):
        raise Refused(f"{path}-wal is the write-ahead log of another database")


def _is_cut_off(path: str, newest: int) -> bool:
    """Whether the file ends too early and its log does not have the rest."""
    page = _header(path, newest)
    # SQLite would take the missing end of the last page for zeros.
    return not (page and log.size(path) % page == 0) and not log.completes(path)


def _header(path: str, newest: int) -> int:
    """The page size that the first hundred bytes say; 0 if the file is shorter than they say."""
    address = f"{Path(path).absolute().as_uri()}?mode=ro&immutable=1"
    try:
        with closing(sqlite3.connect(address, uri=True)) as connection:
            marked = connection.execute("PRAGMA application_id").fetchone()[0]
            if marked == APPLICATION_ID:
                refuse_newer(path, connection, newest)
            page = int(connection.execute("PRAGMA page_size").fetchone()[0])
    except sqlite3.DatabaseError as error:
        _refuse_unread(path, error)
        return 0
    if marked != APPLICATION_ID:
        raise Refused(f"{path} is a database of another program")
    return page


def _refuse_unread(path: str, error: sqlite3.DatabaseError) -> None:
    """A file that only seems damaged may have its rest in the write-ahead log."""
    code = code_of(error)
    if code == sqlite3.SQLITE_NOTADB:
        raise Refused(f"{path} is not a cStar database") from error
    if code != sqlite3.SQLITE_CORRUPT:
        raise Refused(f"{path} cannot be read: {error}") from error


def refuse_newer(name: str, connection: sqlite3.Connection, newest: int) -> None:
    """Refuse a file whose schema this version does not know; ``name`` is what it is called.

    The file is asked which version has made it so. That may be in its log only, which may not be
    read here.
    """
    found = version_of(connection)
    if found <= newest:
        return
    maker = None
    with suppress(sqlite3.Error):
        row = connection.execute("SELECT cstar FROM upgrades ORDER BY schema DESC LIMIT 1")
        [maker] = row.fetchone() or (None,)
    is_told = isinstance(maker, str) and _RELEASE.fullmatch(maker) and maker != release()
    raise Refused(
        f"{name} was made by a newer version of cStar{f', {maker}' if is_told else ''}: "
        f"it has schema {found}, and cStar {release()} knows schemas up to {newest}; "
        "update cStar to use it"
    )


def version_of(connection: sqlite3.Connection) -> int:
    """The schema of a file; 0 if it has none yet."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])
