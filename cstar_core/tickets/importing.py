"""Loading many tickets at once, with their threads, as they are."""

from collections.abc import Mapping
from typing import Any

from cstar_core import documents, facets
from cstar_core.checks import Rule, invalid, or_none
from cstar_core.errors import Problem
from cstar_core.ids import public_id
from cstar_core.importing import INSTANT, within
from cstar_core.scope import Scope
from cstar_core.store import Transaction
from cstar_core.tickets.new import NewTickets
from cstar_core.tickets.thread import MESSAGE_RULES, check_message
from cstar_core.tickets.ticket import CREATE_RULES, ENTITY, check_new

_MESSAGE_RULES: dict[str, Rule] = MESSAGE_RULES | {"created_at": INSTANT}


def _messages(param: str, value: object) -> list[Problem]:
    if not isinstance(value, list | tuple):
        return invalid(param, "must be an array of messages")
    problems: list[Problem] = []
    for place, message in enumerate(value):
        found = _message(message)
        if found:
            problems += within(f"{param}.{place}", found)
    return problems


def _message(message: object) -> list[Problem]:
    if not isinstance(message, Mapping):
        return invalid("", "must be an object")
    return check_message(message, _MESSAGE_RULES)


_RULES: dict[str, Rule] = CREATE_RULES | {
    "created_at": INSTANT,
    "updated_at": INSTANT,
    "resolved_at": INSTANT,
    "closed_at": INSTANT,
    "messages": or_none(_messages),
}


class TicketsLoading:
    """One batch of tickets on their way into the file; ``new`` has the rows."""

    def __init__(self, scope: Scope, tx: Transaction) -> None:
        self._tx = tx
        self._known = facets.definitions(tx, scope.workspace_id, ENTITY)
        self.new = NewTickets(tx, scope, self._known)

    def check(self, values: Mapping[str, Any]) -> list[Problem]:
        """What is wrong with the values of one ticket in themselves."""
        return check_new(values, self._known, _RULES)

    def add(self, values: Mapping[str, Any]) -> list[Problem]:
        """Take one ticket in, or say what is wrong with it."""
        return self.check(values) or self.new.add(values)

    def write(self) -> list[str]:
        """Write all that was taken in; their ids."""
        self.new.write()
        documents.refresh(self._tx)
        return [public_id("ticket", line.uid) for line in self.new.lines]
