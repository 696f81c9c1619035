"""The ledger: every mail that came in, and what is done about one by hand."""

from collections.abc import Callable
from functools import partial

from flask import Response

from cstar_core import MAIL_VERDICTS, Conflict, Invalid, Mail, Problem, utc_now
from cstar_web.errors import INVALID
from cstar_web.inbox.declaring import Page, page
from cstar_web.inbox.languages import say
from cstar_web.inbox.mail.original import LEDGER, MAIL, show_mail
from cstar_web.inbox.mail.words import words_of_mail
from cstar_web.inbox.settings.frame import listed
from cstar_web.inbox.visits import TeamVisit

_DONE = say("That was done meanwhile, or nothing is left of this mail")


@page(Page(method="GET", path=LEDGER, name="mails", access="viewer"))
def mails(visit: TeamVisit) -> Response:
    verdict, mailbox = visit.asked("verdict"), visit.asked("mailbox")
    with visit.desk.snapshot(search=False):
        boxes = {each.id: each.address for each in visit.workspace.mailboxes.list()}
        mailbox = mailbox if mailbox in boxes else ""
        verdict = verdict if verdict in MAIL_VERDICTS else ""
        find = partial(visit.workspace.mail.list, verdict=verdict or None, mailbox=mailbox or None)
        some = listed(find)
    return visit.show(
        "mail/ledger.html",
        listed=some,
        mailboxes=boxes,
        mailbox=mailbox,
        verdict=verdict,
        now=utc_now(),
        **words_of_mail(),
    )


@page(Page(method="POST", path=f"{MAIL}/retry", name="retry_mail", access="agent", again=show_mail))
def retry_mail(visit: TeamVisit, mail: str) -> Response:
    return _again(visit, mail, visit.workspace.mail.retry)


@page(
    Page(
        method="POST", path=f"{MAIL}/release", name="release_mail", access="agent", again=show_mail
    )
)
def release_mail(visit: TeamVisit, mail: str) -> Response:
    return _again(visit, mail, visit.workspace.mail.release)


def _again(visit: TeamVisit, mail: str, let: Callable[[str], Mail]) -> Response:
    try:
        let(mail)
    except Conflict as error:
        raise Invalid([Problem("", INVALID, _DONE)]) from error
    return visit.leads_to("mail", mail=mail, done="mail-waits")
