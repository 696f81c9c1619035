"""What becomes of a mail: rules in their order, of which the first that fits decides.

Everything that follows from it is one transaction with the verdict, so a mail that was settled has
its message, and one that was not has nothing.
"""

import json
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from peewee import fn

from cstar_core.attached import NewFile
from cstar_core.blobs import Blobs
from cstar_core.checks import EMAIL_MAX, check_email
from cstar_core.customers import empty_repetition
from cstar_core.letters import Letter
from cstar_core.mail.blocks import blocked_by
from cstar_core.mail.bounces import place_bounce
from cstar_core.mail.placing import (
    Placed,
    Writing,
    content_of,
    customer_of,
    give_files,
    new_ticket,
    one_line,
    reply,
    sender_name,
    take_over,
    title_of,
)
from cstar_core.mail.threads import Thread, is_own_mail, thread_of, ticket_by_address
from cstar_core.mail_out import answer_first, keep_head
from cstar_core.members import fold_email
from cstar_core.scope import Scope
from cstar_core.store import Snapshot, SqlRow, Transaction, prepare, slot
from cstar_core.tables import MAIL_SOURCES, MAIL_VERDICTS, THREADINGS, MailRow, MessageRow
from cstar_core.tickets import Stored, read_by_key, survivor

WAITING = MAIL_VERDICTS.index("waiting")
HEADER_MAX = 998
_SUBJECT_MAX, _NAME_MAX = 500, 255
_NEWS_SECONDS = 3 * 24 * 3600
_FACT_MAX, _DEFECTS_MAX = 500, 20


class Taken(NamedTuple):
    """A mail that was taken in and waits."""

    id: int
    source: int
    mailbox: int | None
    digest: bytes
    envelope_from: str | None
    envelope_to: str
    message: int | None
    is_released: int

    @property
    def recipients(self) -> tuple[str, ...]:
        """To whom servers said that it goes."""
        return tuple(json.loads(self.envelope_to or "[]"))


class Case(NamedTuple):
    """A mail that was read, and all that is needed to decide on it."""

    tx: Transaction
    scope: Scope
    taken: Taken
    letter: Letter

    @property
    def identity(self) -> bytes:
        """What makes two deliveries the same mail."""
        return self.letter.identity or self.taken.digest

    @property
    def addresses(self) -> set[str]:
        """From whom it says to be, and from whom servers said that it is."""
        sender = self.letter.sender
        found = {sender.address if sender else "", self.taken.envelope_from or ""}
        return {each for each in found if not check_email("sender", each)}


class Outcome(NamedTuple):
    """What became of a mail."""

    verdict: str
    reason: str | None = None
    threaded_by: str | None = None
    placed: Placed | None = None
    original: int | None = None


Rule = Callable[[Case], Outcome | None]

_TAKEN = prepare(
    MailRow.select(
        MailRow.id,
        MailRow.source,
        MailRow.mailbox_id,
        MailRow.digest,
        MailRow.envelope_from,
        fn.COALESCE(MailRow.envelope_to, "[]"),
        MailRow.message_id,
        MailRow.is_released,
    ).where((MailRow.id == slot("mail")) & (MailRow.verdict == WAITING))
)
SAME = prepare(
    MailRow.select(MailRow.id)
    .where(
        (MailRow.workspace_id == slot("workspace"))
        & (MailRow.identity == slot("identity"))
        & (MailRow.id != slot("mail"))
        & (MailRow.verdict != WAITING)
        & MailRow.original_id.is_null()
    )
    .order_by(MailRow.id)
    .limit(1)
)
_PLACE = prepare(MessageRow.select(MessageRow.ticket_id).where(MessageRow.id == slot("message")))
_NAMES = (
    *("identity", "header_id", "subject", "sender", "sender_key", "sender_name", "verdict"),
    *("reason", "threaded_by", "message_id", "original_id", "facts", "settled_at"),
)
_SETTLE = prepare(
    MailRow.update(
        {getattr(MailRow, name): slot(name) for name in _NAMES}
        | {MailRow.version: MailRow.version + 1}
    ).where(MailRow.id == slot("mail"))
)


def find_taken(snap: Snapshot, mail: int) -> Taken | None:
    """A mail that waits; None if it is settled already."""
    row: SqlRow | None = snap.first(_TAKEN, mail=mail)
    return None if row is None else Taken._make(row)


def settle(case: Case, blobs: Blobs, files: Sequence[NewFile]) -> None:
    """Decide on a mail that was read and waits, and do what follows."""
    outcome = next(found for rule in RULES if (found := rule(case)) is not None)
    if outcome.placed is not None:
        _follow(case, outcome, outcome.placed, blobs, files)
    note(case, outcome)
    if outcome.original is not None:
        empty_repetition(case.tx, case.taken.id, outcome.original)


def note(case: Case, outcome: Outcome) -> None:
    """Write down what became of a mail."""
    letter, sender = case.letter, case.letter.sender
    address = None if sender is None else one_line(sender.address, EMAIL_MAX, "") or None
    case.tx.run(
        _SETTLE,
        mail=case.taken.id,
        identity=case.identity,
        header_id=one_line(letter.message_id or "", HEADER_MAX, "") or None,
        subject=one_line(letter.subject, _SUBJECT_MAX, ""),
        sender=address,
        sender_key=None if address is None else fold_email(address),
        sender_name=None if sender is None else one_line(sender.name, _NAME_MAX, ""),
        verdict=MAIL_VERDICTS.index(outcome.verdict),
        reason=outcome.reason,
        threaded_by=outcome.threaded_by and THREADINGS.index(outcome.threaded_by),
        message_id=outcome.placed and outcome.placed.message,
        original_id=outcome.original,
        facts=json.dumps(facts_of(letter), ensure_ascii=False, separators=(",", ":")),
        settled_at=case.tx.now,
    )


def facts_of(letter: Letter) -> dict[str, Any]:
    """What reading a mail has shown, for whoever looks at the ledger; without what is usual."""
    suspected = letter.suspected
    found: dict[str, Any] = {
        "nature": letter.nature if letter.nature != "personal" else "",
        "automatic": letter.automatic or "",
        "protection": letter.protection or "",
        "html": letter.html is not None,
        "textCut": letter.text_cut,
        "spam": suspected.is_spam,
        "score": suspected.score or 0,
        "spf": suspected.spf,
        "dkim": suspected.dkim,
        "dmarc": suspected.dmarc,
        "toldBy": suspected.told_by,
        "defects": [one_line(each, _FACT_MAX, "") for each in letter.defects[:_DEFECTS_MAX]],
    }
    return {
        name: one_line(value, _FACT_MAX, "") if isinstance(value, str) else value
        for name, value in found.items()
        if value
    }


def _follow(
    case: Case, outcome: Outcome, placed: Placed, blobs: Blobs, files: Sequence[NewFile]
) -> None:
    """What goes with a new message: its files, what an answer has to know, the first answer."""
    tx, scope, letter, mailbox = case.tx, case.scope, case.letter, case.taken.mailbox
    give_files(tx, scope, blobs, placed, files)
    if outcome.verdict == "bounce" or _is_aside(outcome):
        return
    is_sure = outcome.threaded_by != "subject"
    keep_head(tx, scope, placed.message, mailbox, letter, is_sure=is_sure)
    if outcome.verdict == "ticket" and _is_news(case):
        path = case.taken.envelope_from
        answer_first(tx, scope, placed.ticket, mailbox, letter, return_path=path)


def _is_aside(outcome: Outcome) -> bool:
    """Whether it only tells something in a thread, such as that somebody is away: no answer is
    one to that, nor goes to those whom it was to."""
    return outcome.verdict == "automatic" and outcome.threaded_by != "new"


def _is_news(case: Case) -> bool:
    """Whether somebody waits for an answer: not to what is imported, or was fetched years after."""
    written = case.letter.date
    is_old = written is not None and case.tx.now - written > _NEWS_SECONDS
    return not is_old and case.taken.source != MAIL_SOURCES.index("import")


# --- the rules


def _duplicate(case: Case) -> Outcome | None:
    mine = {"workspace": case.scope.workspace_id, "mail": case.taken.id}
    original = case.tx.value(SAME, identity=case.identity, **mine)
    if original is None:
        return None
    return Outcome("duplicate", "delivered_twice", original=int(original))


def _own(case: Case) -> Outcome | None:
    """What this desk has sent, and comes back to one of its mailboxes, is a message already."""
    letter = case.letter
    if letter.message_id is None or letter.sender is None:
        return None
    own = is_own_mail(case.tx, case.scope, letter.message_id, letter.sender.address)
    return Outcome("ignored", "own_mail") if own else None


def _blocked(case: Case) -> Outcome | None:
    if case.taken.is_released or blocked_by(case.tx, case.scope, case.addresses) is None:
        return None
    return Outcome("ignored", "blocked")


def _bounce(case: Case) -> Outcome | None:
    letter = case.letter
    if letter.nature != "bounce" and letter.report is None:
        return None
    found = place_bounce(case.tx, case.scope, letter, case.taken.recipients)
    if found is not None:
        reason = "delivery_failed" if found.has_failed else "delivery_report"
        return Outcome("bounce", reason, found.threaded_by, found.placed)
    return None if case.taken.is_released else Outcome("bounce", "unknown_delivery")


def _spam(case: Case) -> Outcome | None:
    """Suspected by a server, unless it was sent to a reply address of this desk."""
    suspected = case.letter.suspected
    reason = "spam_flag" if suspected.is_spam else "dmarc" if suspected.dmarc == "fail" else None
    if reason is None or case.taken.is_released:
        return None
    invited = ticket_by_address(case.tx, case.scope, case.letter, case.taken.recipients)
    return Outcome("spam", reason) if invited is None else None


def _message(case: Case) -> Outcome:
    """A customer's message: of a ticket that is there, or of a new one."""
    letter, tx, scope = case.letter, case.tx, case.scope
    automatic = automatic_reason(case)
    thread = thread_of(tx, scope, letter, case.taken.recipients)
    is_new = thread.ticket is None
    customer = customer_of(tx, scope, letter, make=is_new or automatic is None)
    name = sender_name(letter, customer)
    writing = Writing(content_of(letter), "customer", name, customer=customer)
    placed = _place(case, thread, writing, reopens=automatic is None)
    verdict = "ticket" if is_new else "reply"
    if automatic is not None:
        return Outcome("automatic", automatic, thread.threaded_by, placed)
    return Outcome(verdict, None, thread.threaded_by, placed)


RULES: Sequence[Rule] = (_duplicate, _own, _blocked, _bounce, _spam, _message)


def automatic_reason(case: Case) -> str | None:
    """Why nobody wrote a mail, so that it is never answered automatically; None if somebody did."""
    letter = case.letter
    if letter.loops:
        return "loop"
    if letter.nature == "list":
        return "list"
    if letter.automatic is not None:
        return "automatic"
    return "null_return_path" if case.taken.envelope_from in ("", "<>") else None


def _place(case: Case, thread: Thread, writing: Writing, *, reopens: bool) -> Placed:
    tx, scope = case.tx, case.scope
    if thread.ticket is not None:
        return reply(tx, scope, thread.ticket, writing, reopens=reopens)
    title = title_of(case.letter)
    unread = _unread_ticket(case)
    if unread is None:
        return new_ticket(tx, scope, case.taken.mailbox, title, writing)
    ticket = take_over(tx, scope, unread, title, writing.customer)
    return reply(tx, scope, ticket, writing, reopens=reopens)


def _unread_ticket(case: Case) -> Stored | None:
    """The ticket that tells that the mail could not be read, if it is read only now."""
    if case.taken.message is None:
        return None
    ticket = case.tx.value(_PLACE, message=case.taken.message)
    return None if ticket is None else survivor(case.tx, read_by_key(case.tx, ticket))
