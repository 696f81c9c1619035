"""How many tickets match each of several filters, exact where that is cheap."""

import json
from collections.abc import Collection, Sequence

from peewee import SQL

from cstar_core import search as searching
from cstar_core.ids import parse_id
from cstar_core.listing import ALL, Counted
from cstar_core.members import member_keys
from cstar_core.scope import Scope
from cstar_core.store import Slot, Snapshot, prepare, slot
from cstar_core.tables import PRIORITIES, STATUSES, TicketCountRow
from cstar_core.tickets.filters import TicketFilter, criteria
from cstar_core.tickets.listed import LISTED

# Of a list that would take longer to count, so many steps are walked: some 10 ms, 100 ms for all.
EFFORT, EFFORT_OF_ALL = 200_000, 2_000_000
MOST = 1_000
# As the counters know them.
_NOBODY = 0
_COUNTED = {"status", "priority", "assigned_to"}
# The tickets of a member, of nobody and of all, by status and priority.
_CELLS = prepare(
    TicketCountRow.select(
        TicketCountRow.assigned_to,
        TicketCountRow.status,
        TicketCountRow.priority,
        TicketCountRow.tickets,
    ).where(
        (TicketCountRow.workspace_id == slot("workspace"))
        & (TicketCountRow.block == ALL)
        & TicketCountRow.assigned_to.in_(SQL("(SELECT value FROM json_each(?))", [Slot("members")]))
    )
)


def count_tickets(
    snap: Snapshot, scope: Scope, filters: Sequence[TicketFilter]
) -> tuple[Counted, ...]:
    """How many tickets each of some checked filters finds.

    Those by status, priority and member take one query together, whatever their number.
    """
    counted = [each for each in filters if set(each) <= _COUNTED]
    keys = _keys(snap, scope, {each.get("assigned_to") for each in counted})
    asked = json.dumps([key for key in keys.values() if key is not None])
    effort = min(EFFORT, EFFORT_OF_ALL // max(1, len(filters) - len(counted)))
    cells = snap.all(_CELLS, workspace=scope.workspace_id, members=asked) if counted else []

    def count(filter: TicketFilter) -> Counted:
        if not set(filter) <= _COUNTED:
            wanted = criteria(snap, scope, filter, "-created_at")
            return searching.count(snap, scope, LISTED, wanted, MOST, effort)
        statuses = filter.get("status") or STATUSES
        priorities = filter.get("priority") or PRIORITIES
        member = keys[filter.get("assigned_to")]
        return Counted(
            sum(
                tickets
                for of, status, priority, tickets in cells
                if of == member
                and STATUSES[status] in statuses
                and PRIORITIES[priority] in priorities
            )
        )

    return tuple(count(each) for each in filters)


def _keys(
    snap: Snapshot, scope: Scope, ids: Collection[str | None]
) -> dict[str | None, int | None]:
    """Whose tickets are asked for, as the counters know them; None for who is not here."""
    keys: dict[str | None, int | None] = {None: ALL, "none": _NOBODY}
    members = [id for id in ids if id not in keys]
    known = {uid: key for key, uid, _ in member_keys(snap, scope)} if members else {}
    return keys | {id: known.get(parse_id("member", id)) for id in members}
