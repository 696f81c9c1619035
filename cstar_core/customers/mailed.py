"""What is left of a person in mail that went out, and in what answers to mail have to know."""

import json
from collections.abc import Collection

from peewee import fn

from cstar_core.blobs import drop_at_once
from cstar_core.customers.mails import BEYOND_ASCII
from cstar_core.members import fold_email
from cstar_core.scope import Scope
from cstar_core.store import Transaction, prepare, slot
from cstar_core.tables import (
    BadAddressRow,
    MailHeadRow,
    OutgoingMailRow,
    OutgoingRecipientRow,
)

_ON_TICKET = prepare(OutgoingMailRow.delete().where(OutgoingMailRow.ticket_id == slot("ticket")))
_BAD = prepare(
    BadAddressRow.delete().where(
        (BadAddressRow.workspace_id == slot("workspace"))
        & (BadAddressRow.address_key == slot("address"))
    )
)
_TO_THEM = (OutgoingRecipientRow.workspace_id == slot("workspace")) & (
    OutgoingRecipientRow.address_key == slot("address")
)
# What a server said of a recipient may name them, and so may what the mail shows of that.
_THEIR_MAILS = OutgoingMailRow.id.in_(
    OutgoingRecipientRow.select(OutgoingRecipientRow.mail_id).where(_TO_THEM)
)
# It is put together anew if it is sent again.
_FAILURES = prepare(
    OutgoingMailRow.update({OutgoingMailRow.failure: None, OutgoingMailRow.blob_id: None}).where(
        _THEIR_MAILS
    )
)
_KEPT = OutgoingMailRow.select(OutgoingMailRow.blob_id).where(
    OutgoingMailRow.blob_id.is_null(False)
)
_FILES_ON_TICKET = prepare(_KEPT.where(OutgoingMailRow.ticket_id == slot("ticket")))
_FILES_TO_THEM = prepare(_KEPT.where(_THEIR_MAILS))
_RECIPIENTS = prepare(OutgoingRecipientRow.delete().where(_TO_THEM))
# SQLite knows capitals of ASCII alone; what has anything else is compared here.
_NAMING = prepare(
    MailHeadRow.select(MailHeadRow.message_id, MailHeadRow.people).where(
        (MailHeadRow.workspace_id == slot("workspace"))
        & (
            (fn.instr(fn.lower(MailHeadRow.people), slot("quoted")) > 0)
            | (fn.GLOB(BEYOND_ASCII, MailHeadRow.people) == 1)
        )
    )
)
_RENAME = prepare(
    MailHeadRow.update({MailHeadRow.people: slot("people")}).where(
        MailHeadRow.message_id == slot("message")
    )
)


def forget_mail(
    tx: Transaction, scope: Scope, tickets: Collection[int], addresses: Collection[str]
) -> None:
    """Forget the automatic mails on some tickets, and some folded addresses everywhere.

    The mails that brought messages are forgotten with these.
    """
    workspace = scope.workspace_id
    files: set[int] = set()
    for ticket in tickets:
        files |= {key for (key,) in tx.all(_FILES_ON_TICKET, ticket=ticket)}
        tx.run(_ON_TICKET, ticket=ticket)
    for address in addresses:
        slots = {"workspace": workspace, "address": address}
        files |= {key for (key,) in tx.all(_FILES_TO_THEM, **slots)}
        tx.run(_BAD, **slots)
        tx.run(_FAILURES, **slots)
        tx.run(_RECIPIENTS, **slots)
        _forget_people(tx, workspace, address)
    drop_at_once(tx, files)


def _forget_people(tx: Transaction, workspace: int, address: str) -> None:
    """Take a folded address out of whom mails were from and to."""
    quoted = json.dumps(address, ensure_ascii=False)
    for message, people in tx.all(_NAMING, workspace=workspace, quoted=quoted):
        # Most are there for somebody else's sake, and to read them costs more than to fold them.
        if quoted in fold_email(people):
            tx.run(_RENAME, message=message, people=_without(people, address))


def _without(people: str, address: str) -> str:
    """The people of a mail but for one."""
    kept = {
        place: [each for each in some if fold_email(each[1]) != address]
        for place, some in json.loads(people).items()
    }
    return json.dumps(kept, ensure_ascii=False, separators=(",", ":"))
