"""The API keys of all teams, for whoever runs the desk, and what a presented key opens."""

from datetime import timedelta
from functools import lru_cache

from peewee import JOIN

from cstar_core.keys.changing import (
    OVERLAP,
    NewKeyValues,
    check_new,
    check_rotation,
    create,
    revoke,
    rotate,
)
from cstar_core.keys.key import KEY, Access, Key, NewKey, get_key, hash_of, key_of, keys_of_team
from cstar_core.keys.uses import Uses
from cstar_core.scope import Actor, Scope
from cstar_core.store import SqlRow, Store, prepare, slot
from cstar_core.tables import KeyRow, TeamRow, WorkspaceRow
from cstar_core.teams import find_scope, team_of

_BY_HASH = prepare(
    KeyRow.select(
        *KEY,
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
        self._uses = Uses(store)

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
        values = NewKeyValues(type, environment, name, expires_in)
        check_new(values)
        with self._store.transaction() as tx:
            return create(tx, team, values)

    def create_first(self, team: str) -> tuple[NewKey, NewKey]:
        """A secret and a publishable live key, with which a team (id or slug) begins."""
        with self._store.transaction():
            secret = self.create(team, type="secret", environment="live")
            return secret, self.create(team, type="publishable", environment="live")

    def list(self, team: str) -> tuple[Key, ...]:
        """Every key of a team, revoked ones too, oldest first. Raises NotFound for the team."""
        with self._store.snapshot() as snap:
            _, scope = find_scope(snap, team, "live")
            return keys_of_team(snap, scope.team_id)

    def revoke(self, key_id: str) -> Key:
        """Stop a key for good, from its next request on. Raises NotFound.

        A key that is revoked already stays as it is.
        """
        with self._store.transaction(reserved=True) as tx:
            return revoke(tx, *get_key(tx, key_id))

    def rotate(
        self, key_id: str, *, overlap: timedelta = OVERLAP, expires_in: timedelta | None = None
    ) -> NewKey:
        """Make a key that takes the place of another: of the same team, type, environment and name.

        The old one goes on for the ``overlap``, at most 90 days, and then expires; with none it
        stops at once. ``expires_in`` is the new one's lifetime, by default that of the old one.
        Raises Invalid, NotFound, and Conflict for a key that is revoked or expired.
        """
        check_rotation(overlap, expires_in)
        with self._store.transaction() as tx:
            return rotate(tx, self._store, get_key(tx, key_id), overlap, expires_in)

    def authenticate(self, secret: str) -> Access | None:
        """What a presented key opens; None if it is unknown, revoked or expired.

        The use is noted in memory, and in the file by ``write_uses``.
        """
        with self._store.snapshot() as snap:
            row = snap.first(_BY_HASH, hash=hash_of(secret))
        access = None if row is None else _access(row)
        if row is None or access is None or not self._opens(access.key):
            return None
        self._uses.note(row[0], access.key.last_used_at)
        return access

    def works(self, key_id: str) -> bool:
        """Whether a key still opens something: it is neither revoked nor expired. NotFound.

        For whoever keeps something open with a key: this counts as a use of it.
        """
        with self._store.snapshot() as snap:
            uid, key = get_key(snap, key_id)
        works = self._opens(key)
        if works:
            self._uses.note(uid, key.last_used_at)
        return works

    def write_uses(self) -> int:
        """Write down in the file which keys were used since; of how many.

        For each key that is at most once an hour, so most calls write nothing. ``cstar serve`` does
        it every minute. Raises Busy and StorageFull, and RuntimeError in a snapshot; what could not
        be written is written by a later call.
        """
        return self._uses.write()

    def _opens(self, key: Key) -> bool:
        return key.revoked_at is None and not self._store.is_past(key.expires_at)


@lru_cache(256)
def _access(row: SqlRow) -> Access:
    """What a row opens. The row is read for every request, so nothing kept here can be stale."""
    key = key_of(row[: len(KEY)])
    name, slug, created_at, team_id, workspace_id = row[len(KEY) :]
    scope = Scope(
        workspace_id, team_id, name, key.environment, Actor("key", key.id), key.type == "secret"
    )
    return Access(key, team_of((row[1], name, slug, created_at)), scope)
