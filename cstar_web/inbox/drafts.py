"""What a member has typed and not sent, kept while it is typed; and texts that are sent often."""

from flask import Response

from cstar_core import Problem, StaleDraft
from cstar_web.errors import INVALID
from cstar_web.inbox.attaching import store_sent
from cstar_web.inbox.composing import KINDS, Composer, save_draft
from cstar_web.inbox.conversation import TICKET, back, from_composer, show_ticket
from cstar_web.inbox.declaring import Page, page
from cstar_web.inbox.languages import say
from cstar_web.inbox.rendering import plain
from cstar_web.inbox.stopping import Stopped
from cstar_web.inbox.visits import TeamVisit

CANNED = f"{TICKET}/canned-replies"

_NEWER = say("Another window has kept another text meanwhile. Save once more to keep this one")
_CANNED_AT_ONCE = 20


@page(from_composer(f"{TICKET}/draft", "draft"))
def draft(visit: TeamVisit, ticket: str) -> Response:
    """A script gets the part of the form that tells of the draft, everybody else the page."""
    typed = visit.form.values
    if typed["kind"] not in KINDS:
        raise Stopped(400)
    store_sent(visit, ticket)
    try:
        kept = save_draft(visit, ticket)
    except StaleDraft as error:
        if visit.by_script:
            return _told(visit, ticket, error)
        visit.problems = (Problem("", INVALID, _NEWER),)
        return show_ticket(visit, ticket, error)
    if not visit.by_script:
        return back(visit, ticket, "draft")
    composing = Composer(kind=typed["kind"])
    if kept is not None:
        composing = Composer(
            kind=typed["kind"],
            draft=kept.version,
            draft_kind=typed["kind"],
            saved_at=kept.saved_at,
        )
    return visit.show("draft.html", composing=composing, ticket_id=ticket)


@page(Page(method="GET", path=CANNED, name="find_canned", access="agent"))
def find_canned(visit: TeamVisit, ticket: str) -> Response:
    """The canned replies in which something typed is found, as options of a list."""
    search = visit.asked("search").strip()
    found = visit.workspace.canned_replies.list(search=search or None, page_size=_CANNED_AT_ONCE)
    return visit.show("canned.html", found=found.items, search=search)


@page(Page(method="GET", path=f"{CANNED}/{{reply}}", name="fill_canned", access="agent"))
def fill_canned(visit: TeamVisit, ticket: str, reply: str) -> Response:
    """A canned reply as it would be sent on this ticket."""
    return plain(visit.workspace.canned_replies.fill(reply, ticket))


@page(from_composer(CANNED, "insert_canned"))
def insert_canned(visit: TeamVisit, ticket: str) -> Response:
    """The form once more, with a canned reply behind what was typed."""
    typed = visit.form.values
    store_sent(visit, ticket)
    if typed["canned"]:
        filled = visit.workspace.canned_replies.fill(typed["canned"], ticket)
        before = typed["content"].rstrip()
        typed["content"] = f"{before}\n\n{filled}" if before else filled
    return show_ticket(visit, ticket)


def _told(visit: TeamVisit, ticket: str, stale: StaleDraft) -> Response:
    kind, kept = visit.form.values["kind"], stale.draft
    composing = Composer(
        kind=kind,
        draft=kept.version if kept else 0,
        draft_kind=kind,
        is_stale=True,
        kept=kept,
    )
    answer = visit.show("draft.html", composing=composing, ticket_id=ticket)
    answer.status_code = 409
    return answer
