"""What is known of an API key, and how it is read."""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime

from peewee import JOIN

from cstar_core.clock import from_seconds, from_seconds_or_none
from cstar_core.errors import NotFound
from cstar_core.ids import public_id
from cstar_core.scope import Scope, required_uid
from cstar_core.store import Snapshot, SqlRow, prepare, slot
from cstar_core.tables import KeyRow, TeamRow
from cstar_core.teams import Team


@dataclass(frozen=True, slots=True)
class Key:
    """What is known of a key; the key itself is not kept.

    ``last_used_at`` is kept to the hour: the key was used then, and at most an hour (and the minute
    that a server may take to write it down) later. None: no use is known.
    """

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
    last_used_at: datetime | None


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


KEY = (
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
    KeyRow.last_used_at,
)
_KEYS = KeyRow.select(*KEY).join(TeamRow, JOIN.INNER, on=(TeamRow.id == KeyRow.team_id))
_IS_IT = KeyRow.uid == slot("uid")
_MINE = KeyRow.team_id == slot("team")
_BY_UID = prepare(_KEYS.where(_IS_IT))
_BY_UID_OF_TEAM = prepare(_KEYS.where(_IS_IT & _MINE))
_OF_TEAM = prepare(_KEYS.where(_MINE).order_by(KeyRow.id))


def get_key(snap: Snapshot, key_id: str, team: int | None = None) -> tuple[bytes, Key]:
    """A key of any team, or of one; raises NotFound."""
    uid = required_uid("key", key_id)
    if team is None:
        row = snap.first(_BY_UID, uid=uid)
    else:
        row = snap.first(_BY_UID_OF_TEAM, uid=uid, team=team)
    if row is None:
        raise NotFound("key", key_id)
    return uid, key_of(row)


def read_key(snap: Snapshot, uid: bytes) -> Key:
    """A key that is there."""
    return key_of(snap.all(_BY_UID, uid=uid)[0])


def keys_of_team(snap: Snapshot, team: int) -> tuple[Key, ...]:
    """Every key of a team, revoked ones too, oldest first."""
    return tuple(key_of(row) for row in snap.all(_OF_TEAM, team=team))


def key_of(row: SqlRow) -> Key:
    """The value that a row of the columns ``KEY`` holds."""
    uid, team_uid, name, type, environment, prefix, last_four, created_at, *instants = row
    return Key(
        public_id("key", uid),
        public_id("team", team_uid),
        name,
        type,
        environment,
        prefix,
        last_four,
        from_seconds(created_at),
        *map(from_seconds_or_none, instants),
    )


def hash_of(secret: str) -> bytes:
    """What is stored of a key."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()
