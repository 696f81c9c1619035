"""Blocks: addresses and domains of which mail is ignored."""

from flask import Response

from cstar_core import utc_now
from cstar_web.inbox.declaring import Page, page
from cstar_web.inbox.languages import say
from cstar_web.inbox.mail.original import LEDGER
from cstar_web.inbox.settings.frame import listed, refusals
from cstar_web.inbox.visits import TeamVisit

BLOCKS = f"{LEDGER}/blocks"

_THERE = say("is blocked already")


@page(Page(method="GET", path=BLOCKS, name="mail_blocks", access="viewer"))
def mail_blocks(visit: TeamVisit) -> Response:
    return visit.show(
        "mail/blocks.html",
        listed=listed(visit.workspace.mail_blocks.list),
        # What a mail or a ticket leads here with is asked for, not done: a link changes nothing.
        asked=visit.asked("value"),
        now=utc_now(),
    )


@page(
    Page(
        method="POST",
        path=BLOCKS,
        name="create_mail_block",
        access="agent",
        fields=("value", "note"),
        again=mail_blocks,
    )
)
def create_mail_block(visit: TeamVisit) -> Response:
    typed = visit.form.values
    with refusals(value=_THERE):
        visit.workspace.mail_blocks.create(
            value=typed["value"].strip(), note=typed["note"].strip() or None
        )
    return visit.leads_to("mail_blocks", done="blocked")


@page(
    Page(method="POST", path=f"{BLOCKS}/{{block}}/delete", name="delete_mail_block", access="agent")
)
def delete_mail_block(visit: TeamVisit, block: str) -> Response:
    visit.workspace.mail_blocks.delete(block)
    return visit.leads_to("mail_blocks", done="unblocked")
