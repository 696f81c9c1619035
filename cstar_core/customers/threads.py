"""What a person wrote, and was written to, in any ticket: found by whose message it is."""

from typing import Any, NamedTuple

from peewee import fn

from cstar_core import documents
from cstar_core.blobs import drop_at_once
from cstar_core.customers.mails import Mails, empty_mails, mails_of
from cstar_core.store import Prepared, Transaction, prepare, slot
from cstar_core.tables import (
    SENDERS,
    AttachmentRow,
    MailHeadRow,
    MessageRow,
    OutgoingMailRow,
    TicketRow,
)

ERASED = "Erased"
NOBODY = "Deleted customer"
_TOUCH = prepare(
    TicketRow.update(
        {
            TicketRow.updated_at: fn.MAX(TicketRow.updated_at, slot("now")),
            TicketRow.version: TicketRow.version + 1,
        }
    ).where(TicketRow.id == slot("ticket"))
)


class Thread(NamedTuple):
    """The statements on some messages: ``holders`` are other tickets that have any of them.

    ``files`` are the keys of the files that are attached to them.
    """

    number: Prepared
    holders: Prepared
    senders: Prepared
    rename: Prepared
    empty: Prepared
    files: Prepared
    detach: Prepared
    mails: Mails
    sent_files: Prepared
    forget_mails: Prepared
    forget_heads: Prepared


def _thread(these: Any, elsewhere: Any) -> Thread:
    sent = (MessageRow.sender == slot("sender")) & (MessageRow.sender_name == slot("name"))
    emptied = {
        MessageRow.content: ERASED,
        MessageRow.home_customer: None,
        MessageRow.file_names: None,
    }
    keys = MessageRow.select(MessageRow.id).where(these)
    attached, gone_out = AttachmentRow.message_id.in_(keys), OutgoingMailRow.message_id.in_(keys)
    return Thread(
        prepare(MessageRow.select(fn.COUNT(1)).where(these)),
        prepare(MessageRow.select(MessageRow.ticket_id).distinct().where(elsewhere)),
        prepare(
            MessageRow.select(MessageRow.sender, MessageRow.sender_name).distinct().where(these)
        ),
        prepare(MessageRow.update({MessageRow.sender_name: NOBODY}).where(these & sent)),
        prepare(MessageRow.update(emptied).where(these)),
        prepare(AttachmentRow.select(AttachmentRow.blob_id).where(attached)),
        prepare(AttachmentRow.delete().where(attached)),
        mails_of(these),
        prepare(
            OutgoingMailRow.select(OutgoingMailRow.blob_id).where(
                gone_out & OutgoingMailRow.blob_id.is_null(False)
            )
        ),
        prepare(OutgoingMailRow.delete().where(gone_out)),
        prepare(MailHeadRow.delete().where(MailHeadRow.message_id.in_(keys))),
    )


# Also what was written to it and is in the thread of another ticket, which it is merged into; not
# what was written to another one, or is another customer's.
_MOVED = MessageRow.home_id == slot("of")
_HERE = (MessageRow.ticket_id == slot("of")) & MessageRow.home_id.is_null()
_UNCLAIMED = MessageRow.home_customer.is_null()
OF_TICKET = _thread((_MOVED | _HERE) & _UNCLAIMED, _MOVED & _UNCLAIMED)
# What was posted to tickets of theirs that were merged, or was left of them in another thread.
STRAY = MessageRow.home_customer == slot("of")
OF_PERSON = _thread(STRAY, STRAY)


def empty_thread(tx: Transaction, thread: Thread, of: int | bytes, names: set[str]) -> None:
    """Empty messages, and the names of customers and whoever is named like one of these."""
    for (holder,) in tx.all(thread.holders, of=of):
        documents.hold_texts(tx, holder)
        tx.run(_TOUCH, ticket=holder, now=tx.now)
    for sender, name in tx.all(thread.senders, of=of):
        theirs = SENDERS[sender] == "customer"
        if theirs or any(each in name.casefold() for each in names):
            tx.run(thread.rename, of=of, sender=sender, name=name)
    files = {key for (key,) in tx.all(thread.files, of=of)}
    # Before the owner of a message is emptied too, by which these are found.
    tx.run(thread.detach, of=of)
    empty_mails(tx, thread.mails, of=of)
    files |= {key for (key,) in tx.all(thread.sent_files, of=of)}
    tx.run(thread.forget_mails, of=of)
    tx.run(thread.forget_heads, of=of)
    tx.run(thread.empty, of=of)
    drop_at_once(tx, files)
