"""How far behind the deliveries are: numbers to watch."""

from dataclasses import dataclass

from peewee import fn

from cstar_core.events import how_many_told, told
from cstar_core.store import Snapshot, prepare, slot
from cstar_core.tables import DeliveryRow, EventRow, WebhookRow
from cstar_core.webhooks.delivery import FAILED, UNFINISHED
from cstar_core.webhooks.webhook import codes

# A replay of a long log is a backlog of millions, and whoever watches asks again and again.
COUNTED_MAX = 10_000


@dataclass(frozen=True, slots=True)
class Backlog:
    """What all webhooks of a desk have still to be told.

    ``undelivered`` counts events times webhooks that are on: what is in line for each, and of what
    is behind that 10,000 at most. ``oldest_at`` is the instant of the oldest of them in seconds
    since 1970, None if there is none. ``failed`` counts what was given up in the last 30 days,
    ``active`` and ``disabled`` webhooks that are on and that were turned off by themselves.
    """

    undelivered: int
    oldest_at: int | None
    failed: int
    active: int
    disabled: int


_ACTIVE = prepare(
    WebhookRow.select(
        WebhookRow.id, WebhookRow.workspace_id, WebhookRow.events, WebhookRow.cursor
    ).where(WebhookRow.is_active == 1)
)
_IN_LINE = DeliveryRow.status.in_(UNFINISHED) & DeliveryRow.event_number.is_null(False)
_PENDING = prepare(
    DeliveryRow.select(fn.COUNT(1), fn.MIN(DeliveryRow.event_number)).where(
        (DeliveryRow.webhook_id == slot("webhook")) & _IN_LINE
    )
)
_CREATED_AT = prepare(
    EventRow.select(EventRow.created_at).where(
        (EventRow.workspace_id == slot("workspace")) & (EventRow.number == slot("number"))
    )
)
_FAILURES = DeliveryRow.select(fn.COUNT(1)).where(
    (DeliveryRow.webhook_id == WebhookRow.id) & (DeliveryRow.status == FAILED)
)
_FAILED = prepare(
    WebhookRow.select(fn.COALESCE(fn.SUM(_FAILURES), 0)).where(WebhookRow.is_deleted == 0)
)
_DISABLED = prepare(
    WebhookRow.select(fn.COUNT(1)).where(
        (WebhookRow.is_active == 0) & WebhookRow.disabled_at.is_null(False)
    )
)


def read_backlog(snap: Snapshot) -> Backlog:
    """The backlog of one moment. What it costs grows with the webhooks, not with the log."""
    found = [_behind(snap, *row) for row in snap.all(_ACTIVE)]
    return Backlog(
        undelivered=sum(number for number, _ in found),
        oldest_at=min((at for _, at in found if at is not None), default=None),
        failed=snap.value(_FAILED),
        active=len(found),
        disabled=snap.value(_DISABLED),
    )


def _behind(
    snap: Snapshot, webhook: int, workspace: int, patterns: str, cursor: int
) -> tuple[int, int | None]:
    pending, first = snap.all(_PENDING, webhook=webhook)[0]
    waiting = how_many_told(snap, workspace, codes(patterns), cursor, COUNTED_MAX)
    while first is None and waiting:
        rows, cursor = told(snap, workspace, codes(patterns), cursor, 1)
        first = rows[0][0] if rows else None
    at = None if first is None else snap.value(_CREATED_AT, workspace=workspace, number=first)
    return pending + waiting, at
