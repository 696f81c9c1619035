"""What members change of a ticket beside its conversation, each by a form of its own."""

from typing import Any

from flask import Response

from cstar_core import CustomField, Invalid, Problem, parse_tags, utc_now
from cstar_web.errors import INVALID
from cstar_web.html.values import value_of
from cstar_web.inbox.conversation import TICKET, back, show_ticket
from cstar_web.inbox.declaring import Page, page
from cstar_web.inbox.details import digest
from cstar_web.inbox.history import deeds_of
from cstar_web.inbox.languages import say
from cstar_web.inbox.stopping import Stopped
from cstar_web.inbox.tickets import PRIORITY_WORDS, STATUS_WORDS, names
from cstar_web.inbox.visits import TeamVisit

TAGS = f"{TICKET}/tags"

_NOTED = say("were changed by a colleague meanwhile; yours are kept here. Look, and save again")
_BEGUN_MAX = 64
_DEEDS_AT_ONCE = 50


def show_field(visit: TeamVisit, ticket: str, key: str) -> Response:
    """The ticket once more, with what is wrong beside one of its custom fields."""
    return show_ticket(visit, ticket, editing=key if "-" in key else f"tickets-{key}")


@page(
    Page(
        method="POST",
        path=TICKET,
        name="change_ticket",
        access="agent",
        fields=(
            *("status", "priority", "assigned_to"),
            *("was_status", "was_priority", "was_assigned_to"),
        ),
        again=show_ticket,
    )
)
def change_ticket(visit: TeamVisit, ticket: str) -> Response:
    """What the form has left as it was is not written: a colleague may have changed it since."""
    typed = visit.form.values
    changes: dict[str, Any] = {
        name: typed[name]
        for name in ("status", "priority", "assigned_to")
        if typed[name] != typed[f"was_{name}"]
    }
    if "assigned_to" in changes:
        changes["assigned_to"] = changes["assigned_to"] or None
    if changes:
        visit.workspace.tickets.update(ticket, **changes)
    return back(visit, ticket, "changed")


@page(
    Page(
        method="POST",
        path=TAGS,
        name="change_tags",
        access="agent",
        fields=("add", "remove"),
        again=show_ticket,
    )
)
def change_tags(visit: TeamVisit, ticket: str) -> Response:
    """Tags that a colleague has added or removed meanwhile stay so."""
    typed = visit.form.values
    with visit.desk.transaction(brief=True):
        tags = visit.workspace.tickets.get(ticket, with_messages=False).tags
        left = [tag for tag in tags if tag != typed["remove"]]
        try:
            visit.workspace.tickets.update(ticket, tags=[*left, *parse_tags(typed["add"])])
        except Invalid as error:
            raise beside("add", error) from error
    return back(visit, ticket, "changed")


@page(Page(method="GET", path=TAGS, name="known_tags", access="viewer"))
def known_tags(visit: TeamVisit, ticket: str) -> Response:
    """Tags that begin as something typed does, as options of a list."""
    begun = visit.asked("begin").replace('"', "")[:_BEGUN_MAX]
    text = f'tag:"{begun}'
    found = visit.workspace.views.complete(text, len(text)).suggestions
    return visit.show("tags.html", known=[each.label for each in found])


@page(
    Page(
        method="POST",
        path=f"{TICKET}/fields/{{key}}",
        name="set_field",
        access="agent",
        fields=("value",),
        lists=("values",),
        again=show_field,
    )
)
def set_field(visit: TeamVisit, ticket: str, key: str) -> Response:
    value = value_in(visit, field_of(visit, "tickets", key))
    try:
        visit.workspace.tickets.update(ticket, custom_fields={key: value})
    except Invalid as error:
        raise beside("value", error) from error
    return back(visit, ticket, "changed")


@page(
    Page(
        method="POST",
        path=f"{TICKET}/notes",
        name="change_notes",
        access="agent",
        fields=("notes", "was_notes"),
        keeps="notes",
        again=show_ticket,
    )
)
def change_notes(visit: TeamVisit, ticket: str) -> Response:
    typed = visit.form.values
    notes = typed["notes"] if typed["notes"].strip() else None
    with visit.desk.transaction(brief=True):
        before = visit.workspace.tickets.get(ticket, with_messages=False).notes
        if before != notes and digest(before) != typed["was_notes"]:
            raise Invalid([Problem("notes", INVALID, _NOTED)])
        visit.workspace.tickets.update(ticket, notes=notes)
    return back(visit, ticket, "changed")


def field_of(visit: TeamVisit, entity_type: str, key: str) -> CustomField:
    """The custom field with a key; raises Stopped if there is none."""
    defined = visit.workspace.custom_fields.list(entity_type=entity_type)
    field = next((each for each in defined if each.key == key), None)
    if field is None:
        raise Stopped(404)
    return field


def value_in(visit: TeamVisit, field: CustomField) -> object:
    """The value of a field that its form has; None empties it."""
    if field.type == "multiselect":
        return visit.form.lists["values"] or None
    text = visit.form.values["value"]
    return value_of(field.type, text) if text.strip() else None


def beside(name: str, error: Invalid) -> Invalid:
    """The same problems, to be told beside a field of the form."""
    return Invalid([Problem(name, each.code, each.rule) for each in error.problems])


@page(Page(method="GET", path=f"{TICKET}/history", name="history", access="viewer"))
def history(visit: TeamVisit, ticket: str) -> Response:
    """All that happened to a ticket, the earliest first."""
    found = visit.workspace.tickets.get(ticket, with_messages=False)
    try:
        events = visit.workspace.events.of_ticket(
            found.id, page_size=_DEEDS_AT_ONCE, cursor=visit.asked("after") or None
        )
    except Invalid:
        events = visit.workspace.events.of_ticket(found.id, page_size=_DEEDS_AT_ONCE)
    known = names(visit)
    return visit.show(
        "history.html",
        ticket=found,
        deeds=[deed for event in events.items for deed in deeds_of(event, known)],
        following=events.next_cursor,
        now=utc_now(),
        status_words=STATUS_WORDS,
        priority_words=PRIORITY_WORDS,
    )
