"""Answers that are kept for idempotency keys and tell of a person who is to be erased."""

import re
from collections.abc import Collection, Set

from peewee import fn

from cstar_core.members import fold_email
from cstar_core.metadata import to_json
from cstar_core.scope import Scope
from cstar_core.store import Snapshot, Transaction, prepare, slot
from cstar_core.tables import KeyRow, ReceiptRow

_IDS = re.compile(rb"(?:cus|tkt)_[0-9a-f]{32}")
_OF_HERE = fn.EXISTS(
    KeyRow.select(KeyRow.id).where(
        (KeyRow.uid == ReceiptRow.actor_uid)
        & (KeyRow.team_id == slot("team"))
        & (KeyRow.environment == slot("environment"))
    )
)
_RECEIPTS = prepare(
    ReceiptRow.select(
        ReceiptRow.actor_uid,
        ReceiptRow.idempotency_key,
        ReceiptRow.body,
        ReceiptRow.headers,
        _OF_HERE,
    )
)
_DROP = prepare(
    ReceiptRow.delete().where(
        (ReceiptRow.actor_uid == slot("actor")) & (ReceiptRow.idempotency_key == slot("key"))
    )
)


def answers_naming(
    snap: Snapshot, scope: Scope, ids: Set[str], addresses: Collection[str]
) -> list[tuple[bytes, str]]:
    """The keys of the kept answers that have one of some ids, or of some folded addresses in them.

    What is told of a mail that is on no ticket has no id of anybody. Others may have the same
    address, so of that only what was answered in this workspace counts.
    """
    coded, quoted = {each.encode() for each in ids}, [to_json(each) for each in addresses]
    here = {"team": scope.team_id, "environment": scope.environment}
    return [
        (actor, key)
        for actor, key, body, headers, is_here in snap.each(_RECEIPTS, **here)
        if not coded.isdisjoint(_IDS.findall(bytes(body) + headers.encode()))
        or (is_here and quoted and _has_any(bytes(body), quoted))
    ]


def _has_any(body: bytes, quoted: Collection[str]) -> bool:
    text = fold_email(body.decode(errors="replace"))
    return any(each in text for each in quoted)


def forget_answers(tx: Transaction, answers: Collection[tuple[bytes, str]]) -> None:
    """Drop kept answers, by their keys."""
    for actor, key in answers:
        tx.run(_DROP, actor=actor, key=key)
