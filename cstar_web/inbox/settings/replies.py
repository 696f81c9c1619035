"""Canned replies: what a team sends often, with names in it that are filled in."""

from functools import partial
from math import ceil

from flask import Response, request

from cstar_core import CANNED_REPLIES_MAX, SEARCH_MAX
from cstar_web.inbox.declaring import Page, page
from cstar_web.inbox.languages import say
from cstar_web.inbox.settings.frame import (
    SETTINGS,
    last_move,
    place_of,
    refusals,
    seen_version,
    show,
)
from cstar_web.inbox.visits import TeamVisit

REPLIES = f"{SETTINGS}/replies"
NEW = f"{REPLIES}/new"
REPLY = f"{REPLIES}/{{reply}}"

SECTION = "settings_replies"
_AT_ONCE = 50
_TAKEN = say("is another reply's already")
_ENOUGH = say("There are 1,000 canned replies already; delete one first")


@page(Page(method="GET", path=REPLIES, name=SECTION, access="owner"))
def replies(visit: TeamVisit) -> Response:
    search = request.args.get("search", "").strip()[:SEARCH_MAX]
    number = min(max(visit.number("page"), 1), CANNED_REPLIES_MAX // _AT_ONCE)
    read = partial(visit.workspace.canned_replies.list, search=search or None, page_size=_AT_ONCE)
    found = read(page=number)
    if not found.items and number > 1:  # what stood there was deleted
        number = max(ceil(found.total / _AT_ONCE), 1)
        found = read(page=number)
    return show(
        visit,
        "replies",
        SECTION,
        listed=found,
        search=search,
        number=number,
        offset=(number - 1) * _AT_ONCE,
        **last_move(),
    )


@page(Page(method="GET", path=NEW, name="ask_reply", access="owner"))
def ask_reply(visit: TeamVisit) -> Response:
    known = visit.workspace.canned_replies.placeholders()
    return show(visit, "reply", SECTION, reply=None, placeholders=known)


@page(
    Page(
        method="POST",
        path=NEW,
        name="create_reply",
        access="owner",
        fields=("name", "shortcut", "content"),
        keeps="content",
        again=ask_reply,
    )
)
def create_reply(visit: TeamVisit) -> Response:
    with refusals(_ENOUGH, name=_TAKEN, shortcut=_TAKEN):
        visit.workspace.canned_replies.create(
            name=visit.form.values["name"].strip(),
            shortcut=visit.form.values["shortcut"].strip() or None,
            content=visit.form.values["content"],
        )
    return visit.leads_to(SECTION, done="reply-made")


@page(Page(method="GET", path=REPLY, name="settings_reply", access="owner"))
def reply_page(visit: TeamVisit, reply: str) -> Response:
    with visit.desk.snapshot(search=False):
        found = visit.workspace.canned_replies.get(reply)
        known = visit.workspace.canned_replies.placeholders()
    return show(visit, "reply", SECTION, reply=found, placeholders=known)


@page(
    Page(
        method="POST",
        path=REPLY,
        name="change_reply",
        access="owner",
        fields=("name", "shortcut", "content", "version"),
        keeps="content",
        again=reply_page,
    )
)
def change_reply(visit: TeamVisit, reply: str) -> Response:
    with refusals(name=_TAKEN, shortcut=_TAKEN):
        visit.workspace.canned_replies.update(
            reply,
            expected_version=seen_version(visit),
            name=visit.form.values["name"].strip(),
            shortcut=visit.form.values["shortcut"].strip() or None,
            content=visit.form.values["content"],
        )
    return visit.leads_to("settings_reply", reply=reply, done="changed")


@page(Page(method="POST", path=f"{REPLY}/move", name="move_reply", access="owner", fields=("to",)))
def move_reply(visit: TeamVisit, reply: str) -> Response:
    """To the place that is asked for among all.

    Positions may have gaps, so they do not tell which way it went: the address says where it was.
    """
    moved = visit.workspace.canned_replies.move(reply, place_of(visit, CANNED_REPLIES_MAX))
    return visit.leads_to(
        SECTION,
        moved=moved.id,
        by="up" if moved.position - 1 < visit.number("was") else "down",
        page=(moved.position - 1) // _AT_ONCE + 1,
    )


@page(Page(method="GET", path=f"{REPLY}/delete", name="ask_reply_deletion", access="owner"))
def ask_reply_deletion(visit: TeamVisit, reply: str) -> Response:
    return show(visit, "delete_reply", SECTION, reply=visit.workspace.canned_replies.get(reply))


@page(Page(method="POST", path=f"{REPLY}/delete", name="delete_reply", access="owner"))
def delete_reply(visit: TeamVisit, reply: str) -> Response:
    visit.workspace.canned_replies.delete(reply)
    return visit.leads_to(SECTION, done="reply-deleted")
