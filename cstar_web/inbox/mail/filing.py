"""Filing a mail as spam: one is asked first, since its ticket may go with it."""

from flask import Response

from cstar_core import Conflict
from cstar_web.inbox.declaring import Page, page
from cstar_web.inbox.mail.original import MAIL
from cstar_web.inbox.visits import TeamVisit

SPAM = f"{MAIL}/spam"


@page(Page(method="GET", path=SPAM, name="ask_spam", access="agent"))
def ask_spam(visit: TeamVisit, mail: str) -> Response:
    """What would go, and whether its sender is to be blocked."""
    found = visit.workspace.mail.get(mail)
    try:
        filing = visit.workspace.mail.would_spam(mail)
    except Conflict:  # it was done meanwhile, or cannot be: its page tells what it is
        return visit.leads_to("mail", mail=mail)
    ticket = visit.workspace.tickets.get(filing.ticket_id, with_messages=False)
    return visit.show("mail/spam.html", mail=found, filing=filing, ticket=ticket)


@page(
    Page(
        method="POST",
        path=SPAM,
        name="file_as_spam",
        access="agent",
        fields=("block",),
        again=ask_spam,
    )
)
def file_as_spam(visit: TeamVisit, mail: str) -> Response:
    try:
        visit.workspace.mail.spam(mail, block=visit.form.values["block"] or None)
    except Conflict:
        return visit.leads_to("mail", mail=mail)
    return visit.leads_to("mail", mail=mail, done="spam")
