"""Many tickets changed at once from the list, and that undone.

What is undone is read from the events of the change, so a form carries no former values: it only
says between which events they are.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from flask import Response

from cstar_core import Event, Invalid, Problem
from cstar_web.errors import INVALID
from cstar_web.inbox.declaring import Page, page
from cstar_web.inbox.finding import START
from cstar_web.inbox.languages import say
from cstar_web.inbox.signing import TEAM
from cstar_web.inbox.tickets import show_view
from cstar_web.inbox.visits import TeamVisit

MANY = f"{TEAM}/tickets"

_NOBODY = "none"
_UPDATED = ("ticket.updated",)
# As a form names what it sets, and as the core does; the forms of a ticket have the core's names.
_FIELDS = {
    "set_status": "status",
    "set_priority": "priority",
    "set_assignee": "assigned_to",
    "add_tags": "add_tags",
}
FIELDS = tuple(_FIELDS)
_NAMES = {value: name for name, value in _FIELDS.items()}
# As an event names what can be put back, and as the core does.
_KEPT = {
    "status": "status",
    "priority": "priority",
    "assignedTo": "assigned_to",
    "tags": "tags",
}
_AT_ONCE = 1_000
_PAGES_MAX = 5
NO_TICKET = say("Choose tickets first")
_NO_CHANGE = say("Choose what is to change")
TOO_MANY = say("These are too many tickets at once. Choose fewer")
_TOO_LATE = say("Too much has happened since. It cannot be undone any more")


def show_list(visit: TeamVisit) -> Response:
    """The list that the form stands on."""
    return show_view(visit, visit.asked("view") or START)


@page(
    Page(
        method="POST",
        path=MANY,
        name="change_many",
        access="agent",
        fields=FIELDS,
        lists=("ids",),
        again=show_list,
    )
)
def change_many(visit: TeamVisit) -> Response:
    """Change the tickets that are chosen, as far as each can be."""
    changes: Any = _changes(visit.form.values)
    ids = list(dict.fromkeys(visit.form.lists["ids"]))
    if not ids or not changes:
        raise Invalid([Problem("", INVALID, _NO_CHANGE if ids else NO_TICKET)])
    events = visit.workspace.events
    with visit.desk.transaction():
        since = events.following(limit=1).reached
        try:
            done = visit.workspace.tickets.update_many(changes, ids=ids)
        except Invalid as error:
            raise Invalid([_named(each) for each in error.problems]) from error
        until = events.following(limit=1).reached
    changed, failed = done.count("updated"), done.count("failed")
    told = {"changed": changed, "failed": failed, "since": since, "until": until}
    return visit.leads_to("view", view=visit.asked("view") or START, done="many", **told)


@page(
    Page(
        method="POST",
        path=f"{MANY}/undo",
        name="undo_many",
        access="agent",
        fields=("since", "until"),
        again=show_list,
    )
)
def undo_many(visit: TeamVisit) -> Response:
    """Put back what the member has changed, where nobody has changed the same since."""
    with visit.desk.transaction():
        own, later = _happened(visit, visit.form.values["since"], visit.form.values["until"])
        touched = {(each.object_id, name) for each in later for name in each.changes or {}}
        groups: dict[str, list[str]] = {}
        for id, former in _former(own, touched):
            groups.setdefault(json.dumps(former), []).append(id)
        restored = sum(_put_back(visit, json.loads(each), ids) for each, ids in groups.items())
    left = len({each.object_id for each in own}) - restored
    view = visit.asked("view") or START
    return visit.leads_to("view", view=view, done="undone", changed=restored, failed=left)


def _changes(typed: Mapping[str, str]) -> dict[str, Any]:
    """What the form sets; what was left empty stays as it is."""
    found: dict[str, Any] = {_FIELDS[name]: typed[name].strip() for name in _FIELDS}
    if found["assigned_to"] == _NOBODY:
        return {name: value for name, value in found.items() if value} | {"assigned_to": None}
    return {name: value for name, value in found.items() if value}


def _named(problem: Problem) -> Problem:
    """The problem, with the name that the field has in the form."""
    param = problem.param.removeprefix("changes.").partition(".")[0]
    if param == "ids":  # of which the form has no field to tell it beside
        return Problem("", INVALID, TOO_MANY)
    return Problem(_NAMES.get(param, param), problem.code, problem.rule)


def _happened(visit: TeamVisit, since: str, until: str) -> tuple[list[Event], list[Event]]:
    """The member's changes of tickets up to an event, and everybody's after it."""
    before = {each.id for each in _updates(visit, until)}
    found = _updates(visit, since)
    own = [each for each in found if each.id not in before and each.actor.id == visit.member.id]
    return own, [each for each in found if each.id in before]


def _updates(visit: TeamVisit, after: str) -> list[Event]:
    found: list[Event] = []
    for _ in range(_PAGES_MAX):
        some = visit.workspace.events.following(after, types=_UPDATED, limit=_AT_ONCE)
        found += some.events
        if len(some.events) < _AT_ONCE:
            return found
        after = some.reached
    raise Invalid([Problem("", INVALID, _TOO_LATE)])


def _former(
    own: Sequence[Event], touched: set[tuple[str, str]]
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each ticket with what it had before, but for what was touched since."""
    for each in own:
        former = {
            _KEPT[name]: change["from"]
            for name, change in (each.changes or {}).items()
            if name in _KEPT and (each.object_id, name) not in touched
        }
        if former:
            yield each.object_id, former


def _put_back(visit: TeamVisit, former: Any, ids: list[str]) -> int:
    """How many could be; a member or a tag that one had may be gone."""
    try:
        return visit.workspace.tickets.update_many(former, ids=ids).count("updated")
    except Invalid:
        return 0
