"""Messages: the thread of a ticket, and what a new one does to the ticket."""

from collections.abc import Mapping

from cstar_core.checks import (
    NAME_MAX,
    Rule,
    check_all,
    check_choice,
    check_flag,
    check_text,
    invalid,
    or_none,
    raise_any,
)
from cstar_core.errors import Problem
from cstar_core.scope import Scope
from cstar_core.store import Store
from cstar_core.tables import SENDERS
from cstar_core.tickets import (
    Message,
    Stored,
    add_message,
    check_content,
    read_messages,
    read_stored,
)


def _sender(param: str, value: object) -> list[Problem]:
    return check_choice(param, value, SENDERS)


def _sender_name(param: str, value: object) -> list[Problem]:
    if isinstance(value, str) and not value.strip():
        return invalid(param, "must not be blank")
    return check_text(param, value, NAME_MAX)


RULES: dict[str, Rule] = {
    "content": check_content,
    "sender": _sender,
    "sender_name": or_none(_sender_name),
    "is_internal": check_flag,
}


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
        opens one that is pending, resolved or closed. Raises Invalid, NotFound.
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
            name = sender_name or self._default_name(ticket, sender)
            return add_message(tx, self._scope, ticket, content, sender, name, is_internal)

    def check(self, values: Mapping[str, object]) -> list[Problem]:
        """Every rule that the values break; nothing is written."""
        problems = check_all(values, RULES, ("content",))
        if values.get("is_internal") is True and values.get("sender") == "customer":
            problems += invalid("is_internal", "must be false for a customer's message")
        return problems

    def list(self, ticket_id: str) -> tuple[Message, ...]:
        """The whole thread of a ticket, oldest first; raises NotFound."""
        with self._store.snapshot() as snap:
            stored = read_stored(snap, self._scope, ticket_id)
            return read_messages(snap, self._scope, stored)

    def _default_name(self, ticket: Stored, sender: str) -> str:
        if sender == "customer":
            return ticket.customer_name or "Customer"
        return self._scope.team_name if sender == "agent" else "System"
