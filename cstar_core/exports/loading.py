"""Take an export in again, as it was: ids, numbers, versions, times and the log of events.

It is one transaction. Rows go into the file as they are read, so memory does not grow with them,
and whatever is wrong, at whichever line, leaves the desk as it was.
"""

from pathlib import Path

from cstar_core import documents
from cstar_core.blobs import Folder
from cstar_core.counters import FILE_NAMES
from cstar_core.exports.files import store_attached
from cstar_core.exports.kinds import KINDS, PLACE, TEAM_PLACE
from cstar_core.exports.lines import Lines, damaged, verify
from cstar_core.exports.log import MEMBERS
from cstar_core.exports.manifest import Export
from cstar_core.exports.takers import TAKERS
from cstar_core.exports.taking import Loaded, Space, Taker
from cstar_core.store import ConstraintError, Store, Transaction, prepare, prepare_insert, slot
from cstar_core.tables import QuietEventsRow, WorkspaceRow
from cstar_core.tickets import astray

_FINISH = prepare(
    WorkspaceRow.update(
        {
            WorkspaceRow.newest_ticket_at: slot("newest"),
            WorkspaceRow.in_order: slot("in_order"),
        }
    ).where(WorkspaceRow.id == slot("workspace"))
)
_QUIET = prepare_insert(QuietEventsRow, ("workspace_id", "first", "last"))
_MISCOUNTED = """
SELECT number FROM tickets WHERE workspace_id = ? AND (message_count, internal_count) <> (
    SELECT count(*), coalesce(sum(is_internal), 0) FROM messages WHERE ticket_id = tickets.id
) LIMIT 1
"""
_NAME_FILES = f"""
UPDATE messages SET file_names = ({FILE_NAMES})
WHERE id IN (SELECT message_id FROM attachments WHERE workspace_id = ?)
"""  # noqa: S608 - constants
_HEADERS = (
    *(
        (*((TEAM_PLACE if kind.of_team else PLACE) if kind.placed else ()), *kind.members)
        for kind in KINDS
    ),
    (*PLACE, *MEMBERS),
)


def load_export(store: Store, source: str) -> Export:
    """Verify an export of a desk or a team, and put all of it into this desk, or nothing.

    Nobody is told of its events. Others who write wait meanwhile. Raises Refused for what is
    damaged, tampered with or no whole export, Conflict for a team that is here already, Busy and
    StorageFull; then the desk is as it was.
    """
    folder = Path(source)
    export = verify(folder)
    store_attached(store.path, folder, store.now())
    with store.transaction() as tx:
        loaded = Loaded(tx, Folder(store.path), frozenset(export.lost))
        for facts, members, begin in zip(export.files, _HEADERS, TAKERS, strict=True):
            _take(begin(loaded), Lines(folder, facts, members))
        _complete(loaded, folder)
    return export


def _take(taker: Taker, lines: Lines) -> None:
    try:
        for record in lines:
            lines.refuse(taker.add(record))
        taker.write()
    except ConstraintError as error:
        lines.fail(f"this one or one before it is there already ({error})")


def _complete(loaded: Loaded, folder: Path) -> None:
    """What no single line shows, and what is made of the rows."""
    for id, team in loaded.teams.items():
        if sum(space.team == team for space in loaded.spaces.values()) != 2:
            raise damaged(folder, f"{id} must have a live and a test workspace")
    strays = dict(astray(loaded.tx))
    for (named, environment), space in loaded.spaces.items():
        wrong = loaded.tx.sql(_MISCOUNTED, (space.key,))
        if wrong:
            where = f"ticket {wrong[0][0]} of {named} ({environment})"
            raise damaged(folder, f"{where} miscounts its messages")
        if space.key in strays:
            where = f"ticket {strays[space.key]} of {named} ({environment})"
            raise damaged(folder, f"{where} is not as a merge leaves a ticket and its messages")
        _derive(loaded.tx, space)


def _derive(tx: Transaction, space: Space) -> None:
    tx.write_sql(_NAME_FILES, (space.key,))
    tx.run(_FINISH, workspace=space.key, newest=space.newest, in_order=int(space.in_order))
    if space.event:
        tx.many(_QUIET, [(space.key, 1, space.event)])
    for index in documents.INDEXES:
        documents.rebuild(tx, index, space.key)
