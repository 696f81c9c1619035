"""A member as far as signing in goes, and what is written when one does."""

from dataclasses import dataclass

from peewee import JOIN

from cstar_core.checks import is_storable
from cstar_core.errors import NotFound, SignInRefused
from cstar_core.ids import public_id
from cstar_core.scope import Actor, Scope
from cstar_core.sign_ins import networks, sessions
from cstar_core.sign_ins.factors import factor_of
from cstar_core.sign_ins.invitations import end_invitation, record_of_member
from cstar_core.sign_ins.sessions import SignIn, Visitor
from cstar_core.sign_ins.tries import NETWORK, Try, forget, give_back
from cstar_core.store import Snapshot, Transaction, prepare, slot
from cstar_core.tables import MemberRow, PasswordRow, TeamRow
from cstar_core.teams import find_scope

_ACCOUNTS = (
    MemberRow.select(
        MemberRow.id,
        MemberRow.uid,
        MemberRow.name,
        MemberRow.email,
        TeamRow.uid,
        TeamRow.name,
        PasswordRow.hash,
        PasswordRow.changed_at,
    )
    .join(TeamRow, JOIN.INNER, on=(TeamRow.id == MemberRow.team_id))
    .join(PasswordRow, JOIN.LEFT_OUTER, on=(PasswordRow.member_id == MemberRow.id))
)
_BY_EMAIL = prepare(
    _ACCOUNTS.where((MemberRow.email_key == slot("email")) & (MemberRow.team_id == slot("team")))
)
_BY_UID = prepare(_ACCOUNTS.where(MemberRow.uid == slot("uid")))
_BY_KEY = prepare(_ACCOUNTS.where(MemberRow.id == slot("key")))
_HASH = prepare(PasswordRow.select(PasswordRow.hash).where(PasswordRow.member_id == slot("member")))
_SET = prepare(
    PasswordRow.insert(
        {
            PasswordRow.member_id: slot("member"),
            PasswordRow.hash: slot("hash"),
            PasswordRow.changed_at: slot("now"),
        }
    ).on_conflict_replace()
)
_REHASH = prepare(
    PasswordRow.update({PasswordRow.hash: slot("hash")}).where(
        PasswordRow.member_id == slot("member")
    )
)


@dataclass(frozen=True, slots=True)
class Account:
    """A member with what is stored of the password, if there is one."""

    key: int
    uid: bytes
    name: str
    email: str
    team_uid: bytes
    team_name: str
    hash: str | None
    changed_at: int | None

    @property
    def id(self) -> str:
        """The id of the member."""
        return public_id("member", self.uid)


def account(snap: Snapshot, uid: bytes) -> Account:
    """The account of a member; raises NotFound."""
    row = snap.first(_BY_UID, uid=uid)
    if row is None:
        raise NotFound("member", public_id("member", uid))
    return Account(*row)


def account_by_key(snap: Snapshot, key: int) -> Account:
    """The account of a member that is there."""
    return Account(*snap.all(_BY_KEY, key=key)[0])


def account_by_email(snap: Snapshot, team_key: int, email: str) -> Account | None:
    """The account of the member of a team with this (folded) address, or None."""
    row = snap.first(_BY_EMAIL, email=email, team=team_key) if is_storable(email) else None
    return None if row is None else Account(*row)


def refuse_changed(tx: Transaction, found: Account) -> None:
    """Raise SignInRefused if the password was changed since the account was read."""
    if tx.value(_HASH, member=found.key) != found.hash:
        raise SignInRefused("The password was changed meanwhile")


def rehash(tx: Transaction, found: Account, hashed: str) -> None:
    """Store the same password as the hasher has it now."""
    tx.run(_REHASH, member=found.key, hash=hashed)


def set_password(tx: Transaction, found: Account, hashed: str, but: bytes = b"") -> None:
    """Store another password; sessions ``but`` one end, and so does an invitation."""
    tx.run(_SET, member=found.key, hash=hashed, now=tx.now)
    sessions.end_others(tx, found.key, but)
    end_invitation(tx, found.key)
    record(tx, found, "member.password_changed")


def enter(tx: Transaction, found: Account, visitor: Visitor) -> SignIn:
    """Begin a session of a member; it waits for a code if there is a second factor."""
    needs_code = factor_of(tx, found.key) is not None
    uid, token = sessions.start(tx, found.key, visitor, confirmed=not needs_code)
    if not needs_code:
        _arrive(tx, found, visitor.address)
    return sessions.sign_in_of(tx, uid, token)


def enter_with_code(tx: Transaction, found: Account, uid: bytes, address: str | None) -> SignIn:
    """Open the session of a member that waited for a code."""
    token = sessions.confirm(tx, found.key, uid)
    _arrive(tx, found, address)
    return sessions.sign_in_of(tx, uid, token)


def settle(tx: Transaction, paid: list[Try]) -> None:
    """What was tried succeeded: a network gets back the one try, all else begins anew."""
    for attempt in paid:
        if attempt[0] is NETWORK:
            give_back(tx, [attempt])
        else:
            forget(tx, attempt)


def record(tx: Transaction, found: Account, type: str) -> None:
    """An event of what a member did to its own account."""
    record_of_member(tx, scope_of(tx, found), type, found.uid)


def scope_of(tx: Transaction, found: Account) -> Scope:
    """A member's own doing in its team: what it may do to its own account needs no role."""
    team = public_id("team", found.team_uid)
    return find_scope(tx, team, "live", Actor("member", found.id))[1]


def _arrive(tx: Transaction, found: Account, address: str | None) -> None:
    networks.remember(tx, found.key, address)
    record(tx, found, "member.signed_in")
