"""The inbox itself: views of tickets with their counts, the list of one, and a conversation."""

from dataclasses import dataclass
from functools import partial
from typing import Any

from flask import Response, request

from cstar_core import PRIORITIES, STATUSES, Invalid, Problem, StaleConversation, Ticket, utc_now
from cstar_core import Page as Listed
from cstar_web.errors import INVALID
from cstar_web.inbox.declaring import Page, page
from cstar_web.inbox.languages import say
from cstar_web.inbox.reading import blocks
from cstar_web.inbox.signing import TEAM
from cstar_web.inbox.stopping import Stopped
from cstar_web.inbox.visits import TeamVisit

VIEW = f"{TEAM}/views/{{view}}"
TICKET = f"{TEAM}/tickets/{{ticket}}"

ME, NOBODY = "me", "none"
_PAGE_SIZE = 30
_MEMBERS_AT_ONCE = 100
_OTHERS_SHOWN = 5
_WORKED_ON = ("new", "open", "pending")


@dataclass(frozen=True, slots=True)
class TicketView:
    """Tickets that one looks at together; who has them is a member, `ME`, `NOBODY` or anyone."""

    name: str
    label: str
    icon: str
    statuses: tuple[str, ...] = ()
    assigned_to: str | None = None


VIEWS = (
    TicketView("mine", say("Mine"), "user", _WORKED_ON, ME),
    TicketView("unassigned", say("Unassigned"), "user-x", _WORKED_ON, NOBODY),
    TicketView("open", say("Open"), "inbox", ("new", "open")),
    TicketView("pending", say("Pending"), "clock", ("pending",)),
    TicketView("resolved", say("Resolved"), "circle-check", ("resolved", "closed")),
    TicketView("all", say("All"), "layers"),
)
START = "open"
STATUS_WORDS = {
    "new": say("New"),
    "open": say("Open"),
    "pending": say("Pending"),
    "resolved": say("Resolved"),
    "closed": say("Closed"),
}
PRIORITY_WORDS = {
    "low": say("Low"),
    "normal": say("Normal"),
    "high": say("High"),
    "urgent": say("Urgent"),
}
_MEANWHILE = say(
    "Somebody has written meanwhile. Read it above, then send again or change your text"
)
_SEND_AND: dict[str, dict[str, Any]] = {
    "": {},
    "pending": {"status": "pending"},
    "resolved": {"status": "resolved"},
}


@page(Page(method="GET", path=f"{TEAM}/", name="tickets", access="viewer"))
def tickets(visit: TeamVisit) -> Response:
    return show_view(visit, START)


@page(Page(method="GET", path=VIEW, name="view", access="viewer"))
def show_view(visit: TeamVisit, view: str) -> Response:
    return visit.show("tickets.html", **panes(visit, view))


@page(Page(method="GET", path=TICKET, name="ticket", access="viewer"))
def show_ticket(visit: TeamVisit, ticket: str) -> Response:
    found = visit.workspace.tickets.get(ticket, expand_customer=True)
    if found.merged_into is not None:
        # Its conversation goes on there, and so does what was typed here.
        if visit.problems:
            return show_ticket(visit, found.merged_into)
        return visit.leads_to("ticket", ticket=found.merged_into, view=request.args.get("view"))
    view = request.args.get("view", "")
    known = view if view in {each.name for each in VIEWS} else START
    return visit.show(
        "ticket.html",
        ticket=found,
        statuses=STATUSES,
        priorities=PRIORITIES,
        blocks=blocks,
        fresh=fresh(visit, found),
        fields=field_values(visit, found),
        others=others(visit, found),
        **panes(visit, known),
    )


@page(
    Page(
        method="POST",
        path=f"{TICKET}/messages",
        name="reply",
        access="agent",
        fields=("content", "kind", "then", "seen"),
        keeps="content",
        again=show_ticket,
    )
)
def reply(visit: TeamVisit, ticket: str) -> Response:
    typed = visit.form.values
    note = typed["kind"] == "note"
    if typed["kind"] not in ("reply", "note") or typed["then"] not in _SEND_AND:
        raise Stopped(400)
    try:
        visit.workspace.messages.send(
            ticket,
            content=typed["content"],
            sender_name=visit.member.name,
            is_internal=note,
            seen=typed["seen"] or None,
            **_SEND_AND[typed["then"]],
        )
    except StaleConversation as error:
        raise Invalid([Problem("", INVALID, _MEANWHILE)]) from error
    return back(visit, ticket, "noted" if note else "sent")


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


def field_values(visit: TeamVisit, ticket: Ticket) -> list[tuple[str, Any]]:
    """The custom fields of a ticket that have a value, by name, in their order."""
    values = ticket.custom_fields
    fields = visit.workspace.custom_fields.list(entity_type="tickets") if values else ()
    return [(each.name, values[each.key]) for each in fields if each.key in values]


def others(visit: TeamVisit, ticket: Ticket) -> list[Ticket]:
    """The newest tickets of the same customer, but this one."""
    if ticket.customer_id is None:
        return []
    found = visit.workspace.tickets.list(
        customer_id=ticket.customer_id, page_size=_OTHERS_SHOWN + 1
    ).items
    return [each for each in found if each.id != ticket.id][:_OTHERS_SHOWN]


def fresh(visit: TeamVisit, ticket: Ticket) -> frozenset[str]:
    """The messages that came while somebody wrote what was not sent for that reason."""
    ids = [message.id for message in ticket.messages or ()]
    seen = visit.form.values.get("seen", "")
    if not visit.wrong("") or seen not in {"none", *ids}:
        return frozenset()
    return frozenset(ids if seen == "none" else ids[ids.index(seen) + 1 :])


def back(visit: TeamVisit, ticket: str, done: str) -> Response:
    """To the ticket, in the view that it was opened from."""
    return visit.leads_to("ticket", ticket=ticket, view=request.args.get("view"), done=done)


def panes(visit: TeamVisit, view: str) -> dict[str, object]:
    """What stands beside a conversation: the views with their counts, and the list of one."""
    found = next((each for each in VIEWS if each.name == view), None)
    if found is None:
        raise Stopped(404)
    after = request.args.get("after") or None
    with visit.desk.snapshot(search=False):
        counts = [(each, listed(visit, each, size=1).total) for each in VIEWS]
        some, known = listed(visit, found, after), names(visit)
    return {
        "view": found,
        "views": counts,
        "listed": some,
        "after": after,
        "names": known,
        "now": utc_now(),
        "status_words": STATUS_WORDS,
        "priority_words": PRIORITY_WORDS,
    }


def listed(
    visit: TeamVisit, view: TicketView, after: str | None = None, size: int = _PAGE_SIZE
) -> Listed[Ticket]:
    """A page of a view; a cursor that is of another one counts as none."""
    find = partial(
        visit.workspace.tickets.list,
        status=view.statuses or None,
        assigned_to=visit.member.id if view.assigned_to == ME else view.assigned_to,
        sort="-updated_at",
        page_size=size,
    )
    try:
        return find(cursor=after)
    except Invalid:
        return find()


def names(visit: TeamVisit) -> dict[str, str]:
    """The names of the team's members, by id."""
    found: dict[str, str] = {}
    cursor = None
    while True:
        some = visit.workspace.members.list(page_size=_MEMBERS_AT_ONCE, cursor=cursor)
        found |= {member.id: member.name for member in some.items}
        cursor = some.next_cursor
        if cursor is None:
            return found
