"""Saved views: a member's own, and those that all share."""

from flask import Response

from cstar_core import Forbidden, View
from cstar_web.inbox.declaring import Page, page
from cstar_web.inbox.languages import say
from cstar_web.inbox.settings.frame import (
    SETTINGS,
    checked,
    last_move,
    place_of,
    refusals,
    seen_version,
    show,
)
from cstar_web.inbox.stopping import Stopped
from cstar_web.inbox.visits import TeamVisit

VIEWS = f"{SETTINGS}/views"
NEW = f"{VIEWS}/new"
VIEW = f"{VIEWS}/{{view}}"

SECTION = "settings_views"
_ENOUGH = say("There are 100 such views already; delete one first")


@page(Page(method="GET", path=VIEWS, name=SECTION, access="viewer"))
def views(visit: TeamVisit) -> Response:
    return show(visit, "views", SECTION, listed=saved(visit), may_change=may_change, **last_move())


@page(Page(method="GET", path=NEW, name="ask_view", access="agent"))
def ask_view(visit: TeamVisit) -> Response:
    return show(visit, "saved_view", SECTION, view=None)


@page(
    Page(
        method="POST",
        path=NEW,
        name="create_view",
        access="agent",
        fields=("name", "text", "shared"),
        again=ask_view,
    )
)
def create_view(visit: TeamVisit) -> Response:
    with refusals(_ENOUGH):
        visit.workspace.views.create(
            name=visit.form.values["name"].strip(),
            text=visit.form.values["text"].strip(),
            shared=checked(visit, "shared"),
        )
    return visit.leads_to(SECTION, done="view-made")


@page(Page(method="GET", path=VIEW, name="settings_view", access="agent"))
def view_page(visit: TeamVisit, view: str) -> Response:
    return show(visit, "saved_view", SECTION, view=changeable(visit, view))


@page(
    Page(
        method="POST",
        path=VIEW,
        name="change_view",
        access="agent",
        fields=("name", "text", "shared", "version"),
        again=view_page,
    )
)
def change_view(visit: TeamVisit, view: str) -> Response:
    with refusals(_ENOUGH):
        visit.workspace.views.update(
            view,
            expected_version=seen_version(visit),
            name=visit.form.values["name"].strip(),
            text=visit.form.values["text"].strip(),
            shared=checked(visit, "shared"),
        )
    return visit.leads_to(SECTION, done="changed")


@page(Page(method="POST", path=f"{VIEW}/move", name="move_view", access="agent", fields=("to",)))
def move_view(visit: TeamVisit, view: str) -> Response:
    """To the place that is asked for among those that the member sees."""
    found = changeable(visit, view)
    ids = [each.id for each in saved(visit)]
    before, after = ids.index(found.id), place_of(visit, len(ids) - 1)
    ids.remove(found.id)
    visit.workspace.views.move(found.id, after=ids[after - 1] if after else None)
    return visit.leads_to(SECTION, moved=found.id, by="up" if after < before else "down")


@page(Page(method="GET", path=f"{VIEW}/delete", name="ask_view_deletion", access="agent"))
def ask_view_deletion(visit: TeamVisit, view: str) -> Response:
    return show(visit, "delete_view", SECTION, view=changeable(visit, view))


@page(Page(method="POST", path=f"{VIEW}/delete", name="delete_view", access="agent"))
def delete_view(visit: TeamVisit, view: str) -> Response:
    visit.workspace.views.delete(view)
    return visit.leads_to(SECTION, done="view-deleted")


def saved(visit: TeamVisit) -> list[View]:
    """The views that somebody has saved, in their order."""
    return [each for each in visit.workspace.views.list() if not each.is_built_in]


def may_change(visit: TeamVisit, view: View) -> bool:
    """Whether the room lets a member change a view: as its maker, or as an owner."""
    return visit.may("agent") and (view.member_id == visit.member.id or visit.may("owner"))


def changeable(visit: TeamVisit, view: str) -> View:
    """The view, for a page that changes it; raises NotFound, and Forbidden as changing it would."""
    found = visit.workspace.views.get(view)
    if found.is_built_in:
        raise Stopped(404)
    if not may_change(visit, found):
        raise Forbidden("Only who made a shared view, or an owner, changes it")
    return found
