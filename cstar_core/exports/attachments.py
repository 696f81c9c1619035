"""How attachments become rows again, whose files are stored by then."""

from collections.abc import Mapping
from typing import Any

from cstar_core.blobs import Blob, row_of
from cstar_core.checks import invalid
from cstar_core.errors import Problem
from cstar_core.exports.kinds import ATTACHMENTS
from cstar_core.exports.taking import NO_SPACE, Rows, Values, space_of
from cstar_core.store import prepare, slot
from cstar_core.tables import MessageRow, TicketRow

# An id of a message has no index of its own.
_MESSAGE = prepare(
    MessageRow.select(MessageRow.id)
    .join(TicketRow, on=(TicketRow.id == MessageRow.ticket_id))
    .where(
        (TicketRow.uid == slot("ticket"))
        & (TicketRow.workspace_id == slot("workspace"))
        & (MessageRow.uid == slot("message"))
    )
)


class Attachments(Rows):
    """What is attached to the messages of the export."""

    kind = ATTACHMENTS
    more = ("workspace_id",)
    # For the looks at other tables alone.
    passed = ("ticket_id", "blobs.size")

    def _complete(self, record: Mapping[str, Any], values: Values) -> list[Problem]:
        space = space_of(self._loaded, record)
        if space is None:
            return NO_SPACE
        ticket, message = values.pop("ticket_id"), values["message_id"]
        found = self._tx.value(_MESSAGE, workspace=space.key, ticket=ticket, message=message)
        if found is None:
            return invalid("messageId", "must be a message in the thread of the ticket")
        blob = Blob(values["blob_id"], values.pop("blobs.size"))
        if not self._loaded.folder.has(blob) and record["sha256"] not in self._loaded.lost:
            return invalid("sha256", "must be of a file of the export, of this size")
        values |= {"message_id": found, "blob_id": row_of(self._tx, blob)}
        values["workspace_id"] = space.key
        return []
