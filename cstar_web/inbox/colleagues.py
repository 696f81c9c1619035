"""Who else is at a ticket: asked for every few seconds by the page of its conversation."""

from flask import Response

from cstar_web.inbox.conversation import TICKET
from cstar_web.inbox.declaring import Page, page
from cstar_web.inbox.visits import TeamVisit

COLLEAGUES = f"{TICKET}/colleagues"


@page(Page(method="GET", path=COLLEAGUES, name="colleagues", access="viewer", unasked=True))
def colleagues(visit: TeamVisit, ticket: str) -> Response:
    """Who is there, and how many messages there are, so that the page knows of new ones."""
    present = visit.workspace.presence.of_ticket(ticket)
    found = visit.workspace.tickets.get(ticket, with_messages=False)
    return visit.show("colleagues.html", present=present, messages=found.message_count)


@page(
    Page(
        method="POST",
        path=COLLEAGUES,
        name="be_there",
        access="agent",
        fields=("writing", "gone"),
        unasked=True,
    )
)
def be_there(visit: TeamVisit, ticket: str) -> Response:
    """Say that one is there, or that one has gone, and learn who else is."""
    if visit.form.values["gone"]:
        visit.workspace.presence.left(ticket)
    else:
        visit.workspace.presence.seen(ticket, writing=visit.form.values["writing"] == "yes")
    return colleagues(visit, ticket)
