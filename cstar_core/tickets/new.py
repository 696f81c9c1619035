"""How new tickets are written, one or many: their rows, what follows them, and the events."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from cstar_core.customers import Known, NewCustomers
from cstar_core.errors import INVALID, Problem
from cstar_core.events import Log
from cstar_core.facets import NewRows
from cstar_core.fields import Definition
from cstar_core.ids import new_uid, public_id
from cstar_core.members import member_key
from cstar_core.metadata import merge_metadata, to_json
from cstar_core.scope import Scope, required_uid
from cstar_core.store import Transaction, prepare, prepare_insert, slot
from cstar_core.tables import PRIORITIES, SENDERS, STATUSES, MessageRow, TicketRow, WorkspaceRow
from cstar_core.tags import parse_tags
from cstar_core.tickets.thread import default_name
from cstar_core.tickets.ticket import ENTITY
from cstar_core.tickets.times import Times, read_times


class Agent(NamedTuple):
    """A member that tickets can be assigned to."""

    key: int
    id: str


class TicketLine(NamedTuple):
    """A row of the table of tickets."""

    id: int
    uid: bytes
    workspace_id: int
    number: int
    title: str
    status: int
    priority: int
    customer_id: int | None
    assigned_to: int | None
    tags: str
    notes: str | None
    custom_fields: str
    metadata: str
    message_count: int
    internal_count: int
    created_at: int
    updated_at: int
    resolved_at: int | None
    closed_at: int | None
    customer_gone: int = 0
    version: int = 1
    first_response_at: int | None = None


class MessageLine(NamedTuple):
    """A row of the table of messages; its key follows the last one's."""

    uid: bytes
    ticket_id: int
    content: str
    sender: int
    sender_name: str
    is_internal: int
    created_at: int
    home_customer: bytes | None = None
    file_names: str | None = None


NO_CUSTOMER = Problem("customer_id", INVALID, "must be the id of an existing customer")
NO_MEMBER = Problem("assigned_to", INVALID, "must be the id of an existing member")
INSERT_MESSAGE = prepare_insert(MessageRow, MessageLine._fields)
_INSERT = prepare_insert(TicketRow, TicketLine._fields)
_THIS_WORKSPACE = WorkspaceRow.id == slot("workspace")
_LAST_NUMBER = prepare(WorkspaceRow.select(WorkspaceRow.ticket_number).where(_THIS_WORKSPACE))
_TAKE_NUMBERS = prepare(
    WorkspaceRow.update(
        {
            WorkspaceRow.ticket_number: slot("number"),
            WorkspaceRow.in_order: WorkspaceRow.in_order
            * slot("in_order")
            * (WorkspaceRow.newest_ticket_at <= slot("first")),
            WorkspaceRow.newest_ticket_at: slot("last"),
        }
    ).where(_THIS_WORKSPACE)
)


class NewTickets:
    """Tickets on their way into the file: each has its number at once, all are written together.

    ``lines`` and ``messages`` are the rows that will be written, ``owners`` the customers
    of the tickets, ``customers`` those that are new; ``known`` are the custom fields.
    """

    def __init__(self, tx: Transaction, scope: Scope, known: Mapping[str, Definition]) -> None:
        self._tx = tx
        self._scope = scope
        self._log = Log(scope)
        self.customers = NewCustomers(tx, scope, self._log)
        self._agents: dict[str, Agent | None] = {}
        self._facets = NewRows(tx, scope.workspace_id, ENTITY, known)
        self._key = tx.next_key("tickets")
        self._number: int = tx.value(_LAST_NUMBER, workspace=scope.workspace_id)
        self.lines: list[TicketLine] = []
        self.owners: list[Known | None] = []
        self.messages: list[MessageLine] = []

    def add(self, values: Mapping[str, Any]) -> list[Problem]:
        """Take in a ticket from checked values, or say what they name that is not there."""
        times, problems = read_times(values, self._tx.now)
        agent, absent = self._agent(values.get("assigned_to"))
        problems += self._check_customer(values) + absent
        if not problems:
            # Only now: a ticket that is refused must not leave its customer behind.
            self._add(values, times, self._customer(values, times.created), agent)
        return problems

    def write(self) -> None:
        """Write all that was taken in."""
        if not self.lines:
            return
        created = [line.created_at for line in self.lines]
        self._tx.run(
            _TAKE_NUMBERS,
            workspace=self._scope.workspace_id,
            number=self._number,
            in_order=int(created == sorted(created)),
            first=created[0],
            last=created[-1],
        )
        self.customers.write()
        self._tx.many(_INSERT, self.lines)
        self._tx.many(INSERT_MESSAGE, self.messages)
        self._facets.write()
        self._log.write(self._tx)

    def _check_customer(self, values: Mapping[str, Any]) -> list[Problem]:
        id, name, email = _named_customer(values)
        if id is not None:
            return [] if self.customers.find(id) else [NO_CUSTOMER]
        return self.customers.check_named(name, email) if name or email else []

    def _customer(self, values: Mapping[str, Any], created: int) -> Known | None:
        id, name, email = _named_customer(values)
        if id is not None:
            return self.customers.find(id)
        return self.customers.find_or_add(name, email, created) if name or email else None

    def _agent(self, id: str | None) -> tuple[Agent | None, list[Problem]]:
        if id is None:
            return None, []
        if id not in self._agents:
            key = member_key(self._tx, self._scope, id)
            printed = public_id("member", required_uid("member", id)) if key else ""
            self._agents[id] = Agent(key, printed) if key else None
        agent = self._agents[id]
        return agent, [] if agent else [NO_MEMBER]

    def _add(
        self, values: Mapping[str, Any], times: Times, customer: Known | None, agent: Agent | None
    ) -> None:
        tags = parse_tags(values.get("tags", ()))
        custom_fields = merge_metadata({}, values.get("custom_fields") or {})
        thread = list(_thread(values, times))
        self._number += 1
        line = TicketLine(
            self._key + len(self.lines),
            new_uid(times.created),
            self._scope.workspace_id,
            self._number,
            values["title"],
            status=STATUSES.index(values.get("status", "new")),
            priority=PRIORITIES.index(values.get("priority", "normal")),
            customer_id=customer and customer.key,
            assigned_to=agent and agent.key,
            tags=to_json(tags),
            notes=values.get("notes"),
            custom_fields=to_json(custom_fields),
            metadata=to_json(merge_metadata({}, values.get("metadata") or {})),
            message_count=len(thread),
            internal_count=sum(message.get("is_internal", False) for message, _ in thread),
            created_at=times.created,
            updated_at=times.updated,
            resolved_at=times.resolved,
            closed_at=times.closed,
            first_response_at=_first_response(thread),
        )
        self.lines.append(line)
        self.owners.append(customer)
        self._facets.add((line.id, times.created), tags, custom_fields)
        self._tell(line, customer, agent)
        self._add_messages(line, customer, thread)

    def _tell(self, line: TicketLine, customer: Known | None, agent: Agent | None) -> None:
        assigned = agent and agent.id
        data = {
            "number": line.number,
            "title": line.title,
            "status": STATUSES[line.status],
            "priority": PRIORITIES[line.priority],
            "customerId": customer and customer.id,
            "assignedTo": assigned,
        }
        facts = line.uid, line.created_at, line.number
        self._log.add("ticket.created", *facts, data)
        if agent:
            changes = {"assignedTo": {"from": None, "to": assigned}}
            self._log.add("ticket.assigned", *facts, {"number": line.number}, changes)

    def _add_messages(
        self,
        ticket: TicketLine,
        customer: Known | None,
        thread: Iterable[tuple[Mapping[str, Any], int]],
    ) -> None:
        ticket_id, customer_name = public_id("ticket", ticket.uid), customer and customer.name
        for message, at in thread:
            uid, sender = new_uid(at), message.get("sender", "agent")
            internal = message.get("is_internal", False)
            name = message.get("sender_name") or default_name(self._scope, sender, customer_name)
            code = SENDERS.index(sender)
            row = MessageLine(uid, ticket.id, message["content"], code, name, int(internal), at)
            self.messages.append(row)
            data = {"ticketId": ticket_id, "sender": sender, "isInternal": internal}
            self._log.add("message.created", uid, at, ticket.number, data)


def _thread(values: Mapping[str, Any], times: Times) -> Iterator[tuple[Mapping[str, Any], int]]:
    """The messages of a ticket, each with its instant."""
    first = values.get("initial_message")
    if first is not None:
        yield {"content": first, "sender": "customer"}, times.created
    yield from zip(values.get("messages") or (), times.messages, strict=True)


def _first_response(thread: Iterable[tuple[Mapping[str, Any], int]]) -> int | None:
    """When an agent first answered in public. A trigger would write it too, but row by row."""
    answers = (
        at
        for message, at in thread
        if message.get("sender", "agent") == "agent" and not message.get("is_internal", False)
    )
    return min(answers, default=None)


def _named_customer(values: Mapping[str, Any]) -> tuple[Any, Any, Any]:
    return values.get("customer_id"), values.get("customer_name"), values.get("customer_email")
