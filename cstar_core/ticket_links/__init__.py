"""Links with which customers read and answer their own tickets, without an account."""

from cstar_core.ticket_links.room import (
    LINK_DAYS,
    LINK_LIFETIME,
    CustomersTicket,
    Submissions,
    TicketLinks,
    new_link,
    said_of,
)
from cstar_core.ticket_links.seen import SeenField, SeenMessage, SeenTicket
from cstar_core.ticket_links.tokens import FORM_LINK, STAMP, TEAM_LINK, Token, parse_token, seal

__all__ = [
    "FORM_LINK",
    "LINK_DAYS",
    "LINK_LIFETIME",
    "STAMP",
    "TEAM_LINK",
    "CustomersTicket",
    "SeenField",
    "SeenMessage",
    "SeenTicket",
    "Submissions",
    "TicketLinks",
    "Token",
    "new_link",
    "parse_token",
    "said_of",
    "seal",
]
