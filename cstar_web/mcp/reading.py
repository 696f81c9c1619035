"""The tools that read. Every answer is bounded; notes say what was cut and how to get it."""

from contextlib import suppress
from typing import Any, NamedTuple

from cstar_core import (
    Customer,
    CustomField,
    Invalid,
    Message,
    NotFound,
    Problem,
    Ticket,
    Workspace,
    parse_id,
)
from cstar_web.cli.base import stamp
from cstar_web.mcp import arguments, shapes
from cstar_web.mcp.untrusted import cut, size

# Characters of an answer, as they are counted in it.
SUMMARY_ROOM = 2_000
VALUE_ROOM = 200
NOTES_ROOM = 4_000
MESSAGE_ROOM = 8_000
THREAD_ROOM = 40_000
PIECE_ROOM = 20_000
FIELD_ROOM = 1_000
TAGS_SHOWN = 10
FIELDS_SHOWN = 50
FILES_SHOWN = 20
# Files of this size are read to look whether they are text.
TEXT_BYTES = 1_048_576


class Result(NamedTuple):
    """What a tool found, and notes on what is not in it."""

    data: Any
    notes: tuple[str, ...] = ()


def search_tickets(workspace: Workspace, given: arguments.SearchTickets) -> Result:
    """Find tickets by words, status, tags, fields and dates, without their messages."""
    filters = given.model_dump(exclude={"limit"}, exclude_none=True)
    page = workspace.tickets.list(page_size=given.limit, **filters)
    notes: list[str] = []
    found = [_summary(ticket, notes) for ticket in page.items]
    return Result(shapes.TicketsFound(found, page.total, page.next_cursor), tuple(notes))


def get_ticket(workspace: Workspace, given: arguments.GetTicket) -> Result:
    """Read a ticket with its customer, notes and messages; of a long thread the latest messages."""
    ticket = workspace.tickets.get(given.ticket_id, expand_customer=True)
    notes: list[str] = []
    metadata = ticket.metadata
    if size(metadata) > NOTES_ROOM:
        metadata = {}
        notes.append("The metadata is too large to be shown.")
    customer = _person(ticket.customer, notes) if ticket.customer else None
    thread = shapes.Thread(
        ticket=_summary(ticket, notes),
        customer=customer,
        notes=_shortened(ticket.notes, NOTES_ROOM, "The notes are", notes),
        metadata=metadata,
        resolved_at=stamp(ticket.resolved_at),
        closed_at=stamp(ticket.closed_at),
        messages=_latest(ticket.messages or (), given.before, notes),
    )
    return Result(thread, tuple(notes))


def read_message(workspace: Workspace, given: arguments.ReadMessage) -> Result:
    """Read a message of a ticket from a place on, where get_ticket had to cut it."""
    wanted = parse_id("message", given.message_id)
    thread = workspace.messages.list(given.ticket_id)
    message = next((each for each in thread if parse_id("message", each.id) == wanted), None)
    if message is None:
        raise NotFound("message", given.message_id)
    content = cut(message.content[given.offset :], PIECE_ROOM)
    end = given.offset + len(content)
    length = len(message.content)
    return Result(
        shapes.Piece(message.id, given.offset, content, length, end if end < length else None)
    )


def read_attachment(workspace: Workspace, given: arguments.ReadAttachment) -> Result:
    """Read a file of a ticket from a place on, if it is text in UTF-8."""
    found, file = workspace.attachments.open(given.ticket_id, given.attachment_id)
    with file:
        text = _text_of(file.read(TEXT_BYTES + 1))
    content = cut(text[given.offset :], PIECE_ROOM)
    end = given.offset + len(content)
    rest = end if end < len(text) else None
    piece = shapes.FilePiece(found.id, found.name, given.offset, content, len(text), rest)
    return Result(piece)


def list_fields(workspace: Workspace, given: arguments.ListFields) -> Result:
    """List the custom fields of tickets and customers, with their keys, types and options."""
    found = workspace.custom_fields.list(entity_type=given.entity_type)
    notes: list[str] = []
    if len(found) > FIELDS_SHOWN:
        notes.append(f"Only the first {FIELDS_SHOWN} of {len(found)} fields are shown.")
    fields = [_field(each, notes) for each in found[:FIELDS_SHOWN]]
    return Result(shapes.FieldsFound(fields, len(found)), tuple(notes))


def search_customers(workspace: Workspace, given: arguments.SearchCustomers) -> Result:
    """Find customers by words of their name or address, and by tags."""
    page = workspace.customers.list(
        search=given.search,
        tags=given.tags or (),
        page_size=given.limit,
        cursor=given.cursor,
    )
    notes: list[str] = []
    people = [_person(each, notes) for each in page.items]
    return Result(shapes.PeopleFound(people, page.total, page.next_cursor), tuple(notes))


def _summary(ticket: Ticket, notes: list[str]) -> shapes.Summary:
    fields = {key: _value(value) for key, value in ticket.custom_fields.items()}
    if size(fields) > SUMMARY_ROOM:
        fields = {}
        notes.append(f"The custom fields of {ticket.id} are too large to be shown.")
    elif fields != ticket.custom_fields:
        notes.append(f"Values of custom fields of {ticket.id} are cut.")
    return shapes.Summary(
        id=ticket.id,
        number=ticket.number,
        title=_shortened(ticket.title, SUMMARY_ROOM, f"The title of {ticket.id} is", notes) or "",
        status=ticket.status,
        priority=ticket.priority,
        customer_id=ticket.customer_id,
        customer_name=ticket.customer_name,
        assigned_to=ticket.assigned_to,
        merged_into=ticket.merged_into,
        tags=_tags(ticket, notes),
        custom_fields=fields,
        message_count=ticket.message_count,
        created_at=stamp(ticket.created_at) or "",
        updated_at=stamp(ticket.updated_at) or "",
    )


def _tags(found: Ticket | Customer, notes: list[str]) -> list[str]:
    if len(found.tags) > TAGS_SHOWN:
        notes.append(f"Only {TAGS_SHOWN} of {len(found.tags)} tags of {found.id} are shown.")
    return list(found.tags[:TAGS_SHOWN])


def _value(value: object) -> object:
    """A custom field's value, if it is short, or as much of its text as is."""
    if isinstance(value, str):
        return cut(value, VALUE_ROOM)
    if isinstance(value, list | tuple):
        return list(value) if size(value) <= VALUE_ROOM else list(value[:1])
    return value


def _latest(
    thread: tuple[Message, ...], before: int | None, notes: list[str]
) -> list[shapes.Entry]:
    """The last messages that there is room for, of those before a position."""
    end = len(thread) if before is None else min(before - 1, len(thread))
    entries: list[shapes.Entry] = []
    room = THREAD_ROOM
    for position in range(end, 0, -1):
        entry = _entry(thread[position - 1], position)
        room -= size(entry.content) + size(entry.sender_name) + VALUE_ROOM
        room -= sum(size(each.name) + VALUE_ROOM for each in entry.attachments)
        if room < 0 and entries:
            notes.append(
                f"The {position} messages before position {position + 1} are left out; "
                f"get_ticket with before={position + 1} shows the latest of them."
            )
            break
        entries.append(entry)
    shown = {entry.id for entry in entries if len(entry.attachments) == FILES_SHOWN}
    notes += [
        f"Only {FILES_SHOWN} of {len(message.attachments)} files of {message.id} are shown."
        for message in thread
        if message.id in shown and len(message.attachments) > FILES_SHOWN
    ]
    notes += [
        f"{entry.id} is cut after {len(entry.content):,} of {entry.length:,} characters; "
        f"read_message with offset={len(entry.content)} goes on."
        for entry in entries
        if len(entry.content) < entry.length
    ]
    return entries[::-1]


def _entry(message: Message, position: int) -> shapes.Entry:
    return shapes.Entry(
        position=position,
        id=message.id,
        sender=message.sender,
        sender_name=message.sender_name,
        is_internal=message.is_internal,
        created_at=stamp(message.created_at) or "",
        content=cut(message.content, MESSAGE_ROOM),
        length=len(message.content),
        attachments=[
            shapes.File(each.id, each.name, each.media_type, each.size)
            for each in message.attachments[:FILES_SHOWN]
        ],
    )


def _text_of(raw: bytes) -> str:
    """The text that bytes are; raises Invalid for what is none, or is too much."""
    rule = f"must be a file of at most {TEXT_BYTES:,} bytes"
    if len(raw) <= TEXT_BYTES:
        rule = "must be a file with text in UTF-8"
        with suppress(UnicodeDecodeError):
            text = raw.decode("utf-8-sig")
            if "\0" not in text:
                return text
    raise Invalid([Problem("attachment_id", "PARAMETER_INVALID", rule)])


def _field(field: CustomField, notes: list[str]) -> shapes.Field:
    options = None if field.options is None else list(field.options)
    while options and size(options) > FIELD_ROOM:
        options = options[: len(options) // 2]
    if field.options and options is not None and len(options) < len(field.options):
        notes.append(
            f"Only {len(options)} of {len(field.options)} options of {field.key} are shown."
        )
    return shapes.Field(
        id=field.id,
        key=field.key,
        name=cut(field.name, VALUE_ROOM),
        type=field.type,
        entity_type=field.entity_type,
        required=field.required,
        options=options,
        archived=field.archived_at is not None,
    )


def _person(customer: Customer, notes: list[str]) -> shapes.Person:
    return shapes.Person(
        id=customer.id,
        name=customer.name,
        email=customer.email,
        tags=_tags(customer, notes),
        ticket_count=customer.ticket_count,
    )


def _shortened(text: str | None, room: int, what: str, notes: list[str]) -> str | None:
    if text is None:
        return None
    shown = cut(text, room)
    if len(shown) < len(text):
        notes.append(f"{what} cut after {len(shown):,} of {len(text):,} characters.")
    return shown
