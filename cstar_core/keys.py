"""API keys: shown once, stored as SHA-256, good for one team's live or test workspace."""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache

from peewee import JOIN

from cstar_core import events
from cstar_core.checks import NAME_MAX, check_choice, check_text, invalid, raise_any
from cstar_core.clock import from_seconds, from_seconds_or_none
from cstar_core.errors import Conflict, NotFound, Problem
from cstar_core.ids import new_token, new_uid, public_id
from cstar_core.scope import Actor, Scope, required_uid
from cstar_core.store import Snapshot, SqlRow, Store, Transaction, prepare, slot
from cstar_core.tables import ENVIRONMENTS, KEY_TYPES, KeyRow, TeamRow, WorkspaceRow
from cstar_core.teams import Team, find_scope, team_of

_PREFIXES = {"secret": "sk", "publishable": "pk"}
_EXPIRES_MAX = timedelta(days=3650)
_OVERLAP = timedelta(hours=24)
_OVERLAP_MAX = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Key:
    """What is known of a key; the key itself is not kept."""

    id: str
    team_id: str
    name: str | None
    type: str
    environment: str
    prefix: str
    last_four: str
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key just made; ``secret`` is what its owner presents, shown this once."""

    key: Key
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Access:
    """What a presented key opens."""

    key: Key
    team: Team
    scope: Scope


_KEY = (
    KeyRow.uid,
    TeamRow.uid,
    KeyRow.name,
    KeyRow.type,
    KeyRow.environment,
    KeyRow.prefix,
    KeyRow.last_four,
    KeyRow.created_at,
    KeyRow.expires_at,
    KeyRow.revoked_at,
)
_KEYS = KeyRow.select(*_KEY).join(TeamRow, JOIN.INNER, on=(TeamRow.id == KeyRow.team_id))
_BY_UID = prepare(_KEYS.where(KeyRow.uid == slot("uid")))
_OF_TEAM = prepare(_KEYS.where(KeyRow.team_id == slot("team")).order_by(KeyRow.id))
_BY_HASH = prepare(
    KeyRow.select(
        *_KEY,
        TeamRow.name,
        TeamRow.slug,
        TeamRow.created_at,
        TeamRow.id,
        WorkspaceRow.id,
    )
    .join(TeamRow, JOIN.INNER, on=(TeamRow.id == KeyRow.team_id))
    .join(
        WorkspaceRow,
        JOIN.INNER,
        on=(
            (WorkspaceRow.team_id == KeyRow.team_id)
            & (WorkspaceRow.environment == KeyRow.environment)
        ),
    )
    .where(KeyRow.hash == slot("hash"))
)


class Keys:
    """The API keys of all teams."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def create(
        self,
        team: str,
        *,
        type: str,
        environment: str,
        name: str | None = None,
        expires_in: timedelta | None = None,
    ) -> NewKey:
        """Make a key for a team (id or slug).

        ``type`` is secret or publishable, ``environment`` live or test; ``expires_in`` is at most
        ten years. Raises Invalid, and NotFound for the team.
        """
        problems = check_choice("type", type, KEY_TYPES)
        problems += check_choice("environment", environment, ENVIRONMENTS)
        problems += [] if name is None else check_text("name", name, NAME_MAX)
        problems += [] if expires_in is None else _check_lifetime("expires_in", expires_in)
        raise_any(problems)
        with self._store.transaction() as tx:
            team_value, scope = find_scope(tx, team, environment)
            return _insert(tx, team_value, scope, type, name, expires_in)

    def create_first(self, team: str) -> tuple[NewKey, NewKey]:
        """A secret and a publishable live key, with which a team (id or slug) begins."""
        with self._store.transaction():
            secret = self.create(team, type="secret", environment="live")
            return secret, self.create(team, type="publishable", environment="live")

    def list(self, team: str) -> tuple[Key, ...]:
        """Every key of a team, revoked ones too, oldest first. Raises NotFound for the team."""
        with self._store.snapshot() as snap:
            _, scope = find_scope(snap, team, "live")
            return tuple(_key(row) for row in snap.all(_OF_TEAM, team=scope.team_id))

    def revoke(self, key_id: str) -> Key:
        """Stop a key for good, from its next request on. Raises NotFound.

        A key that is revoked already stays as it is.
        """
        with self._store.transaction(reserved=True) as tx:
            uid, before = _get(tx, key_id)
            if before.revoked_at is not None:
                return before
            tx.run(KeyRow.update({KeyRow.revoked_at: tx.now}).where(KeyRow.uid == uid))
            _, scope = find_scope(tx, before.team_id, before.environment)
            events.record(tx, scope, "key.revoked", uid, data=_event_data(before))
            return _key(tx.all(_BY_UID, uid=uid)[0])

    def rotate(
        self, key_id: str, *, overlap: timedelta = _OVERLAP, expires_in: timedelta | None = None
    ) -> NewKey:
        """Make a key that takes the place of another: of the same team, type, environment and name.

        The old one goes on for the ``overlap``, at most 90 days, and then expires; with none it
        stops at once. ``expires_in`` is the new one's lifetime, by default that of the old one.
        Raises Invalid, NotFound, and Conflict for a key that is revoked or expired.
        """
        problems = _check_overlap("overlap", overlap)
        problems += [] if expires_in is None else _check_lifetime("expires_in", expires_in)
        raise_any(problems)
        with self._store.transaction() as tx:
            uid, old = _get(tx, key_id)
            if old.revoked_at is not None or self._store.is_past(old.expires_at):
                raise Conflict("A key that has stopped cannot be rotated; make a new one", "key_id")
            team, scope = find_scope(tx, old.team_id, old.environment)
            made = _insert(tx, team, scope, old.type, old.name, expires_in or _lifetime(old))
            _expire(tx, scope, uid, overlap, made.key)
            return made

    def authenticate(self, secret: str) -> Access | None:
        """What a presented key opens; None if it is unknown, revoked or expired."""
        with self._store.snapshot() as snap:
            row = snap.first(_BY_HASH, hash=_hash(secret))
        access = None if row is None else _access(row)
        if access is None or access.key.revoked_at is not None:
            return None
        return None if self._store.is_past(access.key.expires_at) else access

    def works(self, key_id: str) -> bool:
        """Whether a key still opens something: it is neither revoked nor expired. NotFound."""
        with self._store.snapshot() as snap:
            _, key = _get(snap, key_id)
        return key.revoked_at is None and not self._store.is_past(key.expires_at)


def _check_lifetime(param: str, value: object) -> list[Problem]:
    if isinstance(value, timedelta) and timedelta(0) < value <= _EXPIRES_MAX:
        return []
    return invalid(param, "must be more than nothing and at most ten years")


def _check_overlap(param: str, value: object) -> list[Problem]:
    if isinstance(value, timedelta) and timedelta(0) <= value <= _OVERLAP_MAX:
        return []
    return invalid(param, "must be nothing or more, and at most 90 days")


def _get(snap: Snapshot, key_id: str) -> tuple[bytes, Key]:
    uid = required_uid("key", key_id)
    row = snap.first(_BY_UID, uid=uid)
    if row is None:
        raise NotFound("key", key_id)
    return uid, _key(row)


def _lifetime(key: Key) -> timedelta | None:
    return None if key.expires_at is None else key.expires_at - key.created_at


def _expire(tx: Transaction, scope: Scope, uid: bytes, overlap: timedelta, new: Key) -> None:
    """Let a key end after the overlap; one that would end before that still does."""
    end = tx.now + _whole_seconds(overlap)
    sooner = KeyRow.expires_at.is_null() | (KeyRow.expires_at > end)
    tx.run(KeyRow.update({KeyRow.expires_at: end}).where((KeyRow.uid == uid) & sooner))
    old = _key(tx.all(_BY_UID, uid=uid)[0])
    data = {**_event_data(old), "replacedBy": new.id}
    events.record(tx, scope, "key.rotated", uid, data=data)


@lru_cache(256)
def _access(row: SqlRow) -> Access:
    """What a row opens. The row is read for every request, so nothing kept here can be stale."""
    key = _key(row[:10])
    name, slug, created_at, team_id, workspace_id = row[10:]
    scope = Scope(
        workspace_id, team_id, name, key.environment, Actor("key", key.id), key.type == "secret"
    )
    return Access(key, team_of((row[1], name, slug, created_at)), scope)


def _insert(
    tx: Transaction,
    team: Team,
    scope: Scope,
    type: str,
    name: str | None,
    expires_in: timedelta | None,
) -> NewKey:
    prefix = f"{_PREFIXES[type]}_{scope.environment}_"
    secret = prefix + new_token()
    uid = new_uid(tx.now)
    tx.insert(
        KeyRow.insert(
            uid=uid,
            team_id=scope.team_id,
            type=type,
            environment=scope.environment,
            name=name,
            hash=_hash(secret),
            prefix=prefix,
            last_four=secret[-4:],
            created_at=tx.now,
            expires_at=None if expires_in is None else tx.now + _whole_seconds(expires_in),
        )
    )
    key = _key(tx.all(_BY_UID, uid=uid)[0])
    events.record(tx, scope, "key.created", uid, data=_event_data(key))
    return NewKey(key, secret)


def _whole_seconds(span: timedelta) -> int:
    """Rounded up, so that no lifetime is cut to nothing."""
    return -(-span // timedelta(seconds=1))


def _event_data(key: Key) -> dict[str, object]:
    return {"name": key.name, "type": key.type, "lastFour": key.last_four}


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


def _key(row: SqlRow) -> Key:
    uid, team_uid, name, type, environment, prefix, last_four, created_at, expires, revoked = row
    return Key(
        public_id("key", uid),
        public_id("team", team_uid),
        name,
        type,
        environment,
        prefix,
        last_four,
        from_seconds(created_at),
        from_seconds_or_none(expires),
        from_seconds_or_none(revoked),
    )
