"""Where one can go to from any page: what the palette offers besides what the page itself has."""

from flask import Response

from cstar_web.inbox.declaring import Page, page
from cstar_web.inbox.settings.frame import sections
from cstar_web.inbox.signing import TEAM
from cstar_web.inbox.visits import TeamVisit


@page(Page(method="GET", path=f"{TEAM}/places", name="places", access="viewer"))
def places(visit: TeamVisit) -> Response:
    """The views, reports and the parts of the settings, as links."""
    views = visit.workspace.views.list()
    return visit.show("places.html", views=views, sections=sections(visit))
