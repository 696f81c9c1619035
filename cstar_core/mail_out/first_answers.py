"""The automatic first answer: that a mail has arrived, and under what number.

What a program has written is never answered, and nobody gets more than one answer within an hour
(RFC 3834). If both sides hide that they are programs, the marks of the desks through which a
conversation has gone end it.
"""

from collections.abc import Sequence
from hashlib import sha256

from cstar_core.letters import Correspondent, Letter
from cstar_core.mail_out.boxes import boxes, is_own
from cstar_core.mail_out.headers import ascii_address, one_line
from cstar_core.mail_out.heads import NAME_MAX, heads_of, references
from cstar_core.mail_out.queueing import FIRST_ANSWER, Mail, loop_mark, queue
from cstar_core.mail_out.recipients import bad_addresses
from cstar_core.mailboxes import shorter
from cstar_core.members import fold_email
from cstar_core.scope import Scope
from cstar_core.store import Snapshot, Transaction, prepare, slot
from cstar_core.tables import FirstAnswerRow
from cstar_core.tickets import Stored

ANSWER_AGAIN_SECONDS = 3600
# A mail that has gone through so many desks is one more turn of a loop.
HOPS_MAX = 2
_WROTE = prepare(
    FirstAnswerRow.select(FirstAnswerRow.answered_at).where(
        (FirstAnswerRow.workspace_id == slot("workspace"))
        & (FirstAnswerRow.correspondent == slot("correspondent"))
    )
)
_NOTE = prepare(
    FirstAnswerRow.insert(
        {
            FirstAnswerRow.workspace_id: slot("workspace"),
            FirstAnswerRow.correspondent: slot("correspondent"),
            FirstAnswerRow.answered_at: slot("now"),
        }
    ).on_conflict_replace()
)
# Also those of the future: they are of a clock that was set back since.
_FORGET = prepare(
    FirstAnswerRow.delete().where(
        (FirstAnswerRow.answered_at <= slot("before")) | (FirstAnswerRow.answered_at > slot("now"))
    )
)


def is_looping(snap: Snapshot, scope: Scope, marks: Sequence[str]) -> bool:
    """Whether the marks that a mail bears tell that programs answer each other."""
    return len(marks) >= HOPS_MAX or loop_mark(snap, scope) in marks


def answer_first(
    tx: Transaction,
    scope: Scope,
    ticket: Stored,
    mailbox: int | None,
    mail: Letter,
    *,
    return_path: str | None,
) -> bool:
    """Answer the mail that has just become a ticket, if its mailbox does so; whether it was.

    No program and no list has sent it. ``return_path`` is where it would have been given back to:
    empty for what wants no answer at all, None if that is not known.
    """
    found = boxes(tx, scope)
    box = next((each for each in found if each.key == mailbox), None)
    sender = mail.sender
    if box is None or not (box.sends and box.answers_first) or sender is None:
        return False
    silent = return_path == "" or is_looping(tx, scope, mail.loops)
    if silent or is_own(found, sender.address) or ascii_address(sender.address) is None:
        return False
    key = fold_email(sender.address)
    if bad_addresses(tx, scope, [key]) or not _is_first(tx, scope, key):
        return False
    to = Correspondent(one_line(sender.name, NAME_MAX), sender.address)
    refs = references(tx, ticket, heads_of(tx, ticket, ticket))
    answer = Mail(box, ticket, None, FIRST_ANSWER, mail.subject, refs, [to], loops=mail.loops)
    queue(tx, scope, answer)
    return True


def _is_first(tx: Transaction, scope: Scope, key: str) -> bool:
    """Whether nobody at an address was answered within an hour; it is noted that one is now.

    What is after a plus makes nobody else: a stranger could name one person in countless ways.
    """
    person = [key, *shorter(key)][-1]
    slots = {"workspace": scope.workspace_id, "correspondent": sha256(person.encode()).digest()}
    tx.run(_FORGET, before=tx.now - ANSWER_AGAIN_SECONDS, now=tx.now)
    if tx.value(_WROTE, **slots) is not None:
        return False
    tx.run(_NOTE, **slots, now=tx.now)
    return True
