"""What delivers: one program at a time takes what is due, sends it, and notes what came back.

Nothing is sent inside a transaction, and nothing that was sent is forgotten: until what came of it
is committed, a delivery is in line, and is sent again after a crash.
"""

import logging
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain, count, islice, zip_longest

from peewee import Case, fn

from cstar_core.beside import held_alone
from cstar_core.clock import Clock, to_seconds
from cstar_core.errors import HelpdeskError
from cstar_core.ids import public_id
from cstar_core.store import (
    EngineError,
    Prepared,
    Snapshot,
    SqlRow,
    Store,
    Transaction,
    is_of_one_row,
    prepare,
    slot,
)
from cstar_core.tables import AttemptRow, DeliveryRow, WebhookRow
from cstar_core.webhooks.delivery import DUE, UNFINISHED
from cstar_core.webhooks.filling import fill
from cstar_core.webhooks.parcels import DUE_OF_WEBHOOK, SENDABLE, Parcel, parcel
from cstar_core.webhooks.recording import (
    DisabledWebhook,
    Pace,
    Received,
    postpone,
    record,
)

__all__ = ["Outbox", "Parcel", "Received", "Send", "deliver_due", "open_outbox"]

Send = Callable[[str, Mapping[str, str], bytes], Received]

log = logging.getLogger("cstar.webhooks")

# What is wrong with the file or the disk is wrong for all deliveries, and may pass.
_OF_ALL = (HelpdeskError, EngineError)

KEPT_SECONDS = 30 * 86_400
# Of those in flight at once, a webhook has at most so many; one that fails has one, and all that
# fail or are slow have half, so that what hangs leaves room for the others.
PER_WEBHOOK = 4
SLOW_SECONDS = 1.0
_PRUNED_AT_ONCE = 500
_HURRIED_AT_ONCE = 500
_LEEWAY_SECONDS = 60

_SOON = (
    (DeliveryRow.webhook_id == WebhookRow.id)
    & (DeliveryRow.status == DUE)
    & (DeliveryRow.due_at <= slot("now"))
    & ((WebhookRow.is_active == 1) | DeliveryRow.event_number.is_null())
)
_SENDABLE = prepare(
    SENDABLE.where(
        (WebhookRow.is_deleted == 0) & fn.EXISTS(DeliveryRow.select(DeliveryRow.id).where(_SOON))
    ).order_by(WebhookRow.id)
)
_OLD = DeliveryRow.finished_at <= slot("before")
_OLD_ONES = prepare(
    DeliveryRow.select(DeliveryRow.id)
    .where(_OLD)
    .order_by(DeliveryRow.finished_at)
    .limit(_PRUNED_AT_ONCE)
)
_HURRY = prepare(
    DeliveryRow.update({DeliveryRow.due_at: slot("now")}).where(DeliveryRow.id == slot("delivery"))
)
_DELETED = prepare(WebhookRow.select(WebhookRow.id).where(WebhookRow.is_deleted == 1))
_OF_DELETED = prepare(
    DeliveryRow.select(DeliveryRow.id)
    .where(DeliveryRow.webhook_id == slot("webhook"))
    .limit(_PRUNED_AT_ONCE)
)


@dataclass(frozen=True, slots=True)
class _Unmade:
    """What is noted if a request cannot be made; that is a fault of this program."""

    status: int | None = None
    body: bytes = b""
    error: str | None = "the request could not be made"
    seconds: float = 0.0


class Outbox:
    """What is to be delivered, for the one thread that sees to it; ``open_outbox`` makes it."""

    def __init__(self, store: Store, clock: Clock, pace: Pace) -> None:
        self._store = store
        self._clock = clock
        self._pace = pace
        self._too_late = _too_late(pace)
        self._flying: dict[int, int] = {}  # the webhook of each delivery that was taken
        self._poor: set[int] = set()  # those of them whose webhook was failing or slow
        self._slow: set[int] = set()  # webhooks whose last answer took long
        self._served: dict[int, int] = {}  # when each webhook had its last turn: a count
        self._turns = count(1)

    @property
    def flying(self) -> int:
        """How many were taken and not settled yet."""
        return len(self._flying)

    @contextmanager
    def changes(self) -> Iterator[Callable[[], int]]:
        """A function whose number differs once somebody has written; it takes microseconds."""
        with self._store.changes() as number:
            yield number

    def fill(self) -> bool:
        """Turn events into deliveries, 10 to 100 of each webhook; whether there are more."""
        return fill(self._store)

    def take(self, limit: int) -> list[Parcel]:
        """What to send now, so that at most ``limit`` are on their way; webhooks take turns.

        What cannot be made is noted as a failed attempt, and logged.
        """
        while True:
            now = to_seconds(self._clock())
            chosen, unmade = self._choose(now, limit)
            if not unmade:
                break
            self.settle([(each, _Unmade()) for each in unmade])
        for webhook, each in chosen:
            self._flying[each.delivery] = each.webhook
            if self._is_poor(webhook):
                self._poor.add(each.delivery)
            self._served[each.webhook] = next(self._turns)
        return [each for _, each in chosen]

    def settle(self, outcomes: Sequence[tuple[Parcel, Received]]) -> list[DisabledWebhook]:
        """Note what came back; the webhooks that this turned off.

        What cannot be noted counts as a failed attempt, and is logged. Raises Busy and StorageFull;
        then it is to be tried again, and the parcels stay taken.
        """
        with self._store.transaction(brief=True) as tx:
            found = [self._record(tx, each, received) for each, received in outcomes]
        for each, received in outcomes:
            self._flying.pop(each.delivery, None)
            self._poor.discard(each.delivery)
            change = self._slow.add if received.seconds > SLOW_SECONDS else self._slow.discard
            change(each.webhook)
        return [webhook for webhook in found if webhook is not None]

    def hurry(self) -> bool:
        """Let 500 be due that would wait for long since the clock was set back; whether any."""
        now = to_seconds(self._clock())
        with self._store.snapshot() as snap:
            found = snap.all(self._too_late, soon=now + _LEEWAY_SECONDS)
        if found:
            with self._store.transaction(brief=True) as tx:
                for (delivery,) in found:
                    tx.run(_HURRY, delivery=delivery, now=now)
        return bool(found)

    def prune(self) -> bool:
        """Forget 500 of what was finished 30 days ago or whose webhook is deleted; whether any."""
        with self._store.transaction(brief=True) as tx:
            keys = [row[0] for row in tx.all(_OLD_ONES, before=tx.now - KEPT_SECONDS)]
            for (webhook,) in () if keys else tx.all(_DELETED):
                keys = [row[0] for row in tx.all(_OF_DELETED, webhook=webhook)]
                if keys:
                    break
                tx.run(WebhookRow.delete().where(WebhookRow.id == webhook))
            if keys:
                tx.run(AttemptRow.delete().where(AttemptRow.delivery_id.in_(keys)))
                tx.run(DeliveryRow.delete().where(DeliveryRow.id.in_(keys)))
        return bool(keys)

    def _choose(self, now: int, limit: int) -> tuple[list[tuple[SqlRow, Parcel]], list[Parcel]]:
        """What to send, each with its webhook; and of what that could not be made."""
        room = limit - len(self._flying)
        chosen: list[tuple[SqlRow, Parcel]] = []
        unmade: list[Parcel] = []
        if room <= 0:
            return chosen, unmade
        with self._store.snapshot() as snap:
            queues = self._queues(snap, now, limit, room)
            turns = filter(None, chain.from_iterable(zip_longest(*queues)))
            for webhook, row in islice(turns, room):
                try:
                    chosen.append((webhook, parcel(snap, webhook, row, now)))
                except Exception as error:
                    if isinstance(error, _OF_ALL) and not is_of_one_row(error):
                        raise
                    id = public_id("webhook", webhook[1])
                    log.exception("a request to webhook %s could not be made", id)
                    unmade.append(Parcel(row[0], webhook[0], webhook[3], {}, b"", now))
        return chosen, unmade

    def _record(self, tx: Transaction, sent: Parcel, received: Received) -> DisabledWebhook | None:
        try:
            with self._store.transaction():  # what it wrote is taken back alone
                return record(tx, sent, received, self._pace)
        except _OF_ALL:
            raise
        except Exception:
            id = sent.headers.get("X-Webhook-ID")
            log.exception("what was answered to webhook %s could not be noted", id)
            postpone(tx, sent, self._pace)
            return None

    def _queues(
        self, snap: Snapshot, now: int, limit: int, room: int
    ) -> list[list[tuple[SqlRow, SqlRow]]]:
        """What is ready of each webhook; the one whose last turn is longest ago comes first."""
        webhooks = snap.all(_SENDABLE, now=now)
        webhooks.sort(key=lambda row: self._served.get(row[0], 0))
        flying = Counter(self._flying.values())
        poor = max(1, limit // 2) - len(self._poor)
        queues: list[list[tuple[SqlRow, SqlRow]]] = []
        for webhook in webhooks:
            if len(queues) >= room:
                break
            most = PER_WEBHOOK if webhook[7] is None else 1
            ready = self._ready(snap, webhook, now, flying[webhook[0]], most)
            if self._is_poor(webhook):
                ready = ready[: max(0, poor)]
                poor -= len(ready)
            if ready:
                queues.append([(webhook, row) for row in ready])
        return queues

    def _is_poor(self, webhook: SqlRow) -> bool:
        return webhook[7] is not None or webhook[0] in self._slow

    def _ready(
        self, snap: Snapshot, webhook: SqlRow, now: int, flying: int, most: int
    ) -> list[SqlRow]:
        if flying >= most:
            return []
        rows = snap.all(
            DUE_OF_WEBHOOK, webhook=webhook[0], now=now, active=webhook[8], limit=most + flying
        )
        return [row for row in rows if row[0] not in self._flying][: most - flying]


def _too_late(pace: Pace) -> Prepared:
    """What is due later than it can be after so many tries: its instant is of another clock.

    Or after one more: a try that is made ahead of its time was taken off.
    """
    waits = pace.longest() or [0]
    wait = Case(DeliveryRow.tries, tuple(enumerate(waits)), waits[-1])
    return prepare(
        DeliveryRow.select(DeliveryRow.id)
        .where(
            DeliveryRow.webhook_id.in_(WebhookRow.select(WebhookRow.id))
            & DeliveryRow.status.in_(UNFINISHED)
            & (DeliveryRow.due_at - wait > slot("soon"))
        )
        .limit(_HURRIED_AT_ONCE)
    )


@contextmanager
def open_outbox(store: Store, clock: Clock, pace: Pace) -> Iterator[Outbox]:
    """The outbox, for the only one who delivers; raises Busy while another program does."""
    with held_alone(store.path, "webhooks", "Another program delivers the webhooks of this desk."):
        yield Outbox(store, clock, pace)


def deliver_due(outbox: Outbox, send: Send) -> int:
    """Deliver everything that is due, one after another; how many attempts that took."""
    made = 0
    while outbox.hurry():
        continue
    while True:
        more = outbox.fill()
        parcels = outbox.take(1)
        for each in parcels:
            outbox.settle([(each, send(each.url, each.headers, each.body))])
        made += len(parcels)
        if not parcels and not more:
            while outbox.prune():
                continue
            return made
