"""Making, stopping and replacing keys, in a transaction; each is an event of its workspace."""

from dataclasses import dataclass
from datetime import timedelta

from cstar_core import events
from cstar_core.checks import NAME_MAX, check_choice, check_text, invalid, raise_any
from cstar_core.errors import Conflict, Problem
from cstar_core.ids import new_token, new_uid
from cstar_core.keys.key import Key, NewKey, hash_of, read_key
from cstar_core.scope import SYSTEM, Actor, Scope
from cstar_core.store import Store, Transaction
from cstar_core.tables import ENVIRONMENTS, KEY_TYPES, KeyRow
from cstar_core.teams import find_scope

OVERLAP = timedelta(hours=24)
_PREFIXES = {"secret": "sk", "publishable": "pk"}
_EXPIRES_MAX = timedelta(days=3650)
_OVERLAP_MAX = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class NewKeyValues:
    """What a new key is to be; ``check_new`` says what is allowed."""

    type: str
    environment: str
    name: str | None
    expires_in: timedelta | None


def check_new(values: NewKeyValues) -> None:
    """Raise Invalid for values that no key may have."""
    problems = check_choice("type", values.type, KEY_TYPES)
    problems += check_choice("environment", values.environment, ENVIRONMENTS)
    problems += [] if values.name is None else check_text("name", values.name, NAME_MAX)
    raise_any(problems + _check_lifetime(values.expires_in))


def create(tx: Transaction, team: str, values: NewKeyValues, actor: Actor = SYSTEM) -> NewKey:
    """Make a key for a team (id or slug); raises NotFound."""
    _, scope = find_scope(tx, team, values.environment, actor)
    prefix = f"{_PREFIXES[values.type]}_{values.environment}_"
    secret = prefix + new_token()
    uid = new_uid(tx.now)
    lifetime = values.expires_in
    tx.insert(
        KeyRow.insert(
            uid=uid,
            team_id=scope.team_id,
            type=values.type,
            environment=values.environment,
            name=values.name,
            hash=hash_of(secret),
            prefix=prefix,
            last_four=secret[-4:],
            created_at=tx.now,
            expires_at=None if lifetime is None else tx.now + _whole_seconds(lifetime),
        )
    )
    key = read_key(tx, uid)
    events.record(tx, scope, "key.created", uid, data=_event_data(key))
    return NewKey(key, secret)


def revoke(tx: Transaction, uid: bytes, before: Key, actor: Actor = SYSTEM) -> Key:
    """Stop a key for good; one that is revoked already stays as it is."""
    if before.revoked_at is not None:
        return before
    tx.run(KeyRow.update({KeyRow.revoked_at: tx.now}).where(KeyRow.uid == uid))
    events.record(tx, _scope(tx, before, actor), "key.revoked", uid, data=_event_data(before))
    return read_key(tx, uid)


def check_rotation(overlap: timedelta, expires_in: timedelta | None) -> None:
    """Raise Invalid for what no rotation may be."""
    raise_any(_check_overlap(overlap) + _check_lifetime(expires_in))


def rotate(
    tx: Transaction,
    store: Store,
    found: tuple[bytes, Key],
    overlap: timedelta,
    expires_in: timedelta | None,
    actor: Actor = SYSTEM,
) -> NewKey:
    """Make a key that takes the place of another; raises Conflict for one that has stopped."""
    uid, old = found
    if old.revoked_at is not None or store.is_past(old.expires_at):
        raise Conflict("A key that has stopped cannot be rotated; make a new one", "key_id")
    lifetime = expires_in or _lifetime(old)
    values = NewKeyValues(old.type, old.environment, old.name, lifetime)
    made = create(tx, old.team_id, values, actor)
    _expire(tx, _scope(tx, old, actor), uid, overlap, made.key)
    return made


def _check_lifetime(value: object) -> list[Problem]:
    if value is None or (isinstance(value, timedelta) and timedelta(0) < value <= _EXPIRES_MAX):
        return []
    return invalid("expires_in", "must be more than nothing and at most ten years")


def _check_overlap(value: object) -> list[Problem]:
    if isinstance(value, timedelta) and timedelta(0) <= value <= _OVERLAP_MAX:
        return []
    return invalid("overlap", "must be nothing or more, and at most 90 days")


def _scope(tx: Transaction, key: Key, actor: Actor) -> Scope:
    return find_scope(tx, key.team_id, key.environment, actor)[1]


def _lifetime(key: Key) -> timedelta | None:
    return None if key.expires_at is None else key.expires_at - key.created_at


def _expire(tx: Transaction, scope: Scope, uid: bytes, overlap: timedelta, new: Key) -> None:
    """Let a key end after the overlap; one that would end before that still does."""
    end = tx.now + _whole_seconds(overlap)
    sooner = KeyRow.expires_at.is_null() | (KeyRow.expires_at > end)
    tx.run(KeyRow.update({KeyRow.expires_at: end}).where((KeyRow.uid == uid) & sooner))
    data = {**_event_data(read_key(tx, uid)), "replacedBy": new.id}
    events.record(tx, scope, "key.rotated", uid, data=data)


def _whole_seconds(span: timedelta) -> int:
    """Rounded up, so that no lifetime is cut to nothing."""
    return -(-span // timedelta(seconds=1))


def _event_data(key: Key) -> dict[str, object]:
    return {"name": key.name, "type": key.type, "lastFour": key.last_four}
