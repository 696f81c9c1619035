"""One batch of drafts on its way into the desk: what is there already, and what keeps the rules."""

from collections.abc import Mapping, Sequence

from cstar_core.customers import CustomersLoading
from cstar_core.errors import Problem
from cstar_core.external_ids import ExternalIds
from cstar_core.ids import parse_id
from cstar_core.importing import take
from cstar_core.imports.drafts import Draft
from cstar_core.scope import Scope
from cstar_core.store import Transaction
from cstar_core.tickets import TicketsLoading

# A draft is in, was there before, or breaks rules.
Outcome = bool | list[Problem]
# The folded address of a customer and what it is called in the file, each if there is one.
Names = tuple[str | None, str | None]


class TicketArrivals:
    """A batch of tickets; their customers are found by what they are called in the file, by
    address, or made."""

    def __init__(self, tx: Transaction, scope: Scope, ids: ExternalIds) -> None:
        self._tx = tx
        self._ids = ids
        self._loading = TicketsLoading(scope, tx)
        self._tickets: list[tuple[str, int]] = []
        self._owners: list[tuple[str, int]] = []

    @property
    def customers(self) -> list[Names]:
        """What the customers that are made are known by."""
        called = {key: name for name, key in self._owners}
        lines = self._loading.new.customers.lines
        return [(line.email_key, called.get(line.id)) for line in lines]

    @property
    def messages(self) -> int:
        """How many messages the tickets have."""
        return len(self._loading.new.messages)

    def judge(self, drafts: Sequence[Draft]) -> list[Outcome]:
        """Take in what is new and keeps the rules."""
        sound = [draft for draft in drafts if not draft.problems]
        present = self._ids.present(self._tx, "tickets", [draft.id or "" for draft in sound])
        named = {draft.customer for draft in sound if draft.customer}
        customers = self._ids.customers(self._tx, named)
        return [draft.id not in present and self._take(draft, customers) for draft in drafts]

    def write(self) -> None:
        """Write what was taken in."""
        self._loading.write()
        self._ids.add(self._tx, "tickets", self._tickets)
        self._ids.add(self._tx, "customers", self._owners)

    def _take(self, draft: Draft, customers: dict[str, str]) -> Outcome:
        if draft.problems:
            return draft.problems + self._loading.check(draft.values)
        problems = take(self._loading, self._with_customer(draft, customers))
        if problems:
            return problems
        new = self._loading.new
        self._tickets.append((draft.id or "", new.lines[-1].id))
        owner = new.owners[-1]
        if draft.customer and owner and draft.customer not in customers:
            customers[draft.customer] = owner.id
            self._owners.append((draft.customer, owner.key))
        return True

    def _with_customer(self, draft: Draft, customers: Mapping[str, str]) -> dict[str, object]:
        """The values with the customer's id, if it is here."""
        id = customers.get(draft.customer or "")
        if id is None and parse_id("customer", draft.customer):
            found = self._loading.new.customers.find(draft.customer)
            id = found and found.id
        if id is None:
            return draft.values
        names = ("customer_name", "customer_email")
        plain = {name: value for name, value in draft.values.items() if name not in names}
        return plain | {"customer_id": id}


class CustomerArrivals:
    """A batch of customers; one whose address is there already is that one."""

    messages = 0

    def __init__(self, tx: Transaction, scope: Scope, ids: ExternalIds) -> None:
        self._tx = tx
        self._ids = ids
        self._loading = CustomersLoading(scope, tx)
        self._found: list[tuple[str, int]] = []

    @property
    def customers(self) -> list[Names]:
        """What the customers that are made are known by."""
        return [(line.email_key, None) for line in self._loading.new.lines]

    def judge(self, drafts: Sequence[Draft]) -> list[Outcome]:
        """Take in what is new and keeps the rules."""
        sound = [draft for draft in drafts if not draft.problems]
        present = self._ids.present(self._tx, "customers", [draft.id or "" for draft in sound])
        return [draft.id not in present and self._take(draft) for draft in drafts]

    def write(self) -> None:
        """Write what was taken in."""
        self._loading.write()
        self._ids.add(self._tx, "customers", self._found)

    def _take(self, draft: Draft) -> Outcome:
        if draft.problems:
            return draft.problems + self._loading.check(draft.values)
        email = draft.values.get("email")
        known = self._loading.new.find_email(email) if isinstance(email, str) else None
        if known is not None:
            self._found.append((draft.id or "", known.key))
            return False
        problems = take(self._loading, draft.values)
        if problems:
            return problems
        self._found.append((draft.id or "", self._loading.new.lines[-1].id))
        return True
