"""What a member's role lets through: each room writes by way of one of the stores given here."""

from functools import partial

from cstar_core.errors import Forbidden
from cstar_core.scope import Scope
from cstar_core.store import Snapshot, Store, prepare, slot
from cstar_core.tables import MemberRow

_WORKING = ("owner", "agent")
_SETTING = ("owner",)
_ROLE = prepare(
    MemberRow.select(MemberRow.role).where(
        (MemberRow.uid == slot("uid")) & (MemberRow.team_id == slot("team"))
    )
)


def for_work(store: Store, scope: Scope) -> Store:
    """The file for tickets, messages and customers: a viewer and a publishable key only read."""
    if not scope.internal:
        return store.reading()
    return _for(store, scope, _WORKING, "A viewer only reads")


def for_settings(store: Store, scope: Scope) -> Store:
    """The file for members, custom fields, webhooks and keys, which only an owner changes."""
    if not scope.internal:
        return store.reading()
    return _for(store, scope, _SETTING, "Only an owner changes this")


def _for(store: Store, scope: Scope, roles: tuple[str, ...], refusal: str) -> Store:
    if scope.role is None:
        return store
    if scope.role not in roles:
        return store.reading(refusal)
    return store.guarded(partial(_refuse_others, scope, roles, refusal))


def _refuse_others(scope: Scope, roles: tuple[str, ...], refusal: str, snap: Snapshot) -> None:
    """The role is looked up again: it may have changed, or the member be gone, meanwhile."""
    role = snap.value(_ROLE, uid=scope.actor.uid, team=scope.team_id)
    if role is None:
        raise Forbidden("This member has been removed")
    if role not in roles:
        raise Forbidden(refusal)
