"""A ticket's thread: what a message may be, under whose name it stands, what its writer saw."""

from collections.abc import Mapping
from typing import NamedTuple

from cstar_core.checks import (
    NAME_MAX,
    Rule,
    check_all,
    check_choice,
    check_flag,
    check_text,
    invalid,
    or_none,
)
from cstar_core.errors import Conflict, Problem
from cstar_core.ids import PREFIXES, parse_id, public_id
from cstar_core.scope import Scope
from cstar_core.store import Snapshot, Transaction, prepare, slot
from cstar_core.tables import SENDERS, MessageRow
from cstar_core.tickets.message import MESSAGE_COLUMNS, Message, messages_of
from cstar_core.tickets.ticket import Stored, check_content, read_messages

# What the writer saw of a thread without messages.
NOTHING_SEEN = "none"


class StaleConversation(Conflict):
    """Messages came that the writer of another one has not seen; ``messages`` has these."""

    def __init__(self, messages: tuple[Message, ...]) -> None:
        self.messages = messages
        number = f"{len(messages)} messages" if len(messages) > 1 else "A message"
        super().__init__(f"{number} came to the ticket meanwhile")


def _sender(param: str, value: object) -> list[Problem]:
    return check_choice(param, value, SENDERS)


def _sender_name(param: str, value: object) -> list[Problem]:
    if isinstance(value, str) and not value.strip():
        return invalid(param, "must not be blank")
    return check_text(param, value, NAME_MAX)


MESSAGE_RULES: dict[str, Rule] = {
    "content": check_content,
    "sender": _sender,
    "sender_name": or_none(_sender_name),
    "is_internal": check_flag,
}


def check_message(
    values: Mapping[str, object], rules: Mapping[str, Rule] = MESSAGE_RULES
) -> list[Problem]:
    """Every rule that the values of a message break."""
    problems = check_all(values, rules, ("content",))
    if values.get("is_internal") is True and values.get("sender") == "customer":
        problems += invalid("is_internal", "must be false for a customer's message")
    return problems


def check_seen(param: str, value: object) -> list[Problem]:
    """The id of a message, "none" for a thread without one, or None where nothing is said."""
    if value in (None, NOTHING_SEEN) or parse_id("message", value) is not None:
        return []
    return invalid(param, f"must be an id that begins with {PREFIXES['message']}, or none")


def seen_uid(seen: str | None) -> bytes | None:
    """The message as it is stored: empty for a thread without one."""
    return b"" if seen == NOTHING_SEEN else parse_id("message", seen)


class Position(NamedTuple):
    """Where a message stands in its thread: when it came, then its key."""

    at: int
    id: int


_POSITION = prepare(
    MessageRow.select(MessageRow.created_at, MessageRow.id).where(
        (MessageRow.ticket_id == slot("ticket")) & (MessageRow.uid == slot("uid"))
    )
)
LATER = (MessageRow.created_at > slot("at")) | (
    (MessageRow.created_at == slot("at")) & (MessageRow.id > slot("id"))
)
_AFTER = prepare(
    MessageRow.select(*MESSAGE_COLUMNS)
    .where((MessageRow.ticket_id == slot("ticket")) & LATER)
    .order_by(MessageRow.created_at, MessageRow.id)
)


def position_of(snap: Snapshot, ticket: Stored, id: str) -> Position | None:
    """Where a message stands in the thread of a ticket; None if it is not there."""
    row = snap.first(_POSITION, ticket=ticket.id, uid=seen_uid(id))
    return None if row is None else Position._make(row)


def refuse_unseen(tx: Transaction, scope: Scope, ticket: Stored, seen: str | None) -> None:
    """Raise StaleConversation if a thread has messages after the last one that was seen.

    A message that is not in it stands for none of it: a merge may have been undone meanwhile.
    """
    if seen is None:
        return
    last = position_of(tx, ticket, seen)
    if last is None:
        later = read_messages(tx, scope, ticket)
    else:
        rows = tx.all(_AFTER, ticket=ticket.id, at=last.at, id=last.id)
        later = messages_of(tx, rows, public_id("ticket", ticket.uid))
    if later:
        raise StaleConversation(later)


def default_name(scope: Scope, sender: str, customer_name: str | None) -> str:
    """Under whose name a message stands that comes without one."""
    if sender == "customer":
        return customer_name or "Customer"
    return scope.team_name if sender == "agent" else "System"
