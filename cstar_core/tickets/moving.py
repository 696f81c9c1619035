"""Moving one message to another ticket, as a mail is put right that came to the wrong one.

It is at home there from then on, as if it had been written to it: what a customer wrote opens the
ticket, and an answer counts as one. Whose it is does not change. Moved back, all is as it was, as
long as nothing else has happened to the other ticket.
"""

from typing import Any, NamedTuple

from peewee import fn

from cstar_core.checks import invalid
from cstar_core.errors import Invalid, NotFound
from cstar_core.events import Log
from cstar_core.ids import public_id
from cstar_core.scope import Scope, required_uid
from cstar_core.store import Transaction, prepare, slot
from cstar_core.tables import SENDERS, STATUSES, MessageMoveRow, MessageRow, TicketRow
from cstar_core.tickets.merging import receive, survivor
from cstar_core.tickets.message import MESSAGE_COLUMNS, Message, messages_of
from cstar_core.tickets.status import after_message
from cstar_core.tickets.ticket import Stored, read_by_key, read_stored
from cstar_core.tickets.writing import change_status, update_row


class Moving(NamedTuple):
    """A message on its way: its keys, whose it is, and what it does to a ticket."""

    id: int
    uid: bytes
    home: int
    owner: bytes | None
    sender: int
    is_internal: int


class _Move(NamedTuple):
    """The last time that a message was moved."""

    id: int
    home: int
    into: int
    status: int
    resolved_at: int | None
    closed_at: int | None
    version: int


_FIND = prepare(
    MessageRow.select(
        MessageRow.id,
        MessageRow.uid,
        fn.COALESCE(MessageRow.home_id, MessageRow.ticket_id),
        MessageRow.home_customer,
        MessageRow.sender,
        MessageRow.is_internal,
    ).where((MessageRow.ticket_id == slot("ticket")) & (MessageRow.uid == slot("uid")))
)
_READ = prepare(MessageRow.select(*MESSAGE_COLUMNS).where(MessageRow.id == slot("message")))
_PUT = prepare(
    MessageRow.update(
        {
            MessageRow.ticket_id: slot("ticket"),
            MessageRow.home_id: slot("home"),
            MessageRow.home_customer: slot("owner"),
        }
    ).where(MessageRow.id == slot("message"))
)
_LAST = prepare(
    MessageMoveRow.select(
        MessageMoveRow.id,
        MessageMoveRow.from_id,
        MessageMoveRow.into_id,
        MessageMoveRow.status,
        MessageMoveRow.resolved_at,
        MessageMoveRow.closed_at,
        MessageMoveRow.version,
    )
    .where(MessageMoveRow.message_id == slot("message"))
    .order_by(MessageMoveRow.id.desc())
    .limit(1)
)
_REMEMBER = prepare(
    MessageMoveRow.insert(
        {
            MessageMoveRow.message_id: slot("message"),
            MessageMoveRow.from_id: slot("home"),
            MessageMoveRow.into_id: slot("into"),
            MessageMoveRow.status: slot("status"),
            MessageMoveRow.resolved_at: slot("resolved_at"),
            MessageMoveRow.closed_at: slot("closed_at"),
            MessageMoveRow.version: slot("version"),
        }
    )
)
_FORGET = prepare(MessageMoveRow.delete().where(MessageMoveRow.id == slot("move")))
_ANSWERS = MessageRow.select(fn.MIN(MessageRow.created_at)).where(
    (
        (MessageRow.home_id == slot("ticket"))
        | ((MessageRow.ticket_id == slot("ticket")) & MessageRow.home_id.is_null())
    )
    & (MessageRow.sender == SENDERS.index("agent"))
    & (MessageRow.is_internal == 0)
)
_COUNT_ANSWERS = prepare(
    TicketRow.update({TicketRow.first_response_at: _ANSWERS}).where(TicketRow.id == slot("ticket"))
)


def find_moving(tx: Transaction, scope: Scope, ticket_id: str, message_id: str) -> Moving:
    """A message in the thread of a ticket, or of the one that it is merged into; else NotFound."""
    holder = survivor(tx, read_stored(tx, scope, ticket_id))
    row = tx.first(_FIND, ticket=holder.id, uid=required_uid("message", message_id))
    if row is None:
        raise NotFound("message", message_id)
    found = Moving._make(row)
    if found.owner is None:
        return found._replace(owner=read_by_key(tx, found.home).customer_uid)
    return found


def move_message(
    tx: Transaction, scope: Scope, ticket_id: str, message: Moving, to: Stored
) -> Message:
    """Put a message into the thread of another ticket, with its effect on both.

    Raises Invalid if it is there already.
    """
    source = survivor(tx, read_stored(tx, scope, ticket_id))
    target = survivor(tx, to)
    if target.id == source.id:
        raise Invalid(invalid("to", "must be another ticket"))
    row = tx.first(_LAST, message=message.id)
    last = None if row is None else _Move._make(row)
    goes_back = (
        last is not None
        and last.into == message.home
        and survivor(tx, read_by_key(tx, last.home)).id == target.id
    )
    home = last.home if last and goes_back else target.id
    _put(tx, message, source, target, home)
    status = _status_after(message, target)
    log = Log(scope)
    _tell(log, tx.now, message, source, target)
    if last and goes_back:
        tx.run(_FORGET, move=last.id)
        _restore(tx, log, source, last)
    else:
        if status != target.status:
            change_status(tx, log, read_by_key(tx, target.id), status)
        _remember(tx, message, target)
    log.write(tx)
    rows = tx.all(_READ, message=message.id)
    return messages_of(tx, rows, public_id("ticket", target.uid))[0]


def _put(tx: Transaction, message: Moving, source: Stored, target: Stored, home: int) -> None:
    at_home = read_by_key(tx, home)
    tx.run(
        _PUT,
        message=message.id,
        ticket=target.id,
        home=None if home == target.id else home,
        owner=None if at_home.customer_uid == message.owner else message.owner,
    )
    counts = {"messages": 1, "internal": message.is_internal}
    receive(tx, target.id, **counts)
    receive(tx, source.id, **{name: -number for name, number in counts.items()})
    for ticket in {message.home, home}:
        tx.run(_COUNT_ANSWERS, ticket=ticket)


def _status_after(message: Moving, target: Stored) -> str:
    return after_message(target.status, SENDERS[message.sender], bool(message.is_internal))


def _remember(tx: Transaction, message: Moving, target: Stored) -> None:
    tx.run(
        _REMEMBER,
        message=message.id,
        home=message.home,
        into=target.id,
        status=target.status_code,
        resolved_at=target.resolved_at,
        closed_at=target.closed_at,
        version=read_by_key(tx, target.id).version,
    )


def _restore(tx: Transaction, log: Log, ticket: Stored, before: _Move) -> None:
    """Make a ticket what it was before a message came, if nothing else has changed it since."""
    unchanged = ticket.id == before.into and ticket.version == before.version
    status = STATUSES[before.status]
    if not unchanged or ticket.status == status:
        return
    change_status(tx, log, read_by_key(tx, ticket.id), status)
    instants: dict[str, Any] = {"resolved_at": before.resolved_at, "closed_at": before.closed_at}
    update_row(tx, ticket.id, instants)


def _tell(log: Log, now: int, message: Moving, source: Stored, target: Stored) -> None:
    """Record it with both tickets."""
    data = {
        "from": public_id("ticket", source.uid),
        "to": public_id("ticket", target.uid),
        "sender": SENDERS[message.sender],
        "isInternal": bool(message.is_internal),
    }
    for ticket in (source, target):
        log.add("message.moved", message.uid, now, ticket.number, data)
