"""The room of outgoing mail: what became of it, and what a person does about that."""

from collections.abc import Callable
from functools import lru_cache

from peewee import SelectBase, fn

from cstar_core.checks import check_choice, check_email, invalid, raise_any
from cstar_core.errors import Forbidden, MailConflict, NotFound, Problem
from cstar_core.ids import PREFIXES, parse_id
from cstar_core.mail_out.outgoing import (
    JOINED,
    MailRoute,
    OutgoingMail,
    mails_of,
    read_row,
)
from cstar_core.mail_out.queueing import route_of
from cstar_core.mail_out.settling import known_mail, people_of_mail, write
from cstar_core.mail_out.states import (
    BOUNCED,
    CANCELLED,
    DEFERRED,
    FAILED,
    HELD,
    QUEUED,
    Addressee,
)
from cstar_core.mail_out.wrong import BAD_COLUMNS, BadAddress, bad_address_of
from cstar_core.members import fold_email
from cstar_core.pages import PAGE_SIZE_DEFAULT, Page, close_page, open_window
from cstar_core.scope import Scope
from cstar_core.store import Prepared, Snapshot, Store, Transaction, paged, prepare, slot
from cstar_core.tables import OUTGOING_STATES, BadAddressRow, MessageRow, OutgoingMailRow
from cstar_core.tickets import read_stored, survivor

# What is tried again by hand: also what is to be tried later.
_RETRIED = (DEFERRED, FAILED, BOUNCED, HELD)
_WAITING = (QUEUED, DEFERRED, HELD)

_BAD_MINE = BadAddressRow.workspace_id == slot("workspace")
_TRUST = prepare(
    BadAddressRow.delete().where(_BAD_MINE & (BadAddressRow.address_key == slot("key")))
)
_BAD = prepare(
    paged(
        BadAddressRow.select(*BAD_COLUMNS)
        .where(_BAD_MINE & (BadAddressRow.address_key > slot("after")))
        .order_by(BadAddressRow.address_key)
    )
)
_ONE_BAD = prepare(
    BadAddressRow.select(*BAD_COLUMNS).where(_BAD_MINE & (BadAddressRow.address_key == slot("key")))
)
_BAD_COUNT = prepare(BadAddressRow.select(fn.COUNT(1)).where(_BAD_MINE))


_Change = Callable[[Transaction, Scope, Addressee], Addressee]


class OutgoingMails:
    """The outgoing mail of one workspace. A publishable key does not open it."""

    def __init__(self, store: Store, scope: Scope) -> None:
        self._store = store
        self._scope = scope

    def list(
        self,
        *,
        state: str | None = None,
        ticket_id: str | None = None,
        page: int = 1,
        page_size: int = PAGE_SIZE_DEFAULT,
        cursor: str | None = None,
    ) -> Page[OutgoingMail]:
        """Outgoing mail, newest first: all, of a state, or of a ticket.

        Of a ticket that is not there nothing is found. Raises Invalid and Forbidden.
        """
        self._refuse_customers()
        raise_any(_check_filters(state, ticket_id))
        query = ("outgoing mail", self._workspace, state, ticket_id)
        window = open_window(page, page_size, cursor, query, 1)
        with self._store.snapshot() as snap:
            here = {
                "workspace": self._workspace,
                "state": None if state is None else OUTGOING_STATES.index(state),
                "ticket": None if ticket_id is None else self._ticket(snap, ticket_id),
            }
            rows_query, count_query = _queries(state is not None, ticket_id is not None)
            before = 2**62 if window.after is None else window.after[0]
            part = {"before": before, "limit": window.size + 1, "offset": window.offset}
            rows = snap.all(rows_query, **here, **part)
            total = snap.value(count_query, **here)
            found = mails_of(snap, rows[: window.size])
        return close_page(found, [(row[0],) for row in rows], total, window, query)

    def get(self, id: str) -> OutgoingMail:
        """The outgoing mail with this id; raises NotFound, and Forbidden for a publishable key."""
        self._refuse_customers()
        with self._store.snapshot() as snap:
            return mails_of(snap, [read_row(snap, self._scope, id)])[0]

    def find(self, id: str) -> OutgoingMail | None:
        """The outgoing mail with this id, or None; raises Forbidden for a publishable key."""
        try:
            return self.get(id)
        except NotFound:
            return None

    def route(self, ticket_id: str) -> MailRoute | None:
        """How a public message of an agent on a ticket would go out now; None if it would not.

        Raises NotFound, and Forbidden for a publishable key.
        """
        self._refuse_customers()
        with self._store.snapshot() as snap:
            posted = read_stored(snap, self._scope, ticket_id)
            found = route_of(snap, self._scope, posted, survivor(snap, posted))
        if found is None:
            return None
        return MailRoute(found.box.address, tuple(found.to), tuple(found.copies))

    def release(self, id: str) -> OutgoingMail:
        """Let a mail go that was held. Raises NotFound, and MailConflict if it is not held."""
        return self._change(id, (HELD,), "is not held", _requeued)

    def retry(self, id: str) -> OutgoingMail:
        """Send a mail again, now, to whom it was not sent; for so long as a new one is tried.

        That an address was bad is forgotten. Raises NotFound, and MailConflict for what is in line
        or sent.
        """
        return self._change(id, _RETRIED, "is in line, or sent already", _requeued)

    def cancel(self, id: str) -> OutgoingMail:
        """Do not send what is still to be sent. Raises NotFound, and MailConflict if nothing is."""
        return self._change(id, _WAITING, "is not waiting to be sent", _cancelled)

    def bad_addresses(
        self, *, page: int = 1, page_size: int = PAGE_SIZE_DEFAULT, cursor: str | None = None
    ) -> Page[BadAddress]:
        """The addresses to which nothing could be delivered, by address. Raises Forbidden."""
        self._refuse_customers()
        query = ("bad addresses", self._workspace)
        window = open_window(page, page_size, cursor, query, 1)
        after = "" if window.after is None else str(window.after[0])
        part = {"after": after, "limit": window.size + 1, "offset": window.offset}
        with self._store.snapshot() as snap:
            rows = snap.all(_BAD, workspace=self._workspace, **part)
            total = snap.value(_BAD_COUNT, workspace=self._workspace)
        found = [bad_address_of(row) for row in rows]
        return close_page(found, [(row[0],) for row in rows], total, window, query)

    def bad_address(self, address: str) -> BadAddress | None:
        """What is known of an address to which nothing could be delivered; None if it is good."""
        self._refuse_customers()
        with self._store.snapshot() as snap:
            row = snap.first(_ONE_BAD, workspace=self._workspace, key=fold_email(address))
        return None if row is None else bad_address_of(row)

    def trust(self, address: str) -> None:
        """Forget that an address was bad: the next mail to it is sent. Raises NotFound, Invalid."""
        raise_any(check_email("address", address))
        with self._store.transaction(reserved=True) as tx:
            if not tx.run(_TRUST, workspace=self._workspace, key=fold_email(address)):
                raise NotFound("bad address", address)

    def _ticket(self, snap: Snapshot, ticket_id: str) -> int:
        """The key of the ticket that has the messages; of one that is not there, of none."""
        try:
            return survivor(snap, read_stored(snap, self._scope, ticket_id)).id
        except NotFound:
            return 0

    @property
    def _workspace(self) -> int:
        return self._scope.workspace_id

    def _refuse_customers(self) -> None:
        if not self._scope.internal:
            raise Forbidden("A publishable key does not open outgoing mail")

    def _change(
        self,
        id: str,
        states: tuple[int, ...],
        refusal: str,
        change: _Change,
    ) -> OutgoingMail:
        with self._store.transaction() as tx:
            mail = known_mail(tx, read_row(tx, self._scope, id)[0])
            before = [] if mail is None else people_of_mail(tx, mail)
            these = [each for each in before if each.state in states]
            if mail is None or not these:
                raise MailConflict(f"The mail {refusal}")
            after = [change(tx, self._scope, each) if each in these else each for each in before]
            write(tx, mail, before, after, attempts=mail.attempts, since=tx.now, due=tx.now)
            return mails_of(tx, [read_row(tx, self._scope, id)])[0]


def _check_filters(state: object, ticket_id: object) -> list[Problem]:
    problems = [] if state is None else check_choice("state", state, OUTGOING_STATES)
    if ticket_id is not None and parse_id("ticket", ticket_id) is None:
        problems += invalid("ticket_id", f"must be an id that begins with {PREFIXES['ticket']}")
    return problems


def _requeued(tx: Transaction, scope: Scope, each: Addressee) -> Addressee:
    tx.run(_TRUST, workspace=scope.workspace_id, key=each.address_key)
    return each._replace(state=QUEUED, code=None, failure=None)


def _cancelled(tx: Transaction, scope: Scope, each: Addressee) -> Addressee:
    return each._replace(state=FAILED, code=CANCELLED, failure="it was cancelled")


@lru_cache
def _queries(of_state: bool, of_ticket: bool) -> tuple[Prepared, Prepared]:
    """SQL for the mails of a page, and for the number of all of them."""
    columns = (OutgoingMailRow.id, OutgoingMailRow.workspace_id, OutgoingMailRow.state)
    # By sums where a ticket leads: else SQLite would walk through the whole workspace.
    key, workspace, state = (each + 0 for each in columns) if of_ticket else columns
    these = workspace == slot("workspace")
    if of_state:
        these &= state == slot("state")
    if of_ticket:
        these &= OutgoingMailRow.id.in_(_on_ticket())
    rows = JOINED.where(these & (key < slot("before")))
    total = OutgoingMailRow.select(fn.COUNT(1)).where(these)
    return prepare(paged(rows.order_by(key.desc()))), prepare(total)


def _on_ticket() -> SelectBase:
    """The keys of the mails of a ticket: one walk for each way in which they belong to it."""
    alone, brought = OutgoingMailRow.alias("alone"), OutgoingMailRow.alias("brought")
    own = alone.select(alone.id).where(alone.ticket_id == slot("ticket"))
    theirs = (
        brought.select(brought.id)
        .join(MessageRow, on=(MessageRow.id == brought.message_id))
        .where(MessageRow.ticket_id == slot("ticket"))
    )
    return own.union_all(theirs)
