"""Events: what happened, oldest first."""

import re
from dataclasses import dataclass

from flask import Blueprint, Response
from marshmallow import fields

from cstar_core import EVENT_TYPES, Helpdesk
from cstar_core import Event as Happening
from cstar_web.calls import Call, services
from cstar_web.envelope import encoded
from cstar_web.following import follow
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


class StreamQuery(Shape):
    """Which events, from where on."""

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


class EventsQuery(StreamQuery, Paged):
    """Which events."""


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


@operation(
    blueprint,
    Operation(
        method="GET",
        path=f"{TEAM}/events/stream",
        name="streamEvents",
        tag="Events",
        summary="Follow events as they happen",
        description="Server-sent events: the `data` of each is an event as in the list, its `id` "
        "the event's id, its `event` the type. Begins with what happens from now on, or after the "
        "event that `Last-Event-ID` or `after` names.",
        key="secret",
        query=StreamQuery(),
        answer=Event(),
        stream=True,
    ),
)
def stream_events(call: Call) -> Response:
    types = tuple(call.query.get("types", ()))
    holder = KeyHolder(services().desk, call.access.key.id)
    return follow(holder, call.workspace, call.query.get("after"), types)


def written(event: Happening) -> bytes:
    """An event as a listener is told of it."""
    data = encoded(render.event(event)).decode()
    return f"id: {event.id}\nevent: {event.type}\ndata: {data}\n\n".encode()


@dataclass(frozen=True, slots=True)
class KeyHolder:
    """Who follows with a key, as long as it works."""

    desk: Helpdesk
    name: str

    def works(self) -> bool:
        """Whether the key still opens something; raises NotFound where it is gone."""
        return self.desk.keys.works(self.name)
