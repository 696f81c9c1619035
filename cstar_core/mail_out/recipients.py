"""To whom an answer goes, and whether it can go there."""

import json
from collections.abc import Iterable, Sequence

from peewee import SQL

from cstar_core.letters import Correspondent
from cstar_core.mail_out.boxes import Box, is_own
from cstar_core.mail_out.headers import ascii_address, one_line
from cstar_core.mail_out.heads import NAME_MAX, PEOPLE_MAX, Head
from cstar_core.mail_out.states import FAILED, QUEUED, Addressee
from cstar_core.members import fold_email
from cstar_core.scope import Scope
from cstar_core.store import Slot, Snapshot, prepare, slot
from cstar_core.tables import BadAddressRow, CustomerRow
from cstar_core.tickets import Stored

BAD_ADDRESS = "bad_address"
UNWRITABLE = "unwritable_address"
_REPLY_TO_MAX = 3

_BAD = prepare(
    BadAddressRow.select(BadAddressRow.address_key, BadAddressRow.reason).where(
        (BadAddressRow.workspace_id == slot("workspace"))
        & BadAddressRow.address_key.in_(SQL("(SELECT value FROM json_each(?))", [Slot("keys")]))
    )
)
_CUSTOMER = prepare(
    CustomerRow.select(CustomerRow.name, CustomerRow.email).where(
        (CustomerRow.id == slot("customer")) & CustomerRow.email.is_null(False)
    )
)


def people_of(
    snap: Snapshot, found: Sequence[Box], ticket: Stored, heads: Sequence[Head]
) -> tuple[list[Correspondent], list[Correspondent]]:
    """Who gets an answer on a ticket, and who gets a copy of it.

    The customer, where they asked for it if they wrote the newest mail that has a say in it; a
    copy goes to everybody else whom that mail was from and to. None of them is one of our own
    mailboxes.
    """
    newest = next((each for each in heads if each.sender is not None), None)
    row = snap.first(_CUSTOMER, customer=ticket.customer_key)
    sender = None if newest is None else newest.sender
    first = sender if row is None else Correspondent(one_line(row[0], NAME_MAX), row[1])
    if first is None:
        return [], []
    seen: set[str] = set()
    to: list[Correspondent] = []
    if newest is not None and sender is not None and _same(sender, first):
        to = list(_unseen(found, seen, newest.reply_to[:_REPLY_TO_MAX]))
    to = to or list(_unseen(found, seen, [first]))
    seen.add(fold_email(first.address))  # who wants an answer elsewhere wants no copy here
    others = [] if newest is None or sender is None else [sender, *newest.to, *newest.cc]
    return to, list(_unseen(found, seen, others))[: PEOPLE_MAX - len(to)]


def addressees(
    snap: Snapshot, scope: Scope, to: Sequence[Correspondent], copies: Sequence[Correspondent]
) -> list[Addressee]:
    """The recipients of a mail; who cannot be written to has failed from the beginning."""
    everybody = [(0, each) for each in to] + [(1, each) for each in copies]
    people = [
        Addressee(place, copy, who.name, who.address, fold_email(who.address), QUEUED, None, None)
        for place, (copy, who) in enumerate(everybody)
    ]
    bad = bad_addresses(snap, scope, [each.address_key for each in people])
    return [_checked(each, bad.get(each.address_key)) for each in people]


def bad_addresses(snap: Snapshot, scope: Scope, keys: Sequence[str]) -> dict[str, str]:
    """Which of some folded addresses are known to be bad, each with what was said."""
    rows = snap.all(_BAD, workspace=scope.workspace_id, keys=json.dumps(list(keys)))
    return dict(rows)


def _unseen(
    found: Sequence[Box], seen: set[str], people: Iterable[Correspondent]
) -> Iterable[Correspondent]:
    for each in people:
        key = fold_email(each.address)
        if key not in seen and not is_own(found, each.address):
            seen.add(key)
            yield each


def _same(one: Correspondent, other: Correspondent) -> bool:
    return fold_email(one.address) == fold_email(other.address)


def _checked(each: Addressee, reason: str | None) -> Addressee:
    if reason is not None:
        failure = f"nothing could be delivered there before: {reason}"
        return each._replace(state=FAILED, code=BAD_ADDRESS, failure=failure)
    if ascii_address(each.address) is None:
        failure = "the domain of this address cannot be written as mail needs it"
        return each._replace(state=FAILED, code=UNWRITABLE, failure=failure)
    return each
