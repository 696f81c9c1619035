"""Which tickets: the filters of lists, which changes to many tickets take too."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, TypedDict

from cstar_core.checks import check_choice, check_text, invalid, unknown
from cstar_core.clock import to_seconds
from cstar_core.customers import customer_key
from cstar_core.errors import Problem
from cstar_core.ids import looks_like_id
from cstar_core.members import member_key
from cstar_core.scope import Scope
from cstar_core.search import Criteria, has_words
from cstar_core.store import Snapshot
from cstar_core.tables import PRIORITIES, STATUSES
from cstar_core.tags import check_tags, parse_tags
from cstar_core.tickets.ticket import ENTITY
from cstar_core.words import SEARCH_MAX

BOUNDS = ("created_after", "created_before", "updated_after", "updated_before")


class TicketFilter(TypedDict, total=False):
    """The filters of ``tickets.list``; all that are given must hold."""

    status: str | Sequence[str] | None
    priority: str | Sequence[str] | None
    search: str | None
    customer_id: str | None
    assigned_to: str | None
    tags: str | Sequence[str]
    custom_fields: Mapping[str, object] | None
    created_after: datetime | None
    created_before: datetime | None
    updated_after: datetime | None
    updated_before: datetime | None


NAMES = tuple(TicketFilter.__annotations__)


def check_filter(given: TicketFilter) -> list[Problem]:
    """Every rule that the filters break; those on custom fields are checked where they are read."""
    strange = [name for name in given if name not in NAMES]
    search, assigned = given.get("search"), given.get("assigned_to")
    return [
        *(problem for name in strange for problem in unknown(str(name), str(name), NAMES)),
        *([] if search is None else check_text("search", search, SEARCH_MAX)),
        *_check_several("status", given.get("status"), STATUSES),
        *_check_several("priority", given.get("priority"), PRIORITIES),
        *check_tags("tags", given.get("tags", ())),
        *_check_instants(given),
        *_check_reference("customer_id", given.get("customer_id")),
        *_check_reference("assigned_to", None if assigned == "none" else assigned),
    ]


def narrows(given: TicketFilter) -> bool:
    """Whether checked filters ask for anything, so that not every ticket is meant."""
    fields = given.get("custom_fields")
    plain = _instants(given) or given.get("customer_id") or given.get("assigned_to")
    listed = _choices(given) or parse_tags(given.get("tags", ()))
    # Bounds without any are no filter; what is no mapping is refused where it is read.
    valued = any(v != {} for v in fields.values()) if isinstance(fields, Mapping) else fields
    return bool(plain or listed or valued or has_words(given.get("search")))


def criteria(snap: Snapshot, scope: Scope, given: TicketFilter, sort: str) -> Criteria:
    """What a list with checked filters is asked for."""
    conditions, possible = _conditions(snap, scope, given)
    return Criteria(
        ENTITY,
        sort,
        given.get("search"),
        parse_tags(given.get("tags", ())),
        given.get("custom_fields"),
        conditions,
        _choices(given),
        possible,
    )


def _conditions(
    snap: Snapshot, scope: Scope, given: TicketFilter
) -> tuple[dict[str, dict[str, object]], bool]:
    """The plain conditions with their values; False if one names an object not here."""
    customer_id, assigned_to = given.get("customer_id"), given.get("assigned_to")
    conditions: dict[str, dict[str, object]] = {
        name: {name: to_seconds(instant)} for name, instant in _instants(given).items()
    }
    if customer_id is not None:
        conditions["customer"] = {"customer": customer_key(snap, scope, customer_id)}
    if assigned_to == "none":
        conditions["unassigned"] = {}
    elif assigned_to is not None:
        conditions["assigned"] = {"assigned": member_key(snap, scope, assigned_to)}
    values = [value for given in conditions.values() for value in given.values()]
    return conditions, None not in values


def _instants(given: Mapping[str, Any]) -> dict[str, datetime]:
    return {name: given[name] for name in BOUNDS if given.get(name) is not None}


def _several(value: Collection[str] | None) -> list[str]:
    return [] if value is None else value.split(",") if isinstance(value, str) else list(value)


def _check_several(param: str, value: Any, allowed: Sequence[str]) -> list[Problem]:
    if value is not None and not isinstance(value, Collection):
        return check_choice(param, value, allowed)
    for one in _several(value):
        problems = check_choice(param, one, allowed)
        if problems:
            return problems
    return []


def _choices(given: TicketFilter) -> dict[str, list[int]]:
    asked = {
        "status": sorted({STATUSES.index(one) for one in _several(given.get("status"))}),
        "priority": sorted({PRIORITIES.index(one) for one in _several(given.get("priority"))}),
    }
    return {name: codes for name, codes in asked.items() if codes}


def _check_instants(given: Mapping[str, Any]) -> list[Problem]:
    return [
        problem
        for name, instant in _instants(given).items()
        if getattr(instant, "tzinfo", None) is None
        for problem in invalid(name, "must be an instant with a time zone")
    ]


def _check_reference(param: str, id: str | None) -> list[Problem]:
    return [] if id is None or looks_like_id(id) else invalid(param, "must be an id")
