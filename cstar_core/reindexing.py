"""Make anew what is kept twice: the search index and the counters, from the objects themselves."""

from dataclasses import dataclass

from cstar_core.counters import recount
from cstar_core.documents import INDEXES, rebuild
from cstar_core.store import Snapshot, Store, Transaction


@dataclass(frozen=True, slots=True)
class Reindexed:
    """What was made anew: how many documents are indexed, in how many workspaces."""

    documents: int
    workspaces: int


def reindex_within(tx: Transaction) -> None:
    """Make all of it anew in a transaction that is open."""
    recount(tx)
    for workspace_id in _workspaces(tx):
        for index in INDEXES:
            rebuild(tx, index, workspace_id)


def _workspaces(snap: Snapshot) -> list[int]:
    return [int(row[0]) for row in snap.sql("SELECT id FROM workspaces ORDER BY id")]


def reindex(store: Store) -> Reindexed:
    """Make the counters anew, then each index of each workspace.

    The counters are one transaction, and so is each index: killed in between, what is done stays,
    and a search never sees half an index. Others write between two of them.
    """
    with store.transaction() as tx:
        recount(tx)
        workspaces = _workspaces(tx)
    documents = 0
    for workspace_id in workspaces:
        for index in INDEXES:
            with store.transaction() as tx:
                documents += rebuild(tx, index, workspace_id)
    return Reindexed(documents, len(workspaces))
