"""The walks of reports, each along one index, in SQL that is made once for each shape.

A walk is bounded by its period, whatever else the desk has. ``created_at`` and the key of a ticket
are in every index that is walked, so what narrows a report is asked of the indexes too: a row with
a tag or a value is found by them.
"""

from collections.abc import Mapping
from functools import lru_cache
from itertools import pairwise

from cstar_core.events import EVENT_TYPES
from cstar_core.fields import INDEXED_TEXT_MAX
from cstar_core.reports.spread import GROUP_BITS
from cstar_core.store import Snapshot, SqlRow
from cstar_core.tables import PRIORITIES, STATUSES
from cstar_core.tickets import DONE

Shape = tuple[str, ...]

_STATUSES = ", ".join(str(code) for code in range(len(STATUSES)))
_OPEN = ", ".join(str(code) for code, name in enumerate(STATUSES) if name not in DONE)
_PRIORITIES = ", ".join(str(code) for code in range(len(PRIORITIES)))
_REOPENED = EVENT_TYPES.index("ticket.reopened")
_PLAIN = {
    "assigned": "t.assigned_to = :assigned",
    "unassigned": "t.assigned_to IS NULL",
    "priority": "t.priority = :priority",
    "tagged": (
        "EXISTS (SELECT 1 FROM tag_uses "
        "WHERE tag_id = :tagged AND created_at = t.created_at AND owner_id = t.id)"
    ),
}
# What lies in the index that finds what was created, so that this can lead.
_LED = {
    "assigned": "tickets_assigned",
    "unassigned": "tickets_assigned",
    "priority": "tickets_state",
}


def run(snap: Snapshot, text: str, values: Mapping[str, object]) -> list[SqlRow]:
    """The rows of a walk; its values are named, and not all of them need be used."""
    return snap.connection.execute(text, dict(values)).fetchall()


def _condition(name: str) -> str:
    if name in _PLAIN:
        return _PLAIN[name]
    place = name.removeprefix("valued")
    return (
        f"EXISTS (SELECT 1 FROM field_values WHERE field_id = :field{place} "  # noqa: S608
        f"AND value = :{name} AND created_at = t.created_at AND owner_id = t.id)"
    )


def _between(column: str, span: str) -> str:
    return (
        f"{column} >= json_extract({span}.value, '$[0]') "
        f"AND {column} < json_extract({span}.value, '$[1]')"
    )


def _where(*conditions: str) -> str:
    return f"WHERE {' AND '.join(conditions)}"


def _created(shape: Shape, between: str, joined: str | None = None) -> str:
    """The tickets that were created in a span; the index of the first condition leads.

    Where rows of a tag or a value lead, tickets are only read if more is asked of them, or if
    something is ``joined``.
    """
    rows = [name for name in shape if name not in _LED]
    if rows:
        first = rows[0]
        lead, key = "tag_uses", "lead.tag_id = :tagged"
        if first != "tagged":
            place = first.removeprefix("valued")
            lead, key = "field_values", f"lead.field_id = :field{place} AND lead.value = :{first}"
        rest = tuple([name for name in shape if name != first])
        read = rest or joined is not None
        reads = "CROSS JOIN tickets AS t ON t.id = lead.owner_id " if read else ""
        span = between.replace("t.created_at", "lead.created_at")
        where = _where(key, span, *map(_condition, rest))
        return f"FROM {lead} AS lead {reads}{joined or ''}{where}"
    first = next((name for name in _LED if name in shape), "")
    index = _LED.get(first, "tickets_created")
    statuses = [f"t.status IN ({_STATUSES})"] if first else []
    conditions = ["t.workspace_id = :workspace", *statuses, *map(_condition, shape)]
    where = _where(*conditions, between)
    return f"FROM tickets AS t INDEXED BY {index} {joined or ''}{where}"


def _happened(column: str, shape: Shape, between: str, joined: str = "") -> str:
    """The tickets that were answered or resolved in a span."""
    index = "tickets_answered" if column == "first_response_at" else "tickets_resolved"
    conditions = ["t.workspace_id = :workspace", between, *map(_condition, shape)]
    return f"FROM tickets AS t INDEXED BY {index} {joined}{_where(*conditions)}"


@lru_cache(256)
def counted_by_span(what: str, shape: Shape) -> str:
    """How many tickets were created or resolved, or how often one was reopened, in each span.

    ``:spans`` is an array of [begins, ends].
    """
    if what == "created":
        rows = _created(shape, _between("t.created_at", "span"))
    elif what == "resolved":
        rows = _happened("resolved_at", shape, _between("t.resolved_at", "span"))
    else:
        conditions = [
            "e.workspace_id = :workspace",
            f"e.type = {_REOPENED}",
            _between("e.created_at", "span"),
            *map(_condition, shape),
        ]
        rows = (
            "FROM events AS e INDEXED BY events_reopened CROSS JOIN tickets AS t "
            "ON t.workspace_id = e.workspace_id AND t.number = e.ticket_number "
            f"{_where(*conditions)}"
        )
    return f"SELECT span.key, (SELECT count(*) {rows}) FROM json_each(:spans) AS span"  # noqa: S608


@lru_cache(256)
def counted_open(shape: Shape) -> str:
    """How many tickets are open now: from the counters, if they tell."""
    if not set(shape) - set(_LED):
        priority = " AND priority = :priority" if "priority" in shape else ""
        return (
            "SELECT coalesce(sum(tickets), 0) FROM ticket_counts WHERE workspace_id = :workspace "  # noqa: S608
            f"AND assigned_to = :counted AND block = -1 AND status IN ({_OPEN}){priority}"
        )
    priorities = [] if "priority" in shape else [f"t.priority IN ({_PRIORITIES})"]
    conditions = ["t.workspace_id = :workspace", f"t.status IN ({_OPEN})", *priorities]
    where = _where(*conditions, *map(_condition, shape))
    return f"SELECT count(*) FROM tickets AS t INDEXED BY tickets_state {where}"  # noqa: S608


@lru_cache(256)
def durations(column: str, shape: Shape, group: str = "0", joined: str = "") -> str:
    """For each part of a period, the durations from the creation to ``column``, with their group.

    ``:parts`` is an array of [begins, ends]. A clock that was set back makes none negative.
    """
    rows = _happened(column, shape, _between(f"t.{column}", "part"), joined)
    packed = f"(({group}) << {GROUP_BITS}) + max(0, t.{column} - t.created_at)"
    return f"SELECT (SELECT group_concat({packed}) {rows}) FROM json_each(:parts) AS part"  # noqa: S608


@lru_cache(256)
def told_apart(shape: Shape, group: str, joined: str) -> str:
    """For each part of a period, the group of each ticket that was created in it."""
    rows = _created(shape, _between("t.created_at", "part"), joined)
    return (
        f"SELECT (SELECT group_concat(({group}) << {GROUP_BITS}) {rows}) "  # noqa: S608
        "FROM json_each(:parts) AS part"
    )


def counted_by_group(lead: str) -> str:
    """How many tickets of each group were created in the period, if nothing narrows the report.

    ``:groups`` is an array of what the index of the group begins with; ``lead`` says which it is.
    """
    return (
        f"SELECT g.key, (SELECT count(*) FROM {_LEADS[lead]} "  # noqa: S608
        "AND lead.created_at >= :begins AND lead.created_at < :ends) FROM json_each(:groups) AS g"
    )


_OF_TICKETS = (
    f"tickets AS lead INDEXED BY {{}} WHERE lead.workspace_id = :workspace "
    f"AND lead.status IN ({_STATUSES}) AND lead.{{}} g.value"
)
_LEADS = {
    "tag_uses": "tag_uses AS lead WHERE lead.tag_id = g.value",
    "field_values": (
        "field_values AS lead WHERE lead.field_id = :grouped AND lead.value = g.value"
    ),
    "tickets_assigned": _OF_TICKETS.format("tickets_assigned", "assigned_to IS"),
    "tickets_state": _OF_TICKETS.format("tickets_state", "priority ="),
}
# The tags of the tickets of a workspace.
TAGS = """
SELECT id, tag_key FROM tags WHERE workspace_id = :workspace AND entity_type = 'tickets'
"""
# Each value that a field has, found by steps along the index. Of long texts the index has only the
# beginning: for those, the values of one ticket that has it.
VALUES = f"""
WITH RECURSIVE found (value) AS (
    SELECT min(value) FROM field_values WHERE field_id = :grouped
    UNION ALL
    SELECT (SELECT min(value) FROM field_values WHERE field_id = :grouped AND value > found.value)
    FROM found WHERE found.value IS NOT NULL
)
SELECT value, CASE WHEN length(value) > {INDEXED_TEXT_MAX} THEN (
    SELECT custom_fields FROM field_values AS f CROSS JOIN tickets ON tickets.id = f.owner_id
    WHERE f.field_id = :grouped AND f.value = found.value LIMIT 1
) END FROM found WHERE value IS NOT NULL
"""  # noqa: S608
MEMBER = "coalesce(t.assigned_to, 0)"
PRIORITY = "t.priority"
TAG = "u.tag_id"
OF_TAGS = (
    "CROSS JOIN tag_uses AS u INDEXED BY tag_uses_owner ON u.owner_id = t.id AND u.owner_id > 0 "
    "CROSS JOIN tags AS k ON k.id = u.tag_id AND k.entity_type = 'tickets' "
)
OF_CHOICES = "CROSS JOIN json_each(t.custom_fields, :path) AS chosen "


def group_by_key(key: str, others: bool) -> str:
    """The group of a whole number: one more than it; 0 if ``others`` are and it is not ``:top``."""
    if not others:
        return f"{key} + 1"
    return f"CASE WHEN {key} IN (SELECT value FROM json_each(:top)) THEN {key} + 1 ELSE 0 END"  # noqa: S608


def group_by_value(value: str, number: int, others: bool) -> str:
    """The group of a value: its place among ``:top0`` and on, from 1; 0 for others; NULL if none.

    Where ``others`` are not asked for, they are as none: what is not looked at twice costs less.
    """
    whens = " ".join(f"WHEN :top{place} THEN {place + 1}" for place in range(number))
    rest = f"CASE WHEN {value} IS NOT NULL THEN 0 END" if others else "NULL"
    return f"CASE {value} {whens} ELSE {rest} END" if number else rest


def parts(begins: int, ends: int, number: int) -> list[tuple[int, int]]:
    """A period in parts of about the same length.

    >>> parts(0, 10, 4)
    [(0, 2), (2, 5), (5, 7), (7, 10)]
    """
    edges = [begins + (ends - begins) * place // number for place in range(number + 1)]
    return list(pairwise(edges))
