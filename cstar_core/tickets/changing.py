"""A change to tickets, to one or to many: what it may be, and what it makes of each of them."""

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

from cstar_core import facets
from cstar_core.checks import Rule, check_all, invalid
from cstar_core.errors import UNKNOWN, MergeConflict, Problem
from cstar_core.events import Log
from cstar_core.fields import check_values
from cstar_core.ids import parse_id, public_id
from cstar_core.scope import Scope
from cstar_core.store import Transaction
from cstar_core.tags import check_tags, fold_tag, parse_tags
from cstar_core.tickets.ticket import ENTITY, UPDATE_RULES, Stored, plain
from cstar_core.tickets.writing import references, write_changes

_KINDS = (("customer_id", "customer"), ("assigned_to", "member"))
_TAG_CHANGES = ("remove_tags", "add_tags")


class TicketChanges(TypedDict, total=False):
    """What may change after a ticket is made; an absent key means "leave it"."""

    title: str
    status: str
    priority: str
    customer_id: str | None
    assigned_to: str | None
    tags: str | Sequence[str]
    notes: str | None
    metadata: Mapping[str, Any]
    custom_fields: Mapping[str, Any]


class ManyChanges(TicketChanges, total=False):
    """What may change about many tickets: tags may also be added and removed, which comes first."""

    add_tags: str | Sequence[str]
    remove_tags: str | Sequence[str]


MANY_RULES: dict[str, Rule] = UPDATE_RULES | dict.fromkeys(_TAG_CHANGES, check_tags)


class Change:
    """A change on its way into tickets; what all of them need is read once.

    ``write`` records the events of all, in the order in which it was applied.
    """

    def __init__(
        self,
        tx: Transaction,
        scope: Scope,
        changes: Mapping[str, Any],
        rules: Mapping[str, Rule] = UPDATE_RULES,
    ) -> None:
        self._tx = tx
        self._scope = scope
        self._rules = rules
        self._changes = dict(changes)
        needed = "custom_fields" in changes
        self._known = facets.definitions(tx, scope.workspace_id, ENTITY) if needed else {}
        self._keys: Mapping[str, int | None] = {}
        self._log = Log(scope)

    def check(self) -> list[Problem]:
        """Every rule that it breaks whatever the ticket."""
        return check_changes(self._changes, self._rules)

    def unknown_fields(self) -> list[Problem]:
        """The custom fields that it names and that do not exist, whatever the ticket."""
        given = self._changes.get("custom_fields", {})
        problems = check_values("custom_fields", given, self._known, {})
        return [problem for problem in problems if problem.code == UNKNOWN]

    def against(self, before: Stored) -> list[Problem]:
        """What it would break of a ticket."""
        old = before.values()
        return facets.check_merge(old, self._changes, self._known) + self._check_tags(old["tags"])

    def resolve(self) -> None:
        """Find what it names; raises Invalid for what is not here."""
        self._keys = references(self._tx, self._scope, self._changes)
        for name, kind in _KINDS:
            # In the form in which ids are printed, so that it can be seen whether they change.
            uid = parse_id(kind, self._changes.get(name))
            if uid is not None:
                self._changes[name] = public_id(kind, uid)

    def apply(self, before: Stored) -> bool:
        """Change a ticket that nothing stands against; whether anything is different now.

        Raises MergeConflict for another status of a ticket that is merged into another one.
        """
        old = before.values()
        changes = {k: value for k, value in self._changes.items() if k not in _TAG_CHANGES}
        if len(changes) < len(self._changes):
            changes["tags"] = self._tags(old["tags"])
        after = facets.merge(old, changes)
        if before.merged_uid is not None and "status" in after:
            into = public_id("ticket", before.merged_uid)
            raise MergeConflict(f"The ticket is merged into {into}, and stays closed")
        if after:
            write_changes(self._tx, self._scope, self._log, before, after, self._keys, self._known)
        return bool(after)

    def write(self) -> None:
        """Record what happened."""
        self._log.write(self._tx)
        self._log = Log(self._scope)

    def _tags(self, old: Sequence[str]) -> list[str]:
        without = {fold_tag(tag) for tag in parse_tags(self._changes.get("remove_tags", ()))}
        kept = [tag for tag in old if fold_tag(tag) not in without]
        return list(parse_tags([*kept, *parse_tags(self._changes.get("add_tags", ()))]))

    def _check_tags(self, old: Sequence[str]) -> list[Problem]:
        given = "add_tags" in self._changes and "add_tags" in self._rules
        return check_tags("add_tags", self._tags(old)) if given else []


def check_changes(
    changes: Mapping[str, object], rules: Mapping[str, Rule] = UPDATE_RULES
) -> list[Problem]:
    """Every rule that changes break whatever the ticket; custom fields depend on it."""
    problems = check_all(plain(changes), rules)
    for name in _TAG_CHANGES:
        if name in changes and "tags" in changes:
            problems += invalid(name, "must not be given together with tags")
    return problems
