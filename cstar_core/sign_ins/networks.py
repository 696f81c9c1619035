"""From where a member has signed in, so that nobody else's tries hold the member up there."""

from cstar_core.sign_ins.tries import NETWORK, Try, a_try, network_of
from cstar_core.store import Snapshot, Transaction, prepare, slot
from cstar_core.tables import KnownNetworkRow

KNOWN_DAYS = 90
KNOWN_MAX = 20

_MINE = KnownNetworkRow.member_id == slot("member")
_KNOWN = prepare(
    KnownNetworkRow.select(KnownNetworkRow.signed_in_at).where(
        _MINE & (KnownNetworkRow.network == slot("network"))
    )
)
_REMEMBER = prepare(
    KnownNetworkRow.insert(
        {
            KnownNetworkRow.member_id: slot("member"),
            KnownNetworkRow.network: slot("network"),
            KnownNetworkRow.signed_in_at: slot("now"),
        }
    ).on_conflict_replace()
)
_NEWEST = (
    KnownNetworkRow.select(KnownNetworkRow.network)
    .where(_MINE & (KnownNetworkRow.signed_in_at > slot("oldest")))
    .order_by(KnownNetworkRow.signed_in_at.desc())
    .limit(KNOWN_MAX)
)
_FORGET = prepare(KnownNetworkRow.delete().where(_MINE & KnownNetworkRow.network.not_in(_NEWEST)))


def tries_from(address: str | None) -> list[Try]:
    """What is paid for a try from an address; nothing where none is known."""
    return [] if address is None else [a_try(NETWORK, network_of(address))]


def is_known(snap: Snapshot, member_key: int, address: str | None) -> bool:
    """Whether a member has signed in from there in the last 90 days, as far as it is kept."""
    return any(
        snap.value(_KNOWN, member=member_key, network=network) is not None
        for _, network in tries_from(address)
    )


def remember(tx: Transaction, member_key: int, address: str | None) -> None:
    """A member has signed in from an address; the last 20 networks are kept."""
    for _, network in tries_from(address):
        tx.run(_REMEMBER, member=member_key, network=network, now=tx.now)
        tx.run(_FORGET, member=member_key, oldest=tx.now - KNOWN_DAYS * 86_400)
