"""Moving a message to another ticket, as a mail is put right that came to the wrong one."""

from flask import Response

from cstar_core import Invalid, Problem, Ticket
from cstar_web.errors import INVALID
from cstar_web.inbox.declaring import Page, page
from cstar_web.inbox.details import others
from cstar_web.inbox.languages import say
from cstar_web.inbox.signing import TEAM
from cstar_web.inbox.tickets import STATUS_WORDS
from cstar_web.inbox.visits import TeamVisit

MOVE = f"{TEAM}/tickets/{{ticket}}/messages/{{message}}/move"

_NUMBER = say("must be the number of a ticket")
_OTHER = say("must be the number of another ticket")
_DIGITS_MAX = 10


@page(Page(method="GET", path=MOVE, name="ask_move", access="agent"))
def ask_move(visit: TeamVisit, ticket: str, message: str) -> Response:
    found = visit.workspace.tickets.get(ticket, with_messages=False)
    if found.merged_into is not None:
        return visit.leads_to("ask_move", ticket=found.merged_into, message=message)
    # The message that is asked for is the last one of a stretch of one.
    moving = visit.workspace.messages.stretch(found.id, at=message, size=1).messages[-1]
    return visit.show(
        "mail/move.html",
        ticket=found,
        message=moving,
        others=others(visit, found),
        status_words=STATUS_WORDS,
    )


@page(
    Page(
        method="POST",
        path=MOVE,
        name="move_message",
        access="agent",
        fields=("number",),
        again=ask_move,
    )
)
def move_message(visit: TeamVisit, ticket: str, message: str) -> Response:
    target = _numbered(visit, visit.form.values["number"])
    try:
        moved = visit.workspace.messages.move(ticket, message, target.id)
    except Invalid as error:  # it is there already, if only since its ticket was merged
        raise Invalid([Problem("number", INVALID, _OTHER)]) from error
    return _at(visit, moved.ticket_id, message, "moved", ticket)


@page(Page(method="POST", path=f"{MOVE}/undo", name="undo_move", access="agent", fields=("to",)))
def undo_move(visit: TeamVisit, ticket: str, message: str) -> Response:
    moved = visit.workspace.messages.move(ticket, message, visit.form.values["to"])
    return _at(visit, moved.ticket_id, message, "moved-back", None)


def _at(visit: TeamVisit, ticket: str, message: str, done: str, came: str | None) -> Response:
    return visit.leads_to(
        "ticket", ticket=ticket, at=message, done=done, came=came, _anchor=message
    )


def _numbered(visit: TeamVisit, typed: str) -> Ticket:
    """The ticket with the number that was typed; raises Invalid."""
    digits = typed.strip().removeprefix("#")
    if digits.isascii() and digits.isdecimal() and len(digits) <= _DIGITS_MAX:
        found = visit.workspace.tickets.list(search=f"#{int(digits)}", page_size=10).items
        for each in found:
            if each.number == int(digits):
                return each
    raise Invalid([Problem("number", INVALID, _NUMBER)])
