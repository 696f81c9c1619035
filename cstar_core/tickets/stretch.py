"""A stretch of a thread: as many messages as one looks at, however many there are.

A thread is in the order of time, and that of its keys may be another one after a merge or an
import. So each query sorts what a ticket has; none reads more texts than it was asked for.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from peewee import SQL, fn

from cstar_core.checks import check_integer, invalid, or_none, raise_any
from cstar_core.errors import NotFound, Problem
from cstar_core.ids import PREFIXES, parse_id, public_id
from cstar_core.metadata import from_json
from cstar_core.scope import Scope
from cstar_core.store import Slot, Snapshot, SqlRow, limited, prepare, slot
from cstar_core.tables import SENDERS, MessageRow, TicketRow
from cstar_core.tickets.message import MESSAGE_COLUMNS, Message, messages_of
from cstar_core.tickets.thread import LATER, NOTHING_SEEN, Position, check_seen, position_of
from cstar_core.tickets.ticket import Stored

STRETCH_DEFAULT, STRETCH_MAX = 50, 200
# Messages of a hundred thousand characters each would make a page that no browser shows.
STRETCH_CHARACTERS_MAX = 500_000
# How many stand above the one that is looked for.
_ABOVE = 5
FIRST = "first"
FORM_SOURCE: dict[str, object] = {"source": "form"}


def came_by_form(metadata: Mapping[str, object]) -> bool:
    """Whether the metadata of a ticket say that it came by the form, from an address unproved.

    >>> came_by_form({"source": "form", "order": 17}), came_by_form({})
    (True, False)
    """
    return metadata.get("source") == FORM_SOURCE["source"]


@dataclass(frozen=True, slots=True)
class Stretch:
    """Messages of a ticket that follow each other, oldest first, and how many are around them.

    ``newest`` is the id of the last message of the whole thread, "none" if there is none.
    ``unseen`` are the ids of those that came after the one that was seen, and ``first_unseen`` is
    that of the first of these, wherever it is. ``unproved`` are the ids of what customers wrote on
    a ticket that came by the form, so that nobody knows whether they are who they say.
    """

    messages: tuple[Message, ...]
    earlier: int
    later: int
    newest: str
    unseen: frozenset[str] = frozenset()
    first_unseen: str | None = None
    unproved: frozenset[str] = frozenset()


_START, _END = Position(-1, -1), Position(2**63 - 1, 2**63 - 1)
_IN = (MessageRow.ticket_id == slot("ticket")) & (MessageRow.is_internal <= slot("internal"))
_LOWER = (MessageRow.created_at < slot("at")) | (
    (MessageRow.created_at == slot("at")) & (MessageRow.id < slot("id"))
)
_KEYS = MessageRow.select(MessageRow.id)
_SHOWN = MessageRow.select(*MESSAGE_COLUMNS, MessageRow.home_id)
_OLD_TO_NEW = (MessageRow.created_at, MessageRow.id)
_NEW_TO_OLD = (MessageRow.created_at.desc(), MessageRow.id.desc())


def _some(where: Any, order: Any) -> Any:
    """The keys are sorted first, so that texts are read of those alone which are shown."""
    keys = limited(_KEYS.where(_IN & where).order_by(*order))
    return prepare(_SHOWN.where(MessageRow.id.in_(keys)).order_by(*order))


_BEFORE = _some(_LOWER, _NEW_TO_OLD)
_FROM = _some(~_LOWER, _OLD_TO_NEW)
_AFTER = prepare(
    limited(MessageRow.select(MessageRow.uid).where(_IN & LATER).order_by(*_OLD_TO_NEW))
)
_LAST = prepare(limited(MessageRow.select(MessageRow.uid).where(_IN).order_by(*_NEW_TO_OLD)))
_COUNT = prepare(MessageRow.select(fn.COUNT(1)).where(_IN & _LOWER))
_METADATA = prepare(
    TicketRow.select(TicketRow.id, TicketRow.metadata).where(
        TicketRow.id.in_(SQL("(SELECT value FROM json_each(?))", [Slot("keys")]))
    )
)
_UID, _CONTENT, _SENDER, _CREATED_AT, _HOME = 1, 2, 3, 6, 8


def check_stretch(before: object, at: object, seen: object, size: object) -> list[Problem]:
    """What is wrong with what is asked for."""
    problems = check_integer("size", size, 1, STRETCH_MAX) + check_seen("seen", seen)
    problems += or_none(_message)("before", before)
    if at != FIRST:
        problems += or_none(_message)("at", at)
    if before is not None and at is not None:
        problems += invalid("at", "must not stand beside before")
    return problems


def read_stretch(
    snap: Snapshot,
    scope: Scope,
    ticket: Stored,
    *,
    before: str | None,
    at: str | None,
    seen: str | None,
    size: int,
) -> Stretch:
    """The messages before one, those around one, else the newest."""
    raise_any(check_stretch(before, at, seen, size))
    here = {"ticket": ticket.id, "internal": int(scope.internal)}
    start = _END if at is None else _START if at == FIRST else _required(snap, ticket, at)
    if before is not None:
        start = _required(snap, ticket, before)
    above = size if at is None else 0 if at == FIRST else min(_ABOVE, size - 1)
    place = {"at": start.at, "id": start.id}
    below = [] if at is None else snap.all(_FROM, **here, **place, limit=size - above)
    rows = _fitting(snap.all(_BEFORE, **here, **place, limit=above), below)
    total = ticket.message_count - (0 if scope.internal else ticket.internal_count)
    earlier = 0
    if rows:
        earlier = snap.value(_COUNT, **here, at=rows[0][_CREATED_AT], id=rows[0][0])
    messages = messages_of(
        snap, [row[:_HOME] for row in rows], public_id("ticket", ticket.uid), scope.internal
    )
    later = total - earlier - len(rows)
    newest = messages[-1].id if rows and not later else _newest(snap, here)
    unseen, first = _unseen(snap, ticket, rows, seen, here)
    return Stretch(messages, earlier, later, newest, unseen, first, _unproved(snap, ticket, rows))


def _fitting(before: Sequence[SqlRow], below: Sequence[SqlRow]) -> list[SqlRow]:
    """As many as have room, oldest first; what is looked for always has."""
    room = STRETCH_CHARACTERS_MAX
    kept: list[list[SqlRow]] = [[], []]
    for part, rows in ((1, below), (0, before)):
        for row in rows:
            room -= len(row[_CONTENT])
            if room < 0 and (kept[0] or kept[1]):
                break
            kept[part].append(row)
    return kept[0][::-1] + kept[1]


def _required(snap: Snapshot, ticket: Stored, id: str) -> Position:
    found = position_of(snap, ticket, id)
    if found is None:
        raise NotFound("message", id)
    return found


def _newest(snap: Snapshot, here: Mapping[str, object]) -> str:
    row = snap.first(_LAST, **here, limit=1)
    return NOTHING_SEEN if row is None else public_id("message", row[0])


def _unseen(
    snap: Snapshot,
    ticket: Stored,
    rows: Sequence[SqlRow],
    seen: str | None,
    here: Mapping[str, object],
) -> tuple[frozenset[str], str | None]:
    """What came after a message; nothing if it is not in the thread any more."""
    last = _START if seen == NOTHING_SEEN else position_of(snap, ticket, seen) if seen else None
    if last is None:
        return frozenset(), None
    later = [row for row in rows if (row[_CREATED_AT], row[0]) > last]
    first = snap.first(_AFTER, **here, at=last.at, id=last.id, limit=1)
    return (
        frozenset(public_id("message", row[_UID]) for row in later),
        None if first is None else public_id("message", first[0]),
    )


def _unproved(snap: Snapshot, ticket: Stored, rows: Sequence[SqlRow]) -> frozenset[str]:
    """What customers wrote on tickets that came by the form, also if these are merged."""
    homes = {
        row[0]: row[_HOME] or ticket.id for row in rows if row[_SENDER] == SENDERS.index("customer")
    }
    if not homes:
        return frozenset()
    found = snap.all(_METADATA, keys=json.dumps(sorted(set(homes.values()))))
    forms = {key for key, metadata in found if came_by_form(from_json(metadata))}
    return frozenset(public_id("message", row[_UID]) for row in rows if homes.get(row[0]) in forms)


def _message(param: str, value: object) -> list[Problem]:
    if parse_id("message", value) is not None:
        return []
    return invalid(param, f"must be an id that begins with {PREFIXES['message']}")
