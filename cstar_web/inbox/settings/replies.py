"""Canned replies: what a team sends often, with names in it that are filled in."""

from functools import partial

from flask import Response, request

from cstar_core import SEARCH_MAX
from cstar_web.inbox.declaring import Page, page
from cstar_web.inbox.languages import say
from cstar_web.inbox.settings.frame import SETTINGS, listed, refusals, seen_version, show
from cstar_web.inbox.visits import TeamVisit

REPLIES = f"{SETTINGS}/replies"
NEW = f"{REPLIES}/new"
REPLY = f"{REPLIES}/{{reply}}"

SECTION = "settings_replies"
_TAKEN = say("is another reply's already")
_ENOUGH = say("There are 1,000 canned replies already; delete one first")


@page(Page(method="GET", path=REPLIES, name=SECTION, access="owner"))
def replies(visit: TeamVisit) -> Response:
    search = request.args.get("search", "").strip()[:SEARCH_MAX]
    found = listed(partial(visit.workspace.canned_replies.list, search=search or None))
    return show(visit, "replies", SECTION, listed=found, search=search)


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


@page(Page(method="GET", path=f"{REPLY}/delete", name="ask_reply_deletion", access="owner"))
def ask_reply_deletion(visit: TeamVisit, reply: str) -> Response:
    return show(visit, "delete_reply", SECTION, reply=visit.workspace.canned_replies.get(reply))


@page(Page(method="POST", path=f"{REPLY}/delete", name="delete_reply", access="owner"))
def delete_reply(visit: TeamVisit, reply: str) -> Response:
    visit.workspace.canned_replies.delete(reply)
    return visit.leads_to(SECTION, done="reply-deleted")
