"""A conversation: the thread of a ticket, and the form with which a member answers it."""

from contextlib import suppress
from typing import Any

from flask import Response, request

from cstar_core import (
    PRIORITIES,
    STATUSES,
    Invalid,
    NotFound,
    Problem,
    StaleConversation,
    StaleDraft,
    Stretch,
)
from cstar_web.errors import INVALID
from cstar_web.inbox.attaching import FILES, UPLOADED, store_sent
from cstar_web.inbox.composing import (
    FIELDS,
    KINDS,
    NOTE,
    composer,
    discard_draft,
    note_sent,
    seen_by,
    sent_before,
    version_of,
)
from cstar_web.inbox.declaring import Page, page
from cstar_web.inbox.details import details
from cstar_web.inbox.finding import START, find_place
from cstar_web.inbox.languages import say
from cstar_web.inbox.mail.beside import beside
from cstar_web.inbox.reading import blocks
from cstar_web.inbox.rendering import moved
from cstar_web.inbox.signing import TEAM
from cstar_web.inbox.stopping import Stopped
from cstar_web.inbox.tickets import panes
from cstar_web.inbox.visits import TeamVisit

TICKET = f"{TEAM}/tickets/{{ticket}}"

_MEANWHILE = say(
    "Somebody has written meanwhile. Read it above, then send again or change your text"
)
_SEND_AND: dict[str, dict[str, Any]] = {
    "": {},
    "pending": {"status": "pending"},
    "resolved": {"status": "resolved"},
}
_NEWEST, _EARLIER = 50, 100


@page(Page(method="GET", path=TICKET, name="ticket", access="viewer"))
def show_ticket(
    visit: TeamVisit, ticket: str, stale: StaleDraft | None = None, editing: str = ""
) -> Response:
    found = visit.workspace.tickets.get(ticket, expand_customer=True, with_messages=False)
    if found.merged_into is not None:
        # Its conversation goes on there, and so does what was typed here.
        if visit.form.values:
            return show_ticket(visit, found.merged_into, stale, editing)
        return visit.leads_to("ticket", ticket=found.merged_into, view=request.args.get("view"))
    composing = composer(visit, found, stale)
    thread = _thread(visit, found.id, seen_by(visit.form.values, composing))
    return visit.show(
        "ticket.html",
        ticket=found,
        statuses=STATUSES,
        priorities=PRIORITIES,
        blocks=blocks,
        thread=thread,
        composing=composing,
        present=visit.workspace.presence.of_ticket(found.id),
        messages=found.message_count,
        **beside(visit, found, thread.messages),
        **details(visit, found, editing),
        **panes(visit, visit.asked("view"), START),
    )


def from_composer(path: str, name: str) -> Page:
    """A page that the form is sent to with which members answer."""
    return Page(
        method="POST",
        path=path,
        name=name,
        access="agent",
        fields=FIELDS,
        lists=(UPLOADED,),
        brings=FILES,
        keeps="content",
        again=show_ticket,
    )


@page(from_composer(f"{TICKET}/messages", "reply"))
def reply(visit: TeamVisit, ticket: str) -> Response:
    typed = visit.form.values
    if typed["kind"] not in KINDS or typed["then"] not in _SEND_AND:
        raise Stopped(400)
    note, drafted = typed["kind"] == NOTE, typed["draft_kind"]
    version = version_of(typed["draft"])
    attached = store_sent(visit, ticket)
    # Which one is next is known only before this one changes its place.
    led = onward(visit, ticket) or at_ticket(visit, ticket, "noted" if note else "sent")
    try:
        with visit.desk.transaction(brief=True):
            if before := sent_before(visit, ticket):
                return moved(f"{before}?{led.partition('?')[2]}")
            visit.workspace.messages.send(
                ticket,
                content=typed["content"],
                sender_name=visit.member.name,
                is_internal=note,
                seen=typed["seen"] or None,
                draft=version if drafted == typed["kind"] else None,
                attachments=attached,
                **_SEND_AND[typed["then"]],
            )
            if drafted in KINDS and drafted != typed["kind"]:
                discard_draft(visit, ticket, drafted == NOTE, version)
            note_sent(visit, ticket, led)
    except StaleConversation as error:
        raise Invalid([Problem("", INVALID, _MEANWHILE)]) from error
    return moved(led)


def _thread(visit: TeamVisit, ticket: str, seen: str | None) -> Stretch:
    """The newest messages, or those that the address asks for, if they are there."""
    room, before, at = visit.workspace.messages, visit.asked("before"), visit.asked("at")
    with suppress(Invalid, NotFound):
        if before:
            return room.stretch(ticket, before=before, seen=seen, size=_EARLIER)
        if at:
            return room.stretch(ticket, at=at, seen=seen, size=_NEWEST)
    return room.stretch(ticket, seen=seen, size=_NEWEST)


def onward(visit: TeamVisit, ticket: str) -> str:
    """The address of the ticket after one in the list that it was opened from, if that is wanted.

    At the end of the list, or where its order is no place in it, it is that of the list itself.
    """
    if not visit.form.values["onward"]:
        return ""
    name = visit.asked("view")
    views = visit.workspace.views.list()
    place = find_place(visit, name, views) or find_place(visit, START, views)
    if place is None or place.problems:
        return ""
    tickets, found = visit.workspace.tickets, None
    with suppress(Invalid):  # by relevance nothing is next
        found = tickets.neighbours(ticket, filter=place.filter, sort=place.sort).next
    if found is None:
        return visit.at("view", view=place.name)
    return visit.at("ticket", ticket=found, view=place.name, done="onward", onward="yes")


def at_ticket(visit: TeamVisit, ticket: str, done: str) -> str:
    """The address of the ticket, in the view that it was opened from."""
    return visit.at("ticket", ticket=ticket, view=request.args.get("view"), done=done)


def back(visit: TeamVisit, ticket: str, done: str) -> Response:
    """To the ticket, in the view that it was opened from."""
    return moved(at_ticket(visit, ticket, done))
