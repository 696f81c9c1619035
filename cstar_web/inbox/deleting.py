"""Many tickets deleted at once from the list, for good: so one is asked first."""

from flask import Response

from cstar_core import BULK_MAX, Invalid, Problem
from cstar_web.errors import INVALID
from cstar_web.inbox.declaring import Page, page
from cstar_web.inbox.finding import START
from cstar_web.inbox.many import FIELDS, MANY, NO_TICKET, TOO_MANY, show_list
from cstar_web.inbox.visits import TeamVisit

DELETE = f"{MANY}/delete"


@page(
    Page(
        method="POST",
        path=f"{DELETE}/ask",
        name="ask_many_deletion",
        access="agent",
        # The form of the list sends these too.
        fields=FIELDS,
        lists=("ids",),
        again=show_list,
    )
)
def ask_many_deletion(visit: TeamVisit) -> Response:
    """How many they are, and what goes with them."""
    return visit.show("delete_many.html", ids=_chosen(visit), view=visit.asked("view") or START)


@page(
    Page(
        method="POST",
        path=DELETE,
        name="delete_many",
        access="agent",
        lists=("ids",),
        again=show_list,
    )
)
def delete_many(visit: TeamVisit) -> Response:
    """Delete those that were asked about, as far as they are still there."""
    done = visit.workspace.tickets.delete_many(ids=_chosen(visit))
    told = {"changed": done.count("deleted"), "failed": done.count("failed")}
    return visit.leads_to("view", view=visit.asked("view") or START, done="deleted", **told)


def _chosen(visit: TeamVisit) -> list[str]:
    ids = list(dict.fromkeys(visit.form.lists["ids"]))
    if 0 < len(ids) <= BULK_MAX:
        return ids
    raise Invalid([Problem("", INVALID, TOO_MANY if ids else NO_TICKET)])
