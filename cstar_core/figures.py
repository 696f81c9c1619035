"""How large a desk is: numbers to watch, from counters that are kept anyway."""

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass

from cstar_core.mail import MailBacklog, read_mail_backlog
from cstar_core.mail_out import MailLine, read_line
from cstar_core.mailboxes import FetchHealth, fetch_health
from cstar_core.store import Snapshot, Store
from cstar_core.tables import STATUSES
from cstar_core.webhooks import Backlog, read_backlog


@dataclass(frozen=True, slots=True)
class Figures:
    """How large a desk and its file are.

    ``tickets`` is keyed by environment and status, ``customers`` and ``events`` by environment.
    ``index_queue`` is how many documents wait to be indexed, ``backlog`` what webhooks have still
    to be told, ``mail`` what came in and was not settled, ``mail_line`` what is still to be sent,
    ``mailboxes`` how fetching goes of each that is fetched. There are so many ``files`` beside the
    database, of ``file_bytes`` together.
    """

    database_bytes: int
    wal_bytes: int
    disk_free_bytes: int
    teams: int
    tickets: Mapping[tuple[str, str], int]
    customers: Mapping[str, int]
    events: Mapping[str, int]
    index_queue: int
    backlog: Backlog
    mail: MailBacklog
    mailboxes: tuple[FetchHealth, ...]
    files: int
    file_bytes: int
    mail_line: MailLine


def figures(store: Store) -> Figures:
    """The figures of one moment.

    What it costs grows with the teams, the webhooks and what waits, not with tickets or files.
    """
    with store.snapshot() as snap:
        tickets = {(env, STATUSES[code]): int(n) for env, code, n in snap.sql(_TICKETS)}
        customers, events = _by_environment(snap, _CUSTOMERS), _by_environment(snap, _EVENTS)
        teams, queue = _one(snap, _TEAMS), _one(snap, _QUEUE)
        undelivered = read_backlog(snap)
        mailboxes = fetch_health(snap)
        files, file_bytes = snap.sql(_FILES)[0]
        mail, line = read_mail_backlog(snap, store.now()), read_line(snap, store.now())
    return Figures(
        database_bytes=_size(store.path),
        wal_bytes=_size(f"{store.path}-wal"),
        disk_free_bytes=shutil.disk_usage(os.path.dirname(store.path) or ".").free,
        teams=teams,
        tickets=tickets,
        customers=customers,
        events=events,
        index_queue=queue,
        backlog=undelivered,
        mail=mail,
        mailboxes=mailboxes,
        files=int(files),
        file_bytes=int(file_bytes),
        mail_line=line,
    )


def _size(path: str) -> int:
    """SQLite makes and deletes its log as it needs it."""
    try:
        return os.stat(path).st_size
    except FileNotFoundError:
        return 0


def _one(snap: Snapshot, query: str) -> int:
    return int(snap.sql(query)[0][0])


def _by_environment(snap: Snapshot, query: str) -> dict[str, int]:
    return {environment: int(number) for environment, number in snap.sql(query)}


# Led by the workspaces, so that only the totals of each are read. Member -1 and block -1: all.
_TICKETS = """
SELECT environment, status, sum(tickets)
FROM workspaces CROSS JOIN ticket_counts AS c
    ON c.workspace_id = workspaces.id AND c.assigned_to = -1 AND c.block = -1
GROUP BY environment, status
"""
_CUSTOMERS = "SELECT environment, sum(customer_count) FROM workspaces GROUP BY environment"
# Their numbers have no gaps.
_EVENTS = """
SELECT environment, sum((SELECT coalesce(max(number), 0) FROM events WHERE workspace_id = w.id))
FROM workspaces AS w GROUP BY environment
"""
_FILES = "SELECT files, bytes FROM file_totals"
_TEAMS = "SELECT count(*) FROM teams"
_QUEUE = "SELECT (SELECT count(*) FROM ticket_changes) + (SELECT count(*) FROM customer_changes)"
