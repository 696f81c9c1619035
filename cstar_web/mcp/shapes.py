"""What the tools answer with; their JSON schemas are made from these."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Summary:
    """A ticket in a list."""

    id: str
    number: int
    title: str
    status: str
    priority: str
    customer_id: str | None
    customer_name: str | None
    assigned_to: str | None
    merged_into: str | None
    tags: list[str]
    custom_fields: dict[str, Any]
    message_count: int
    created_at: str
    updated_at: str


@dataclass(frozen=True, slots=True)
class TicketsFound:
    """A page of tickets; `next_cursor` leads to the next one."""

    tickets: list[Summary]
    total: int
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class File:
    """A file of a message: its bytes are not here, and its type is what somebody said."""

    id: str
    name: str
    media_type: str
    size: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One message of a thread; `position` counts from 1, `length` is that of the whole text."""

    position: int
    id: str
    sender: str
    sender_name: str
    is_internal: bool
    created_at: str
    content: str
    length: int
    attachments: list[File]


@dataclass(frozen=True, slots=True)
class Person:
    """A customer."""

    id: str
    name: str
    email: str | None
    tags: list[str]
    ticket_count: int


@dataclass(frozen=True, slots=True)
class Thread:
    """A ticket with its messages, oldest first."""

    ticket: Summary
    customer: Person | None
    notes: str | None
    metadata: dict[str, Any]
    resolved_at: str | None
    closed_at: str | None
    messages: list[Entry]


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a message; `next_offset` is where the rest begins."""

    message_id: str
    offset: int
    content: str
    length: int
    next_offset: int | None


@dataclass(frozen=True, slots=True)
class FilePiece:
    """A part of the text of a file; `next_offset` is where the rest begins."""

    attachment_id: str
    name: str
    offset: int
    content: str
    length: int
    next_offset: int | None


@dataclass(frozen=True, slots=True)
class Field:
    """The definition of a custom field."""

    id: str
    key: str
    name: str
    type: str
    entity_type: str
    required: bool
    options: list[str] | None
    archived: bool


@dataclass(frozen=True, slots=True)
class FieldsFound:
    """Custom fields, by position."""

    fields: list[Field]
    total: int


@dataclass(frozen=True, slots=True)
class PeopleFound:
    """A page of customers; `next_cursor` leads to the next one."""

    customers: list[Person]
    total: int
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class Added:
    """A message that was added; customers do not see it."""

    message_id: str
    ticket_id: str
    is_internal: bool


@dataclass(frozen=True, slots=True)
class Changed:
    """A ticket after a change."""

    id: str
    number: int
    status: str
    tags: list[str]
