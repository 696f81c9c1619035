"""Messages: what was said on a ticket, and what was noted internally."""

from typing import ClassVar

from flask import Blueprint, Response
from marshmallow import fields

from cstar_core import CONTENT_MAX, NAME_MAX, OUTGOING_STATES, SENDERS
from cstar_web.calls import Call
from cstar_web.operations import Operation, operation
from cstar_web.shapes import Shape
from cstar_web.v1 import render
from cstar_web.v1.answers import (
    TEAM,
    count,
    instant,
    instant_or_null,
    kind,
    text,
    text_or_null,
)
from cstar_web.v1.attachments import Attachment, attached
from cstar_web.v1.fields import Flag, Text
from cstar_web.v1.patterns import FILLED, id_given

blueprint = Blueprint("messages", __name__)
PATH = f"{TEAM}/tickets/{{ticketId}}/messages"


class MailDelivery(Shape):
    """What became of the mail that a message went out as."""

    id = text("The outgoing mail's id (`oml_` prefix).")
    state = text("Where it stands.", enum=OUTGOING_STATES)
    attempts = count("How often it was handed to a server.")
    next_attempt_at = instant_or_null("When it is tried next.")
    finished_at = instant_or_null("When it was sent or given up.")
    code = text_or_null("What a server said, such as `550 5.1.1`, or a word of cStar's own.")
    failure = text_or_null("What is wrong, in words.")


class Message(Shape):
    """One entry of a ticket's conversation."""

    id = text("Message id (`msg_` prefix).")
    object = kind("message")
    ticket_id = text("The ticket it belongs to.")
    content = text("The text.")
    sender = text("Who wrote it.", enum=SENDERS)
    sender_name = text("The writer's name.")
    is_internal = fields.Boolean(
        required=True, metadata={"description": "Whether customers must not see it."}
    )
    created_at = instant("When it was written.")
    attachments = fields.List(
        fields.Nested(Attachment()),
        required=True,
        metadata={"description": "The files that go with it, in their order."},
    )
    delivery = fields.Nested(
        MailDelivery(),
        required=True,
        allow_none=True,
        metadata={"description": "Null if it did not go out as a mail, and for publishable keys."},
    )


class NewMessage(Shape):
    """A message to add to a ticket."""

    constraints: ClassVar = {
        "not": {
            "required": ["sender", "isInternal"],
            "properties": {"sender": {"const": "customer"}, "isInternal": {"const": True}},
        }
    }

    content = Text(required=True, metadata={"maxLength": CONTENT_MAX, "minLength": 1})
    sender = Text(metadata={"enum": SENDERS, "default": "agent"})
    sender_name = Text(
        allow_none=True,
        metadata={
            "maxLength": NAME_MAX,
            "pattern": FILLED,
            "description": "By default the customer's name, the team's name, or `System`.",
        },
    )
    is_internal = Flag(
        metadata={"default": False, "description": "Only agent and system messages may be."}
    )
    attachments = attached()


@operation(
    blueprint,
    Operation(
        method="GET",
        path=PATH,
        name="listMessages",
        tag="Messages",
        summary="List a ticket's messages",
        description="All of them, oldest first.",
        key="any",
        answer=Message(),
        many=True,
    ),
)
def list_messages(call: Call, ticket_id: str) -> Response:
    return call.answer([render.message(m) for m in call.workspace.messages.list(ticket_id)])


class Move(Shape):
    """Where a message goes."""

    to = Text(
        required=True,
        metadata={"pattern": id_given("tkt_"), "description": "The id of another ticket."},
    )


@operation(
    blueprint,
    Operation(
        method="POST",
        path=PATH,
        name="createMessage",
        tag="Messages",
        summary="Add a message",
        description="A public agent message opens a new ticket; a customer message reopens one "
        "that is pending, resolved or closed.",
        key="secret",
        body=NewMessage(),
        answer=Message(),
        status=201,
        idempotent=True,
    ),
    rules=lambda workspace, values: workspace.messages.check(values),
)
def create_message(call: Call, ticket_id: str) -> Response:
    return call.created(render.message(call.workspace.messages.create(ticket_id, **call.body)))


@operation(
    blueprint,
    Operation(
        method="POST",
        path=f"{PATH}/{{messageId}}/move",
        name="moveMessage",
        tag="Messages",
        summary="Move a message to another ticket",
        description="As if it had been written to it. Moved back, both tickets are as they were, "
        "unless something else has changed the other one since.",
        key="secret",
        body=Move(),
        answer=Message(),
        idempotent=True,
    ),
)
def move_message(call: Call, ticket_id: str, message_id: str) -> Response:
    moved = call.workspace.messages.move(ticket_id, message_id, **call.body)
    return call.answer(render.message(moved))
