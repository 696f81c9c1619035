"""The room of canned replies: write, find, fill in, remove."""

import json
from collections.abc import Callable, Mapping
from typing import Any, Unpack

from peewee import SQL, fn

from cstar_core import events
from cstar_core.canned_replies.filling import placeholder_names, placeholder_values
from cstar_core.canned_replies.reply import (
    CANNED_REPLIES_MAX,
    COLUMNS,
    CREATE_RULES,
    HEAD_MAX,
    REQUIRED,
    UPDATE_RULES,
    CannedReply,
    CannedReplyChanges,
    fold_name,
    ranked,
    reply_of,
    shown,
)
from cstar_core.checks import check_all, check_integer, check_text, raise_any
from cstar_core.errors import Conflict, Forbidden, NotFound, Problem, StaleVersion
from cstar_core.fields import POSITION_MAX
from cstar_core.ids import new_uid
from cstar_core.pages import PAGE_SIZE_DEFAULT, Page, close_page, open_window
from cstar_core.placeholders import check_placeholders, render
from cstar_core.scope import Scope, required_uid
from cstar_core.store import (
    Prepared,
    Slot,
    Snapshot,
    SqlRow,
    Store,
    Transaction,
    prepare,
    slot,
)
from cstar_core.tables import CannedReplyRow
from cstar_core.tickets import read_stored
from cstar_core.words import SEARCH_MAX

_MINE = CannedReplyRow.workspace_id == slot("workspace")
_BY_UID = prepare(
    CannedReplyRow.select(*COLUMNS).where((CannedReplyRow.uid == slot("uid")) & _MINE)
)
_BY_KEYS = prepare(
    CannedReplyRow.select(*COLUMNS).where(
        CannedReplyRow.id.in_(SQL("(SELECT value FROM json_each(?))", [Slot("keys")]))
    )
)
_PLACES = prepare(CannedReplyRow.select(CannedReplyRow.id, CannedReplyRow.position).where(_MINE))
_HEADS = prepare(
    CannedReplyRow.select(
        CannedReplyRow.id,
        CannedReplyRow.position,
        CannedReplyRow.shortcut,
        CannedReplyRow.name,
        fn.SUBSTR(CannedReplyRow.content, 1, HEAD_MAX),
    ).where(_MINE)
)
_NAMED = prepare(
    CannedReplyRow.select(CannedReplyRow.id).where(_MINE & (CannedReplyRow.name_key == slot("key")))
)
_CALLED = prepare(
    CannedReplyRow.select(CannedReplyRow.id).where(_MINE & (CannedReplyRow.shortcut == slot("key")))
)
_SIZE = prepare(
    CannedReplyRow.select(
        fn.COUNT(CannedReplyRow.id), fn.COALESCE(fn.MAX(CannedReplyRow.position), 0)
    ).where(_MINE)
)
# Whether a name or shortcut is free, and what to say if it is not.
_TAKEN: dict[str, tuple[Prepared, Callable[[str], str]]] = {
    "name": (_NAMED, fold_name),
    "shortcut": (_CALLED, str),
}


class CannedReplies:
    """The canned replies of one workspace. A publishable key does not open them."""

    def __init__(self, store: Store, scope: Scope) -> None:
        self._store = store
        self._scope = scope

    def create(
        self, *, name: str, content: str, shortcut: str | None = None, position: int | None = None
    ) -> CannedReply:
        """Keep a text (at most 100,000 characters) that is sent often.

        ``name`` (at most 100 characters) is unique without regard to case, ``shortcut``
        (``^[a-z0-9][a-z0-9_-]{0,31}$``) too. ``position`` is last if not given. Raises Invalid,
        also for placeholders that do not exist, and Conflict for what is taken or one too many.
        """
        given: dict[str, Any] = {"name": name, "content": content}
        given |= {"shortcut": shortcut, "position": position}
        raise_any(self.check(given))
        with self._store.transaction() as tx:
            number, last = tx.all(_SIZE, workspace=self._workspace)[0]
            if number >= CANNED_REPLIES_MAX:
                raise Conflict(f"A workspace has at most {CANNED_REPLIES_MAX:,} canned replies")
            self._refuse_taken(tx, given, None)
            if position is None:
                given["position"] = min(last + 1, POSITION_MAX)
            return self._insert(tx, given)

    def check(self, values: Mapping[str, object], *, updating: bool = False) -> list[Problem]:
        """Every rule that the values break; nothing is written."""
        rules, required = (UPDATE_RULES, ()) if updating else (CREATE_RULES, REQUIRED)
        problems = check_all(values, rules, required)
        content = values.get("content")
        if isinstance(content, str) and not any(each.param == "content" for each in problems):
            problems += check_placeholders("content", content, self.placeholders())
        return problems

    def placeholders(self) -> tuple[str, ...]:
        """The names that may stand in double braces: the fixed ones, and those of custom fields."""
        with self._store.snapshot() as snap:
            return placeholder_names(snap, self._scope)

    def get(self, id: str) -> CannedReply:
        """The canned reply with this id; raises NotFound, and Forbidden for a publishable key."""
        self._refuse_customers()
        with self._store.snapshot() as snap:
            return reply_of(self._row(snap, id))

    def find(self, id: str) -> CannedReply | None:
        """The canned reply with this id, or None; raises Forbidden for a publishable key."""
        try:
            return self.get(id)
        except NotFound:
            return None

    def list(
        self,
        *,
        search: str | None = None,
        page: int = 1,
        page_size: int = PAGE_SIZE_DEFAULT,
        cursor: str | None = None,
    ) -> Page[CannedReply]:
        """Canned replies in position order.

        ``search`` keeps those that have all its words, or beginnings of them, in the shortcut, the
        name or the first 1,000 characters; whose shortcut or name begins so comes first. Raises
        Invalid, and Forbidden for a publishable key.
        """
        self._refuse_customers()
        if search is not None:
            raise_any(check_text("search", search, SEARCH_MAX))
        query = ("canned replies", self._workspace, search)
        window = open_window(page, page_size, cursor, query, 3)
        with self._store.snapshot() as snap:
            places = _places(snap, self._workspace, search)
            after = window.after
            rest = places if after is None else [each for each in places if each > after]
            part = rest[window.offset : window.offset + window.size + 1]
            keys = [key for *_, key in part[: window.size]]
            rows = {row[0]: row for row in snap.all(_BY_KEYS, keys=json.dumps(keys))}
        found = [reply_of(rows[key]) for key in keys]
        return close_page(found, part, len(places), window, query)

    def fill(self, id: str, ticket_id: str) -> str:
        """The text as it would be sent on a ticket, by the member who acts.

        A placeholder whose field does not exist any more stays as it was typed. Raises NotFound,
        Invalid if the text would have more than 100,000 characters, and Forbidden.
        """
        self._refuse_customers()
        with self._store.snapshot() as snap:
            content = reply_of(self._row(snap, id)).content
            ticket = read_stored(snap, self._scope, ticket_id)
            values = placeholder_values(snap, self._scope, ticket)
        return render(content, values)

    def update(
        self, id: str, *, expected_version: int | None = None, **changes: Unpack[CannedReplyChanges]
    ) -> CannedReply:
        """Change a canned reply; a shortcut of None is taken away.

        What changes nothing leaves no trace. Raises Invalid, NotFound, Conflict, StaleVersion.
        """
        raise_any(self.check(changes, updating=True))
        with self._store.transaction() as tx:
            row = self._row(tx, id)
            before = reply_of(row)
            _expect(before, expected_version)
            columns: dict[str, Any] = {
                name: value for name, value in changes.items() if value != getattr(before, name)
            }
            if not columns:
                return before
            self._refuse_taken(tx, columns, row[0])
            return self._write(tx, row, before, columns)

    def move(self, id: str, place: int) -> CannedReply:
        """Put a canned reply at a place among all, 0 for the first; past the end it is the last.

        Positions become 1, 2, 3…; each that changes is an event. Raises NotFound, Invalid.
        """
        raise_any(check_integer("place", place, 0, POSITION_MAX))
        with self._store.transaction() as tx:
            moved = self._row(tx, id)
            at = {key: position for _, position, key in _places(tx, self._workspace, None)}
            keys = [key for key in at if key != moved[0]]
            keys.insert(place, moved[0])
            for position, key in enumerate(keys, 1):
                if at[key] != position:
                    # One after another: all their texts at once may be too much for memory.
                    (row,) = tx.all(_BY_KEYS, keys=json.dumps([key]))
                    self._write(tx, row, reply_of(row), {"position": position})
            return reply_of(self._row(tx, id))

    def delete(self, id: str, *, expected_version: int | None = None) -> None:
        """Remove a canned reply. Raises NotFound, StaleVersion."""
        with self._store.transaction(reserved=True) as tx:
            row = self._row(tx, id)
            before = reply_of(row)
            _expect(before, expected_version)
            tx.run(CannedReplyRow.delete().where(CannedReplyRow.id == row[0]))
            self._record(tx, "canned_reply.deleted", row[1], before)

    @property
    def _workspace(self) -> int:
        return self._scope.workspace_id

    def _refuse_customers(self) -> None:
        if not self._scope.internal:
            raise Forbidden("A publishable key does not open the canned replies")

    def _row(self, snap: Snapshot, id: str) -> SqlRow:
        uid = required_uid("canned reply", id)
        row = snap.first(_BY_UID, uid=uid, workspace=self._workspace)
        if row is None:
            raise NotFound("canned reply", id)
        return row

    def _refuse_taken(self, tx: Transaction, values: Mapping[str, Any], own: int | None) -> None:
        for name, (query, folded) in _TAKEN.items():
            if values.get(name) is None:
                continue
            found = tx.value(query, workspace=self._workspace, key=folded(values[name]))
            if found not in (None, own):
                raise Conflict(f"A canned reply with this {name} exists already", name)

    def _insert(self, tx: Transaction, values: Mapping[str, Any]) -> CannedReply:
        uid = new_uid(tx.now)
        tx.insert(
            CannedReplyRow.insert(
                uid=uid,
                workspace_id=self._workspace,
                name_key=fold_name(values["name"]),
                created_at=tx.now,
                updated_at=tx.now,
                version=1,
                **values,
            )
        )
        made = reply_of(tx.all(_BY_UID, uid=uid, workspace=self._workspace)[0])
        self._record(tx, "canned_reply.created", uid, made)
        return made

    def _write(
        self, tx: Transaction, row: SqlRow, before: CannedReply, columns: dict[str, Any]
    ) -> CannedReply:
        if "name" in columns:
            columns["name_key"] = fold_name(columns["name"])
        changed = {
            **columns,
            "updated_at": fn.MAX(CannedReplyRow.updated_at, tx.now),
            "version": before.version + 1,
        }
        tx.run(CannedReplyRow.update(changed).where(CannedReplyRow.id == row[0]))
        after = reply_of(self._row(tx, before.id))
        made = events.difference(shown(before), shown(after))
        self._record(tx, "canned_reply.updated", row[1], after, made)
        return after

    def _record(
        self,
        tx: Transaction,
        type: str,
        uid: bytes,
        reply: CannedReply,
        changes: events.Changes | None = None,
    ) -> None:
        data = {"name": reply.name, "shortcut": reply.shortcut}
        events.record(tx, self._scope, type, uid, data=data, changes=changes)


def _places(snap: Snapshot, workspace: int, search: str | None) -> list[tuple[int, int, int]]:
    """The replies that a list has, in its order, as ``ranked`` gives them."""
    if search is not None and search.strip():
        return ranked(search, snap.all(_HEADS, workspace=workspace))
    rows = snap.all(_PLACES, workspace=workspace)
    return sorted((0, position, key) for key, position in rows)


def _expect(reply: CannedReply, version: int | None) -> None:
    if version not in (None, reply.version):
        raise StaleVersion(f"The canned reply is at version {reply.version}")
