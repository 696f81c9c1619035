"""How large the file is, and what is in it."""

import sqlite3
from contextlib import closing

from scripts.benchmark.desks import Desk
from scripts.benchmark.section import Bench, Results, Row, Section, rounded

_LARGEST = 15
_PARTS = "SELECT name, sum(pgsize) FROM dbstat GROUP BY name ORDER BY 2 DESC"


def run(bench: Bench) -> Results:
    """Bytes a ticket, and the tables and indexes that take most of them."""
    found: Results = {"storage": [], "parts": []}
    for desk in bench.desks:
        bench.progress.step(f"file size with {desk.tickets:,} tickets")
        size, parts = _measure(desk)
        found["storage"].append(
            {
                "tickets": desk.tickets,
                "megabytes": rounded(size / 1e6),
                "bytes_per_ticket": round(size / desk.tickets),
                "filled_in_seconds": rounded(desk.filled_in),
            }
        )
        found["parts"] += parts
    return found


def _measure(desk: Desk) -> tuple[int, list[Row]]:
    with closing(sqlite3.connect(desk.path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        parts = _parts(connection)
    size = desk.path.stat().st_size
    return size, [_part(desk, name, taken, size) for name, taken in parts]


def _parts(connection: sqlite3.Connection) -> list[tuple[str, int]]:
    """The largest tables and indexes, if this SQLite can tell."""
    try:
        return connection.execute(_PARTS).fetchmany(_LARGEST)
    except sqlite3.OperationalError:
        return []


def _part(desk: Desk, name: str, taken: int, size: int) -> Row:
    return {
        "tickets": desk.tickets,
        "part": name,
        "bytes_per_ticket": round(taken / desk.tickets),
        "share": rounded(taken / size, 3),
    }


SECTION = Section("storage", "bytes a ticket, by table and index", run)
