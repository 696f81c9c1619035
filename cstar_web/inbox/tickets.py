"""The inbox itself: views of tickets with their counts, and the list of one."""

from dataclasses import dataclass
from functools import partial

from flask import Response, request

from cstar_core import Invalid, Ticket, utc_now
from cstar_core import Page as Listed
from cstar_web.inbox.declaring import Page, page
from cstar_web.inbox.languages import say
from cstar_web.inbox.signing import TEAM
from cstar_web.inbox.stopping import Stopped
from cstar_web.inbox.visits import TeamVisit

VIEW = f"{TEAM}/views/{{view}}"

ME, NOBODY = "me", "none"
_PAGE_SIZE = 30
_MEMBERS_AT_ONCE = 100
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


@page(Page(method="GET", path=f"{TEAM}/", name="tickets", access="viewer"))
def tickets(visit: TeamVisit) -> Response:
    return show_view(visit, START)


@page(Page(method="GET", path=VIEW, name="view", access="viewer"))
def show_view(visit: TeamVisit, view: str) -> Response:
    return visit.show("tickets.html", **panes(visit, view))


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
