"""The room of ticket links: give one away, open one, end them all."""

from collections.abc import Sequence
from datetime import timedelta
from hashlib import sha256
from io import BufferedReader

from cstar_core import events
from cstar_core.attached import Attachment, NewFile, check_files
from cstar_core.blobs import Blobs
from cstar_core.checks import invalid, raise_any
from cstar_core.errors import Invalid, NotFound, Problem
from cstar_core.idempotency import Idempotency, Receipt
from cstar_core.ids import public_id
from cstar_core.link_secrets import find_or_make_secret, find_secret, replace_secret
from cstar_core.messages import Messages
from cstar_core.scope import Scope
from cstar_core.store import Snapshot, Store, Transaction, prepare, slot
from cstar_core.tables import TeamRow
from cstar_core.ticket_links.seen import SeenTicket, read_seen, read_seen_file, written_by
from cstar_core.ticket_links.tokens import FORM_LINK, TEAM_LINK, Token, parse_token, seal
from cstar_core.tickets import Stored, read_stored

LINK_DAYS = 90
LINK_LIFETIME = timedelta(days=LINK_DAYS)
_LIFETIME_MAX = timedelta(days=3650)
_TEAM_UID = prepare(TeamRow.select(TeamRow.uid).where(TeamRow.id == slot("team")))


class TicketLinks:
    """The links of one workspace. They are not kept: a signature proves each.

    ``settings`` is the file as only who may change settings writes it.
    """

    def __init__(self, store: Store, scope: Scope, settings: Store) -> None:
        self._store = store
        self._settings = settings
        self._scope = scope

    def link(self, ticket_id: str, *, expires_in: timedelta | None = None) -> str:
        """A token with which the customer of a ticket reads and answers it, for a URL.

        Whoever has it can do so for ``expires_in``, by default 90 days, at most ten years. It stops
        when the ticket is deleted or has another customer, and with ``end_all``. Raises NotFound,
        Invalid for a ticket without a customer, and Forbidden for who only reads.
        """
        lifetime = LINK_LIFETIME if expires_in is None else expires_in
        raise_any(_check_lifetime("expires_in", lifetime))
        with self._store.transaction(brief=True) as tx:
            return new_link(tx, self._scope, TEAM_LINK, ticket_id, lifetime)

    def open(self, token: str) -> "CustomersTicket":
        """The ticket that a token leads to, as its customer sees it.

        Raises NotFound for one that was never given away or does not lead anywhere any more.
        """
        opened = CustomersTicket(self._store, self._scope, token)
        opened.check()
        return opened

    def end_all(self) -> None:
        """End every link that was ever given away, and forms that are being filled in."""
        with self._settings.transaction(reserved=True) as tx:
            replace_secret(tx, self._scope)
            uid = tx.value(_TEAM_UID, team=self._scope.team_id)
            events.record(tx, self._scope, "ticket_links.ended", uid)


def new_link(
    tx: Transaction, scope: Scope, purpose: int, ticket_id: str, lifetime: timedelta
) -> str:
    """A token for a ticket; raises NotFound, and Invalid for one without a customer."""
    ticket = read_stored(tx, scope, ticket_id)
    if ticket.customer_uid is None:
        raise Invalid(invalid("ticket_id", "must be the id of a ticket with a customer"))
    # Rounded up, so that no lifetime is cut to nothing.
    until = tx.now + -(-lifetime // timedelta(seconds=1))
    return seal(find_or_make_secret(tx, scope), purpose, ticket.uid, until, ticket.customer_uid)


class CustomersTicket:
    """One ticket as its customer sees it. Each call looks whether the link still leads there."""

    def __init__(self, store: Store, scope: Scope, token: str) -> None:
        self._store = store
        self._scope = scope
        self._token = token

    def check(self) -> None:
        """Raises NotFound if the link does not lead anywhere any more."""
        with self._store.snapshot() as snap:
            self._open(snap)

    def read(self) -> SeenTicket:
        """What the customer may see of it. Raises NotFound."""
        with self._store.snapshot() as snap:
            token, ticket = self._open(snap)
            return read_seen(snap, self._scope, ticket, token.purpose)

    def open_attachment(self, id: str) -> tuple[Attachment, BufferedReader]:
        """A file of a message that the customer sees, and its bytes, for the caller to close.

        Raises NotFound, and FileLost if the bytes are missing or damaged.
        """
        with self._store.snapshot() as snap:
            token, ticket = self._open(snap)
            found = read_seen_file(snap, ticket, token.purpose, id)
        return found, Blobs(self._store).open(found.blob)

    def answer(
        self, content: str, *, once: str | None = None, attachments: Sequence[NewFile] = ()
    ) -> None:
        """Add a message of the customer's, as ``messages.create`` does.

        ``attachments`` are files that ``attachments.put`` has stored. The same content and files
        with the same ``once`` are added once within a day. Raises Invalid, NotFound.
        """
        with self._store.transaction(brief=True) as tx:
            token, ticket = self._open(tx)
            room = Messages(self._store, self._scope)
            problems = room.check({"content": content, "sender": "customer"})
            raise_any(problems + check_files("attachments", attachments))
            ticket_id = public_id("ticket", ticket.uid)
            sent = Submissions(self._store, self._scope)
            parts = ("answer", self._token, once or "", content, *said_of(attachments))
            if once is not None and sent.find(*parts):
                return
            # The customer's own name would tell somebody who only named their address.
            name = written_by(tx, ticket) if token.purpose == FORM_LINK else None
            room.create(
                ticket_id,
                content=content,
                sender="customer",
                sender_name=name,
                attachments=attachments,
            )
            if once is not None:
                sent.save(ticket_id, *parts)

    def _open(self, snap: Snapshot) -> tuple[Token, Stored]:
        token, secret = parse_token(self._token), find_secret(snap, self._scope)
        if token is None or secret is None or token.purpose not in (TEAM_LINK, FORM_LINK):
            raise NotFound("ticket link", "")
        try:
            ticket = read_stored(snap, self._scope, public_id("ticket", token.uid))
        except NotFound:
            raise NotFound("ticket link", "") from None
        # Of a ticket without a customer there are no links.
        genuine = token.is_genuine(secret, ticket.customer_uid or b"")
        if not genuine or ticket.customer_uid is None or token.at <= self._store.now():
            raise NotFound("ticket link", "")
        return token, ticket


class Submissions:
    """What was sent by a form in the last day, so that nothing happens twice that is sent twice."""

    def __init__(self, store: Store, scope: Scope) -> None:
        self._receipts = Idempotency(store, scope)

    def find(self, *parts: str) -> str | None:
        """The id of the ticket that came of a submission with these parts."""
        receipt = self._receipts.find(_key(parts))
        return None if receipt is None else receipt.body.decode()

    def save(self, ticket_id: str, *parts: str) -> None:
        """Keep what came of a submission; the ticket's id lets an erasure find it."""
        self._receipts.save(_key(parts), Receipt("", 200, ticket_id.encode(), {}))


def said_of(files: Sequence[NewFile]) -> tuple[str, ...]:
    """What tells the files of a submission from others."""
    return tuple(f"{each.blob.digest.hex()} {each.name}" for each in files)


def _key(parts: tuple[str, ...]) -> str:
    digest = sha256()
    for part in parts:
        raw = part.encode("utf-8", "surrogatepass")
        digest.update(len(raw).to_bytes(8, "big") + raw)
    return f"form {digest.hexdigest()}"


def _check_lifetime(param: str, value: object) -> list[Problem]:
    if isinstance(value, timedelta) and timedelta(0) < value <= _LIFETIME_MAX:
        return []
    return invalid(param, "must be more than nothing and at most ten years")
