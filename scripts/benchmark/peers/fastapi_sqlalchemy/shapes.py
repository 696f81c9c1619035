"""What requests and answers look like."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from uuid import uuid4

from pydantic import AliasGenerator, BaseModel, ConfigDict, Field, StringConstraints
from pydantic.alias_generators import to_camel

Status = Literal["new", "open", "pending", "resolved", "closed"]
Priority = Literal["low", "normal", "high", "urgent"]
Title = Annotated[str, StringConstraints(min_length=1, max_length=500, pattern=r"\S")]
Notes = Annotated[str, StringConstraints(max_length=65_536)]
TagName = Annotated[str, StringConstraints(min_length=1, max_length=64, strip_whitespace=True)]
TagNames = Annotated[list[TagName], Field(max_length=50)]
Content = Annotated[str, StringConstraints(min_length=1, max_length=100_000)]


def now() -> datetime:
    """The present second."""
    return datetime.now(UTC).replace(microsecond=0)


class Body(BaseModel):
    """What a request brings: camelCase outside, snake_case inside."""

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid")


class Shape(BaseModel):
    """A part of an answer, read from a row's attributes, written in camelCase."""

    model_config = ConfigDict(
        alias_generator=AliasGenerator(serialization_alias=to_camel), from_attributes=True
    )


class NewTicket(Body):
    """The body of POST /tickets."""

    title: Title
    status: Status = "new"
    priority: Priority = "normal"
    customer_id: str | None = None
    tags: TagNames = []
    notes: Notes | None = None
    custom_fields: dict[str, Any] = {}
    metadata: dict[str, Any] = {}
    initial_message: Content | None = None


class TicketChanges(Body):
    """The body of PATCH /tickets/{id}; what is left out stays."""

    title: Title = ""
    status: Status = "new"
    priority: Priority = "normal"
    notes: Notes | None = None
    custom_fields: dict[str, Any] = {}
    metadata: dict[str, Any] = {}


class MessageShape(Shape):
    """A message."""

    id: str
    object: Literal["message"] = "message"
    ticket_id: str
    content: str
    sender: str
    sender_name: str
    is_internal: bool
    created_at: datetime


class TicketSummary(Shape):
    """A ticket in a list."""

    id: str
    object: Literal["ticket"] = "ticket"
    number: int
    title: str
    status: str
    priority: str
    customer_id: str | None
    customer_name: str | None
    assigned_to: str | None
    tags: list[str]
    notes: str | None
    custom_fields: dict[str, Any]
    metadata: dict[str, Any] = Field(validation_alias="extra")
    message_count: int
    created_at: datetime
    updated_at: datetime
    resolved_at: datetime | None
    closed_at: datetime | None


class TicketShape(TicketSummary):
    """A ticket with its messages."""

    messages: list[MessageShape]


class Pagination(Shape):
    """Where a page stands."""

    page: int
    page_size: int
    total: int
    total_pages: int


class Meta(Shape):
    """Which request was answered, and when."""

    request_id: str = Field(default_factory=lambda: f"req_{uuid4().hex}")
    timestamp: datetime = Field(default_factory=now)


class ListMeta(Meta):
    """The same, of a page."""

    pagination: Pagination
    has_more: bool
    next_cursor: str | None


class OneTicket(Shape):
    """The answer with one ticket."""

    success: Literal[True] = True
    data: TicketShape
    meta: Meta = Field(default_factory=Meta)


class ManyTickets(Shape):
    """The answer with a page of tickets."""

    success: Literal[True] = True
    data: list[TicketSummary]
    meta: ListMeta
