"""The room of views: what a team looks at again and again, and the text that finds tickets."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Unpack

from cstar_core import events
from cstar_core.checks import check_integer, check_text, invalid, raise_any
from cstar_core.errors import Conflict, Forbidden, Invalid, NotFound, Problem, StaleVersion
from cstar_core.ids import new_uid, parse_id
from cstar_core.members import member_key
from cstar_core.scope import Scope
from cstar_core.store import Snapshot, SqlRow, Store, Transaction
from cstar_core.tables import ViewRow
from cstar_core.tickets import TicketFilter, count_tickets
from cstar_core.views.completing import Completion, complete, typed_at
from cstar_core.views.knowing import customers_in, known_in, tags_in
from cstar_core.views.language import write_query
from cstar_core.views.meaning import VIEW_TEXT_MAX, Known, Reading, read_text
from cstar_core.views.view import (
    BUILT_IN,
    BY_UID,
    DELETE,
    LAST,
    OWN_ONES,
    PLACE,
    PLACES,
    PRIVATE,
    SHARED,
    SHARED_ONES,
    STEP,
    VIEWS_MAX,
    View,
    ViewChanges,
    ViewCount,
    built_in,
    check_view,
    view_of,
)
from cstar_core.views.writing import query_of

_KEYS = tuple(one.key for one in BUILT_IN)


class Views:
    """The views of one workspace: those that are built in, shared ones, and the member's own."""

    def __init__(self, store: Store, scope: Scope) -> None:
        self._store = store
        self._scope = scope

    def read(self, text: str) -> Reading:
        """What a text such as ``status:open assignee:me -word`` means; its problems are in it.

        Raises Forbidden in a workspace that a publishable key opened, as all of this room.
        """
        self._refuse_customers()
        customers = customers_in(self._store, self._scope, text)
        with self._store.snapshot() as snap:
            known = known_in(snap, self._scope, self._store.now(), customers)
        return read_text(text, known)

    def write(self, filter: TicketFilter, sort: str | None = None) -> str:
        """The text that means these filters and this sort of ``tickets.list``. Raises Invalid."""
        self._refuse_customers()
        query = query_of(filter, sort)
        with self._store.snapshot() as snap:
            known = known_in(snap, self._scope, self._store.now())
        return write_query(query, known.fields)

    def complete(self, text: str, cursor: int) -> Completion:
        """What could stand where the cursor is, so many characters into a text. Raises Invalid."""
        self._refuse_customers()
        raise_any(
            check_text("text", text, VIEW_TEXT_MAX) or check_integer("cursor", cursor, 0, len(text))
        )
        with self._store.snapshot() as snap:
            known = known_in(snap, self._scope, self._store.now())
            typed = typed_at(text, cursor, known.fields)
            if typed is not None and typed.name == "tag":
                known = replace(known, tags=tags_in(snap, self._scope, typed.text))
        return complete(typed, known)

    def create(self, *, name: str, text: str = "", shared: bool = False) -> View:
        """Save a view, for its maker alone or for all.

        ``text`` is read now, and must have no problem; who it names may be renamed later. Only a
        member has views alone. Raises Invalid, and Conflict where there are 100 already.
        """
        self._refuse_customers()
        raise_any(self.check({"name": name, "text": text, "shared": shared}))
        customers = customers_in(self._store, self._scope, text)
        with self._store.transaction() as tx:
            known = known_in(tx, self._scope, tx.now, customers)
            query = _checked(text, known)
            member = member_key(tx, self._scope, known.me)
            if not shared and member is None:
                raise Invalid(invalid("shared", "must be true, except for a member"))
            self._refuse_more(tx, shared, member)
            uid = new_uid(tx.now)
            tx.insert(
                ViewRow.insert(
                    uid=uid,
                    workspace_id=self._scope.workspace_id,
                    member_id=member,
                    is_shared=int(shared),
                    name=name,
                    query=query,
                    position=tx.value(LAST, workspace=self._scope.workspace_id) + STEP,
                    created_at=tx.now,
                    updated_at=tx.now,
                    version=1,
                )
            )
            row = self._row_by_uid(tx, uid)
            view = view_of(row, known)
            self._record(tx, "view.created", uid, view, _shown(row))
            return view

    def check(self, values: Mapping[str, object], *, updating: bool = False) -> list[Problem]:
        """Every rule that the values break, apart from what the text means; nothing is written."""
        return check_view(values, updating=updating)

    def get(self, id: str) -> View:
        """The view with this id, or the built-in one with this key; raises NotFound."""
        self._refuse_customers()
        with self._store.snapshot() as snap:
            known = known_in(snap, self._scope, self._store.now())
            if id in _KEYS:
                for view in built_in(known):
                    if view.id == id:
                        return view
            return view_of(self._row(snap, id), known)

    def find(self, id: str) -> View | None:
        """The view with this id, or None."""
        try:
            return self.get(id)
        except NotFound:
            return None

    def list(self) -> tuple[View, ...]:
        """The views that are built in, then shared ones and the member's own, in their order."""
        self._refuse_customers()
        with self._store.snapshot() as snap:
            known = known_in(snap, self._scope, self._store.now())
            return (*built_in(known), *(view_of(row, known) for row in self._seen(snap)))

    def counts(self, views: Sequence[View] | None = None) -> dict[str, ViewCount]:
        """How many tickets each of these views has, by its id; not of those with problems.

        Without ``views`` those of ``list``. Exact, but for a view that would take long to count:
        of that at least so many.
        """
        self._refuse_customers()
        listed = self.list() if views is None else views
        counted = [view for view in listed if not view.problems]
        # Only words need the index; what waits to be indexed may hold a reader up.
        searches = any(view.searches for view in counted)
        with self._store.snapshot(settled=searches) as snap:
            found = count_tickets(snap, self._scope, [view.filter for view in counted])
        pairs = zip(counted, found, strict=True)
        return {view.id: ViewCount(one.rows, one.more) for view, one in pairs}

    def update(
        self, id: str, *, expected_version: int | None = None, **changes: Unpack[ViewChanges]
    ) -> View:
        """Change a view. Raises Invalid, NotFound, StaleVersion, Conflict.

        A shared one is changed by its maker and by owners, else Forbidden; only its maker takes it
        back for themselves.
        """
        self._refuse_customers()
        raise_any(self.check(changes, updating=True))
        customers = customers_in(self._store, self._scope, changes.get("text", ""))
        with self._store.transaction() as tx:
            known = known_in(tx, self._scope, tx.now, customers)
            row, before = self._mine(tx, id, known, expected_version)
            columns = self._columns(tx, row, before, changes, known)
            if not columns:
                return before
            tx.run(ViewRow.update(_stamped(tx, row, columns)).where(ViewRow.id == row[0]))
            new = self._row(tx, id)
            after, changed = view_of(new, known), events.difference(_shown(row), _shown(new))
            self._record(tx, "view.updated", row[1], after, {}, changed)
            return after

    def move(self, id: str, *, after: str | None = None) -> View:
        """Put a view behind another saved one, or before all. Raises as ``update``."""
        self._refuse_customers()
        with self._store.transaction() as tx:
            known = known_in(tx, self._scope, tx.now)
            row, before = self._mine(tx, id, known, None)
            behind = None if after is None else self._row(tx, after)[0]
            if behind == row[0]:
                return before
            place = self._place(tx, row[0], behind)
            if place == before.position:
                return before
            columns = _stamped(tx, row, {"position": place})
            tx.run(ViewRow.update(columns).where(ViewRow.id == row[0]))
            moved = {"position": {"from": before.position, "to": place}}
            self._record(tx, "view.updated", row[1], before, {}, moved)
            return view_of(self._row(tx, id), known)

    def delete(self, id: str, *, expected_version: int | None = None) -> None:
        """Remove a view. Raises NotFound, StaleVersion, and Forbidden as ``update``."""
        self._refuse_customers()
        with self._store.transaction(reserved=True) as tx:
            known = known_in(tx, self._scope, tx.now)
            row, view = self._mine(tx, id, known, expected_version)
            tx.run(DELETE, id=row[0])
            self._record(tx, "view.deleted", row[1], view, _shown(row))

    def _refuse_customers(self) -> None:
        if not self._scope.internal:
            raise Forbidden("A publishable key does not open the views")

    @property
    def _member(self) -> bytes | None:
        actor = self._scope.actor
        return actor.uid if actor.type == "member" else None

    def _seen(self, snap: Snapshot) -> Sequence[SqlRow]:
        """The rows of shared views and of the member's own, in their order."""
        asked = {"workspace": self._scope.workspace_id}
        own = snap.all(OWN_ONES, member=self._member, **asked) if self._member else []
        found = [*snap.all(SHARED_ONES, **asked), *own]
        return sorted(found, key=lambda row: (row[6], row[0]))

    def _row(self, snap: Snapshot, id: str) -> SqlRow:
        uid = parse_id("view", id)
        row = None if uid is None else self._row_by_uid(snap, uid)
        if row is None:
            raise NotFound("view", id)
        return row

    def _row_by_uid(self, snap: Snapshot, uid: bytes) -> SqlRow:
        asked = {"workspace": self._scope.workspace_id, "member": self._member}
        row: SqlRow = snap.first(BY_UID, uid=uid, **asked)  # type: ignore[assignment]
        return row

    def _mine(
        self, tx: Transaction, id: str, known: Known, version: int | None
    ) -> tuple[SqlRow, View]:
        """A view that the actor may change, as it is at this version."""
        if id in _KEYS:
            raise Forbidden("A view that is built in stays as it is")
        row = self._row(tx, id)
        if self._scope.role not in (None, "owner") and row[5] != self._member:
            raise Forbidden("Only who made a shared view, or an owner, changes it")
        view = view_of(row, known)
        if version not in (None, view.version):
            raise StaleVersion(f"The view is at version {view.version}")
        return row, view

    def _columns(
        self, tx: Transaction, row: SqlRow, before: View, changes: ViewChanges, known: Known
    ) -> dict[str, object]:
        """The columns that really change."""
        columns: dict[str, object] = {}
        if "name" in changes and changes["name"] != before.name:
            columns["name"] = changes["name"]
        # What stays as it is may name something that is gone.
        if "text" in changes and changes["text"] != before.text:
            query = _checked(changes["text"], known)
            columns |= {"query": query} if query != row[3] else {}
        shared = changes.get("shared", before.is_shared)
        if shared != before.is_shared:
            if row[5] is None or row[5] != self._member:
                raise Invalid(invalid("shared", "can be taken back only by who made the view"))
            self._refuse_more(tx, shared, member_key(tx, self._scope, before.member_id))
            columns["is_shared"] = int(shared)
        return columns

    def _refuse_more(self, tx: Transaction, shared: bool, member: int | None) -> None:
        query = SHARED if shared else PRIVATE
        if tx.value(query, workspace=self._scope.workspace_id, member=member) >= VIEWS_MAX:
            whose = "The team" if shared else "The member"
            raise Conflict(f"{whose} has {VIEWS_MAX} views already")

    def _place(self, tx: Transaction, id: int, behind: int | None) -> int:
        """A position between a view and the next one; all get new ones if none is free."""
        rows = [row for row in tx.all(PLACES, workspace=self._scope.workspace_id) if row[0] != id]
        at = 0 if behind is None else [row[0] for row in rows].index(behind) + 1
        before = rows[at - 1][1] if at else 0
        after = rows[at][1] if at < len(rows) else before + 2 * STEP
        if after - before > 1:
            return int(before + after) // 2
        for place, row in enumerate(rows, 1):
            tx.run(PLACE, id=row[0], place=place * STEP)
        return at * STEP + STEP // 2

    def _record(
        self,
        tx: Transaction,
        type: str,
        uid: bytes,
        view: View,
        data: Mapping[str, object],
        changes: events.Changes | None = None,
    ) -> None:
        """What is shared is told; of a member's own views only that there was something."""
        if not view.is_shared:
            data = {"isShared": False}
            changes = {name: each for name, each in (changes or {}).items() if name == "isShared"}
        events.record(tx, self._scope, type, uid, data=data, changes=changes)


def _checked(text: str, known: Known) -> str:
    """A text as it is saved. Raises Invalid with what is wrong with it."""
    reading = read_text(text, known)
    raise_any(
        problem
        if problem.param == "text"
        else Problem("text", problem.code, f"is not understood: {problem.message}")
        for problem in reading.problems
    )
    return write_query(reading.query)


def _stamped(tx: Transaction, row: SqlRow, columns: Mapping[str, object]) -> dict[str, object]:
    return {**columns, "updated_at": max(tx.now, row[8]), "version": row[9] + 1}


def _shown(row: SqlRow) -> dict[str, object]:
    """A view as an event shows it, with ids in place of names."""
    return {"name": row[2], "text": row[3], "isShared": bool(row[4])}
