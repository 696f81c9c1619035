"""Receipts: stored answers to idempotency keys, kept for 24 hours per API key.

Written in the same transaction as the effect, so a retried request finds either both or neither.
"""

import json
from dataclasses import dataclass

from cstar_core.scope import Scope
from cstar_core.store import Store, prepare, slot
from cstar_core.tables import ReceiptRow

KEPT_SECONDS = 24 * 60 * 60


@dataclass(frozen=True, slots=True)
class Receipt:
    """An answer as it was given; ``fingerprint`` identifies the request that it answers."""

    fingerprint: str
    status: int
    body: bytes
    headers: dict[str, str]


_FIND = prepare(
    ReceiptRow.select(
        ReceiptRow.fingerprint, ReceiptRow.status, ReceiptRow.body, ReceiptRow.headers
    ).where(
        (ReceiptRow.actor_uid == slot("actor"))
        & (ReceiptRow.idempotency_key == slot("key"))
        & (ReceiptRow.created_at > slot("oldest"))
    )
)
_SAVE = prepare(
    ReceiptRow.insert(
        {
            ReceiptRow.actor_uid: slot("actor"),
            ReceiptRow.idempotency_key: slot("key"),
            ReceiptRow.fingerprint: slot("fingerprint"),
            ReceiptRow.status: slot("status"),
            ReceiptRow.headers: slot("headers"),
            ReceiptRow.body: slot("body"),
            ReceiptRow.created_at: slot("now"),
        }
    ).on_conflict_replace()
)
_PRUNE = prepare(ReceiptRow.delete().where(ReceiptRow.created_at <= slot("oldest")))


class Idempotency:
    """The receipts of whoever acts in a workspace."""

    def __init__(self, store: Store, scope: Scope) -> None:
        self._store = store
        self._actor = scope.actor.uid or b""

    def find(self, key: str) -> Receipt | None:
        """The answer given to this key in the last 24 hours, or None."""
        with self._store.transaction() as tx:
            row = tx.first(_FIND, actor=self._actor, key=key, oldest=tx.now - KEPT_SECONDS)
        if row is None:
            return None
        fingerprint, status, body, headers = row
        return Receipt(fingerprint, status, bytes(body), json.loads(headers))

    def save(self, key: str, receipt: Receipt) -> None:
        """Keep an answer; older than 24 hours ones are dropped on the way."""
        with self._store.transaction() as tx:
            tx.run(_PRUNE, oldest=tx.now - KEPT_SECONDS)
            tx.run(
                _SAVE,
                actor=self._actor,
                key=key,
                fingerprint=receipt.fingerprint,
                status=receipt.status,
                headers=json.dumps(receipt.headers),
                body=receipt.body,
                now=tx.now,
            )
