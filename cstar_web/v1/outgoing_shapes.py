"""What shape requests and answers about mail that goes out have."""

from marshmallow import fields

from cstar_core import EMAIL_MAX, OUTGOING_KINDS, OUTGOING_STATES
from cstar_web.shapes import Shape
from cstar_web.v1.answers import count, instant, instant_or_null, kind, text, text_or_null
from cstar_web.v1.fields import Text
from cstar_web.v1.patterns import EMAIL, id_given
from cstar_web.v1.queries import Paged


class MailRecipient(Shape):
    """To whom a mail goes, and what became of that."""

    name = text("A name; may be empty.")
    address = text("An address.")
    is_copy = fields.Boolean(required=True, metadata={"description": "Whether it is in Cc."})
    state = text("Where it stands with this one.", enum=OUTGOING_STATES)
    code = text_or_null("What a server said, such as `550 5.1.1`, or a word of cStar's own.")
    failure = text_or_null("What is wrong, in words.")


class OutgoingMail(Shape):
    """A mail on its way out, or what became of it."""

    id = text("Outgoing mail id (`oml_` prefix).")
    object = kind("outgoing_mail")
    ticket_id = text("The ticket that it is on.")
    message_id = text_or_null("The message that it brings; null for an automatic mail.")
    mailbox_id = text_or_null("The mailbox that sends it; null if that was deleted.")
    kind = text("What it is.", enum=OUTGOING_KINDS)
    state = text("Where it stands.", enum=OUTGOING_STATES)
    subject = text("Its subject.")
    header_id = text("Its Message-ID, without brackets.")
    recipients = fields.List(fields.Nested(MailRecipient()), required=True)
    attempts = count("How often it was handed to a server.")
    next_attempt_at = instant_or_null("When it is tried next.")
    code = text_or_null("What a server said, or a word of cStar's own.")
    failure = text_or_null("What is wrong, in words.")
    created_at = instant("When it was queued.")
    finished_at = instant_or_null("When it was sent or given up.")


class OutgoingMailsQuery(Paged):
    """Which mails."""

    state = Text(metadata={"enum": OUTGOING_STATES, "description": "Where they stand."})
    ticket_id = Text(metadata={"pattern": id_given("tkt_"), "description": "A ticket's id."})


class BadAddress(Shape):
    """An address to which nothing can be delivered, as a server said."""

    object = kind("bad_address")
    address = text("The address.")
    code = text_or_null("What a server said, such as `550 5.1.1`.")
    reason = text("What is wrong, in words.")
    noted_at = instant("When that was.")


class TrustedAddress(Shape):
    """An address that is to be good again."""

    address = Text(
        required=True,
        metadata={"maxLength": EMAIL_MAX, "pattern": EMAIL, "description": "A bad address."},
    )


class Trusted(Shape):
    """What remains of a bad address."""

    trusted = fields.Boolean(required=True, metadata={"enum": [True]})
