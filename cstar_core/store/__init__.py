"""One SQLite file: connections, units of work, and what its errors mean.

There are two ways in. ``transaction()`` writes: one writer at a time, ``BEGIN IMMEDIATE``, and one
instant ``now`` for everything in it. ``snapshot()`` reads one consistent state.
"""

from cstar_core.store.connections import (
    BUSY_SECONDS,
    PRAGMAS,
    ConstraintError,
    EngineError,
    interruptible,
    is_of_one_row,
    translated,
)
from cstar_core.store.reserve import Reserve
from cstar_core.store.statements import (
    Prepared,
    Slot,
    limited,
    paged,
    prepare,
    prepare_insert,
    slot,
)
from cstar_core.store.store import Store
from cstar_core.store.transaction import Snapshot, SqlRow, Transaction, Upkeep

__all__ = [
    "BUSY_SECONDS",
    "PRAGMAS",
    "ConstraintError",
    "EngineError",
    "Prepared",
    "Reserve",
    "Slot",
    "Snapshot",
    "SqlRow",
    "Store",
    "Transaction",
    "Upkeep",
    "interruptible",
    "is_of_one_row",
    "limited",
    "paged",
    "prepare",
    "prepare_insert",
    "slot",
    "translated",
]
