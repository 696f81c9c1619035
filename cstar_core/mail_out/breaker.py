"""What holds a mail back where so many went before it that it must be a loop or a mistake."""

import json
from collections.abc import Sequence

from peewee import SQL, fn

from cstar_core.mail_out.pacing import LIMITS
from cstar_core.mail_out.states import HELD
from cstar_core.scope import Scope
from cstar_core.store import Slot, Transaction, prepare, slot
from cstar_core.tables import OutgoingMailRow, OutgoingRecipientRow

TOO_MANY = "too_many"
_HOUR = 3600
_MINUTE = 60

_TO_ADDRESS = prepare(
    OutgoingRecipientRow.select(fn.COUNT(1))
    .where(
        (OutgoingRecipientRow.workspace_id == slot("workspace"))
        & OutgoingRecipientRow.address_key.in_(
            SQL("(SELECT value FROM json_each(?))", [Slot("keys")])
        )
        & (OutgoingRecipientRow.created_at > slot("since"))
        & (OutgoingRecipientRow.state != HELD)
    )
    .group_by(OutgoingRecipientRow.address_key)
    .order_by(fn.COUNT(1).desc())
    .limit(1)
)
_COUNTED = (OutgoingMailRow.created_at > slot("since")) & (OutgoingMailRow.state != HELD)
_ON_TICKET = prepare(
    OutgoingMailRow.select(fn.COUNT(1)).where((OutgoingMailRow.lane == slot("lane")) & _COUNTED)
)
_IN_WORKSPACE = prepare(
    OutgoingMailRow.select(fn.COUNT(1)).where(
        (OutgoingMailRow.workspace_id == slot("workspace")) & _COUNTED
    )
)


def too_many(
    tx: Transaction, scope: Scope, lane: int, keys: Sequence[str], *, is_automatic: bool
) -> str | None:
    """Why a mail on a ticket to some folded addresses is to be held; None if it may go.

    What is held does not count: the next one goes once there is room for it again.
    """
    hour, here = tx.now - _HOUR, {"workspace": scope.workspace_id}
    most = tx.value(_TO_ADDRESS, **here, since=hour, keys=json.dumps(list(keys))) or 0
    if most >= LIMITS.to_address:
        return f"there were {most} mails to one address within an hour"
    found = tx.value(_ON_TICKET, lane=lane, since=hour)
    if found >= LIMITS.on_ticket:
        return f"there were {found} mails on one ticket within an hour"
    found = tx.value(_IN_WORKSPACE, **here, since=tx.now - _MINUTE)
    if found >= (LIMITS.automatic if is_automatic else LIMITS.in_workspace):
        return f"there were {found} mails within a minute"
    return None
