"""A webhook for as long as somebody listens: what it would be sent, of which nothing is stored."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from cstar_core.events import Event, event_at, event_number, last_number, salt_of, told
from cstar_core.ids import new_uid, public_id
from cstar_core.scope import Scope
from cstar_core.store import Store, prepare, slot
from cstar_core.tables import TeamRow
from cstar_core.webhooks.parcels import body_of, content_of, headers_of
from cstar_core.webhooks.webhook import codes

_TEAM = prepare(TeamRow.select(TeamRow.uid).where(TeamRow.id == slot("team")))


@dataclass(frozen=True, slots=True)
class Notice:
    """An event, and the request that tells of it: ``headers`` with signatures, and ``body``."""

    event: Event
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


class Listener:
    """What a webhook would be sent; ``webhooks.listen`` makes it. ``secret`` is what it signs with.

    Nobody else notices it, and what is taken from it is not tried again.
    """

    def __init__(
        self, store: Store, scope: Scope, events: tuple[str, ...], after: str | None, secret: str
    ) -> None:
        self.secret = secret
        self._store = store
        self._workspace = scope.workspace_id
        self._codes = codes(json.dumps(events))
        self._id = public_id("webhook", new_uid(store.now()))
        with store.snapshot() as snap:
            self._salt = salt_of(snap, scope.workspace_id)
            last = last_number(snap, scope.workspace_id)
            self._number = last if after is None else event_number(self._salt, after)
            team = public_id("team", snap.value(_TEAM, team=scope.team_id))
        self._facts = {"teamId": team, "environment": scope.environment}

    def take(self) -> Notice | None:
        """What comes next, signed at this moment; None if there is nothing yet.

        Costs one short query if nothing is new. Events of an import that tells nobody are passed
        over.
        """
        with self._store.snapshot() as snap:
            rows, reached = told(snap, self._workspace, self._codes, self._number, 1)
            if not rows:
                self._number = reached
                return None
            event = event_at(snap, self._workspace, self._salt, int(rows[0][0]))
            content = content_of(snap, event, self._facts)
        self._number = reached
        body, now = body_of(content), self._store.now()
        return Notice(event, headers_of(content, body, self._id, 1, (self.secret,), now), body)
