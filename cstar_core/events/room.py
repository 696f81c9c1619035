"""The room of events: the log of a workspace, read in the order in which it was written."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache, reduce
from typing import Any

from peewee import JOIN, SQL, Select, fn

from cstar_core.checks import invalid
from cstar_core.clock import from_seconds
from cstar_core.errors import Forbidden, Invalid, NotFound
from cstar_core.events.log import DATA_NAMES, EVENT_TYPES, last_number
from cstar_core.events.quiet import follow
from cstar_core.ids import numbered, numbered_id, public_id
from cstar_core.pages import PAGE_SIZE_DEFAULT, PAGE_SIZE_MAX, Page, Window, close_page, open_window
from cstar_core.scope import Actor, Scope, actor_of, required_uid
from cstar_core.store import Prepared, Snapshot, SqlRow, Store, paged, prepare, slot
from cstar_core.tables import EventRow, TicketRow, WorkspaceRow
from cstar_core.values import maker

_KINDS = {
    "custom_field": "custom field",
    "canned_reply": "canned reply",
    "mail_template": "mail template",
    "ticket_links": "team",
    "mail_block": "mail block",
}


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened. ``changes`` maps each changed member to its ``from`` and ``to``.

    The data and changes of a deleted ticket's or customer's events are emptied with it.
    """

    id: str
    type: str
    created_at: datetime
    object_id: str
    data: dict[str, Any]
    changes: dict[str, Any]
    actor: Actor


@dataclass(frozen=True, slots=True)
class Following:
    """What happened next; ``reached`` is the id of the last event that was looked at."""

    events: tuple[Event, ...]
    reached: str


_make = maker(Event)
_SALT = prepare(
    WorkspaceRow.select(WorkspaceRow.event_salt).where(WorkspaceRow.id == slot("workspace"))
)


class Events:
    """The log of one workspace, oldest first."""

    def __init__(self, store: Store, scope: Scope) -> None:
        self._store = store
        self._scope = scope
        self._known_salt = b""

    def _refuse_customers(self) -> None:
        """The log quotes notes and metadata, which a publishable key must not show."""
        if not self._scope.internal:
            raise Forbidden("A publishable key does not open the events")

    def list(
        self,
        *,
        after: str | None = None,
        types: Sequence[str] | str = (),
        page: int = 1,
        page_size: int = PAGE_SIZE_DEFAULT,
        cursor: str | None = None,
    ) -> Page[Event]:
        """Events in the order in which they happened.

        ``after`` is the id of an event: only later ones. ``types`` are names or patterns such as
        ``ticket.*``. Raises Invalid for an id that is no event's and a type that does not exist,
        Forbidden in a workspace that a publishable key opened.
        """
        self._refuse_customers()
        codes = _codes(types)
        query = ("events", self._scope.workspace_id, after, codes)
        window = open_window(page, page_size, cursor, query, 1)
        with self._store.snapshot() as snap:
            salt = self._salt(snap)
            least = 0 if after is None else event_number(salt, after)
            shape = Shape(codes, of_ticket=False)
            return self._page(snap, salt, shape, window, query, least=least)

    def following(
        self,
        after: str | None = None,
        *,
        types: Sequence[str] | str = (),
        limit: int = PAGE_SIZE_MAX,
    ) -> Following:
        """What happened after an event, for whoever wants to be told of it: ask again and again.

        ``after`` is the id of an event, or ``reached`` of the call before; None stands for now.
        Events of an import that tells nobody are passed over. Costs one short query if nothing is
        new. Raises Invalid and Forbidden, as ``list``.
        """
        self._refuse_customers()
        codes, workspace = _codes(types), self._scope.workspace_id
        with self._store.snapshot() as snap:
            self._known_salt = salt = self._known_salt or self._salt(snap)
            last = last_number(snap, workspace)
            reached = last if after is None else event_number(salt, after)
            if reached >= last:  # beyond it, if a backup was restored meanwhile
                return Following((), numbered_id("event", salt, last))
            query = _queries(Shape(codes, of_ticket=False))[0]

            def read(start: int, end: int, most: int) -> list[SqlRow]:
                part = {"start": start, "limit": most, "offset": 0}
                found = snap.all(query, workspace=workspace, **part)
                return [row for row in found if row[0] <= end]

            rows, reached = follow(snap, workspace, reached, last, limit, read)
        return Following(
            tuple(event_of(salt, row) for row in rows), numbered_id("event", salt, reached)
        )

    def of_ticket(
        self,
        ticket_id: str,
        *,
        page: int = 1,
        page_size: int = PAGE_SIZE_DEFAULT,
        cursor: str | None = None,
    ) -> Page[Event]:
        """A ticket's own history, its messages included. Raises NotFound and Forbidden."""
        self._refuse_customers()
        query = ("ticket events", self._scope.workspace_id, ticket_id)
        window = open_window(page, page_size, cursor, query, 1)
        with self._store.snapshot() as snap:
            number = snap.value(
                _TICKET_NUMBER,
                uid=required_uid("ticket", ticket_id),
                workspace=self._scope.workspace_id,
            )
            if number is None:
                raise NotFound("ticket", ticket_id)
            shape = Shape((), of_ticket=True)
            return self._page(snap, self._salt(snap), shape, window, query, ticket=number)

    def _page(
        self,
        snap: Snapshot,
        salt: bytes,
        shape: "Shape",
        window: Window,
        query: object,
        *,
        least: int = 0,
        ticket: int | None = None,
    ) -> Page[Event]:
        values = {"least": least, "ticket": ticket, "workspace": self._scope.workspace_id}
        rows_query, count_query = _queries(shape)
        start, offset = least if window.after is None else window.after[0], window.offset
        if shape.every and window.after is None:  # numbers have no gaps
            start, offset = least + offset, 0
        part = {"start": start, "limit": window.size + 1, "offset": offset}
        rows = snap.all(rows_query, **{**values, **part})
        total = snap.value(count_query, **values)
        events = [event_of(salt, row) for row in rows]
        return close_page(events, [(row[0],) for row in rows], total, window, query)

    def _salt(self, snap: Snapshot) -> bytes:
        return salt_of(snap, self._scope.workspace_id)


def salt_of(snap: Snapshot, workspace_id: int) -> bytes:
    """The bytes with which the ids of what a workspace numbers begin."""
    return bytes(snap.value(_SALT, workspace=workspace_id))


def event_number(salt: bytes, event_id: str) -> int:
    """The number of the event with this id; raises Invalid for what is none of the workspace."""
    number = numbered("event", salt, event_id)
    if number is None:
        raise Invalid(invalid("after", "must be the id of an event"))
    return number


@dataclass(frozen=True, slots=True)
class Shape:
    """Which conditions a listing has, so that its SQL is made once."""

    codes: tuple[int, ...]
    of_ticket: bool

    @property
    def every(self) -> bool:
        """Whether every event counts."""
        return not (self.codes or self.of_ticket)


@lru_cache(maxsize=256)
def _queries(shape: Shape) -> tuple[Prepared, Prepared]:
    """SQL for the events of a page, and for the number of all of them."""
    mine, after = EventRow.workspace_id == slot("workspace"), EventRow.number > slot("start")
    since = mine & (EventRow.number > slot("least"))
    if shape.codes:
        rows = select_events().where(mine & EventRow.number.in_(_of_types(shape.codes)))
        total = fn.COUNT(1)
        since &= EventRow.type.in_(shape.codes)
    else:
        of_ticket = EventRow.ticket_number == slot("ticket")
        condition = mine & of_ticket & after if shape.of_ticket else mine & after
        rows = paged(select_events().where(condition))
        total = fn.COUNT(1) if shape.of_ticket else _SINCE_LEAST
        since = mine & of_ticket if shape.of_ticket else mine
    counted = EventRow.select(total).where(since)
    return prepare(rows.order_by(EventRow.number)), prepare(counted)


_SINCE_LEAST = fn.MAX(fn.COALESCE(fn.MAX(EventRow.number), 0) - slot("least"), 0)


def _of_types(codes: tuple[int, ...]) -> Select:
    """The numbers of a page's events of some types: each type is one walk, and they are merged."""
    walks: list[Any] = []
    for code in codes:
        event = EventRow.alias(f"e{code}")
        mine = (event.workspace_id == slot("workspace")) & (event.type == code)
        walks.append(event.select(event.number).where(mine & (event.number > slot("start"))))
    merged = reduce(lambda one, other: one.union_all(other), walks).order_by(SQL("1"))
    page = paged(merged).alias("page")
    return Select([page], [SQL('"number"')])


def select_events() -> Select:
    """Events as ``event_of`` reads them."""
    return EventRow.select(
        EventRow.number,
        EventRow.type,
        EventRow.created_at,
        EventRow.object_uid,
        EventRow.actor_type,
        EventRow.actor_uid,
        EventRow.data,
        EventRow.changes,
        EventRow.ticket_number,
        TicketRow.uid,
    ).join(
        TicketRow,
        JOIN.LEFT_OUTER,
        on=(TicketRow.workspace_id == EventRow.workspace_id)
        & (TicketRow.number == EventRow.ticket_number),
    )


_TICKET_NUMBER = prepare(
    TicketRow.select(TicketRow.number).where(
        (TicketRow.uid == slot("uid")) & (TicketRow.workspace_id == slot("workspace"))
    )
)


def _codes(types: Sequence[str] | str) -> tuple[int, ...]:
    patterns = types.split(",") if isinstance(types, str) else types
    found: set[int] = set()
    for pattern in patterns:
        matching = [i for i, name in enumerate(EVENT_TYPES) if matches(name, pattern.strip())]
        if not matching:
            known = ", ".join(EVENT_TYPES)
            raise Invalid(invalid("types", f"must be patterns such as ticket.* or of: {known}"))
        found.update(matching)
    return tuple(sorted(found))


def matches(name: str, pattern: str) -> bool:
    """Whether a type of event is one that a pattern such as ``ticket.*`` means."""
    whole_kind = pattern.endswith(".*") and name.startswith(pattern[:-1])
    return pattern in ("*", name) or whole_kind


def event_of(salt: bytes, row: SqlRow) -> Event:
    """The event that a row of ``select_events`` holds."""
    number, type_code, created_at, object_uid, actor_type, actor_uid, data, changes, *ticket = row
    type = EVENT_TYPES[type_code]
    return _make(
        numbered_id("event", salt, number),
        type,
        from_seconds(created_at),
        object_id(type, object_uid),
        unpacked(type, data, *ticket) if data else {},
        json.loads(changes) if changes else {},
        actor_of(actor_type, actor_uid),
    )


def object_kind(type: str) -> str:
    """Of what kind the object of an event is."""
    kind = type.partition(".")[0]
    return _KINDS.get(kind, kind)


def object_id(type: str, uid: bytes) -> str:
    """The id of the object of an event."""
    return public_id(object_kind(type), uid)


def unpacked(
    type: str, text: str, ticket_number: int | None, ticket_uid: bytes | None
) -> dict[str, Any]:
    """The data of an event, from what ``packed`` made of them and the event's ticket."""
    stored = json.loads(text)
    if isinstance(stored, dict):
        return stored
    ticket_id = None if ticket_uid is None else public_id("ticket", ticket_uid)
    known = ticket_number if type.startswith("ticket.") else ticket_id
    return dict(zip(DATA_NAMES[type], [known, *stored], strict=False))
