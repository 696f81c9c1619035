"""Notices of what became of a mail that was sent: put on the ticket of that mail."""

from typing import NamedTuple

from cstar_core.letters import DeliveryReport, FailedRecipient, Letter
from cstar_core.mail.placing import Placed, Writing, content_of, one_line, reply
from cstar_core.mail.threads import ticket_by_address
from cstar_core.mail_out import note_bounce, note_bounce_on
from cstar_core.scope import Scope
from cstar_core.store import Transaction
from cstar_core.tickets import CONTENT_MAX, read_by_key, survivor

_SHOWN, _SAID_MAX = 10, 300
_IDS_MAX = 10


class PlacedBounce(NamedTuple):
    """Where a notice is now, how it got there, and whether it tells of a failure."""

    placed: Placed
    threaded_by: str
    has_failed: bool


def place_bounce(
    tx: Transaction, scope: Scope, letter: Letter, recipients: tuple[str, ...]
) -> PlacedBounce | None:
    """Put a notice on the ticket of the mail that it tells of; None if that is not known.

    It is an internal message of the system, whoever says to have sent it, and opens nothing.
    """
    report = letter.report or DeliveryReport(())
    ticket, threaded_by = _ticket(tx, scope, letter, report, recipients)
    if ticket is None:
        return None
    holder = survivor(tx, read_by_key(tx, ticket))
    writing = Writing(text_of(letter, report), "system", None, is_internal=True)
    placed = reply(tx, scope, holder, writing, reopens=False)
    return PlacedBounce(placed, threaded_by, has_failed(letter))


def has_failed(letter: Letter) -> bool:
    """Whether a notice tells that somebody did not get a mail; it does if it tells nothing."""
    report = letter.report
    told = () if report is None else report.recipients
    return not told or any(each.action == "failed" for each in told)


def _ticket(
    tx: Transaction,
    scope: Scope,
    letter: Letter,
    report: DeliveryReport,
    recipients: tuple[str, ...],
) -> tuple[int | None, str]:
    """The ticket of the mail that a notice tells of, where it is noted who did not get it."""
    original = [] if report.original_id is None else [report.original_id]
    named = [*original, *letter.in_reply_to, *reversed(letter.references)]
    for header_id in dict.fromkeys(named[:_IDS_MAX]):
        bounced = note_bounce(tx, scope, header_id, report.recipients)
        if bounced is not None:
            return bounced.ticket, "references"
    ticket = ticket_by_address(tx, scope, letter, recipients)
    if ticket is not None:
        note_bounce_on(tx, scope, ticket, report.recipients)
    return ticket, "reply_address"


def text_of(letter: Letter, report: DeliveryReport) -> str:
    """What the message says: first what matters, then the notice itself."""
    lines = [_line(each) for each in report.recipients[:_SHOWN]]
    more = len(report.recipients) - _SHOWN
    lines += [f"and {more} more"] if more > 0 else []
    head = "\n".join(lines) or "A mail of this ticket could not be delivered."
    return f"{head}\n\n{content_of(letter)}"[:CONTENT_MAX]


_SAID = {
    "failed": "Not delivered",
    "delayed": "Not delivered yet",
    "delivered": "Delivered",
    "relayed": "Passed on",
    "expanded": "Passed on to several",
}


def _line(each: FailedRecipient) -> str:
    """What a notice says of one recipient.

    >>> _line(FailedRecipient("a@b.example", "failed", "5.1.1", "no such user"))
    'Not delivered: a@b.example (5.1.1 no such user)'
    """
    said = _SAID.get(each.action, "Reported")
    why = one_line(f"{each.status} {each.diagnostic}", _SAID_MAX, "")
    return f"{said}: {one_line(each.address, _SAID_MAX, '?')}" + (f" ({why})" if why else "")
