"""What the page of a conversation shows of the mails that its messages came by."""

from collections.abc import Sequence

from cstar_core import Message, Ticket, fold_email
from cstar_web.inbox.mail.framing import SANDBOX
from cstar_web.inbox.mail.original import height_of, lines_of
from cstar_web.inbox.mail.words import words_of_mail
from cstar_web.inbox.visits import TeamVisit


def beside(visit: TeamVisit, ticket: Ticket, messages: Sequence[Message]) -> dict[str, object]:
    """What the templates need of it, for the messages that are shown."""
    mails = visit.workspace.mail.of_messages(ticket.id, [each.id for each in messages])
    customer = ticket.customer.email if ticket.customer else None
    return {
        "mails": mails,
        "bad_address": visit.workspace.outgoing_mail.bad_address(customer) if customer else None,
        "route": visit.workspace.outgoing_mail.route(ticket.id),
        "sandbox": SANDBOX,
        # Those that somebody else wrote than the one whose ticket it is.
        "strangers": {
            id
            for id, mail in mails.items()
            if mail.sender and customer and fold_email(mail.sender) != fold_email(customer)
        },
        "heights": {
            each.id: height_of(lines_of(each.content)) for each in messages if each.id in mails
        },
        **words_of_mail(),
    }
