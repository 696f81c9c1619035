"""The log of what happened: a row written in the same transaction as the change itself."""

from cstar_core.events.log import (
    EVENT_TYPES,
    Changes,
    Log,
    difference,
    forget_object,
    forget_ticket,
    last_number,
    record,
)
from cstar_core.events.quiet import quietly
from cstar_core.events.room import Event, Events

__all__ = [
    "EVENT_TYPES",
    "Changes",
    "Event",
    "Events",
    "Log",
    "difference",
    "forget_object",
    "forget_ticket",
    "last_number",
    "quietly",
    "record",
]
