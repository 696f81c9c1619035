"""Loading many customers at once."""

from collections.abc import Mapping
from typing import Any

from cstar_core import documents
from cstar_core.checks import invalid
from cstar_core.clock import to_seconds
from cstar_core.customers.customer import RULES, check_new
from cstar_core.customers.writing import NewCustomers
from cstar_core.errors import Problem
from cstar_core.events import Log
from cstar_core.importing import INSTANT
from cstar_core.scope import Scope
from cstar_core.store import Transaction

_RULES = RULES | {"created_at": INSTANT, "updated_at": INSTANT}
_TAKEN = "must be an address that no other customer has"


class CustomersLoading:
    """One batch of customers on their way into the file; ``new`` has the rows."""

    def __init__(self, scope: Scope, tx: Transaction) -> None:
        self._tx = tx
        self._log = Log(scope)
        self.new = NewCustomers(tx, scope, self._log)
        self._ids: list[str] = []

    def check(self, values: Mapping[str, Any]) -> list[Problem]:
        """What is wrong with the values of one customer in themselves."""
        return check_new(values, self.new.definitions, _RULES)

    def add(self, values: Mapping[str, Any]) -> list[Problem]:
        """Take one customer in, or say what is wrong with it."""
        problems = self.check(values)
        if problems:
            return problems
        created = _seconds(values.get("created_at"), self._tx.now)
        updated = _seconds(values.get("updated_at"), created)
        if updated < created:
            problems += invalid("updated_at", "must not be before created_at")
        email = values.get("email")
        if email is not None and self.new.find_email(email) is not None:
            problems += invalid("email", _TAKEN)
        if not problems:
            self._ids.append(self.new.add(values, created, updated).id)
        return problems

    def write(self) -> list[str]:
        """Write all that was taken in; their ids."""
        self.new.write()
        self._log.write(self._tx)
        documents.refresh(self._tx)
        return self._ids


def _seconds(instant: Any, otherwise: int) -> int:
    return otherwise if instant is None else to_seconds(instant)
