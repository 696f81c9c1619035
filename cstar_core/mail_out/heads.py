"""What an answer has to know of the mails of a thread: from and to whom, and their ids."""

import json
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from peewee import JOIN

from cstar_core.checks import check_email
from cstar_core.letters import Correspondent, Letter
from cstar_core.mail_out.headers import is_id, one_line
from cstar_core.mail_out.subjects import SUBJECT_MAX
from cstar_core.scope import Scope
from cstar_core.store import Snapshot, SqlRow, Transaction, prepare, prepare_insert, slot
from cstar_core.tables import MailHeadRow, MergeRow, MessageRow, OutgoingMailRow, TicketRow
from cstar_core.tickets import Stored

PEOPLE_MAX = 100
NAME_MAX = 100
REFERENCES_MAX = 20
_HEADS_READ = 50


class Head(NamedTuple):
    """What is kept of a mail; ``owner`` tells whose the message is that it became."""

    mailbox: int | None
    header_id: str | None
    references: tuple[str, ...]
    subject: str
    sender: Correspondent | None
    reply_to: tuple[Correspondent, ...]
    to: tuple[Correspondent, ...]
    cc: tuple[Correspondent, ...]


_INSERT = prepare_insert(
    MailHeadRow,
    (
        *("message_id", "workspace_id", "mailbox_id", "header_id"),
        *("refs", "subject", "people"),
    ),
)
_HomeRow = TicketRow.alias("home")
_NEWEST = prepare(
    MailHeadRow.select(
        MailHeadRow.mailbox_id,
        MailHeadRow.header_id,
        MailHeadRow.refs,
        MailHeadRow.subject,
        MailHeadRow.people,
        MessageRow.home_id,
        MessageRow.home_customer,
        _HomeRow.customer_id,
    )
    .join(MessageRow, on=(MessageRow.id == MailHeadRow.message_id))
    .join(_HomeRow, JOIN.LEFT_OUTER, on=(_HomeRow.id == MessageRow.home_id))
    .where(MessageRow.ticket_id == slot("ticket"))
    .order_by(MessageRow.id.desc())
    .limit(_HEADS_READ)
)
_IS_MERGED = prepare(
    MergeRow.select(MergeRow.ticket_id).where(MergeRow.into_id == slot("ticket")).limit(1)
)
_SENT_IDS = prepare(
    OutgoingMailRow.select(OutgoingMailRow.header_id)
    .join(MessageRow, on=(MessageRow.id == OutgoingMailRow.message_id))
    .where(MessageRow.ticket_id == slot("ticket"))
    .order_by(MessageRow.id.desc())
    .limit(1)
)


def keep_head(
    tx: Transaction,
    scope: Scope,
    message: int,
    mailbox: int | None,
    mail: Letter,
    *,
    is_sure: bool = True,
) -> None:
    """Keep what an answer has to know of the mail that the message with a key came by.

    Of one that is not sure to belong to its thread, nobody is kept as whom to answer: whoever can
    guess the number of a ticket and an address would read what is answered on it.
    """
    people = {
        "from": _packed([] if mail.sender is None or not is_sure else [mail.sender]),
        "reply": _packed(mail.reply_to if is_sure else ()),
        "to": _packed(mail.to if is_sure else ()),
        "cc": _packed(mail.cc if is_sure else ()),
    }
    header_id = mail.message_id if mail.message_id and is_id(mail.message_id) else None
    refs = [each for each in mail.references if is_id(each)][-REFERENCES_MAX:]
    subject = one_line(mail.subject, SUBJECT_MAX)
    values = (header_id, _json(refs), subject, _json(people))
    tx.many(_INSERT, [(message, scope.workspace_id, mailbox, *values)])


def heads_of(snap: Snapshot, posted: Stored, holder: Stored) -> list[Head]:
    """The newest mails in a thread, as far as they concern the ticket that is answered.

    The thread is that of ``holder``, which ``posted`` may be merged into. Then there may be mails
    of other customers in it, whose correspondents are none of this one's: only those of the
    customer of ``posted`` count.
    """
    rows = snap.all(_NEWEST, ticket=holder.id)
    if snap.first(_IS_MERGED, ticket=holder.id) is not None:
        rows = [row for row in rows if _is_theirs(row, posted, holder)]
    return [_head(row[:5]) for row in rows]


def references(snap: Snapshot, holder: Stored, heads: Sequence[Head]) -> tuple[str, ...]:
    """The ids that an answer refers to, the one that it answers last."""
    newest = heads[0] if heads else None
    found = [*newest.references] if newest else []
    found += [each.header_id for each in reversed(heads) if each.header_id]
    if newest is None or newest.header_id is None:
        found += [str(row[0]) for row in snap.all(_SENT_IDS, ticket=holder.id)]
    # A mail that is named twice counts where it is named last.
    unique = list(dict.fromkeys(reversed(found)))[::-1]
    # Programs that sort by threads go by the first and the last ones.
    if len(unique) > REFERENCES_MAX:
        unique = [unique[0], *unique[1 - REFERENCES_MAX :]]
    return tuple(unique)


def _is_theirs(row: SqlRow, posted: Stored, holder: Stored) -> bool:
    *_, home, owner, home_customer = row
    if owner is not None:
        return bool(owner == posted.customer_uid)
    customer = holder.customer_key if home is None else home_customer
    return bool(customer == posted.customer_key)


def _head(row: SqlRow) -> Head:
    mailbox, header_id, refs, subject, stored = row
    people = json.loads(stored)
    sender, reply_to, to, cc = (_unpacked(people[each]) for each in ("from", "reply", "to", "cc"))
    return Head(
        mailbox,
        header_id,
        tuple(json.loads(refs)),
        subject,
        sender[0] if sender else None,
        reply_to,
        to,
        cc,
    )


def _packed(people: Iterable[Correspondent]) -> list[tuple[str, str]]:
    """What can be written to; everything else is left out."""
    good = (each for each in people if not check_email("address", each.address))
    return [(one_line(each.name, NAME_MAX), each.address) for each in good][:PEOPLE_MAX]


def _unpacked(people: list[list[str]]) -> tuple[Correspondent, ...]:
    return tuple(Correspondent(name, address) for name, address in people)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
