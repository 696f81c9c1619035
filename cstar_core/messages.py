"""Messages: the thread of a ticket, and what a new one does to the ticket."""

from collections.abc import Mapping

from cstar_core.checks import raise_any
from cstar_core.errors import Problem
from cstar_core.scope import Scope
from cstar_core.store import Store
from cstar_core.tickets import (
    Message,
    add_message,
    check_message,
    default_name,
    read_messages,
    read_stored,
    survivor,
)


class Messages:
    """The threads of one workspace's tickets."""

    def __init__(self, store: Store, scope: Scope) -> None:
        self._store = store
        self._scope = scope

    def create(
        self,
        ticket_id: str,
        *,
        content: str,
        sender: str = "agent",
        sender_name: str | None = None,
        is_internal: bool = False,
    ) -> Message:
        """Add a message (at most 100,000 characters) to a ticket.

        ``sender_name`` is the customer's, the team's or "System" if not given. Only agent and
        system messages may be internal. A public agent message opens a new ticket, a customer's
        opens one that is pending, resolved or closed. What is written to a merged ticket goes to
        the one that has its thread. Raises Invalid, NotFound.
        """
        values = {
            "content": content,
            "sender": sender,
            "sender_name": sender_name,
            "is_internal": is_internal,
        }
        with self._store.transaction(brief=True) as tx:
            ticket = read_stored(tx, self._scope, ticket_id)
            raise_any(self.check(values))
            # Of the ticket that it is posted to, whose customer need not be the other one's.
            name = sender_name or default_name(self._scope, sender, ticket.customer_name)
            holder = survivor(tx, ticket)
            customer = None if holder is ticket else ticket.customer_uid
            return add_message(
                tx, self._scope, holder, content, sender, name, is_internal, customer
            )

    def check(self, values: Mapping[str, object]) -> list[Problem]:
        """Every rule that the values break; nothing is written."""
        return check_message(values)

    def list(self, ticket_id: str) -> tuple[Message, ...]:
        """The whole thread of a ticket, oldest first; raises NotFound."""
        with self._store.snapshot() as snap:
            stored = read_stored(snap, self._scope, ticket_id)
            return read_messages(snap, self._scope, stored)
