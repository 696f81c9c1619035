"""Look a database over: is the file sound, and does everything kept twice agree?"""

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass

from cstar_core.documents import CUSTOMERS, TICKETS
from cstar_core.store import Snapshot, Store

WAL_BUG_FIXED_IN = (3, 51, 3)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at; ``detail`` says what was seen and, if it is not ok, what to do."""

    name: str
    ok: bool
    detail: str
    warning: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    """All findings; ``ok`` unless one of them is wrong (a warning is not)."""

    findings: tuple[Finding, ...]

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return all(finding.ok for finding in self.findings)


def inspect(store: Store, schema_version: int) -> Report:
    """Check the whole file, from one snapshot. Reads every page: minutes on a large one."""
    with store.snapshot() as snap:
        return Report(tuple(_findings(snap, schema_version)))


def _findings(snap: Snapshot, schema_version: int) -> Iterator[Finding]:
    yield _sqlite_version()
    yield Finding("schema", True, f"version {schema_version}, current")
    rows = [str(row[0]) for row in snap.sql("PRAGMA integrity_check(5)")]
    yield Finding("integrity", rows == ["ok"], "; ".join(rows))
    broken = snap.sql("PRAGMA foreign_key_check")
    yield _zero("foreign keys", len(broken), "rows refer to rows that are gone")
    yield _zero("counters", _count(snap, _WRONG_COUNTS), "totals differ from the tickets")
    yield _zero("tag counters", _count(snap, _WRONG_USES), "tags miscount their uses")
    wrong = _count(snap, _WRONG_CUSTOMERS)
    yield _zero("customer counters", wrong, "workspaces miscount their customers")
    yield _zero("message counts", _count(snap, _WRONG_MESSAGES), "tickets miscount their messages")
    for workspace_id, environment in snap.sql("SELECT id, environment FROM workspaces"):
        yield _index(snap, workspace_id, environment)


def _sqlite_version() -> Finding:
    version = sqlite3.sqlite_version
    if sqlite3.sqlite_version_info >= WAL_BUG_FIXED_IN:
        return Finding("sqlite", True, version)
    detail = (
        f"{version}; before 3.51.3 SQLite has a rare bug that can damage a database in WAL mode: "
        "use a Python with a newer SQLite when you can"
    )
    return Finding("sqlite", True, detail, warning=True)


def _zero(name: str, wrong: int, what: str) -> Finding:
    detail = "agree" if wrong == 0 else f"{wrong} {what}; restore a backup or report this"
    return Finding(name, wrong == 0, detail)


def _count(snap: Snapshot, query: str) -> int:
    return int(snap.sql(query)[0][0])


def _index(snap: Snapshot, workspace_id: int, environment: str) -> Finding:
    """Whether the index holds exactly the documents that it should.

    One for each object; of what waits to be indexed, those that the queue says it holds.
    """
    wrong = 0
    for index, table in ((TICKETS, "tickets"), (CUSTOMERS, "customers")):
        queue, mine = f"{index.kind}_changes", f"workspace_id = {int(workspace_id)}"
        held = f"SELECT id FROM {index.table(workspace_id)}_docsize"  # noqa: S608
        expected = (
            f"SELECT id FROM {table} WHERE {mine} AND id NOT IN (SELECT id FROM {queue}) "  # noqa: S608
            f"UNION ALL SELECT id FROM {queue} WHERE {mine} AND indexed = 1"
        )
        for one, other in ((expected, held), (held, expected)):
            gone = f"SELECT * FROM ({one}) EXCEPT SELECT * FROM ({other})"  # noqa: S608
            wrong += _count(snap, f"SELECT count(*) FROM ({gone})")  # noqa: S608
    what = "documents are missing from the search index or left over in it"
    return _zero(f"search index {workspace_id} ({environment})", wrong, what)


# Each ticket counts for its member (0: nobody) and for all (-1), in its block and in all (-1).
_COUNTED = """
SELECT workspace_id, assigned_to, block, status, priority, count(*) FROM (
    SELECT workspace_id, coalesce(assigned_to, 0) AS assigned_to, number >> 16 AS block,
        status, priority FROM tickets
    UNION ALL SELECT workspace_id, coalesce(assigned_to, 0), -1, status, priority FROM tickets
    UNION ALL SELECT workspace_id, -1, number >> 16, status, priority FROM tickets
    UNION ALL SELECT workspace_id, -1, -1, status, priority FROM tickets
)
GROUP BY 1, 2, 3, 4, 5
"""
_WRONG_COUNTS = f"""
SELECT count(*) FROM (
    SELECT * FROM ticket_counts WHERE tickets <> 0 EXCEPT SELECT * FROM ({_COUNTED})
    UNION ALL
    SELECT * FROM (
        SELECT * FROM ({_COUNTED}) EXCEPT SELECT * FROM ticket_counts WHERE tickets <> 0
    )
)
"""  # noqa: S608 - constants
_WRONG_USES = """
SELECT count(*) FROM tags WHERE uses <> (SELECT count(*) FROM tag_uses WHERE tag_id = tags.id)
"""
_WRONG_CUSTOMERS = """
SELECT count(*) FROM workspaces
WHERE customer_count <> (SELECT count(*) FROM customers WHERE workspace_id = workspaces.id)
"""
_WRONG_MESSAGES = """
SELECT count(*) FROM tickets WHERE (message_count, internal_count) <> (
    SELECT count(*), coalesce(sum(is_internal), 0) FROM messages WHERE ticket_id = tickets.id
)
"""
