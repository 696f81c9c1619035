"""What a delivery status notice says of a mail that was sent: it came back, and from whom."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from peewee import SQL, fn

from cstar_core.letters import FailedRecipient
from cstar_core.mail_out.headers import is_id, one_line
from cstar_core.mail_out.heads import PEOPLE_MAX
from cstar_core.mail_out.settling import (
    BY_HEADER,
    Known,
    known_mail,
    known_of,
    people_of_mail,
    write,
)
from cstar_core.mail_out.states import BOUNCED, QUEUED, SENT, Addressee
from cstar_core.members import fold_email
from cstar_core.scope import Scope
from cstar_core.store import Slot, Transaction, prepare, slot
from cstar_core.tables import MessageRow, OutgoingMailRow, OutgoingRecipientRow

_DIAGNOSTIC_MAX = 300


@dataclass(frozen=True, slots=True)
class Bounced:
    """What a notice was about: the integer keys of a ticket and of the message, if it had one.

    ``addresses`` are those to which nothing could be delivered.
    """

    ticket: int
    message: int | None
    addresses: tuple[str, ...]


_TICKET = prepare(
    OutgoingMailRow.select(fn.COALESCE(OutgoingMailRow.ticket_id, MessageRow.ticket_id))
    .left_outer_join(MessageRow, on=(MessageRow.id == OutgoingMailRow.message_id))
    .where(OutgoingMailRow.id == slot("mail"))
)


# Of the ticket whose reply address they have in them, also if it was merged since. They lead, not
# the addresses: to one of these may have gone any number of mails.
_NEWEST_TO = prepare(
    OutgoingMailRow.select(fn.MAX(OutgoingMailRow.id))
    .join(OutgoingRecipientRow, on=(OutgoingRecipientRow.mail_id == OutgoingMailRow.id))
    .where(
        (OutgoingMailRow.lane == slot("lane"))
        & (OutgoingMailRow.workspace_id + 0 == slot("workspace"))
        & (OutgoingRecipientRow.state == SENT)
        & OutgoingRecipientRow.address_key.in_(
            SQL("(SELECT value FROM json_each(?))", [Slot("keys")])
        )
    )
    .group_by(OutgoingRecipientRow.address_key)
)


def note_bounce_on(
    tx: Transaction, scope: Scope, ticket: int, recipients: Sequence[FailedRecipient]
) -> None:
    """Note what a notice says that came to the reply address of a ticket, and names no mail.

    For each that failed it is the newest mail of the ticket which a server had taken for them. Who
    knows the address has got one of these mails, as who knows the id of one has.
    """
    failed = [each for each in recipients if each.action.lower() == "failed"][:PEOPLE_MAX]
    keys = json.dumps(sorted({fold_email(each.address) for each in failed}))
    found = tx.all(_NEWEST_TO, lane=ticket, workspace=scope.workspace_id, keys=keys)
    for mail in sorted({int(key) for (key,) in found}):
        known = known_mail(tx, mail)
        if known is not None:
            _bounced(tx, known, failed)


def note_bounce(
    tx: Transaction, scope: Scope, header_id: str, recipients: Sequence[FailedRecipient]
) -> Bounced | None:
    """Note what a notice says of the mail with an id; None if this workspace has sent none such.

    Only recipients of that mail are believed to have failed: the id has a random part that nobody
    else knows. That something is late changes nothing.
    """
    row = tx.first(BY_HEADER, workspace=scope.workspace_id, header=header_id)
    if row is None or not is_id(header_id):
        return None
    mail = known_of(row)
    lost = _bounced(tx, mail, recipients)
    return Bounced(int(tx.value(_TICKET, mail=mail.key)), mail.message, lost)


def _bounced(
    tx: Transaction, mail: Known, recipients: Sequence[FailedRecipient]
) -> tuple[str, ...]:
    """Note which recipients of a mail did not get it; their addresses."""
    before = people_of_mail(tx, mail)
    after = [_after(each, before, recipients) for each in before]
    lost = tuple(new.address for old, new in zip(before, after, strict=True) if new != old)
    if lost:
        attempts, since, due = mail.attempts, mail.since, mail.due_at
        write(tx, mail, before, after, attempts=attempts, since=since, due=due)
    return lost


def _after(
    each: Addressee, all: Sequence[Addressee], reported: Sequence[FailedRecipient]
) -> Addressee:
    """A recipient after the notice. The only one is meant, whatever it is called elsewhere."""
    for one in reported:
        if one.action.lower() != "failed" or each.state in (BOUNCED, QUEUED):
            continue
        if fold_email(one.address) == each.address_key or len(all) == len(reported) == 1:
            status = one_line(one.status, 20)
            failure = one_line(one.diagnostic, _DIAGNOSTIC_MAX) or "it came back undelivered"
            return each._replace(state=BOUNCED, code=status or None, failure=failure)
    return each
