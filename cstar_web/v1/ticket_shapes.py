"""What a ticket looks like, and what is sent to make, change and find tickets."""

from marshmallow import fields

from cstar_core import (
    CONTENT_MAX,
    EMAIL_MAX,
    NAME_MAX,
    NOTES_MAX,
    PRIORITIES,
    STATUSES,
    TITLE_MAX,
)
from cstar_web.shapes import Shape
from cstar_web.v1.answers import (
    CUSTOM_FIELDS,
    METADATA,
    anything,
    count,
    instant,
    instant_or_null,
    kind,
    metadata_or_absent,
    notes_or_absent,
    strings,
    text,
    text_or_null,
)
from cstar_web.v1.customers import Customer
from cstar_web.v1.fields import Expand, Instant, Object, Sort, Tags, Text, Words
from cstar_web.v1.messages import Message
from cstar_web.v1.patterns import EMAIL, FILLED, id_given, one_or_several
from cstar_web.v1.queries import Searched

_TITLE = {"minLength": 1, "maxLength": TITLE_MAX, "description": "The subject line."}
_STATUS = {"enum": STATUSES}
_PRIORITY = {"enum": PRIORITIES}
_NOTES = {"maxLength": NOTES_MAX, "description": "Notes that customers do not see."}
CUSTOMER = {"pattern": id_given("cus_"), "description": "A customer's id."}
_MEMBER = {
    "pattern": id_given("mem_"),
    "description": "A member's id; null leaves it to nobody.",
}


HOLDER = {
    "pattern": f"{id_given('mem_')}|^none$",
    "description": "A member's id, or `none` for tickets that nobody has.",
}


class Ticket(Shape):
    """A conversation with a customer."""

    id = text("Ticket id (`tkt_` prefix).")
    object = kind("ticket")
    number = count("Number of the ticket: 1, 2, 3 …, never reused.")
    title = text("The subject line.")
    status = text("Where it stands.", enum=STATUSES)
    priority = text("How urgent it is.", enum=PRIORITIES)
    customer_id = text_or_null("The customer who asks.")
    customer_name = text_or_null("The customer's name.")
    assigned_to = text_or_null("The member who answers.")
    tags = strings("Tags.")
    notes = notes_or_absent()
    custom_fields = anything("The value of every custom field that has one, by key.")
    metadata = metadata_or_absent()
    message_count = count("How many messages it has.")
    created_at = instant("When it was made.")
    updated_at = instant("When it last changed.")
    resolved_at = instant_or_null("When it was resolved or closed, while it is.")
    closed_at = instant_or_null("When it was closed, while it is.")
    merged_into = text_or_null("The ticket that it is merged into, which has its messages.")
    messages = fields.List(
        fields.Nested(Message()), metadata={"description": "Oldest first; not in lists."}
    )
    customer = fields.Nested(
        Customer(), allow_none=True, metadata={"description": "With `expand=customer`."}
    )


class NewTicket(Shape):
    """A ticket to make."""

    title = Text(required=True, metadata=_TITLE)
    status = Text(metadata={**_STATUS, "default": "new"})
    priority = Text(metadata={**_PRIORITY, "default": "normal"})
    customer_id = Text(allow_none=True, metadata=CUSTOMER)
    customer_name = Text(
        allow_none=True,
        metadata={
            "maxLength": NAME_MAX,
            "pattern": FILLED,
            "description": "Without `customerId`: the name of a customer to make.",
        },
    )
    customer_email = Text(
        allow_none=True,
        metadata={
            "maxLength": EMAIL_MAX,
            "pattern": EMAIL,
            "description": "Without `customerId`: the customer who has this address, or a new one.",
        },
    )
    assigned_to = Text(allow_none=True, metadata=_MEMBER)
    tags = Tags()
    notes = Text(allow_none=True, metadata=_NOTES)
    custom_fields = Object(metadata=CUSTOM_FIELDS)
    metadata = Object(metadata=METADATA)
    initial_message = Text(
        allow_none=True,
        metadata={
            "maxLength": CONTENT_MAX,
            "pattern": FILLED,
            "description": "The content of a first message, from the customer.",
        },
    )


class TicketChanges(Shape):
    """What to change about a ticket."""

    title = Text(filled=True, metadata=_TITLE)
    status = Text(metadata=_STATUS)
    priority = Text(metadata=_PRIORITY)
    customer_id = Text(allow_none=True, metadata=CUSTOMER)
    assigned_to = Text(allow_none=True, metadata=_MEMBER)
    tags = Tags()
    notes = Text(allow_none=True, metadata=_NOTES)
    custom_fields = Object(metadata=CUSTOM_FIELDS)
    metadata = Object(metadata=METADATA)


class Merge(Shape):
    """Where the messages of a ticket go."""

    into = Text(
        required=True,
        metadata={"pattern": id_given("tkt_"), "description": "The id of another ticket."},
    )


class TicketQuery(Shape):
    """What to put into the answer."""

    expand_customer = Expand("customer")


class TicketsQuery(Searched):
    """Which tickets, in which order, with what in them."""

    status = Words(one_or_several(STATUSES), f"One or several of: {', '.join(STATUSES)}.")
    priority = Words(one_or_several(PRIORITIES), f"One or several of: {', '.join(PRIORITIES)}.")
    customer_id = Text(metadata=CUSTOMER)
    assigned_to = Text(metadata=HOLDER)
    created_after = Instant("Made after this instant.")
    created_before = Instant("Made before this instant.")
    updated_after = Instant("Last changed after this instant.")
    updated_before = Instant("Last changed before this instant.")
    sort = Sort(
        "createdAt", "updatedAt", "number", "priority", also=["relevance"], default="-createdAt"
    )
    expand_customer = Expand("customer")
