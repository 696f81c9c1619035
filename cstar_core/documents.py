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
from itertools import islice

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
INDEXES = (TICKETS, CUSTOMERS)


def create_tables(tx: Transaction, workspace_id: int) -> None:
    """Make the indexes of a new workspace."""
    for index in INDEXES:
        create_table(tx, index, workspace_id)


def create_table(tx: Transaction, index: Index, workspace_id: int) -> None:
    """Make one empty index, and the view of its words."""
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
    for index in INDEXES:
        _refresh(tx, index)


def hold_texts(tx: Transaction, ticket: int) -> None:
    """Note what the index holds of a ticket, before the texts of its messages change."""
    held = (
        "SELECT id, workspace_id, 1, messages_end, messages, internal, title, customer "
        "FROM ticket_documents WHERE id = ?"
    )
    tx.write_sql(f"INSERT OR IGNORE INTO ticket_changes {held}", (ticket,))


def optimise(tx: Transaction, workspace_id: int) -> None:
    """Merge the pieces of the indexes of a workspace, so that no word is left that is gone."""
    for index in INDEXES:
        table = index.table(workspace_id)
        tx.write_sql(f"INSERT INTO {table} ({table}) VALUES ('optimize')")  # noqa: S608


UPKEEP = Upkeep(are_waiting, refresh_many, refresh)


def rebuild(tx: Transaction, index: Index, workspace_id: int) -> int:
    """Empty one index and fill it from the objects as they are now; how many documents it has."""
    table = index.table(workspace_id)
    tx.write_sql(f"INSERT INTO {table} ({table}) VALUES ('delete-all')")  # noqa: S608
    tx.write_sql(f"DELETE FROM {index.kind}_changes WHERE workspace_id = ?", (workspace_id,))  # noqa: S608
    return fill(tx, index, workspace_id, tx)


def fill(target: Transaction, index: Index, workspace_id: int, source: Snapshot) -> int:
    """Put the documents of a workspace, as they are now, into its empty index; how many.

    The index may be in another file than the objects.
    """
    table, marks = index.table(workspace_id), ", ".join("?" * len(index.columns))
    insert = f"INSERT INTO {table} (rowid, {', '.join(index.columns)}) VALUES (?, {marks})"  # noqa: S608
    documents = 0
    with _settings(target, table, _LOADING):
        for some in _present(source, index, workspace_id):
            _write(target, insert, some)
            documents += len(some)
    return documents


def _present(snap: Snapshot, index: Index, workspace_id: int) -> Iterator[list[_Document]]:
    """The documents of a workspace by age, a few at a time: their text may be long."""
    mine = f"SELECT id FROM {index.kind}s WHERE workspace_id = ? ORDER BY id"  # noqa: S608
    ids = iter([int(row[0]) for row in snap.sql(mine, (workspace_id,))])
    query = f"SELECT id, {', '.join(index.columns)} FROM {index.source} WHERE id IN "  # noqa: S608
    while some := list(islice(ids, MANY)):
        rows = snap.sql(f"{query} ({', '.join('?' * len(some))}) ORDER BY id", some)
        yield [(id, texts) for id, *texts in rows]


def _more_than(number: int) -> str:
    queues = (f"SELECT 1 FROM {index.kind}_changes LIMIT 1 OFFSET {number}" for index in INDEXES)  # noqa: S608
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
