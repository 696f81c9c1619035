"""Events: what happened, oldest first."""

import re

from flask import Blueprint, Response
from marshmallow import fields

from cstar_core import EVENT_TYPES
from cstar_web.calls import Call
from cstar_web.operations import Operation, operation
from cstar_web.shapes import Shape
from cstar_web.v1 import render
from cstar_web.v1.answers import TEAM, anything, instant, kind, text, text_or_null
from cstar_web.v1.fields import Text, Words
from cstar_web.v1.patterns import id_given, one_or_several
from cstar_web.v1.queries import Paged

blueprint = Blueprint("events", __name__)
_KINDS = sorted({f"{name.partition('.')[0]}.*" for name in EVENT_TYPES})


class Actor(Shape):
    """Who did it."""

    type = text("What acted.", enum=["key", "member", "system"])
    id = text_or_null("Which key or member; null for the system.")


class Event(Shape):
    """Something that happened."""

    id = text("Event id (`evt_` prefix).")
    object = kind("event")
    type = text("What happened.", enum=EVENT_TYPES)
    created_at = instant("When it happened.")
    object_id = text("The object it happened to.")
    data = anything("What is worth knowing about the object, by type of event.")
    changes = anything("What changed: `{field: {from, to}}`.")
    actor = fields.Nested(Actor(), required=True)


class EventsQuery(Paged):
    """Which events."""

    after = Text(
        metadata={
            "pattern": id_given("evt_"),
            "description": "Only events after this one, by its id.",
        }
    )
    types = Words(
        one_or_several(re.escape(name) for name in (*EVENT_TYPES, *_KINDS, "*")),
        "Only these types, separated by commas: `ticket.created`, `ticket.*`.",
    )


@operation(
    blueprint,
    Operation(
        method="GET",
        path=f"{TEAM}/events",
        name="listEvents",
        tag="Events",
        summary="List events",
        description="What happened to tickets, messages, customers, members and custom fields, "
        "oldest first.",
        key="secret",
        query=EventsQuery(),
        answer=Event(),
        many=True,
        paged=True,
    ),
)
def list_events(call: Call) -> Response:
    return call.page(call.workspace.events.list(**call.query), render.event)


@operation(
    blueprint,
    Operation(
        method="GET",
        path=f"{TEAM}/tickets/{{ticketId}}/events",
        name="listTicketEvents",
        tag="Events",
        summary="List a ticket's events",
        key="secret",
        query=Paged(),
        answer=Event(),
        many=True,
        paged=True,
    ),
)
def list_ticket_events(call: Call, ticket_id: str) -> Response:
    return call.page(call.workspace.events.of_ticket(ticket_id, **call.query), render.event)
