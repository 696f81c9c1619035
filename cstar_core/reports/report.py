"""What reports say, as values."""

from dataclasses import dataclass
from datetime import date

from cstar_core.reports.spread import Durations


@dataclass(frozen=True, slots=True)
class Count:
    """What happened in the days from ``start`` to ``end``, and how many tickets were open then."""

    start: date
    end: date
    created: int
    resolved: int
    reopened: int
    backlog: int


@dataclass(frozen=True, slots=True)
class Volume:
    """How much there was: one ``Count`` for each day, week or month, and the sums of them all."""

    counts: tuple[Count, ...]
    created: int
    resolved: int
    reopened: int


@dataclass(frozen=True, slots=True)
class ResponseTimes:
    """How long customers waited for the first answer, and until their ticket was resolved."""

    first_response: Durations
    resolution: Durations


@dataclass(frozen=True, slots=True)
class Group:
    """The tickets of one member, tag, value or priority.

    ``key`` is a member's id, else the same as ``name``; None for what is with nobody and for what
    is summed up. Medians are in seconds, and None where nothing was answered or resolved.
    """

    key: str | None
    name: str
    created: int
    resolved: int
    first_response: int | None
    resolution: int | None


@dataclass(frozen=True, slots=True)
class Breakdown:
    """Groups of tickets, those with most new tickets first; ``other`` sums up what is left."""

    groups: tuple[Group, ...]
    other: Group | None
