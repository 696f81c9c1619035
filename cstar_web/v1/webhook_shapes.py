"""What shape requests and answers about webhooks have."""

from marshmallow import fields

from cstar_core import (
    DELIVERED_TYPES,
    DELIVERY_STATUSES,
    NAME_MAX,
    OVERLAP_SECONDS,
    OVERLAP_SECONDS_MAX,
    URL_MAX,
)
from cstar_web.shapes import Shape
from cstar_web.v1.answers import count, instant, instant_or_null, kind, strings, text, text_or_null
from cstar_web.v1.fields import Flag, Strings, Text, Whole
from cstar_web.v1.patterns import id_given
from cstar_web.v1.queries import Paged

_KINDS = tuple(sorted({f"{name.partition('.')[0]}.*" for name in DELIVERED_TYPES}))
_NAME = {"minLength": 1, "maxLength": NAME_MAX}
_URL = {
    "maxLength": URL_MAX,
    "pattern": r"^[hH][tT][tT][pP][sS]?://[!-~]+$",
    "description": "Where to send to: `https://` or `http://`, without user and fragment.",
}
_EVENTS = {
    "minItems": 1,
    "maxItems": 100,
    "description": "Types of events, and patterns such as `ticket.*` and `*`.",
}
_ONE_EVENT = {"enum": ["*", *_KINDS, *DELIVERED_TYPES]}


class Webhook(Shape):
    """Who is told of which events."""

    id = text("Webhook id (`whk_` prefix).")
    object = kind("webhook")
    name = text("The webhook's name.")
    url = text("Where events are sent to.")
    events = strings("Types of events, and patterns.")
    is_active = fields.Boolean(required=True, metadata={"description": "Whether events are sent."})
    disabled_at = instant_or_null("When it was turned off because its receiver failed.")
    disabled_reason = text_or_null("Why it was turned off.")
    created_at = instant("When it was made.")
    updated_at = instant("When it last changed.")


class WebhookWithSecret(Webhook):
    """A webhook with its new secret."""

    secret = text("What requests are signed with (`whsec_` prefix); shown this once.")


class NewWebhook(Shape):
    """A webhook to make."""

    name = Text(required=True, metadata=_NAME)
    url = Text(required=True, metadata=_URL)
    events = Strings(required=True, items=_ONE_EVENT, metadata=_EVENTS)
    is_active = Flag(metadata={"default": True})


class WebhookChanges(Shape):
    """What to change about a webhook."""

    name = Text(filled=True, metadata=_NAME)
    url = Text(filled=True, metadata=_URL)
    events = Strings(filled=True, items=_ONE_EVENT, metadata=_EVENTS)
    is_active = Flag(metadata={"description": "True also turns on what was turned off."})


class Rotation(Shape):
    """How a secret is replaced."""

    overlap_seconds = Whole(
        metadata={
            "minimum": 0,
            "maximum": OVERLAP_SECONDS_MAX,
            "default": OVERLAP_SECONDS,
            "description": "For how long the present secret signs too.",
        }
    )


class Replay(Shape):
    """From where events are delivered again."""

    after = Text(
        required=True,
        metadata={"pattern": id_given("evt_"), "description": "The id of the event before them."},
    )


class Attempt(Shape):
    """What one attempt to deliver got."""

    number = count("The first attempt is 1.")
    attempted_at = instant("When it was made.")
    status = fields.Integer(
        required=True,
        allow_none=True,
        metadata={"description": "The status of the answer; null if there was none."},
    )
    error = text_or_null("Why there was no answer.")
    answer = text("The first 4,096 bytes of the answer.")
    seconds = fields.Float(required=True, metadata={"minimum": 0})


class Delivery(Shape):
    """An event on its way to a webhook."""

    id = text("Delivery id (`dlv_` prefix).")
    object = kind("delivery")
    webhook_id = text("The webhook.")
    event_id = text_or_null("The event; null for a test.")
    type = text("The type of the event; `webhook.test` for a test.")
    status = text("How far it is.", enum=DELIVERY_STATUSES)
    created_at = instant("When it was put in line.")
    finished_at = instant_or_null("When it was delivered or given up.")
    next_attempt_at = instant_or_null(
        "When it is tried next; null if it is finished, or waits for an earlier event."
    )
    attempts = fields.List(fields.Nested(Attempt()), required=True)


class DeliveriesQuery(Paged):
    """Which deliveries."""

    status = Text(
        metadata={"enum": DELIVERY_STATUSES, "description": "Only those that are so far."}
    )
