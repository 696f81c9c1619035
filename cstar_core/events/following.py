"""How the log is followed: what happened after a number, of some types, that others are told of."""

from functools import lru_cache, reduce
from typing import Any

from peewee import SQL, Select, fn

from cstar_core.events.log import EVENT_TYPES, last_number
from cstar_core.events.quiet import follow, loud
from cstar_core.events.room import Event, event_of, matches, select_events
from cstar_core.store import Prepared, Snapshot, SqlRow, limited, prepare, slot
from cstar_core.tables import EventRow

_BY_NUMBER = prepare(
    select_events().where(
        (EventRow.workspace_id == slot("workspace")) & (EventRow.number == slot("number"))
    )
)


def event_at(snap: Snapshot, workspace_id: int, salt: bytes, number: int) -> Event:
    """The event with a number, which there is."""
    return event_of(salt, snap.all(_BY_NUMBER, workspace=workspace_id, number=number)[0])


def codes_of(patterns: tuple[str, ...], kinds: tuple[str, ...]) -> tuple[int, ...]:
    """The stored codes of the types of some kinds that the patterns mean."""
    return tuple(
        code
        for code, name in enumerate(EVENT_TYPES)
        if name.partition(".")[0] in kinds and any(matches(name, each) for each in patterns)
    )


def told(
    snap: Snapshot, workspace_id: int, codes: tuple[int, ...], after: int, limit: int
) -> tuple[list[SqlRow], int]:
    """Events after a number that others are told of: number, type, ticket number and object.

    At most ``limit``; with them, up to which number these are all.
    """
    last = last_number(snap, workspace_id)
    if not codes:
        return [], max(after, last)
    query = _queries(codes)[0]

    def read(start: int, end: int, most: int) -> list[SqlRow]:
        return snap.all(query, workspace=workspace_id, after=start, until=end, limit=most)

    return follow(snap, workspace_id, after, last, limit, read)


def how_many_told(
    snap: Snapshot, workspace_id: int, codes: tuple[int, ...], after: int, most: int
) -> int:
    """How many events after a number others are to be told of; it counts to ``most``."""
    if not codes:
        return 0
    found = 0
    for start, end in loud(snap, workspace_id, after, last_number(snap, workspace_id)):
        part = {"after": start, "until": end, "limit": most - found}
        found += snap.value(_queries(codes)[1], workspace=workspace_id, **part)
        if found >= most:
            break
    return found


@lru_cache(256)
def _queries(codes: tuple[int, ...]) -> tuple[Prepared, Prepared]:
    """SQL for the first events of some types in a run, and for their number up to a limit.

    Each type is one walk, and they are merged, so that others are not looked at.
    """
    walks: list[Any] = []
    for code in codes:
        event = EventRow.alias(f"e{code}")
        of_type = (event.workspace_id == slot("workspace")) & (event.type == code)
        within = (event.number > slot("after")) & (event.number <= slot("until"))
        walks.append(event.select(event.number).where(of_type & within))
    merged = reduce(lambda one, other: one.union_all(other), walks).order_by(SQL("1"))
    numbers = Select([limited(merged).alias("first")], [SQL('"number"')])
    mine = EventRow.workspace_id == slot("workspace")
    rows = (
        EventRow.select(EventRow.number, EventRow.type, EventRow.ticket_number, EventRow.object_uid)
        .where(mine & EventRow.number.in_(numbers))
        .order_by(EventRow.number)
    )
    within = (EventRow.number > slot("after")) & (EventRow.number <= slot("until"))
    some = EventRow.select(SQL("1")).where(mine & EventRow.type.in_(codes) & within)
    counted = Select([limited(some).alias("some")], [fn.COUNT(SQL("1"))])
    return prepare(rows), prepare(counted)
