"""Mail that goes out: what became of it, and what is done about one by hand."""

from collections.abc import Callable
from contextlib import suppress
from functools import partial

from flask import Response

from cstar_core import OUTGOING_STATES, Conflict, NotFound, OutgoingMail, utc_now
from cstar_web.inbox.declaring import Page, page
from cstar_web.inbox.mail.original import LEDGER
from cstar_web.inbox.mail.words import words_of_mail
from cstar_web.inbox.settings.frame import listed
from cstar_web.inbox.visits import TeamVisit

SENT = f"{LEDGER}/sent"
ONE = f"{SENT}/{{outgoing}}"


@page(Page(method="GET", path=SENT, name="sent_mails", access="viewer"))
def sent_mails(visit: TeamVisit) -> Response:
    asked = visit.asked("state")
    state = asked if asked in OUTGOING_STATES else ""
    return visit.show(
        "mail/sent.html",
        listed=listed(partial(visit.workspace.outgoing_mail.list, state=state or None)),
        state=state,
        now=utc_now(),
        **words_of_mail(),
    )


@page(Page(method="GET", path=f"{LEDGER}/bad-addresses", name="bad_addresses", access="viewer"))
def bad_addresses(visit: TeamVisit) -> Response:
    return visit.show(
        "mail/bad_addresses.html",
        listed=listed(visit.workspace.outgoing_mail.bad_addresses),
        now=utc_now(),
    )


@page(
    Page(
        method="POST",
        path=f"{LEDGER}/bad-addresses",
        name="trust_address",
        access="agent",
        fields=("address",),
    )
)
def trust_address(visit: TeamVisit) -> Response:
    with suppress(NotFound):
        visit.workspace.outgoing_mail.trust(visit.form.values["address"])
    return visit.leads_to("bad_addresses", done="trusted")


@page(
    Page(method="POST", path=f"{ONE}/retry", name="retry_sending", access="agent", fields=("back",))
)
def retry_sending(visit: TeamVisit, outgoing: str) -> Response:
    return _change(visit, outgoing, visit.workspace.outgoing_mail.retry)


@page(
    Page(
        method="POST",
        path=f"{ONE}/release",
        name="release_sending",
        access="agent",
        fields=("back",),
    )
)
def release_sending(visit: TeamVisit, outgoing: str) -> Response:
    return _change(visit, outgoing, visit.workspace.outgoing_mail.release)


@page(
    Page(
        method="POST", path=f"{ONE}/cancel", name="cancel_sending", access="agent", fields=("back",)
    )
)
def cancel_sending(visit: TeamVisit, outgoing: str) -> Response:
    return _change(visit, outgoing, visit.workspace.outgoing_mail.cancel)


def _change(visit: TeamVisit, id: str, change: Callable[[str], OutgoingMail]) -> Response:
    """Do it, and go back to the ticket or the list that the button stands in."""
    mail = visit.workspace.outgoing_mail.get(id)
    with suppress(Conflict):  # it was done, or sent, meanwhile: the page that comes shows it
        mail = change(id)
    if visit.form.values["back"] == "ticket":
        anchor = mail.message_id
        return visit.leads_to(
            "ticket", ticket=mail.ticket_id, at=anchor, done="sending", _anchor=anchor
        )
    return visit.leads_to("sent_mails", done="sending")
