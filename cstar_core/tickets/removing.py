"""Taking one message of a customer out of its thread for good, while its ticket stays."""

from cstar_core import documents, events
from cstar_core.ids import public_id
from cstar_core.scope import Scope
from cstar_core.store import Transaction, prepare, slot
from cstar_core.tables import SENDERS, MessageRow
from cstar_core.tickets.merging import receive
from cstar_core.tickets.ticket import Stored

_FIND = prepare(
    MessageRow.select(MessageRow.uid, MessageRow.sender, MessageRow.is_internal).where(
        MessageRow.id == slot("message")
    )
)
_DELETE = prepare(MessageRow.delete().where(MessageRow.id == slot("message")))


def remove_message(tx: Transaction, scope: Scope, holder: Stored, message: int) -> None:
    """Remove a message (its key) from the ticket that has it, which keeps its status."""
    uid, sender, internal = tx.all(_FIND, message=message)[0]
    # From here on the queue of the index has only what this changes.
    documents.refresh(tx)
    documents.hold_texts(tx, holder.id)
    tx.run(_DELETE, message=message)
    receive(tx, holder.id, -1, -internal)
    documents.refresh(tx)
    data = {
        "ticketId": public_id("ticket", holder.uid),
        "sender": SENDERS[sender],
        "isInternal": bool(internal),
    }
    events.record(tx, scope, "message.deleted", uid, ticket=holder.number, data=data)
