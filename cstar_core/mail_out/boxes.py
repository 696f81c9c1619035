"""The mailboxes of a workspace as sending needs them: which one sends, and what is our own."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from cstar_core.mailboxes import shorter
from cstar_core.members import fold_email
from cstar_core.scope import Scope
from cstar_core.store import Snapshot, prepare, slot
from cstar_core.tables import MailboxRow


class Box(NamedTuple):
    """A mailbox; ``outgoing`` is None if it does not send."""

    key: int
    address: str
    address_key: str
    name: str
    language: str
    plus_addressing: int
    is_default: int
    is_active: int
    answers_first: int
    outgoing: str | None

    @property
    def sends(self) -> bool:
        """Whether mail goes out by it."""
        return bool(self.is_active) and self.outgoing is not None


_ALL = prepare(
    MailboxRow.select(*(getattr(MailboxRow, {"key": "id"}.get(each, each)) for each in Box._fields))
    .where(MailboxRow.workspace_id == slot("workspace"))
    .order_by(MailboxRow.is_default.desc(), MailboxRow.id)
)


def boxes(snap: Snapshot, scope: Scope) -> list[Box]:
    """All mailboxes of a workspace, the default one first."""
    return [Box._make(row) for row in snap.all(_ALL, workspace=scope.workspace_id)]


def sending_box(found: Sequence[Box], preferred: Iterable[int | None]) -> Box | None:
    """The first of the preferred mailboxes that sends, else the default one if it does."""
    senders = {each.key: each for each in found if each.sends}
    for key in preferred:
        if key in senders:
            return senders[key]
    return next((each for each in senders.values() if each.is_default), None)


def is_own(found: Sequence[Box], address: str) -> bool:
    """Whether an address is one of the mailboxes, also with something after a plus."""
    key = fold_email(address)
    bare = shorter(key)
    return any(
        each.address_key == key or (each.plus_addressing and each.address_key in bare)
        for each in found
    )
