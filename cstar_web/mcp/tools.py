"""Every tool: its name, what it takes and answers with, and what it may change."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from cstar_web.mcp import arguments, reading, shapes, writing
from cstar_web.mcp.reading import Result


@dataclass(frozen=True, slots=True)
class Tool:
    """One tool; its function's first words are its description.

    ``writes`` tools are there only where writing is allowed. ``overwrites`` says that something
    that was there may be gone, ``repeatable`` that a second call changes nothing more.
    """

    run: Callable[[Any, Any], Result]
    takes: type[arguments.Arguments]
    answers: type
    writes: bool = False
    overwrites: bool = False
    repeatable: bool = True

    @property
    def name(self) -> str:
        """What it is called by."""
        return self.run.__name__

    @property
    def description(self) -> str:
        """What it does, on one line."""
        return " ".join((self.run.__doc__ or "").split())


READING = (
    Tool(reading.search_tickets, arguments.SearchTickets, shapes.TicketsFound),
    Tool(reading.get_ticket, arguments.GetTicket, shapes.Thread),
    Tool(reading.read_message, arguments.ReadMessage, shapes.Piece),
    Tool(reading.read_attachment, arguments.ReadAttachment, shapes.FilePiece),
    Tool(reading.list_fields, arguments.ListFields, shapes.FieldsFound),
    Tool(reading.search_customers, arguments.SearchCustomers, shapes.PeopleFound),
)
WRITING = (
    Tool(writing.add_note, arguments.Write, shapes.Added, writes=True, repeatable=False),
    Tool(writing.draft_reply, arguments.Write, shapes.Added, writes=True, repeatable=False),
    Tool(writing.add_tags, arguments.Tags, shapes.Changed, writes=True),
    Tool(writing.remove_tags, arguments.Tags, shapes.Changed, writes=True, overwrites=True),
    Tool(writing.set_status, arguments.SetStatus, shapes.Changed, writes=True, overwrites=True),
)


def tools(allow_write: bool) -> Sequence[Tool]:
    """The tools that an assistant has."""
    return READING + WRITING if allow_write else READING
