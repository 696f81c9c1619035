"""The inbox itself: views of tickets with their counts, and the list of one."""

from flask import Response

from cstar_core import Completion, Invalid, utc_now
from cstar_web.inbox.declaring import Page, page
from cstar_web.inbox.finding import ICONS, SEARCH, START, find_place, listed, newest
from cstar_web.inbox.languages import say
from cstar_web.inbox.live import TOLD
from cstar_web.inbox.signing import TEAM
from cstar_web.inbox.stopping import Stopped
from cstar_web.inbox.visits import TeamVisit

VIEW = f"{TEAM}/views/{{view}}"

_MEMBERS_AT_ONCE = 100
_DIGITS_MAX = 6

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


def panes(visit: TeamVisit, view: str, otherwise: str = "") -> dict[str, object]:
    """What stands beside a conversation: the views with their counts, and the list of one.

    There may be no such view any more: then that of another name, if one is given.
    """
    after = visit.asked("after") or None
    views = visit.workspace.views.list()
    place = find_place(visit, view, views) or find_place(visit, otherwise, views)
    if place is None:
        raise Stopped(404)
    # Only words need the search index; what waits to be indexed may hold the page up.
    searching = bool(place.words) or any(each.searches for each in views)
    with visit.desk.snapshot(search=searching):
        counts = visit.workspace.views.counts(views)
        some, known = listed(visit, place, after), names(visit)
        last = newest(visit, place, some)
        reached = visit.workspace.events.following(limit=1).reached
    return {
        "view": place,
        "views": views,
        "counts": counts,
        "icons": ICONS,
        "live": TOLD,
        "reached": reached,
        "listed": some,
        "newest_of": last,
        "after": after,
        "names": known,
        "now": utc_now(),
        "status_words": STATUS_WORDS,
        "priority_words": PRIORITY_WORDS,
    }


@page(Page(method="GET", path=f"{TEAM}/complete", name="complete", access="viewer"))
def complete(visit: TeamVisit) -> Response:
    """What could stand where the cursor is, in the text that finds tickets."""
    text, at = visit.asked("q"), visit.asked("at")
    cursor = min(int(at), len(text)) if at.isdecimal() and len(at) < _DIGITS_MAX else len(text)
    try:
        found = visit.workspace.views.complete(text, cursor)
    except Invalid:
        found = Completion(0, 0, ())
    return visit.show("completion.html", found=found)


@page(
    Page(
        method="POST",
        path=f"{TEAM}/views",
        name="save_view",
        access="agent",
        fields=("name", "shared", "q"),
        again=lambda visit: show_view(visit, SEARCH),
    )
)
def save_view(visit: TeamVisit) -> Response:
    """Keep a search as a view, for its maker or for all."""
    typed = visit.form.values
    made = visit.workspace.views.create(
        name=typed["name"].strip(), text=typed["q"], shared=typed["shared"] == "yes"
    )
    return visit.leads_to("view", view=made.id)


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
