"""How a mail gets in line: in the transaction of the message that it brings."""

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from cstar_core import events
from cstar_core.events import salt_of
from cstar_core.ids import new_token, new_uid, public_id
from cstar_core.letters import Correspondent
from cstar_core.mail_delivery import MailDelivery, deliveries_of
from cstar_core.mail_out.boxes import Box, boxes, sending_box
from cstar_core.mail_out.breaker import TOO_MANY, too_many
from cstar_core.mail_out.headers import ascii_address
from cstar_core.mail_out.heads import Head, heads_of, references
from cstar_core.mail_out.recipients import addressees, people_of
from cstar_core.mail_out.states import (
    FAILED,
    HELD,
    QUEUED,
    SENT,
    Addressee,
    failure_of,
    state_of,
)
from cstar_core.mail_out.subjects import answer_subject
from cstar_core.reply_addresses import reply_address
from cstar_core.scope import Scope
from cstar_core.store import Snapshot, Transaction, prepare, prepare_insert, slot
from cstar_core.tables import (
    OUTGOING_KINDS,
    OUTGOING_STATES,
    MessageRow,
    OutgoingMailRow,
    OutgoingRecipientRow,
    TicketRow,
)
from cstar_core.tickets import Stored

REPLY, FIRST_ANSWER = range(len(OUTGOING_KINDS))
_TOLD = {SENT: "message.delivered", HELD: "message.held"}

_COLUMNS = (
    *("uid", "workspace_id", "mailbox_id", "ticket_id", "message_id", "lane", "kind", "state"),
    *("header_id", "in_reply_to", "refs", "loops", "subject", "reply_to", "since"),
    *("due_at", "code", "failure", "created_at", "finished_at"),
)
_INSERT = prepare(
    OutgoingMailRow.insert({getattr(OutgoingMailRow, name): slot(name) for name in _COLUMNS})
)
_INSERT_PEOPLE = prepare_insert(
    OutgoingRecipientRow, ("mail_id", *Addressee._fields, "workspace_id", "created_at")
)
_MESSAGE = prepare(
    MessageRow.select(MessageRow.uid, TicketRow.uid, TicketRow.number)
    .join(TicketRow, on=(TicketRow.id == MessageRow.ticket_id))
    .where(MessageRow.id == slot("message"))
)


class Mail(NamedTuple):
    """A mail that is to be queued, on the ticket that it is written to, merged or not."""

    box: Box
    ticket: Stored
    message: int | None
    kind: int
    subject: str
    references: tuple[str, ...]
    to: Sequence[Correspondent]
    copies: Sequence[Correspondent] = ()
    loops: Sequence[str] = ()


class Route(NamedTuple):
    """By which mailbox an answer goes out, after which mails, and to whom."""

    box: Box
    heads: Sequence[Head]
    to: Sequence[Correspondent]
    copies: Sequence[Correspondent]


def queue_reply(
    tx: Transaction, scope: Scope, posted: Stored, holder: Stored
) -> MailDelivery | None:
    """Let the last message, an agent's, go out as a mail, if there is a mailbox and an address.

    ``posted`` is the ticket that it was written to, ``holder`` the one that has it. That a mail is
    held, or has nobody whom it can reach, is told at once. Returns where the mail stands.
    """
    route = route_of(tx, scope, posted, holder)
    if route is None:
        return None
    message = tx.next_key("messages") - 1
    subject = route.heads[0].subject if route.heads else posted.title
    refs = references(tx, holder, route.heads)
    mail = Mail(route.box, posted, message, REPLY, subject, refs, route.to, route.copies)
    state, code = queue(tx, scope, mail)
    if state != QUEUED:
        tell(tx, scope, message, state, code)
    return deliveries_of(tx, [message])[message]


def route_of(snap: Snapshot, scope: Scope, posted: Stored, holder: Stored) -> Route | None:
    """How an answer would go out as a mail; None if there is no mailbox for it or no address."""
    found = boxes(snap, scope)
    if not any(each.sends for each in found):
        return None
    heads = heads_of(snap, posted, holder)
    box = sending_box(found, (each.mailbox for each in heads))
    to, copies = people_of(snap, found, posted, heads)
    return Route(box, heads, to, copies) if box is not None and to else None


def queue(tx: Transaction, scope: Scope, mail: Mail) -> tuple[int, str | None]:
    """Write the rows of a mail; its state, and the code of what went wrong already."""
    people = addressees(tx, scope, mail.to, mail.copies)
    keys = [each.address_key for each in people]
    reason = too_many(tx, scope, mail.ticket.id, keys, is_automatic=mail.kind == FIRST_ANSWER)
    if reason is not None:
        people = [_held(each, reason) for each in people]
    state, (code, failure) = state_of(people), failure_of(people)
    key = tx.insert(
        _INSERT,
        **_identity(tx, scope, mail),
        state=state,
        due_at=tx.now if state == QUEUED else None,
        code=code,
        failure=failure,
        finished_at=tx.now if state == FAILED else None,
        since=tx.now,
        created_at=tx.now,
    )
    tx.many(_INSERT_PEOPLE, [(key, *each, scope.workspace_id, tx.now) for each in people])
    return state, code


def tell(tx: Transaction, scope: Scope, message: int, state: int, code: str | None) -> None:
    """Record what became of the mail that brings a message."""
    uid, ticket, number = tx.all(_MESSAGE, message=message)[0]
    data = {"ticketId": public_id("ticket", ticket), "state": OUTGOING_STATES[state], "code": code}
    type = _TOLD.get(state, "message.bounced")
    events.record(tx, scope, type, uid, ticket=number, data=data)


def loop_mark(snap: Snapshot, scope: Scope) -> str:
    """By what a workspace knows mail again that has gone through it."""
    return salt_of(snap, scope.workspace_id).hex()


def _held(each: Addressee, reason: str) -> Addressee:
    if each.state != QUEUED:
        return each
    return each._replace(state=HELD, code=TOO_MANY, failure=reason)


def _identity(tx: Transaction, scope: Scope, mail: Mail) -> dict[str, Any]:
    """The columns that never change: what the mail is, and what it belongs to."""
    uid, box, refs = new_uid(tx.now), mail.box, mail.references
    domain = (ascii_address(box.address) or "").rpartition("@")[2] or "localhost"
    reply_to = None
    if box.plus_addressing:
        reply_to = reply_address(tx, scope, box.address, mail.ticket.number)
    return {
        "uid": uid,
        "workspace_id": scope.workspace_id,
        "mailbox_id": box.key,
        "ticket_id": mail.ticket.id if mail.message is None else None,
        "message_id": mail.message,
        "lane": mail.ticket.id,
        "kind": mail.kind,
        "header_id": f"{uid.hex()}.{new_token(20)}@{domain}",
        "in_reply_to": refs[-1] if refs else None,
        "refs": json.dumps(refs),
        # Nobody who writes themselves is to be taken for a program by another desk.
        "loops": json.dumps([*mail.loops, loop_mark(tx, scope)] if mail.message is None else []),
        "subject": answer_subject(mail.subject, mail.ticket.number),
        "reply_to": reply_to,
    }
