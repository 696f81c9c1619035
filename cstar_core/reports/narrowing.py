"""Which tickets a report is of: those of a member, with a tag, a priority, values of fields."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypedDict

from cstar_core import facets
from cstar_core.checks import check_choice, check_text, invalid, raise_any, unknown
from cstar_core.errors import Problem
from cstar_core.fields import Definition
from cstar_core.members import member_key
from cstar_core.scope import Scope
from cstar_core.store import Snapshot
from cstar_core.tables import PRIORITIES
from cstar_core.tags import TAG_MAX, parse_tags
from cstar_core.tickets import ENTITY

# The key of what is not there; no row has it.
_NOTHING = -2


class ReportFilter(TypedDict, total=False):
    """What narrows a report; all that is given must hold, as tickets are now.

    ``assigned_to`` is a member's id or "none"; ``custom_fields`` maps keys to a value.
    """

    assigned_to: str | None
    tag: str | None
    priority: str | None
    custom_fields: Mapping[str, object] | None


NAMES = tuple(ReportFilter.__annotations__)


@dataclass(frozen=True, slots=True)
class Narrowing:
    """The conditions by name, and the values of their parameters.

    ``tagged`` or ``valued0`` and on are rows of their own, the others columns of a ticket.
    """

    conditions: tuple[str, ...]
    values: Mapping[str, object]


def read_narrowing(
    snap: Snapshot, scope: Scope, given: Mapping[str, Any], known: Mapping[str, Definition]
) -> Narrowing:
    """What narrows a report; what it names that is not there, no ticket has. Raises Invalid."""
    assigned, tag = given.get("assigned_to"), given.get("tag")
    priority, fields = given.get("priority"), given.get("custom_fields")
    wanted, problems = facets.parse_filters(
        "custom_fields", {} if fields is None else fields, known
    )
    strange = [str(name) for name in given if name not in NAMES]
    problems += [problem for name in strange for problem in unknown(name, name, NAMES)]
    problems += [] if priority is None else check_choice("priority", priority, PRIORITIES)
    problems += [] if tag is None else _check_tag(tag)
    if any(comparison != "eq" for _, comparison, _ in wanted):
        problems += invalid("custom_fields", "must each have one value, not a comparison")
    if not isinstance(assigned, str | None):
        problems += invalid("assigned_to", 'must be the id of a member or "none"')
    raise_any(problems)
    values: dict[str, Any] = {}
    if assigned is not None and assigned != "none":
        key = member_key(snap, scope, assigned)
        values["assigned"] = _NOTHING if key is None else key
    if priority is not None:
        values["priority"] = PRIORITIES.index(priority)
    if tag is not None:
        found = facets.find_tags(snap, scope.workspace_id, ENTITY, parse_tags([tag]))
        values["tagged"] = found[0][0] if found else _NOTHING
    conditions = [*(["unassigned"] if assigned == "none" else []), *values]
    for place, (field, _, value) in enumerate(wanted):
        conditions.append(f"valued{place}")
        values |= {f"field{place}": field, f"valued{place}": value}
    return Narrowing(tuple(conditions), values)


def _check_tag(tag: object) -> list[Problem]:
    if not isinstance(tag, str) or "," in tag or not tag.strip():
        return invalid("tag", "must be one tag")
    return check_text("tag", tag, TAG_MAX)
