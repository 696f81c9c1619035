"""The team: what it is called, and where its customers can write to it."""

from flask import Response, request, url_for

from cstar_web.calls import services
from cstar_web.inbox.declaring import Page, page
from cstar_web.inbox.settings.frame import SETTINGS, show
from cstar_web.inbox.visits import TeamVisit
from cstar_web.remote import base_url

SECTION = "settings_team"


@page(Page(method="GET", path=f"{SETTINGS}/team", name=SECTION, access="viewer"))
def team(visit: TeamVisit) -> Response:
    settings = services().settings
    form = None
    if settings.has_form(visit.team.slug):
        form = base_url(request, settings) + url_for("portal.form", team=visit.team.slug)
    return show(visit, "team", SECTION, form=form)
