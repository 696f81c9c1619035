"""What was written last on each of several tickets, for a list of them: how it begins."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from peewee import JOIN, fn

from cstar_core.checks import check_integer, invalid
from cstar_core.clock import from_seconds
from cstar_core.errors import Problem
from cstar_core.ids import parse_id, public_id
from cstar_core.pages import PAGE_SIZE_MAX
from cstar_core.scope import Scope
from cstar_core.store import Prepared, Snapshot, prepare, slot
from cstar_core.tables import SENDERS, MessageRow, TicketRow

BEGINNING_MAX = 10_000


@dataclass(frozen=True, slots=True)
class NewestMessage:
    """The message that came to a ticket last: how it begins, and whether it goes on."""

    id: str
    text: str
    goes_on: bool
    sender: str
    sender_name: str
    is_internal: bool
    created_at: datetime


def check_newest(ticket_ids: object, most: object) -> list[Problem]:
    """What cannot be asked for."""
    problems = check_integer("most", most, 1, BEGINNING_MAX)
    if not isinstance(ticket_ids, list | tuple) or len(ticket_ids) > PAGE_SIZE_MAX:
        problems += invalid("ticket_ids", f"must be a list of at most {PAGE_SIZE_MAX} ids")
    return problems


def newest_messages(
    snap: Snapshot, scope: Scope, ticket_ids: Sequence[str], most: int
) -> dict[str, NewestMessage]:
    """By the id of its ticket, for those that have a message which may be seen; in one query."""
    found = (parse_id("ticket", id) for id in ticket_ids)
    uids = list(dict.fromkeys(uid for uid in found if uid is not None))
    if not uids:
        return {}
    rows = snap.all(
        _query(len(uids)),
        workspace=scope.workspace_id,
        internal=int(scope.internal),
        # One letter more tells whether there are more.
        most=most + 1,
        **{f"uid{place}": uid for place, uid in enumerate(uids)},
    )
    return {
        public_id("ticket", ticket): NewestMessage(
            public_id("message", uid),
            text[:most],
            len(text) > most,
            SENDERS[sender],
            name,
            bool(is_internal),
            from_seconds(created_at),
        )
        for ticket, uid, text, sender, name, is_internal, created_at in rows
    }


@lru_cache(PAGE_SIZE_MAX)
def _query(number: int) -> Prepared:
    """For so many tickets. The last to come is one look at the end of the ticket's own."""
    later = MessageRow.alias("later")
    last = later.select(fn.MAX(later.id)).where(
        (later.ticket_id == TicketRow.id) & (later.is_internal <= slot("internal"))
    )
    uids = [slot(f"uid{place}") for place in range(number)]
    return prepare(
        TicketRow.select(
            TicketRow.uid,
            MessageRow.uid,
            fn.SUBSTR(MessageRow.content, 1, slot("most")),
            MessageRow.sender,
            MessageRow.sender_name,
            MessageRow.is_internal,
            MessageRow.created_at,
        )
        .join(MessageRow, JOIN.INNER, on=(MessageRow.id == last))
        # A sum, since of a bare column SQLite would take an index and walk the whole workspace.
        .where(((TicketRow.workspace_id + 0) == slot("workspace")) & TicketRow.uid.in_(uids))
    )
