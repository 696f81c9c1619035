"""The full-text index: one document a ticket and one a customer, in tables of each workspace.

Triggers note which documents changed, and what the index still holds of them. They are indexed
in groups: at the end of the transaction that makes the group full, or before a search, which so
finds every change that was committed before it. Indexing one by one would cost each write more
than all the rest of it.
The index keeps no text of its own: taking a document out needs the same words that went in.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from cstar_core.store import Snapshot, Transaction, Upkeep
from cstar_core.words import fold

GROUP = 32
# From so many new documents on they are gathered in memory and written as one piece, and pieces
# are merged in larger heaps: less of the index is written again and again.
MANY = 200
_LOADING = {"hashsize": 16 * 1024 * 1024, "automerge": 8}
_USUAL = {"hashsize": 1024 * 1024, "automerge": 4}
# What the schema puts between texts, so that no phrase is found across them.
_BETWEEN = " \ue000 "
_TOKENIZER = "unicode61 remove_diacritics 2"
_Document = tuple[int, list[str | None]]


@dataclass(frozen=True, slots=True)
class Index:
    """The names of one kind's tables."""

    kind: str
    columns: tuple[str, ...]
    public_columns: tuple[str, ...]
    source: str
    held: str

    def table(self, workspace_id: int) -> str:
        """The full-text table of a workspace."""
        return f"{self.kind}_search_{int(workspace_id)}"

    def words(self, workspace_id: int) -> str:
        """The words in the full-text table of a workspace; it stores nothing of its own."""
        return f"{self.table(workspace_id)}_words"


# The first column's words take two bytes less each, so the longest text comes first.
TICKETS = Index(
    "ticket",
    ("messages", "internal", "title", "customer"),
    ("messages", "title", "customer"),
    "ticket_documents",
    "ticket_documents_held",
)
CUSTOMERS = Index("customer", ("name", "email"), ("name", "email"), "customers", "customer_changes")


def create_tables(tx: Transaction, workspace_id: int) -> None:
    """Make the indexes of a new workspace."""
    for index in (TICKETS, CUSTOMERS):
        tx.write_sql(
            f"CREATE VIRTUAL TABLE {index.table(workspace_id)} USING fts5("
            f"{', '.join(index.columns)}, content='', tokenize=\"{_TOKENIZER}\")"
        )
        tx.write_sql(
            f"CREATE VIRTUAL TABLE {index.words(workspace_id)} USING fts5vocab("
            f"{index.table(workspace_id)}, 'instance')"
        )


def are_waiting(snap: Snapshot) -> bool:
    """Whether any document is not indexed as it is now."""
    return bool(snap.sql(_more_than(0))[0][0])


def refresh_many(tx: Transaction) -> None:
    """Index the changed documents if there is a group of them."""
    if tx.sql(_more_than(GROUP - 1))[0][0]:
        refresh(tx)


def refresh(tx: Transaction) -> None:
    """Index every document that changed since it was last indexed."""
    for index in (TICKETS, CUSTOMERS):
        _refresh(tx, index)


UPKEEP = Upkeep(are_waiting, refresh_many, refresh)


def _more_than(number: int) -> str:
    queues = (f"SELECT 1 FROM {index.kind}_changes LIMIT 1 OFFSET {number}" for index in _ALL)  # noqa: S608
    return f"SELECT {' OR '.join(f'EXISTS ({queue})' for queue in queues)}"


def _refresh(tx: Transaction, index: Index) -> None:
    workspaces = tx.sql(f"SELECT DISTINCT workspace_id FROM {index.kind}_changes")  # noqa: S608
    for (workspace_id,) in workspaces:
        _refresh_workspace(tx, index, workspace_id)
    if workspaces:
        tx.write_sql(f"DELETE FROM {index.kind}_changes")  # noqa: S608


def _refresh_workspace(tx: Transaction, index: Index, workspace_id: int) -> None:
    old: list[_Document] = []
    new: list[_Document] = []
    width = len(index.columns)
    for id, indexed, exists, *texts in tx.sql(_changed(index), (workspace_id,)):
        before, after = texts[:width], texts[width:]
        if indexed and exists is not None and before == after:
            continue
        if indexed:
            old.append((id, before))
        if exists is not None:
            new.append((id, after))
    table, columns = index.table(workspace_id), ", ".join(index.columns)
    marks = ", ".join("?" * width)
    insert = f"INSERT INTO {table}"
    with _settings(tx, table, _LOADING if len(new) >= MANY else {}):
        _write(tx, f"{insert} ({table}, rowid, {columns}) VALUES ('delete', ?, {marks})", old)
        _write(tx, f"{insert} (rowid, {columns}) VALUES (?, {marks})", new)


@contextmanager
def _settings(tx: Transaction, table: str, settings: Mapping[str, int]) -> Iterator[None]:
    """Settings of a full-text table for the block, which ends with the same transaction."""
    if not settings:
        yield
        return
    change = f"INSERT INTO {table} ({table}, rank) VALUES (?, ?)"  # noqa: S608 - a name of ours
    tx.write_sql("SAVEPOINT settings")
    for name, value in settings.items():
        tx.write_sql(change, (name, value))
    yield
    # Releasing a savepoint makes the table write out what it has gathered, by these settings.
    tx.write_sql("RELEASE settings")
    for name in settings:
        tx.write_sql(change, (name, _USUAL[name]))


def _changed(index: Index) -> str:
    before = ", ".join(f"held.{column}" for column in index.columns)
    after = ", ".join(f"now.{column}" for column in index.columns)
    return (
        f"SELECT held.id, held.indexed, now.id, {before}, {after} "  # noqa: S608
        f"FROM {index.held} AS held LEFT JOIN {index.source} AS now ON now.id = held.id "
        "WHERE held.workspace_id = ? ORDER BY held.id"
    )


def _write(tx: Transaction, statement: str, documents: Iterable[_Document]) -> None:
    rows = ((id, *[_folded(text) if text else "" for text in texts]) for id, texts in documents)
    tx.write_many_sql(statement, rows)


def _folded(text: str) -> str:
    """Messages one by one: most are plain ASCII, which is folded at once."""
    return _BETWEEN.join([fold(part) for part in text.split(_BETWEEN)])


_ALL = (TICKETS, CUSTOMERS)
