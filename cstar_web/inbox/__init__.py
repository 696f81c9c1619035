"""The inbox: pages for the members of a team, over the same core as the API and beside it."""

from flask import Flask

from cstar_web.inbox import (
    account,
    attaching,
    changing,
    colleagues,
    conversation,
    customer,
    deleting,
    drafts,
    live,
    mail,
    many,
    places,
    reports,
    settings,
    signing,
    start,
    tickets,
)
from cstar_web.inbox.declaring import blueprint, is_page, require_pages
from cstar_web.inbox.failures import answer_stops, failure_page

__all__ = [
    "account",
    "add_inbox",
    "attaching",
    "changing",
    "colleagues",
    "conversation",
    "customer",
    "deleting",
    "drafts",
    "failure_page",
    "is_page",
    "live",
    "mail",
    "many",
    "places",
    "reports",
    "settings",
    "signing",
    "start",
    "tickets",
]


def add_inbox(app: Flask) -> None:
    """Give the app its pages, and a way to them from its root."""
    app.register_blueprint(blueprint)
    require_pages(app)
    answer_stops(app)
