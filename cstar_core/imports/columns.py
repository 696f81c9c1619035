"""Which column or member of a file becomes what: as asked for, or by its name."""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cstar_core.checks import invalid, unknown
from cstar_core.errors import Problem
from cstar_core.fields import Definition
from cstar_core.imports.drafts import NOTES, Draft, Record
from cstar_core.imports.values import instants, read_field, read_priority, read_status
from cstar_core.tags import parse_tags

# What a file can be mapped to, in the API's names, and what that is in the core's.
TARGETS: dict[str, dict[str, str]] = {
    "tickets": {
        "title": "title",
        "status": "status",
        "priority": "priority",
        "customerId": "customer_id",
        "customerName": "customer_name",
        "customerEmail": "customer_email",
        "assignedTo": "assigned_to",
        "tags": "tags",
        "notes": "notes",
        "message": "initial_message",
        "messages": "messages",
        "createdAt": "created_at",
        "updatedAt": "updated_at",
        "resolvedAt": "resolved_at",
        "closedAt": "closed_at",
        "id": "id",
    },
    "customers": {
        "name": "name",
        "email": "email",
        "tags": "tags",
        "notes": "notes",
        "createdAt": "created_at",
        "updatedAt": "updated_at",
        "id": "id",
    },
}
# Names under which other programs write the same, without case, spaces and signs; a name of ours
# always counts.
ALIASES: dict[str, dict[str, str]] = {
    "tickets": {
        "subject": "title",
        "ticketstatus": "status",
        "customer": "customerName",
        "fullname": "customerName",
        "requester": "customerName",
        "requestername": "customerName",
        "email": "customerEmail",
        "requesteremail": "customerEmail",
        "agent": "assignedTo",
        "agentemail": "assignedTo",
        "assignee": "assignedTo",
        "assigneeemail": "assignedTo",
        "tag": "tags",
        "labels": "tags",
        "body": "message",
        "description": "message",
        "initialmessage": "message",
        "created": "createdAt",
        "createdtime": "createdAt",
        "requested": "createdAt",
        "updated": "updatedAt",
        "lastupdatetime": "updatedAt",
        "resolvedtime": "resolvedAt",
        "solvedat": "resolvedAt",
        "solved": "resolvedAt",
        "closedtime": "closedAt",
        "ticketid": "id",
        "conversationid": "id",
    },
    "customers": {
        "fullname": "name",
        "emailaddress": "email",
        "labels": "tags",
        "details": "notes",
    },
}
OBJECTS = {"customFields": "custom_fields", "metadata": "metadata"}
INSTANTS = ("created_at", "updated_at", "resolved_at", "closed_at")
# Members of our own objects that say nothing about a new one.
KNOWN = frozenset({"object", "number", "messageCount", "ticketCount", "version", *NOTES})

_SIGNS = re.compile(r"[\W_]+")
Pick = Callable[[Record, str], object]


def folded(name: str) -> str:
    """A name without what spellings differ in.

    >>> folded("Requester e-mail") == folded("requester_email")
    True
    """
    return _SIGNS.sub("", name).casefold()


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was asked for: sources for targets, and constants."""

    mapping: Mapping[str, Sequence[str]]
    constants: Mapping[str, str]

    def check(self, kind: str, known: Mapping[str, Definition]) -> list[Problem]:
        """Whether every target exists."""
        problems: list[Problem] = []
        for param, given in (("map", self.mapping), ("set", self.constants)):
            for target in given:
                problems += check_target(param, target, kind, known)
        for target, sources in self.mapping.items():
            if len(sources) > 1 and target != "tags":
                problems += invalid(f"map.{target}", "must have one source; only tags take several")
        return problems


def check_target(
    param: str, target: str, kind: str, known: Mapping[str, Definition]
) -> list[Problem]:
    """Whether a target exists for a kind of object.

    >>> check_target("map", "titel", "tickets", {})[0].message
    'map.titel is not known; did you mean title?'
    """
    group, dot, key = target.partition(".")
    if dot and group == "customFields":
        return [] if key in known else unknown(f"{param}.{target}", key, known)
    if dot and group == "metadata" and key:
        return []
    names = [*TARGETS[kind], *(f"{each}.KEY" for each in OBJECTS)]
    return [] if target in TARGETS[kind] else unknown(f"{param}.{target}", target, names)


def target_of(name: str, kind: str, known: Mapping[str, Definition]) -> str | None:
    """The target that the name of a column or member stands for by itself."""
    short = folded(name)
    for target in TARGETS[kind]:
        if folded(target) == short:
            return target
    if short in ALIASES[kind]:
        return ALIASES[kind][short]
    group, _, key = name.partition(".")
    prefix = {folded(each): each for each in OBJECTS}.get(folded(group))
    if prefix == "metadata" and key:
        return f"metadata.{key}"
    field = field_of(key if prefix else name, kind, known)
    return f"customFields.{field}" if field else None


def field_of(name: str, kind: str, known: Mapping[str, Definition]) -> str | None:
    """The custom field that has this key, without regard to spelling."""
    alike = (key for key in known if folded(key) == folded(name))
    return name if name in known else next(alike, None)


def assign(
    names: Collection[str], wanted: Wanted, kind: str, known: Mapping[str, Definition]
) -> dict[str, tuple[str, ...]]:
    """The sources of each target: as asked for, and by the names of what is left."""
    found = {target: tuple(sources) for target, sources in wanted.mapping.items()}
    used = {source for sources in found.values() for source in sources}
    exact = [name for name in names if name in TARGETS[kind]]
    for name in (*exact, *names):
        target = None if name in used or name in NOTES else target_of(name, kind, known)
        if target and target not in found and target not in wanted.constants:
            found[target] = (name,)
            used.add(name)
    return found


class Filling:
    """Fills drafts from records, by the sources of the targets."""

    def __init__(
        self, kind: str, known: Mapping[str, Definition], constants: Mapping[str, str], pick: Pick
    ) -> None:
        self._names = TARGETS[kind]
        self._is_of_customers = kind == "customers"
        self._known = known
        self._constants = constants
        self._pick = pick

    def fill(self, draft: Draft, record: Record, sources: Mapping[str, Sequence[str]]) -> Draft:
        """Put in what the sources say, then the constants; blank text counts as nothing."""
        for target, names in sources.items():
            given = [self._pick(record, name) for name in names]
            self._put(draft, target, [value for value in given if not _is_blank(value)])
        for target, value in self._constants.items():
            self._put(draft, target, [value])
        if self._is_of_customers and draft.values.get("email"):
            draft.values.setdefault("name", draft.values["email"])
        return draft

    def _put(self, draft: Draft, target: str, given: Sequence[object]) -> None:
        if not given:
            return
        group, dot, key = target.partition(".")
        if dot:
            value = given[0]
            if group == "customFields":
                value = read_field(value, self._known.get(key))
            draft.values.setdefault(OBJECTS[group], {})[key] = value
        elif target == "tags":
            draft.values["tags"] = _joined(given)
        else:
            _set(draft, self._names[target], given[0])


def _is_blank(value: object) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def _joined(given: Sequence[object]) -> object:
    """The tags of several sources; what is no tag is left for the core to refuse."""
    if len(given) == 1:
        return given[0]
    return [tag for value in given for tag in _several(value)]


def _several(value: object) -> Sequence[object]:
    if isinstance(value, str):
        return parse_tags(value)
    return value if isinstance(value, list) else [value]


def _set(draft: Draft, name: str, value: Any) -> None:
    trimmed = value.strip() if isinstance(value, str) else value
    match name:
        case "id":
            draft.id = str(trimmed)
        case "customer_id":
            draft.customer = str(trimmed)
        case "assigned_to":
            draft.agent = str(trimmed)
        case "status":
            draft.values[name] = read_status(value)
        case "priority":
            draft.values[name] = read_priority(value)
        case "customer_email" | "email":
            draft.values[name] = trimmed
        case _ if name in INSTANTS:
            draft.problems += instants(draft.values, {name: value})
        case _:
            draft.values[name] = value
