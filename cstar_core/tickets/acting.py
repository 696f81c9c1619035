"""Who is at a ticket: what belongs to a member there needs both of them."""

from typing import NamedTuple

from peewee import JOIN

from cstar_core.errors import Forbidden, NotFound
from cstar_core.scope import Scope, required_uid
from cstar_core.store import Snapshot, prepare, slot
from cstar_core.tables import MemberRow, TicketRow


class Place(NamedTuple):
    """The integer keys of a ticket and of the member who acts, and what the ticket is called."""

    ticket: int
    member: int
    uid: bytes
    number: int
    title: str


_PLACE = prepare(
    TicketRow.select(TicketRow.id, MemberRow.id, TicketRow.uid, TicketRow.number, TicketRow.title)
    .join(
        MemberRow,
        JOIN.LEFT_OUTER,
        on=(MemberRow.uid == slot("member")) & (MemberRow.team_id == slot("team")),
    )
    .where((TicketRow.uid == slot("ticket")) & (TicketRow.workspace_id == slot("workspace")))
)


def place_of(snap: Snapshot, scope: Scope, ticket_id: str) -> Place:
    """Where the member who acts is.

    Raises NotFound for the ticket, and Forbidden for who is no member, or not any more.
    """
    if scope.actor.type != "member":
        raise Forbidden("This is only for members")
    row = snap.first(
        _PLACE,
        ticket=required_uid("ticket", ticket_id),
        workspace=scope.workspace_id,
        member=scope.actor.uid,
        team=scope.team_id,
    )
    if row is None:
        raise NotFound("ticket", ticket_id)
    if row[1] is None:
        raise Forbidden("This member has been removed")
    return Place._make(row)
