"""The mail of a whole desk that waits, for the program that sees to it."""

from dataclasses import dataclass

from peewee import SQL

from cstar_core.ids import public_id
from cstar_core.mail.settling import WAITING
from cstar_core.store import Snapshot, limited, prepare
from cstar_core.tables import MailRow, TeamRow, WorkspaceRow


@dataclass(frozen=True, slots=True)
class WaitingMail:
    """A mail that waits, and whose it is: the id of a team, and live or test."""

    id: str
    team_id: str
    environment: str
    attempts: int


_OLDEST = prepare(
    limited(
        MailRow.select(MailRow.uid, TeamRow.uid, WorkspaceRow.environment, MailRow.attempts)
        .join(WorkspaceRow, on=(WorkspaceRow.id == MailRow.workspace_id))
        .join(TeamRow, on=(TeamRow.id == WorkspaceRow.team_id))
        .where(SQL(f'"t1"."verdict" = {WAITING}') & SQL(f'"t1"."verdict" IN ({WAITING}, 8)'))
        .order_by(MailRow.received_at)
    )
)


def waiting_mail(snap: Snapshot, limit: int) -> tuple[WaitingMail, ...]:
    """The mails that wait, the oldest first."""
    return tuple(
        WaitingMail(public_id("mail", uid), public_id("team", team), environment, attempts)
        for uid, team, environment, attempts in snap.all(_OLDEST, limit=limit)
    )
