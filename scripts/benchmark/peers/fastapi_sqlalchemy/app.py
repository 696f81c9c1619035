"""A ticket API on FastAPI and SQLAlchemy: the operations that are measured, and no others."""

import hashlib
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import uuid4

from anyio import to_thread
from fastapi import Depends, FastAPI, HTTPException, Query
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from shapes import (
    ListMeta,
    ManyTickets,
    NewTicket,
    OneTicket,
    Pagination,
    Priority,
    Status,
    TicketChanges,
    TicketShape,
    TicketSummary,
    now,
)
from sqlalchemy import Select, func, insert, select, text, update
from sqlalchemy.orm import Session, joinedload, selectinload, sessionmaker
from tables import (
    ApiKey,
    Customer,
    CustomField,
    Event,
    Message,
    Tag,
    Ticket,
    documents,
    open_file,
)

THREADS = 1


@asynccontextmanager
async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
    """Hold the pool that runs the endpoints to the number of threads that does best."""
    to_thread.current_default_thread_limiter().total_tokens = THREADS
    yield


app = FastAPI(lifespan=lifespan)
open_session = sessionmaker(open_file(os.environ["PEER_DATABASE"]), expire_on_commit=False)
bearer = HTTPBearer()

SUMMARY = (joinedload(Ticket.customer), selectinload(Ticket.labels))
WHOLE = (*SUMMARY, selectinload(Ticket.messages))


@dataclass(frozen=True)
class Caller:
    """An authenticated request's session, and whose key it came with."""

    session: Session
    key_id: str


def authenticate(
    credentials: Annotated[HTTPAuthorizationCredentials, Depends(bearer)],
) -> Iterator[Caller]:
    """The caller that the key names; 401 if it is unknown or revoked."""
    digest = hashlib.sha256(credentials.credentials.encode()).hexdigest()
    with open_session() as session:
        key = session.scalar(select(ApiKey).where(ApiKey.sha256 == digest))
        if key is None or key.revoked_at is not None:
            raise HTTPException(401, "Invalid or expired API key", {"WWW-Authenticate": "Bearer"})
        yield Caller(session, key.id)


Authenticated = Annotated[Caller, Depends(authenticate)]


@app.get("/floor")
async def floor() -> dict[str, str]:
    """A route that does nothing."""
    return {"hello": "world"}


@app.get("/tickets/{ticket_id}")
def get_ticket(ticket_id: str, caller: Authenticated) -> OneTicket:
    """A ticket with its messages."""
    return _answer(_find(caller.session, ticket_id))


@app.get("/tickets")
def list_tickets(
    caller: Authenticated,
    status: Status | None = None,
    priority: Priority | None = None,
    search: Annotated[str | None, Query(max_length=500)] = None,
    page: Annotated[int, Query(ge=1)] = 1,
    page_size: Annotated[int, Query(alias="pageSize", ge=1, le=100)] = 20,
) -> ManyTickets:
    """A page of tickets, the newest first, and how many there are."""
    query = _filtered(status, priority, search)
    total = caller.session.scalar(query.with_only_columns(func.count())) or 0
    # The same order, but the index of words yields its rows in it without a sort.
    newest = Ticket.key if search is None else documents.c.rowid
    newest_first = query.order_by(newest.desc()).options(*SUMMARY)
    rows = caller.session.scalars(newest_first.limit(page_size).offset((page - 1) * page_size))
    pages = -(-total // page_size)
    pagination = Pagination(page=page, page_size=page_size, total=total, total_pages=pages)
    meta = ListMeta(pagination=pagination, has_more=page < pages, next_cursor=None)
    return ManyTickets(data=[TicketSummary.model_validate(row) for row in rows], meta=meta)


@app.post("/tickets", status_code=201)
def create_ticket(body: NewTicket, caller: Authenticated) -> OneTicket:
    """Make a ticket, with its tags, its first message, its events and its search document."""
    session, at = caller.session, now()
    _start_writing(session)
    _check_custom_fields(session, body.custom_fields)
    ticket = Ticket(
        id=f"tkt_{uuid4().hex}",
        title=body.title,
        status=body.status,
        priority=body.priority,
        customer=_customer(session, body.customer_id),
        labels=_labels(session, body.tags),
        notes=body.notes,
        custom_fields=body.custom_fields,
        extra=body.metadata,
        message_count=0,
        messages=[],
        created_at=at,
        updated_at=at,
    )
    _stamp(ticket)
    session.add(ticket)
    if body.initial_message is not None:
        _first_message(ticket, body.initial_message)
    session.flush()
    data = {"title": ticket.title, "status": ticket.status, "priority": ticket.priority}
    _record(caller, ticket, "ticket.created", ticket.id, data=data)
    for message in ticket.messages:
        _record(caller, ticket, "message.created", message.id, data={"sender": message.sender})
    session.execute(insert(documents).values(rowid=ticket.key, **_document(ticket)))
    session.commit()
    return _answer(ticket)


@app.patch("/tickets/{ticket_id}")
def update_ticket(ticket_id: str, body: TicketChanges, caller: Authenticated) -> OneTicket:
    """Change a ticket; custom fields and metadata are merged."""
    session = caller.session
    _start_writing(session)
    ticket = _find(session, ticket_id)
    _check_custom_fields(session, body.custom_fields)
    changes = _apply(ticket, body)
    if changes:
        ticket.updated_at = now()
        _stamp(ticket)
        _record(caller, ticket, "ticket.updated", ticket.id, changes=changes)
        if "title" in changes:
            where = documents.c.rowid == ticket.key
            session.execute(update(documents).where(where).values(title=ticket.title))
    session.commit()
    return _answer(ticket)


def _answer(ticket: Ticket) -> OneTicket:
    return OneTicket(data=TicketShape.model_validate(ticket))


def _find(session: Session, ticket_id: str) -> Ticket:
    ticket = session.scalar(select(Ticket).where(Ticket.id == ticket_id).options(*WHOLE))
    if ticket is None:
        raise HTTPException(404, "Ticket not found")
    return ticket


def _filtered(
    status: Status | None, priority: Priority | None, search: str | None
) -> Select[tuple[Ticket]]:
    query = select(Ticket)
    if status is not None:
        query = query.where(Ticket.status == status)
    if priority is not None:
        query = query.where(Ticket.priority == priority)
    if search is not None:
        matching = documents.c.documents.match(_expression(search))
        query = query.join(documents, documents.c.rowid == Ticket.key).where(matching)
    return query


def _expression(search: str) -> str:
    """All of the words, the last one as a prefix."""
    words = [f'"{word}"' for word in search.replace('"', " ").split()]
    return " ".join(words) + "*" if words else '""'


def _start_writing(session: Session) -> None:
    """Take the file's write lock before what the write depends on is read."""
    session.rollback()
    session.execute(text("BEGIN IMMEDIATE"))


def _check_custom_fields(session: Session, values: dict[str, Any]) -> None:
    if not values:
        return
    fields = session.scalars(select(CustomField).where(CustomField.key.in_(values)))
    known = {field.key: field for field in fields}
    for key, value in values.items():
        if key not in known or not _fits(known[key], value):
            raise HTTPException(400, f"customFields.{key} is not valid")


def _fits(field: CustomField, value: object) -> bool:
    if value is None:
        return True
    if field.type == "number":
        return isinstance(value, int | float) and not isinstance(value, bool)
    if field.type == "select":
        return value in (field.options or ())
    return isinstance(value, str)


def _customer(session: Session, customer_id: str | None) -> Customer | None:
    if customer_id is None:
        return None
    customer = session.scalar(select(Customer).where(Customer.id == customer_id))
    if customer is None:
        raise HTTPException(400, "customerId must be the id of an existing customer")
    return customer


def _labels(session: Session, names: list[str]) -> list[Tag]:
    if not names:
        return []
    known = {tag.name: tag for tag in session.scalars(select(Tag).where(Tag.name.in_(names)))}
    return [known.get(name) or Tag(name=name) for name in dict.fromkeys(names)]


def _first_message(ticket: Ticket, content: str) -> None:
    message = Message(
        id=f"msg_{uuid4().hex}",
        content=content,
        sender="customer",
        sender_name=ticket.customer_name or "Customer",
        is_internal=False,
        created_at=ticket.created_at,
    )
    ticket.messages.append(message)
    ticket.message_count = 1


def _document(ticket: Ticket) -> dict[str, str]:
    customer = ticket.customer
    return {
        "title": ticket.title,
        "messages": "\n".join(message.content for message in ticket.messages),
        "customer": f"{customer.name} {customer.email or ''}" if customer else "",
    }


def _apply(ticket: Ticket, body: TicketChanges) -> dict[str, Any]:
    """Set what differs; says what it was and is."""
    given = body.model_dump(exclude_unset=True)
    changes = {}
    for name, value in given.items():
        column = "extra" if name == "metadata" else name
        before = getattr(ticket, column)
        if isinstance(value, dict):
            merged = {**before, **value}
            value = {key: each for key, each in merged.items() if each is not None}
        if value != before:
            setattr(ticket, column, value)
            changes[name] = {"from": before, "to": value}
    return changes


def _stamp(ticket: Ticket) -> None:
    if ticket.status not in ("resolved", "closed"):
        ticket.resolved_at = ticket.closed_at = None
        return
    ticket.resolved_at = ticket.resolved_at or ticket.updated_at
    if ticket.status == "closed":
        ticket.closed_at = ticket.closed_at or ticket.updated_at


def _record(
    caller: Caller,
    ticket: Ticket,
    kind: str,
    object_id: str,
    data: dict[str, Any] | None = None,
    changes: dict[str, Any] | None = None,
) -> None:
    event = Event(
        type=kind,
        ticket_key=ticket.key,
        object_id=object_id,
        actor_id=caller.key_id,
        data=data,
        changes=changes,
        created_at=ticket.updated_at,
    )
    caller.session.add(event)
