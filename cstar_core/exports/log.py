"""The log of events in an export: as the API shows them, and back to what is stored."""

import json
from collections.abc import Mapping
from typing import Any

from peewee import JOIN

from cstar_core.checks import check_choice, check_integer, invalid
from cstar_core.errors import Problem
from cstar_core.events import (
    EVENT_TYPES,
    object_id,
    object_kind,
    packed,
    unpacked,
)
from cstar_core.exports.forms import INSTANT, INTEGER_MAX, id_of, show_instant
from cstar_core.ids import numbered, numbered_id, parse_id
from cstar_core.metadata import to_json
from cstar_core.scope import actor_of
from cstar_core.store import SqlRow
from cstar_core.tables import ACTOR_TYPES, EventRow, TicketRow

EVENTS_NAME = "events"
COLUMNS = (
    "number", "type", "created_at", "object_uid", "ticket_number",
    "actor_type", "actor_uid", "data", "changes",
)  # fmt: skip
MEMBERS = (
    "id", "type", "createdAt", "objectId", "ticketNumber",
    "actorType", "actorId", "data", "changes",
)  # fmt: skip
ROWS = (
    EventRow.select(
        EventRow.workspace_id,
        *(getattr(EventRow, name) for name in COLUMNS),
        TicketRow.uid,
    )
    .join(
        TicketRow,
        JOIN.LEFT_OUTER,
        on=(TicketRow.workspace_id == EventRow.workspace_id)
        & (TicketRow.number == EventRow.ticket_number),
    )
    .order_by(EventRow.workspace_id, EventRow.number)
)
_CODES = {type: code for code, type in enumerate(EVENT_TYPES)}
_ACTOR_KINDS = ACTOR_TYPES[1:]


def show_event(salt: bytes, row: SqlRow) -> dict[str, Any]:
    """An event from the columns of ``ROWS`` after the first."""
    number, code, created_at, uid, ticket, actor_type, actor_uid, data, changes, ticket_uid = row
    type, actor = EVENT_TYPES[code], actor_of(actor_type, actor_uid)
    return {
        "id": numbered_id("event", salt, number),
        "type": type,
        "createdAt": show_instant(created_at),
        "objectId": object_id(type, uid),
        "ticketNumber": ticket,
        "actorType": actor.type,
        "actorId": actor.id,
        "data": unpacked(type, data, ticket, ticket_uid) if data else {},
        "changes": json.loads(changes) if changes else {},
    }


def check_event(record: Mapping[str, Any], salt: bytes, number: int) -> list[Problem]:
    """What is wrong with an event that must have this number; its ticket is not looked up."""
    problems: list[Problem] = []
    if numbered("event", salt, record["id"]) != number:
        problems += invalid(
            "id", f"must be {numbered_id('event', salt, number)}, the next of its workspace"
        )
    type_problems = check_choice("type", record["type"], EVENT_TYPES)
    problems += type_problems or id_of(object_kind(record["type"])).check(
        "objectId", record["objectId"]
    )
    problems += INSTANT.check("createdAt", record["createdAt"])
    if record["ticketNumber"] is not None:
        problems += check_integer("ticketNumber", record["ticketNumber"], 1, INTEGER_MAX)
    problems += _check_actor(record["actorType"], record["actorId"])
    for name in ("data", "changes"):
        problems += _check_json(name, record[name])
    return problems


def _check_actor(type: object, id: object) -> list[Problem]:
    problems = check_choice("actorType", type, ACTOR_TYPES)
    if problems:
        return problems
    if type not in _ACTOR_KINDS:
        return [] if id is None else invalid("actorId", "must be null for the system")
    return id_of(str(type)).check("actorId", id)


def _check_json(param: str, value: object) -> list[Problem]:
    if not isinstance(value, Mapping):
        return invalid(param, "must be an object")
    try:
        to_json(value).encode()
    except (ValueError, RecursionError):
        return invalid(param, "must be JSON of numbers and Unicode text")
    return []


def store_event(record: Mapping[str, Any], number: int) -> tuple[Any, ...]:
    """The values of ``COLUMNS`` of an event that passed ``check_event``."""
    type, actor = record["type"], record["actorType"]
    data, changes = record["data"], record["changes"]
    return (
        number,
        _CODES[type],
        INSTANT.store(record["createdAt"]),
        parse_id(object_kind(type), record["objectId"]),
        record["ticketNumber"],
        ACTOR_TYPES.index(actor),
        None if record["actorId"] is None else parse_id(actor, record["actorId"]),
        packed(type, data) if data else None,
        to_json(changes) if changes else None,
    )


def unlike(
    record: Mapping[str, Any], stored: tuple[Any, ...], ticket_uid: bytes | None
) -> list[Problem]:
    """Whether the data would be read otherwise than they were given.

    Most data are stored without what the event's row and its ticket say already.
    """
    text, data = stored[7], record["data"]
    if text is None or text.startswith("{"):
        return []
    shown = unpacked(record["type"], text, record["ticketNumber"], ticket_uid)
    if shown == data:
        return []
    name = next(iter(shown))
    return invalid(f"data.{name}", "must be that of the event's ticket")
