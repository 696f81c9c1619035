"""The way into the settings."""

from flask import Response

from cstar_web.inbox.declaring import Page, page
from cstar_web.inbox.settings.frame import SETTINGS, sections
from cstar_web.inbox.visits import TeamVisit


@page(Page(method="GET", path=SETTINGS, name="settings", access="viewer"))
def settings(visit: TeamVisit) -> Response:
    """To the first part that the member may see."""
    return visit.leads_to(sections(visit)[0].page)
