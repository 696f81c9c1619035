"""What shape requests and answers about mailboxes have."""

from marshmallow import fields

from cstar_core import (
    EMAIL_MAX,
    MAIL_SIGNATURE_MAX,
    MAILBOX_NAME_MAX,
    OAUTH_PROVIDERS,
    PRIORITIES,
)
from cstar_web.shapes import Shape
from cstar_web.v1.answers import (
    CUSTOM_FIELDS,
    anything,
    instant,
    instant_or_null,
    kind,
    text,
    text_or_null,
)
from cstar_web.v1.fields import Flag, Object, Part, Tags, Text
from cstar_web.v1.patterns import EMAIL, FILLED, LANGUAGE, id_given


def _flag(description: str) -> fields.Boolean:
    return fields.Boolean(required=True, metadata={"description": description})


class Mailbox(Shape):
    """An address that customers write to, and how fetching its mail goes."""

    id = text("Mailbox id (`mbx_` prefix).")
    object = kind("mailbox")
    address = text("The address.")
    name = text("Who mail from it is from.", maxLength=MAILBOX_NAME_MAX)
    language = text("The code of the language in which mail from it is written.")
    signature = text("What stands below each answer.", maxLength=MAIL_SIGNATURE_MAX)
    is_default = _flag("Whether it sends what belongs to no other mailbox.")
    answers_first = _flag("Whether who writes is told at once that it arrived.")
    plus_addressing = _flag("Whether mail to the name, a plus and anything comes here too.")
    is_active = _flag("Whether it is used at all.")
    defaults = anything("What tickets get that begin with a mail to it.")
    fetches = _flag("Whether its mail is fetched from a server.")
    sends = _flag("Whether mail is sent from it.")
    oauth_provider = text_or_null(
        "Who gives the tokens of OAuth 2 with which it signs in; null where it has passwords.",
        enum=[*OAUTH_PROVIDERS, None],
    )
    is_authorized = _flag("Whether it may ask for such tokens.")
    fetched_at = instant_or_null("When fetching last worked.")
    failing_since = instant_or_null("Since when it cannot fetch or send; null while it can.")
    failure = text_or_null("Why it cannot, or why no token is given.")
    created_at = instant("When the mailbox was added.")
    updated_at = instant("When the mailbox last changed.")


class MailboxDefaults(Shape):
    """What tickets get that begin with a mail to a mailbox."""

    priority = Text(metadata={"enum": PRIORITIES, "description": "How urgent."})
    tags = Tags()
    assigned_to = Text(
        allow_none=True,
        metadata={"pattern": id_given("mem_"), "description": "The id of a member."},
    )
    custom_fields = Object(metadata={**CUSTOM_FIELDS, "description": "Values by key."})


class MailboxChanges(Shape):
    """What to change about a mailbox. Its servers and keys are set up elsewhere."""

    address = Text(filled=True, metadata={"maxLength": EMAIL_MAX, "pattern": EMAIL})
    name = Text(
        filled=True,
        metadata={
            "maxLength": MAILBOX_NAME_MAX,
            "pattern": FILLED,
            "description": "Who mail from it is from: one line of printable text.",
        },
    )
    language = Text(
        filled=True, metadata={"pattern": LANGUAGE, "description": "Such as `en` or `pt-BR`."}
    )
    signature = Text(
        metadata={"maxLength": MAIL_SIGNATURE_MAX, "description": "What stands below each answer."}
    )
    defaults = Part(MailboxDefaults())
    is_default = Flag(metadata={"description": "Makes it the one that sends what has no other."})
    answers_first = Flag(metadata={"description": "Tell who writes at once that it arrived."})
    plus_addressing = Flag(metadata={"description": "Take mail to the name, a plus and anything."})
    is_active = Flag(metadata={"description": "Use it at all."})


class NewMailbox(MailboxChanges):
    """A mailbox to make, to which mail is brought."""

    address = Text(required=True, metadata={"maxLength": EMAIL_MAX, "pattern": EMAIL})
