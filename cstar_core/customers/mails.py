"""What the ledger of mail keeps of a person once they are erased: that mails came, and no more.

The digests stay, so that a mail which is delivered again is known and does not bring them back.
"""

from collections.abc import Callable, Collection
from typing import Any, NamedTuple

from peewee import SelectBase, fn

from cstar_core.blobs import drop_at_once
from cstar_core.members import fold_email
from cstar_core.scope import Scope
from cstar_core.store import Prepared, Transaction, prepare, slot
from cstar_core.tables import MAIL_VERDICTS, MailRow, MessageRow

# A pattern (GLOB) of texts in which SQLite does not know all capitals.
BEYOND_ASCII = "*[^\x01-\x7f]*"
_WAITING = MAIL_VERDICTS.index("waiting")


class Mails(NamedTuple):
    """The statements on some mails: the keys of their bytes, and to empty them."""

    bytes: Prepared
    empty: Prepared


def _mails(these: Any) -> Mails:
    emptied: dict[Any, Any] = {
        MailRow.blob_id: None,
        MailRow.header_id: None,
        MailRow.subject: None,
        MailRow.sender: None,
        MailRow.sender_key: None,
        MailRow.sender_name: None,
        MailRow.envelope_from: None,
        MailRow.envelope_to: None,
        MailRow.facts: "{}",
        MailRow.version: MailRow.version + 1,
    }
    raw = MailRow.blob_id.is_null(False)
    return Mails(
        prepare(MailRow.select(MailRow.blob_id).where(these & raw)),
        prepare(MailRow.update(emptied).where(these)),
    )


def mails_of(messages: Any) -> Mails:
    """The mails that messages came with, and the same ones that came again."""
    keys = MessageRow.select(MessageRow.id).where(messages)
    firsts = MailRow.alias("firsts")
    again = firsts.select(firsts.id).where(firsts.message_id.in_(keys))
    return _mails(MailRow.message_id.in_(keys) | MailRow.original_id.in_(again))


_ONE = _mails(MailRow.id == slot("mail"))
_RAW = prepare(MailRow.select(MailRow.blob_id).where(MailRow.id == slot("mail")))


def _sent_by(address: Callable[[Any], Any]) -> SelectBase:
    """The keys of the mails of a workspace with an address in one place."""
    row = MailRow.alias()
    mine = row.workspace_id == slot("workspace")
    return row.select(row.id).where(mine & (address(row) == slot("address")))


# Whatever became of them; what waits is still to be read. One walk for each place of an address.
_FROM = _mails(
    MailRow.id.in_(
        _sent_by(lambda row: row.sender_key).union_all(
            _sent_by(lambda row: fn.LOWER(row.envelope_from))
        )
    )
    & (MailRow.verdict != _WAITING)
)
# SQLite knows capitals of ASCII alone; the few with anything else are compared here.
_BEYOND_ASCII = prepare(
    MailRow.select(MailRow.id, MailRow.envelope_from).where(
        (MailRow.workspace_id == slot("workspace"))
        & fn.LOWER(MailRow.envelope_from).is_null(False)
        & (fn.GLOB(BEYOND_ASCII, fn.LOWER(MailRow.envelope_from)) == 1)
        & (MailRow.verdict != _WAITING)
    )
)


def empty_mails(tx: Transaction, mails: Mails, **values: object) -> None:
    """Empty mails, and let their bytes go."""
    keys = {key for (key,) in tx.all(mails.bytes, **values)}
    tx.run(mails.empty, **values)
    drop_at_once(tx, keys)


def empty_mails_from(tx: Transaction, scope: Scope, addresses: Collection[str]) -> None:
    """Empty the mails from some folded addresses, also those that are on no ticket."""
    for each in addresses:
        empty_mails(tx, _FROM, workspace=scope.workspace_id, address=each)
    for mail, sender in tx.all(_BEYOND_ASCII, workspace=scope.workspace_id):
        if fold_email(sender) in addresses:
            empty_mails(tx, _ONE, mail=mail)


def empty_repetition(tx: Transaction, mail: int, original: int) -> None:
    """Empty a mail (its key) if nothing is left of the one that it repeats."""
    if tx.value(_RAW, mail=original) is None:
        empty_mails(tx, _ONE, mail=mail)
