"""Tickets: each one a conversation with a customer."""

from flask import Blueprint, Response

from cstar_web.calls import Call
from cstar_web.etags import ticket_tag
from cstar_web.html.forms import FORM_MAX
from cstar_web.operations import Operation, operation
from cstar_web.v1 import render
from cstar_web.v1.answers import TEAM, Deleted
from cstar_web.v1.ticket_shapes import (
    Merge,
    NewTicket,
    Ticket,
    TicketChanges,
    TicketQuery,
    TicketsQuery,
)

blueprint = Blueprint("tickets", __name__)
PATH = f"{TEAM}/tickets"
ONE = f"{PATH}/{{ticketId}}"


@operation(
    blueprint,
    Operation(
        method="GET",
        path=PATH,
        name="listTickets",
        tag="Tickets",
        summary="List tickets",
        description="Newest first unless sorted otherwise. All filters must hold. The list leaves "
        "out `messages`.",
        key="any",
        query=TicketsQuery(),
        answer=Ticket(),
        many=True,
        paged=True,
    ),
)
def list_tickets(call: Call) -> Response:
    make, internal = _renderer(call), call.internal
    found = call.workspace.tickets.list(**call.query)
    return call.page(found, lambda ticket: make(ticket, internal))


@operation(
    blueprint,
    Operation(
        method="POST",
        path=PATH,
        name="createTicket",
        tag="Tickets",
        summary="Create a ticket",
        description="For a customer that exists, or for one that is made with the ticket. Sent as "
        "a form, with this JSON in the part `ticket`, it brings files for its first message in "
        "parts called `attachments`: at most 20 of 25 MiB each and 50 MiB together.",
        key="secret",
        body=NewTicket(),
        form=("ticket", "initial_message"),
        body_max=FORM_MAX,
        answer=Ticket(),
        status=201,
        etag=True,
        idempotent=True,
    ),
    rules=lambda workspace, values: workspace.tickets.check(values),
)
def create_ticket(call: Call) -> Response:
    ticket = call.workspace.tickets.create(**call.body, attachments=call.files)
    return call.created(render.ticket(ticket, call.internal), tag=ticket_tag(ticket))


@operation(
    blueprint,
    Operation(
        method="GET",
        path=ONE,
        name="getTicket",
        tag="Tickets",
        summary="Get a ticket",
        description="With its messages, oldest first.",
        key="any",
        query=TicketQuery(),
        answer=Ticket(),
        etag=True,
    ),
)
def get_ticket(call: Call, ticket_id: str) -> Response:
    ticket = call.workspace.tickets.get(ticket_id, **call.query)
    return call.answer(_renderer(call)(ticket, call.internal), tag=ticket_tag(ticket))


@operation(
    blueprint,
    Operation(
        method="PATCH",
        path=ONE,
        name="updateTicket",
        tag="Tickets",
        summary="Update a ticket",
        description="Only what is sent changes; metadata and custom fields are merged. A change "
        "to what is already so changes nothing.",
        key="secret",
        body=TicketChanges(),
        answer=Ticket(),
        etag=True,
        conditional=True,
        idempotent=True,
        errors=("MERGE_CONFLICT",),
    ),
    rules=lambda workspace, values: workspace.tickets.check(values, updating=True),
)
def update_ticket(call: Call, ticket_id: str) -> Response:
    tickets = call.workspace.tickets
    with call.unless_stale(lambda: ticket_tag(tickets.get(ticket_id))):
        ticket = tickets.update(ticket_id, **call.body)
    return call.answer(render.ticket(ticket, call.internal), tag=ticket_tag(ticket))


@operation(
    blueprint,
    Operation(
        method="DELETE",
        path=ONE,
        name="deleteTicket",
        tag="Tickets",
        summary="Delete a ticket",
        description="Permanently deletes the ticket and all its messages.",
        key="secret",
        answer=Deleted(),
        conditional=True,
        idempotent=True,
    ),
)
def delete_ticket(call: Call, ticket_id: str) -> Response:
    tickets = call.workspace.tickets
    with call.unless_stale(lambda: ticket_tag(tickets.get(ticket_id))):
        tickets.delete(ticket_id)
    return call.answer({"deleted": True})


@operation(
    blueprint,
    Operation(
        method="POST",
        path=f"{ONE}/merge",
        name="mergeTicket",
        tag="Tickets",
        summary="Merge a ticket into another one",
        description="Its messages go to the other ticket, in the order of time. It is closed and "
        "answered with `mergedInto`.",
        key="secret",
        body=Merge(),
        answer=Ticket(),
        etag=True,
        conditional=True,
        idempotent=True,
        errors=("MERGE_CONFLICT",),
    ),
)
def merge_ticket(call: Call, ticket_id: str) -> Response:
    tickets = call.workspace.tickets
    with call.unless_stale(lambda: ticket_tag(tickets.get(ticket_id))):
        ticket = tickets.merge(ticket_id, **call.body)
    return call.answer(render.ticket(ticket, call.internal), tag=ticket_tag(ticket))


@operation(
    blueprint,
    Operation(
        method="POST",
        path=f"{ONE}/unmerge",
        name="unmergeTicket",
        tag="Tickets",
        summary="Undo a merge",
        description="The messages come back, and the status is what it was. What came to the other "
        "ticket since stays there.",
        key="secret",
        answer=Ticket(),
        etag=True,
        conditional=True,
        idempotent=True,
        errors=("MERGE_CONFLICT",),
    ),
)
def unmerge_ticket(call: Call, ticket_id: str) -> Response:
    tickets = call.workspace.tickets
    with call.unless_stale(lambda: ticket_tag(tickets.get(ticket_id))):
        ticket = tickets.unmerge(ticket_id)
    return call.answer(render.ticket(ticket, call.internal), tag=ticket_tag(ticket))


def _renderer(call: Call) -> render.TicketRenderer:
    return render.ticket_with_customer if call.query.get("expand_customer") else render.ticket
