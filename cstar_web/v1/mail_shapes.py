"""What shape requests and answers about mail that comes in have."""

from marshmallow import fields

from cstar_core import (
    MAIL_BLOCK_MAX,
    MAIL_BLOCK_NOTE_MAX,
    MAIL_REASONS,
    MAIL_SOURCES,
    MAIL_THREADINGS,
    MAIL_VERDICTS,
    SPAM_BLOCKS,
)
from cstar_web.shapes import Shape
from cstar_web.v1.answers import (
    anything,
    count,
    instant,
    instant_or_null,
    kind,
    strings,
    text,
    text_or_null,
)
from cstar_web.v1.fields import Text, Words
from cstar_web.v1.patterns import BLOCKED, FILLED, id_given, one_or_several
from cstar_web.v1.queries import Paged

_ADDRESS_MAX = 254
_MAILBOX = {"pattern": id_given("mbx_"), "description": "A mailbox's id."}
_TICKET = {"pattern": id_given("tkt_"), "description": "A ticket's id."}
_VERDICTS = ", ".join(MAIL_VERDICTS)


class Mail(Shape):
    """A mail that came in, and what became of it."""

    id = text("Mail id (`eml_` prefix).")
    object = kind("mail")
    mailbox_id = text_or_null("The mailbox that it came to.")
    source = text("How it came.", enum=MAIL_SOURCES)
    size = count("How many bytes it has.")
    has_raw = fields.Boolean(
        required=True, metadata={"description": "Whether it is kept as it came."}
    )
    header_id = text_or_null("Its Message-ID, without brackets.")
    subject = text_or_null("Its subject.")
    sender = text_or_null("The address that it says to be from.")
    sender_name = text_or_null("The name of its sender.")
    envelope_from = text_or_null("Whom servers said that it is from; empty for no return path.")
    envelope_to = strings("To whom servers said that it goes.")
    verdict = text("What became of it.", enum=MAIL_VERDICTS)
    reason = text_or_null(f"Why: {', '.join(MAIL_REASONS)}, or what could not be read.")
    explanation = text_or_null("A sentence on the verdict.")
    threaded_by = text_or_null(f"Why it is on its ticket: {', '.join(MAIL_THREADINGS)}.")
    threading = text_or_null("A sentence on that.")
    ticket_id = text_or_null("The ticket that it is on.")
    message_id = text_or_null("The message that it has become.")
    original_id = text_or_null("The mail that a duplicate repeats.")
    is_released = fields.Boolean(
        required=True, metadata={"description": "Whether somebody released it."}
    )
    attempts = count("How often reading it was begun.")
    facts = anything("What reading it has shown, such as `spf`, `dkim` and `dmarc`.")
    received_at = instant("When it came.")
    settled_at = instant_or_null("When it was settled.")


class MailsQuery(Paged):
    """Which mails."""

    verdict = Words(one_or_several(MAIL_VERDICTS), f"One or several of: {_VERDICTS}.")
    mailbox = Text(data_key="mailboxId", metadata=_MAILBOX)
    ticket = Text(data_key="ticketId", metadata=_TICKET)


class MailQuery(Shape):
    """Where a mail came from and went to."""

    mailbox = Text(
        data_key="mailboxId",
        metadata=_MAILBOX
        | {"description": "A mailbox's id; by default that of `envelopeTo`, else the default one."},
    )
    envelope_from = Text(
        metadata={
            "maxLength": _ADDRESS_MAX,
            "description": "Whom it is from as servers say it; empty if it has no return path.",
        }
    )
    envelope_to = Text(
        metadata={
            "maxLength": _ADDRESS_MAX,
            "pattern": FILLED,
            "description": "To whom it goes as servers say it.",
        }
    )


class SpamBlock(Shape):
    """What filing a mail as spam does besides."""

    block = Text(
        metadata={
            "enum": SPAM_BLOCKS,
            "description": "Whose mail is ignored from now on: the sender's or the domain's.",
        }
    )


class MailBlock(Shape):
    """An address or a domain of which mail is ignored."""

    id = text("Block id (`mbk_` prefix).")
    object = kind("mail_block")
    value = text("The address, or the domain.")
    note = text_or_null("Why.")
    created_at = instant("When it was made.")


class NewMailBlock(Shape):
    """A block to make."""

    value = Text(
        required=True,
        metadata={
            "maxLength": MAIL_BLOCK_MAX,
            "pattern": BLOCKED,
            "description": "An email address, or a domain such as `example.com` with all below.",
        },
    )
    note = Text(
        allow_none=True,
        metadata={"maxLength": MAIL_BLOCK_NOTE_MAX, "description": "Why it is blocked."},
    )
