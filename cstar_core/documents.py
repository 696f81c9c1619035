"""The full-text index: one document a ticket and one a customer, in tables of each workspace.

Triggers note which documents changed and what the index still holds of them; ``refresh`` brings
the index up to date, at the end of each transaction, so a write can be found by the next search.
The index keeps no text of its own: taking a document out needs the same words that went in.
"""

from dataclasses import dataclass

from cstar_core.store import Transaction
from cstar_core.words import fold

_TOKENIZER = "unicode61 remove_diacritics 2"


@dataclass(frozen=True, slots=True)
class Index:
    """The names of one kind's tables."""

    kind: str
    columns: tuple[str, ...]
    public_columns: tuple[str, ...]
    source: str

    def table(self, workspace_id: int) -> str:
        """The full-text table of a workspace."""
        return f"{self.kind}_search_{int(workspace_id)}"


TICKETS = Index(
    "ticket",
    ("title", "messages", "internal", "customer"),
    ("title", "messages", "customer"),
    "ticket_documents",
)
CUSTOMERS = Index("customer", ("name", "email"), ("name", "email"), "customers")


def create_tables(tx: Transaction, workspace_id: int) -> None:
    """Make the indexes of a new workspace."""
    for index in (TICKETS, CUSTOMERS):
        tx.write_sql(
            f"CREATE VIRTUAL TABLE {index.table(workspace_id)} USING fts5("
            f"{', '.join(index.columns)}, content='', tokenize=\"{_TOKENIZER}\")"
        )


def refresh(tx: Transaction) -> None:
    """Index every document that changed since it was last indexed."""
    for index in (TICKETS, CUSTOMERS):
        _refresh(tx, index)


def _refresh(tx: Transaction, index: Index) -> None:
    changed = tx.sql(_changed(index))
    if not changed:
        return
    width = len(index.columns)
    for id, workspace_id, indexed, exists, *texts in changed:
        table = index.table(workspace_id)
        if indexed:
            _write(tx, index, table, id, texts[:width], delete=True)
        if exists is not None:
            _write(tx, index, table, id, texts[width:], delete=False)
    tx.write_sql(f"DELETE FROM {index.kind}_changes")  # noqa: S608 - a constant name


def _changed(index: Index) -> str:
    before = ", ".join(f"c.{column}" for column in index.columns)
    after = ", ".join(f"d.{column}" for column in index.columns)
    return (
        f"SELECT c.id, c.workspace_id, c.indexed, d.id, {before}, {after} "  # noqa: S608
        f"FROM {index.kind}_changes c LEFT JOIN {index.source} d ON d.id = c.id"
    )


def _write(
    tx: Transaction, index: Index, table: str, id: int, texts: list[str | None], *, delete: bool
) -> None:
    columns = ", ".join(index.columns)
    marks = ", ".join("?" * len(texts))
    folded = [fold(text) if text else "" for text in texts]
    if delete:
        tx.write_sql(
            f"INSERT INTO {table} ({table}, rowid, {columns}) VALUES ('delete', ?, {marks})",  # noqa: S608
            (id, *folded),
        )
    else:
        tx.write_sql(
            f"INSERT INTO {table} (rowid, {columns}) VALUES (?, {marks})",  # noqa: S608
            (id, *folded),
        )
