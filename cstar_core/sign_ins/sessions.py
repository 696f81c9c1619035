"""Sessions: browsers that are signed in, known by a token of which only the SHA-256 is kept."""

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime

from peewee import JOIN, Expression

from cstar_core.clock import from_seconds
from cstar_core.errors import Busy, NotFound, StorageFull
from cstar_core.ids import new_token, new_uid, public_id
from cstar_core.members import MEMBER, Member, member_of
from cstar_core.scope import required_uid
from cstar_core.sign_ins.passwords import digest
from cstar_core.store import SqlRow, Store, Transaction, prepare, slot
from cstar_core.tables import MemberRow, SessionRow, TeamRow
from cstar_core.teams import Team, team_of

SESSION_SECONDS_MAX = 30 * 86_400
SESSIONS_MAX = 20
USER_AGENT_MAX = 255
_ADDRESS_MAX = 64
_SEEN_EVERY = 300
_IDLE = 12 * 3600
_PENDING = 300


@dataclass(frozen=True, slots=True)
class Session:
    """A browser that is signed in; ``user_agent`` and ``address`` are what it told of itself."""

    id: str
    member_id: str
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    user_agent: str | None
    address: str | None


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who is signed in, as it is now: the member, with its role, and the team."""

    session: Session
    member: Member
    team: Team


@dataclass(frozen=True, slots=True)
class SignIn:
    """What came of signing in. ``token`` is what the browser keeps, shown this once.

    With ``needs_code`` the token opens nothing yet but the way to enter a code.
    """

    session: Session
    member: Member
    team: Team
    needs_code: bool
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Visitor:
    """Where somebody comes from, as the request told it."""

    address: str | None
    user_agent: str | None


def is_open() -> Expression:
    """The condition of a session that opens something; ``since`` has its slots."""
    used = (SessionRow.last_seen_at > slot("idle")) & (SessionRow.created_at > slot("oldest"))
    return used & (SessionRow.confirmed == 1)


def since(now: int) -> dict[str, int]:
    """Since when a session must have been used, and begun, to be open."""
    return {"idle": now - _IDLE, "oldest": now - SESSION_SECONDS_MAX}


_SESSION = (
    SessionRow.uid,
    MemberRow.uid,
    SessionRow.created_at,
    SessionRow.last_seen_at,
    SessionRow.confirmed,
    SessionRow.user_agent,
    SessionRow.address,
)
_WIDTH = len(_SESSION)
_ALL = SessionRow.select(
    *_SESSION, *MEMBER, TeamRow.uid, TeamRow.name, TeamRow.slug, TeamRow.created_at
)
_JOINED = _ALL.join(MemberRow, JOIN.INNER, on=(MemberRow.id == SessionRow.member_id)).join(
    TeamRow, JOIN.INNER, on=(TeamRow.id == MemberRow.team_id)
)
_BY_HASH = prepare(_JOINED.where((SessionRow.hash == slot("hash")) & is_open()))
_PENDING_BY_HASH = prepare(
    _JOINED.where(
        (SessionRow.hash == slot("hash"))
        & (SessionRow.confirmed == 0)
        & (SessionRow.created_at > slot("oldest"))
    )
)
_BY_UID = prepare(_JOINED.where(SessionRow.uid == slot("uid")))
_OF_MEMBER = prepare(
    _JOINED.where((MemberRow.uid == slot("member")) & is_open()).order_by(SessionRow.id)
)
_MEMBER_KEY = MemberRow.select(MemberRow.id).where(MemberRow.uid == slot("member"))
_END = prepare(
    SessionRow.delete().where(
        (SessionRow.uid == slot("uid")) & (SessionRow.member_id == _MEMBER_KEY)
    )
)
_END_OTHERS = prepare(
    SessionRow.delete().where(
        (SessionRow.member_id == slot("member")) & (SessionRow.uid != slot("but"))
    )
)
_KEY_OF_MEMBER = prepare(_MEMBER_KEY)
_SEEN = prepare(
    SessionRow.update({SessionRow.last_seen_at: slot("now")}).where(SessionRow.uid == slot("uid"))
)
_CONFIRM = prepare(
    SessionRow.update(
        {
            SessionRow.hash: slot("hash"),
            SessionRow.confirmed: 1,
            SessionRow.created_at: slot("now"),
            SessionRow.last_seen_at: slot("now"),
        }
    ).where(SessionRow.uid == slot("uid"))
)
_SWEEP = prepare(SessionRow.delete().where(SessionRow.last_seen_at <= slot("idle")))
_OTHERS = (
    (SessionRow.member_id == slot("member"))
    & (SessionRow.confirmed == slot("confirmed"))
    & (SessionRow.uid != slot("but"))
)
_LATEST = (
    SessionRow.select(SessionRow.id)
    .where(_OTHERS)
    .order_by(SessionRow.last_seen_at.desc(), SessionRow.id.desc())
    .limit(SESSIONS_MAX - 1)
)
_TRIM = prepare(SessionRow.delete().where(_OTHERS & SessionRow.id.not_in(_LATEST)))


class Sessions:
    """The sessions of all members."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def find(self, token: str, *, used: bool = True) -> SignedIn | None:
        """Who is signed in with a token; None if it opens nothing, or does so no more.

        Notes that the session was used, once in five minutes; call it outside of snapshots. What
        nobody asked for, as a page that looks for news by itself, is not ``used``.
        """
        with self._store.snapshot() as snap:
            row = snap.first(_BY_HASH, hash=digest(token), **since(self._store.now()))
        if row is None:
            return None
        if used and abs(self._store.now() - row[3]) >= _SEEN_EVERY:
            # Whoever only reads can go on without.
            with suppress(Busy, StorageFull), self._store.transaction(brief=True) as tx:
                tx.run(_SEEN, uid=row[0], now=tx.now)
        return signed_in_of(row)

    def list(self, member_id: str) -> tuple[Session, ...]:
        """Every session of a member, oldest first; none if there is no such member."""
        uid = required_uid("member", member_id)
        with self._store.snapshot() as snap:
            rows = snap.all(_OF_MEMBER, member=uid, **since(self._store.now()))
        return tuple(session_of(row) for row in rows)

    def end(self, member_id: str, session_id: str) -> None:
        """Sign one of a member's browsers out; raises NotFound for what is none of them."""
        uid = required_uid("session", session_id)
        with self._store.transaction(reserved=True) as tx:
            if not tx.run(_END, uid=uid, member=required_uid("member", member_id)):
                raise NotFound("session", session_id)

    def end_all(self, member_id: str, *, but: str | None = None) -> int:
        """Sign all browsers of a member out, or all others ``but`` a session; how many."""
        kept = b"" if but is None else required_uid("session", but)
        uid = required_uid("member", member_id)
        with self._store.transaction(reserved=True) as tx:
            return end_others(tx, tx.value(_KEY_OF_MEMBER, member=uid), kept)


def start(
    tx: Transaction, member_key: int, visitor: Visitor, *, confirmed: bool
) -> tuple[bytes, str]:
    """Begin a session; its uid and its token. Of more than 20 those go that were used first."""
    uid, token = new_uid(tx.now), new_token()
    tx.insert(
        SessionRow.insert(
            uid=uid,
            hash=digest(token),
            member_id=member_key,
            confirmed=int(confirmed),
            created_at=tx.now,
            last_seen_at=tx.now,
            user_agent=_shown(visitor.user_agent, USER_AGENT_MAX),
            address=_shown(visitor.address, _ADDRESS_MAX),
        )
    )
    _trim(tx, member_key, uid, confirmed)
    return uid, token


def pending(tx: Transaction, token: str) -> SqlRow | None:
    """The row of a session that waits for a code."""
    return tx.first(_PENDING_BY_HASH, hash=digest(token), oldest=tx.now - _PENDING)


def confirm(tx: Transaction, member_key: int, uid: bytes) -> str:
    """Open a session of a member that waited for a code; its new token."""
    token = new_token()
    tx.run(_CONFIRM, uid=uid, hash=digest(token), now=tx.now)
    _trim(tx, member_key, uid, True)
    return token


def sign_in_of(tx: Transaction, uid: bytes, token: str) -> SignIn:
    """What came of signing in, with the session as it is now."""
    row = tx.all(_BY_UID, uid=uid)[0]
    found = signed_in_of(row)
    return SignIn(found.session, found.member, found.team, not row[4], token)


def end_others(tx: Transaction, member_key: int | None, but: bytes = b"") -> int:
    """End all sessions of a member, also those that wait for a code; but one."""
    return tx.run(_END_OTHERS, member=member_key, but=but)


def sweep(tx: Transaction) -> None:
    """Remove what has ended by itself."""
    tx.run(_SWEEP, idle=tx.now - _IDLE)


def _trim(tx: Transaction, member_key: int, uid: bytes, confirmed: bool) -> None:
    """Those that wait for a code are counted alone, or who has no phone could end the others."""
    tx.run(_TRIM, member=member_key, confirmed=int(confirmed), but=uid)


def _shown(text: str | None, most: int) -> str | None:
    """What a browser told, as text of one line that can be stored and shown."""
    if text is None:
        return None
    return "".join(each if each.isprintable() else " " for each in text[:most]).strip() or None


def session_of(row: SqlRow) -> Session:
    """The session that a row begins with."""
    uid, member_uid, created_at, last_seen_at, confirmed, user_agent, address = row[:_WIDTH]
    ends = min(last_seen_at + _IDLE, created_at + SESSION_SECONDS_MAX)
    return Session(
        public_id("session", uid),
        public_id("member", member_uid),
        from_seconds(created_at),
        from_seconds(last_seen_at),
        from_seconds(ends if confirmed else created_at + _PENDING),
        user_agent,
        address,
    )


def signed_in_of(row: SqlRow) -> SignedIn:
    """The session that a row holds, with its member and team."""
    member, team = row[_WIDTH : _WIDTH + len(MEMBER)], row[_WIDTH + len(MEMBER) :]
    return SignedIn(session_of(row), member_of(member), team_of(tuple(team)))
