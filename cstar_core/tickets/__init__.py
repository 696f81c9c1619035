"""Tickets: conversations with one customer about one thing."""

from cstar_core.tickets.acting import Place, place_of
from cstar_core.tickets.bulk import BULK_MAX, BulkItem, BulkResult
from cstar_core.tickets.changing import Change, ManyChanges, TicketChanges
from cstar_core.tickets.counting import count_tickets
from cstar_core.tickets.filters import TicketFilter, check_filter
from cstar_core.tickets.importing import TicketsLoading
from cstar_core.tickets.merging import astray, survivor
from cstar_core.tickets.message import Message
from cstar_core.tickets.moving import find_moving, move_message
from cstar_core.tickets.neighbours import Neighbours
from cstar_core.tickets.new import NewTickets
from cstar_core.tickets.newest import NewestMessage, check_newest, newest_messages
from cstar_core.tickets.removing import remove_message
from cstar_core.tickets.room import TICKET_SORTS, Tickets
from cstar_core.tickets.status import DONE
from cstar_core.tickets.stretch import (
    FORM_SOURCE,
    STRETCH_DEFAULT,
    Stretch,
    came_by_form,
    read_stretch,
)
from cstar_core.tickets.thread import (
    MESSAGE_RULES,
    NOTHING_SEEN,
    StaleConversation,
    check_message,
    check_seen,
    default_name,
    refuse_unseen,
    seen_uid,
)
from cstar_core.tickets.ticket import (
    CONTENT_MAX,
    ENTITY,
    TITLE_MAX,
    Stored,
    Ticket,
    check_content,
    read_by_key,
    read_messages,
    read_stored,
    ticket_of,
)
from cstar_core.tickets.writing import add_message, delete_tickets, write_with_files

__all__ = [
    "BULK_MAX",
    "CONTENT_MAX",
    "DONE",
    "ENTITY",
    "FORM_SOURCE",
    "MESSAGE_RULES",
    "NOTHING_SEEN",
    "STRETCH_DEFAULT",
    "TICKET_SORTS",
    "TITLE_MAX",
    "BulkItem",
    "BulkResult",
    "Change",
    "ManyChanges",
    "Message",
    "Neighbours",
    "NewTickets",
    "NewestMessage",
    "Place",
    "StaleConversation",
    "Stored",
    "Stretch",
    "Ticket",
    "TicketChanges",
    "TicketFilter",
    "Tickets",
    "TicketsLoading",
    "add_message",
    "astray",
    "came_by_form",
    "check_content",
    "check_filter",
    "check_message",
    "check_newest",
    "check_seen",
    "count_tickets",
    "default_name",
    "delete_tickets",
    "find_moving",
    "move_message",
    "newest_messages",
    "place_of",
    "read_by_key",
    "read_messages",
    "read_stored",
    "read_stretch",
    "refuse_unseen",
    "remove_message",
    "seen_uid",
    "survivor",
    "ticket_of",
    "write_with_files",
]
