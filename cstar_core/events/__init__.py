"""The log of what happened: a row written in the same transaction as the change itself."""

from cstar_core.events.following import codes_of, event_at, how_many_told, told
from cstar_core.events.forgetting import (
    OF_TYPES,
    codes_as_json,
    events_of,
    forget,
    forget_object,
    forget_ticket,
)
from cstar_core.events.log import (
    EVENT_TYPES,
    Changes,
    Log,
    difference,
    last_number,
    packed,
    record,
)
from cstar_core.events.quiet import quietly
from cstar_core.events.room import (
    Event,
    Events,
    Following,
    event_number,
    matches,
    object_id,
    object_kind,
    salt_of,
    unpacked,
)

__all__ = [
    "EVENT_TYPES",
    "OF_TYPES",
    "Changes",
    "Event",
    "Events",
    "Following",
    "Log",
    "codes_as_json",
    "codes_of",
    "difference",
    "event_at",
    "event_number",
    "events_of",
    "forget",
    "forget_object",
    "forget_ticket",
    "how_many_told",
    "last_number",
    "matches",
    "object_id",
    "object_kind",
    "packed",
    "quietly",
    "record",
    "salt_of",
    "told",
    "unpacked",
]
