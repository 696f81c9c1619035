"""The room of webhooks of one workspace."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Unpack

from cstar_core import events
from cstar_core.addresses import Network, check_destination
from cstar_core.checks import check_integer, raise_any
from cstar_core.errors import Conflict, Forbidden, Invalid, NotFound, Problem, StaleVersion
from cstar_core.ids import new_uid
from cstar_core.pages import PAGE_SIZE_DEFAULT, Page, close_page, open_window
from cstar_core.scope import Scope, required_uid
from cstar_core.signatures import check_secret, new_secret
from cstar_core.store import Snapshot, SqlRow, Store, Transaction, prepare, slot
from cstar_core.tables import AttemptRow, DeliveryRow, WebhookRow
from cstar_core.webhooks import delivery as deliveries
from cstar_core.webhooks.delivery import SOONER, UNFINISHED, Delivery
from cstar_core.webhooks.filling import MOVE_CURSOR, catch_up
from cstar_core.webhooks.listening import Listener
from cstar_core.webhooks.webhook import (
    BY_UID,
    COUNT,
    OVERLAP_SECONDS,
    OVERLAP_SECONDS_MAX,
    PAGE,
    WEBHOOKS_MAX,
    NewWebhook,
    Webhook,
    WebhookChanges,
    check_events,
    check_webhook,
    webhook_of,
)

_OF_ROW = WebhookRow.id == slot("webhook")
_SECRET = prepare(WebhookRow.select(WebhookRow.secret).where(_OF_ROW))
_CURSOR = prepare(WebhookRow.select(WebhookRow.cursor).where(_OF_ROW))
_ROTATE = prepare(
    WebhookRow.update(
        {
            WebhookRow.secret: slot("secret"),
            WebhookRow.older_secret: slot("older"),
            WebhookRow.older_until: slot("until"),
            WebhookRow.updated_at: slot("now"),
            WebhookRow.version: WebhookRow.version + 1,
        }
    ).where(_OF_ROW)
)
_EMPTY = prepare(
    WebhookRow.update(
        {
            WebhookRow.is_deleted: 1,
            WebhookRow.is_active: 0,
            WebhookRow.name: "",
            WebhookRow.url: "",
            WebhookRow.secret: "",
            WebhookRow.older_secret: None,
            WebhookRow.disabled_reason: None,
        }
    ).where(_OF_ROW)
)
_IN_LINE = (DeliveryRow.webhook_id == slot("webhook")) & DeliveryRow.status.in_(UNFINISHED)
_LATER = _IN_LINE & (DeliveryRow.event_number > slot("number"))
_FORGET_ATTEMPTS = prepare(
    AttemptRow.delete().where(
        AttemptRow.delivery_id.in_(DeliveryRow.select(DeliveryRow.id).where(_LATER))
    )
)
_FORGET = prepare(DeliveryRow.delete().where(_LATER))


class Webhooks:
    """The webhooks of one workspace.

    ``allowed`` are the private networks that a URL may lead to; whoever sends looks again.
    """

    def __init__(self, store: Store, scope: Scope, allowed: Sequence[Network] = ()) -> None:
        self._store = store
        self._scope = scope
        self._allowed = allowed

    def create(
        self, *, name: str, url: str, events: Sequence[str], is_active: bool = True
    ) -> NewWebhook:
        """Tell a URL of events from now on: types, or patterns such as ``ticket.*`` and ``*``.

        Raises Invalid, and Conflict where a workspace has 100 of them already.
        """
        values = {"name": name, "url": url, "events": events, "is_active": is_active}
        raise_any(self.check(values))
        secret = new_secret()
        with self._store.transaction() as tx:
            if tx.value(COUNT, workspace=self._scope.workspace_id) >= WEBHOOKS_MAX:
                raise Conflict(f"A workspace has at most {WEBHOOKS_MAX} webhooks")
            uid = new_uid(tx.now)
            tx.insert(
                WebhookRow.insert(
                    uid=uid,
                    workspace_id=self._scope.workspace_id,
                    secret=secret,
                    cursor=_last(tx, self._scope),
                    is_deleted=0,
                    created_at=tx.now,
                    updated_at=tx.now,
                    version=1,
                    **_stored(values),
                )
            )
            self._record(tx, "webhook.created", uid, _shown(values))
            row = tx.all(BY_UID, uid=uid, workspace=self._scope.workspace_id)[0]
            return NewWebhook(webhook_of(row), secret)

    def check(self, values: Mapping[str, object], *, updating: bool = False) -> list[Problem]:
        """Every rule that the values break; nothing is written."""
        problems = check_webhook(values, updating=updating)
        url = values.get("url")
        if isinstance(url, str) and not any(each.param == "url" for each in problems):
            problems += check_destination("url", url, self._allowed)
        return problems

    def get(self, id: str) -> Webhook:
        """The webhook with this id; raises NotFound, and Forbidden for a publishable key."""
        self._refuse_customers()
        with self._store.snapshot() as snap:
            return webhook_of(self._row(snap, id))

    def find(self, id: str) -> Webhook | None:
        """The webhook with this id, or None; raises Forbidden for a publishable key."""
        try:
            return self.get(id)
        except NotFound:
            return None

    def list(
        self, *, page: int = 1, page_size: int = PAGE_SIZE_DEFAULT, cursor: str | None = None
    ) -> Page[Webhook]:
        """The webhooks, oldest first; raises Forbidden for a publishable key."""
        self._refuse_customers()
        workspace = self._scope.workspace_id
        query = ("webhooks", workspace)
        window = open_window(page, page_size, cursor, query, 1)
        after = 0 if window.after is None else window.after[0]
        part = {"after": after, "limit": window.size + 1, "offset": window.offset}
        with self._store.snapshot() as snap:
            rows = snap.all(PAGE, workspace=workspace, **part)
            total = snap.value(COUNT, workspace=workspace)
        found = [webhook_of(row) for row in rows]
        return close_page(found, [(row[0],) for row in rows], total, window, query)

    def update(
        self, id: str, *, expected_version: int | None = None, **changes: Unpack[WebhookChanges]
    ) -> Webhook:
        """Change a webhook. Raises Invalid, NotFound, StaleVersion.

        One that is turned on again goes on where it stopped. With that or another URL, what waits
        to be tried again is due at once. Other events are told of from now on.
        """
        raise_any(self.check(changes, updating=True))
        with self._store.transaction() as tx:
            row = self._row(tx, id)
            before = webhook_of(row)
            _expect(before, expected_version)
            made = events.difference(_shown_of(before), _shown(changes))
            if not made:
                return before
            columns: dict[str, object] = _stored(changes)
            turned_on = changes.get("is_active", False) and not before.is_active
            if turned_on or changes.get("url", before.url) != before.url:
                columns |= {"failing_since": None, "disabled_at": None, "disabled_reason": None}
                tx.run(SOONER, webhook=row[0], now=tx.now)
            if "events" in made:
                catch_up(tx, row[0])
            self._write(tx, row, columns)
            self._record(tx, "webhook.updated", row[1], {"name": before.name}, made)
            return webhook_of(self._row(tx, id))

    def delete(self, id: str, *, expected_version: int | None = None) -> None:
        """Tell nobody any more, what is still in line included. Raises NotFound, StaleVersion."""
        with self._store.transaction(reserved=True) as tx:
            row = self._row(tx, id)
            _expect(webhook_of(row), expected_version)
            tx.run(_EMPTY, webhook=row[0])
            self._record(tx, "webhook.deleted", row[1], {"name": row[2], "url": row[3]})

    def rotate(self, id: str, *, overlap_seconds: int = OVERLAP_SECONDS) -> NewWebhook:
        """Give a webhook a new secret; the present one signs too for so many seconds.

        At most 90 days. Never more than two are valid. Raises Invalid, NotFound.
        """
        raise_any(check_integer("overlap_seconds", overlap_seconds, 0, OVERLAP_SECONDS_MAX))
        secret = new_secret()
        with self._store.transaction() as tx:
            row = self._row(tx, id)
            until = tx.now + overlap_seconds
            older = tx.value(_SECRET, webhook=row[0]) if overlap_seconds else None
            values = {"secret": secret, "older": older, "until": until if older else None}
            tx.run(_ROTATE, webhook=row[0], now=max(tx.now, row[9]), **values)
            self._record(tx, "webhook.rotated", row[1], {"name": row[2]})
            return NewWebhook(webhook_of(self._row(tx, id)), secret)

    def test(self, id: str) -> Delivery:
        """Put a sample (``webhook.test``) in line, to be tried once; also if it is turned off.

        Raises NotFound, and Conflict where 100 are in line already.
        """
        with self._store.transaction(brief=True) as tx:
            row = self._row(tx, id)
            return deliveries.add_test(tx, self._scope, row[0], id)

    def deliveries(
        self,
        id: str,
        *,
        status: str | None = None,
        page: int = 1,
        page_size: int = PAGE_SIZE_DEFAULT,
        cursor: str | None = None,
    ) -> Page[Delivery]:
        """What was or is to be sent to a webhook, newest first, with each attempt.

        ``status`` is pending, delivered or failed. What is done stays for 30 days. Raises Invalid,
        NotFound, and Forbidden for a publishable key.
        """
        self._refuse_customers()
        with self._store.snapshot() as snap:
            row = self._row(snap, id)
            return deliveries.listed(
                snap, self._scope, row, status, page=page, page_size=page_size, cursor=cursor
            )

    def redeliver(self, id: str, delivery_id: str) -> Delivery:
        """Put what was delivered or has failed in line again, ahead of what came later.

        Raises NotFound, and Conflict for what is in line.
        """
        with self._store.transaction(brief=True) as tx:
            return deliveries.redeliver(tx, self._scope, self._row(tx, id), delivery_id)

    def replay(self, id: str, *, after: str) -> Webhook:
        """Deliver everything after an event (its id) again, and what is in line in its turn.

        Raises NotFound, and Invalid for an id that is no event's of this workspace.
        """
        with self._store.transaction() as tx:
            row = self._row(tx, id)
            number = events.event_number(events.salt_of(tx, self._scope.workspace_id), after)
            if number > _last(tx, self._scope):
                raise Invalid([Problem("after", "PARAMETER_INVALID", "must be the id of an event")])
            if number < tx.value(_CURSOR, webhook=row[0]):
                tx.run(_FORGET_ATTEMPTS, webhook=row[0], number=number)
                tx.run(_FORGET, webhook=row[0], number=number)
                tx.run(MOVE_CURSOR, webhook=row[0], cursor=number)
            return webhook_of(row)

    def listen(
        self, *, events: Sequence[str] = ("*",), after: str | None = None, secret: str | None = None
    ) -> Listener:
        """What a webhook would be sent, from now on or ``after`` an event, for whoever tries one.

        Nothing is stored. ``secret`` (``whsec_...``) is a new one if not given. Raises Invalid, and
        Forbidden for a publishable key.
        """
        self._refuse_customers()
        raise_any(check_events("events", events))
        raise_any([] if secret is None else check_secret("secret", secret))
        return Listener(self._store, self._scope, tuple(events), after, secret or new_secret())

    def _refuse_customers(self) -> None:
        if not self._scope.internal:
            raise Forbidden("A publishable key does not open the webhooks")
        if self._scope.role not in (None, "owner"):
            raise Forbidden("Only an owner opens the webhooks")

    def _row(self, snap: Snapshot, id: str) -> SqlRow:
        uid = required_uid("webhook", id)
        row = snap.first(BY_UID, uid=uid, workspace=self._scope.workspace_id)
        if row is None:
            raise NotFound("webhook", id)
        return row

    def _write(self, tx: Transaction, row: SqlRow, columns: Mapping[str, object]) -> None:
        stored = {**columns, "updated_at": max(tx.now, row[9]), "version": row[10] + 1}
        tx.run(WebhookRow.update(stored).where(WebhookRow.id == row[0]))

    def _record(
        self,
        tx: Transaction,
        type: str,
        uid: bytes,
        data: Mapping[str, Any],
        changes: events.Changes | None = None,
    ) -> None:
        events.record(tx, self._scope, type, uid, data=data, changes=changes)


def _last(snap: Snapshot, scope: Scope) -> int:
    return events.last_number(snap, scope.workspace_id)


def _expect(webhook: Webhook, version: int | None) -> None:
    if version not in (None, webhook.version):
        raise StaleVersion(f"The webhook is at version {webhook.version}")


def _stored(values: Mapping[str, object]) -> dict[str, object]:
    stored = dict(values)
    if "events" in stored:
        stored["events"] = json.dumps(list(stored["events"]))  # type: ignore[call-overload]
    if "is_active" in stored:
        stored["is_active"] = int(bool(stored["is_active"]))
    return stored


def _shown(values: Mapping[str, object]) -> dict[str, object]:
    """The values as an event shows them."""
    shown = {"isActive" if name == "is_active" else name: each for name, each in values.items()}
    if "events" in shown:
        shown["events"] = list(shown["events"])  # type: ignore[call-overload]
    return shown


def _shown_of(webhook: Webhook) -> dict[str, object]:
    return {
        "name": webhook.name,
        "url": webhook.url,
        "events": list(webhook.events),
        "isActive": webhook.is_active,
    }
