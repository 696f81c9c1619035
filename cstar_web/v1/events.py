"""Events: what happened, oldest first."""

import re
from collections.abc import Iterator

from flask import Blueprint, Response, request
from marshmallow import fields

from cstar_core import EVENT_TYPES, Following, Invalid
from cstar_core import Event as Happening
from cstar_web.answer import Answer
from cstar_web.calls import Call, services
from cstar_web.envelope import encoded
from cstar_web.errors import Failure, invalid
from cstar_web.operations import Operation, operation
from cstar_web.seats import Full
from cstar_web.shapes import Shape
from cstar_web.streams import HOLD, Stream, Wish
from cstar_web.v1 import render
from cstar_web.v1.answers import TEAM, anything, instant, kind, text, text_or_null
from cstar_web.v1.fields import Text, Words
from cstar_web.v1.patterns import id_given, one_or_several
from cstar_web.v1.queries import Paged

blueprint = Blueprint("events", __name__)
EVENT_STREAM = "text/event-stream"
LAST_EVENT_ID = "Last-Event-ID"
# For how many milliseconds a client waits before it connects again; longer where the server that
# the app runs under cannot keep connections, so that each time is a request of its own.
RETRY_MS, POLLING_RETRY_MS = 2_000, 10_000
_BUSY_SECONDS = 10
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
    after, types = _beginning(call), tuple(call.query.get("types", ()))
    hold = request.environ.get(HOLD) if request.method == "GET" else None
    found = _following(call, after, types, limit=1 if hold else 100)
    start = after or found.reached
    if hold is None:
        # The server cannot keep the connection: tell what there is, and let the client come again.
        told = b"".join(map(written, found.events))
        return _streamed(_opening(start, POLLING_RETRY_MS) + told + _reached(found.reached))
    hold(_seated(call, Wish(call.workspace, types), start))
    return _streamed(iter([_opening(start, RETRY_MS)]))


def written(event: Happening) -> bytes:
    """An event as a listener is told of it."""
    data = encoded(render.event(event)).decode()
    return f"id: {event.id}\nevent: {event.type}\ndata: {data}\n\n".encode()


def _opening(after: str, retry_ms: int) -> bytes:
    """What a stream begins with: when to connect again, and after which event."""
    return f"retry: {retry_ms}\n".encode() + _reached(after)


def _reached(event_id: str) -> bytes:
    """After which event to go on, whatever was told before."""
    return f"id: {event_id}\n\n".encode()


def _beginning(call: Call) -> str | None:
    """The event after which to begin. A client that connects again sends the header."""
    return request.headers.get(LAST_EVENT_ID) or call.query.get("after")


def _following(call: Call, after: str | None, types: tuple[str, ...], limit: int) -> Following:
    try:
        return call.workspace.events.following(after, types=types, limit=limit)
    except Invalid as error:
        if error.problems[0].param == "after" and request.headers.get(LAST_EVENT_ID):
            raise invalid(LAST_EVENT_ID, "must be the id of an event") from error
        raise


def _seated(call: Call, wish: Wish, after: str) -> Stream:
    try:
        return services().streams.open(call.access.key.id, wish, after)
    except Full as error:
        headers = {"Retry-After": str(_BUSY_SECONDS)}
        raise Failure("BUSY", str(error), headers=headers) from error


def _streamed(body: bytes | Iterator[bytes]) -> Answer:
    # The header keeps nginx from waiting for more before it passes something on.
    headers = {"X-Accel-Buffering": "no"}
    return Answer(body, headers=headers, content_type=f"{EVENT_STREAM}; charset=utf-8")
