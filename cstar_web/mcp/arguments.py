"""What the tools take. These say which names and types there are; the core says what is allowed."""

import json
from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field

PAGE_MAX = 50


def _several(value: object) -> object:
    """Words as an array; some assistants send an array as text."""
    if not isinstance(value, str):
        return value
    if value.lstrip().startswith("["):
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return value
    return value.split(",")


Words = Annotated[list[str], BeforeValidator(_several)]
Instant = Annotated[AwareDatetime, Field(description="Such as 2025-12-10T14:30:00Z.")]
TicketId = Annotated[str, Field(description="A ticket's id: `tkt_…`.")]


class Arguments(BaseModel):
    """The arguments of a tool."""

    model_config = ConfigDict(extra="forbid")


class Paged(Arguments):
    """Part of a list."""

    limit: int = Field(20, ge=1, le=PAGE_MAX, description="How many at most.")
    cursor: str | None = Field(None, description="`next_cursor` of the answer before.")


class SearchTickets(Paged):
    """Which tickets."""

    search: str | None = Field(
        None,
        description="Words that must all occur in the title, a message or the customer's name or "
        'address; the last may be a beginning. `"a phrase"`, `-word`, `#42` for a number.',
    )
    status: Words | None = Field(None, description="new, open, pending, resolved, closed.")
    priority: Words | None = Field(None, description="low, normal, high, urgent.")
    tags: Words | None = Field(None, description="Tags that must all be there.")
    customer_id: str | None = Field(None, description="`cus_…`.")
    assigned_to: str | None = Field(None, description="A member's id, `mem_…`, or `none`.")
    custom_fields: dict[str, Any] | None = Field(
        None,
        description="Values by key, or comparisons of numbers and dates: "
        '`{"region": "EU", "seats": {"gte": 10}}`. list_fields tells the keys.',
    )
    created_after: Instant | None = None
    created_before: Instant | None = None
    updated_after: Instant | None = None
    updated_before: Instant | None = None
    sort: str = Field(
        "-created_at",
        description="created_at, updated_at, number or priority, with `-` for descending; or "
        "relevance, with search.",
    )


class GetTicket(Arguments):
    """Which ticket, and which part of a long thread."""

    ticket_id: TicketId
    before: int | None = Field(
        None, ge=2, description="Only messages before this position, to go back in a long thread."
    )


class ReadMessage(Arguments):
    """Which part of which message."""

    ticket_id: TicketId
    message_id: str = Field(description="`msg_…`.")
    offset: int = Field(0, ge=0, description="Where to begin, in characters.")


class ReadAttachment(Arguments):
    """Which part of the text of which file."""

    ticket_id: TicketId
    attachment_id: str = Field(description="`att_…`, as get_ticket tells it.")
    offset: int = Field(0, ge=0, description="Where to begin, in characters.")


class ListFields(Arguments):
    """Which custom fields."""

    entity_type: str | None = Field(None, description="tickets or customers.")


class SearchCustomers(Paged):
    """Which customers."""

    search: str | None = Field(None, description="Words of the name or the address.")
    tags: Words | None = Field(None, description="Tags that must all be there.")


class Write(Arguments):
    """A text to keep with a ticket."""

    ticket_id: TicketId
    content: str = Field(description="The text.")


class Tags(Arguments):
    """Tags of a ticket."""

    ticket_id: TicketId
    tags: Words = Field(description="The tags.")


class SetStatus(Arguments):
    """What a ticket's status should be."""

    ticket_id: TicketId
    status: str = Field(description="new, open, pending, resolved or closed.")
