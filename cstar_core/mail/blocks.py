"""Blocks: addresses and domains of which mail is ignored, as long as the block is there."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from peewee import SQL, fn

from cstar_core import events
from cstar_core.checks import (
    Rule,
    check_all,
    check_email,
    check_text,
    invalid,
    missing,
    or_none,
    raise_any,
)
from cstar_core.clock import from_seconds
from cstar_core.errors import Conflict, Forbidden, NotFound, Problem
from cstar_core.ids import new_uid, public_id
from cstar_core.members import fold_block
from cstar_core.pages import PAGE_SIZE_DEFAULT, Page, close_page, open_window
from cstar_core.scope import Scope, required_uid
from cstar_core.store import Slot, Snapshot, SqlRow, Store, Transaction, paged, prepare, slot
from cstar_core.tables import MailBlockRow

MAIL_BLOCK_MAX, MAIL_BLOCK_NOTE_MAX = 252, 500


@dataclass(frozen=True, slots=True)
class MailBlock:
    """An address, or a domain with all that is below it, of which mail is ignored; and why."""

    id: str
    value: str
    note: str | None
    created_at: datetime


_MINE = MailBlockRow.workspace_id == slot("workspace")
_BLOCKS = MailBlockRow.select(
    MailBlockRow.id,
    MailBlockRow.uid,
    MailBlockRow.value,
    MailBlockRow.note,
    MailBlockRow.created_at,
)
_BY_UID = prepare(_BLOCKS.where(_MINE & (MailBlockRow.uid == slot("uid"))))
_BY_KEY = prepare(_BLOCKS.where(_MINE & (MailBlockRow.value_key == slot("key"))))
_PAGE = prepare(
    paged(_BLOCKS.where(_MINE & (MailBlockRow.value_key > slot("after")))).order_by(
        MailBlockRow.value_key
    )
)
_COUNT = prepare(MailBlockRow.select(fn.COUNT(1)).where(_MINE))
_FITTING = prepare(
    MailBlockRow.select(MailBlockRow.value)
    .where(
        _MINE & MailBlockRow.value_key.in_(SQL("(SELECT value FROM json_each(?))", [Slot("keys")]))
    )
    .limit(1)
)
_INSERT = prepare(
    MailBlockRow.insert(
        {
            MailBlockRow.uid: slot("uid"),
            MailBlockRow.workspace_id: slot("workspace"),
            MailBlockRow.value: slot("value"),
            MailBlockRow.value_key: slot("key"),
            MailBlockRow.note: slot("note"),
            MailBlockRow.created_at: slot("now"),
        }
    )
)
_DELETE = prepare(MailBlockRow.delete().where(MailBlockRow.id == slot("block")))


def check_block(param: str, value: object) -> list[Problem]:
    """An address, or a domain with or without an @ before it.

    >>> check_block("value", "spam.example"), check_block("value", "jane@spam.example")
    ([], [])
    >>> check_block("value", "spam")[0].message
    'value must be an email address or a domain such as example.com'
    """
    if value is None or (isinstance(value, str) and not value.strip()):
        return missing(param)
    problems = check_text(param, value, MAIL_BLOCK_MAX)
    if problems:
        return problems
    domain = str(value).removeprefix("@")
    address = domain if "@" in domain else f"x@{domain}"
    has_dot = "." in address.rpartition("@")[2].strip(".")
    # A domain has all below it; what looks like a pattern would block nobody.
    if has_dot and "*" not in address and not check_email(param, address):
        return []
    return invalid(param, "must be an email address or a domain such as example.com")


def _note(param: str, value: object) -> list[Problem]:
    return check_text(param, value, MAIL_BLOCK_NOTE_MAX)


_RULES: dict[str, Rule] = {"value": check_block, "note": or_none(_note)}


class MailBlocks:
    """The blocks of one workspace."""

    def __init__(self, store: Store, scope: Scope) -> None:
        self._store = store
        self._scope = scope

    def create(self, *, value: str, note: str | None = None) -> MailBlock:
        """Ignore mail of an address, or of a domain and all below it, from now on.

        ``note`` says why, at most 500 characters. Raises Invalid, and Conflict if it is there.
        """
        raise_any(self.check({"value": value, "note": note}))
        with self._store.transaction(brief=True) as tx:
            made = add_block(tx, self._scope, value, note)
            if made is None:
                raise Conflict(f"{value.removeprefix('@')} is blocked already", "value")
            return made

    def check(self, values: Mapping[str, object]) -> list[Problem]:
        """Every rule that the values break; nothing is written."""
        return check_all(values, _RULES, ("value",))

    def get(self, id: str) -> MailBlock:
        """One block; raises NotFound."""
        with self._store.snapshot() as snap:
            return _block(self._row(snap, id))

    def find(self, id: str) -> MailBlock | None:
        """One block, or None."""
        try:
            return self.get(id)
        except NotFound:
            return None

    def find_by_value(self, value: str) -> MailBlock | None:
        """The block of exactly an address or a domain, however it is spelled, or None."""
        self._refuse_customers()
        if check_text("value", value, MAIL_BLOCK_MAX):
            return None
        with self._store.snapshot() as snap:
            key = fold_block(value.removeprefix("@"))
            row = snap.first(_BY_KEY, key=key, workspace=self._scope.workspace_id)
        return None if row is None else _block(row)

    def list(
        self, *, page: int = 1, page_size: int = PAGE_SIZE_DEFAULT, cursor: str | None = None
    ) -> Page[MailBlock]:
        """All blocks by what they block. Raises Invalid."""
        self._refuse_customers()
        mine = {"workspace": self._scope.workspace_id}
        query = ("mail blocks", self._scope.workspace_id)
        window = open_window(page, page_size, cursor, query, 1)
        after = "" if window.after is None else window.after[0]
        part = {"after": after, "limit": window.size + 1, "offset": window.offset}
        with self._store.snapshot() as snap:
            rows, total = snap.all(_PAGE, **mine, **part), snap.value(_COUNT, **mine)
        places = [(fold_block(row[2]),) for row in rows]
        return close_page([_block(row) for row in rows], places, total, window, query)

    def delete(self, id: str) -> None:
        """Take mail of it again; what was ignored stays ignored. Raises NotFound."""
        with self._store.transaction(brief=True, reserved=True) as tx:
            row = self._row(tx, id)
            tx.run(_DELETE, block=row[0])
            data = {"value": row[2]}
            events.record(tx, self._scope, "mail_block.deleted", row[1], data=data)

    def _row(self, snap: Snapshot, id: str) -> SqlRow:
        self._refuse_customers()
        uid = required_uid("mail block", id)
        row = snap.first(_BY_UID, uid=uid, workspace=self._scope.workspace_id)
        if row is None:
            raise NotFound("mail block", id)
        return row

    def _refuse_customers(self) -> None:
        if not self._scope.internal:
            raise Forbidden("A publishable key does not open the mail")


def add_block(tx: Transaction, scope: Scope, value: str, note: str | None) -> MailBlock | None:
    """Write a block from checked values; None if it is there already."""
    mine, shown = {"workspace": scope.workspace_id}, value.removeprefix("@")
    key = fold_block(shown)
    if tx.first(_BY_KEY, key=key, **mine) is not None:
        return None
    uid = new_uid(tx.now)
    tx.run(_INSERT, uid=uid, value=shown, key=key, note=note, now=tx.now, **mine)
    events.record(tx, scope, "mail_block.created", uid, data={"value": shown})
    return _block(tx.all(_BY_UID, uid=uid, **mine)[0])


def blocked_by(snap: Snapshot, scope: Scope, addresses: set[str]) -> str | None:
    """What blocks one of some addresses: itself, its domain or one above that; else None."""
    keys = sorted({key for address in addresses for key in _keys(fold_block(address))})
    if not keys:
        return None
    value = snap.value(_FITTING, workspace=scope.workspace_id, keys=json.dumps(keys))
    return None if value is None else str(value)


def _keys(address: str) -> list[str]:
    """A folded address, its domain, and the domains above; no more than an address has.

    >>> _keys("jane@mail.example.com")
    ['jane@mail.example.com', 'mail.example.com', 'example.com', 'com']
    """
    labels = address.rpartition("@")[2].split(".")[:_LABELS_MAX]
    return [address, *(".".join(labels[place:]) for place in range(len(labels)))]


_LABELS_MAX = 128


def _block(row: SqlRow) -> MailBlock:
    _, uid, value, note, created_at = row
    return MailBlock(public_id("mail block", uid), value, note, from_seconds(created_at))
