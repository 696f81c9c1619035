"""How tickets are listed: their sorts, the plain conditions, and what is counted of them."""

from peewee import OP, fn

from cstar_core.documents import TICKETS
from cstar_core.listing import ALL, Compared, Counters, Listed
from cstar_core.store import prepare, slot
from cstar_core.tables import PRIORITIES, STATUSES, TicketCountRow, TicketRow, WorkspaceRow

BLOCK_SIZE = 1 << 16  # as the triggers that count tickets have it
_MINE = TicketCountRow.workspace_id == slot("workspace")
_WHOLE = (TicketCountRow.assigned_to == ALL) & (TicketCountRow.block == ALL)
LISTED = Listed(
    model=TicketRow,
    index=TICKETS,
    sorts={
        "created_at": ("created_at", "id"),
        "updated_at": ("updated_at", "id"),
        "number": ("number", "created_at", "id"),
        "priority": ("priority", "created_at", "id"),
    },
    conditions={
        "customer": Compared("customer_id", OP.EQ),
        "assigned": Compared("assigned_to", OP.EQ),
        "unassigned": Compared("assigned_to", OP.IS),
        "number": Compared("number", OP.EQ),
        "uid": Compared("uid", OP.EQ),
        "created_after": Compared("created_at", OP.GT),
        "created_before": Compared("created_at", OP.LT),
        "updated_after": Compared("updated_at", OP.GT),
        "updated_before": Compared("updated_at", OP.LT),
    },
    codes={"status": len(STATUSES), "priority": len(PRIORITIES)},
    everything=prepare(
        TicketCountRow.select(fn.COALESCE(fn.SUM(TicketCountRow.tickets), 0)).where(_MINE & _WHOLE)
    ),
    in_order=prepare(
        WorkspaceRow.select(WorkspaceRow.in_order).where(WorkspaceRow.id == slot("workspace"))
    ),
    counters=Counters(TicketCountRow, BLOCK_SIZE),
)
