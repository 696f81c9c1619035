"""The totals that triggers keep: what they should be, whether they are, and how to set them right.

Everything here is SQL over whole tables; a million tickets take some seconds.
"""

from dataclasses import dataclass

from cstar_core.store import Snapshot, Transaction

# Each ticket counts for its member (0: nobody) and for all (-1), in its block and in all (-1). They
# are counted once, and the rest is added up from that.
_TICKETS = """
WITH counted (workspace_id, assigned_to, block, status, priority, tickets) AS (
    SELECT workspace_id, coalesce(assigned_to, 0), number >> 16, status, priority, count(*)
    FROM tickets GROUP BY 1, 2, 3, 4, 5
)
SELECT workspace_id, assigned_to, block, status, priority, sum(tickets) FROM (
    SELECT * FROM counted
    UNION ALL SELECT workspace_id, assigned_to, -1, status, priority, tickets FROM counted
    UNION ALL SELECT workspace_id, -1, block, status, priority, tickets FROM counted
    UNION ALL SELECT workspace_id, -1, -1, status, priority, tickets FROM counted
)
GROUP BY 1, 2, 3, 4, 5
"""
_MESSAGES = """
SELECT count(*), coalesce(sum(is_internal), 0) FROM messages WHERE ticket_id = tickets.id
"""
# A message counts for its home, the ticket that it was written to.
_FIRST_RESPONSE = """
SELECT min(created_at) FROM (
    SELECT created_at FROM messages
    WHERE ticket_id = tickets.id AND home_id IS NULL AND sender = 1 AND is_internal = 0
    UNION ALL
    SELECT created_at FROM messages WHERE home_id = tickets.id AND sender = 1 AND is_internal = 0
)
"""
# As the search index stands between texts.
FILE_NAMES = """
SELECT group_concat(name, ' ' || char(57344) || ' ') FROM (
    SELECT name FROM attachments WHERE message_id = messages.id ORDER BY position, id
)
"""
# The tables whose rows refer to files.
_FILE_USERS = ("attachments", "mails", "outgoing_mails")
_FILE_USES = " + ".join(
    f"(SELECT count(*) FROM {each} WHERE blob_id = blobs.id)"  # noqa: S608 - constants
    for each in _FILE_USERS
)
_FILE_TOTALS = "SELECT 1, count(*), coalesce(sum(size), 0) FROM blobs"
_USES = "SELECT count(*) FROM tag_uses WHERE tag_id = tags.id"
_CUSTOMERS = "SELECT count(*) FROM customers WHERE workspace_id = workspaces.id"


@dataclass(frozen=True, slots=True)
class Counter:
    """One kind of total: ``wrong`` counts those that are off, ``right`` sets all of them right."""

    name: str
    what: str
    wrong: str
    right: tuple[str, ...]


def _column(table: str, columns: str, counted: str, name: str, what: str) -> Counter:
    """Columns of a table that follow from rows of another."""
    off = f"{columns} IS NOT ({counted})"
    return Counter(
        name,
        what,
        f"SELECT count(*) FROM {table} WHERE {off}",  # noqa: S608 - constants
        (f"UPDATE {table} SET {columns} = ({counted}) WHERE {off}",),  # noqa: S608 - constants
    )


COUNTERS = (
    Counter(
        "counters",
        "totals differ from the tickets",
        f"""
        SELECT count(*) FROM (
            SELECT * FROM ticket_counts WHERE tickets <> 0 EXCEPT SELECT * FROM ({_TICKETS})
            UNION ALL
            SELECT * FROM (
                SELECT * FROM ({_TICKETS}) EXCEPT SELECT * FROM ticket_counts WHERE tickets <> 0
            )
        )
        """,  # noqa: S608 - constants
        ("DELETE FROM ticket_counts", f"INSERT INTO ticket_counts {_TICKETS}"),
    ),
    _column("tags", "uses", _USES, "tag counters", "tags miscount their uses"),
    _column(
        "workspaces",
        "customer_count",
        _CUSTOMERS,
        "customer counters",
        "workspaces miscount their customers",
    ),
    _column(
        "tickets",
        "(message_count, internal_count)",
        _MESSAGES,
        "message counts",
        "tickets miscount their messages",
    ),
    _column(
        "tickets",
        "first_response_at",
        _FIRST_RESPONSE,
        "first responses",
        "tickets differ from when their messages say they were first answered",
    ),
    Counter(
        "file counters",
        "files miscount what refers to them",
        f"SELECT count(*) FROM blobs WHERE uses <> ({_FILE_USES})",  # noqa: S608 - constants
        (
            f"UPDATE blobs SET uses = ({_FILE_USES}) WHERE uses <> ({_FILE_USES})",  # noqa: S608
            "UPDATE blobs SET unused_since = NULL WHERE uses > 0",
        ),
    ),
    Counter(
        "file totals",
        "totals differ from the files",
        f"SELECT count(*) FROM ({_FILE_TOTALS} EXCEPT SELECT * FROM file_totals)",  # noqa: S608
        ("DELETE FROM file_totals", f"INSERT INTO file_totals {_FILE_TOTALS}"),
    ),
    _column(
        "messages",
        "file_names",
        FILE_NAMES,
        "file names",
        "messages differ from their attachments in the names of these",
    ),
)


def how_many_wrong(snap: Snapshot, counter: Counter) -> int:
    """How many totals of a kind differ from what they count."""
    return int(snap.sql(counter.wrong)[0][0])


def recount(tx: Transaction) -> None:
    """Set every total right."""
    for counter in COUNTERS:
        for statement in counter.right:
            tx.write_sql(statement)
