"""What becomes of a delivery after an attempt: done, tried again later, or given up."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from peewee import fn

from cstar_core import events
from cstar_core.clock import from_seconds
from cstar_core.ids import public_id
from cstar_core.scope import Scope
from cstar_core.store import Transaction, prepare, prepare_insert, slot
from cstar_core.tables import AttemptRow, DeliveryRow, TeamRow, WebhookRow, WorkspaceRow
from cstar_core.webhooks.delivery import DELIVERED, FAILED, SOONER, UNFINISHED, first_in_lane
from cstar_core.webhooks.filling import IN_LINE, PROBE_SECONDS, WINDOW
from cstar_core.webhooks.parcels import Parcel

ANSWER_MAX = 4096
_ERROR_MAX = 500
_GONE = 410


class Received(Protocol):
    """What an attempt got: an answer with a ``status``, or an ``error``."""

    @property
    def status(self) -> int | None:
        """The status of the answer; None if there was none."""
        ...

    @property
    def body(self) -> bytes:
        """The beginning of the answer."""
        ...

    @property
    def error(self) -> str | None:
        """Why there was no answer, or why it does not count."""
        ...

    @property
    def seconds(self) -> float:
        """How long it took."""
        ...


@dataclass(frozen=True, slots=True)
class Pace:
    """When to try again: so many seconds after each failure, and at most ``jitter`` more.

    ``jitter`` is a share of them. A webhook that has failed for ``give_up`` seconds, with no
    success between, is turned off. ``chance`` gives a number from 0 to 1.
    """

    retries: tuple[int, ...] = (30, 120, 600, 3_600, 21_600, 86_400)
    jitter: float = 0.1
    give_up: int = 3 * 86_400
    chance: Callable[[], float] = field(default=random.random, repr=False)

    def wait(self, tries: int) -> int | None:
        """Seconds until the next try after so many that failed; None if that was the last."""
        if tries > len(self.retries):
            return None
        return round(self.retries[tries - 1] * (1 + self.jitter * self.chance()))

    def longest(self) -> list[int]:
        """How many seconds the next try is off at most, after one that failed, two, and so on."""
        return [round(each * (1 + self.jitter)) for each in self.retries]


@dataclass(frozen=True, slots=True)
class DisabledWebhook:
    """A webhook that was just turned off, and why."""

    id: str
    reason: str


_OF_ROW = DeliveryRow.id == slot("delivery")
_STATE = prepare(
    DeliveryRow.select(
        DeliveryRow.id,
        DeliveryRow.webhook_id,
        DeliveryRow.status,
        DeliveryRow.tries,
        DeliveryRow.attempts,
        DeliveryRow.lane,
        DeliveryRow.event_number,
        DeliveryRow.due_at,
        WebhookRow.url,
        WebhookRow.failing_since,
    )
    .join(WebhookRow, on=(WebhookRow.id == DeliveryRow.webhook_id))
    .where(_OF_ROW)
)
_ATTEMPT = prepare_insert(
    AttemptRow,
    ("delivery_id", "number", "attempted_at", "status", "error", "answer", "milliseconds"),
)
_MOVE = prepare(
    DeliveryRow.update(
        {
            DeliveryRow.status: slot("status"),
            DeliveryRow.due_at: slot("due"),
            DeliveryRow.tries: slot("tries"),
            DeliveryRow.attempts: slot("attempts"),
            DeliveryRow.finished_at: slot("finished"),
        }
    ).where(_OF_ROW)
)
_WEBHOOK = WebhookRow.id == slot("webhook")
_SUCCEEDS = prepare(
    WebhookRow.update({WebhookRow.failing_since: None}).where(
        _WEBHOOK & WebhookRow.failing_since.is_null(False)
    )
)
_FAILS = prepare(
    WebhookRow.update(
        {WebhookRow.failing_since: fn.COALESCE(WebhookRow.failing_since, slot("now"))}
    ).where(_WEBHOOK)
)
_OF_WEBHOOK = prepare(
    WebhookRow.select(
        WebhookRow.uid,
        WebhookRow.name,
        WebhookRow.failing_since,
        WebhookRow.workspace_id,
        WorkspaceRow.team_id,
        TeamRow.name,
        WorkspaceRow.environment,
    )
    .join(WorkspaceRow, on=(WorkspaceRow.id == WebhookRow.workspace_id))
    .join(TeamRow, on=(TeamRow.id == WorkspaceRow.team_id))
    .where(_WEBHOOK & (WebhookRow.is_active == 1))
)
_DISABLE = prepare(
    WebhookRow.update(
        {
            WebhookRow.is_active: 0,
            WebhookRow.disabled_at: slot("now"),
            WebhookRow.disabled_reason: slot("reason"),
            WebhookRow.updated_at: fn.MAX(WebhookRow.updated_at, slot("now")),
            WebhookRow.version: WebhookRow.version + 1,
        }
    ).where(_WEBHOOK)
)


class _InLine(NamedTuple):
    """A delivery that was attempted and is still in line, when what came of it is noted."""

    key: int
    webhook: int
    status: int
    tries: int
    attempts: int
    lane: bytes
    number: int | None
    due_at: int
    url: str
    failing_since: int | None


def record(tx: Transaction, sent: Parcel, received: Received, pace: Pace) -> DisabledWebhook | None:
    """Note what an attempt got; the webhook, if it is turned off by that.

    Nothing is noted of a delivery that is no longer in line.
    """
    each = _in_line(tx, sent)
    if each is None:
        return None
    _note(tx, each, sent.sent_at, received)
    if received.error is None and received.status is not None and 200 <= received.status < 300:
        _succeed(tx, each)
        return None
    return _fail(tx, each, sent, received, pace)


def postpone(tx: Transaction, sent: Parcel, pace: Pace) -> None:
    """Count an attempt as a failed one, where what it got cannot be noted."""
    each = _in_line(tx, sent)
    if each is not None:
        _again(tx, each, pace)


def _in_line(tx: Transaction, sent: Parcel) -> _InLine | None:
    row = tx.first(_STATE, delivery=sent.delivery)
    return None if row is None or row[2] not in UNFINISHED else _InLine(*row)


def _succeed(tx: Transaction, each: _InLine) -> None:
    _move(tx, each, DELIVERED, each.due_at, each.tries + 1)
    if each.number is None:  # a test tells nothing of the events
        return
    tx.run(_SUCCEEDS, webhook=each.webhook)
    first_in_lane(tx, each.webhook, each.lane)
    if each.failing_since is not None and tx.now - each.failing_since >= PROBE_SECONDS:
        _go_on(tx, each.webhook)


def _fail(
    tx: Transaction, each: _InLine, sent: Parcel, received: Received, pace: Pace
) -> DisabledWebhook | None:
    if each.number is None:
        _again(tx, each, pace)
        return None
    if each.url != sent.url:  # it says nothing of the receiver that there is now
        _move(tx, each, each.status, tx.now, 0)
        return None
    tx.run(_FAILS, webhook=each.webhook, now=tx.now)
    if received.status == _GONE:
        # It was not refused for what it holds: if the webhook is turned on again, it is the first.
        _move(tx, each, each.status, tx.now, 0)
        return _disable(tx, each.webhook, "The receiver answered 410 Gone", None)
    _again(tx, each, pace)
    return _disable(tx, each.webhook, "No delivery has succeeded since", pace.give_up)


def _again(tx: Transaction, each: _InLine, pace: Pace) -> None:
    """Let a delivery be due later, or give it up after its last try, the first of a test."""
    wait = None if each.number is None else pace.wait(each.tries + 1)
    if wait is None:
        _move(tx, each, FAILED, each.due_at, each.tries + 1)
        first_in_lane(tx, each.webhook, each.lane)
    else:
        _move(tx, each, each.status, tx.now + wait, each.tries + 1)


def _move(tx: Transaction, each: _InLine, status: int, due: int, tries: int) -> None:
    finished = None if status in UNFINISHED else tx.now
    attempts = each.attempts + 1
    tx.run(
        _MOVE,
        delivery=each.key,
        status=status,
        due=due,
        tries=tries,
        attempts=attempts,
        finished=finished,
    )


def _go_on(tx: Transaction, webhook: int) -> None:
    """The receiver is back: what fills the window is not to keep what is behind it waiting."""
    if tx.value(IN_LINE, webhook=webhook) >= WINDOW - 1:
        tx.run(SOONER, webhook=webhook, now=tx.now)


def _note(tx: Transaction, each: _InLine, sent_at: int, received: Received) -> None:
    number = each.attempts + 1
    error = None if received.error is None else received.error[:_ERROR_MAX]
    answer = received.body[:ANSWER_MAX]
    milliseconds = round(received.seconds * 1000)
    tx.many(_ATTEMPT, [(each.key, number, sent_at, received.status, error, answer, milliseconds)])


def _disable(
    tx: Transaction, webhook: int, reason: str, after: int | None
) -> DisabledWebhook | None:
    """Turn a webhook off, unless it has not failed for long enough."""
    row = tx.first(_OF_WEBHOOK, webhook=webhook)
    if row is None:
        return None
    uid, name, failing_since, workspace_id, team_id, team_name, environment = row
    if after is not None:
        if failing_since is None or tx.now - failing_since < after:
            return None
        reason = f"{reason} {from_seconds(failing_since):%Y-%m-%dT%H:%M:%SZ}"
    tx.run(_DISABLE, webhook=webhook, now=tx.now, reason=reason)
    scope = Scope(workspace_id, team_id, team_name, environment)
    events.record(tx, scope, "webhook.disabled", uid, data={"name": name, "reason": reason})
    return DisabledWebhook(public_id("webhook", uid), reason)
