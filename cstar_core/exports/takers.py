"""How the records of each kind become rows again: what they refer to, and what follows them."""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from cstar_core.checks import invalid
from cstar_core.errors import Problem
from cstar_core.exports import log
from cstar_core.exports.attachments import Attachments
from cstar_core.exports.kinds import (
    CUSTOMERS,
    EXTERNAL_IDS,
    MERGES,
    MESSAGES,
    TICKETS,
)
from cstar_core.exports.saved import ViewRows
from cstar_core.exports.settings import (
    CannedReplies,
    CustomFields,
    MailTemplates,
    Members,
    Teams,
    Workspaces,
)
from cstar_core.exports.taking import (
    NO_SPACE,
    TOGETHER,
    Loaded,
    Rows,
    Space,
    Taker,
    Values,
    space_of,
)
from cstar_core.facets import NewRows
from cstar_core.fields import Definition, check_stored
from cstar_core.members import fold_email
from cstar_core.store import prepare, prepare_insert, slot
from cstar_core.tables import CustomerRow, EventRow, TicketRow

_CACHED = 65_536

_CUSTOMER = prepare(
    CustomerRow.select(CustomerRow.id).where(
        (CustomerRow.uid == slot("uid")) & (CustomerRow.workspace_id == slot("workspace"))
    )
)
_PLACE_OF_CUSTOMER = prepare(
    CustomerRow.select(CustomerRow.workspace_id).where(CustomerRow.uid == slot("uid"))
)
_TICKET_HERE = prepare(
    TicketRow.select(TicketRow.id).where(
        (TicketRow.uid == slot("uid")) & (TicketRow.workspace_id == slot("workspace"))
    )
)
_TICKET = prepare(
    TicketRow.select(TicketRow.id, TicketRow.workspace_id).where(TicketRow.uid == slot("uid"))
)
_TICKET_UID = prepare(
    TicketRow.select(TicketRow.uid).where(
        (TicketRow.workspace_id == slot("workspace")) & (TicketRow.number == slot("number"))
    )
)


class _Owners(Rows):
    """What has tags and custom fields, whose rows for filters are written with it."""

    def __init__(self, loaded: Loaded) -> None:
        super().__init__(loaded)
        self._facets: dict[int, NewRows] = {}

    def write(self) -> None:
        """Write what waits, and its tags and values."""
        super().write()
        for rows in self._facets.values():
            rows.write()
        self._facets.clear()

    def _add_facets(self, space: Space, record: Mapping[str, Any], values: Values) -> list[Problem]:
        known = space.fields[self.kind.name]
        problems = check_fields(record["customFields"], known)
        if not problems:
            if space.key not in self._facets:
                rows = NewRows(self._tx, space.key, self.kind.name, known)
                self._facets[space.key] = rows
            owner = (values["id"], values["created_at"])
            self._facets[space.key].add(owner, record["tags"], record["customFields"])
        return problems


def check_fields(given: Mapping[str, object], known: Mapping[str, Definition]) -> list[Problem]:
    """Whether the values can be those of an object with these custom fields."""
    problems: list[Problem] = []
    for key, value in given.items():
        where = f"customFields.{key[:64]}"
        if key not in known:
            problems += invalid(where, "must be a custom field of the export")
        else:
            problems += check_stored(where, value, known[key])
    return problems


class _Customers(_Owners):
    """Customers of a workspace."""

    kind = CUSTOMERS
    more = ("id", "workspace_id", "email_key")

    def _complete(self, record: Mapping[str, Any], values: Values) -> list[Problem]:
        space = space_of(self._loaded, record)
        if space is None:
            return NO_SPACE
        email = record["email"]
        values |= {"id": self._key(), "workspace_id": space.key}
        values["email_key"] = None if email is None else fold_email(email)
        return self._add_facets(space, record, values)


class _Tickets(_Owners):
    """Tickets, in the order of their numbers; how many messages they have is seen later."""

    kind = TICKETS
    more = ("id", "workspace_id")

    def __init__(self, loaded: Loaded) -> None:
        super().__init__(loaded)
        self._customer = lru_cache(_CACHED)(self._find_customer)

    def _complete(self, record: Mapping[str, Any], values: Values) -> list[Problem]:
        space = space_of(self._loaded, record)
        if space is None:
            return NO_SPACE
        problems = self._refer(space, record, values) or _in_turn(space, record["number"])
        values |= {"id": self._key(), "workspace_id": space.key}
        problems = problems or self._add_facets(space, record, values)
        if not problems:
            created = values["created_at"]
            space.in_order = space.in_order and space.newest <= created
            space.ticket, space.newest = record["number"], created
        return problems

    def _refer(self, space: Space, record: Mapping[str, Any], values: Values) -> list[Problem]:
        problems: list[Problem] = []
        if values["customer_id"] is not None:
            values["customer_id"] = self._customer(space.key, values["customer_id"])
            if values["customer_id"] is None:
                problems += invalid("customerId", "must be a customer of the workspace")
        if values["assigned_to"] is not None:
            values["assigned_to"] = self._loaded.members.get((space.team, record["assignedTo"]))
            if values["assigned_to"] is None:
                problems += invalid("assignedTo", "must be a member of the team")
        return problems

    def _find_customer(self, workspace: int, uid: bytes) -> int | None:
        key: int | None = self._tx.value(_CUSTOMER, uid=uid, workspace=workspace)
        return key


def _in_turn(space: Space, number: int) -> list[Problem]:
    if space.ticket < number <= space.last_ticket:
        return []
    return invalid("number", f"must be from {space.ticket + 1} to {space.last_ticket}")


class _OfTickets(Rows):
    """What belongs to tickets of the export and names them by id."""

    more = ()

    def __init__(self, loaded: Loaded) -> None:
        super().__init__(loaded)
        self._ours = {space.key for space in loaded.spaces.values()}
        self._ticket = lru_cache(_CACHED)(self._find_ticket)

    def _find_ticket(self, uid: bytes) -> tuple[int, int] | None:
        """The integer keys of a ticket and its workspace."""
        row = self._tx.first(_TICKET, uid=uid)
        return None if row is None or row[1] not in self._ours else (int(row[0]), int(row[1]))

    def _refer(self, values: Values, name: str, column: str, other: str) -> list[Problem]:
        """Turn two ids of tickets into keys: different ones of the same workspace."""
        one, two = self._ticket(values[name]), self._ticket(values[column])
        if one is None:
            return invalid("ticketId", "must be a ticket of the export")
        if two is None or two == one or two[1] != one[1]:
            return invalid(other, "must be another ticket of the workspace")
        values[name], values[column] = one[0], two[0]
        return []


class _Messages(_OfTickets):
    """Messages, in the order of their threads."""

    kind = MESSAGES

    def __init__(self, loaded: Loaded) -> None:
        super().__init__(loaded)
        self._place = lru_cache(_CACHED)(self._find_place)

    def _complete(self, record: Mapping[str, Any], values: Values) -> list[Problem]:
        if record["isInternal"] and record["sender"] == "customer":
            return invalid("isInternal", "must be false for a customer's message")
        found = self._ticket(values["ticket_id"])
        if found is None:
            return invalid("ticketId", "must be a ticket of the export")
        customer = values["home_customer"]
        if customer is not None and self._place(customer) not in (None, found[1]):
            return invalid("homeCustomerId", "must be, or have been, a customer of the workspace")
        if values["home_id"] is not None:
            return self._refer(values, "ticket_id", "home_id", "homeTicketId")
        values["ticket_id"] = found[0]
        return []

    def _find_place(self, customer: bytes) -> int | None:
        """The key of the workspace that has a customer."""
        key: int | None = self._tx.value(_PLACE_OF_CUSTOMER, uid=customer)
        return key


class _Merges(_OfTickets):
    """Tickets that are merged into others, which never leads back to them."""

    kind = MERGES

    def __init__(self, loaded: Loaded) -> None:
        super().__init__(loaded)
        self._into: dict[int, int] = {}

    def _complete(self, record: Mapping[str, Any], values: Values) -> list[Problem]:
        problems = self._refer(values, "ticket_id", "into_id", "intoTicketId")
        if problems:
            return problems
        ticket = values["ticket_id"]
        step: int | None = values["into_id"]
        while step is not None and step != ticket:
            step = self._into.get(step)
        if step == ticket:
            return invalid("intoTicketId", "must not lead back to the ticket")
        self._into[ticket] = values["into_id"]
        return []


class _ExternalIds(Rows):
    """What tickets and customers are called elsewhere."""

    kind = EXTERNAL_IDS
    more = ("workspace_id",)

    def _complete(self, record: Mapping[str, Any], values: Values) -> list[Problem]:
        space = space_of(self._loaded, record)
        if space is None:
            return NO_SPACE
        values["workspace_id"] = space.key
        for kind, name, column, query in (
            ("tickets", "ticketId", "ticket_id", _TICKET_HERE),
            ("customers", "customerId", "customer_id", _CUSTOMER),
        ):
            uid = values[column]
            if (uid is None) is (record["kind"] == kind):
                return invalid(name, "must be given for its kind, and for no other")
            values[column] = self._tx.value(query, uid=uid, workspace=space.key)
            if (values[column] is None) is not (uid is None):
                return invalid(name, "must be of the workspace")
        return []


class _Events:
    """The log of each workspace, without gaps."""

    def __init__(self, loaded: Loaded) -> None:
        self._loaded = loaded
        self._tx = loaded.tx
        self._waiting: list[tuple[Any, ...]] = []
        self._insert = prepare_insert(EventRow, ("workspace_id", *log.COLUMNS))
        self._uid = lru_cache(_CACHED)(self._find_uid)

    def add(self, record: Mapping[str, Any]) -> list[Problem]:
        """Take an event in, or say what is wrong with it."""
        space = space_of(self._loaded, record)
        if space is None:
            return NO_SPACE
        problems = log.check_event(record, space.salt, space.event + 1)
        if problems:
            return problems
        stored = log.store_event(record, space.event + 1)
        ticket = record["ticketNumber"]
        uid = None if ticket is None else self._uid(space.key, ticket)
        problems = log.unlike(record, stored, uid)
        if not problems:
            space.event += 1
            self._waiting.append((space.key, *stored))
            if len(self._waiting) >= TOGETHER:
                self.write()
        return problems

    def write(self) -> None:
        """Write what waits."""
        self._tx.many(self._insert, self._waiting)
        self._waiting.clear()

    def _find_uid(self, workspace: int, number: int) -> bytes | None:
        uid: bytes | None = self._tx.value(_TICKET_UID, workspace=workspace, number=number)
        return uid


# In the order of the files, which is that of what refers to what.
TAKERS: tuple[Callable[[Loaded], Taker], ...] = (
    Teams,
    Workspaces,
    Members,
    CustomFields,
    CannedReplies,
    MailTemplates,
    _Customers,
    _Tickets,
    _Messages,
    Attachments,
    _Merges,
    _ExternalIds,
    ViewRows,
    _Events,
)
