"""How far each member of a team has come with signing in, for whoever looks after them."""

from dataclasses import dataclass
from datetime import datetime

from peewee import JOIN, fn

from cstar_core.clock import from_seconds_or_none
from cstar_core.ids import public_id
from cstar_core.sign_ins.sessions import is_open, since
from cstar_core.store import Snapshot, prepare, slot
from cstar_core.tables import (
    InvitationRow,
    MemberRow,
    PasswordRow,
    SecondFactorRow,
    SessionRow,
)


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether a member can sign in, and does.

    ``last_seen_at`` is None for who is signed in nowhere, ``invited_until`` without an invitation.
    """

    member_id: str
    has_password: bool
    has_second_factor: bool
    last_seen_at: datetime | None
    invited_until: datetime | None


_LAST_SEEN = SessionRow.select(fn.MAX(SessionRow.last_seen_at)).where(
    (SessionRow.member_id == MemberRow.id) & is_open()
)
_OF_TEAM = prepare(
    MemberRow.select(
        MemberRow.uid,
        PasswordRow.changed_at,
        SecondFactorRow.confirmed_at,
        _LAST_SEEN,
        InvitationRow.expires_at,
    )
    .join(PasswordRow, JOIN.LEFT_OUTER, on=(PasswordRow.member_id == MemberRow.id))
    .join_from(
        MemberRow, SecondFactorRow, JOIN.LEFT_OUTER, on=(SecondFactorRow.member_id == MemberRow.id)
    )
    .join_from(
        MemberRow,
        InvitationRow,
        JOIN.LEFT_OUTER,
        on=(InvitationRow.member_id == MemberRow.id) & (InvitationRow.expires_at > slot("now")),
    )
    .where(MemberRow.team_id == slot("team"))
    .order_by(MemberRow.id)
)


def standings(snap: Snapshot, team_key: int, now: int) -> tuple[Standing, ...]:
    """Every member of a team, oldest first."""
    return tuple(
        Standing(
            public_id("member", uid),
            password is not None,
            factor is not None,
            from_seconds_or_none(seen),
            from_seconds_or_none(invited),
        )
        for uid, password, factor, seen, invited in snap.all(
            _OF_TEAM, team=team_key, now=now, **since(now)
        )
    )
