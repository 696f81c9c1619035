"""A team's own keys, for whoever sees to its settings; the same in live and test."""

from datetime import timedelta

from cstar_core.errors import Forbidden
from cstar_core.keys.changing import (
    OVERLAP,
    NewKeyValues,
    check_new,
    check_rotation,
    create,
    revoke,
    rotate,
)
from cstar_core.keys.key import Key, NewKey, get_key, keys_of_team
from cstar_core.scope import Scope
from cstar_core.store import Store


class TeamKeys:
    """The API keys of a workspace's team, live and test ones.

    Whoever came with a key, and a member who is no owner, sees and changes none: every call raises
    Forbidden. So a key that leaks makes no other that outlives it.
    """

    def __init__(self, store: Store, scope: Scope, team_id: str) -> None:
        self._store = store
        self._scope = scope
        self._team_id = team_id

    def create(
        self,
        *,
        type: str,
        environment: str,
        name: str | None = None,
        expires_in: timedelta | None = None,
    ) -> NewKey:
        """Make a key, as ``desk.keys.create``. Raises Invalid and Forbidden."""
        self._refuse_others()
        values = NewKeyValues(type, environment, name, expires_in)
        check_new(values)
        with self._store.transaction() as tx:
            return create(tx, self._team_id, values, self._scope.actor)

    def get(self, key_id: str) -> Key:
        """What is known of a key. Raises NotFound and Forbidden."""
        self._refuse_others()
        with self._store.snapshot() as snap:
            return get_key(snap, key_id, self._scope.team_id)[1]

    def list(self) -> tuple[Key, ...]:
        """Every key, revoked ones too, oldest first. Raises Forbidden."""
        self._refuse_others()
        with self._store.snapshot() as snap:
            return keys_of_team(snap, self._scope.team_id)

    def revoke(self, key_id: str) -> Key:
        """Stop a key for good, as ``desk.keys.revoke``. Raises NotFound and Forbidden."""
        self._refuse_others()
        with self._store.transaction(reserved=True) as tx:
            found = get_key(tx, key_id, self._scope.team_id)
            return revoke(tx, *found, self._scope.actor)

    def rotate(
        self, key_id: str, *, overlap: timedelta = OVERLAP, expires_in: timedelta | None = None
    ) -> NewKey:
        """Make a key that takes the place of another, as ``desk.keys.rotate``.

        Raises Invalid, NotFound, Forbidden, and Conflict for a key that has stopped.
        """
        self._refuse_others()
        check_rotation(overlap, expires_in)
        with self._store.transaction() as tx:
            found = get_key(tx, key_id, self._scope.team_id)
            return rotate(tx, self._store, found, overlap, expires_in, self._scope.actor)

    def _refuse_others(self) -> None:
        if self._scope.actor.type == "key":
            raise Forbidden("An API key does not open the keys")
        if self._scope.role not in (None, "owner"):
            raise Forbidden("Only an owner opens the keys")
