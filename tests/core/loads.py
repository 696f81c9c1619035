"""Loading through import_many: what is given, what comes back, what is left in the file."""

import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from cstar_core import Workspace

Given = Mapping[str, Any]


def load(room: Any, objects: Iterable[Given], **how: Any) -> list[str]:
    """The ids of everything that an import writes."""
    return [id for batch in room.import_many(objects, **how) for id in batch.ids]


def load_ticket(workspace: Workspace, **values: Any) -> Any:
    """The one ticket that is loaded, with its messages."""
    (id,) = load(workspace.tickets, [{"title": "Help", **values}])
    return workspace.tickets.get(id)


def read(path: Path, query: str) -> list[tuple[Any, ...]]:
    """What a statement finds in the file, committed rows only."""
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(query).fetchall()
