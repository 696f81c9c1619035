"""What is handed to a server, and what it says to that."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field

from cstar_core.ids import public_id
from cstar_core.mail_out.headers import ascii_address
from cstar_core.mail_out.queueing import FIRST_ANSWER
from cstar_core.mail_out.states import OPEN, Addressee
from cstar_core.mailboxes import DkimKey, SmtpServer
from cstar_core.store import SqlRow


@dataclass(frozen=True, slots=True)
class MailReply:
    """What came of a recipient: taken, not now, or never; and what the server said.

    ``state`` is sent, deferred, failed, or waiting: nobody may sign in to send at present. That
    is no try, and a mail for which it is so is not given up. ``of_server`` tells that the server
    had heard of no mail yet: then the mailbox fails, and shows why.
    """

    state: str
    code: str | None = None
    text: str = ""
    of_server: bool = False


@dataclass(frozen=True, slots=True)
class MailParcel:
    """A mail to hand to a server now: from and to which addresses.

    ``sender`` is where it is given back to, empty for an automatic mail. If that is the signed
    address of its ticket, ``bare_sender`` is the address of the mailbox, for a server that lets us
    send as nobody else. ``mailbox_id`` is whose tokens are shown to a server that takes these.
    """

    mail: int
    mailbox: int
    server: SmtpServer
    password: str | None = field(repr=False)
    dkim: DkimKey | None
    sender: str
    recipients: tuple[str, ...]
    mailbox_id: str = ""
    bare_sender: str | None = None


def parcel_of(box: SqlRow, row: SqlRow, people: Sequence[Addressee]) -> MailParcel:
    """What is handed over of a mail that is due: the row of its mailbox, its own, and to whom."""
    key, address, outgoing, secret, dkim, uid, plus = box
    mail, kind, _, reply_to = row
    still = [ascii_address(each.address) for each in people if each.state in OPEN]
    bare = ascii_address(address) or ""
    signed = _return_path(bare, reply_to) if plus else None
    automatic = kind == FIRST_ANSWER
    return MailParcel(
        mail,
        key,
        SmtpServer(**json.loads(outgoing)),
        secret,
        None if dkim is None else DkimKey(**json.loads(dkim)),
        "" if automatic else signed or bare,
        tuple(dict.fromkeys(each for each in still if each is not None)),
        public_id("mailbox", uid),
        bare if signed and not automatic else None,
    )


def _return_path(bare: str, reply_to: str | None) -> str | None:
    """The signed address of a ticket, so that a notice which says nothing else is known by it.

    SPF and DMARC look at the domain of where a mail is given back to, so it has to be the same.
    """
    found = None if reply_to is None else ascii_address(reply_to)
    same = found is not None and found.rpartition("@")[2] == bare.rpartition("@")[2]
    return found if same else None


def all_replied(parcel: MailParcel, reply: MailReply) -> dict[str, MailReply]:
    """The same for all recipients."""
    return dict.fromkeys(parcel.recipients, reply)
