"""Whether the search index of a workspace holds what it should: documents, words, places."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import zip_longest

from cstar_core.documents import INDEXES, Index, create_table, fill
from cstar_core.engine import sqlite3
from cstar_core.ids import public_id
from cstar_core.store import Snapshot, SqlRow, Transaction


def misplaced_documents(snap: Snapshot, workspace_id: int) -> int:
    """How many documents an index lacks, or has too many.

    There is one for each object; of what waits to be indexed, those that the queue says are held.
    """
    wrong = 0
    for index in INDEXES:
        queue, mine = f"{index.kind}_changes", f"workspace_id = {int(workspace_id)}"
        held = f"SELECT id FROM {index.table(workspace_id)}_docsize"  # noqa: S608
        expected = (
            f"SELECT id FROM {index.kind}s WHERE {mine} AND id NOT IN (SELECT id FROM {queue}) "  # noqa: S608
            f"UNION ALL SELECT id FROM {queue} WHERE {mine} AND indexed = 1"
        )
        for one, other in ((expected, held), (held, expected)):
            gone = f"SELECT * FROM ({one}) EXCEPT SELECT * FROM ({other})"  # noqa: S608
            wrong += int(snap.sql(f"SELECT count(*) FROM ({gone})")[0][0])  # noqa: S608
    return wrong


def miscounted_words(snap: Snapshot, workspace_id: int) -> int:
    """In how many columns the words found are not as many as those noted for each document.

    Reads the whole index, so that a damaged one is noticed.
    """
    return sum(
        found != noted
        for index in INDEXES
        for found, noted in zip(
            _words_found(snap, index, workspace_id),
            _words_noted(snap, index, workspace_id),
            strict=True,
        )
    )


def _words_found(snap: Snapshot, index: Index, workspace_id: int) -> list[int]:
    with _all_words(snap, index, workspace_id) as words:
        query = f"SELECT col, sum(cnt) FROM {words} GROUP BY col"  # noqa: S608
        found = {str(name): int(number) for name, number in snap.sql(query)}
    return [found.get(column, 0) for column in index.columns]


def _words_noted(snap: Snapshot, index: Index, workspace_id: int) -> list[int]:
    totals = [0] * len(index.columns)
    query = f"SELECT sz FROM {index.table(workspace_id)}_docsize"  # noqa: S608
    for (sizes,) in snap.connection.execute(query):
        for column, size in enumerate(_varints(sizes)):
            totals[column] += size
    return totals


def _varints(data: bytes) -> Iterator[int]:
    """The numbers that the index packs into a row: seven bits a byte, the high bit says: more.

    >>> list(_varints(bytes([0x05, 0x81, 0x00])))
    [5, 128]
    """
    value = 0
    for byte in data:
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            yield value
            value = 0


def first_difference(snap: Snapshot, workspace_id: int) -> str:
    """Where an index first differs from one made anew from the text; empty if nowhere.

    The new one is made in a temporary file. What still waits to be indexed is left out.
    """
    for index in INDEXES:
        with closing(sqlite3.connect("", isolation_level=None)) as connection:
            connection.execute("PRAGMA journal_mode = OFF")
            anew = Transaction(connection, 0)
            create_table(anew, index, workspace_id)
            fill(anew, index, workspace_id, snap)
            queue = snap.sql(f"SELECT id FROM {index.kind}_changes")  # noqa: S608 - a name of ours
            waiting = {int(row[0]) for row in queue}
            streams = (_places(view, index, workspace_id, waiting) for view in (snap, anew))
            for held, meant in zip_longest(*streams):
                if held != meant:
                    return _named(snap, index, _first(held, meant))
    return ""


def _named(snap: Snapshot, index: Index, id: int) -> str:
    rows = snap.sql(f"SELECT uid FROM {index.kind}s WHERE id = ?", (id,))  # noqa: S608
    return public_id(index.kind, rows[0][0]) if rows else f"a {index.kind} that is gone"


def _places(snap: Snapshot, index: Index, workspace_id: int, without: set[int]) -> Iterator[SqlRow]:
    """Every word of an index in its order, with where it stands."""
    query = f"SELECT term, doc, col, offset FROM {index.words(workspace_id)}"  # noqa: S608
    return (row for row in snap.connection.execute(query) if row[1] not in without)


def _first(held: SqlRow | None, meant: SqlRow | None) -> int:
    """The document that has a word too many, or too few."""
    return int(min(row[:2] for row in (held, meant) if row is not None)[1])


@contextmanager
def _all_words(snap: Snapshot, index: Index, workspace_id: int) -> Iterator[str]:
    """How often each word stands in each column, as a table of this connection alone."""
    table = index.table(workspace_id)
    name = f"temp.words_of_{table}"
    snap.connection.execute(f"CREATE VIRTUAL TABLE {name} USING fts5vocab(main, {table}, 'col')")
    try:
        yield name
    finally:
        snap.connection.execute(f"DROP TABLE {name}")
