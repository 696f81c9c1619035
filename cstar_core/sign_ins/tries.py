"""How often one may try: each try is paid for before it is made, and given back if it succeeds.

A subject has some tries at once, and then one each so many seconds. What is paid is kept in the
database, so it holds for all processes, and it can never be more than all tries at once: so nobody
waits longer than for one try, however often others have tried.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv6Address, IPv6Network, ip_address

from cstar_core.errors import TooManyTries
from cstar_core.store import Transaction, prepare, slot
from cstar_core.tables import SignInTryRow

_ADDRESS_MAX = 64


@dataclass(frozen=True, slots=True)
class Limit:
    """So many tries at once, and one more each ``seconds``."""

    kind: str
    at_once: int
    seconds: int


# From where somebody tries; for whom, from wherever; and codes of a member whose password is known.
NETWORK = Limit("network", 10, 30)
ADDRESS = Limit("address", 20, 20)
CODE = Limit("code", 5, 300)

Try = tuple[Limit, bytes]

_PAID = prepare(
    SignInTryRow.select(SignInTryRow.paid_until).where(SignInTryRow.subject == slot("subject"))
)
_PAY = prepare(
    SignInTryRow.insert(
        {SignInTryRow.subject: slot("subject"), SignInTryRow.paid_until: slot("paid")}
    ).on_conflict_replace()
)
_GIVE_BACK = prepare(
    SignInTryRow.update({SignInTryRow.paid_until: SignInTryRow.paid_until - slot("seconds")}).where(
        SignInTryRow.subject == slot("subject")
    )
)
_FORGET = prepare(SignInTryRow.delete().where(SignInTryRow.subject == slot("subject")))
_SWEEP = prepare(SignInTryRow.delete().where(SignInTryRow.paid_until <= slot("now")))


def a_try(limit: Limit, *what: str) -> Try:
    """A try of a kind; of what it is for, or where it comes from, only a hash is kept."""
    text = "\0".join((limit.kind, *what))
    return limit, hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def pay(tx: Transaction, tries: Sequence[Try]) -> None:
    """Pay for all of these tries; raises TooManyTries, and then none is paid for."""
    paid = [(subject, _paid(tx, limit, subject) + limit.seconds) for limit, subject in tries]
    wait = max(
        (
            until - tx.now - limit.at_once * limit.seconds
            for (limit, _), (_, until) in zip(tries, paid, strict=True)
        ),
        default=0,
    )
    if wait > 0:
        raise TooManyTries(wait)
    for subject, until in paid:
        tx.run(_PAY, subject=subject, paid=until)


def give_back(tx: Transaction, tries: Sequence[Try]) -> None:
    """What succeeded costs nothing."""
    for limit, subject in tries:
        tx.run(_GIVE_BACK, subject=subject, seconds=limit.seconds)


def forget(tx: Transaction, attempt: Try) -> None:
    """Begin anew with a subject."""
    tx.run(_FORGET, subject=attempt[1])


def sweep(tx: Transaction) -> None:
    """Forget what does not count any more."""
    tx.run(_SWEEP, now=tx.now)


def _paid(tx: Transaction, limit: Limit, subject: bytes) -> int:
    """Up to when it is paid; what is further ahead than can be comes of a clock that went back."""
    stored = int(tx.value(_PAID, subject=subject) or 0)
    return stored if tx.now < stored <= tx.now + limit.at_once * limit.seconds else tx.now


def network_of(address: str) -> str:
    """The network that counts as one: an IPv4 address, or the half of an IPv6 address.

    >>> network_of("192.0.2.7"), network_of("::ffff:192.0.2.7"), network_of("2001:db8::1:2:3:4")
    ('192.0.2.7', '192.0.2.7', '2001:db8::/64')
    """
    try:
        found = ip_address(address)
    except ValueError:
        return address[:_ADDRESS_MAX]
    if not isinstance(found, IPv6Address):
        return str(found)
    if found.ipv4_mapped:
        return str(found.ipv4_mapped)
    return str(IPv6Network((int(found), 64), strict=False))
