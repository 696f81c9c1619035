"""The customers' pages: a form to write to a team, and a ticket behind its link. No account."""

from flask import Flask, Response, request

from cstar_web.body_limits import take_up_to
from cstar_web.errors import Failure
from cstar_web.html.forms import FORM_MAX
from cstar_web.portal.pages import blueprint
from cstar_web.portal.rendering import show
from cstar_web.watch import CODE

PLACE = "/t/"


def add_portal(app: Flask) -> None:
    """Give the app the customers' pages."""
    app.register_blueprint(blueprint)
    for name in ("submit", "answer"):
        take_up_to(app, f"{blueprint.name}.{name}", FORM_MAX)


def is_for_customers(path: str) -> bool:
    """Whether who asks for this path is to be answered with a page, whatever happens."""
    return path.startswith(PLACE)


def customers_failure_page(refused: Failure) -> Response:
    """The page for what the app refuses; it reads no database, since that may be what failed."""
    request.environ[CODE] = refused.kind.code
    answer = show("failure.html", refused.status, status=refused.status)
    answer.headers.extend(refused.headers)
    return answer
