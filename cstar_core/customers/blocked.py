"""Blocks of mail that name an erased person by exactly their address.

They stay unless they are to be dropped too: what keeps somebody's mail away has to know whose.
The log forgets what it quotes of those that are gone.
"""

import json
from collections.abc import Collection
from typing import NamedTuple

from peewee import SQL

from cstar_core import events
from cstar_core.members import fold_block
from cstar_core.metadata import from_json
from cstar_core.scope import Scope
from cstar_core.store import Slot, Snapshot, Transaction, prepare, slot
from cstar_core.tables import EventRow, MailBlockRow

_TYPES = ("mail_block.created", "mail_block.deleted")
_NAMING = (MailBlockRow.workspace_id == slot("workspace")) & MailBlockRow.value_key.in_(
    SQL("(SELECT value FROM json_each(?))", [Slot("keys")])
)
_NOW = prepare(MailBlockRow.select(MailBlockRow.uid).where(_NAMING))
_DROP = prepare(MailBlockRow.delete().where(_NAMING))
_TOLD = prepare(
    EventRow.select(EventRow.number, EventRow.object_uid, EventRow.data).where(
        events.OF_TYPES & EventRow.data.is_null(False)
    )
)


class ToldBlock(NamedTuple):
    """An event that quotes an address, and the block that it tells of."""

    number: int
    block: bytes


def blocks_of(snap: Snapshot, scope: Scope, addresses: Collection[str]) -> set[bytes]:
    """The blocks of exactly some addresses."""
    asked = {"workspace": scope.workspace_id, "keys": _keys(addresses)}
    return {uid for (uid,) in snap.all(_NOW, **asked)}


def events_of_blocks(snap: Snapshot, scope: Scope, addresses: Collection[str]) -> list[ToldBlock]:
    """The events that quote some addresses as what was blocked."""
    keys = {fold_block(each) for each in addresses}
    told = snap.all(_TOLD, types=events.codes_as_json(_TYPES), workspace=scope.workspace_id)
    return [
        ToldBlock(number, uid)
        for number, uid, data in told
        if fold_block(from_json(data)["value"]) in keys
    ]


def forget_blocks(
    tx: Transaction,
    scope: Scope,
    addresses: Collection[str],
    told: Collection[ToldBlock],
    *,
    unblock: bool,
) -> None:
    """Empty the events of blocks that are gone, having dropped all of them with ``unblock``."""
    there = blocks_of(tx, scope, addresses)
    if unblock:
        tx.run(_DROP, workspace=scope.workspace_id, keys=_keys(addresses))
        for uid in sorted(there):
            events.record(tx, scope, "mail_block.deleted", uid)
        there = set()
    events.forget(tx, scope, [each.number for each in told if each.block not in there])


def _keys(addresses: Collection[str]) -> str:
    return json.dumps([fold_block(each) for each in addresses])
