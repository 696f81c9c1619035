"""The ledger as one looks through it: the newest mails first, by verdict, mailbox or ticket."""

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache, reduce
from operator import or_
from typing import Any

from peewee import SQL, Expression, fn

from cstar_core.checks import check_choice, invalid
from cstar_core.errors import NotFound, Problem
from cstar_core.ids import PREFIXES, parse_id
from cstar_core.mail.mail import COLUMNS, JOINED, Mail, mail_of
from cstar_core.mailboxes import mailbox_key
from cstar_core.pages import Page, Window, close_page
from cstar_core.scope import Scope
from cstar_core.store import Prepared, Slot, Snapshot, paged, prepare, slot
from cstar_core.tables import MAIL_VERDICTS, MailRow, MessageRow
from cstar_core.tickets import read_stored, survivor

_END = 2**63 - 1
# A key that no row has.
NOTHING = -1


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which mails: of these verdicts (positions), of a mailbox, and on a ticket, by their keys."""

    verdicts: tuple[int, ...]
    mailbox: int | None
    ticket: int | None

    @property
    def shape(self) -> tuple[int, bool, bool]:
        """What decides how the query is written."""
        return len(self.verdicts), self.mailbox is not None, self.ticket is not None


def check_verdicts(param: str, value: object) -> list[Problem]:
    """None, one verdict, or several separated by commas or as a list."""
    problems: list[Problem] = []
    for each in verdicts_in(value):
        problems += check_choice(param, each, MAIL_VERDICTS)
    return problems


def check_ids(mailbox: object, ticket: object) -> list[Problem]:
    """Ids of a mailbox and a ticket, whether these are there or not."""
    problems: list[Problem] = []
    for param, value in (("mailbox", mailbox), ("ticket", ticket)):
        if value is not None and parse_id(param, value) is None:
            problems += invalid(param, f"must be an id that begins with {PREFIXES[param]}")
    return problems


def verdicts_in(value: Any) -> list[object]:
    """The verdicts that a filter names."""
    if value is None:
        return []
    if isinstance(value, str):
        return [each.strip() for each in value.split(",")]
    return list(value) if isinstance(value, list | tuple) else [value]


def wanted(
    snap: Snapshot, scope: Scope, verdict: object, mailbox: str | None, ticket: str | None
) -> Wanted:
    """What checked filters mean; of a mailbox or ticket that is not there nothing is found."""
    codes = {MAIL_VERDICTS.index(str(each)) for each in verdicts_in(verdict)}
    box = holder = None
    if mailbox is not None:
        box = NOTHING
        with suppress(NotFound):
            box = mailbox_key(snap, scope, mailbox)
    if ticket is not None:
        holder = NOTHING
        with suppress(NotFound):
            holder = survivor(snap, read_stored(snap, scope, ticket)).id
    return Wanted(tuple(sorted(codes)), box, holder)


def read_page(
    snap: Snapshot, scope: Scope, these: Wanted, window: Window, query: object
) -> Page[Mail]:
    """A page of mails, the newest first."""
    rows_query, count_query = _queries(these.shape)
    values: dict[str, object] = {
        "workspace": scope.workspace_id,
        "mailbox": these.mailbox,
        "ticket": these.ticket,
        **{f"verdict{place}": code for place, code in enumerate(these.verdicts)},
    }
    before = _END if window.after is None else window.after[0]
    part = {"before": before, "limit": window.size + 1, "offset": window.offset}
    rows = snap.all(rows_query, **values, **part)
    total = snap.value(count_query, **values)
    mails, places = [mail_of(row[1:]) for row in rows], [row[:1] for row in rows]
    return close_page(mails, places, total, window, query)


def mails_of_messages(
    snap: Snapshot, scope: Scope, ticket_id: str, uids: Sequence[bytes]
) -> dict[str, Mail]:
    """The mails by which some messages of a ticket came, by the message's id."""
    holder = survivor(snap, read_stored(snap, scope, ticket_id))
    names = json.dumps([uid.hex().upper() for uid in uids])
    found = [mail_of(row[1:]) for row in snap.all(_OF_MESSAGES, ticket=holder.id, uids=names)]
    return {mail.message_id: mail for mail in found if mail.message_id is not None}


_OF_MESSAGES = prepare(
    JOINED.select(MailRow.id, *COLUMNS)
    .where(
        (MessageRow.ticket_id == slot("ticket"))
        & fn.HEX(MessageRow.uid).in_(SQL("(SELECT value FROM json_each(?))", [Slot("uids")]))
        & MailRow.original_id.is_null()
    )
    .order_by(MailRow.id.desc())
)


@lru_cache(64)
def _queries(shape: tuple[int, bool, bool]) -> tuple[Prepared, Prepared]:
    """SQL for a page of mails, and for the number of all of them."""
    verdicts, of_mailbox, of_ticket = shape
    of_verdict = [MailRow.verdict == slot(f"verdict{place}") for place in range(verdicts)]
    # First the keys, so that only the rows of a page are joined.
    if of_ticket:
        these = _on_ticket(of_mailbox=of_mailbox)
        these &= reduce(or_, of_verdict) if of_verdict else SQL("1")
        key = MailRow.id + 0
        some = MailRow.select(MailRow.id).where(these & (key < slot("before")))
        keys = paged(some.order_by(key.desc()))
    else:
        # A mailbox is of one workspace, so an index of that alone has all that is asked for.
        place = ("mailbox_id", "mailbox") if of_mailbox else ("workspace_id", "workspace")
        these = getattr(MailRow, place[0]) == slot(place[1])
        keys = paged(_merged([these & each for each in of_verdict] or [these]))
        these &= MailRow.verdict.in_([each.rhs for each in of_verdict]) if of_verdict else SQL("1")
    rows = JOINED.where(MailRow.id.in_(keys)).order_by(MailRow.id.desc())
    return prepare(rows), prepare(MailRow.select(fn.COUNT(1)).where(these))


def _merged(several: Sequence[Expression]) -> Any:
    """The keys of mails, the newest first: for each condition a walk along its index, all merged.

    For several verdicts at once SQLite would sort all that have one of them.
    """
    first, *others = (
        MailRow.select(MailRow.id.alias("key")).where(each & (MailRow.id < slot("before")))
        for each in several
    )
    walks: Any = first
    for each in others:
        walks = walks.union_all(each)
    return walks.order_by(SQL('"key" DESC'))


def _on_ticket(*, of_mailbox: bool) -> Expression:
    """Led by the messages of the ticket: the sums keep SQLite from walking through a workspace."""
    messages = MessageRow.select(MessageRow.id).where(MessageRow.ticket_id == slot("ticket"))
    these = MailRow.message_id.in_(messages) & (MailRow.workspace_id + 0 == slot("workspace"))
    return these & (MailRow.mailbox_id + 0 == slot("mailbox")) if of_mailbox else these
