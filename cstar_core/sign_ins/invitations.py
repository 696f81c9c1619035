"""Invitations: links that work once, with which a member sets a password.

The token is in the link alone; its SHA-256 is kept.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from peewee import JOIN

from cstar_core import events
from cstar_core.checks import invalid, raise_any
from cstar_core.clock import from_seconds
from cstar_core.errors import Conflict, NotFound, Problem
from cstar_core.ids import new_token
from cstar_core.members import MEMBER, Member, Members, fold_email, member_of
from cstar_core.scope import Scope, required_uid
from cstar_core.sign_ins.factors import remove_factor
from cstar_core.sign_ins.passwords import digest
from cstar_core.sign_ins.sessions import end_others
from cstar_core.sign_ins.standings import Standing, standings
from cstar_core.store import Snapshot, SqlRow, Store, Transaction, prepare, slot
from cstar_core.tables import InvitationRow, MemberRow, PasswordRow, TeamRow
from cstar_core.teams import Team, both_scopes, team_of

INVITATION_LIFETIME = timedelta(hours=72)
INVITATION_LIFETIME_MAX = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Invitation:
    """A link that works once, for a member, or (``member`` None) for who becomes the first owner.

    ``is_new`` is False where it is for another password than the one there is. Without
    ``needs_password`` it signs in as it is.
    """

    team: Team
    member: Member | None
    is_new: bool
    needs_password: bool
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class NewInvitation:
    """An invitation just made; ``token`` is for the link, shown this once."""

    invitation: Invitation
    token: str = field(repr=False)


_INVITATION = (
    TeamRow.uid,
    TeamRow.name,
    TeamRow.slug,
    TeamRow.created_at,
    InvitationRow.needs_password,
    InvitationRow.created_at,
    InvitationRow.expires_at,
    PasswordRow.member_id,
    InvitationRow.id,
)
_JOINED = (
    InvitationRow.select(*_INVITATION, *MEMBER)
    .join(TeamRow, JOIN.INNER, on=(TeamRow.id == InvitationRow.team_id))
    .join(MemberRow, JOIN.LEFT_OUTER, on=(MemberRow.id == InvitationRow.member_id))
    .join(PasswordRow, JOIN.LEFT_OUTER, on=(PasswordRow.member_id == MemberRow.id))
)
_WIDTH = len(_INVITATION)
_NOT_OVER = InvitationRow.expires_at > slot("now")
_BY_HASH = prepare(_JOINED.where((InvitationRow.hash == slot("hash")) & _NOT_OVER))
_BY_KEY = prepare(_JOINED.where(InvitationRow.id == slot("key")))
_OF_TEAM = prepare(
    _JOINED.where((InvitationRow.team_id == slot("team")) & _NOT_OVER).order_by(InvitationRow.id)
)
_MEMBER_BY_UID = prepare(
    MemberRow.select(*MEMBER).where(
        (MemberRow.uid == slot("uid")) & (MemberRow.team_id == slot("team"))
    )
)
_MEMBER_BY_EMAIL = prepare(
    MemberRow.select(*MEMBER).where(
        (MemberRow.email_key == slot("email")) & (MemberRow.team_id == slot("team"))
    )
)
_FOR_OWNER = InvitationRow.member_id.is_null() & (InvitationRow.team_id == slot("team"))
_REMOVE_FOR_MEMBER = prepare(
    InvitationRow.delete().where(InvitationRow.member_id == slot("member"))
)
_REMOVE_FOR_OWNER = prepare(InvitationRow.delete().where(_FOR_OWNER))
_USE = prepare(InvitationRow.delete().where(InvitationRow.id == slot("key")))
_SWEEP = prepare(InvitationRow.delete().where(InvitationRow.expires_at <= slot("now")))


class Invitations:
    """Who may sign in to the team that a workspace belongs to, and the open invitations."""

    def __init__(self, store: Store, scope: Scope) -> None:
        self._store = store
        self._scope = scope
        self._members = Members(store, scope)

    def invite(
        self,
        email: str,
        *,
        name: str | None = None,
        role: str | None = None,
        expires_in: timedelta = INVITATION_LIFETIME,
        needs_password: bool = True,
    ) -> NewInvitation:
        """Invite the member with this address, who is made if there is none, or let it set anew.

        ``name`` is what stands before the @ if not given, ``role`` agent. A former invitation of
        the member ends. Raises Invalid, and Conflict for a member with another role.
        """
        raise_any(self.check(email, name, role, expires_in))
        with self._store.transaction() as tx:
            row = tx.first(_MEMBER_BY_EMAIL, email=fold_email(email), team=self._scope.team_id)
            if row is None:
                made = self._members.create(
                    name=name or email.partition("@")[0], email=email, role=role or "agent"
                )
                row = self._row(tx, made.id)
            elif role not in (None, row[4]):
                raise Conflict(f"{row[3]} is a member already, as {row[4]}", "role")
            return self._invite(tx, row, expires_in, needs_password)

    def renew(
        self, member_id: str, *, expires_in: timedelta = INVITATION_LIFETIME
    ) -> NewInvitation:
        """Invite a member, or let one who forgot the password set another; raises NotFound."""
        raise_any(_check_lifetime("expires_in", expires_in))
        with self._store.transaction() as tx:
            return self._invite(tx, self._row(tx, member_id), expires_in, True)

    def invite_first_owner(self, *, expires_in: timedelta = INVITATION_LIFETIME) -> NewInvitation:
        """Invite whoever uses the link first, with name and address of their own, as an owner."""
        raise_any(_check_lifetime("expires_in", expires_in))
        with self._store.transaction() as tx:
            tx.run(_REMOVE_FOR_OWNER, team=self._scope.team_id)
            return self._insert(tx, None, expires_in, True)

    def check(
        self, email: object, name: object = None, role: object = None, expires_in: object = None
    ) -> list[Problem]:
        """Every rule that the values of an invitation break; nothing is written."""
        given = {"name": name, "email": email, "role": role}
        present = {key: value for key, value in given.items() if value is not None}
        problems = self._members.check({"name": "Name", "email": None} | present)
        return problems + ([] if expires_in is None else _check_lifetime("expires_in", expires_in))

    def list(self) -> tuple[Invitation, ...]:
        """Those that can still be used, oldest first."""
        with self._store.snapshot() as snap:
            rows = snap.all(_OF_TEAM, team=self._scope.team_id, now=self._store.now())
        return tuple(invitation_of(row) for row in rows)

    def revoke(self, member_id: str) -> None:
        """End the invitation of a member; raises NotFound if there is none."""
        with self._store.transaction(reserved=True) as tx:
            if not tx.run(_REMOVE_FOR_MEMBER, member=self._row(tx, member_id)[0]):
                raise NotFound("invitation", member_id)

    def forget_second_factor(self, member_id: str) -> None:
        """Let a member who has lost it sign in without the second factor; NotFound if none."""
        with self._store.transaction(reserved=True) as tx:
            row = self._row(tx, member_id)
            if not remove_factor(tx, row[0]):
                raise NotFound("second factor", member_id)
            record_of_member(tx, self._scope, "member.second_factor_removed", row[1])

    def standings(self) -> tuple[Standing, ...]:
        """How far each member has come with signing in, oldest first."""
        with self._store.snapshot() as snap:
            return standings(snap, self._scope.team_id, self._store.now())

    def sign_out(self, member_id: str) -> int:
        """End all sessions of a member; how many. Raises NotFound."""
        with self._store.transaction(reserved=True) as tx:
            return end_others(tx, self._row(tx, member_id)[0])

    def _invite(
        self, tx: Transaction, row: SqlRow, expires_in: timedelta, needs_password: bool
    ) -> NewInvitation:
        tx.run(_REMOVE_FOR_MEMBER, member=row[0])
        made = self._insert(tx, row[0], expires_in, needs_password)
        record_of_member(tx, self._scope, "member.invited", row[1], {"email": row[3]})
        return made

    def _insert(
        self, tx: Transaction, member: int | None, expires_in: timedelta, needs_password: bool
    ) -> NewInvitation:
        token = new_token()
        key = tx.insert(
            InvitationRow.insert(
                hash=digest(token),
                team_id=self._scope.team_id,
                member_id=member,
                needs_password=int(needs_password),
                created_at=tx.now,
                expires_at=tx.now - (-expires_in // timedelta(seconds=1)),
            )
        )
        return NewInvitation(invitation_of(tx.all(_BY_KEY, key=key)[0]), token)

    def _row(self, snap: Snapshot, member_id: str) -> SqlRow:
        uid = required_uid("member", member_id)
        row = snap.first(_MEMBER_BY_UID, uid=uid, team=self._scope.team_id)
        if row is None:
            raise NotFound("member", member_id)
        return row


def find_invitation(snap: Snapshot, token: str, now: int) -> SqlRow:
    """The row of an invitation that can be used; raises NotFound."""
    row = snap.first(_BY_HASH, hash=digest(token), now=now)
    if row is None:
        raise NotFound("invitation", "")
    return row


def use_invitation(tx: Transaction, row: SqlRow, team_key: int) -> None:
    """End an invitation, and the one for a first owner, who is there from now on."""
    tx.run(_USE, key=row[_WIDTH - 1])
    tx.run(_REMOVE_FOR_OWNER, team=team_key)


def end_invitation(tx: Transaction, member_key: int) -> None:
    """End the invitation of a member, if there is one."""
    tx.run(_REMOVE_FOR_MEMBER, member=member_key)


def sweep(tx: Transaction) -> None:
    """Remove what is over."""
    tx.run(_SWEEP, now=tx.now)


def record_of_member(
    tx: Transaction,
    scope: Scope,
    type: str,
    uid: bytes,
    data: Mapping[str, object] | None = None,
) -> None:
    """What happened to a member stands in both workspaces of its team."""
    for each in both_scopes(tx, scope):
        events.record(tx, each, type, uid, data=data)


def invitation_of(row: SqlRow) -> Invitation:
    """The invitation that a row holds."""
    *team, needs_password, created_at, expires_at, has_password, _ = row[:_WIDTH]
    return Invitation(
        team_of(tuple(team)),
        None if row[_WIDTH] is None else member_of(row[_WIDTH:]),
        has_password is None,
        bool(needs_password),
        from_seconds(created_at),
        from_seconds(expires_at),
    )


def member_key_of(row: SqlRow) -> int | None:
    """The integer key of the member that an invitation is for."""
    key: int | None = row[_WIDTH]
    return key


def _check_lifetime(param: str, value: object) -> list[Problem]:
    if isinstance(value, timedelta) and timedelta(0) < value <= INVITATION_LIFETIME_MAX:
        return []
    return invalid(param, "must be more than nothing and at most 30 days")
