"""How much mail waits to be sent, to watch it."""

from dataclasses import dataclass

from peewee import SQL, fn

from cstar_core.mail_out.states import CANCELLED, DEFERRED, FAILED, HELD, LOST, QUEUED
from cstar_core.store import Snapshot, prepare, slot
from cstar_core.tables import OutgoingMailRow, WorkspaceRow

_DAY = 86_400


@dataclass(frozen=True, slots=True)
class MailLine:
    """What all teams have still to send.

    ``oldest_at`` is when the oldest of what is queued or deferred was first due, in seconds since
    1970, None if there is none. ``lost`` counts what failed or came back within a day, but
    for what was cancelled.
    """

    queued: int
    deferred: int
    held: int
    oldest_at: int | None
    lost: int


# Each of these walks an index of what is in a state, workspace by workspace.
_HERE = OutgoingMailRow.workspace_id == WorkspaceRow.id
_IN_STATE = OutgoingMailRow.select(fn.COUNT(1)).where(
    _HERE & (OutgoingMailRow.state == slot("state"))
)
_NUMBER = prepare(WorkspaceRow.select(fn.COALESCE(fn.SUM(_IN_STATE), 0)))
_OLDEST = prepare(
    OutgoingMailRow.select(fn.MIN(OutgoingMailRow.since)).where(
        OutgoingMailRow.due_at.is_null(False)
    )
)
# Written out, as the index is for these alone.
_LOST = prepare(
    OutgoingMailRow.select(fn.COUNT(1)).where(
        SQL(f"state IN ({', '.join(map(str, LOST))})")
        & (OutgoingMailRow.finished_at > slot("since"))
        # What somebody did not want to be sent is no trouble.
        & ((OutgoingMailRow.state != FAILED) | (fn.COALESCE(OutgoingMailRow.code, "") != CANCELLED))
    )
)


def read_line(snap: Snapshot, now: int) -> MailLine:
    """The line of one moment. What it costs grows with what waits, not with what was sent."""
    queued, deferred, held = (
        int(snap.value(_NUMBER, state=state)) for state in (QUEUED, DEFERRED, HELD)
    )
    lost = int(snap.value(_LOST, since=now - _DAY))
    return MailLine(queued, deferred, held, snap.value(_OLDEST), lost)
