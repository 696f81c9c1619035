"""Where a mail stands, which follows from where it stands with each of its recipients."""

from collections.abc import Collection, Sequence
from typing import NamedTuple

QUEUED, SENT, DEFERRED, FAILED, BOUNCED, HELD = range(6)
OPEN = (QUEUED, DEFERRED)
LOST = (FAILED, BOUNCED)
# The code of what somebody has cancelled, which has failed so.
CANCELLED = "cancelled"
# Of an enhanced status (RFC 3463): there is no such address, or nobody uses it any more.
_NO_SUCH = frozenset(("5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1"))


class Addressee(NamedTuple):
    """A recipient as a row has it: the state, and what was said if it went wrong."""

    position: int
    is_copy: int
    name: str
    address: str
    address_key: str
    state: int
    code: str | None
    failure: str | None


def state_of(people: Sequence[Addressee]) -> int:
    """The state of the whole: what is still to be sent, else what went wrong with a recipient.

    That a copy was lost does not say that the mail was, unless nobody else got it.
    """
    states = [each.state for each in people]
    for state in (HELD, DEFERRED, QUEUED):
        if state in states:
            return state
    first = [each.state for each in people if not each.is_copy] or states
    decisive = first if SENT in states else states
    for state in (BOUNCED, FAILED):
        if state in decisive:
            return state
    return SENT


def failure_of(people: Sequence[Addressee]) -> tuple[str | None, str | None]:
    """A code and a sentence that tell with whom it went wrong; None and None if with nobody."""
    wrong = [each for each in people if each.failure is not None and each.state != SENT]
    if not wrong:
        return None, None
    told = [f"{each.address}: {each.failure}" for each in wrong[:3]]
    more = [f"and {len(wrong) - 3} more"] if len(wrong) > 3 else []
    return wrong[0].code, "; ".join([*told, *more])[:1000]


def says_bad_address(code: str | None) -> bool:
    """Whether a code says that nothing can ever be delivered to an address.

    >>> says_bad_address("550 5.1.1"), says_bad_address("552 5.2.2"), says_bad_address("550")
    (True, False, False)
    """
    return code is not None and not _NO_SUCH.isdisjoint(code.split())


def has_open(states: Collection[int]) -> bool:
    """Whether any of them is still to be sent."""
    return any(state in OPEN for state in states)
