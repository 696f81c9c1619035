"""How events become deliveries: each webhook follows the log of its workspace with a cursor.

A webhook has at most ``WINDOW`` unfinished deliveries. What is behind them stays in the log until
there is room, so that a receiver that is dead costs nothing that grows.
"""

from peewee import EXCLUDED, fn

from cstar_core.events import told
from cstar_core.store import Snapshot, Store, Transaction, prepare, slot
from cstar_core.tables import DeliveryRow, EventRow, WebhookRow
from cstar_core.webhooks.delivery import DELIVERED, DUE, UNFINISHED, WAITING
from cstar_core.webhooks.webhook import codes

WINDOW = 1_000
# Of a full window something is due so soon: it shows that a receiver is back, on which all wait.
PROBE_SECONDS = 600
# In one step so many events of a webhook become deliveries, and so many of all: what is due is not
# sent meanwhile.
_AT_ONCE = 100
_IN_ALL = 1_000
_AT_LEAST = 10
# A cursor that passes over what its webhook is not told of is written now and then only.
_SLACK = 1_000

_STATE = (WebhookRow.workspace_id, WebhookRow.events, WebhookRow.cursor)
_LAST = EventRow.select(fn.MAX(EventRow.number)).where(
    EventRow.workspace_id == WebhookRow.workspace_id
)
_BEHIND = prepare(
    WebhookRow.select(WebhookRow.id, *_STATE, _LAST).where(
        (WebhookRow.is_active == 1) & (WebhookRow.cursor < _LAST)
    )
)
_OF_ROW = WebhookRow.id == slot("webhook")
_ONE = prepare(WebhookRow.select(*_STATE).where(_OF_ROW & (WebhookRow.is_active == 1)))
_ANY = prepare(WebhookRow.select(*_STATE).where(_OF_ROW))
MOVE_CURSOR = prepare(WebhookRow.update({WebhookRow.cursor: slot("cursor")}).where(_OF_ROW))
_OF_WEBHOOK = DeliveryRow.webhook_id == slot("webhook")
IN_LINE = prepare(
    DeliveryRow.select(fn.COUNT(1)).where(_OF_WEBHOOK & DeliveryRow.status.in_(UNFINISHED))
)
_EARLIEST = prepare(
    DeliveryRow.select(DeliveryRow.id, DeliveryRow.due_at)
    .where(_OF_WEBHOOK & (DeliveryRow.status == DUE))
    .order_by(DeliveryRow.due_at, DeliveryRow.id)
    .limit(1)
)
# A try that is made ahead of its time does not count.
_PULL = prepare(
    DeliveryRow.update(
        {DeliveryRow.due_at: slot("due"), DeliveryRow.tries: fn.MAX(DeliveryRow.tries - 1, 0)}
    ).where((DeliveryRow.id == slot("delivery")) & (DeliveryRow.due_at > slot("due")))
)
_IN_LANE = prepare(
    DeliveryRow.select(DeliveryRow.id)
    .where(_OF_WEBHOOK & (DeliveryRow.lane == slot("lane")) & (DeliveryRow.status < DELIVERED))
    .limit(1)
)
_NAMES = (
    *("webhook_id", "event_number", "lane", "type", "status", "due_at"),
    *("attempts", "tries", "created_at", "finished_at"),
)
# What was done already is done again: only a replay comes by it twice.
_ADD = prepare(
    DeliveryRow.insert_many(
        [[slot(name) for name in _NAMES]], fields=[getattr(DeliveryRow, name) for name in _NAMES]
    ).on_conflict(
        conflict_target=(DeliveryRow.webhook_id, DeliveryRow.event_number),
        update={
            DeliveryRow.status: EXCLUDED.status,
            DeliveryRow.due_at: EXCLUDED.due_at,
            DeliveryRow.tries: 0,
            DeliveryRow.finished_at: None,
        },
        where=DeliveryRow.status >= DELIVERED,
    )
)


def fill(store: Store) -> bool:
    """Turn events into deliveries, 10 to 100 of each webhook; whether there are more."""
    behind: list[int] = []
    far: list[int] = []
    with store.snapshot() as snap:
        for webhook, workspace, patterns, cursor, last in snap.all(_BEHIND):
            rows, reached = told(snap, workspace, codes(patterns), cursor, 1)
            if not rows and reached == last and last - cursor < _SLACK:
                continue
            if snap.value(IN_LINE, webhook=webhook) < WINDOW:
                behind.append(webhook)
            else:
                far += _far(snap, webhook, store.now() + PROBE_SECONDS)
    for delivery in far:
        with store.transaction(brief=True) as tx:
            tx.run(_PULL, delivery=delivery, due=tx.now + PROBE_SECONDS)
    at_once = min(_AT_ONCE, max(_AT_LEAST, _IN_ALL // max(1, len(behind))))
    more = False
    for webhook in behind:
        with store.transaction(brief=True) as tx:
            more |= _fill_one(tx, webhook, at_once)
    return more


def _far(snap: Snapshot, webhook: int, soon: int) -> list[int]:
    """The first delivery that is due, unless it is soon."""
    return [row[0] for row in snap.all(_EARLIEST, webhook=webhook) if row[1] > soon]


def catch_up(tx: Transaction, webhook: int) -> None:
    """Before its types change: pass over what a webhook is not told of so far.

    What it is still to be told of stays, and then what came after that is told by the new types.
    """
    workspace, patterns, cursor = tx.all(_ANY, webhook=webhook)[0]
    rows, reached = told(tx, workspace, codes(patterns), cursor, 1)
    while not rows and reached > cursor:
        cursor = reached
        rows, reached = told(tx, workspace, codes(patterns), cursor, 1)
    tx.run(MOVE_CURSOR, webhook=webhook, cursor=rows[0][0] - 1 if rows else reached)


def _fill_one(tx: Transaction, webhook: int, at_once: int) -> bool:
    row = tx.first(_ONE, webhook=webhook)
    room = WINDOW - tx.value(IN_LINE, webhook=webhook)
    if row is None or room <= 0:
        return False
    workspace, patterns, cursor = row
    rows, reached = told(tx, workspace, codes(patterns), cursor, min(room, at_once))
    for number, type, ticket, uid in rows:
        lane = uid if ticket is None else int(ticket).to_bytes(8, "big")
        held = tx.first(_IN_LANE, webhook=webhook, lane=lane) is not None
        tx.run(
            _ADD,
            webhook_id=webhook,
            event_number=number,
            lane=lane,
            type=type,
            status=WAITING if held else DUE,
            due_at=tx.now,
            attempts=0,
            tries=0,
            created_at=tx.now,
            finished_at=None,
        )
    if reached > cursor:
        tx.run(MOVE_CURSOR, webhook=webhook, cursor=reached)
    return len(rows) == at_once or (not rows and reached > cursor)
