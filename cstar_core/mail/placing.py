"""How a mail becomes a message: of a new ticket or one that is there, of a customer, with files."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from peewee import fn

from cstar_core import facets
from cstar_core.attached import NewFile, attach
from cstar_core.blobs import Blobs
from cstar_core.checks import NAME_MAX, check_email, is_storable, raise_any
from cstar_core.customers import Known, NewCustomers
from cstar_core.events import Log
from cstar_core.letters import Letter
from cstar_core.mailboxes import MailAccount, account_at, usable_defaults
from cstar_core.scope import Scope
from cstar_core.store import Transaction, prepare, slot
from cstar_core.tables import MessageRow
from cstar_core.tickets import (
    CONTENT_MAX,
    ENTITY,
    TITLE_MAX,
    Change,
    NewTickets,
    Stored,
    add_message,
    default_name,
    read_by_key,
)

NO_SUBJECT, NO_TEXT = "(no subject)", "(no text)"
ENCRYPTED = "(This mail is encrypted. It is kept as it came.)"
_NEWEST = prepare(
    MessageRow.select(fn.MAX(MessageRow.id)).where(MessageRow.ticket_id == slot("ticket"))
)


class Writing(NamedTuple):
    """A message that a mail becomes; ``customer`` is whose it is, if anybody's."""

    content: str
    sender: str
    name: str | None
    is_internal: bool = False
    customer: Known | None = None


class Placed(NamedTuple):
    """Where a mail is now: its ticket, and the integer key of its message."""

    ticket: Stored
    message: int


def clean(text: str, most: int, otherwise: str) -> str:
    """A text as rows take it, cut; another one in place of nothing.

    >>> clean("  Help\\0 ", 10, NO_SUBJECT), clean(" \\n", 10, NO_SUBJECT)
    ('Help', '(no subject)')
    """
    if not is_storable(text):
        text = text.replace("\0", "").encode("utf-8", "replace").decode()
    return text.strip()[:most].strip() or otherwise


def one_line(text: str, most: int, otherwise: str) -> str:
    """As ``clean``, with whatever there is of white space in it as single spaces."""
    return clean(" ".join(text.split()), most, otherwise)


def content_of(letter: Letter) -> str:
    """The text of the message that a mail becomes."""
    encrypted = letter.protection == "encrypted"
    return clean(letter.text, CONTENT_MAX, ENCRYPTED if encrypted else NO_TEXT)


def title_of(letter: Letter) -> str:
    """The title of the ticket that a mail begins."""
    return one_line(letter.subject, TITLE_MAX, NO_SUBJECT)


def customer_of(tx: Transaction, scope: Scope, letter: Letter, *, make: bool) -> Known | None:
    """The customer with the address that a mail is from, who is made if need be.

    As for the form: whoever writes can do nothing about a field that customers must have.
    """
    sender = letter.sender
    if sender is None or check_email("email", sender.address):
        return None
    log = Log(scope)
    customers = NewCustomers(tx, scope, log)
    found = customers.find_email(sender.address)
    if found is None and make:
        name = one_line(sender.name, NAME_MAX, sender.address)
        found = customers.add({"name": name, "email": sender.address}, tx.now, tx.now)
        customers.write()
        log.write(tx)
    return found


def sender_name(letter: Letter, customer: Known | None) -> str:
    """Under which name the message of a mail stands."""
    if letter.sender is None:
        return "Customer" if customer is None else customer.name
    return one_line(letter.sender.name, NAME_MAX, letter.sender.address[:NAME_MAX])


def new_ticket(
    tx: Transaction,
    scope: Scope,
    mailbox: int | None,
    title: str,
    writing: Writing,
) -> Placed:
    """Begin a ticket with a message, with the default fields of the mailbox that it came to."""
    new = NewTickets(tx, scope, facets.definitions(tx, scope.workspace_id, ENTITY))
    message: dict[str, Any] = {
        "content": writing.content,
        "sender": writing.sender,
        "sender_name": writing.name,
        "is_internal": writing.is_internal,
    }
    values = _defaults(tx, scope, mailbox) | {"title": title, "messages": [message]}
    if writing.customer is not None:
        values["customer_id"] = writing.customer.id
    raise_any(new.add(values))
    new.write()
    return _placed(tx, new.lines[0].id)


def reply(
    tx: Transaction, scope: Scope, holder: Stored, writing: Writing, *, reopens: bool
) -> Placed:
    """Add a message to a ticket that is not merged into another one."""
    customer = writing.customer
    others = customer is not None and customer.uid != holder.customer_uid
    name = writing.name or default_name(scope, writing.sender, None)
    add_message(
        tx,
        scope,
        holder,
        writing.content,
        writing.sender,
        name,
        writing.is_internal,
        customer.uid if customer is not None and others else None,
        reopens=reopens,
    )
    return _placed(tx, holder.id)


def take_over(
    tx: Transaction, scope: Scope, holder: Stored, title: str, customer: Known | None
) -> Stored:
    """Make the ticket of a mail that could not be read that of the mail, now that it can."""
    changes: dict[str, Any] = {"title": title}
    if customer is not None and holder.customer_uid is None:
        changes["customer_id"] = customer.id
    change = Change(tx, scope, changes)
    raise_any(change.check() + change.against(holder))
    change.resolve()
    if change.apply(holder):
        change.write()
    return read_by_key(tx, holder.id)


def give_files(
    tx: Transaction, scope: Scope, blobs: Blobs, placed: Placed, files: Sequence[NewFile]
) -> None:
    """Attach files to the message of a mail."""
    if files:
        attach(tx, scope, blobs, placed.message, files)


def _defaults(tx: Transaction, scope: Scope, mailbox: int | None) -> dict[str, Any]:
    account: MailAccount | None = None if mailbox is None else account_at(tx, mailbox)
    return {} if account is None else usable_defaults(tx, scope, account.mailbox)


def _placed(tx: Transaction, ticket: int) -> Placed:
    return Placed(read_by_key(tx, ticket), int(tx.value(_NEWEST, ticket=ticket)))
