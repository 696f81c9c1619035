"""Tickets: conversations with one customer about one thing."""

from cstar_core.tickets.bulk import BULK_MAX, BulkItem, BulkResult
from cstar_core.tickets.changing import ManyChanges, TicketChanges
from cstar_core.tickets.filters import TicketFilter, check_filter
from cstar_core.tickets.importing import TicketsLoading
from cstar_core.tickets.merging import astray, survivor
from cstar_core.tickets.new import NewTickets
from cstar_core.tickets.room import TICKET_SORTS, Tickets
from cstar_core.tickets.status import DONE
from cstar_core.tickets.thread import check_message, default_name
from cstar_core.tickets.ticket import (
    CONTENT_MAX,
    ENTITY,
    TITLE_MAX,
    Message,
    Stored,
    Ticket,
    check_content,
    read_messages,
    read_stored,
)
from cstar_core.tickets.writing import add_message

__all__ = [
    "BULK_MAX",
    "CONTENT_MAX",
    "DONE",
    "ENTITY",
    "TICKET_SORTS",
    "TITLE_MAX",
    "BulkItem",
    "BulkResult",
    "ManyChanges",
    "Message",
    "NewTickets",
    "Stored",
    "Ticket",
    "TicketChanges",
    "TicketFilter",
    "Tickets",
    "TicketsLoading",
    "add_message",
    "astray",
    "check_content",
    "check_filter",
    "check_message",
    "default_name",
    "read_messages",
    "read_stored",
    "survivor",
]
