"""Deliveries: one event on its way to one webhook, and what each attempt got."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache, reduce
from itertools import groupby
from typing import Any

from peewee import SQL, Select, fn

from cstar_core.checks import check_choice, raise_any
from cstar_core.clock import from_seconds, from_seconds_or_none
from cstar_core.errors import Conflict, NotFound
from cstar_core.events import EVENT_TYPES, salt_of
from cstar_core.ids import numbered, numbered_id, public_id
from cstar_core.pages import Page, close_page, open_window
from cstar_core.scope import Scope
from cstar_core.store import Prepared, Snapshot, SqlRow, Transaction, paged, prepare, slot
from cstar_core.tables import DELIVERY_STATUSES, AttemptRow, DeliveryRow

TEST_TYPE = "webhook.test"
TESTS_MAX = 100
DUE, WAITING, DELIVERED, FAILED = range(4)
UNFINISHED = (DUE, WAITING)
_STATUSES = ("pending", "pending", "delivered", "failed")


@dataclass(frozen=True, slots=True)
class Attempt:
    """What one attempt got: the ``status`` of the answer and its first 4,096 bytes as text.

    Without an answer ``status`` is None and ``error`` says why. ``seconds`` is how long it took.
    """

    number: int
    attempted_at: datetime
    status: int | None
    error: str | None
    answer: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Delivery:
    """An event on its way to a webhook: pending, delivered or failed.

    ``event_id`` is None for a test. ``next_attempt_at`` is None for what is finished, and for what
    waits until an earlier event of the same ticket is.
    """

    id: str
    webhook_id: str
    event_id: str | None
    type: str
    status: str
    created_at: datetime
    finished_at: datetime | None
    next_attempt_at: datetime | None
    attempts: tuple[Attempt, ...]


_COLUMNS = (
    DeliveryRow.id,
    DeliveryRow.event_number,
    DeliveryRow.type,
    DeliveryRow.status,
    DeliveryRow.due_at,
    DeliveryRow.created_at,
    DeliveryRow.finished_at,
    DeliveryRow.lane,
)
_OF_WEBHOOK = DeliveryRow.webhook_id == slot("webhook")
_OF_ROW = DeliveryRow.id == slot("delivery")
_TESTS = prepare(
    DeliveryRow.select(fn.COUNT(1)).where(
        _OF_WEBHOOK & (DeliveryRow.status == DUE) & DeliveryRow.event_number.is_null()
    )
)
_BY_KEY = prepare(DeliveryRow.select(*_COLUMNS).where(_OF_ROW & _OF_WEBHOOK))
_IN_LANE = _OF_WEBHOOK & (DeliveryRow.lane == slot("lane")) & (DeliveryRow.status < DELIVERED)
_FIRST = prepare(
    DeliveryRow.select(DeliveryRow.id, DeliveryRow.status)
    .where(_IN_LANE)
    .order_by(DeliveryRow.event_number)
    .limit(1)
)
_PROMOTE = prepare(DeliveryRow.update({DeliveryRow.status: DUE}).where(_OF_ROW))
_OTHERS_WAIT = prepare(
    DeliveryRow.update({DeliveryRow.status: WAITING}).where(
        _IN_LANE & (DeliveryRow.id != slot("delivery")) & (DeliveryRow.status == DUE)
    )
)
SOONER = prepare(
    DeliveryRow.update({DeliveryRow.due_at: slot("now"), DeliveryRow.tries: 0}).where(
        _OF_WEBHOOK & DeliveryRow.status.in_(UNFINISHED)
    )
)
_AGAIN = prepare(
    DeliveryRow.update(
        {
            DeliveryRow.status: WAITING,
            DeliveryRow.due_at: slot("now"),
            DeliveryRow.tries: 0,
            DeliveryRow.finished_at: None,
        }
    ).where(_OF_ROW)
)


def add_test(tx: Transaction, scope: Scope, webhook: int, webhook_id: str) -> Delivery:
    """Put a sample in line, in a lane of its own; raises Conflict where 100 are in line."""
    if tx.value(_TESTS, webhook=webhook) >= TESTS_MAX:
        raise Conflict(f"{TESTS_MAX} tests of this webhook are in line already")
    key = tx.insert(
        DeliveryRow.insert(
            webhook_id=webhook,
            event_number=None,
            lane=tx.next_key("deliveries").to_bytes(9, "big"),
            type=None,
            status=DUE,
            due_at=tx.now,
            attempts=0,
            tries=0,
            created_at=tx.now,
        )
    )
    return _get(tx, scope, webhook, webhook_id, key)


def first_in_lane(tx: Transaction, webhook: int, lane: bytes) -> None:
    """Let the earliest unfinished delivery of a lane be due, and the others wait for it."""
    row = tx.first(_FIRST, webhook=webhook, lane=lane)
    if row is not None:
        tx.run(_OTHERS_WAIT, webhook=webhook, lane=lane, delivery=row[0])
        if row[1] != DUE:
            tx.run(_PROMOTE, delivery=row[0])


def redeliver(tx: Transaction, scope: Scope, webhook: SqlRow, delivery_id: str) -> Delivery:
    """Put a finished delivery in line again; raises NotFound, and Conflict for any other."""
    key = numbered("delivery", salt_of(tx, scope.workspace_id), delivery_id)
    row = None if key is None else tx.first(_BY_KEY, webhook=webhook[0], delivery=key)
    if row is None:
        raise NotFound("delivery", delivery_id)
    if row[3] in UNFINISHED:
        raise Conflict("The delivery is in line already")
    tx.run(_AGAIN, delivery=row[0], now=tx.now)
    first_in_lane(tx, webhook[0], row[7])
    return _get(tx, scope, webhook[0], public_id("webhook", webhook[1]), row[0])


def listed(
    snap: Snapshot,
    scope: Scope,
    webhook: SqlRow,
    status: str | None,
    *,
    page: int,
    page_size: int,
    cursor: str | None,
) -> Page[Delivery]:
    """A page of a webhook's deliveries, newest first."""
    raise_any([] if status is None else check_choice("status", status, DELIVERY_STATUSES))
    query = ("deliveries", scope.workspace_id, webhook[0], status)
    window = open_window(page, page_size, cursor, query, 1)
    codes = tuple(code for code, name in enumerate(_STATUSES) if status in (None, name))
    rows_query, count_query = _queries(codes)
    before = 2**63 - 1 if window.after is None else window.after[0]
    part = {"before": before, "limit": window.size + 1, "offset": window.offset}
    rows = snap.all(rows_query, webhook=webhook[0], **part)
    total = snap.value(count_query, webhook=webhook[0])
    found = _deliveries(snap, scope, public_id("webhook", webhook[1]), rows)
    return close_page(found, [(row[0],) for row in rows], total, window, query)


def _get(snap: Snapshot, scope: Scope, webhook: int, webhook_id: str, key: int) -> Delivery:
    rows = snap.all(_BY_KEY, webhook=webhook, delivery=key)
    return _deliveries(snap, scope, webhook_id, rows)[0]


def _deliveries(
    snap: Snapshot, scope: Scope, webhook_id: str, rows: Iterable[SqlRow]
) -> list[Delivery]:
    rows = list(rows)
    salt = salt_of(snap, scope.workspace_id)
    attempts = _attempts(snap, [row[0] for row in rows])
    return [_delivery(salt, webhook_id, row, attempts.get(row[0], ())) for row in rows]


def _attempts(snap: Snapshot, keys: list[int]) -> dict[int, tuple[Attempt, ...]]:
    rows = snap.all(
        AttemptRow.select(
            AttemptRow.delivery_id,
            AttemptRow.number,
            AttemptRow.attempted_at,
            AttemptRow.status,
            AttemptRow.error,
            AttemptRow.answer,
            AttemptRow.milliseconds,
        )
        .where(AttemptRow.delivery_id.in_(keys))
        .order_by(AttemptRow.delivery_id, AttemptRow.number)
    )
    return {
        key: tuple(_attempt(row[1:]) for row in group)
        for key, group in groupby(rows, lambda row: int(row[0]))
    }


def _attempt(row: SqlRow) -> Attempt:
    number, attempted_at, status, error, answer, milliseconds = row
    text = bytes(answer).decode("utf-8", "replace").replace("\0", "\ufffd")
    return Attempt(number, from_seconds(attempted_at), status, error, text, milliseconds / 1000)


def _delivery(salt: bytes, webhook_id: str, row: SqlRow, attempts: tuple[Attempt, ...]) -> Delivery:
    key, number, type, status, due_at, created_at, finished_at, _ = row
    return Delivery(
        id=numbered_id("delivery", salt, key),
        webhook_id=webhook_id,
        event_id=None if number is None else numbered_id("event", salt, number),
        type=TEST_TYPE if type is None else EVENT_TYPES[type],
        status=_STATUSES[status],
        created_at=from_seconds(created_at),
        finished_at=from_seconds_or_none(finished_at),
        next_attempt_at=from_seconds(due_at) if status == DUE else None,
        attempts=attempts,
    )


@lru_cache(16)
def _queries(codes: tuple[int, ...]) -> tuple[Prepared, Prepared]:
    """SQL for the deliveries of a page, and for the number of all; each status is one walk."""
    walks: list[Any] = []
    for code in codes:
        row = DeliveryRow.alias(f"d{code}")
        of_status = (row.webhook_id == slot("webhook")) & (row.status == code)
        walks.append(row.select(row.id).where(of_status & (row.id < slot("before"))))
    merged = reduce(lambda one, other: one.union_all(other), walks).order_by(SQL("1 DESC"))
    page = paged(merged).alias("page")
    keys = Select([page], [SQL('"id"')])
    rows = DeliveryRow.select(*_COLUMNS).where(DeliveryRow.id.in_(keys))
    counted = DeliveryRow.select(fn.COUNT(1)).where(_OF_WEBHOOK & DeliveryRow.status.in_(codes))
    return prepare(rows.order_by(DeliveryRow.id.desc())), prepare(counted)
